"""What a customer spends at a time: Gamma-Gamma (T-28, formula E.5).

Fader, Hardie and Lee, "RFM and CLV" (Journal of Marketing Research 42, 2005), and Fader and Hardie, "The
gamma-gamma model of monetary value" (2013). Each purchase is worth a gamma (p, ν) draw, ν spread over customers by a
gamma (q, v): few purchases are drawn toward the mean of all. It rests on how much not hanging together with how
often; `correlation` is reported with every fit.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import betaln, digamma

from zhike.analytics.likelihood import ModelFit, maximise, told
from zhike.analytics.purchases import LEAST_CUSTOMERS, CannotFit, Refusal, check_counted, column_of

Numbers = NDArray[np.float64]

MOST_CORRELATION = 0.3
"""Frequency and spend hang together too much from here on (formula E.5)."""

_NAMES = ("p", "q", "v")
_STARTS = ((1.0, 2.0, 1.0), (6.0, 4.0, 0.5), (0.5, 1.2, 1.0), (20.0, 20.0, 1.0))


@dataclass(frozen=True, slots=True)
class GammaGamma:
    """The three parameters; v is in the unit of money of the data."""

    p: float
    q: float
    v: float

    @property
    def mean(self) -> float:
        """What a customer of whom nothing is known spends at a time; infinite where q is 1 or less."""
        return self.p * self.v / (self.q - 1) if self.q > 1 else float("inf")

    def expected(self, repeats: ArrayLike, mean_spend: ArrayLike) -> Numbers:
        """Return E[M | x, m̄] of customers with x purchases of m̄ each on average; x = 0 gives the mean of all."""
        x, spend = np.broadcast_arrays(column_of(repeats), column_of(mean_spend))
        weight = self.p * x + self.q - 1
        with np.errstate(divide="ignore"):
            known = self.p * (self.v + x * spend) / np.where(weight > 0, weight, 0.0)
        return np.where(x > 0, known, self.mean)

    def log_likelihood(self, spending: Spending) -> float:
        """Return the log-likelihood of the customers' mean spends. It belongs to the unit of money."""
        x, spend = spending.repeats, spending.mean_spend
        px = self.p * x
        share = x * spend / (self.v + x * spend)
        each = -betaln(px, self.q) + px * np.log(share) + self.q * np.log1p(-share) - np.log(spend)
        return float(each @ spending.customers)


@dataclass(frozen=True, eq=False, slots=True)
class Spending:
    """Repeat buyers with their repeat purchases and mean spend at a time, checked. Build it with `of`."""

    repeats: Numbers
    mean_spend: Numbers
    customers: Numbers

    @classmethod
    def of(cls, repeats: ArrayLike, mean_spend: ArrayLike, customers: ArrayLike | None = None) -> Spending:
        """Check the rows; who never bought again is left out. Raises CannotFit."""
        x, spend = column_of(repeats), column_of(mean_spend)
        counts = np.ones(len(x)) if customers is None else column_of(customers)
        if not len(x) == len(spend) == len(counts):
            raise CannotFit(Refusal.LENGTHS_DIFFER)
        check_counted(x)
        check_counted(counts)
        if ((x % 1 != 0) | (counts % 1 != 0)).any():
            raise CannotFit(Refusal.NOT_WHOLE)
        is_used = (x > 0) & (counts > 0)
        x, spend, counts = x[is_used], spend[is_used], counts[is_used]
        if not np.isfinite(spend).all():
            raise CannotFit(Refusal.NOT_A_NUMBER)
        if (spend <= 0).any():
            raise CannotFit(Refusal.NOT_POSITIVE)
        return cls(x, spend, counts)

    @property
    def customer_count(self) -> int:
        """All repeat buyers."""
        return int(self.customers.sum())

    @property
    def correlation(self) -> float:
        """Pearson's correlation of purchases and mean spend; 0 where one of them does not vary."""
        if np.ptp(self.repeats) == 0 or np.ptp(self.mean_spend) == 0:
            return 0.0  # else rounding is correlated with itself
        share = self.customers / self.customers.sum()
        x, spend = self.repeats - share @ self.repeats, self.mean_spend - share @ self.mean_spend
        squares = (share @ x**2) * (share @ spend**2)
        return float(share @ (x * spend) / np.sqrt(squares)) if squares > 0 else 0.0

    @property
    def is_independent(self) -> bool:
        """Whether the model's condition holds: |correlation| below 0.3."""
        return abs(self.correlation) < MOST_CORRELATION


def fit(spending: Spending, *, least_customers: int = LEAST_CUSTOMERS) -> ModelFit[GammaGamma]:
    """Fit by maximum likelihood. Raises CannotFit. Money may be in any unit: only v changes with it."""
    if not spending.customer_count:
        raise CannotFit(Refusal.NO_REPEAT_BUYERS)
    if spending.customer_count < least_customers:
        raise CannotFit(Refusal.TOO_FEW_CUSTOMERS)
    if np.ptp(spending.mean_spend) == 0:
        raise CannotFit(Refusal.ALL_ALIKE)
    unit = float(spending.mean_spend @ spending.customers) / spending.customer_count
    found = maximise(_Misfit(spending, unit), _STARTS, spending.customer_count)
    p, q, v = (float(each) for each in np.exp(found.logs))
    model = GammaGamma(p, q, v * unit)
    counts = (spending.customer_count, len(spending.customers))
    return told(model, _NAMES, found, counts, log_units=spending.customer_count * np.log(unit))


class _Misfit:
    """Minus the mean log-likelihood and its gradient by the logarithms of p, q, v, in units of `unit`."""

    def __init__(self, spending: Spending, unit: float) -> None:
        self.x, self.total = spending.repeats, spending.repeats * spending.mean_spend / unit
        self.log_spend = np.log(spending.mean_spend / unit)
        self.share = spending.customers / spending.customers.sum()

    def __call__(self, logs: Numbers) -> tuple[float, Numbers]:
        p, q, v = np.exp(logs)
        px = p * self.x
        log_share = -np.log1p(v / self.total)
        log_rest = -np.log1p(self.total / v)
        each = -betaln(px, q) + px * log_share + q * log_rest - self.log_spend
        whole = digamma(px + q)
        slope = np.array([
            self.share @ (self.x * (whole - digamma(px) + log_share)),
            self.share @ (whole - digamma(q) + log_rest),
            self.share @ (-px / (v + self.total) + q * self.total / (v * (v + self.total))),
        ])  # fmt: skip
        return -float(self.share @ each), -slope * np.exp(logs)
