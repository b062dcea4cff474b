"""How well scores told who would be concerned: ranking, lift, error of the chances, and calibration (formula E.8).

Scores are judged against outcomes of 0 and 1 that were not known when they were made. Equal scores are never put in
an order: what falls within them is shared out evenly.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import rankdata

from zhike.analytics import logistic
from zhike.analytics.difference import Difference
from zhike.analytics.logistic import Numbers

TENTHS = tuple(tenth / 10 for tenth in range(1, 11))
_Z95 = 1.959963984540054


@dataclass(frozen=True, slots=True)
class Bin:
    """Customers of neighbouring scores: how many, the mean chance foretold, and the share that came true with its
    interval of 95 % (Wilson)."""

    count: int
    foretold: float
    observed: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Gain:
    """Of the `share` of customers with the highest scores: the part of all cases among them, and the lift."""

    share: float
    captured: float

    @property
    def lift(self) -> float:
        """How many times as many cases as among as many customers taken at random."""
        return self.captured / self.share


def auc(scores: ArrayLike, outcomes: ArrayLike) -> float:
    """Return the chance that a case scores above one that is none; equal scores count half. Raises CannotLearn."""
    known = logistic.demand_classes(outcomes) == 1
    ranks = rankdata(np.asarray(scores, dtype=float))
    cases, others = int(known.sum()), int((~known).sum())
    return float((ranks[known].sum() - cases * (cases + 1) / 2) / (cases * others))


def auc_difference(scores: ArrayLike, beside: ArrayLike, outcomes: ArrayLike) -> Difference:
    """Return AUC(scores) − AUC(beside), paired (DeLong, DeLong and Clarke-Pearson, 1988). Raises CannotLearn."""
    known = logistic.demand_classes(outcomes) == 1
    placed = [_placements(np.asarray(each, dtype=float), known) for each in (scores, beside)]
    of_cases, of_others = placed[0][0] - placed[1][0], placed[0][1] - placed[1][1]
    value = float(of_cases.mean())
    variance = sum(float(each.var(ddof=1)) / len(each) for each in (of_cases, of_others) if len(each) > 1)
    width = _Z95 * float(np.sqrt(variance))
    return Difference(value, value - width, value + width)


def brier(chances: ArrayLike, outcomes: ArrayLike) -> float:
    """Return the mean squared error of the chances (Brier, 1950)."""
    return float(np.mean((np.asarray(chances, dtype=float) - np.asarray(outcomes, dtype=float)) ** 2))


def gains(scores: ArrayLike, outcomes: ArrayLike, shares: Sequence[float] = TENTHS) -> tuple[Gain, ...]:
    """Return for each share of the customers, highest scores first, what part of the cases is among them."""
    known = logistic.demand_classes(outcomes)
    values = np.asarray(scores, dtype=float)
    _, group, sizes = np.unique(-values, return_inverse=True, return_counts=True)
    cases = np.bincount(group, weights=known)
    taken = np.concatenate([[0], np.cumsum(sizes)])
    found = np.concatenate([[0], np.cumsum(cases)])
    return tuple(
        Gain(share, float(np.interp(share * len(known), taken, found) / found[-1])) for share in shares
    )


def reliability(chances: ArrayLike, outcomes: ArrayLike, count: int = 10) -> tuple[Bin, ...]:
    """Return classes of about as many customers each, from the lowest chance to the highest. Equal chances stay
    together, so there may be fewer."""
    foretold, known = np.asarray(chances, dtype=float), np.asarray(outcomes, dtype=float)
    edges = np.unique(np.quantile(foretold, np.linspace(0, 1, count + 1)[1:-1], method="inverted_cdf"))
    place = np.searchsorted(edges, foretold, side="left")
    bins = []
    for at in np.unique(place):
        inside: NDArray[np.bool_] = place == at
        size, cases = int(inside.sum()), float(known[inside].sum())
        low, high = wilson(cases, size)
        bins.append(Bin(size, float(foretold[inside].mean()), cases / size, low, high))
    return tuple(bins)


def wilson(cases: float, size: int) -> tuple[float, float]:
    """Return the interval of 95 % of a share (Wilson, 1927; formula E.4)."""
    share, square = cases / size, _Z95**2
    middle = (share + square / (2 * size)) / (1 + square / size)
    half = _Z95 / (1 + square / size) * np.sqrt(share * (1 - share) / size + square / (4 * size**2))
    return (float(middle - half) if cases else 0.0), (float(middle + half) if cases < size else 1.0)


def calibration(chances: ArrayLike, outcomes: ArrayLike) -> tuple[float, float] | None:
    """Return intercept and slope of the outcomes by the foretold log-odds (Cox, 1958): 0 and 1 where the chances are
    right; None where they do not differ, or tell the outcomes without error."""
    foretold = np.clip(np.asarray(chances, dtype=float), 1e-12, 1 - 1e-12)
    margins = np.log(foretold / (1 - foretold))
    if np.ptp(margins) == 0:
        return None
    try:
        line = logistic.fit(margins[:, None], outcomes)
    except logistic.CannotLearn:
        return None
    return line.intercept, line.weights[0]


def _placements(scores: Numbers, known: NDArray[np.bool_]) -> tuple[Numbers, Numbers]:
    """For each case the share of others below it, and for each other the share of cases above it."""
    cases, others = scores[known], scores[~known]
    whole = rankdata(scores)
    of_cases = (whole[known] - rankdata(cases)) / len(others)
    of_others = 1 - (whole[~known] - rankdata(others)) / len(cases)
    return of_cases, of_others
