"""Retention and lifetime value against published series and closed forms (formula E.5)."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.analytics import formulas
from tests.analytics.published import HIGH_END, REGULAR

from zhike.analytics import survival
from zhike.analytics.survival import Ages, Payment, Source


@pytest.mark.requirement("L-37", "T-28")
@pytest.mark.parametrize(("series", "alpha", "beta"), [(REGULAR, 0.7041, 1.1820), (HIGH_END, 0.6681, 3.8061)])
def test_fit_sbg_reproduces_the_published_series(series: tuple[int, ...], alpha: float, beta: float) -> None:
    fitted = survival.fit_sbg(Ages.of_series(series))
    assert tuple(round(each, 4) for each in fitted) == (alpha, beta)


def test_survival_reproduces_the_published_curve() -> None:
    curve = [round(chance, 4) for chance in survival.survival(0.704, 1.182, 5)]
    assert curve == [0.6267, 0.4738, 0.3880, 0.3321, 0.2924]


def test_multiplier_gives_the_five_year_value() -> None:
    worth = 1000 * survival.multiplier(0.704, 1.182, age=0, horizon_years=5, discount=0.08)
    assert round(worth, 2) == 1737.63


def test_constant_retention_gives_the_closed_forms() -> None:
    worth = formulas.constant_retention_multiplier
    assert round(1000 * worth(0.85, 0.08), 2) == 3695.65
    assert round(1000 * worth(0.85, 0.08, first_now=True), 2) == 4695.65
    assert round(1000 * worth(0.85, 0.08, horizon_years=5), 2) == 2579.65


def test_a_bank_of_equal_customers_has_the_value_of_constant_retention() -> None:
    # alpha and beta without end at a fixed ratio: everybody stays a year with the same chance.
    alike = survival.multiplier(0.15e9, 0.85e9, age=3, horizon_years=5, discount=0.08)
    constant = formulas.constant_retention_multiplier(0.85, 0.08, horizon_years=5)
    assert alike == pytest.approx(constant, abs=1e-6)


def test_ages_count_a_year_only_when_all_of_it_has_passed() -> None:
    # Three full years to see: one still here, one who stayed a full year and left in the second.
    # One full year to see: who left in the unfinished second year says nothing about it.
    counts = [(3, None, 1), (3, 1, 1), (1, 1, 1), (0, None, 1), (0, 0, 1)]
    assert Ages.of_counts(counts) == Ages(at_risk=(3, 2, 1), lost=(0, 1, 0))


def test_fits_fall_back_from_own_to_pooled_to_stated_losses() -> None:
    many = [(5, years, 40) for years in range(5)] + [(5, None, 400)]
    few = [(5, 0, 3), (5, None, 90)]
    fits = survival.fit_by_type({"RETAIL": many, "MICRO": few}, least_losses=30, stated=(1.0, 4.0))
    assert [(fit.business_type, fit.source, fit.lost) for fit in fits] == [
        ("MICRO", Source.POOLED, 203),
        ("RETAIL", Source.OWN, 200),
    ]
    thin = survival.fit_by_type({"MICRO": few}, least_losses=30, stated=(1.0, 4.0))
    assert (thin[0].source, thin[0].alpha, thin[0].beta, thin[0].lost) == (Source.STATED, 1.0, 4.0, 3)


def test_fit_sbg_refuses_a_bank_that_lost_nobody() -> None:
    with pytest.raises(ValueError, match="nobody was lost"):
        survival.fit_sbg(Ages(at_risk=(10, 9), lost=(0, 0)))


@given(
    alpha=st.floats(0.05, 50),
    beta=st.floats(0.05, 50),
    age=st.integers(0, 40),
    years=st.integers(1, 30),
    discount=st.floats(0, 1),
)
def test_the_longer_a_customer_has_stayed_the_more_a_yearly_margin_is_worth(
    alpha: float, beta: float, age: int, years: int, discount: float
) -> None:
    def worth(at: int) -> float:
        return survival.multiplier(alpha, beta, age=at, horizon_years=years, discount=discount)

    assert 0 < worth(age) <= worth(age + 1) <= years
    curve = survival.survival(alpha, beta, years, age=age)
    assert all(later <= earlier for earlier, later in pairwise(curve))


@given(counts=st.lists(st.tuples(st.integers(0, 12), st.none() | st.integers(0, 12), st.integers(1, 500))))
def test_ages_never_lose_more_than_were_at_risk(counts: list[tuple[int, int | None, int]]) -> None:
    ages = Ages.of_counts(counts)
    assert all(lost <= at_risk for lost, at_risk in zip(ages.lost, ages.at_risk, strict=True))
    assert sum(ages.lost) <= sum(customers for _, _, customers in counts)


@pytest.mark.requirement("T-28")
def test_projections_beyond_the_fitted_years_are_the_published_ones() -> None:
    fitted = survival.fit_sbg(Ages.of_series(HIGH_END))
    beyond = survival.survival(*fitted, 12)[7:]
    assert [round(chance, 3) for chance in beyond] == [0.460, 0.436, 0.414, 0.395, 0.378]
    four_years = survival.fit_sbg(Ages.of_series(REGULAR[:5]))
    assert [round(each, 3) for each in four_years] == [0.764, 1.296]


@pytest.mark.requirement("T-28")
def test_endless_values_are_the_published_ones() -> None:
    # Fader and Hardie: a new customer at 100 a year, 10 %, is worth 362; one who has renewed seven times 7.53 years.
    new = survival.endless_multiplier(0.764, 1.296, discount=0.1, payment=Payment.NOW)
    assert round(100 * new) == 362
    known = survival.endless_multiplier(0.668, 3.806, age=7, discount=0.1, payment=Payment.RENEWAL)
    assert round(known, 3) == 7.530


@pytest.mark.requirement("T-28")
def test_constant_retention_in_the_product_gives_the_closed_forms() -> None:
    worth = survival.constant_multiplier
    assert round(1000 * worth(0.85, 0.08), 2) == 3695.65
    assert round(1000 * worth(0.85, 0.08, payment=Payment.NOW), 2) == 4695.65
    assert round(1000 * worth(0.85, 0.08, horizon_years=5), 2) == 2579.65
    assert worth(0.85, 0.08, payment=Payment.RENEWAL) == pytest.approx(0.85 * 1.08 / 0.23)
    for wrong in ((1.2, 0.08), (-0.1, 0.08), (0.5, -1.0), (1.0, 0.0)):
        with pytest.raises(ValueError, match=r"retention|no end"):
            worth(*wrong)


@given(
    retention=st.floats(0, 1),
    discount=st.floats(0.01, 2),
    years=st.integers(1, 40),
    payment=st.sampled_from(Payment),
)
def test_a_longer_horizon_is_worth_more_up_to_the_endless_value(
    retention: float, discount: float, years: int, payment: Payment
) -> None:
    def worth(horizon: int | None) -> float:
        return survival.constant_multiplier(retention, discount, horizon_years=horizon, payment=payment)

    assert 0 <= worth(years) <= worth(years + 1) + 1e-12
    assert worth(years + 1) <= worth(None) + 1e-9


@given(
    alpha=st.floats(0.05, 500),
    beta=st.floats(0.05, 500),
    age=st.integers(0, 30),
    discount=st.floats(0.02, 0.4),
)
def test_the_endless_value_is_the_limit_of_the_value_over_years(
    alpha: float, beta: float, age: int, discount: float
) -> None:
    endless = survival.endless_multiplier(alpha, beta, age=age, discount=discount)
    many = survival.multiplier(alpha, beta, age=age, horizon_years=2000, discount=discount)
    assert endless == pytest.approx(many, rel=1e-9)
    with pytest.raises(ValueError, match="above nought"):
        survival.endless_multiplier(alpha, beta, discount=0)
