"""The population stability index: its golden number, what must always hold, and the reading of two evaluations."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.analytics.adverse_bank import AS_OF
from tests.analytics.sql_subset import problems

from zhike.analytics import drift, evaluate, plan
from zhike.analytics.drift import SCORE, stability_index
from zhike.analytics.engine import DuckEngine
from zhike.analytics.scheme import SchemeSpec

COUNTS = st.lists(st.integers(0, 10_000), min_size=2, max_size=11).filter(any)


@pytest.mark.requirement("N-17")
def test_the_golden_shares_give_their_index() -> None:
    assert round(stability_index((0.2, 0.3, 0.3, 0.2), (0.25, 0.25, 0.3, 0.2)), 4) == 0.0203


@given(COUNTS)
def test_nothing_drifts_from_itself_whatever_its_size(counts: list[int]) -> None:
    assert stability_index(counts, counts) == 0
    assert stability_index(counts, [7 * count for count in counts]) == pytest.approx(0, abs=1e-12)


@given(st.data(), COUNTS)
def test_drift_is_never_negative_and_the_same_both_ways(data: st.DataObject, before: list[int]) -> None:
    now = data.draw(st.lists(st.integers(0, 10_000), min_size=len(before), max_size=len(before)).filter(any))
    found = stability_index(before, now)
    assert found >= -1e-12
    assert found == pytest.approx(stability_index(now, before))


def test_an_emptied_class_drifts_far_but_not_without_end() -> None:
    assert 1 < stability_index((500, 500), (1000, 0)) < 10


@pytest.mark.parametrize("pair", [((1,), (1, 2)), ((0, 0), (1, 1)), ((1, -1), (1, 1)), ((), ())])
def test_counts_that_cannot_be_compared_are_refused(pair: tuple) -> None:
    with pytest.raises(ValueError, match="count"):
        stability_index(*pair)


def test_two_evaluations_are_read_customer_by_customer(
    duck: DuckEngine, everything: SchemeSpec, tmp_path: Path
) -> None:
    evaluate.evaluate(duck, evaluate.prepare(duck, everything, AS_OF), tmp_path / "now")
    codes = [use.code for use in everything.indicators]
    duck.view("rows_now", [tmp_path / "now"])
    found = drift.spreads(duck, "rows_now", codes)
    rows = duck.connection.execute("SELECT score, tenure_state, tenure_value FROM rows_now").fetchall()
    assert found[SCORE].customer_count == len(rows)
    assert found[SCORE].missing == sum(score is None for score, _state, _value in rows)
    observed = [value for _score, state, value in rows if state == "OBSERVED"]
    assert sum(found["TENURE"].bands) == len(observed)
    assert found["TENURE"].mean == pytest.approx(sum(observed) / len(observed), abs=0.01)
    assert [each.index for each in drift.drifts(found, found)] == [0.0] * (len(codes) + 1)
    other = {**found, SCORE: replace(found[SCORE], bands=tuple(reversed(found[SCORE].bands)))}
    assert drift.drifts(found, other)[0].index > 0


def test_indicators_of_only_one_evaluation_do_not_drift(duck: DuckEngine) -> None:
    a = drift.Spread((1, *[0] * 9), 0, 5.0)
    assert [each.code for each in drift.drifts({SCORE: a, "TENURE": a}, {SCORE: a, "REFERRAL": a})] == [SCORE]
    nobody = drift.Spread((0,) * 10, 0, None)
    assert drift.drifts({SCORE: nobody}, {SCORE: a})[0].index is None


def test_the_texts_are_portable() -> None:
    for name in ("drift/bands", "drift/scores"):
        assert problems(plan.text(name).format(code="TENURE", c="tenure", view="rows")) == []
