"""Tier hysteresis (L-40, formula E.7): the golden sequences and what holds for any."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.analytics import formulas
from tests.analytics.formulas import Standing

from zhike.analytics import scheme
from zhike.analytics.tiers import Tier

RULES = scheme.preset("full")
H, M, L, U = Tier.HIGH, Tier.MEDIUM, Tier.LOW, Tier.UNRATED

scores = st.floats(0, 100)
standings = st.builds(Standing, st.sampled_from(Tier), st.integers(0, RULES.downgrade_runs - 1))


@pytest.mark.requirement("L-40")
def test_sequence_gives_the_golden_tiers() -> None:
    assert formulas.sequence([72, 69, 66.9, 66, 71, 68, 66.5, 40, 41, 44, 48], RULES) == [
        H, H, H, M, H, H, H, M, M, M, M,
    ]  # fmt: skip
    assert formulas.sequence([72, 66, 66, 41, 41, 41], RULES) == [H, H, M, M, L, L]


def test_step_rises_two_levels_at_once() -> None:
    assert formulas.step(Standing(L, 1), 70.0, RULES) == Standing(H)


def test_step_counts_only_runs_in_a_row() -> None:
    assert formulas.sequence([72, 66, 68, 66, 68, 66], RULES) == [H] * 6


def test_step_keeps_a_tier_at_exactly_the_threshold_less_hysteresis() -> None:
    assert formulas.step(Standing(H, 1), 67.0, RULES) == Standing(H, 0)
    assert formulas.step(Standing(H, 1), 66.999999, RULES) == Standing(M, 0)


def test_step_forgives_the_last_digits_of_a_sum() -> None:
    assert formulas.tier_of_score(69.99999999999999, RULES) is H


def test_step_changes_nothing_when_the_data_do_not_suffice() -> None:
    assert formulas.step(Standing(H, 1), None, RULES) == Standing(H, 1)
    assert formulas.step(Standing(U), None, RULES) == Standing(U)


def test_step_holds_a_new_customer_at_medium() -> None:
    assert formulas.step(Standing(U), 10.0, RULES, is_new=True) == Standing(M)
    assert formulas.step(Standing(U), None, RULES, is_new=True) == Standing(M)
    assert formulas.step(Standing(M, 1), 10.0, RULES, is_new=True) == Standing(M)
    assert formulas.step(Standing(H, 1), 10.0, RULES, is_new=True) == Standing(M)


@given(before=standings, score=st.none() | scores, is_new=st.booleans())
def test_step_never_drops_two_levels_and_rises_only_on_merit(
    before: Standing, score: float | None, is_new: bool
) -> None:
    after = formulas.step(before, score, RULES, is_new=is_new)
    assert after.tier >= before.tier - 1
    assert 0 <= after.below_count < RULES.downgrade_runs
    if after.tier > before.tier and not is_new:
        assert score is not None
        assert after.tier == formulas.tier_of_score(score, RULES)


@given(before=standings, low=scores, high=scores)
def test_a_better_score_never_gives_a_lower_tier(before: Standing, low: float, high: float) -> None:
    low, high = sorted((low, high))
    assert formulas.step(before, low, RULES).tier <= formulas.step(before, high, RULES).tier


@given(score=scores, start=standings)
def test_a_score_held_for_long_ends_at_its_own_tier_or_within_the_hysteresis(
    score: float, start: Standing
) -> None:
    standing = start
    for _ in range(3 * RULES.downgrade_runs):
        standing = formulas.step(standing, score, RULES)
    eased = formulas.tier_of_score(min(score + RULES.hysteresis_points, 100), RULES)
    assert formulas.tier_of_score(score, RULES) <= standing.tier <= eased
