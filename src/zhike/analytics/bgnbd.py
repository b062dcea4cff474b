"""Customers who may stop after any purchase, each with an own rate and an own chance: BG/NBD (T-28, formula E.5).

Fader, Hardie and Lee, "'Counting your customers' the easy way" (Marketing Science 24, 2005). Purchases come at a
rate that a gamma (r, alpha) spreads over customers; after each, a customer stops with a chance that a beta (a, b)
spreads. One known weakness: who never bought again is alive for certain, so such customers are shown apart.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import betainc, betaln, digamma, expit, gammaln

from zhike.analytics.likelihood import ModelFit, fitted
from zhike.analytics.purchases import (
    LEAST_CUSTOMERS,
    Purchases,
    columns_of,
    packed,
    places_of,
)
from zhike.analytics.quadrature import beta_mean

Numbers = NDArray[np.float64]

_NAMES = ("r", "alpha", "a", "b")
_STOPPING = ((0.8, 2.5), (0.3, 5.0), (3.0, 12.0), (0.1, 0.3))  # starting points of (a, b)
_RATES = (0.3, 2.0)  # starting points of r
_BLOCK = 8_192  # rows at a time: they stay near the processor, and sums below 10,000 terms in one thread


@dataclass(frozen=True, slots=True)
class BetaGeometric:
    """The four parameters; alpha is in the unit of time of the data. All predictions take columns."""

    r: float
    alpha: float
    a: float
    b: float

    def log_likelihood(self, purchases: Purchases) -> float:
        """Return the log-likelihood of the customers. It belongs to the unit of time of their data."""
        x = purchases.repeats
        rising = gammaln(self.r + x) - gammaln(self.r) + self.r * np.log(self.alpha)
        stayed = betaln(self.a, self.b + x) - betaln(self.a, self.b)
        ended = self._ended(x, purchases.recency, purchases.age)
        each = rising + stayed - (self.r + x) * np.log(self.alpha + purchases.age) + np.logaddexp(0.0, ended)
        return float(each @ purchases.customers)

    def alive(self, repeats: ArrayLike, recency: ArrayLike, age: ArrayLike) -> Numbers:
        """Return the chance that a customer with this past has not stopped."""
        return np.asarray(expit(-self._ended(*columns_of(repeats, recency, age))))

    def expected(self, ahead: ArrayLike) -> Numbers:
        """Return E[X(t)]: purchases after the first of a new customer within times `ahead`."""
        (t,) = columns_of(ahead)
        return self._mean_while_alive(np.zeros_like(t), np.zeros_like(t), t)

    def expected_further(
        self, ahead: ArrayLike, repeats: ArrayLike, recency: ArrayLike, age: ArrayLike
    ) -> Numbers:
        """Return E[Y(t) | x, t_x, T]: purchases of a customer with this past within the time `ahead`."""
        t, x, last, watched = columns_of(ahead, repeats, recency, age)
        return self.alive(x, last, watched) * self.expected_if_alive(t, x, watched)

    def expected_if_alive(self, ahead: ArrayLike, repeats: ArrayLike, age: ArrayLike) -> Numbers:
        """Return the same of a customer known to be alive; it does not depend on when the last purchase was."""
        t, x, watched = columns_of(ahead, repeats, age)
        _, first, place = np.unique(packed((x, watched, t))[0], return_index=True, return_inverse=True)
        return np.asarray(self._mean_while_alive(x[first], watched[first], t[first])[place])

    def chance_to_buy(
        self, ahead: ArrayLike, repeats: ArrayLike, recency: ArrayLike, age: ArrayLike
    ) -> Numbers:
        """Return the chance that a customer with this past buys at all within the time `ahead`."""
        t, x, last, watched = columns_of(ahead, repeats, recency, age)
        silent = (self.r + x) * np.log1p(t / (self.alpha + watched))
        return self.alive(x, last, watched) * -np.expm1(-silent)

    def count_chances(self, most: int, ahead: float) -> Numbers:
        """Return P(X(t) = 0), ..., P(X(t) = most) of a new customer within the time `ahead`."""
        n = np.arange(most + 1, dtype=float)
        if ahead <= 0:
            return np.asarray((n == 0) * 1.0)
        share = ahead / (self.alpha + ahead)
        log_stayed = betaln(self.a, self.b + n) - betaln(self.a, self.b)
        log_count = gammaln(self.r + n) - gammaln(self.r) - gammaln(n + 1)
        chances = np.exp(log_stayed + log_count - self.r * np.log1p(ahead / self.alpha) + n * np.log(share))
        later = n[1:]
        log_ended = betaln(self.a + 1, self.b + later - 1) - betaln(self.a, self.b)
        chances[1:] += np.exp(log_ended) * betainc(later, self.r, share)
        return np.asarray(chances)

    def _ended(self, x: Numbers, last: Numbers, watched: Numbers) -> Numbers:
        """The logarithm of the odds that the last purchase was the end; none without a second one."""
        waited = (self.r + x) * np.log1p((watched - last) / (self.alpha + last))
        odds = np.log(self.a) - np.log(self.b + np.maximum(x, 1) - 1) + waited
        return np.where(x > 0, odds, -np.inf)

    def _mean_while_alive(self, x: Numbers, watched: Numbers, ahead: Numbers) -> Numbers:
        """Purchases within `ahead` of one who is alive: the mean of (1 - (1 + p·z)^-(r+x)) / p over the beta."""
        shape, z = self.r + x, ahead / (self.alpha + watched)

        def value(p: Numbers, rows: slice) -> Numbers:
            return -np.expm1(-shape[rows, None] * np.log1p(p * z[rows, None])) / p

        return beta_mean(value, np.full_like(x, self.a), self.b + x, (shape + 1) * z)


def fit(purchases: Purchases, *, least_customers: int = LEAST_CUSTOMERS) -> ModelFit[BetaGeometric]:
    """Fit by maximum likelihood. Raises CannotFit.

    Standard errors are those of the observed information. Time may be in any unit: only alpha changes with it.
    """
    return fitted(
        purchases, _Misfit, lambda r, alpha, a, b, unit: BetaGeometric(r, alpha * unit, a, b),
        names=_NAMES, rates=_RATES, stopping=_STOPPING, least_customers=least_customers,
    )  # fmt: skip


class _Misfit:
    """Minus the mean log-likelihood and its gradient by the logarithms of r, alpha, a, b, in units of `unit`.

    What depends on one of x, t_x, T alone is computed once for each value that occurs, and taken by its place.
    """

    def __init__(self, purchases: Purchases, unit: float) -> None:
        share = purchases.customers / purchases.customers.sum()
        at_count, self.counts = places_of(purchases.repeats)
        at_age, ages = places_of(purchases.age)
        self.by_count = np.bincount(at_count, share, len(self.counts))
        self.by_age = np.bincount(at_age, share, len(ages))
        self.times_by_age = np.bincount(at_age, share * purchases.repeats, len(ages))
        again = purchases.repeats > 0  # who never bought again cannot have stopped
        at_last, lasts = places_of(purchases.recency[again])
        self.ages, self.lasts = ages / unit, lasts / unit
        columns = (purchases.repeats[again], share[again], at_count[again], at_age[again], at_last)
        self.blocks = [
            tuple(column[start : start + _BLOCK] for column in columns)
            for start in range(0, len(at_last), _BLOCK)
        ]

    def __call__(self, logs: Numbers) -> tuple[float, Numbers]:
        r, alpha, a, b = np.exp(logs)
        log_age, log_last = np.log(alpha + self.ages), np.log(alpha + self.lasts)
        by_age, by_last = 1 / (alpha + self.ages), 1 / (alpha + self.lasts)
        chance = b + np.maximum(self.counts, 1) - 1
        log_odds = np.log(a / chance)
        bought = r * self.by_age + self.times_by_age
        value = -float(bought @ log_age)
        slope = np.array([-(self.by_age @ log_age), -(bought @ by_age), 0.0, 0.0])
        for x, share, at_count, at_age, at_last in self.blocks:
            waited = log_age[at_age] - log_last[at_last]
            shape = r + x
            odds = log_odds[at_count] + shape * waited
            small = np.exp(-np.abs(odds))
            gone = np.where(odds > 0, share, share * small) / (1 + small)  # chance to have stopped, weighed
            value += share @ (np.maximum(odds, 0) + np.log1p(small))
            faster = by_age[at_age] - by_last[at_last]
            by_b = -(gone @ (1 / chance[at_count]))
            slope += [gone @ waited, gone @ (shape * faster), gone.sum() / a, by_b]
        more, slopes = self._of_counts(r, alpha, a, b)
        return -float(value + more), -(slope + slopes) * np.exp(logs)

    def _of_counts(self, r: float, alpha: float, a: float, b: float) -> tuple[float, Numbers]:
        """The part that depends on x alone, with its gradient."""
        n, share = self.counts, self.by_count
        value = gammaln(r + n) - gammaln(r) + r * np.log(alpha) + betaln(a, b + n) - betaln(a, b)
        whole = digamma(a + b + n) - digamma(a + b)
        slopes = [
            share @ (digamma(r + n) - digamma(r)) + np.log(alpha),
            r / alpha,
            -(share @ whole),
            share @ (digamma(b + n) - digamma(b) - whole),
        ]
        return float(share @ value), np.array(slopes)
