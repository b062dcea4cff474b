"""Checks of single values, alone and as the macros that check whole tables."""

from __future__ import annotations

import random
from datetime import date

import duckdb
import numpy as np
import pytest
from tests.facts.intake.banks import TODAY

from zhike.facts import checks
from zhike.facts.checks import Checked, Reason


@pytest.fixture(scope="module")
def connection():
    with duckdb.connect() as opened:
        checks.create_macros(opened)
        yield opened


def in_bulk(connection, texts: list[str], sql: str) -> list[tuple]:
    connection.register("given", {"place": np.arange(len(texts)), "t": np.array(texts, dtype=object)})
    return connection.execute(f"SELECT {sql} FROM given ORDER BY place").fetchall()


def resident_id(draw: random.Random) -> str:
    day = date.fromordinal(draw.randrange(date(1920, 1, 1).toordinal(), date(2020, 1, 1).toordinal()))
    seventeen = (
        f"{draw.choice(checks.PROVINCES)}{draw.randrange(10000):04}{day:%Y%m%d}{draw.randrange(1000):03}"
    )
    return seventeen + checks.resident_check_character(seventeen)


def uscc(draw: random.Random) -> str:
    body = "".join(draw.choices(checks.USCC_ALPHABET, k=9))
    seventeen = f"9{draw.choice('123')}{draw.randrange(10**6):06}{body}"
    return seventeen + checks.uscc_check_character(seventeen)


def changed(text: str, draw: random.Random, alphabet: str) -> str:
    place = draw.randrange(len(text))
    return text[:place] + draw.choice(alphabet.replace(text[place], "")) + text[place + 1 :]


def swapped(text: str, place: int) -> str:
    return text[:place] + text[place + 1] + text[place] + text[place + 2 :]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("11010519491231002X", Checked("11010519491231002X")),
        ("11010519491231002x", Checked("11010519491231002X")),
        ("１１０１０５１９４９１２３１００２Ｘ", Checked("11010519491231002X")),
        (" 110105 19491231 002X ", Checked("11010519491231002X")),
        ("130503670401001", Checked("130503196704010016")),
        ("110105194912310021", Checked(None, Reason.ID_CHECK_CHARACTER)),
        ("110105194902300026", Checked(None, Reason.ID_BIRTH_DATE)),
        ("11010518491231002X", Checked(None, Reason.ID_BIRTH_DATE)),
        ("110105202611240029", Checked(None, Reason.ID_BIRTH_DATE)),
        ("99010519491231002X", Checked(None, Reason.ID_REGION)),
        ("1101051949123100²X", Checked(None, Reason.ID_CHARACTERS)),
        ("1101051949123100", Checked(None, Reason.ID_LENGTH)),
        ("", Checked(None, Reason.ID_LENGTH)),
    ],
)
@pytest.mark.goal("G17")
def test_a_resident_id_is_normalised_or_refused_with_its_reason(text: str, wanted: Checked):
    assert checks.check_resident_id(text, today=TODAY) == wanted


@pytest.mark.goal("G17")
def test_no_single_wrong_digit_and_no_swap_passes_as_the_resident_id_it_was(connection):
    draw = random.Random(11643)
    wrong = [changed(resident_id(draw), draw, "0123456789") for _ in range(20_000)]
    while len(wrong) < 40_000:
        good = resident_id(draw)
        place = draw.randrange(17)
        if good[place] != good[place + 1]:
            wrong.append(swapped(good, place))
    passed = [text for text in wrong if checks.check_resident_id(text, today=TODAY).reason is None]
    assert passed == []
    in_tables = in_bulk(connection, wrong, f"id_number_fault('RESIDENT_ID', tidy_id(t), DATE '{TODAY}')")
    assert (None,) not in in_tables


def test_no_single_wrong_character_and_no_swap_passes_as_a_credit_code(connection):
    draw = random.Random(32100)
    wrong = [changed(uscc(draw), draw, checks.USCC_ALPHABET) for _ in range(20_000)]
    while len(wrong) < 40_000:
        good = uscc(draw)
        place = draw.randrange(17)
        if good[place] != good[place + 1]:
            wrong.append(swapped(good, place))
    assert [text for text in wrong if checks.check_uscc(text).reason is None] == []
    assert (None,) not in in_bulk(connection, wrong, "uscc_fault(tidy_id(t))")


def test_a_credit_code_has_no_letters_that_look_like_digits():
    assert checks.check_uscc("91350100m000100y43") == Checked("91350100M000100Y43")
    assert checks.check_uscc("91350100I000100Y43").reason is Reason.ID_CHARACTERS
    assert checks.check_uscc("91350100M000100Y44").reason is Reason.ID_CHECK_CHARACTER


@pytest.mark.goal("G17")
@pytest.mark.parametrize("kind", ["RESIDENT_ID", "USCC", "PASSPORT", None])
def test_the_macros_agree_with_the_functions_on_mutated_numbers(connection, kind: str | None):
    draw = random.Random(7)
    noise = "0123456789XxIO１２ａ² \t\u3000\u00a0ßé𠮷"
    texts = []
    for _ in range(10_000):
        text = resident_id(draw) if draw.random() < 0.6 else uscc(draw)
        text = text[:6] + text[8:17] if draw.random() < 0.2 else text
        for _ in range(draw.randrange(4)):
            place = draw.randrange(len(text) + 1)
            text = text[:place] + draw.choice(noise) + text[place + draw.randrange(2) :]
        texts.append(text)
    given = f"'{kind}'" if kind else "CAST(NULL AS VARCHAR)"
    tidy = f"tidy_id_number({given}, t)"
    bulk = in_bulk(connection, texts, f"{tidy}, id_number_fault({given}, {tidy}, DATE '{TODAY}')")
    for text, (value, reason) in zip(texts, bulk, strict=True):
        single = checks.check_id_number(text, kind, today=TODAY)
        assert (single.value or value, single.reason) == (value, reason), text


PHONES = [
    ("13800138000", "13800138000"),
    ("+86 138-0013-8000", "13800138000"),
    ("008613800138000", "13800138000"),
    ("８６１３８００１３８０００", "13800138000"),
    ("010-62345678", "010-62345678"),
    ("(010) 62345678", "010-62345678"),
    ("+86 10 62345678", "010-62345678"),
    ("01062345678转801", "010-62345678-801"),
    ("0571-8765432", "0571-8765432"),
    ("400-666-8888", "4006668888"),
    ("+852 2345 6789", "+85223456789"),
    ("12800138000", None),
    ("1380013800", None),
    ("138001380000", None),
    ("62345678", None),
    ("010-12345678", None),
    ("1380013800²", None),
    ("+86 123", None),
    ("", None),
]


@pytest.mark.parametrize(("text", "wanted"), PHONES)
def test_a_telephone_number_is_normalised_or_refused(text: str, wanted: str | None):
    assert checks.check_phone(text) == (Checked(wanted) if wanted else Checked(None, Reason.PHONE))


def test_the_telephone_macros_agree_with_the_function(connection):
    draw = random.Random(86)
    texts = []
    for _ in range(20_000):
        text = draw.choice(PHONES)[0] or "0"
        for _ in range(draw.randrange(3)):
            place = draw.randrange(len(text) + 1)
            text = text[:place] + draw.choice("0123456789+-() 转#x²２") + text[place + draw.randrange(2) :]
        texts.append(text)
    bulk = in_bulk(connection, texts, "tidy_phone(t), phone_fault(tidy_phone(t))")
    for text, (value, reason) in zip(texts, bulk, strict=True):
        single = checks.check_phone(text)
        assert (single.value or value, single.reason) == (value, reason), text


def test_a_birth_date_lies_between_130_years_ago_and_today(connection):
    days = [date(1896, 11, 22), date(1896, 11, 23), date(1970, 1, 1), TODAY, date(2026, 11, 24)]
    alone = [checks.check_birth_date(day, today=TODAY) for day in days]
    assert alone == [Reason.BIRTH_DATE, None, None, None, Reason.BIRTH_DATE]
    bulk = in_bulk(
        connection, [str(day) for day in days], f"birth_date_fault(CAST(t AS DATE), DATE '{TODAY}')"
    )
    assert [one[0] for one in bulk] == alone


def test_a_birth_date_is_judged_on_29_february_too(connection):
    leap = date(2028, 2, 29)
    for day in (date(1898, 2, 27), date(1898, 2, 28), date(1898, 3, 1)):
        sql = f"SELECT birth_date_fault(DATE '{day}', DATE '{leap}')"
        assert connection.execute(sql).fetchall() == [(checks.check_birth_date(day, today=leap),)]
