"""Differences of two groups: against SciPy's own Welch test, and what must always hold."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from zhike.analytics.difference import Sample, mean_difference, stratified_difference

NUMBERS = st.lists(st.floats(-100, 100).map(lambda x: round(x, 3)), min_size=2, max_size=30)


def sample(values: list[float]) -> Sample:
    return Sample(len(values), float(np.mean(values)), float(np.std(values, ddof=1)))


@given(NUMBERS, NUMBERS)
def test_the_interval_is_welchs(first: list[float], second: list[float]) -> None:
    found = mean_difference(sample(first), sample(second))
    assert found is not None
    assert found.value == pytest.approx(np.mean(first) - np.mean(second), abs=1e-9)
    if min(np.std(first), np.std(second)) > 0.01:
        interval = stats.ttest_ind(first, second, equal_var=False).confidence_interval(0.95)
        assert (found.low, found.high) == pytest.approx((interval.low, interval.high), rel=1e-6, abs=1e-6)


@given(NUMBERS, NUMBERS)
def test_one_stratum_twice_as_large_says_the_same_and_says_it_surer(
    first: list[float], second: list[float]
) -> None:
    pair = sample(first), sample(second)
    one, two = stratified_difference([pair]), stratified_difference([pair, pair])
    assert one is not None and two is not None
    assert two.value == pytest.approx(one.value, abs=1e-9)
    assert two.high - two.low <= one.high - one.low + 1e-9


def test_strata_undo_that_the_first_group_was_worse_off() -> None:
    """The treated do better in each stratum, and look worse together: most of them began in the worse one."""
    worse = Sample(90, -1.0, 1.0), Sample(10, -2.0, 1.0)
    better = Sample(10, 6.0, 1.0), Sample(90, 5.0, 1.0)
    found = stratified_difference([worse, better])
    assert found is not None
    assert found.value == pytest.approx(1.0)
    assert found.is_told
    together = mean_difference(Sample(100, -0.3, 2.3), Sample(100, 4.3, 2.3))
    assert together is not None and together.value < 0


def test_a_group_of_one_tells_nothing() -> None:
    assert mean_difference(Sample(1, 3.0, 0.0), Sample(50, 1.0, 1.0)) is None
    assert stratified_difference([]) is None
