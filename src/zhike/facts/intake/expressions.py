"""Expressions of the mapping language, compiled to DuckDB SQL.

Every transform that can meet an impossible text gives SQL that is null for it, and a `Fault` that says
how to find those rows: the text it was given is there and the value is not.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Protocol

from zhike.facts.contract import Type
from zhike.facts.intake import dates, quoting
from zhike.facts.intake.conditions import condition
from zhike.facts.intake.refusals import MappingFault
from zhike.facts.intake.section import Section

DIGITS = "[0-9]{1,15}"
"""No amount or number needs more before the point; it keeps cents within BIGINT."""
RATE_DIGITS = "[0-9]{1,6}"


@dataclass(frozen=True, slots=True)
class Fault:
    """A row is faulty when `guard` holds, `given` is not null and `value` is null (all SQL)."""

    reason: str
    given: str
    value: str
    guard: str = ""
    params: tuple[tuple[str, str], ...] = ()

    def when(self, known: Mapping[str, str]) -> str:
        """SQL of the faulty rows. `known` maps SQL already computed to the name it goes by."""
        own = f"{self.given} IS NOT NULL AND {known.get(self.value, self.value)} IS NULL"
        return f"({self.guard}) AND {own}" if self.guard else own


@dataclass(frozen=True, slots=True)
class Compiled:
    """SQL of one expression, its type, and the faults its rows may have."""

    sql: str
    type: Type
    faults: tuple[Fault, ...] = ()


@dataclass(frozen=True, slots=True)
class Decision:
    """A decision table: for each row the wanted texts (`*` any, blank null) and the result."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


class Names(Protocol):
    """What an expression may refer to."""

    codes: Mapping[str, Mapping[str, str]]
    decisions: Mapping[str, Decision]

    def column(self, section: Section, reference: str) -> str:
        """SQL of a column, or the mapping is refused."""


def compile_expression(section: Section, raw: object, names: Names) -> Compiled:
    """Compile what stands in the mapping at `section`. Raises MappingRefused."""
    if isinstance(raw, str):
        return Compiled(names.column(section, raw), Type.TEXT)
    if not isinstance(raw, Mapping):
        raise section.refusal(MappingFault.WRONG_KIND, wanted="column or expression")
    chosen = [key for key in raw if key in TRANSFORMS]
    if len(chosen) != 1:
        raise section.refusal(MappingFault.NOT_ALLOWED, value=sorted(raw), allowed=tuple(TRANSFORMS))
    node = Section(section.file, section.key, raw)
    compiled = TRANSFORMS[chosen[0]](node, names)
    node.finish()
    return compiled


def _part(node: Section, key: str, names: Names, wanted: Type | None = Type.TEXT) -> Compiled:
    inner = compile_expression(node.below(key), node.take_any(key), names)
    if wanted is not None and inner.type is not wanted:
        raise node.refusal(MappingFault.WRONG_TYPE, key, wanted=wanted.name, found=inner.type.name)
    return inner


def _parts(node: Section, key: str, names: Names) -> list[Compiled]:
    raw = node.take(key, list)
    if not raw:
        raise node.refusal(MappingFault.WRONG_KIND, key, wanted="list of expressions")
    return [
        compile_expression(node.below(f"{key}[{place}]"), item, names) for place, item in enumerate(raw, 1)
    ]


def _parsed(inner: Compiled, sql: str, type_: Type, reason: str, **params: str) -> Compiled:
    fault = Fault(reason, inner.sql, sql, params=tuple(params.items()))
    return Compiled(sql, type_, (*inner.faults, fault))


def constant(section: Section, value: object) -> Compiled:
    """SQL of a fixed value of the mapping file."""
    match value:
        case bool():
            return Compiled("true" if value else "false", Type.BOOLEAN)
        case int():
            return Compiled(f"CAST({value} AS BIGINT)", Type.BIGINT)
        case str():
            return Compiled(quoting.literal(value), Type.TEXT)
        case date() if not isinstance(value, datetime):
            return Compiled(f"DATE '{value.isoformat()}'", Type.DATE)
        case _:
            raise section.refusal(MappingFault.WRONG_KIND, wanted="text, whole number, true/false or date")


def _const(node: Section, names: Names) -> Compiled:
    return constant(node, node.take_any("const"))


def _code(node: Section, names: Names) -> Compiled:
    inner = _part(node, "code", names)
    given = node.take_any("codes")
    codes = names.codes.get(given) if isinstance(given, str) else given
    if not isinstance(codes, Mapping) or not codes:
        raise node.refusal(MappingFault.UNKNOWN_NAME, "codes", value=given)
    if not all(isinstance(target, str) for target in codes.values()):
        raise node.refusal(MappingFault.WRONG_KIND, "codes", wanted="texts")
    cases = " ".join(
        f"WHEN {quoting.literal(source)} THEN {quoting.literal(target)}" for source, target in codes.items()
    )
    return _parsed(inner, f"CASE {inner.sql} {cases} END", Type.TEXT, "UNKNOWN_CODE")


def _decide(node: Section, names: Names) -> Compiled:
    chosen = node.take("decide", str)
    decision = names.decisions.get(chosen)
    if decision is None:
        raise node.refusal(MappingFault.UNKNOWN_NAME, "decide", value=chosen)
    columns = [names.column(node, column) for column in decision.columns]
    cases = []
    for *wanted, result in decision.rows:
        tests = [
            f"{sql} = {quoting.literal(text)}" if text else f"{sql} IS NULL"
            for sql, text in zip(columns, wanted, strict=True)
            if text != "*"
        ]
        cases.append(f"WHEN {' AND '.join(tests) or 'true'} THEN {quoting.literal(result)}")
    seen = "concat_ws(' | ', " + ", ".join(f"coalesce({sql}, '')" for sql in columns) + ")"
    sql = f"CASE {' '.join(cases)} END"
    return Compiled(sql, Type.TEXT, (Fault("UNKNOWN_CODE", seen, sql, params=(("decision", chosen),)),))


def _date(node: Section, names: Names) -> Compiled:
    inner = _part(node, "date", names)
    single = node.take("format", str, "")
    formats = (single,) if single else node.take_texts("formats")
    century = node.take("century", int, 0)
    text = quoting.half_width(inner.sql)
    parsed = [dates.parse_sql(node, text, format_, century) for format_ in formats]
    sql = parsed[0] if len(parsed) == 1 else f"coalesce({', '.join(parsed)})"
    return _parsed(inner, sql, Type.DATE, "NOT_A_DATE", format=" ".join(formats))


def _month(node: Section, names: Names) -> Compiled:
    inner = _part(node, "month", names, Type.DATE)
    return replace(inner, sql=f"CAST(date_trunc('month', {inner.sql}) AS DATE)")


def _add_months(node: Section, names: Names) -> Compiled:
    start = _part(node, "add_months", names, Type.DATE)
    months = _part(node, "months", names, None)
    if months.type is Type.TEXT:
        months = _whole_of(months)
    elif months.type is not Type.BIGINT:
        raise node.refusal(MappingFault.WRONG_TYPE, "months", wanted=Type.BIGINT.name, found=months.type.name)
    within = f"CASE WHEN {months.sql} BETWEEN 0 AND 1200 THEN {months.sql} END"
    later = f"CAST({start.sql} + to_months(CAST({within} AS INTEGER)) AS DATE)"
    sql = f"CASE WHEN {later} <= DATE '9999-12-31' THEN {later} END"
    fault = Fault("NOT_A_NUMBER", months.sql, within)
    return Compiled(sql, Type.DATE, (*start.faults, *months.faults, fault))


def _decimal_pattern(decimals: int, digits: str = DIGITS) -> str:
    return rf"{digits}([.][0-9]{{1,{decimals}}}0*)?"


def _cents(node: Section, names: Names) -> Compiled:
    inner = _part(node, "cents", names)
    group, point = node.take("group", str, ""), node.take("point", str, ".")
    text = quoting.half_width(inner.sql)
    if group:
        text = f"replace({text}, {quoting.literal(group)}, '')"
    if point != ".":
        text = f"replace({text}, {quoting.literal(point)}, '.')"
    negative = node.take_any("negative_when", None)
    pattern = _decimal_pattern(2) if negative is not None else f"-?{_decimal_pattern(2)}"
    sql = f"CASE WHEN regexp_full_match({text}, '{pattern}') THEN {_scaled(text, 2)} END"
    if negative is not None:
        debit = condition(node.below("negative_when"), negative, names.column)
        sql = f"({sql}) * CASE WHEN {debit} THEN -1 ELSE 1 END"
    return _parsed(inner, sql, Type.BIGINT, "NOT_AN_AMOUNT")


def _ppm(node: Section, names: Names) -> Compiled:
    inner = _part(node, "ppm", names)
    decimals = 4 if node.take_choice("unit", ("percent", "fraction")) == "percent" else 6
    text = quoting.half_width(inner.sql)
    fits = f"regexp_full_match({text}, '-?{_decimal_pattern(decimals, RATE_DIGITS)}')"
    return _parsed(inner, f"CASE WHEN {fits} THEN {_scaled(text, decimals)} END", Type.BIGINT, "NOT_A_NUMBER")


def _scaled(text: str, decimals: int) -> str:
    """Exact: the text has no more decimals than that, save zeros, so the cast does not round."""
    width = 18 if decimals == 2 else 21
    return f"CAST(TRY_CAST({text} AS DECIMAL({width}, {decimals})) * {10**decimals} AS BIGINT)"


def _whole(node: Section, names: Names) -> Compiled:
    return _whole_of(_part(node, "whole", names))


def _whole_of(inner: Compiled) -> Compiled:
    text = quoting.half_width(inner.sql)
    sql = f"CASE WHEN regexp_full_match({text}, '-?{DIGITS}') THEN TRY_CAST({text} AS BIGINT) END"
    return _parsed(inner, sql, Type.BIGINT, "NOT_A_NUMBER")


def _boolean(node: Section, names: Names) -> Compiled:
    inner = _part(node, "boolean", names)
    yes, no = quoting.literals(node.take_texts("true")), quoting.literals(node.take_texts("false"))
    sql = f"CASE WHEN {inner.sql} IN ({yes}) THEN true WHEN {inner.sql} IN ({no}) THEN false END"
    return _parsed(inner, sql, Type.BOOLEAN, "UNKNOWN_CODE")


def _half_width(node: Section, names: Names) -> Compiled:
    inner = _part(node, "half_width", names)
    return replace(inner, sql=quoting.half_width(inner.sql))


def _upper(node: Section, names: Names) -> Compiled:
    inner = _part(node, "upper", names)
    return replace(inner, sql=f"upper({inner.sql})")


def _concat(node: Section, names: Names) -> Compiled:
    parts = _parts(node, "concat", names)
    if any(part.type is not Type.TEXT for part in parts):
        raise node.refusal(MappingFault.WRONG_TYPE, "concat", wanted=Type.TEXT.name)
    sql = " || ".join(f"({part.sql})" for part in parts)
    return Compiled(f"({sql})", Type.TEXT, tuple(fault for part in parts for fault in part.faults))


def _first(node: Section, names: Names) -> Compiled:
    parts = _parts(node, "first", names)
    if len({part.type for part in parts}) > 1:
        raise node.refusal(MappingFault.WRONG_TYPE, "first", wanted=parts[0].type.name)
    sql = f"coalesce({', '.join(part.sql for part in parts)})"
    return Compiled(sql, parts[0].type, tuple(fault for part in parts for fault in part.faults))


def _when(node: Section, names: Names) -> Compiled:
    holds = condition(node.below("when"), node.take_any("when"), names.column)
    then = _part(node, "then", names, None)
    faults = _guarded(then.faults, holds)
    if "otherwise" not in node.left:
        return Compiled(f"CASE WHEN {holds} THEN {then.sql} END", then.type, faults)
    otherwise = _part(node, "otherwise", names, then.type)
    faults += _guarded(otherwise.faults, f"NOT ({holds})")
    return Compiled(f"CASE WHEN {holds} THEN {then.sql} ELSE {otherwise.sql} END", then.type, faults)


def _guarded(faults: Sequence[Fault], guard: str) -> tuple[Fault, ...]:
    return tuple(
        replace(fault, guard=f"({guard}) AND ({fault.guard})" if fault.guard else guard) for fault in faults
    )


def _czech_parts(node: Section, key: str, names: Names) -> tuple[Compiled, str, str]:
    """The birth number YYMMDD of the 1900s, month + 50 for women: its text, its day, its month."""
    inner = _part(node, key, names)
    text = inner.sql
    month = f"TRY_CAST(substr({text}, 3, 2) AS INTEGER)"
    plain_month = f"lpad(CAST({month} - CASE WHEN {month} > 50 THEN 50 ELSE 0 END AS VARCHAR), 2, '0')"
    iso = f"'19' || substr({text}, 1, 2) || '-' || {plain_month} || '-' || substr({text}, 5, 2)"
    day = f"CASE WHEN regexp_full_match({text}, '[0-9]{{6}}') THEN TRY_CAST({iso} AS DATE) END"
    return inner, day, month


def _czech_birth_date(node: Section, names: Names) -> Compiled:
    inner, day, _ = _czech_parts(node, "czech_birth_date", names)
    return _parsed(inner, day, Type.DATE, "NOT_A_DATE", format="YYMMDD, month + 50 for women")


def _czech_sex(node: Section, names: Names) -> Compiled:
    inner, day, month = _czech_parts(node, "czech_sex", names)
    sql = f"CASE WHEN {day} IS NOT NULL THEN CASE WHEN {month} > 50 THEN 'F' ELSE 'M' END END"
    return Compiled(sql, Type.TEXT, inner.faults)  # the birth date reports what cannot be read


def _resident_birth_date(node: Section, names: Names) -> Compiled:
    inner = _part(node, "resident_birth_date", names)
    return replace(inner, sql=f"resident_birth_date({inner.sql})", type=Type.DATE)


def _resident_sex(node: Section, names: Names) -> Compiled:
    inner = _part(node, "resident_sex", names)
    return replace(inner, sql=f"resident_sex({inner.sql})")


TRANSFORMS = {
    "const": _const,
    "code": _code,
    "decide": _decide,
    "date": _date,
    "month": _month,
    "add_months": _add_months,
    "cents": _cents,
    "ppm": _ppm,
    "whole": _whole,
    "boolean": _boolean,
    "half_width": _half_width,
    "upper": _upper,
    "concat": _concat,
    "first": _first,
    "when": _when,
    "czech_birth_date": _czech_birth_date,
    "czech_sex": _czech_sex,
    "resident_birth_date": _resident_birth_date,
    "resident_sex": _resident_sex,
}
"""The closed vocabulary: key of the mapping to compiler."""
