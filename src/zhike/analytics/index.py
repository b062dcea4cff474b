"""Values of the loyalty index on their common scale (L-37, formula E.6) as plain functions.

The run does the same arithmetic in SQL for every customer; here it serves the few numbers of a group of peers.
Values are points of 100.
"""

from __future__ import annotations

from zhike.analytics.indicators import Direction


def directed(value: float, direction: Direction) -> float:
    """Return a value of 0 to 100 so that more is always more loyal."""
    return 100.0 - value if direction is Direction.DOWN else value


def fixed(raw: float, low: float, high: float) -> float:
    """Return 0 to 100 on the straight line from low to high, clipped (formula E.6 a)."""
    return 100.0 * min(max((raw - low) / (high - low), 0.0), 1.0)


def percentile(below: int, equal: int, total: int) -> float:
    """Return the middle rank of a value among `total`, as points of 100 (formula E.6 b)."""
    return 100.0 * (2 * below + equal) / (2 * total)
