"""Whether two groups differ by more than chance: Welch's interval, and the same within strata of like customers.

Welch, "The generalization of 'Student's' problem when several different population variances are involved"
(Biometrika 34, 1947); the degrees of freedom are Satterthwaite's.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from scipy.special import stdtrit


@dataclass(frozen=True, slots=True)
class Sample:
    """A group in three numbers: how many, their mean, and the standard deviation of the sample."""

    count: int
    mean: float
    deviation: float


@dataclass(frozen=True, slots=True)
class Difference:
    """A figure of the first less that of the second, with its confidence interval."""

    value: float
    low: float
    high: float

    @property
    def is_told(self) -> bool:
        """Whether the interval leaves out nought."""
        return self.low > 0 or self.high < 0

    @property
    def is_better(self) -> bool:
        """Whether the first is more than the second, beyond what chance may give."""
        return self.low > 0


def mean_difference(first: Sample, second: Sample, *, confidence: float = 0.95) -> Difference | None:
    """Return how far the means of two groups lie apart; None where a group is too small to tell its spread."""
    return stratified_difference([(first, second)], confidence=confidence)


def stratified_difference(
    strata: Sequence[tuple[Sample, Sample]], *, confidence: float = 0.95
) -> Difference | None:
    """Return how far two groups lie apart within strata, each weighed by the first group's count in it.

    Strata where either group has fewer than two members say nothing and are left out; None where none is left.
    """
    told = [(a, b) for a, b in strata if min(a.count, b.count) > 1]
    total = sum(a.count for a, _ in told)
    if not total:
        return None
    value = math.fsum(a.count * (a.mean - b.mean) for a, b in told) / total
    parts = []
    for a, b in told:
        share = a.count / total
        parts += [(share * share * each.deviation**2 / each.count, each.count - 1) for each in (a, b)]
    variance = math.fsum(part for part, _ in parts)
    if not variance:
        return Difference(value, value, value)
    freedom = variance**2 / math.fsum(part**2 / degrees for part, degrees in parts)
    reach = float(stdtrit(freedom, (1 + confidence) / 2)) * math.sqrt(variance)
    return Difference(value, value - reach, value + reach)
