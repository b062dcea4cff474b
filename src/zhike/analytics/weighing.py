"""Where weights may come from: comparisons in pairs, and how much an indicator tells customers apart (formula E.6).

The analytic hierarchy process is Saaty's, "A scaling method for priorities in hierarchical structures" (Journal of
Mathematical Psychology 15, 1977); his random indices are those of "The Analytic Hierarchy Process" (1980). Entropy
weights are Shannon's measure of how unevenly a value is spread; they check weights and do not set them.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from zhike.analytics.scheme import WHOLE_WEIGHT

MOST_TIMES = 9
"""One thing is at most nine times as important as another."""
CONSISTENT_BELOW = 0.1
"""From this consistency ratio on, comparisons contradict one another too much to be used."""
_RANDOM_INDICES = (0.0, 0.0, 0.58, 0.90, 1.12, 1.24, 1.32, 1.41, 1.45, 1.49)  # of 1 to 10 things

Pair = tuple[str, str]


class NotComparable(ValueError):
    """Comparisons that say nothing: too few or too many things, a pair missing or out of range."""

    code = "NOT_COMPARABLE"


@dataclass(frozen=True)
class Priorities:
    """What comparisons come to: shares that sum to one, by name, and how far they contradict one another.

    `contradiction` is the pair that is furthest from what the others say of it, and `implied` how many times its first
    is as important as its second by these; None where nothing contradicts.
    """

    shares: Mapping[str, float]
    largest_eigenvalue: float
    consistency_ratio: float
    contradiction: Pair | None
    implied: float

    @property
    def is_consistent(self) -> bool:
        """Whether the comparisons may be used."""
        return self.consistency_ratio < CONSISTENT_BELOW


def compare_pairs(names: Sequence[str], times: Mapping[Pair, Fraction]) -> Priorities:
    """Return the priorities of things, of which `times` says how many times the first of a pair is as important.

    Each pair is given once, in either order, between 1/9 and 9. Raises NotComparable.
    """
    size = len(names)
    if not 2 <= size <= len(_RANDOM_INDICES) or len(set(names)) != size:
        raise NotComparable(f"{size} things cannot be compared")
    matrix = np.ones((size, size))
    for row, first in enumerate(names):
        for column in range(row + 1, size):
            share = _times(times, first, names[column])
            matrix[row, column], matrix[column, row] = float(share), float(1 / share)
    values, vectors = np.linalg.eig(matrix)
    at = int(np.argmax(values.real))
    largest = max(float(values[at].real), float(size))  # never less but by rounding
    weights = np.abs(vectors[:, at].real)
    weights /= weights.sum()
    ratio = 0.0
    if size > 2:
        ratio = (largest - size) / (size - 1) / _RANDOM_INDICES[size - 1]
    pair, implied = _contradiction(names, matrix, weights)
    return Priorities(
        dict(zip(names, map(float, weights), strict=True)),
        largest,
        ratio,
        pair if ratio > 1e-9 else None,
        implied,
    )


def entropy_shares(spread: Mapping[str, Mapping[float, int]]) -> dict[str, float]:
    """Return the share of each indicator in what tells customers apart, from its values and how many have each.

    An indicator that all have alike tells nothing; where none tells anything, all have the same share. Negative values
    count as nought.
    """
    told = {name: 1.0 - _evenness(values) for name, values in spread.items()}
    total = math.fsum(told.values())
    if total <= 0.0:
        return {name: 1.0 / len(spread) for name in spread}
    return {name: share / total for name, share in told.items()}


def as_weights(shares: Mapping[str, float], *, step: int = 1) -> dict[str, int]:
    """Return shares as basis points that are multiples of `step` and sum to the whole; the largest rests round up."""
    whole = WHOLE_WEIGHT // step
    total = math.fsum(shares.values())
    exact = {name: share / total * whole for name, share in shares.items()}
    weights = {name: math.floor(part) for name, part in exact.items()}
    missing = whole - sum(weights.values())
    for name in sorted(exact, key=lambda each: (weights[each] - exact[each], each))[:missing]:
        weights[name] += 1
    return {name: weight * step for name, weight in weights.items()}


def _times(times: Mapping[Pair, Fraction], first: str, second: str) -> Fraction:
    share = Fraction(times.get((first, second), 0))
    if not share and (turned := Fraction(times.get((second, first), 0))):
        share = 1 / turned
    if not Fraction(1, MOST_TIMES) <= share <= MOST_TIMES:
        raise NotComparable(f"{first} and {second}: {share} times")
    return share


def _contradiction(
    names: Sequence[str],
    matrix: np.ndarray[tuple[int, int], np.dtype[np.float64]],
    weights: np.ndarray[tuple[int], np.dtype[np.float64]],
) -> tuple[Pair, float]:
    gaps = np.abs(np.log(matrix * (weights[None, :] / weights[:, None])))
    row, column = np.unravel_index(int(np.argmax(np.triu(gaps, 1))), gaps.shape)
    return (names[int(row)], names[int(column)]), float(weights[row] / weights[column])


def _evenness(values: Mapping[float, int]) -> float:
    """Entropy of a value spread over customers, over the entropy of an even spread: 1 where all have the same."""
    count = sum(values.values())
    total = math.fsum(max(value, 0.0) * customers for value, customers in values.items())
    if len({max(value, 0.0) for value in values}) < 2 or total <= 0.0:
        return 1.0
    shares = ((value / total, customers) for value, customers in values.items() if value > 0.0)
    return -math.fsum(share * math.log(share) * customers for share, customers in shares) / math.log(count)
