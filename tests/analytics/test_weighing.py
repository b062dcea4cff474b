"""Weights from comparisons in pairs and from entropy: the golden matrix, known cases, and what must always hold."""

from __future__ import annotations

import math
from fractions import Fraction
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from zhike.analytics import weighing
from zhike.analytics.weighing import NotComparable, as_weights, compare_pairs, entropy_shares

SCALE = [Fraction(1, n) for n in range(9, 1, -1)] + [Fraction(n) for n in range(1, 10)]


@pytest.mark.requirement("L-38")
def test_the_golden_matrix_gives_its_weights_and_ratio() -> None:
    found = compare_pairs("abc", {("a", "b"): 3, ("a", "c"): 5, ("b", "c"): 2})
    assert [round(share, 4) for share in found.shares.values()] == [0.6483, 0.2297, 0.1220]
    assert round(found.largest_eigenvalue, 4) == 3.0037
    assert round(found.consistency_ratio, 4) == 0.0032
    assert found.is_consistent


def test_saatys_wealth_of_nations_has_its_published_eigenvalue() -> None:
    """Saaty 1977, wealth of seven nations: USA, USSR, China, France, UK, Japan, West Germany; λmax 7.61."""
    upper = [
        [4, 9, 6, 6, 5, 5], [7, 5, 5, 3, 4], [Fraction(1, 5), Fraction(1, 5), Fraction(1, 7), Fraction(1, 5)],
        [1, Fraction(1, 3), Fraction(1, 3)], [Fraction(1, 3), Fraction(1, 3)], [2],
    ]  # fmt: skip
    names = "abcdefg"
    times = {
        (names[row], names[row + 1 + at]): Fraction(share)
        for row, line in enumerate(upper)
        for at, share in enumerate(line)
    }
    found = compare_pairs(names, times)
    assert round(found.largest_eigenvalue, 2) == 7.61
    expected = [0.427, 0.230, 0.021, 0.052, 0.052, 0.123, 0.094]
    assert np.allclose(list(found.shares.values()), expected, atol=0.0015)


def test_contradicting_comparisons_are_named() -> None:
    found = compare_pairs("abc", {("a", "b"): 9, ("b", "c"): 9, ("a", "c"): Fraction(1, 9)})
    assert not found.is_consistent
    assert found.contradiction is not None


def test_the_pair_furthest_from_the_others_is_the_one_named() -> None:
    times = {pair: Fraction(1) for pair in combinations("abcd", 2)}
    found = compare_pairs("abcd", {**times, ("b", "d"): Fraction(9)})
    assert found.contradiction == ("b", "d")
    assert 1 < found.implied < 9


@pytest.mark.parametrize(
    ("names", "times"),
    [
        ("a", {}),
        ("ab", {}),
        ("ab", {("a", "b"): 10}),
        ("ab", {("a", "b"): 0}),
        ("ab", {("a", "b"): -3}),
        ("aa", {("a", "a"): 1}),
        ("abcdefghijk", {}),
    ],
)
def test_what_says_nothing_is_refused(names: str, times: dict) -> None:
    with pytest.raises(NotComparable):
        compare_pairs(names, times)


@st.composite
def consistent(draw: st.DrawFn) -> dict[str, int]:
    names = [f"n{at}" for at in range(draw(st.integers(2, 6)))]
    return {name: draw(st.integers(1, 3)) for name in names}


@given(consistent())
def test_consistent_comparisons_give_back_what_they_came_from(weights: dict[str, int]) -> None:
    times = {(a, b): Fraction(weights[a], weights[b]) for a, b in combinations(weights, 2)}
    found = compare_pairs(list(weights), times)
    total = sum(weights.values())
    assert found.consistency_ratio == pytest.approx(0, abs=1e-9)
    assert found.contradiction is None
    assert list(found.shares.values()) == pytest.approx([each / total for each in weights.values()])


@given(st.lists(st.sampled_from(SCALE), min_size=10, max_size=10), st.permutations(range(5)))
def test_the_order_of_things_and_of_pairs_does_not_matter(shares: list[Fraction], order: list[int]) -> None:
    names = [f"n{at}" for at in range(5)]
    times = dict(zip(combinations(names, 2), shares, strict=True))
    turned = {(b, a): 1 / share for (a, b), share in times.items()}
    found = compare_pairs(names, times)
    other = compare_pairs([names[at] for at in order], turned)
    assert other.consistency_ratio == pytest.approx(found.consistency_ratio, abs=1e-9)
    for name in names:
        assert other.shares[name] == pytest.approx(found.shares[name])
    assert math.fsum(found.shares.values()) == pytest.approx(1)
    assert found.consistency_ratio >= 0


def test_entropy_gives_nothing_to_what_all_have_alike() -> None:
    shares = entropy_shares({"same": {50.0: 100}, "apart": {0.0: 50, 100.0: 50}})
    assert shares == {"same": 0.0, "apart": 1.0}


def test_entropy_of_two_values_is_the_textbook_one() -> None:
    # Of two customers with shares 1/4 and 3/4: e = -(¼ ln ¼ + ¾ ln ¾)/ln 2 = 0.8113.
    shares = entropy_shares({"a": {1.0: 1, 3.0: 1}, "b": {0.0: 1, 1.0: 1}})
    told = 1 - 0.811278124459133
    assert shares["a"] == pytest.approx(told / (told + 1))


@pytest.mark.parametrize("spread", [{}, {0.0: 5}, {7.0: 1}, {-3.0: 4}])
def test_where_nothing_tells_customers_apart_all_have_the_same_share(spread: dict[float, int]) -> None:
    assert entropy_shares({"a": spread, "b": {50.0: 3}}) == {"a": 0.5, "b": 0.5}


@given(
    st.dictionaries(st.text("abcdef", min_size=1, max_size=3), st.floats(0.001, 1), min_size=1, max_size=10),
    st.sampled_from([1, 50, 100]),
)
def test_weights_sum_to_the_whole_and_stay_within_a_step(shares: dict[str, float], step: int) -> None:
    weights = as_weights(shares, step=step)
    assert sum(weights.values()) == weighing.WHOLE_WEIGHT
    total = math.fsum(shares.values())
    for name, share in shares.items():
        assert weights[name] % step == 0
        assert abs(weights[name] - share / total * weighing.WHOLE_WEIGHT) <= step
