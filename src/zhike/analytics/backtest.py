"""A model of repeat buying held against what happened after the date it was fitted on.

Each figure stands beside what one would have expected without any model: as many purchases as in as many days
before. Customers who had never bought again are shown apart, because BG/NBD takes all of them for alive.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from zhike.analytics.habits import Pasts
from zhike.analytics.worth import RepeatBuying

Numbers = NDArray[np.float64]

LAST_CLASS = 7
"""So many repeat purchases and more are one class, as the published tables have it."""


@dataclass(frozen=True, slots=True)
class FrequencyClass:
    """Customers with so many repeat purchases until the date (the last class: and more): purchases after it, in all."""

    repeats: int
    customer_count: int
    actual: int
    expected: float
    naive: int


@dataclass(frozen=True, slots=True)
class AliveClass:
    """Customers whose chances to be alive lie together: the mean of the chances, of the chances to buy within the
    hold-out, and the share that did."""

    customer_count: int
    alive: float
    chance: float
    bought_share: float


@dataclass(frozen=True, slots=True)
class BackTest:
    """A hold-out of `days`. Errors are per customer in purchases; `naive` is the last period once more."""

    days: float
    customer_count: int
    never_repeated_count: int
    actual: int
    expected: float
    naive: int
    mean_error: float
    naive_mean_error: float
    frequencies: tuple[FrequencyClass, ...]
    calibration: tuple[AliveClass, ...]  # of those who had bought again
    never_repeated: AliveClass | None

    @property
    def total_error(self) -> float | None:
        """How far the sum of purchases was over (+) or under (-) what happened, as a share of it."""
        return self.expected / self.actual - 1 if self.actual else None

    @property
    def naive_total_error(self) -> float | None:
        """The same without a model."""
        return self.naive / self.actual - 1 if self.actual else None


def back_test(
    model: RepeatBuying, pasts: Pasts, days: float, *, last_class: int = LAST_CLASS, classes: int = 10
) -> BackTest:
    """Hold a model, fitted on the pasts, against the purchases of the `days` after them.

    `classes` are of equal numbers of customers as far as equal chances stay together: deciles of P(alive).
    """
    if not days > 0:
        raise ValueError("a hold-out has days")
    expected = model.expected_further(days, *pasts.past)
    alive = model.alive(*pasts.past)
    chance = model.chance_to_buy(days, *pasts.past)
    whole = pasts.customers.sum() or 1.0
    never = pasts.repeats == 0
    return BackTest(
        days=days,
        customer_count=int(pasts.customers.sum()),
        never_repeated_count=int(pasts.customers[never].sum()),
        actual=int(pasts.further @ pasts.customers),
        expected=float(expected @ pasts.customers),
        naive=int(pasts.recent @ pasts.customers),
        mean_error=float(np.abs(expected - pasts.further) @ pasts.customers / whole),
        naive_mean_error=float(np.abs(pasts.recent - pasts.further) @ pasts.customers / whole),
        frequencies=_frequencies(pasts, expected, last_class),
        calibration=tuple(
            _alive_class(pasts, rows, alive, chance)
            for rows in _even_classes(alive, pasts.customers, ~never, classes)
        ),
        never_repeated=_alive_class(pasts, np.flatnonzero(never), alive, chance) if never.any() else None,
    )


def expected_course(model: RepeatBuying, pasts: Pasts, past_days: int, at_days: Sequence[float]) -> Numbers:
    """Return the repeat purchases expected of all these customers up to each day since the reading began.

    `past_days` is the length of the reading up to its date: a customer of age T began at past_days - T.
    """
    ages, place = np.unique(pasts.age, return_inverse=True)
    counts = np.bincount(place, weights=pasts.customers)
    return np.array(
        [float(model.expected(np.maximum(at - (past_days - ages), 0.0)) @ counts) for at in at_days]
    )


def _frequencies(pasts: Pasts, expected: Numbers, last_class: int) -> tuple[FrequencyClass, ...]:
    of_class = np.minimum(pasts.repeats, last_class).astype(int)

    def sums(values: Numbers) -> Numbers:
        return np.bincount(of_class, values * pasts.customers, last_class + 1).astype(float)

    columns = zip(
        sums(np.ones_like(expected)), sums(pasts.further), sums(expected), sums(pasts.recent), strict=True
    )
    return tuple(
        FrequencyClass(repeats, int(customers), int(actual), float(modelled), int(naive))
        for repeats, (customers, actual, modelled, naive) in enumerate(columns)
        if customers
    )


def _even_classes(
    values: Numbers, customers: Numbers, is_used: NDArray[np.bool_], classes: int
) -> list[NDArray[np.int64]]:
    """Rows by classes of about equal numbers of customers, rising in value; equal values share a class."""
    used = np.flatnonzero(is_used)
    if not len(used):
        return []
    levels, place = np.unique(values[used], return_inverse=True)
    weight = np.bincount(place, customers[used], len(levels))
    middle = (np.cumsum(weight) - weight / 2) / weight.sum()
    of_row = np.minimum((middle * classes).astype(int), classes - 1)[place]
    return [used[of_row == each] for each in range(classes) if (of_row == each).any()]


def _alive_class(pasts: Pasts, rows: NDArray[np.int64], alive: Numbers, chance: Numbers) -> AliveClass:
    customers = pasts.customers[rows]
    whole = customers.sum()
    return AliveClass(
        int(whole),
        float(alive[rows] @ customers / whole),
        float(chance[rows] @ customers / whole),
        float((pasts.further[rows] > 0) @ customers / whole),
    )
