"""Checks of single values: resident ID (GB 11643), USCC (GB 32100), Chinese telephone, date of birth.

Each check exists twice with one meaning: a pure Python function for forms and single records, and a
DuckDB macro for whole tables. Both take their tables and patterns from this file; tests prove that they
agree. Patterns are ASCII only: `'²'.isdigit()` is true in Python and no digit of any ID number.

The macros: `tidy_id(text)`, `tidy_id_number(id_type, text)`, `tidy_phone(text)` normalise;
`resident_birth_date(text)` and `resident_sex(text)` read an ID number; `id_number_fault(id_type, tidy, today)`,
`phone_fault(tidy)` and `birth_date_fault(date, today)` give a reason or null.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

import duckdb

from zhike.facts.intake import quoting


class Reason(StrEnum):
    """Why a value is not accepted."""

    ID_LENGTH = "ID_LENGTH"
    ID_CHARACTERS = "ID_CHARACTERS"
    ID_REGION = "ID_REGION"
    ID_BIRTH_DATE = "ID_BIRTH_DATE"
    ID_CHECK_CHARACTER = "ID_CHECK_CHARACTER"
    PHONE = "PHONE"
    BIRTH_DATE = "BIRTH_DATE"


@dataclass(frozen=True, slots=True)
class Checked:
    """The normalised value, or the reason why there is none."""

    value: str | None
    reason: Reason | None = None


RESIDENT_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
RESIDENT_CHECKS = "10X98765432"
"""Check character by weighted sum modulo 11 (GB 11643-1999)."""
PROVINCES = (
    "11", "12", "13", "14", "15", "21", "22", "23", "31", "32", "33", "34", "35", "36", "37",
    "41", "42", "43", "44", "45", "46", "50", "51", "52", "53", "54", "61", "62", "63", "64", "65",
    "71", "81", "82", "83",
)  # fmt: skip
"""First two digits of GB/T 2260; 81 to 83 also begin residence permits."""
USCC_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
USCC_WEIGHTS = tuple(pow(3, place, 31) for place in range(17))
USCC_PATTERN = f"[{USCC_ALPHABET}]{{2}}[0-9]{{6}}[{USCC_ALPHABET}]{{10}}"
OLDEST_YEARS = 130
"""Nobody on record has reached this age, so a date of birth before it is a mistake."""

_FILLER = "[ \t\r\n\u00a0\u200b]"
_PHONE_FILLER = "[ \t\r\n\u00a0\u200b().]"
_MOBILE = r"(?:\+86|0086|86)?-?(1[3-9][0-9])-?([0-9]{4})-?([0-9]{4})"
_CITY = r"(?:(?:\+86|0086|86)-?0?|0)(10|2[0-9])-?([2-8][0-9]{7})(?:(?:-|转|#|EXT)([0-9]{1,6}))?"
_TOWN = r"(?:(?:\+86|0086|86)-?0?|0)([3-9][0-9]{2})-?([2-8][0-9]{6,7})(?:(?:-|转|#|EXT)([0-9]{1,6}))?"
_SERVICE = r"([48]00)-?([0-9]{3})-?([0-9]{4})"
_FOREIGN = r"\+([1-79][0-9]{6,14}|8[0-57-9][0-9]{5,13})"
_PHONE_FORMS = (
    (_MOBILE, r"\1\2\3"),
    (_CITY, r"0\1-\2-\3"),
    (_TOWN, r"0\1-\2-\3"),
    (_SERVICE, r"\1\2\3"),
    (_FOREIGN, r"+\1"),
)
_TIDY_PHONE = (
    r"1[3-9][0-9]{9}|0(10|2[0-9])-[2-8][0-9]{7}(-[0-9]{1,6})?|0[3-9][0-9]{2}-[2-8][0-9]{6,7}(-[0-9]{1,6})?"
    r"|[48]00[0-9]{7}|\+[1-9][0-9]{6,14}"
)
_HALF = str.maketrans(quoting.FULL_WIDTH, quoting.HALF_WIDTH)


def tidy_id(text: str) -> str:
    """An ID number half-width, without spaces, in upper case; 15 digits upgraded to 18 by the rule.

    The rule (GB 11643): the century 19 goes before the year, the check character behind.
    """
    bare = _upper(re.sub(_FILLER, "", text.translate(_HALF)))
    if re.fullmatch("[0-9]{15}", bare):
        longer = f"{bare[:6]}19{bare[6:]}"
        return longer + resident_check_character(longer)
    return bare


def resident_check_character(seventeen: str) -> str:
    """The check character of the first 17 digits of a resident ID number (mod 11-2)."""
    total = sum(int(digit) * weight for digit, weight in zip(seventeen, RESIDENT_WEIGHTS, strict=True))
    return RESIDENT_CHECKS[total % 11]


def uscc_check_character(seventeen: str) -> str:
    """The check character of the first 17 characters of a unified social credit code (mod 31)."""
    total = sum(
        USCC_ALPHABET.index(sign) * weight for sign, weight in zip(seventeen, USCC_WEIGHTS, strict=True)
    )
    return USCC_ALPHABET[(31 - total % 31) % 31]


def check_resident_id(text: str, *, today: date) -> Checked:
    """A resident ID number of 18 characters: region, date of birth not in the future, check character."""
    tidy = tidy_id(text)
    if len(tidy) != 18:
        return Checked(None, Reason.ID_LENGTH)
    if not re.fullmatch("[0-9]{17}[0-9X]", tidy):
        return Checked(None, Reason.ID_CHARACTERS)
    if tidy[:2] not in PROVINCES:
        return Checked(None, Reason.ID_REGION)
    born_on = resident_birth_date(tidy)
    if born_on is None or check_birth_date(born_on, today=today) is not None:
        return Checked(None, Reason.ID_BIRTH_DATE)
    if resident_check_character(tidy[:17]) != tidy[17]:
        return Checked(None, Reason.ID_CHECK_CHARACTER)
    return Checked(tidy)


def check_uscc(text: str) -> Checked:
    """A unified social credit code of 18 characters (no I, O, S, V, Z) with its check character."""
    tidy = tidy_id(text)
    if len(tidy) != 18:
        return Checked(None, Reason.ID_LENGTH)
    if not re.fullmatch(USCC_PATTERN, tidy):
        return Checked(None, Reason.ID_CHARACTERS)
    if uscc_check_character(tidy[:17]) != tidy[17]:
        return Checked(None, Reason.ID_CHECK_CHARACTER)
    return Checked(tidy)


def check_id_number(text: str, id_type: str | None, *, today: date) -> Checked:
    """An ID number by its type. Passports and others are only normalised and must be 3 to 30 signs."""
    if id_type == "RESIDENT_ID":
        return check_resident_id(text, today=today)
    if id_type == "USCC":
        return check_uscc(text)
    tidy = _upper(re.sub(_FILLER, "", text.translate(_HALF)))
    return Checked(tidy) if 3 <= len(tidy) <= 30 else Checked(None, Reason.ID_LENGTH)


def resident_birth_date(tidy: str) -> date | None:
    """The date of birth in an 18-character resident ID number; None if there is no such day."""
    try:
        return date(int(tidy[6:10]), int(tidy[10:12]), int(tidy[12:14]))
    except ValueError:
        return None


def check_phone(text: str) -> Checked:
    """A Chinese mobile, landline (with area code) or 400/800 number, or a foreign one with `+`.

    +86 is dropped; a landline is written `010-62345678`, with an extension `010-62345678-801`.
    """
    tidy = tidy_phone(text)
    return Checked(tidy) if re.fullmatch(_TIDY_PHONE, tidy) else Checked(None, Reason.PHONE)


def tidy_phone(text: str) -> str:
    """The number in its normal form where it has one of the known forms, else without separators."""
    bare = _upper(re.sub(_PHONE_FILLER, "", text.translate(_HALF)))
    for pattern, form in _PHONE_FORMS:
        if found := re.fullmatch(pattern, bare):
            return found.expand(form).rstrip("-")
    return bare


def check_birth_date(born_on: date, *, today: date) -> Reason | None:
    """A date of birth must not lie in the future or more than 130 years back."""
    oldest = _years_before(today, OLDEST_YEARS)
    return None if oldest <= born_on <= today else Reason.BIRTH_DATE


def _years_before(day: date, years: int) -> date:
    try:
        return day.replace(year=day.year - years)
    except ValueError:  # 29 February
        return day.replace(year=day.year - years, day=28)


def _upper(text: str) -> str:
    """Upper case of ASCII letters only: `'ß'.upper()` is two letters, and SQL would differ."""
    return "".join(chr(ord(sign) - 32) if "a" <= sign <= "z" else sign for sign in text)


# ---- the same for whole tables ----


_SEX = """CASE WHEN regexp_full_match(b, '[0-9]{17}[0-9X]') THEN
    CASE WHEN (ascii(substr(b, 17, 1)) - 48) % 2 = 1 THEN 'M' ELSE 'F' END END"""


def create_macros(connection: duckdb.DuckDBPyConnection) -> None:
    """Create the macros listed above in the connection, for its life time."""
    connection.execute(_macros())


def _macros() -> str:
    lower, upper = "abcdefghijklmnopqrstuvwxyz", "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    plain = f"translate({quoting.half_width('t')}, '{lower}', '{upper}')"
    forms = "\n".join(
        f"WHEN regexp_full_match(b, '{pattern}') THEN rtrim(regexp_replace(b, '^{pattern}$', '{form}'), '-')"
        for pattern, form in _PHONE_FORMS
    )
    return f"""
        CREATE TEMP MACRO bare_id(t) AS regexp_replace({plain}, '{_FILLER}', '', 'g');
        CREATE TEMP MACRO resident_check(t) AS {_resident_check_sql(RESIDENT_WEIGHTS)};
        CREATE TEMP MACRO uscc_check(t) AS {_uscc_check_sql()};
        CREATE TEMP MACRO short_check(b) AS {_short_check_sql()};
        CREATE TEMP MACRO upgraded_id(b) AS CASE WHEN regexp_full_match(b, '[0-9]{{15}}')
            THEN substr(b, 1, 6) || '19' || substr(b, 7) || short_check(b) ELSE b END;
        CREATE TEMP MACRO tidy_id(t) AS {_once("bare_id(t)", "upgraded_id(b)")};
        CREATE TEMP MACRO tidy_id_number(kind, t) AS
            CASE WHEN kind IN ('RESIDENT_ID', 'USCC') THEN tidy_id(t) ELSE bare_id(t) END;
        CREATE TEMP MACRO bare_phone(t) AS regexp_replace({plain}, '{_PHONE_FILLER}', '', 'g');
        CREATE TEMP MACRO tidy_phone(t) AS {_once("bare_phone(t)", f"CASE {forms} ELSE b END")};
        CREATE TEMP MACRO born_on(b) AS CASE WHEN regexp_full_match(b, '[0-9]{{17}}[0-9X]') THEN
            TRY_CAST(substr(b, 7, 4) || '-' || substr(b, 11, 2) || '-' || substr(b, 13, 2) AS DATE) END;
        CREATE TEMP MACRO resident_birth_date(t) AS {_once("tidy_id(t)", "born_on(b)")};
        CREATE TEMP MACRO resident_sex(t) AS {_once("tidy_id(t)", _SEX)};
        CREATE TEMP MACRO birth_date_fault(d, today) AS
            CASE WHEN d > today OR d < today - INTERVAL {OLDEST_YEARS} YEAR THEN '{Reason.BIRTH_DATE}' END;
        CREATE TEMP MACRO resident_id_fault(t, today) AS CASE
            WHEN length(t) <> 18 THEN '{Reason.ID_LENGTH}'
            WHEN NOT regexp_full_match(t, '[0-9]{{17}}[0-9X]') THEN '{Reason.ID_CHARACTERS}'
            WHEN substr(t, 1, 2) NOT IN ({quoting.literals(PROVINCES)}) THEN '{Reason.ID_REGION}'
            WHEN born_on(t) IS NULL
                OR birth_date_fault(born_on(t), today) IS NOT NULL THEN '{Reason.ID_BIRTH_DATE}'
            WHEN resident_check(t) <> substr(t, 18, 1) THEN '{Reason.ID_CHECK_CHARACTER}' END;
        CREATE TEMP MACRO uscc_fault(t) AS CASE
            WHEN length(t) <> 18 THEN '{Reason.ID_LENGTH}'
            WHEN NOT regexp_full_match(t, '{USCC_PATTERN}') THEN '{Reason.ID_CHARACTERS}'
            WHEN uscc_check(t) <> substr(t, 18, 1) THEN '{Reason.ID_CHECK_CHARACTER}' END;
        CREATE TEMP MACRO id_number_fault(kind, t, today) AS CASE
            WHEN kind = 'RESIDENT_ID' THEN resident_id_fault(t, today)
            WHEN kind = 'USCC' THEN uscc_fault(t)
            WHEN length(t) NOT BETWEEN 3 AND 30 THEN '{Reason.ID_LENGTH}' END;
        CREATE TEMP MACRO phone_fault(t) AS
            CASE WHEN NOT regexp_full_match(t, '{_TIDY_PHONE}') THEN '{Reason.PHONE}' END;
    """


def _once(value: str, body: str) -> str:
    """SQL of `body` over `b`, which is `value` computed once: macros repeat what they are given."""
    return f"list_transform([{value}], lambda b: {body})[1]"


def _resident_check_sql(weights: tuple[int, ...], text: str = "t", carried: int = 0) -> str:
    """SQL of the check character: weighted digits of `text`, and what is `carried` from digits implied."""
    total = " + ".join(
        f"(ascii(substr({text}, {place}, 1)) - 48) * {weight}" for place, weight in enumerate(weights, 1)
    )
    return f"substr('{RESIDENT_CHECKS}', CAST(({total} + {carried}) % 11 AS BIGINT) + 1, 1)"


def _short_check_sql() -> str:
    """The check character of 15 digits, as if the century 19 stood before the year."""
    weights = RESIDENT_WEIGHTS[:6] + RESIDENT_WEIGHTS[8:]
    return _resident_check_sql(weights, "b", 1 * RESIDENT_WEIGHTS[6] + 9 * RESIDENT_WEIGHTS[7])


def _uscc_check_sql() -> str:
    total = " + ".join(
        f"(strpos('{USCC_ALPHABET}', substr(t, {place}, 1)) - 1) * {weight}"
        for place, weight in enumerate(USCC_WEIGHTS, 1)
    )
    return f"substr('{USCC_ALPHABET}', CAST((31 - ({total}) % 31) % 31 AS BIGINT) + 1, 1)"
