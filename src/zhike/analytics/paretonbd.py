"""Customers who may stop at any time, each with an own rate of buying and of stopping: Pareto/NBD (T-28).

Schmittlein, Morrison and Colombo, "Counting your customers" (Management Science 33, 1987). Purchases come at a rate
spread by a gamma (r, alpha), the end at a rate spread by a gamma (s, beta). The likelihood is written as the chance
to be alive plus the integral over the time of the end, both positive: nothing cancels, and alpha and beta may lie in
either order. Discounted values follow Fader, Hardie and Lee, "RFM and CLV" (Journal of Marketing Research 42, 2005).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import digamma, exprel, gammaln

from zhike.analytics.likelihood import ModelFit, fitted
from zhike.analytics.purchases import LEAST_CUSTOMERS, Purchases, columns_of
from zhike.analytics.quadrature import LEGENDRE_NODES, LEGENDRE_WEIGHTS, exponential_mean

Numbers = NDArray[np.float64]

_NAMES = ("r", "alpha", "s", "beta")
_STOPPING = ((0.6, 0.6), (0.5, 5.0), (2.0, 1.0))  # starting points of (s, beta), beta by the mean age
_RATES = (0.4, 2.0)  # starting points of r
_LOG_TAIL = 40.0  # the integral ends where its integrand has fallen by e^-40
_TAIL_STEPS = 8
_BLOCK = 65_536  # rows at a time
_PANELS = 16  # of the integral of a chance of a count, whose peak may be narrow


@dataclass(frozen=True, slots=True)
class ParetoGamma:
    """The four parameters; alpha and beta are in the unit of time of the data. All predictions take columns."""

    r: float
    alpha: float
    s: float
    beta: float

    def log_likelihood(self, purchases: Purchases) -> float:
        """Return the log-likelihood of the customers. It belongs to the unit of time of their data."""
        x = purchases.repeats
        log_alive, log_gone = self._ends(x, purchases.recency, purchases.age)
        constant = self.r * np.log(self.alpha) + self.s * np.log(self.beta)
        each = gammaln(self.r + x) - gammaln(self.r) + constant + np.logaddexp(log_alive, log_gone)
        return float(each @ purchases.customers)

    def alive(self, repeats: ArrayLike, recency: ArrayLike, age: ArrayLike) -> Numbers:
        """Return the chance that a customer with this past has not stopped."""
        log_alive, log_gone = self._ends(*columns_of(repeats, recency, age))
        return np.asarray(np.exp(log_alive - np.logaddexp(log_alive, log_gone)))

    def expected(self, ahead: ArrayLike) -> Numbers:
        """Return E[X(t)]: purchases after the first of a new customer within times `ahead`."""
        (t,) = columns_of(ahead)
        return self.r / self.alpha * self._life_within(self.beta, t)

    def expected_further(
        self, ahead: ArrayLike, repeats: ArrayLike, recency: ArrayLike, age: ArrayLike
    ) -> Numbers:
        """Return E[Y(t) | x, t_x, T]: purchases of a customer with this past within the time `ahead`."""
        t, x, last, watched = columns_of(ahead, repeats, recency, age)
        return self.alive(x, last, watched) * self.expected_if_alive(t, x, watched)

    def expected_if_alive(self, ahead: ArrayLike, repeats: ArrayLike, age: ArrayLike) -> Numbers:
        """Return the same of a customer known to be alive; it does not depend on when the last purchase was."""
        t, x, watched = columns_of(ahead, repeats, age)
        return (self.r + x) / (self.alpha + watched) * self._life_within(self.beta + watched, t)

    def discounted_further(
        self, discount: float, repeats: ArrayLike, recency: ArrayLike, age: ArrayLike
    ) -> Numbers:
        """Return DERT: all purchases still to come, each worth e^(-discount·t) of one today; no horizon.

        `discount` is the continuous rate by the unit of time, above nought: log(1 + yearly rate) / units a year.
        """
        x, last, watched = columns_of(repeats, recency, age)
        rate = (self.r + x) / (self.alpha + watched)
        life = exponential_mean(discount, self.beta + watched, self.s)
        return self.alive(x, last, watched) * rate * life

    def chance_to_buy(
        self, ahead: ArrayLike, repeats: ArrayLike, recency: ArrayLike, age: ArrayLike
    ) -> Numbers:
        """Return the chance that a customer with this past buys at all within the time `ahead`."""
        t, x, last, watched = columns_of(ahead, repeats, recency, age)
        log_now = -(self.r + x) * np.log(self.alpha + watched) - self.s * np.log(self.beta + watched)
        log_silent = np.logaddexp(*self._ends(x, watched, watched + t)) - log_now
        return self.alive(x, last, watched) * -np.expm1(np.minimum(log_silent, 0.0))

    def count_chances(self, most: int, ahead: float) -> Numbers:
        """Return P(X(t) = 0), ..., P(X(t) = most) of a new customer within the time `ahead`."""
        n = np.arange(most + 1, dtype=float)
        if ahead <= 0:
            return np.asarray((n == 0) * 1.0)
        edges = np.linspace(0.0, 1.0, _PANELS + 1)
        places = (edges[:-1, None] + (LEGENDRE_NODES + 1) / 2 / _PANELS).ravel()
        weights = np.tile(LEGENDRE_WEIGHTS / 2 / _PANELS, _PANELS)
        # Over log(1 + t/m) with m the quicker of the two scales, as in the likelihood.
        scale = min(self.alpha, self.beta)
        width = np.log1p(ahead / scale)
        times = scale * np.expm1(places * width)
        log_ended = np.log(self.s) - np.log(self.beta) - (self.s + 1) * np.log1p(times / self.beta)
        density = np.exp(log_ended) * weights * width * (scale + times)
        staying = np.exp(-self.s * np.log1p(ahead / self.beta))
        times, density = np.append(times, ahead), np.append(density, staying)
        counting = gammaln(self.r + n) - gammaln(self.r) - gammaln(n + 1)
        log_chances = (
            counting[:, None]
            - self.r * np.log1p(times / self.alpha)
            + n[:, None] * np.log(times / (self.alpha + times))
        )
        return np.asarray(np.exp(log_chances) @ density)

    def _life_within(self, half: Numbers | float, ahead: Numbers) -> Numbers:
        """The time within `ahead` that one who is alive stays: ∫ (half / (half + t))^s dt, also at s = 1."""
        waited = np.log1p(ahead / half)
        return np.asarray(half * waited * exprel(-(self.s - 1) * waited))

    def _ends(self, x: Numbers, last: Numbers, watched: Numbers) -> tuple[Numbers, Numbers]:
        """Logarithms of being alive and of having stopped since the last purchase, but for a shared factor."""
        log_alive = -(self.r + x) * np.log(self.alpha + watched) - self.s * np.log(self.beta + watched)
        log_gone = np.concatenate(
            [
                _gone(self, x[start : start + _BLOCK], last[start : start + _BLOCK], watched[start : start + _BLOCK])[0]
                for start in range(0, len(x), _BLOCK)
            ]
            or [np.empty(0)]
        )  # fmt: skip
        return log_alive, log_gone


def fit(purchases: Purchases, *, least_customers: int = LEAST_CUSTOMERS) -> ModelFit[ParetoGamma]:
    """Fit by maximum likelihood. Raises CannotFit.

    Standard errors are those of the observed information. Time may be in any unit: only alpha and beta change.
    """
    return fitted(
        purchases, _Misfit, lambda r, alpha, s, beta, unit: ParetoGamma(r, alpha * unit, s, beta * unit),
        names=_NAMES, rates=_RATES, stopping=_STOPPING, least_customers=least_customers,
    )  # fmt: skip


class _Misfit:
    """Minus the mean log-likelihood and its gradient by the logarithms of r, alpha, s, beta, in units of `unit`."""

    def __init__(self, purchases: Purchases, unit: float) -> None:
        self.x, self.last, self.watched = purchases.repeats, purchases.recency / unit, purchases.age / unit
        self.share = purchases.customers / purchases.customers.sum()
        self.counts, place = np.unique(self.x, return_inverse=True)
        self.by_count = np.bincount(place, weights=self.share)

    def __call__(self, logs: Numbers) -> tuple[float, Numbers]:
        model = ParetoGamma(*(float(each) for each in np.exp(logs)))
        value, slope = 0.0, np.zeros(4)
        for start in range(0, len(self.x), _BLOCK):
            more, slopes = self._of_rows(model, slice(start, start + _BLOCK))
            value, slope = value + more, slope + slopes
        n, share = self.counts, self.by_count
        value += float(share @ (gammaln(model.r + n) - gammaln(model.r)))
        value += model.r * logs[1] + model.s * logs[3]
        slope += [
            share @ (digamma(model.r + n) - digamma(model.r)) + logs[1],
            model.r / model.alpha,
            logs[3],
            model.s / model.beta,
        ]
        return -value, -slope * np.exp(logs)

    def _of_rows(self, model: ParetoGamma, rows: slice) -> tuple[float, Numbers]:
        """Value and gradient of what is not constant, over some rows."""
        x, last, watched, share = self.x[rows], self.last[rows], self.watched[rows], self.share[rows]
        log_buying, log_living = np.log(model.alpha + watched), np.log(model.beta + watched)
        log_alive = -(model.r + x) * log_buying - model.s * log_living
        log_gone, by_gone = _gone(model, x, last, watched)
        whole = np.logaddexp(log_alive, log_gone)
        alive, gone = share * np.exp(log_alive - whole), share * np.exp(log_gone - whole)
        slope = np.array([
            -(alive @ log_buying),
            -(alive @ ((model.r + x) / (model.alpha + watched))),
            -(alive @ log_living),
            -(alive @ (model.s / (model.beta + watched))),
        ])  # fmt: skip
        return float(share @ whole), slope + by_gone @ gone


def _gone(model: ParetoGamma, x: Numbers, last: Numbers, watched: Numbers) -> tuple[Numbers, Numbers]:
    """log of s·∫ (alpha + t)^-(r+x) (beta + t)^-(s+1) dt from the last purchase to the end, and its gradient.

    Over w = log(m + t), m the smaller of alpha and beta, the logarithm of the integrand is concave and smooth;
    Gauss-Legendre on the part that counts.
    """
    scale = min(model.alpha, model.beta)
    start = scale + last
    width = _width(model, x, last, np.log1p((watched - last) / start))
    ahead = start[:, None] * np.expm1(
        (LEGENDRE_NODES + 1) / 2 * width[:, None]
    )  # time since the last purchase
    buying, living = model.alpha + last[:, None] + ahead, model.beta + last[:, None] + ahead
    log_buying, log_living = np.log(buying), np.log(living)
    power = (model.r + x)[:, None]
    log_part = np.log(start[:, None] + ahead) - power * log_buying - (model.s + 1) * log_living
    peak = log_part.max(axis=1, keepdims=True)
    part = np.exp(log_part - peak) * LEGENDRE_WEIGHTS
    whole = part.sum(axis=1)
    with np.errstate(divide="ignore"):  # who bought on the last day cannot have stopped since: log 0
        log_gone = np.log(model.s * width / 2 * whole) + peak[:, 0]
    part /= whole[:, None]
    slope = np.stack([
        -(part * log_buying).sum(axis=1),
        -(part * power / buying).sum(axis=1),
        1 / model.s - (part * log_living).sum(axis=1),
        -(part * (model.s + 1) / living).sum(axis=1),
    ])  # fmt: skip
    return log_gone, slope


def _width(model: ParetoGamma, x: Numbers, last: Numbers, widest: Numbers) -> Numbers:
    """How far the integrand counts, in w: to the end, or to where it has fallen by e^-40.

    Newton's steps on a concave function come from the right and never pass the place.
    """
    scale = min(model.alpha, model.beta)
    start, power, width = scale + last, model.r + x, widest
    for _ in range(_TAIL_STEPS):
        ahead = start * np.expm1(width)
        buying, living = model.alpha + last, model.beta + last
        fallen = width - power * np.log1p(ahead / buying) - (model.s + 1) * np.log1p(ahead / living)
        slope = (
            1
            - power * (start + ahead) / (buying + ahead)
            - (model.s + 1) * (start + ahead) / (living + ahead)
        )
        is_beyond = fallen < -_LOG_TAIL
        if not is_beyond.any():
            break
        width = np.where(is_beyond, width - (fallen + _LOG_TAIL) / np.where(is_beyond, slope, 1.0), width)
    return np.minimum(np.maximum(width, 0.0), widest)
