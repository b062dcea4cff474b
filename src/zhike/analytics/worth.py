"""What a customer without a contract is worth: purchases still to come, discounted, times spend and margin.

The models stand in `bgnbd` and `paretonbd`, the spend in `spend` (T-28, formula E.5).
"""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from zhike.analytics.purchases import columns_of

Numbers = NDArray[np.float64]


class RepeatBuying(Protocol):
    """What the models of repeat buying can say; see `bgnbd.BetaGeometric`."""

    def alive(self, repeats: ArrayLike, recency: ArrayLike, age: ArrayLike) -> Numbers: ...
    def expected(self, ahead: ArrayLike) -> Numbers: ...
    def expected_further(
        self, ahead: ArrayLike, repeats: ArrayLike, recency: ArrayLike, age: ArrayLike
    ) -> Numbers: ...
    def expected_if_alive(self, ahead: ArrayLike, repeats: ArrayLike, age: ArrayLike) -> Numbers: ...
    def chance_to_buy(
        self, ahead: ArrayLike, repeats: ArrayLike, recency: ArrayLike, age: ArrayLike
    ) -> Numbers: ...
    def count_chances(self, most: int, ahead: float) -> Numbers: ...


def discounted_purchases(
    model: RepeatBuying,
    past: tuple[ArrayLike, ArrayLike, ArrayLike],
    *,
    periods: int,
    length: float,
    discount: float,
) -> Numbers:
    """Return Σ E[purchases in period k] / (1 + discount)^k, k = 1 .. `periods`, of customers with this past.

    `past` is (x, t_x, T); `length` is a period in the unit of time of the data, `discount` the rate of a period.
    Purchases count at the end of their period.
    """
    if periods < 0 or not length > 0 or not discount > -1:
        raise ValueError("periods from 0, a length above 0, a discount above -1")
    repeats, recency, age = columns_of(*past)
    worth: Numbers = np.zeros(len(repeats))
    before = worth
    for period in range(1, periods + 1):
        until = model.expected_if_alive(period * length, repeats, age)
        worth = worth + (until - before) / (1 + discount) ** period
        before = until
    return model.alive(repeats, recency, age) * worth


def lifetime_value(purchases: ArrayLike, spend: ArrayLike, margin_share: float) -> Numbers:
    """Return CLV: discounted purchases still to come, times the expected spend, times what is earned of it."""
    return np.asarray(np.multiply(purchases, spend) * margin_share, dtype=float)
