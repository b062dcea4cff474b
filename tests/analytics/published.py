"""Published data of customer-base analysis, as facts to hold our figures against.

`cdnow.csv`: the one-in-ten sample of the CDNOW cohort of 1997 (2,357 customers), the data of Fader, Hardie and Lee
(2005), grouped from the transactions that the package `lifetimes` 0.11.3 (MIT) carries as CDNOW_sample.txt: repeat
purchases until 30 September 1997, days from the first purchase to the last and to that date, purchases in the 39
weeks after it, cents spent in the repeat purchases, customers. Purchases of one day are one.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from zhike.analytics.purchases import Purchases
from zhike.analytics.spend import Spending

Numbers = NDArray[np.float64]

WEEK = 7
REGULAR = (1000, 631, 468, 382, 326, 289, 262, 241)
HIGH_END = (1000, 869, 743, 653, 593, 551, 517, 491)


@dataclass(frozen=True)
class Cdnow:
    """The sample by row; times in days, money in cents."""

    repeats: Numbers
    recency: Numbers
    age: Numbers
    further: Numbers
    spent: Numbers
    customers: Numbers

    def purchases(self, unit: float = WEEK) -> Purchases:
        """The sufficient statistics in a unit of days."""
        return Purchases.of(self.repeats, self.recency / unit, self.age / unit, self.customers)

    def spending(self, unit: float = 100) -> Spending:
        """Mean spends in a unit of cents."""
        return Spending.of(self.repeats, self.spent / unit / np.maximum(self.repeats, 1), self.customers)


def cdnow() -> Cdnow:
    """Read the sample."""
    return Cdnow(*np.loadtxt(Path(__file__).with_name("cdnow.csv"), delimiter=",", skiprows=1).T)
