"""One feed as SQL: its rows with every canonical value, and the checks each row must pass."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from zhike.facts import contract
from zhike.facts.contract import Type
from zhike.facts.intake import quoting
from zhike.facts.intake.expressions import Compiled, Fault
from zhike.facts.intake.limits import Limits
from zhike.facts.intake.mapping import Feed, Join

MAY_LIE_AHEAD = ("matures_on", "left_on")
"""Dates that may be agreed in advance; every other date says what happened and cannot be in the future."""
PERIODS = (("opened_on", "closed_on"), ("opened_on", "matures_on"), ("hired_on", "left_on"))
EVENT_VALUES = tuple(dict.fromkeys(name for rule in contract.EVENT_RULES.values() for name in rule.values))
_UNREADABLE = r"[\x00-\x1F\x7F\x{FFFD}]"
"""Control characters, and the character that says another system could not read the text."""


@dataclass(frozen=True, slots=True)
class RowCheck:
    """Rows where `when` holds are rejected. `reason`, `text` and the values of `params` are SQL."""

    column: str
    when: str
    reason: str
    text: str
    params: tuple[tuple[str, str], ...] = ()
    origins: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Stage:
    """`values` is a SELECT of `_file`, `_line`, the source columns and `=column` for each canonical one."""

    values: str
    checks: tuple[RowCheck, ...]


def stage(feed: Feed, today: date, limits: Limits) -> Stage:
    """SQL of one feed. `today` bounds the dates; `limits` the length of texts."""
    if feed.rows:
        return Stage(_fixed(feed), tuple(_all_checks(feed, {}, today, limits)))
    compiled = dict(feed.columns)
    known = {one.sql: quoting.name(f"={name}") for name, one in compiled.items() if one.faults}
    chosen = ", ".join(
        f"{_normal(feed.table.by_name[name], one, compiled)} AS {quoting.name(f'={name}')}"
        for name, one in compiled.items()
    )
    missing = ", ".join(
        f"CAST(NULL AS {column.type}) AS {quoting.name(f'={column.name}')}"
        for column in feed.table.columns
        if column.name not in compiled
    )
    values = f"SELECT *, {chosen}{', ' + missing if missing else ''} FROM ({_base(feed)})"
    return Stage(values, tuple(_all_checks(feed, known, today, limits)))


def _fixed(feed: Feed) -> str:
    """The fixed rows of a mapping; their line is their number."""
    selects = []
    for number, row in enumerate(feed.rows, 1):
        cells = ", ".join(
            f"CAST({row[column.name].sql if column.name in row else 'NULL'} AS {column.type}) "
            f"AS {quoting.name(f'={column.name}')}"
            for column in feed.table.columns
        )
        selects.append(f"SELECT CAST(-1 AS SMALLINT) AS _file, CAST({number} AS BIGINT) AS _line, {cells}")
    return " UNION ALL ".join(selects)


def _base(feed: Feed) -> str:
    joins = " ".join(_join(join) for join in feed.joins)
    return f"SELECT * FROM {quoting.name(feed.source)} {joins} WHERE {feed.where}"


def _join(join: Join) -> str:
    """At most one row per key, with the number of rows there were."""
    keys = list(join.on)
    exposed = [
        f"{key} AS {_exposed(join, key)}" if key in keys else f"any_value({key}) AS {_exposed(join, key)}"
        for key in map(quoting.name, join.columns)
    ]
    pairs = " AND ".join(f"{_exposed(join, left)} = {right}" for left, right in join.on.items())
    return (
        f"LEFT JOIN (SELECT {', '.join(exposed)}, count(*) AS {_hits(join)} "
        f"FROM {quoting.name(join.source)} WHERE {join.where} GROUP BY {', '.join(keys)}) ON {pairs}"
    )


def _exposed(join: Join, quoted: str) -> str:
    return quoting.name(f"{join.alias}.{quoted[1:-1]}")


def _hits(join: Join) -> str:
    return quoting.name(f"{join.alias}._hits")


def _normal(column: contract.Column, one: Compiled, compiled: dict[str, Compiled]) -> str:
    """The value as it is kept: ID numbers and telephone numbers in their normal form."""
    if column.check == "id_number":
        kind = compiled["id_type"].sql if "id_type" in compiled else "NULL"
        return f"tidy_id_number({kind}, {one.sql})"
    if column.check == "phone":
        return f"tidy_phone({one.sql})"
    return one.sql


def _all_checks(feed: Feed, known: dict[str, str], today: date, limits: Limits) -> list[RowCheck]:
    checks = [check for join in feed.joins for check in _join_checks(join)]
    unmatched = [check.when for check in checks]
    for column in feed.table.columns:
        one = feed.columns.get(column.name)
        own = _fault_checks(column.name, one.faults, known) if one else []
        own += _contract_checks(feed.table, column, today, limits)
        if column.required:
            others = " OR ".join(f"({check})" for check in [*unmatched, *(check.when for check in own)])
            empty = f"{quoting.name(f'={column.name}')} IS NULL"
            when = f"{empty} AND ({others}) IS NOT TRUE" if others else empty
            own.append(RowCheck(column.name, when, "'REQUIRED'", "''"))
        origins = feed.origins.get(column.name, ())
        checks += [
            RowCheck(check.column, check.when, check.reason, check.text, check.params, origins)
            for check in own
        ]
    if feed.table is contract.EVENTS:
        checks += _kind_checks(checks)
    return checks + _period_checks(feed.table)


def _kind_checks(before: list[RowCheck]) -> list[RowCheck]:
    """What an event of its kind may say, by the register of kinds. What cannot be read is told once, not as missing."""
    kind, checks = quoting.name("=kind"), []
    for code, rule in contract.EVENT_RULES.items():
        of_kind = f"{kind} = {quoting.literal(code)}"
        outcome = quoting.name("=outcome")
        known = f"{outcome} IN ({quoting.literals(contract.EVENT_OUTCOMES)})"
        wrong = f"{of_kind} AND {known} AND {outcome} NOT IN ({quoting.literals(rule.outcomes)})"
        checks.append(RowCheck("outcome", wrong, "'NOT_OF_THIS_KIND'", outcome))
        for name in EVENT_VALUES:
            if name not in rule.values:
                value = quoting.name(f"={name}")
                there = f"{of_kind} AND {value} IS NOT NULL"
                checks.append(RowCheck(name, there, "'NOT_OF_THIS_KIND'", f"CAST({value} AS VARCHAR)"))
        if rule.values:
            empty = " AND ".join(f"{quoting.name(f'={name}')} IS NULL" for name in rule.values)
            told = [f"({check.when})" for check in before if check.column in rule.values]
            untold = f" AND ({' OR '.join(told)}) IS NOT TRUE" if told else ""
            checks.append(RowCheck(rule.values[0], f"{of_kind} AND {empty}{untold}", "'REQUIRED'", "''"))
    return checks


def _join_checks(join: Join) -> list[RowCheck]:
    right = ", ".join(f"coalesce({sql}, '')" for sql in join.on.values())
    text, source = f"concat_ws(' | ', {right})", (("source", quoting.literal(join.source)),)
    origins = tuple(sql[1:-1] for sql in join.on.values())
    checks = [RowCheck("", f"coalesce({_hits(join)}, 0) > 1", "'SEVERAL_MATCHES'", text, source, origins)]
    if not join.optional:
        checks.append(RowCheck("", f"{_hits(join)} IS NULL", "'NO_MATCH'", text, source, origins))
    return checks


def _fault_checks(column: str, faults: tuple[Fault, ...], known: dict[str, str]) -> list[RowCheck]:
    return [
        RowCheck(
            column,
            fault.when(known),
            quoting.literal(fault.reason),
            fault.given,
            tuple((key, quoting.literal(value)) for key, value in fault.params),
        )
        for fault in faults
    ]


def _contract_checks(
    table: contract.Table, column: contract.Column, today: date, limits: Limits
) -> list[RowCheck]:
    value, day = quoting.name(f"={column.name}"), f"DATE '{today.isoformat()}'"
    checks = []
    if column.codes:
        wrong = f"{value} NOT IN ({quoting.literals(column.codes)})"
        checks.append(RowCheck(column.name, wrong, "'UNKNOWN_CODE'", value))
    elif column.type is Type.TEXT and not column.refers:
        most = column.longest or limits.text_length
        too_long = f"length({value}) > {most}"
        limit = (("limit", f"'{most}'"),)
        checks.append(RowCheck(column.name, too_long, "'TEXT_TOO_LONG'", f"left({value}, 100)", limit))
        lost = f"starts_with({value}, {quoting.literal(quoting.LOST_DIGITS)})"
        checks.append(RowCheck(column.name, lost, "'LOST_DIGITS'", value))
        unreadable = f"regexp_matches({value}, '{_UNREADABLE}')"
        checks.append(RowCheck(column.name, unreadable, "'UNREADABLE_CHARACTER'", value))
    if column.least is not None or column.most is not None:
        checks.append(_range_check(column, value))
    if column.check == "id_number":
        kind = quoting.name("=id_type")
        fault = f"id_number_fault({kind}, {value}, {day})"
        checks.append(RowCheck(column.name, f"{fault} IS NOT NULL", fault, value))
    elif column.check == "phone":
        checks.append(
            RowCheck(column.name, f"phone_fault({value}) IS NOT NULL", f"phone_fault({value})", value)
        )
    elif column.check == "birth_date":
        fault = f"birth_date_fault({value}, {day})"
        checks.append(RowCheck(column.name, f"{fault} IS NOT NULL", fault, f"CAST({value} AS VARCHAR)"))
    elif column.type is Type.DATE and column.name not in MAY_LIE_AHEAD:
        text = f"CAST({value} AS VARCHAR)"
        checks.append(RowCheck(column.name, f"{value} > {day}", "'FUTURE_DATE'", text))
    return checks


def _range_check(column: contract.Column, value: str) -> RowCheck:
    bounds = (("<", column.least), (">", column.most))
    wrong = " OR ".join(f"{value} {sign} {limit}" for sign, limit in bounds if limit is not None)
    params = (("limit", quoting.literal(column.limits)),)
    return RowCheck(column.name, wrong, "'OUT_OF_RANGE'", f"CAST({value} AS VARCHAR)", params)


def _period_checks(table: contract.Table) -> list[RowCheck]:
    return [
        RowCheck(
            end,
            f"{quoting.name(f'={end}')} < {quoting.name(f'={start}')}",
            "'ENDS_BEFORE_START'",
            f"CAST({quoting.name(f'={end}')} AS VARCHAR)",
            (("start", f"CAST({quoting.name(f'={start}')} AS VARCHAR)"),),
        )
        for start, end in PERIODS
        if start in table.by_name and end in table.by_name
    ]
