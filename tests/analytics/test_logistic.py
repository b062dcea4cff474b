"""Logistic regression against published fits, and what must hold of any."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize

from zhike.analytics import logistic
from zhike.analytics.logistic import CannotLearn, Refusal

# Launches of the space shuttle before the accident: temperature (°F) and whether a ring was damaged (Dalal, Fowlkes and
# Hoadley, 1989). Published fit: 15.0429 − 0.2322 t, errors 7.3786 and 0.1082, deviances 28.267 and 20.315.
DEGREES = (66, 70, 69, 68, 67, 72, 73, 70, 57, 63, 70, 78, 67, 53, 67, 75, 70, 81, 76, 79, 75, 76, 58)
DAMAGED = (0, 1, 0, 0, 0, 0, 0, 0, 1, 1, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1, 0, 1)
# Hours of study and whether the exam was passed; published fit: −4.0777 + 1.5046 h.
HOURS = (
    0.5, 0.75, 1, 1.25, 1.5, 1.75, 1.75, 2, 2.25, 2.5, 2.75, 3, 3.25, 3.5, 4, 4.25, 4.5, 4.75, 5, 5.5,
)  # fmt: skip
PASSED = (0, 0, 0, 0, 0, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 1, 1, 1, 1, 1)
_SEED = 20260930


def sample(count: int = 400, width: int = 4, seed: int = _SEED) -> tuple[np.ndarray, np.ndarray]:
    draw = np.random.default_rng(seed)
    rows = draw.normal(size=(count, width))
    margins = rows @ np.linspace(1, -1, width) - 0.5
    return rows, (draw.random(count) < logistic.chance(margins)).astype(float)


@pytest.mark.requirement("M-03")
def test_fit_reproduces_the_published_launches() -> None:
    fitted = logistic.fit(np.array(DEGREES)[:, None], DAMAGED)
    assert (round(fitted.intercept, 4), round(fitted.weights[0], 4)) == (15.0429, -0.2322)
    assert [round(each or 0, 4) for each in fitted.errors] == [7.3786, 0.1082]
    assert round(-2 * fitted.null_log_likelihood, 3) == 28.267
    assert round(-2 * fitted.log_likelihood, 3) == 20.315
    assert fitted.is_converged


def test_fit_reproduces_the_published_hours_of_study() -> None:
    fitted = logistic.fit(np.array(HOURS)[:, None], PASSED)
    assert (round(fitted.intercept, 4), round(fitted.weights[0], 4)) == (-4.0777, 1.5046)
    told = fitted.chances(np.array([2, 4])[:, None])
    assert [round(float(each), 2) for each in told] == [0.26, 0.87]


@pytest.mark.parametrize("ridge", [0.01, 1.0, 50.0])
def test_the_penalised_maximum_is_that_of_another_search(ridge: float) -> None:
    rows, known = sample()

    def misfit(beta: np.ndarray) -> float:
        return -logistic.log_likelihood(beta[0] + rows @ beta[1:], known) + ridge / 2 * float(
            beta[1:] @ beta[1:]
        )

    found = minimize(misfit, np.zeros(5), method="BFGS", options={"gtol": 1e-9}).x
    fitted = logistic.fit(rows, known, ridge=ridge)
    assert (fitted.intercept, *fitted.weights) == pytest.approx(tuple(found), abs=1e-5)


def test_held_signs_give_the_maximum_among_such_weights() -> None:
    rows, known = sample(width=6)
    signs = (1, 1, 0, 1, -1, 1)
    bounds = [
        (None, None),
        *(((0, None), (None, None), (None, 0))[1 - each if each else 1] for each in signs),
    ]

    def misfit(beta: np.ndarray) -> float:
        return -logistic.log_likelihood(beta[0] + rows @ beta[1:], known) + 0.5 * float(beta[1:] @ beta[1:])

    options = {"ftol": 1e-14, "gtol": 1e-9}
    found = minimize(misfit, np.zeros(7), method="L-BFGS-B", bounds=bounds, options=options).x
    fitted = logistic.fit(rows, known, ridge=1.0, signs=signs)
    assert (fitted.intercept, *fitted.weights) == pytest.approx(tuple(found), abs=1e-4)
    assert all(sign * weight >= 0 for sign, weight in zip(signs, fitted.weights, strict=True))
    assert fitted.weights[5] == 0.0
    assert fitted.errors[6] is None


@given(st.permutations(range(60)))
@settings(max_examples=10, deadline=None)
def test_the_order_of_cases_changes_nothing(order: list[int]) -> None:
    rows, known = sample(60)
    fitted, other = (logistic.fit(rows[at], known[at], ridge=1.0) for at in (np.arange(60), np.array(order)))
    assert other.weights == pytest.approx(fitted.weights, abs=1e-7)


@given(scale=st.floats(0.01, 100), shift=st.floats(-50, 50))
@settings(max_examples=20, deadline=None)
def test_another_unit_of_an_input_changes_no_chance(scale: float, shift: float) -> None:
    rows, known = sample(120, 2)
    fitted = logistic.fit(rows, known).chances(rows)
    assert logistic.fit(rows * scale + shift, known).chances(rows * scale + shift) == pytest.approx(
        fitted, abs=1e-5
    )


@given(gap=st.floats(0.001, 1e6), ridge=st.floats(0.001, 100))
@settings(max_examples=30, deadline=None)
def test_classes_apart_do_not_explode_under_a_penalty(gap: float, ridge: float) -> None:
    rows = np.concatenate([np.linspace(-1, 0, 20), np.linspace(0, 1, 20) + gap])[:, None]
    rows = (rows - rows.mean()) / rows.std()
    fitted = logistic.fit(rows, [0] * 20 + [1] * 20, ridge=ridge)
    assert fitted.is_converged
    assert 0 < fitted.weights[0] < 60
    assert np.isfinite(fitted.chances(rows * 1e9)).all()


def test_classes_apart_are_refused_without_a_penalty() -> None:
    with pytest.raises(CannotLearn) as refused:
        logistic.fit(np.arange(10.0)[:, None], [0] * 5 + [1] * 5)
    assert refused.value.code is Refusal.SEPARATED


@pytest.mark.parametrize("scale", [1.0, 1e-6, 1e6])
def test_classes_that_are_apart_in_part_have_no_weight_without_a_ridge(scale: float) -> None:
    # Who has the trait is always a case; of the others some are. Albert and Anderson call it quasi-complete.
    inputs = scale * np.array([[0, 3], [0, 1], [0, 2], [0, 5], [1, 2], [1, 4], [1, 1]], dtype=float)
    outcomes = [0, 1, 0, 1, 1, 1, 1]
    with pytest.raises(CannotLearn) as refused:
        logistic.fit(inputs, outcomes)
    assert refused.value.code is Refusal.SEPARATED
    found = logistic.fit(inputs / scale, outcomes, ridge=1.0)
    assert found.is_converged
    assert np.isfinite(found.weights).all()


def test_a_strong_input_that_errs_once_has_a_finite_weight() -> None:
    inputs = np.concatenate([np.linspace(-60, -1, 60), np.linspace(1, 60, 60), [-0.5, 0.5]])[:, None]
    outcomes = [0] * 60 + [1] * 60 + [1, 0]
    found = logistic.fit(inputs, outcomes)
    assert found.is_converged
    assert np.abs(found.margins(inputs)).max() > 12


@pytest.mark.parametrize(("outcomes", "code", "count"), [
    ([], Refusal.NOBODY, 0), ([1, 1], Refusal.ONE_CLASS, 2), ([0, 0, 0], Refusal.ONE_CLASS, 0),
])  # fmt: skip
def test_one_class_alone_is_refused(outcomes: list[int], code: Refusal, count: int) -> None:
    with pytest.raises(CannotLearn) as refused:
        logistic.fit(np.zeros((len(outcomes), 1)), outcomes, ridge=1.0)
    assert (refused.value.code, refused.value.count) == (code, count)


def test_odd_inputs_are_refused() -> None:
    for rows, outcomes in (([[np.nan], [1]], [0, 1]), ([[0.0], [1.0]], [0, 2])):
        with pytest.raises(ValueError, match=r"input|outcome"):
            logistic.fit(rows, outcomes, ridge=1.0)


def test_the_same_input_twice_shares_its_weight() -> None:
    rows, known = sample(200, 1)
    once = logistic.fit(rows, known)
    twice = logistic.fit(np.column_stack([rows, rows]), known)
    assert twice.chances(np.column_stack([rows, rows])) == pytest.approx(once.chances(rows), abs=1e-6)
    assert twice.weights[0] == pytest.approx(twice.weights[1])


def test_a_chance_stays_within_nought_and_one() -> None:
    assert logistic.chance([-1e308, -800, 0, 800, 1e308]).tolist() == [0, pytest.approx(0), 0.5, 1, 1]


@pytest.mark.parametrize("unit", [1e-9, 1e-3, 1e3, 1e9])
def test_the_unit_of_an_input_changes_its_weight_alone(unit: float) -> None:
    rng = np.random.default_rng(7)
    rows = rng.normal(size=(300, 2))
    outcomes = (rng.random(300) < logistic.chance(rows @ [1.0, -0.5] - 0.3)).astype(int)
    plain = logistic.fit(rows, outcomes)
    told = logistic.fit(rows * [unit, 1.0], outcomes)
    assert np.array(told.weights) * [unit, 1.0] == pytest.approx(plain.weights, rel=1e-6)
    assert told.errors[1] is not None
    assert told.errors[1] * unit == pytest.approx(plain.errors[1], rel=1e-6)
    assert told.log_likelihood == pytest.approx(plain.log_likelihood, rel=1e-9)
