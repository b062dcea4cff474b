"""Rules say the same however they are written, unknown stays unknown, and nothing typed reaches the text."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.analytics.sql_subset import problems as not_portable

from zhike.analytics import members, rules
from zhike.analytics.engine import DuckEngine
from zhike.analytics.members import Asked
from zhike.analytics.portrait import Dimension, Field, Kind
from zhike.analytics.rules import (
    Ask,
    Condition,
    Group,
    Join,
    Problem,
    ProblemCode,
    RuleHasProblems,
    RuleUnreadable,
)

pytestmark = pytest.mark.requirement("M-24", "M-29")
DAY = date(2026, 10, 31)
FIELDS = {
    field.code: field
    for field in (
        Field("BUYS", Dimension.PURCHASE, Kind.NUMBER, "t"),
        Field("CASH", Dimension.ACCOUNT, Kind.MONEY, "t"),
        Field("WAY", Dimension.CHANNEL, Kind.CHOICE, "t", codes=("COUNTER", "MOBILE")),
        Field("PLACE", Dimension.BASIC, Kind.WORD, "t"),
        Field("IS_MINE", Dimension.BASIC, Kind.FLAG, "t"),
        Field("LAST", Dimension.ACCOUNT, Kind.DATE, "t"),
        Field("MARK", Dimension.LOYALTY, Kind.POINTS, "t"),
    )
}
COLUMNS = [("customer_id", "BIGINT"), ("outlet_id", "BIGINT"), *((f.column, f.type) for f in FIELDS.values())]
ROWS = [
    (1, 1, 0, -5, "COUNTER", "北京", True, DAY, 12.5),
    (2, 1, 3, 100, "MOBILE", "上海", False, DAY - timedelta(30), 88.0),
    (3, 2, None, 2**62, None, None, None, None, None),
    (4, 2, 7, None, "MOBILE", "北京", None, DAY + timedelta(7), 0.0),
    (5, None, 3, 0, None, "'; --", True, DAY - timedelta(31), 60.0),
    (6, 2, 1, 99, "COUNTER", "上海", False, DAY - timedelta(29), None),
]


@pytest.fixture(scope="module")
def duck() -> Iterator[DuckEngine]:
    """A portrait of six, asked by rules that may be nested deeper than people nest them."""
    with DuckEngine(threads=1) as engine, pytest.MonkeyPatch.context() as patch:
        patch.setattr(rules, "DEEPEST", 12)
        engine.table("portrait", COLUMNS, ROWS)
        yield engine


def inside(duck: DuckEngine, rule: Group) -> set[int]:
    sql, bound = rules.compiled(rule, FIELDS, DAY)
    return {row[0] for row in duck.fetch(f"SELECT customer_id FROM portrait WHERE {sql}", bound)}


def only(**fields: Any) -> Group:
    return Group(parts=(Condition(**fields),))


limits = st.tuples(st.none() | st.integers(-9, 9), st.none() | st.integers(-9, 9)).filter(
    lambda pair: pair != (None, None) and (None in pair or pair[0] <= pair[1])
)
leaves = st.one_of(
    limits.map(lambda pair: Condition("BUYS", Ask.BETWEEN, *pair)),
    limits.map(lambda pair: Condition("CASH", Ask.BETWEEN, *pair)),
    st.sets(st.sampled_from(["COUNTER", "MOBILE"]), min_size=1).map(
        lambda found: Condition("WAY", Ask.IN, values=tuple(sorted(found)))
    ),
    st.sampled_from([Ask.YES, Ask.NO]).map(lambda test: Condition("IS_MINE", test)),
    st.tuples(st.sampled_from([Ask.WITHIN, Ask.LONGER, Ask.AHEAD]), st.integers(1, 60)).map(
        lambda pair: Condition("LAST", pair[0], days=pair[1])
    ),
    st.tuples(st.sampled_from(list(FIELDS)), st.sampled_from([Ask.KNOWN, Ask.UNKNOWN])).map(
        lambda pair: Condition(*pair)
    ),
)
nodes = st.recursive(
    leaves,
    lambda inner: st.builds(
        Group, st.sampled_from(Join), st.lists(inner, min_size=1, max_size=4).map(tuple), st.booleans()
    ),
    max_leaves=8,
).filter(lambda node: depth(node) < 5)


def depth(node: Any) -> int:
    return 1 + max(map(depth, node.parts)) if isinstance(node, Group) else 0


def opposite(node: Any) -> Group:
    return Group(parts=(node,), is_not=True)


def whole(*parts: Any, join: Join = Join.ALL) -> Group:
    return Group(join, parts)


@given(nodes)
@settings(max_examples=150, deadline=None)
def test_not_not_changes_nothing(duck: DuckEngine, node: Any) -> None:
    assert inside(duck, whole(opposite(whole(opposite(node))))) == inside(duck, whole(node))


@given(nodes, nodes)
@settings(max_examples=150, deadline=None)
def test_de_morgan_holds_also_where_something_is_unknown(duck: DuckEngine, one: Any, other: Any) -> None:
    neither = whole(opposite(one), opposite(other))
    assert inside(duck, opposite(whole(one, other, join=Join.ANY))) == inside(duck, neither)
    not_both = whole(opposite(one), opposite(other), join=Join.ANY)
    assert inside(duck, opposite(whole(one, other))) == inside(duck, not_both)


@given(st.lists(nodes, min_size=2, max_size=4), st.sampled_from(Join))
@settings(max_examples=100, deadline=None)
def test_the_order_of_conditions_does_not_matter(duck: DuckEngine, parts: list[Any], join: Join) -> None:
    assert inside(duck, Group(join, tuple(parts))) == inside(duck, Group(join, tuple(reversed(parts))))


@given(nodes)
@settings(max_examples=150, deadline=None)
def test_nobody_is_in_a_rule_and_in_its_negation(duck: DuckEngine, node: Any) -> None:
    assert not inside(duck, whole(node)) & inside(duck, opposite(node))


@given(nodes)
@settings(max_examples=150, deadline=None)
def test_a_stored_rule_is_read_as_it_was_written(node: Any) -> None:
    rule = whole(node)
    assert rules.from_plain(rules.to_plain(rule)) == rule


def test_who_is_unknown_is_in_neither_a_condition_nor_its_negation(duck: DuckEngine) -> None:
    often = Condition("BUYS", Ask.BETWEEN, 3, None)
    assert inside(duck, whole(often)) == {2, 4, 5}
    assert inside(duck, opposite(often)) == {1, 6}
    assert inside(duck, only(field="BUYS", ask=Ask.UNKNOWN)) == {3}
    assert inside(duck, only(field="BUYS", ask=Ask.KNOWN, is_not=True)) == {3}


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ({"field": "BUYS", "ask": Ask.BETWEEN, "low": 1, "high": 3}, {2, 5, 6}),
        ({"field": "BUYS", "ask": Ask.BETWEEN, "high": 0}, {1}),
        ({"field": "CASH", "ask": Ask.BETWEEN, "low": -5, "high": 99}, {1, 5, 6}),
        ({"field": "MARK", "ask": Ask.BETWEEN, "low": 60.0}, {2, 5}),
        ({"field": "WAY", "ask": Ask.IN, "values": ("MOBILE",)}, {2, 4}),
        ({"field": "WAY", "ask": Ask.IN, "values": ("MOBILE",), "is_not": True}, {1, 6}),
        ({"field": "PLACE", "ask": Ask.IN, "values": ("'; --", "北京")}, {1, 4, 5}),
        ({"field": "IS_MINE", "ask": Ask.YES}, {1, 5}),
        ({"field": "IS_MINE", "ask": Ask.NO}, {2, 6}),
        ({"field": "LAST", "ask": Ask.WITHIN, "days": 30}, {1, 6}),
        ({"field": "LAST", "ask": Ask.LONGER, "days": 30}, {2, 5}),
        ({"field": "LAST", "ask": Ask.AHEAD, "days": 7}, {4}),
        ({"field": "LAST", "ask": Ask.BETWEEN, "low": DAY - timedelta(30), "high": DAY}, {1, 2, 6}),
    ],
)
def test_each_test_keeps_whom_it_says(
    duck: DuckEngine, condition: dict[str, Any], expected: set[int]
) -> None:
    assert inside(duck, only(**condition)) == expected


@pytest.mark.parametrize(
    ("condition", "code"),
    [
        ({"field": "NOTHING", "ask": Ask.YES}, ProblemCode.UNKNOWN_FIELD),
        ({"field": "AML_GRADE", "ask": Ask.IN, "values": ("A",)}, ProblemCode.UNKNOWN_FIELD),
        ({"field": "BUYS", "ask": Ask.IN, "values": ("1",)}, ProblemCode.WRONG_TEST),
        ({"field": "BUYS", "ask": Ask.BETWEEN}, ProblemCode.NO_LIMIT),
        ({"field": "BUYS", "ask": Ask.BETWEEN, "low": 3, "high": 2}, ProblemCode.LIMITS_REVERSED),
        ({"field": "BUYS", "ask": Ask.BETWEEN, "low": 2**63}, ProblemCode.NOT_A_LIMIT),
        ({"field": "BUYS", "ask": Ask.BETWEEN, "low": 1.5}, ProblemCode.NOT_A_LIMIT),
        ({"field": "BUYS", "ask": Ask.BETWEEN, "low": True}, ProblemCode.NOT_A_LIMIT),
        ({"field": "MARK", "ask": Ask.BETWEEN, "low": float("nan")}, ProblemCode.NOT_A_LIMIT),
        ({"field": "LAST", "ask": Ask.BETWEEN, "low": 3}, ProblemCode.NOT_A_LIMIT),
        ({"field": "LAST", "ask": Ask.WITHIN}, ProblemCode.NO_DAYS),
        ({"field": "LAST", "ask": Ask.WITHIN, "days": 0}, ProblemCode.NO_DAYS),
        ({"field": "LAST", "ask": Ask.AHEAD, "days": 10**9}, ProblemCode.NO_DAYS),
        ({"field": "WAY", "ask": Ask.IN}, ProblemCode.NO_VALUE),
        ({"field": "WAY", "ask": Ask.IN, "values": ("SPOON",)}, ProblemCode.UNKNOWN_VALUE),
        ({"field": "PLACE", "ask": Ask.IN, "values": ("a\0b",)}, ProblemCode.UNKNOWN_VALUE),
    ],
)
def test_a_wrong_condition_is_named_with_its_place_and_never_asked(
    condition: dict[str, Any], code: ProblemCode
) -> None:
    rule = Group(parts=(Condition("IS_MINE", Ask.YES), whole(Condition(**condition))))
    assert rules.problems(rule, FIELDS) == [Problem(code, (1, 0))]
    with pytest.raises(RuleHasProblems):
        rules.compiled(rule, FIELDS, DAY)


def test_an_empty_rule_is_no_segment_but_counts_everybody(duck: DuckEngine) -> None:
    assert rules.problems(Group(), FIELDS) == [Problem(ProblemCode.EMPTY_GROUP, ())]
    assert inside(duck, Group()) == {1, 2, 3, 4, 5, 6}
    unfilled = whole(Condition("IS_MINE", Ask.YES), Group(is_not=True))
    assert inside(duck, unfilled) == {1, 5}


def test_a_rule_is_neither_too_deep_nor_too_long() -> None:
    deep = Group(parts=(Condition("IS_MINE", Ask.YES),))
    for _ in range(rules.DEEPEST):
        deep = whole(deep)
    assert [each.code for each in rules.problems(deep, FIELDS)] == [ProblemCode.TOO_DEEP]
    long = Group(parts=(Condition("IS_MINE", Ask.YES),) * (rules.MOST_CONDITIONS + 1))
    assert [each.code for each in rules.problems(long, FIELDS)] == [ProblemCode.TOO_MANY]


def test_what_is_typed_is_bound_and_the_text_is_portable() -> None:
    rule = whole(
        Condition("PLACE", Ask.IN, values=("x' OR 1=1 --",)), Condition("LAST", Ask.WITHIN, days=9),
        Condition("BUYS", Ask.BETWEEN, 1, 2, is_not=True), Condition("IS_MINE", Ask.NO), join=Join.ANY,
    )  # fmt: skip
    sql, bound = rules.compiled(rule, FIELDS, DAY)
    assert "OR 1=1" not in sql
    assert "x' OR 1=1 --" in bound.values()
    assert not_portable(f"SELECT customer_id FROM portrait WHERE {sql}") == []


@pytest.mark.parametrize(
    "plain",
    [
        None, [], {}, {"version": 2, "rule": {"join": "ALL", "parts": []}},
        {"version": 1, "rule": {"field": "BUYS", "ask": "YES"}},
        {"version": 1, "rule": {"join": "XOR", "parts": []}}, {"version": 1, "rule": {"join": "ALL", "parts": [7]}},
        {"version": 1, "rule": {"join": "ALL", "parts": [{"field": 7, "ask": "YES"}]}},
        {"version": 1, "rule": {"join": "ALL", "parts": [{"field": "LAST", "ask": "WITHIN", "days": "9"}]}},
        {"version": 1, "rule": {"join": "ALL", "parts": [{"field": "LAST", "ask": "BETWEEN", "low": {"day": "9"}}]}},
        {"version": 1, "rule": {"join": "ALL", "not": "no", "parts": []}},
    ],
)  # fmt: skip
def test_what_is_no_rule_is_unreadable(plain: Any) -> None:
    with pytest.raises(RuleUnreadable):
        rules.from_plain(plain)


def test_members_are_counted_split_and_written_within_outlets(duck: DuckEngine, tmp_path: Any) -> None:
    asked = Asked(only(field="WAY", ask=Ask.IN, values=("MOBILE",)), FIELDS, DAY)
    assert members.counted(duck, asked) == 2
    assert {cell.key: (cell.count, cell.of_count) for cell in members.split(duck, asked, ["outlet_id"])} == {
        (1,): (1, 2), (2,): (1, 3), (None,): (0, 1),
    }  # fmt: skip
    of_one = Asked(asked.rule, FIELDS, DAY, {2})
    assert members.counted(duck, of_one) == 1
    members.written(duck, of_one, tmp_path / "m.parquet")
    assert duck.fetch(f"SELECT * FROM '{tmp_path / 'm.parquet'}'", {}) == [(4, 2)]
    assert members.counted(duck, Asked(asked.rule, FIELDS, DAY, set())) == 0
