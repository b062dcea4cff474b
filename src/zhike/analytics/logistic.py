"""Logistic regression with a ridge penalty, by iteratively reweighted least squares, the signs of weights held.

Maximises Σ y·η − log(1 + e^η) − ridge/2 · Σ w², η = intercept + Σ w·x; the intercept is not penalised (le Cessie and
van Houwelingen, "Ridge estimators in logistic regression", 1992). With a ridge above nought the maximum is finite and
one, also where the classes can be told apart without error.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import linprog

Numbers = NDArray[np.float64]

_MOST_STEPS = 100
_MOST_HALVINGS = 40
_LEAST_GAIN = 1e-12  # of the penalised log-likelihood, relative
_ALIKE = 1e12  # condition from which inputs say the same and their single weights cannot be told
_SPEAKS = 1e-9  # of the mean over the cases
_FAR = 12.0  # of η: where no finite maximum exists the search ends further out


class Refusal(StrEnum):
    """Why nothing can be learnt."""

    NOBODY = "NOBODY"
    ONE_CLASS = "ONE_CLASS"
    SEPARATED = "SEPARATED"
    TOO_FEW_CASES = "TOO_FEW_CASES"
    TOO_SHORT = "TOO_SHORT"
    NO_INPUT = "NO_INPUT"


class CannotLearn(ValueError):
    """`code` says why; `count` is what there was of it."""

    def __init__(self, code: Refusal, count: int = 0) -> None:
        super().__init__(f"{code} ({count})")
        self.code = code
        self.count = count


@dataclass(frozen=True, slots=True)
class Logistic:
    """A fitted model. `errors` are standard errors, intercept first, from the penalised information; a weight that
    its sign holds at nought has none."""

    intercept: float
    weights: tuple[float, ...]
    errors: tuple[float | None, ...]
    log_likelihood: float
    null_log_likelihood: float
    is_converged: bool

    def margins(self, inputs: ArrayLike) -> Numbers:
        """Return η, the log of the odds, of each row."""
        return np.asarray(self.intercept + np.asarray(inputs, dtype=float) @ np.array(self.weights))

    def chances(self, inputs: ArrayLike) -> Numbers:
        """Return the chance of the outcome of each row."""
        return chance(self.margins(inputs))


def chance(margins: ArrayLike) -> Numbers:
    """Return 1 / (1 + e^−η) without overflow."""
    eta = np.asarray(margins, dtype=float)
    return np.asarray(np.exp(-np.logaddexp(0, -eta)))


def log_likelihood(margins: Numbers, outcomes: Numbers) -> float:
    """Return Σ y·η − log(1 + e^η)."""
    return float(np.sum(outcomes * margins - np.logaddexp(0, margins)))


def demand_classes(outcomes: ArrayLike) -> Numbers:
    """Return outcomes as numbers. Raises CannotLearn without a row, or where all are alike; ValueError for others
    than 0 and 1."""
    known = np.asarray(outcomes, dtype=float)
    if known.size == 0:
        raise CannotLearn(Refusal.NOBODY)
    if not np.isin(known, (0, 1)).all():
        raise ValueError("an outcome is 0 or 1")
    if known.min() == known.max():
        raise CannotLearn(Refusal.ONE_CLASS, int(known.sum()))
    return known


def fit(
    inputs: ArrayLike, outcomes: ArrayLike, *, ridge: float = 0.0, signs: Sequence[int] | None = None
) -> Logistic:
    """Fit. `inputs` has a row a case and a column an input; `signs` holds a weight at or above nought (1), at or below
    (−1), or nowhere (0).

    Raises CannotLearn without cases or with cases of one class, and, without a ridge, where no finite maximum exists.
    """
    known = demand_classes(outcomes)
    rows = np.asarray(inputs, dtype=float).reshape(len(known), -1)
    if not np.isfinite(rows).all() or ridge < 0:
        raise ValueError("inputs are finite, a ridge is not below nought")
    held = np.zeros(rows.shape[1]) if signs is None else np.asarray(signs, dtype=float)
    # The search goes in units of each input's largest value: what it finds must not depend on the unit of an input.
    units = np.abs(rows).max(axis=0, initial=0.0)
    units[units == 0] = 1.0
    rows, penalty = rows / units, np.concatenate([[0.0], ridge / units**2])
    design = np.column_stack([np.ones(len(known)), rows])
    free = np.ones(rows.shape[1], dtype=bool)
    beta, is_converged = _ascend(design, known, penalty, free)
    for _round in range(2 * rows.shape[1]):  # each round holds or frees one weight; the problem is concave
        wrong = free & (held * beta[1:] < 0)
        if wrong.any():
            free[np.argmax(np.where(wrong, -held * beta[1:], -np.inf))] = False
        else:
            pull = held * (rows.T @ (known - chance(design @ beta)))
            if not (~free & (pull > _slack(known))).any():
                break
            free[np.argmax(np.where(free, -np.inf, pull))] = True
        beta, is_converged = _ascend(design, known, penalty, free)
    beta[1:][held * beta[1:] < 0] = 0.0
    base = float(known.mean())
    return Logistic(
        intercept=float(beta[0]),
        weights=tuple(float(each) for each in beta[1:] / units),
        errors=_errors(design, beta, penalty, free, np.concatenate([[1.0], units])),
        log_likelihood=log_likelihood(design @ beta, known),
        null_log_likelihood=log_likelihood(np.full(len(known), np.log(base / (1 - base))), known),
        is_converged=is_converged,
    )


def _slack(known: Numbers) -> float:
    return 1e-8 * len(known)


def _ascend(
    design: Numbers, known: Numbers, penalties: Numbers, free: NDArray[np.bool_]
) -> tuple[Numbers, bool]:
    """Newton's steps, halved until the penalised likelihood rises; the weights not free stay nought."""
    kept = np.concatenate([[True], free])
    part, penalty = design[:, kept], penalties[kept]
    base = known.mean()
    beta = np.zeros(part.shape[1])
    beta[0] = np.log(base / (1 - base))
    value = log_likelihood(part @ beta, known)
    is_converged = False
    for _step in range(_MOST_STEPS):
        chances = chance(part @ beta)
        slope = part.T @ (known - chances) - penalty * beta
        step = _solved(_information(part, chances, penalty), slope)
        size, gain = 1.0, -np.inf
        for _halving in range(_MOST_HALVINGS):
            trial = beta + size * step
            reached = log_likelihood(part @ trial, known) - 0.5 * float(penalty @ trial**2)
            gain = reached - value
            if gain >= 0:
                break
            size /= 2
        if gain <= _LEAST_GAIN * max(1.0, abs(value)):
            is_converged = True
            if gain > 0:
                beta = trial
            break
        beta, value = trial, reached
    if not penalties.any() and float(np.abs(part @ beta).max()) > _FAR and _is_separated(part, known):
        raise CannotLearn(Refusal.SEPARATED)
    whole = np.zeros(design.shape[1])
    whole[kept] = beta
    return whole, is_converged


def _is_separated(part: Numbers, known: Numbers) -> bool:
    """Whether some direction never speaks against an outcome and speaks for one at least: then the likelihood rises
    along it for ever. A linear programme finds it (Konis 2007), whether the classes are apart wholly or in part."""
    signed = np.where(known == 1, 1.0, -1.0)[:, None] * part
    found = linprog(-signed.mean(axis=0), A_ub=-signed, b_ub=np.zeros(len(known)), bounds=(-1, 1))
    return bool(found.status == 0 and -found.fun > _SPEAKS)


def _information(part: Numbers, chances: Numbers, penalty: Numbers) -> Numbers:
    return np.asarray((part.T * (chances * (1 - chances))) @ part + np.diag(penalty))


def _solved(matrix: Numbers, vector: Numbers) -> Numbers:
    """The least-norm solution: inputs that say the same share what they say."""
    return np.asarray(np.linalg.lstsq(matrix, vector, rcond=1e-12)[0])


def _errors(
    design: Numbers, beta: Numbers, penalties: Numbers, free: NDArray[np.bool_], units: Numbers
) -> tuple[float | None, ...]:
    kept = np.concatenate([[True], free])
    information = _information(design[:, kept], chance(design @ beta), penalties[kept])
    found: list[float | None] = [None] * design.shape[1]
    if np.linalg.cond(information) > _ALIKE:
        return tuple(found)
    for at, variance in zip(np.flatnonzero(kept), np.diag(np.linalg.inv(information)), strict=True):
        found[at] = float(np.sqrt(variance) / units[at])
    return tuple(found)
