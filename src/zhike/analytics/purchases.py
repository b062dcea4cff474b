"""What models of repeat buying rest on: how many customers have bought how often, when last, and watched how long.

A customer who may stop without telling (card spending, wealth purchases) is known by three numbers: purchases
after the first `x`, the time from the first purchase to the last one `t_x`, and from the first purchase to the
date of the reading `T`, all in one unit (formula E.5). Customers with the same three count as one row with a
number, so a fit costs what the distinct rows cost, and not what the customers cost.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import ArrayLike, NDArray

Numbers = NDArray[np.float64]

LEAST_CUSTOMERS = 20
"""Fewer say nothing about how customers differ; a caller may demand more."""

ROUGH_FROM, ROUGH_STEPS = 10_000, 12
"""With more distinct rows a search begins on coarser ones, of so many steps of time."""

_SMALL = 1000  # whole numbers not much above the number of rows are their own places

MOST_REPEATS = 1_000_000
"""More purchases of one customer are a mistake in the data, not a habit."""


class Refusal(StrEnum):
    """Why numbers cannot be fitted or predicted from."""

    LENGTHS_DIFFER = "LENGTHS_DIFFER"
    NOT_A_NUMBER = "NOT_A_NUMBER"  # NaN or infinite
    NEGATIVE = "NEGATIVE"
    NOT_WHOLE = "NOT_WHOLE"  # purchases and customers are counted
    TOO_MANY_REPEATS = "TOO_MANY_REPEATS"
    REPEAT_WITHOUT_TIME = "REPEAT_WITHOUT_TIME"  # x > 0 and t_x = 0: bought again in the same moment
    TIME_WITHOUT_REPEAT = "TIME_WITHOUT_REPEAT"  # x = 0 and t_x > 0
    LAST_AFTER_END = "LAST_AFTER_END"  # t_x > T
    TOO_FEW_CUSTOMERS = "TOO_FEW_CUSTOMERS"
    NO_REPEAT_BUYERS = "NO_REPEAT_BUYERS"
    ALL_ALIKE = "ALL_ALIKE"  # one distinct row: customers do not differ, so nothing says how they would
    NOT_POSITIVE = "NOT_POSITIVE"  # a mean spend of nothing or less


class CannotFit(ValueError):
    """The numbers do not allow the model; `code` says why."""

    def __init__(self, code: Refusal) -> None:
        super().__init__(str(code))
        self.code = code


@dataclass(frozen=True, eq=False, slots=True)
class Purchases:
    """Distinct (x, t_x, T) with how many customers have each, checked. Build it with `of`."""

    repeats: Numbers
    recency: Numbers
    age: Numbers
    customers: Numbers

    @classmethod
    def of(
        cls, repeats: ArrayLike, recency: ArrayLike, age: ArrayLike, customers: ArrayLike | None = None
    ) -> Purchases:
        """Group rows of x, t_x, T (and customers, one a row if absent) into distinct ones, in their order.

        Raises CannotFit where a row contradicts itself. A row of no customers is dropped.
        """
        x, last, watched = column_of(repeats), column_of(recency), column_of(age)
        counts = np.ones(len(x)) if customers is None else column_of(customers)
        _check(x, last, watched, counts)
        if customers is None:
            return cls(*_distinct((x, last, watched), None))
        is_used = counts > 0
        return cls(*_distinct((x[is_used], last[is_used], watched[is_used]), counts[is_used]))

    def coarser(self, steps: int) -> Purchases:
        """Return about the same customers in fewer rows: times by `steps` even parts, at their mean in each.

        Good enough to begin a search from; x is kept as it is.
        """
        width = float(self.age.max()) / steps or 1.0
        parts = (self.repeats, np.floor(self.recency / width), np.floor(self.age / width))
        rows, _ = packed(parts)
        _, first, place = np.unique(rows, return_index=True, return_inverse=True)
        counts = np.bincount(place, weights=self.customers).astype(float)
        last = np.bincount(place, weights=self.customers * self.recency) / counts
        watched = np.bincount(place, weights=self.customers * self.age) / counts
        return Purchases(self.repeats[first], last, watched, counts)

    @property
    def customer_count(self) -> int:
        """All customers."""
        return int(self.customers.sum())

    @property
    def distinct_count(self) -> int:
        """Distinct rows."""
        return len(self.customers)

    @property
    def repeater_count(self) -> int:
        """Customers who bought again."""
        return int(self.customers[self.repeats > 0].sum())

    @property
    def repeat_count(self) -> int:
        """Purchases after the first, of all customers."""
        return int(self.repeats @ self.customers)

    def require(self, least_customers: int) -> None:
        """Refuse what no model of repeat buying can be fitted on."""
        if self.customer_count < least_customers:
            raise CannotFit(Refusal.TOO_FEW_CUSTOMERS)
        if not self.repeater_count:
            raise CannotFit(Refusal.NO_REPEAT_BUYERS)
        if self.distinct_count == 1:
            raise CannotFit(Refusal.ALL_ALIKE)


def column_of(values: ArrayLike) -> Numbers:
    """Return values as one column of numbers. Raises CannotFit for what is none."""
    try:
        column = np.atleast_1d(np.asarray(values, dtype=float))
    except (TypeError, ValueError) as error:
        raise CannotFit(Refusal.NOT_A_NUMBER) from error
    if column.ndim != 1:
        raise CannotFit(Refusal.LENGTHS_DIFFER)
    return column


def columns_of(*values: ArrayLike) -> list[Numbers]:
    """Return values as columns of equal length, one number standing for a whole column."""
    columns = np.broadcast_arrays(*(np.atleast_1d(np.asarray(each, dtype=float)) for each in values))
    return [np.asarray(column, dtype=float) for column in columns]


def places_of(column: Numbers) -> tuple[NDArray[np.int64], Numbers]:
    """Return places in an ordered list of values, and the list, which may hold values that do not occur."""
    most = column.max(initial=0.0)
    if most < _SMALL + 4 * len(column) and not (column % 1).any():
        return column.astype(np.int64), np.arange(int(most) + 1, dtype=float)
    values, places = np.unique(column, return_inverse=True)
    return places.astype(np.int64), values


def check_counted(column: Numbers) -> None:
    """Refuse a column that does not hold numbers from nought up."""
    if not np.isfinite(column).all():
        raise CannotFit(Refusal.NOT_A_NUMBER)
    if (column < 0).any():
        raise CannotFit(Refusal.NEGATIVE)


def _check(repeats: Numbers, recency: Numbers, age: Numbers, customers: Numbers) -> None:
    columns = (repeats, recency, age, customers)
    if len({len(column) for column in columns}) > 1:
        raise CannotFit(Refusal.LENGTHS_DIFFER)
    for column in columns:
        check_counted(column)
    rules = (
        (Refusal.NOT_WHOLE, (repeats % 1 != 0) | (customers % 1 != 0)),
        (Refusal.TOO_MANY_REPEATS, repeats > MOST_REPEATS),
        (Refusal.REPEAT_WITHOUT_TIME, (repeats > 0) & (recency == 0)),
        (Refusal.TIME_WITHOUT_REPEAT, (repeats == 0) & (recency > 0)),
        (Refusal.LAST_AFTER_END, recency > age),
    )
    for code, is_broken in rules:
        if is_broken.any():
            raise CannotFit(code)


_Parts = tuple[Numbers, Numbers, Numbers]


def _distinct(columns: _Parts, counts: Numbers | None) -> tuple[Numbers, Numbers, Numbers, Numbers]:
    """The distinct rows in their order, and how often each occurs."""
    whole, values = packed(columns)
    if counts is None:
        rows, found = np.unique(whole, return_counts=True)
        summed = found.astype(float)
    else:
        rows, place = np.unique(whole, return_inverse=True)
        summed = np.bincount(place, weights=counts, minlength=len(rows))
    rest, last = np.divmod(rows, len(values[2]))
    first, middle = np.divmod(rest, len(values[1]))
    return values[0][first], values[1][middle], values[2][last], summed


def packed(columns: tuple[Numbers, ...]) -> tuple[NDArray[np.int64], list[Numbers]]:
    """Return one whole number a row, equal where all columns are and ordered as they are; and each column's values.

    Three columns of a million different values each would not fit; a million customers at exact moments do.
    """
    whole = np.zeros(len(columns[0]), dtype=np.int64)
    listed = []
    for column in columns:
        codes, values = places_of(column)
        whole = whole * len(values) + codes
        listed.append(values)
    return whole, listed
