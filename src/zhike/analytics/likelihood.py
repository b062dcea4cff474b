"""Maximum likelihood for the models of repeat buying, and what a fit says of itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from zhike.analytics.purchases import ROUGH_FROM, ROUGH_STEPS, Purchases

Numbers = NDArray[np.float64]
Misfit = Callable[[Numbers], tuple[float, Numbers]]
Model = TypeVar("Model")

_LOG_BOUND = 9.0  # of every parameter in its natural unit; further out the model no longer changes
_NEAR_BOUND = 1e-3
_RUNS = 2  # of the starting points, the best so many are followed to their ends
_LARGEST_SLOPE = 1e-5  # of the mean log-likelihood by the logarithm of a parameter, at a maximum
_STEP = 1e-4
_POLISHED_SLOPE = 1e-10
_NOISE = 1e-13  # of the misfit, by rounding
_POLISH_STEPS = 12


@dataclass(frozen=True, slots=True)
class ModelFit(Generic[Model]):
    """A fitted model with what it rests on.

    `errors` are standard errors by parameter, None where the data do not tell it. `at_bounds` names parameters
    that ran to the edge of what can be told apart: the model is then a simpler one (nobody stops, all alike).
    """

    model: Model
    log_likelihood: float
    customer_count: int
    distinct_count: int
    is_converged: bool
    iteration_count: int
    errors: Mapping[str, float | None]
    at_bounds: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Maximum:
    """A maximum in the logarithms of the parameters; `misfit` is minus the mean log-likelihood there."""

    logs: Numbers
    misfit: float
    is_converged: bool
    iteration_count: int
    deviations: tuple[float | None, ...]  # standard errors of the logarithms
    is_at_bound: tuple[bool, ...]


def maximise(
    misfit: Misfit, starts: Sequence[Sequence[float]], customer_count: int, *, rough: Misfit | None = None
) -> Maximum:
    """Find the least misfit from several starting points (parameters, not logarithms).

    `misfit` returns minus the mean log-likelihood of a customer and its gradient, both by log-parameters. `rough`
    is one that is nearly the same and costs less: the search is made on it, and only the last way on `misfit`.
    """
    logs, steps = _search(rough or misfit, starts)
    logs, more = _polish(misfit, logs, _hessian(rough or misfit, logs))
    value, slope = misfit(logs)
    is_free = _is_free(logs)
    hessian = _hessian(misfit, logs)[np.ix_(is_free, is_free)]
    return Maximum(
        logs=logs,
        misfit=value,
        is_converged=bool(np.isfinite(value) and np.abs(slope[is_free]).max(initial=0.0) <= _LARGEST_SLOPE),
        iteration_count=steps + more,
        deviations=_deviations(hessian * customer_count, is_free),
        is_at_bound=tuple(bool(each) for each in ~is_free),
    )


def _search(misfit: Misfit, starts: Sequence[Sequence[float]]) -> tuple[Numbers, int]:
    """Follow the best starting points to their ends; the best end, and the iterations of all."""
    points = np.clip(np.log(np.asarray(starts, dtype=float)), -_LOG_BOUND, _LOG_BOUND)
    order = np.argsort([misfit(point)[0] for point in points], kind="stable")
    runs = [_descend(misfit, points[at]) for at in order[:_RUNS]]
    best = min(runs, key=lambda run: run[1])
    return best[0], sum(run[2] for run in runs)


def _descend(misfit: Misfit, start: Numbers) -> tuple[Numbers, float, int]:
    """One run downhill: where it ends, the misfit there, iterations."""
    bounds = [(-_LOG_BOUND, _LOG_BOUND)] * len(start)
    options = {"ftol": 1e-13, "gtol": 1e-7, "maxiter": 1000, "maxcor": 20}
    run = minimize(misfit, start, jac=True, method="L-BFGS-B", bounds=bounds, options=options)
    return np.asarray(run.x), float(run.fun), int(run.nit)


def told(
    model: Model, names: Sequence[str], found: Maximum, counts: tuple[int, int], *, log_units: float
) -> ModelFit[Model]:
    """Return a fit from its maximum; `counts` are customers and distinct rows.

    `log_units` takes the likelihood from the natural unit of the search back to the unit of the data.
    """
    values = [float(getattr(model, name)) for name in names]
    errors = {
        name: None if deviation is None else value * deviation
        for name, value, deviation in zip(names, values, found.deviations, strict=True)
    }
    edges = tuple(name for name, is_edge in zip(names, found.is_at_bound, strict=True) if is_edge)
    log_likelihood = float(-found.misfit * counts[0] - log_units)
    return ModelFit(model, log_likelihood, *counts, found.is_converged, found.iteration_count, errors, edges)


def fitted(
    purchases: Purchases, misfit_of: Callable[[Purchases, float], Misfit], model_of: Callable[..., Model], *,
    names: Sequence[str], rates: Sequence[float], stopping: Sequence[Sequence[float]], least_customers: int,
) -> ModelFit[Model]:  # fmt: skip
    """Fit a model of buying at a rate, and of stopping, to its most likely parameters. Raises CannotFit.

    The search goes in units of the mean time customers were watched: `misfit_of` takes the purchases and that unit,
    `model_of` the parameters found and the unit. It begins where the mean rate is that of the data, from each of
    `rates` (the shape of the rate) with each of `stopping`.
    """
    purchases.require(least_customers)
    unit = float(purchases.age @ purchases.customers) / purchases.customer_count
    mean = purchases.repeat_count / purchases.customer_count
    starts = [(shape, shape / mean, *rest) for shape in rates for rest in stopping]
    is_large = purchases.distinct_count > ROUGH_FROM
    rough = misfit_of(purchases.coarser(ROUGH_STEPS), unit) if is_large else None
    found = maximise(misfit_of(purchases, unit), starts, purchases.customer_count, rough=rough)
    model = model_of(*(float(each) for each in np.exp(found.logs)), unit)
    counts = (purchases.customer_count, purchases.distinct_count)
    return told(model, names, found, counts, log_units=purchases.repeat_count * np.log(unit))


def _is_free(logs: Numbers) -> NDArray[np.bool_]:
    return np.asarray(np.abs(logs) < _LOG_BOUND - _NEAR_BOUND)


def _polish(misfit: Misfit, logs: Numbers, hessian: Numbers) -> tuple[Numbers, int]:
    """Go the last way by Newton's steps with one Hessian, which need not be exact; by descent where they fail."""
    value, slope = misfit(logs)
    for taken in range(_POLISH_STEPS):
        is_free = _is_free(logs)
        if np.abs(slope[is_free]).max(initial=0.0) < _POLISHED_SLOPE:
            return logs, taken
        trial = logs.copy()
        try:
            trial[is_free] -= np.linalg.solve(hessian[np.ix_(is_free, is_free)], slope[is_free])
        except np.linalg.LinAlgError:
            break
        if not (np.abs(trial) <= _LOG_BOUND).all():
            break
        next_value, next_slope = misfit(trial)
        if not next_value <= value + _NOISE:
            break
        logs, value, slope = trial, next_value, next_slope
    if np.abs(slope[_is_free(logs)]).max(initial=0.0) <= _LARGEST_SLOPE:
        return logs, _POLISH_STEPS
    end, _, steps = _descend(misfit, logs)
    return end, _POLISH_STEPS + steps


def _hessian(misfit: Misfit, logs: Numbers) -> Numbers:
    """Second derivatives by central differences of the gradient."""
    rows = []
    for at in range(len(logs)):
        step = np.zeros(len(logs))
        step[at] = _STEP
        rows.append((misfit(logs + step)[1] - misfit(logs - step)[1]) / (2 * _STEP))
    hessian = np.array(rows)
    return np.asarray((hessian + hessian.T) / 2)


def _deviations(information: Numbers, is_free: NDArray[np.bool_]) -> tuple[float | None, ...]:
    """Standard errors from the observed information; None for a bound, and for all where it is not a maximum."""
    none: list[float | None] = [None] * len(is_free)
    try:
        np.linalg.cholesky(information)
        variances = np.diag(np.linalg.inv(information))
    except np.linalg.LinAlgError:
        return tuple(none)
    for at, variance in zip(np.flatnonzero(is_free), variances, strict=True):
        none[at] = float(np.sqrt(variance))
    return tuple(none)
