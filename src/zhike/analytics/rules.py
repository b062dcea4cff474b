"""Rules over the portrait: conditions joined by AND, OR and NOT, as data, and as SQL with bound parameters.

What is not known is neither in a condition nor in its negation: `NOT` of unknown stays unknown (Kleene's strong logic,
"Introduction to Metamathematics", 1952, § 64), so that NOT NOT changes nothing and De Morgan's laws hold. Whoever wants
those of whom something is not known says so: `UNKNOWN` is a test of its own.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Any

from zhike.analytics.engine import Value
from zhike.analytics.portrait import Field, Kind

VERSION = 1
MOST_CONDITIONS = 40
DEEPEST = 5
LONGEST_DAYS = 36_600
_LARGEST = 2**63 - 1
_LONGEST_WORD = 60
_NUMBERS = frozenset({Kind.NUMBER, Kind.MONEY, Kind.SHARE, Kind.POINTS})

Number = int | float
Path = tuple[int, ...]
"""Where a part stands: the place in the whole, then in that group, and so on; () is the whole rule."""


class Join(StrEnum):
    """How the parts of a group come together."""

    ALL = "ALL"
    ANY = "ANY"


class Ask(StrEnum):
    """What a condition asks of a field."""

    BETWEEN = "BETWEEN"
    IN = "IN"
    YES = "YES"
    NO = "NO"
    WITHIN = "WITHIN"
    LONGER = "LONGER"
    AHEAD = "AHEAD"
    KNOWN = "KNOWN"
    UNKNOWN = "UNKNOWN"


_ALWAYS = (Ask.KNOWN, Ask.UNKNOWN)
ASKS: dict[Kind, tuple[Ask, ...]] = {
    **dict.fromkeys(_NUMBERS, (Ask.BETWEEN, *_ALWAYS)),
    Kind.DATE: (Ask.WITHIN, Ask.LONGER, Ask.AHEAD, Ask.BETWEEN, *_ALWAYS),
    Kind.CHOICE: (Ask.IN, *_ALWAYS),
    Kind.WORD: (Ask.IN, *_ALWAYS),
    Kind.FLAG: (Ask.YES, Ask.NO, *_ALWAYS),
}
"""The tests that fit each kind of field, the usual one first. WITHIN the last days and LONGER ago part the past between
them; AHEAD looks forward from the day of the portrait."""
_WITH_DAYS = frozenset({Ask.WITHIN, Ask.LONGER, Ask.AHEAD})


@dataclass(frozen=True, slots=True)
class Condition:
    """A test of one field. Limits are included; one of them may be open. Money in cents, a share in ppm."""

    field: str
    ask: Ask
    low: Number | date | None = None
    high: Number | date | None = None
    values: tuple[str, ...] = ()
    days: int | None = None
    is_not: bool = False


@dataclass(frozen=True, slots=True)
class Group:
    """Parts of which all, or any, must hold."""

    join: Join = Join.ALL
    parts: tuple[Node, ...] = ()
    is_not: bool = False


Node = Condition | Group


class ProblemCode(StrEnum):
    EMPTY_GROUP = "EMPTY_GROUP"
    UNKNOWN_FIELD = "UNKNOWN_FIELD"
    WRONG_TEST = "WRONG_TEST"
    NO_LIMIT = "NO_LIMIT"
    LIMITS_REVERSED = "LIMITS_REVERSED"
    NOT_A_LIMIT = "NOT_A_LIMIT"
    NO_VALUE = "NO_VALUE"
    UNKNOWN_VALUE = "UNKNOWN_VALUE"
    NO_DAYS = "NO_DAYS"
    TOO_DEEP = "TOO_DEEP"
    TOO_MANY = "TOO_MANY"


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong, and at which part of the rule."""

    code: ProblemCode
    path: Path


class RuleUnreadable(ValueError):
    """The stored or sent form is no rule of a version this release reads."""

    code = "RULE_UNREADABLE"


class RuleHasProblems(ValueError):
    """The rule may not be used; `problems` say why and where."""

    code = "RULE_HAS_PROBLEMS"

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__(", ".join(f"{problem.code} at {problem.path}" for problem in problems))
        self.problems = problems


def to_plain(rule: Group) -> dict[str, Any]:
    """Return the stored form, with its version."""
    return {"version": VERSION, "rule": _plain(rule)}


def from_plain(plain: Any) -> Group:
    """Return the rule of a stored form. Raises RuleUnreadable."""
    try:
        if plain["version"] != VERSION:
            raise RuleUnreadable(f"version {plain['version']}")
        read = _read(plain["rule"], deep=0)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise RuleUnreadable(str(error)) from error
    if not isinstance(read, Group):
        raise RuleUnreadable("the whole is no group")
    return read


def conditions(node: Node, path: Path = ()) -> Iterator[tuple[Path, Condition]]:
    """The conditions of a rule with their places, in order."""
    if isinstance(node, Condition):
        yield path, node
        return
    for place, part in enumerate(node.parts):
        yield from conditions(part, (*path, place))


def fields_used(node: Node) -> tuple[str, ...]:
    """The codes of the fields a rule asks, each once."""
    return tuple(dict.fromkeys(condition.field for _, condition in conditions(node)))


def problems(rule: Group, fields: Mapping[str, Field]) -> list[Problem]:
    """Return what keeps a rule from being used, each beside its part. An empty rule has one."""
    found = list(_problems(rule, fields, ()))
    if sum(1 for _ in conditions(rule)) > MOST_CONDITIONS:
        found.append(Problem(ProblemCode.TOO_MANY, ()))
    return found


def compiled(rule: Group, fields: Mapping[str, Field], as_of: date) -> tuple[str, dict[str, Value]]:
    """Return the rule as a condition over the columns of the portrait, and what it binds.

    Days count from `as_of`, the day of the portrait. A group without parts keeps everybody. Raises RuleHasProblems.
    """
    blocking = [each for each in problems(rule, fields) if each.code is not ProblemCode.EMPTY_GROUP]
    if blocking:
        raise RuleHasProblems(blocking)
    bound: dict[str, Value] = {}
    return _sql(rule, fields, as_of, bound), bound


def _sql(node: Node, fields: Mapping[str, Field], as_of: date, bound: dict[str, Value]) -> str:
    if isinstance(node, Group):
        word = " AND " if node.join is Join.ALL else " OR "
        inner = word.join(_sql(part, fields, as_of, bound) for part in node.parts if _says(part))
        text = f"({inner})" if inner else "TRUE"
    else:
        text = _asked(node, fields[node.field].column, as_of, bound)
    return f"NOT {text}" if node.is_not and text != "TRUE" else text


def _says(node: Node) -> bool:
    """Whether a part restricts anything: a group nobody filled yet does not, whatever stands before it."""
    return isinstance(node, Condition) or any(_says(part) for part in node.parts)


def _asked(condition: Condition, column: str, as_of: date, bound: dict[str, Value]) -> str:
    def bind(value: Value) -> str:
        name = f"v{len(bound)}"
        bound[name] = value
        return f":{name}"

    match condition.ask:
        case Ask.KNOWN:
            return f"({column} IS NOT NULL)"
        case Ask.UNKNOWN:
            return f"({column} IS NULL)"
        case Ask.YES:
            return f"({column})"
        case Ask.NO:
            return f"(NOT {column})"
        case Ask.IN:
            return f"({column} IN ({', '.join(bind(value) for value in condition.values)}))"
        case Ask.BETWEEN:
            limits = (("<=", condition.high), (">=", condition.low))
            return f"({' AND '.join(f'{column} {sign} {bind(limit)}' for sign, limit in limits if limit is not None)})"
    days = timedelta(days=condition.days or 0)
    match condition.ask:
        case Ask.WITHIN:
            return f"({column} > {bind(as_of - days)} AND {column} <= {bind(as_of)})"
        case Ask.LONGER:
            return f"({column} <= {bind(as_of - days)})"
        case Ask.AHEAD:
            return f"({column} > {bind(as_of)} AND {column} <= {bind(as_of + days)})"
    raise AssertionError(condition.ask)


def _problems(node: Node, fields: Mapping[str, Field], path: Path) -> Iterator[Problem]:
    if isinstance(node, Condition):
        if code := _problem_of(node, fields.get(node.field)):
            yield Problem(code, path)
        return
    if not node.parts:
        yield Problem(ProblemCode.EMPTY_GROUP, path)
    if len(path) >= DEEPEST:
        yield Problem(ProblemCode.TOO_DEEP, path)
        return
    for place, part in enumerate(node.parts):
        yield from _problems(part, fields, (*path, place))


def _problem_of(condition: Condition, field: Field | None) -> ProblemCode | None:
    if field is None:
        return ProblemCode.UNKNOWN_FIELD
    if condition.ask not in ASKS[field.kind]:
        return ProblemCode.WRONG_TEST
    if condition.ask is Ask.BETWEEN:
        return _problem_of_limits(condition, field)
    if condition.ask is Ask.IN:
        return _problem_of_values(condition, field)
    if condition.ask in _WITH_DAYS and not (condition.days and 0 < condition.days <= LONGEST_DAYS):
        return ProblemCode.NO_DAYS
    return None


def _problem_of_values(condition: Condition, field: Field) -> ProblemCode | None:
    if not condition.values:
        return ProblemCode.NO_VALUE
    if field.kind is Kind.WORD:
        is_odd = any(not word or len(word) > _LONGEST_WORD or "\0" in word for word in condition.values)
    else:
        is_odd = not set(condition.values) <= set(field.codes)
    return ProblemCode.UNKNOWN_VALUE if is_odd else None


def _problem_of_limits(condition: Condition, field: Field) -> ProblemCode | None:
    limits = [limit for limit in (condition.low, condition.high) if limit is not None]
    if not limits:
        return ProblemCode.NO_LIMIT
    if not all(_fits(limit, field.kind) for limit in limits):
        return ProblemCode.NOT_A_LIMIT
    if len(limits) == 2 and limits[0] > limits[1]:  # type: ignore[operator]  # both fit the field, so they compare
        return ProblemCode.LIMITS_REVERSED
    return None


def _fits(limit: Number | date, kind: Kind) -> bool:
    if kind is Kind.DATE:
        return isinstance(limit, date)
    if isinstance(limit, bool | date):
        return False
    if kind is Kind.POINTS:
        return math.isfinite(limit)
    return isinstance(limit, int) and abs(limit) <= _LARGEST


def _plain(node: Node) -> dict[str, Any]:
    if isinstance(node, Group):
        said: dict[str, Any] = {"join": str(node.join), "parts": [_plain(part) for part in node.parts]}
    else:
        said = {"field": node.field, "ask": str(node.ask)}
        for name, limit in (("low", node.low), ("high", node.high)):
            if limit is not None:
                said[name] = {"day": limit.isoformat()} if isinstance(limit, date) else limit
        if node.values:
            said["values"] = list(node.values)
        if node.days is not None:
            said["days"] = node.days
    return {**said, "not": True} if node.is_not else said


def _read(plain: Mapping[str, Any], *, deep: int) -> Node:
    is_not = plain.get("not", False)
    if not isinstance(is_not, bool):
        raise RuleUnreadable("not is true or false")
    if "join" in plain:
        if deep > DEEPEST:
            raise RuleUnreadable("too deep")
        return Group(
            Join(plain["join"]), tuple(_read(part, deep=deep + 1) for part in plain["parts"]), is_not
        )
    values, days = plain.get("values", ()), plain.get("days")
    if not all(isinstance(value, str) for value in (plain["field"], *values)):
        raise RuleUnreadable("a field and its values are words")
    if days is not None and (isinstance(days, bool) or not isinstance(days, int)):
        raise RuleUnreadable("days are a whole number")
    return Condition(
        plain["field"], Ask(plain["ask"]), _limit(plain.get("low")), _limit(plain.get("high")), tuple(values),
        days, is_not,
    )  # fmt: skip


def _limit(plain: Any) -> Number | date | None:
    if plain is None or (isinstance(plain, int | float) and not isinstance(plain, bool)):
        return plain
    return date.fromisoformat(plain["day"])
