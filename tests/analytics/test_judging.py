"""Measures of a ranking: published and hand-computed numbers, and what must hold (formula E.8)."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zhike.analytics import judging
from zhike.analytics.logistic import CannotLearn

# Ratings of 109 CT images, definitely normal to definitely abnormal (Hanley and McNeil, 1982): the area is 0.893.
NORMAL, ABNORMAL = (33, 6, 6, 11, 2), (3, 2, 2, 11, 33)
Scores = st.lists(st.tuples(st.integers(0, 6), st.booleans()), min_size=2, max_size=40).filter(
    lambda rows: len({known for _, known in rows}) == 2
)


def spread(counts: tuple[int, ...]) -> list[int]:
    return [rating for rating, count in enumerate(counts, start=1) for _ in range(count)]


@pytest.mark.requirement("N-17")
def test_the_area_is_that_of_the_published_images() -> None:
    scores = spread(NORMAL) + spread(ABNORMAL)
    outcomes = [0] * sum(NORMAL) + [1] * sum(ABNORMAL)
    assert round(judging.auc(scores, outcomes), 3) == 0.893
    alone = judging.auc_difference(scores, [0] * len(scores), outcomes)
    assert round(alone.value, 3) == 0.393
    error = (alone.high - alone.value) / 1.96
    assert 0.029 < error < 0.034  # published: 0.032 by their approximation
    assert alone.is_better


@given(Scores)
@settings(max_examples=60, deadline=None)
def test_the_area_is_the_share_of_pairs_in_order(rows: list[tuple[int, bool]]) -> None:
    cases = [score for score, known in rows if known]
    others = [score for score, known in rows if not known]
    pairs = [1.0 if a > b else 0.5 if a == b else 0.0 for a in cases for b in others]
    found = judging.auc([score for score, _ in rows], [known for _, known in rows])
    assert found == pytest.approx(sum(pairs) / len(pairs))


@given(Scores)
@settings(max_examples=40, deadline=None)
def test_a_ranking_is_no_better_than_itself_on_another_scale(rows: list[tuple[int, bool]]) -> None:
    scores = np.array([score for score, _ in rows])
    found = judging.auc_difference(scores, np.exp(scores), [known for _, known in rows])
    assert (found.value, found.low, found.high) == pytest.approx((0, 0, 0))
    assert not found.is_better


def test_the_difference_has_the_variance_of_its_placements() -> None:
    outcomes = [1, 1, 1, 0, 0, 0, 0]
    first, second = [9, 8, 3, 7, 4, 2, 1], [5, 2, 6, 7, 1, 4, 3]
    found = judging.auc_difference(first, second, outcomes)
    # of cases: 1, 1, 1/2 and 3/4, 1/4, 3/4; of others: 2/3, 2/3, 1, 1 and 0, 1, 2/3, 2/3
    of_cases, of_others = [0.25, 0.75, -0.25], [2 / 3, -1 / 3, 1 / 3, 1 / 3]
    assert found.value == pytest.approx(0.25)
    variance = np.var(of_cases, ddof=1) / 3 + np.var(of_others, ddof=1) / 4
    assert found.high - found.value == pytest.approx(1.959964 * variance**0.5, abs=1e-5)


def test_gains_and_lift_are_those_counted_by_hand() -> None:
    scores = list(range(20, 0, -1))
    outcomes = [1, 1, 0, 1, 0, 0, 0, 0, 0, 1] + [0] * 10
    found = judging.gains(scores, outcomes, (0.1, 0.2, 0.5, 1.0))
    assert [(each.captured, each.lift) for each in found] == [
        (0.5, pytest.approx(5.0)), (0.75, pytest.approx(3.75)), (1.0, 2.0), (1.0, 1.0),
    ]  # fmt: skip


@given(st.integers(2, 30), st.integers(1, 29))
def test_equal_scores_lift_nobody(size: int, cases: int) -> None:
    outcomes = [1] * min(cases, size - 1) + [0] * (size - min(cases, size - 1))
    assert all(each.lift == pytest.approx(1) for each in judging.gains([0.5] * size, outcomes))


def test_the_error_of_chances_is_that_computed_by_hand() -> None:
    assert judging.brier([0.9, 0.2, 0.5, 0.0], [1, 0, 0, 0]) == pytest.approx((0.01 + 0.04 + 0.25) / 4)


def test_the_interval_of_a_share_is_that_of_the_formula() -> None:
    assert tuple(round(each, 4) for each in judging.wilson(45, 50)) == (0.7864, 0.9565)
    assert judging.wilson(0, 10)[0] == 0
    assert judging.wilson(10, 10)[1] == 1


def test_reliability_keeps_equal_chances_together() -> None:
    chances = [0.1] * 30 + [0.2] * 10 + [0.6] * 60
    outcomes = [0] * 27 + [1] * 3 + [0] * 8 + [1] * 2 + [1] * 36 + [0] * 24
    found = judging.reliability(chances, outcomes)
    assert [(each.count, each.foretold, each.observed) for each in found] == [
        (30, pytest.approx(0.1), 0.1), (10, pytest.approx(0.2), 0.2), (60, pytest.approx(0.6), 0.6),
    ]  # fmt: skip
    assert all(each.low <= each.observed <= each.high for each in found)
    assert judging.calibration(chances, outcomes) == (pytest.approx(0, abs=1e-9), pytest.approx(1))


def test_calibration_sees_chances_that_are_too_bold() -> None:
    odds = np.log([0.1 / 0.9, 0.6 / 0.4])
    bold = [1 / (1 + np.exp(-2 * each)) for each in odds]
    outcomes = [0] * 90 + [1] * 10 + [1] * 60 + [0] * 40
    intercept, slope = judging.calibration([bold[0]] * 100 + [bold[1]] * 100, outcomes) or (9, 9)
    assert (intercept, slope) == (pytest.approx(0, abs=1e-9), pytest.approx(0.5))
    assert judging.calibration([0.3] * 10, [1] * 3 + [0] * 7) is None


def test_one_class_cannot_be_judged() -> None:
    for judge in (judging.auc, judging.gains):
        with pytest.raises(CannotLearn):
            judge([0.1, 0.2], [0, 0])
