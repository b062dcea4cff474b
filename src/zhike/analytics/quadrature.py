"""Means and integrals that the models of repeat buying need, in sums of positive terms.

The published formulae hold Gauss hypergeometric functions, whose differences cancel and whose terms overflow
where a customer has bought hundreds of times. Each of them is the mean of something smooth over a gamma or beta
distribution; the trapezoid rule on the right scale gives such means to about twelve digits everywhere.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import betaln, digamma, expit, log_expit, polygamma

Numbers = NDArray[np.float64]

_LOG_TAIL = -41.5  # what lies beyond the ends weighs less than e^-41.5
_STEP = 0.3  # of the logit: the rule's error is e^(-2π·(π/2)/step)
_STEP_DEVIATIONS = 0.4  # or of the deviation, where the distribution is narrower
_LEAST_CHANCE = 1e-200  # below it every mean asked for is constant, and nothing may divide by nought
_CELLS = 4_000_000  # of one block of rows × nodes

LEGENDRE_NODES, LEGENDRE_WEIGHTS = np.polynomial.legendre.leggauss(32)


def beta_mean(
    value: Callable[[Numbers, slice], Numbers], a: ArrayLike, b: ArrayLike, steepness: ArrayLike
) -> Numbers:
    """Return the mean of `value` over Beta(a, b), row by row; a, b and steepness are columns of equal length.

    `value(p, rows)` is given nodes (rows × nodes) of those rows, and must be positive and smooth in 0 < p < 1. Within
    ε of either end it changes by less than about ε · `steepness` of itself: the ends are summed to infinity from there.
    """
    columns = (np.asarray(each, dtype=float) for each in (a, b, steepness))
    a, b, steepness = np.broadcast_arrays(*columns)
    low, high, step = _span(a, b, steepness)
    nodes = int(np.ceil(((high - low) / step).max(initial=1.0))) + 1
    result = np.empty(len(a))
    block = max(1, _CELLS // nodes)
    places = np.linspace(0.0, 1.0, nodes)
    for start in range(0, len(a), block):
        rows = slice(start, start + block)
        width = (high - low)[rows]
        logit = low[rows, None] + width[:, None] * places
        log_weight = a[rows, None] * log_expit(logit) + b[rows, None] * log_expit(-logit)
        weight = np.exp(log_weight - log_weight.max(axis=1, keepdims=True))
        # Beyond the ends the terms fall by e^(-a·step) and e^(-b·step) a node: geometric series.
        weight[:, 0] /= -np.expm1(-a[rows] * width / (nodes - 1))
        weight[:, -1] /= -np.expm1(-b[rows] * width / (nodes - 1))
        found = value(np.maximum(expit(logit), _LEAST_CHANCE), rows)
        result[rows] = (weight * found).sum(axis=1) / weight.sum(axis=1)
    return result


def _span(a: Numbers, b: Numbers, steepness: Numbers) -> tuple[Numbers, Numbers, Numbers]:
    """Where the logit of a beta has to be looked at, and a step that is fine enough for it."""
    middle = digamma(a) - digamma(b)
    deviation = np.sqrt(polygamma(1, a) + polygamma(1, b))
    log_beta = betaln(a, b)

    def end(shape: Numbers, other: Numbers) -> Numbers:
        """How far an end reaches: until nothing lies beyond, or nothing changes any more."""
        nothing_beyond = -(_LOG_TAIL + np.log(shape) + log_beta) / shape
        return np.asarray(np.minimum(nothing_beyond, np.log(other + steepness + 1.0) - _LOG_TAIL))

    low = np.maximum(-end(a, b), middle - (12 + 40 / np.sqrt(a)) * deviation)
    high = np.minimum(end(b, a), middle + (12 + 40 / np.sqrt(b)) * deviation)
    return low, high, np.minimum(_STEP, _STEP_DEVIATIONS * deviation)


def exponential_mean(rate: float, half: ArrayLike, shape: ArrayLike) -> Numbers:
    """Return ∫ e^(-rate·t) · (half / (half + t))^shape dt over t > 0: a lifetime that fades, discounted.

    `rate` is positive. By parts of the logarithm of t, from which both factors are smooth.
    """
    half, shape = np.broadcast_arrays(np.asarray(half, dtype=float), np.asarray(shape, dtype=float))
    high = np.log(-_LOG_TAIL / rate)
    low = min(np.log(1 / rate), float(np.log(half / np.maximum(shape, 1.0)).min(initial=0.0))) + _LOG_TAIL
    nodes = np.exp(np.linspace(low, high, int(np.ceil((high - low) / 0.2)) + 1))
    step = np.log(nodes[1] / nodes[0])
    fading = -shape[:, None] * np.log1p(nodes / half[:, None]) - rate * nodes
    return np.asarray((np.exp(fading) * nodes).sum(axis=1) * step)
