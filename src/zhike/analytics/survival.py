"""How long customers stay, and what a yearly margin is worth over that time (formula E.5).

Retention is the shifted-beta-geometric model of Fader and Hardie, "How to project customer retention"
(Journal of Interactive Marketing 21, 2007): each customer leaves at the end of a year with his or her own
constant chance, and the chances are spread over customers by a beta distribution. SciPy has no fit of it;
the likelihood here is written for customers who joined in different years, by age at risk.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from zhike.analytics.quadrature import beta_mean

_LOG_BOUND = 9.0  # alpha and beta between e^-9 and e^9: beyond, all customers are alike and nothing changes


class Source(StrEnum):
    """Whose losses a fit rests on."""

    OWN = "OWN"  # of this business type
    POOLED = "POOLED"  # of the whole bank: this type has lost too few
    STATED = "STATED"  # of nobody here: the scheme's stated numbers


@dataclass(frozen=True, slots=True)
class Fit:
    """A fitted sBG with what it rests on: customer-years at risk and customers lost."""

    business_type: str
    alpha: float
    beta: float
    source: Source
    at_risk: int
    lost: int


@dataclass(frozen=True, slots=True)
class Ages:
    """Customers at risk and lost by age: index 0 is the first year with the bank."""

    at_risk: tuple[int, ...]
    lost: tuple[int, ...]

    @classmethod
    def of_series(cls, survivors: Sequence[int]) -> Ages:
        """Build from one cohort's survivors at age 0, 1, 2, ... as published series give them."""
        return cls(tuple(survivors[:-1]), tuple(a - b for a, b in pairwise(survivors)))

    @classmethod
    def of_counts(cls, counts: Iterable[tuple[int, int | None, int]]) -> Ages:
        """Build from (whole years since opening, whole years stayed or None if still here, customers).

        A year counts only when all of it has passed: who left within an unfinished year is not counted
        there, because who stays in it cannot be yet.
        """
        at_risk: dict[int, int] = {}
        lost: dict[int, int] = {}
        for years, stayed, customers in counts:
            for age in range(years if stayed is None else min(years, stayed + 1)):
                at_risk[age] = at_risk.get(age, 0) + customers
                lost[age] = lost.get(age, 0) + (customers if age == stayed else 0)
        ages = range(max(at_risk, default=-1) + 1)
        return cls(tuple(at_risk.get(a, 0) for a in ages), tuple(lost.get(a, 0) for a in ages))


def fit_sbg(ages: Ages) -> tuple[float, float]:
    """Return the maximum-likelihood (alpha, beta). Raises ValueError when nobody was lost.

    The chance to leave in year t after staying t - 1 is alpha / (alpha + beta + t - 1).
    """
    lost = np.asarray(ages.lost, dtype=float)
    kept = np.asarray(ages.at_risk, dtype=float) - lost
    if not lost.sum():
        raise ValueError("nobody was lost, so there is no retention to fit")
    age = np.arange(len(lost), dtype=float)

    def misfit(logs: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        alpha, beta = np.exp(logs)
        whole = alpha + beta + age
        likelihood = lost @ np.log(alpha / whole) + kept @ np.log((beta + age) / whole)
        shared = (lost + kept) / whole
        by_alpha = lost.sum() / alpha - shared.sum()
        by_beta = (kept / (beta + age)).sum() - shared.sum()
        return -float(likelihood), -np.array([by_alpha * alpha, by_beta * beta])

    bounds = [(-_LOG_BOUND, _LOG_BOUND)] * 2
    options = {"ftol": 1e-15, "gtol": 1e-9, "maxiter": 1000}
    found = minimize(misfit, np.zeros(2), jac=True, method="L-BFGS-B", bounds=bounds, options=options)
    alpha, beta = np.exp(found.x)
    return float(alpha), float(beta)


def fit_by_type(
    counts: Mapping[str, Sequence[tuple[int, int | None, int]]],
    *,
    least_losses: int,
    stated: tuple[float, float],
) -> tuple[Fit, ...]:
    """Fit each business type on its own losses, else on the bank's, else take the stated numbers.

    `counts` are the rows of `Ages.of_counts` by business type; fewer than `least_losses` is too thin.
    """
    whole_bank = Ages.of_counts(row for name in sorted(counts) for row in counts[name])
    fits = []
    for business_type in sorted(counts):
        own = Ages.of_counts(counts[business_type])
        if sum(own.lost) >= least_losses:
            source, ages = Source.OWN, own
        elif sum(whole_bank.lost) >= least_losses:
            source, ages = Source.POOLED, whole_bank
        else:
            source, ages = Source.STATED, own
        alpha, beta = stated if source is Source.STATED else fit_sbg(ages)
        fits.append(Fit(business_type, alpha, beta, source, sum(ages.at_risk), sum(ages.lost)))
    return tuple(fits)


def survival(alpha: float, beta: float, years: int, *, age: int = 0) -> list[float]:
    """Return the chances to be here 1, 2, ... `years` years on, for one who has stayed `age` years."""
    chance = 1.0
    curve = []
    for year in range(age, age + years):
        chance *= (beta + year) / (alpha + beta + year)
        curve.append(chance)
    return curve


def multiplier(alpha: float, beta: float, *, age: int, horizon_years: int, discount: float) -> float:
    """Return what one unit of margin a year is worth now: Σ S(t | age) / (1 + discount)^t, t = 1..horizon.

    The first margin comes after one year. Contractual lifetime value is margin times this.
    """
    chances = survival(alpha, beta, horizon_years, age=age)
    return math.fsum(chance / (1 + discount) ** year for year, chance in enumerate(chances, start=1))


class Payment(StrEnum):
    """When the margins of a customer who is here come in."""

    AFTER = "AFTER"  # the first after a year, from who stayed it: Σ S(t) / (1 + d)^t, t = 1, 2, ...
    NOW = "NOW"  # the first at once, with certainty: t = 0, 1, ... (DEL)
    RENEWAL = "RENEWAL"  # the first at once, from who renews now: t = 1, 2, ... discounted from t = 1 (DERL)


def endless_multiplier(
    alpha: float, beta: float, *, age: int = 0, discount: float, payment: Payment = Payment.AFTER
) -> float:
    """Return what one unit of margin a year is worth now, without a horizon (sBG; `discount` above nought).

    The discounted expected (residual) lifetime of Fader and Hardie, "Customer-base valuation in a contractual
    setting" (Marketing Science 29, 2010). Who has stayed `age` years leaves each year with a chance θ that is
    Beta(alpha, beta + age), and is worth (1 - θ) / (discount + θ): the mean of that over θ.
    """
    if not discount > 0:
        raise ValueError("an endless value needs a discount above nought")
    if payment is Payment.NOW:
        mean = beta_mean(lambda chance, _: 1 / (discount + chance), [alpha], [beta + age], [1 / discount])
    else:
        mean = beta_mean(
            lambda chance, _: (1 - chance) / (discount + chance), [alpha], [beta + age], [1 / discount]
        )
    return float(mean[0]) * (1.0 if payment is Payment.AFTER else 1 + discount)


def constant_multiplier(
    retention: float,
    discount: float,
    *,
    horizon_years: int | None = None,
    payment: Payment = Payment.AFTER,
) -> float:
    """Return the same where everybody stays a year with one chance: r / (1 + d - r) for ever (formula E.5).

    With NOW it is (1 + d) / (1 + d - r). Raises ValueError for a retention outside 0 to 1, a discount of -1 or
    less, and an endless sum that has no end: r ≥ 1 + d.
    """
    if not 0 <= retention <= 1 or not discount > -1:
        raise ValueError("retention lies from 0 to 1, the discount above -1")
    step = retention / (1 + discount)
    if horizon_years is None:
        if step >= 1:
            raise ValueError("with this retention and discount the sum has no end")
        whole = step / (1 - step)
    else:
        whole = math.fsum(step**year for year in range(1, horizon_years + 1))
    if payment is Payment.RENEWAL:
        return whole * (1 + discount)
    if payment is Payment.NOW:
        return whole + 1 if horizon_years is None else whole + 1 - step**horizon_years
    return whole
