"""The loyalty index of one customer (L-37, L-38, formula E.6) as plain functions.

The run does the same arithmetic, in the same order, in SQL; the tests hold the two against each other on
every row. Values are points of 100, weights basis points.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from zhike.analytics.indicators import Direction


@dataclass(frozen=True)
class Score:
    """A score with its make-up. `score` is None when nothing is available."""

    score: float | None
    available: int  # basis points of weight that had a value
    contributions: Mapping[str, float]  # points of the score, by indicator


def directed(value: float, direction: Direction) -> float:
    """Return a value of 0 to 100 so that more is always more loyal."""
    return 100.0 - value if direction is Direction.DOWN else value


def fixed(raw: float, low: float, high: float) -> float:
    """Return 0 to 100 on the straight line from low to high, clipped (formula E.6 a)."""
    return 100.0 * min(max((raw - low) / (high - low), 0.0), 1.0)


def percentile(below: int, equal: int, total: int) -> float:
    """Return the middle rank of a value among `total`, as points of 100 (formula E.6 b)."""
    return 100.0 * (2 * below + equal) / (2 * total)


def score(values: Mapping[str, float | None], weights: Mapping[str, int]) -> Score:
    """Weigh the values that are there; the weight of what is missing goes to the rest (formula E.6).

    `Σ w·v / Σ w(available)`. An indicator without a weight counts nothing.
    """
    there = {code: value for code, value in values.items() if value is not None}
    available = sum(weights.get(code, 0) for code in there)
    if not available:
        return Score(None, 0, {})
    contributions = {code: weights.get(code, 0) * value / available for code, value in there.items()}
    return Score(
        sum(weights.get(code, 0) * value for code, value in there.items()) / available,
        available,
        contributions,
    )
