"""The back-test on the published sample: sums tie, classes are honest, and the published table comes out."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.analytics import published

from zhike.analytics import backtest
from zhike.analytics.bgnbd import BetaGeometric
from zhike.analytics.habits import Pasts
from zhike.analytics.paretonbd import ParetoGamma
from zhike.analytics.purchases import Purchases

HOLD_OUT_DAYS = 39 * 7.0
BG = BetaGeometric(0.243, 4.414 * 7, 0.793, 2.426)
PARETO = ParetoGamma(0.553, 10.578 * 7, 0.606, 11.669 * 7)


@pytest.fixture(scope="module")
def pasts() -> Pasts:
    # The sample does not say when in the past the purchases fell; recent stands for "all of them" here.
    sample = published.cdnow()
    return Pasts(sample.repeats, sample.recency, sample.age, sample.repeats, sample.further, sample.customers)


@pytest.mark.requirement("T-28")
def test_the_back_test_gives_the_published_table(pasts: Pasts) -> None:
    found = backtest.back_test(PARETO, pasts, HOLD_OUT_DAYS)
    # "Buy 'Til You Die: a walkthrough" (McCarthy and Wadsworth, 2014); its weeks are rounded.
    actual = [0.2367, 0.6970, 1.393, 1.560, 2.532, 2.947, 3.862, 6.359]
    expected = [0.1385, 0.5996, 1.196, 1.714, 2.399, 2.907, 3.819, 6.403]
    assert [row.customer_count for row in found.frequencies] == [1411, 439, 214, 100, 62, 38, 29, 64]
    assert [row.actual / row.customer_count for row in found.frequencies] == pytest.approx(actual, abs=6e-4)
    assert [row.expected / row.customer_count for row in found.frequencies] == pytest.approx(
        expected, abs=1.1e-3
    )


@pytest.mark.parametrize("model", [BG, PARETO])
def test_every_customer_and_purchase_of_the_hold_out_is_in_one_class(
    model: BetaGeometric | ParetoGamma, pasts: Pasts
) -> None:
    found = backtest.back_test(model, pasts, HOLD_OUT_DAYS)
    assert (found.customer_count, found.never_repeated_count, found.actual) == (2357, 1411, 1882)
    assert found.actual == sum(row.actual for row in found.frequencies)
    assert found.expected == pytest.approx(sum(row.expected for row in found.frequencies))
    assert found.never_repeated is not None
    counted = sum(row.customer_count for row in found.calibration)
    assert counted + found.never_repeated.customer_count == 2357
    assert found.total_error == pytest.approx(found.expected / 1882 - 1)
    assert found.mean_error < found.naive_mean_error


def test_bgnbd_takes_who_never_repeated_for_alive_and_the_table_says_so(pasts: Pasts) -> None:
    by_bg, by_pareto = (
        backtest.back_test(each, pasts, HOLD_OUT_DAYS).never_repeated for each in (BG, PARETO)
    )
    assert by_bg is not None
    assert by_pareto is not None
    assert by_bg.alive == 1
    assert by_pareto.alive < 0.6
    assert by_bg.bought_share == by_pareto.bought_share < 0.2


@pytest.mark.parametrize("model", [BG, PARETO])
def test_classes_rise_with_the_chance_to_be_alive(model: BetaGeometric | ParetoGamma, pasts: Pasts) -> None:
    found = backtest.back_test(model, pasts, HOLD_OUT_DAYS).calibration
    assert len(found) == 10
    assert [row.alive for row in found] == sorted(row.alive for row in found)
    assert max(row.customer_count for row in found) < 1.2 * 946 / 10
    assert found[0].bought_share < 0.4 < 0.7 < found[-1].bought_share
    assert all(row.chance < row.alive for row in found)


@pytest.mark.parametrize("model", [BG, PARETO])
@pytest.mark.parametrize("past", [(0, 0.0, 200.0), (1, 3.0, 250.0), (12, 190.0, 260.0)])
def test_the_chance_to_buy_is_what_the_likelihood_of_silence_leaves(
    model: BetaGeometric | ParetoGamma, past: tuple[int, float, float]
) -> None:
    x, last, watched = past
    ahead = 90.0
    silent = model.log_likelihood(Purchases.of([x], [last], [watched + ahead]))
    now = model.log_likelihood(Purchases.of([x], [last], [watched]))
    assert model.chance_to_buy(ahead, *past)[0] == pytest.approx(1 - np.exp(silent - now), rel=1e-9)
    assert model.chance_to_buy(ahead, 0, 0, 0)[0] == pytest.approx(
        1 - model.count_chances(0, ahead)[0], rel=1e-9
    )


def test_the_expected_course_ends_where_the_expected_sum_of_new_customers_does(pasts: Pasts) -> None:
    course = backtest.expected_course(BG, pasts, 272, [0, 100, 272, 545])
    assert course[0] == 0
    assert (np.diff(course) > 0).all()
    assert course[2] == pytest.approx(float(BG.expected(pasts.age) @ pasts.customers))
    assert course[2] == pytest.approx(2457, rel=0.03)  # the purchases the model was fitted on


def test_an_empty_hold_out_has_no_share_of_error(pasts: Pasts) -> None:
    silent = Pasts(pasts.repeats, pasts.recency, pasts.age, pasts.recent, pasts.further * 0, pasts.customers)
    found = backtest.back_test(BG, silent, HOLD_OUT_DAYS)
    assert (found.total_error, found.naive_total_error) == (None, None)
    with pytest.raises(ValueError, match="has days"):
        backtest.back_test(BG, pasts, 0)


@settings(deadline=None, max_examples=40)
@given(
    rows=st.lists(
        st.tuples(st.integers(0, 9), st.integers(1, 60), st.integers(0, 60), st.integers(0, 5), st.integers(1, 4)),
        min_size=1, max_size=30,
    ),
    order=st.randoms(use_true_random=False),
)  # fmt: skip
def test_counts_weigh_as_repeated_rows_do_in_any_order(
    rows: list[tuple[int, int, int, int, int]], order: object
) -> None:
    def tested(listed: list[tuple[int, int, int, int, int]]) -> backtest.BackTest:
        x, last, beyond, further, counts = np.array(listed, dtype=float).T
        last = np.where(x > 0, last, 0)
        return backtest.back_test(PARETO, Pasts(x, last, last + beyond, x, further, counts), 100)

    single = [(*row[:4], 1) for row in rows for _ in range(row[4])]
    order.shuffle(single)  # type: ignore[attr-defined]
    one, other = tested(rows), tested(single)
    assert one.expected == pytest.approx(other.expected)
    assert (one.actual, one.naive, one.customer_count) == (other.actual, other.naive, other.customer_count)
    assert one.mean_error == pytest.approx(other.mean_error)
    assert [row.customer_count for row in one.calibration] == [
        row.customer_count for row in other.calibration
    ]


@settings(deadline=None, max_examples=60)
@given(
    numbers=st.tuples(*[st.floats(0.02, 100)] * 4),
    x=st.integers(0, 60),
    age=st.floats(1, 300),
    share=st.floats(0.01, 1),
    ahead=st.floats(0, 500),
)
@pytest.mark.parametrize("kind", [BetaGeometric, ParetoGamma])
def test_the_chance_to_buy_lies_between_nothing_and_being_alive_and_below_the_number_expected(
    kind: type[BetaGeometric | ParetoGamma],
    numbers: tuple[float, float, float, float],
    x: int,
    age: float,
    share: float,
    ahead: float,
) -> None:
    model = kind(*numbers)
    past = (x, age * share if x else 0.0, age)
    chance = model.chance_to_buy(ahead, *past)[0]
    assert 0 <= chance <= model.alive(*past)[0] + 1e-12
    assert chance <= model.expected_further(ahead, *past)[0] * (1 + 1e-9) + 1e-12
    assert model.chance_to_buy(ahead * 2, *past)[0] >= chance - 1e-12
