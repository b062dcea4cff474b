"""The loyalty index (L-38, formula E.6): golden scores, and what holds for any weights and values."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from tests.analytics import formulas

from zhike.analytics import index, scheme
from zhike.analytics.indicators import CATALOGUE, Direction

SPEC = scheme.preset("full")
FIVE = ("REPEAT_PURCHASE", "REFERRAL", "COMPLAINT", "SATISFACTION", "LIFETIME_VALUE")
GOLDEN = {
    "REPEAT_PURCHASE": index.fixed(0.6, 0, 1),
    "REFERRAL": index.fixed(1, 0, 3),
    "COMPLAINT": index.directed(index.fixed(1, 0, 3), Direction.DOWN),
    "SATISFACTION": 82.0,
    "LIFETIME_VALUE": 75.0,
}

points = st.floats(0, 100)
values = st.fixed_dictionaries({code: st.none() | points for code in FIVE})
weights = st.fixed_dictionaries({code: st.integers(0, 10_000) for code in FIVE})


@pytest.mark.requirement("L-38")
@pytest.mark.parametrize(("business_type", "expected"), [("RETAIL", 64.40), ("CORPORATE", 68.00)])
def test_score_gives_the_golden_scores(business_type: str, expected: float) -> None:
    found = formulas.score(GOLDEN, SPEC.weight_set_for(business_type, "GENERAL").weights)
    assert found.score == pytest.approx(expected, abs=1e-9)
    assert found.available == 10_000


def test_score_gives_the_weight_of_a_missing_indicator_to_the_rest() -> None:
    found = formulas.score(GOLDEN | {"SATISFACTION": None}, SPEC.weight_set_for("RETAIL", "GENERAL").weights)
    assert found.score == pytest.approx(60.00, abs=1e-9)
    assert found.available == 8_000


def test_score_is_none_when_nothing_is_available() -> None:
    assert formulas.score(dict.fromkeys(FIVE), dict.fromkeys(FIVE, 2000)) == formulas.Score(None, 0, {})


@given(values=values, weights=weights)
def test_score_lies_within_the_values_and_is_the_sum_of_its_contributions(
    values: dict[str, float | None], weights: dict[str, int]
) -> None:
    found = formulas.score(values, weights)
    assume(found.score is not None)
    there = [value for code, value in values.items() if value is not None and weights[code]]
    assert min(there) - 1e-9 <= found.score <= max(there) + 1e-9
    assert sum(found.contributions.values()) == pytest.approx(found.score, abs=1e-9)


@given(values=values, weights=weights, factor=st.integers(1, 50))
def test_score_does_not_depend_on_the_scale_of_the_weights(
    values: dict[str, float | None], weights: dict[str, int], factor: int
) -> None:
    scaled = {code: factor * weight for code, weight in weights.items()}
    assert formulas.score(values, scaled).score == pytest.approx(
        formulas.score(values, weights).score, abs=1e-9
    )


@given(values=values, weights=weights, order=st.permutations(FIVE))
def test_score_does_not_depend_on_the_order_of_the_indicators(
    values: dict[str, float | None], weights: dict[str, int], order: list[str]
) -> None:
    again = formulas.score({code: values[code] for code in order}, {code: weights[code] for code in order})
    assert again.score == pytest.approx(formulas.score(values, weights).score, abs=1e-9)


@given(values=values, weights=weights, code=st.sampled_from(FIVE), ends=st.tuples(points, points))
def test_score_never_falls_when_a_value_rises(
    values: dict[str, float | None], weights: dict[str, int], code: str, ends: tuple[float, float]
) -> None:
    low, high = sorted(ends)
    before = formulas.score(values | {code: low}, weights)
    after = formulas.score(values | {code: high}, weights)
    assume(before.score is not None)
    assert after.score >= before.score - 1e-9


@given(raw=st.floats(-1e6, 1e6), more=st.floats(0, 1e6), low=st.floats(-1e3, 1e3), width=st.floats(1e-3, 1e3))
def test_fixed_rises_with_the_raw_value_within_its_bounds(
    raw: float, more: float, low: float, width: float
) -> None:
    assert 0 <= index.fixed(raw, low, low + width) <= index.fixed(raw + more, low, low + width) <= 100


def test_percentile_gives_ties_their_middle_and_a_single_customer_fifty() -> None:
    assert index.percentile(0, 1, 1) == 50
    assert [index.percentile(below, 2, 4) for below in (0, 2)] == [25, 75]


@pytest.mark.requirement("L-37")
def test_the_catalogue_opens_with_the_five_indicators_of_the_rules() -> None:
    assert tuple(CATALOGUE)[:5] == FIVE
    assert [code for code, each in CATALOGUE.items() if each.direction is Direction.DOWN] == ["COMPLAINT"]
    assert not CATALOGUE["COMPLAINT"].appraisal_allowed
