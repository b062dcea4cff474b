"""What customers spend at a time, against published figures (T-28, formula E.5)."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from tests.analytics import published

from zhike.analytics import spend, worth
from zhike.analytics.purchases import CannotFit, Refusal
from zhike.analytics.spend import GammaGamma, Spending

PAPER = GammaGamma(6.25, 3.74, 15.44)


@pytest.mark.requirement("T-28")
def test_gamma_gamma_reproduces_the_published_fit_of_cdnow() -> None:
    spending = published.cdnow().spending()
    found = spend.fit(spending)
    assert [round(each, 2) for each in (found.model.p, found.model.q, found.model.v)] == [6.25, 3.74, 15.44]
    assert (found.is_converged, found.customer_count) == (True, 946)
    assert round(float(spending.mean_spend @ spending.customers) / 946, 2) == 35.08
    assert (round(spending.correlation, 2), spending.is_independent) == (0.11, True)


@pytest.mark.requirement("T-28")
def test_gamma_gamma_gives_the_published_expectations() -> None:
    assert [round(float(each), 2) for each in PAPER.expected([1, 3, 0], [22.94, 35, 0])] == [
        26.68,
        35.03,
        35.22,
    ]


def test_expected_spend_lies_between_the_customers_own_and_the_mean_of_all() -> None:
    weights = np.arange(1, 200)
    drawn = PAPER.expected(weights, 80.0)
    assert (np.diff(drawn) > 0).all()
    assert PAPER.mean < drawn[0] < drawn[-1] < 80


def test_the_unit_of_money_changes_only_the_scale() -> None:
    in_yuan, in_cents = (spend.fit(published.cdnow().spending(unit)) for unit in (100, 1))
    assert in_cents.model.p == pytest.approx(in_yuan.model.p, rel=1e-6)
    assert in_cents.model.q == pytest.approx(in_yuan.model.q, rel=1e-6)
    assert in_cents.model.v == pytest.approx(in_yuan.model.v * 100, rel=1e-6)
    assert in_cents.log_likelihood == pytest.approx(in_yuan.log_likelihood - 946 * np.log(100), abs=1e-5)


def test_the_gradient_is_the_slope_of_the_likelihood() -> None:
    misfit = spend._Misfit(published.cdnow().spending(), 35.0)
    logs = np.log([3.0, 2.0, 0.4])
    for place in range(3):
        step = np.eye(3)[place] * 1e-5
        numeric = (misfit(logs + step)[0] - misfit(logs - step)[0]) / 2e-5
        assert misfit(logs)[1][place] == pytest.approx(numeric, rel=1e-6)


def test_a_heavy_tail_without_a_mean_says_so() -> None:
    model = GammaGamma(2.0, 0.8, 10.0)
    assert model.mean == float("inf")
    assert np.isfinite(model.expected([4], [20.0])).all()
    assert GammaGamma(0.1, 0.5, 10.0).expected([1], [20.0])[0] == float("inf")


def test_lifetime_value_is_purchases_times_spend_times_margin() -> None:
    assert worth.lifetime_value([2.0, 0.0], [50.0, 9.0], 0.3).tolist() == [30.0, 0.0]


@pytest.mark.parametrize(
    ("rows", "code"),
    [
        (([1, 2], [5.0]), Refusal.LENGTHS_DIFFER),
        (([1.5], [5.0]), Refusal.NOT_WHOLE),
        (([-1], [5.0]), Refusal.NEGATIVE),
        (([1], [float("nan")]), Refusal.NOT_A_NUMBER),
        (([1], [0.0]), Refusal.NOT_POSITIVE),
        (([1], [-3.0]), Refusal.NOT_POSITIVE),
        (([0, 0], [0.0, 0.0]), Refusal.NO_REPEAT_BUYERS),
        (([1, 2], [5.0, 6.0]), Refusal.TOO_FEW_CUSTOMERS),
        (([1, 2], [5.0, 5.0], [40, 40]), Refusal.ALL_ALIKE),
    ],
)
def test_a_fit_refuses_what_says_nothing(rows: tuple[list[float], ...], code: Refusal) -> None:
    with pytest.raises(CannotFit) as refused:
        spend.fit(Spending.of(*rows))
    assert refused.value.code is code


@example([(1, 1.0, 1), (1, 1.0, 5)])
@example([(1, 0.1, 3), (2, 0.1, 3), (7, 0.1, 1)])
@given(st.lists(st.tuples(st.integers(1, 9), st.floats(1, 1e6), st.integers(1, 5)), min_size=2, max_size=20))
def test_correlation_counts_each_customer(rows: list[tuple[int, float, int]]) -> None:
    x, money, counts = np.array(rows).T
    grouped = Spending.of(x, money, counts)
    listed = Spending.of(np.repeat(x, counts.astype(int)), np.repeat(money, counts.astype(int)))
    assert grouped.correlation == pytest.approx(listed.correlation, abs=1e-9)
    assert -1 - 1e-9 <= grouped.correlation <= 1 + 1e-9
