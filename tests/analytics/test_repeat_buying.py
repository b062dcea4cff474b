"""Models of repeat buying against published figures, and what must hold whatever the numbers (T-28, formula E.5)."""

from __future__ import annotations

from types import ModuleType

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import expn
from tests.analytics import published
from tests.analytics.published import Cdnow

from zhike.analytics import bgnbd, likelihood, paretonbd, worth
from zhike.analytics.bgnbd import BetaGeometric
from zhike.analytics.paretonbd import ParetoGamma
from zhike.analytics.purchases import CannotFit, Purchases, Refusal
from zhike.analytics.worth import RepeatBuying

BG = BetaGeometric(0.243, 4.414, 0.793, 2.426)
PARETO = ParetoGamma(0.553, 10.578, 0.606, 11.669)
ONE = (2, 30.43, 38.86)
MODELS: dict[str, RepeatBuying] = {"bgnbd": BG, "paretonbd": PARETO}

positive = st.floats(0.01, 200)
parameters = st.tuples(positive, positive, positive, positive)


@pytest.fixture(scope="module")
def cdnow() -> Cdnow:
    return published.cdnow()


def test_the_sample_has_the_published_sums(cdnow: Cdnow) -> None:
    purchases = cdnow.purchases()
    assert (purchases.customer_count, purchases.repeater_count, purchases.repeat_count) == (2357, 946, 2457)
    assert purchases.age.max() == pytest.approx(38.86, abs=0.005)
    assert int(cdnow.further @ cdnow.customers) == 1882


@pytest.mark.requirement("T-28")
def test_bgnbd_reproduces_the_published_fit_of_cdnow(cdnow: Cdnow) -> None:
    found = bgnbd.fit(cdnow.purchases())
    model = found.model
    assert [round(each, 3) for each in (model.r, model.alpha, model.a, model.b)] == [
        0.243,
        4.414,
        0.793,
        2.426,
    ]
    assert round(found.log_likelihood, 1) == -9582.4
    assert model.log_likelihood(cdnow.purchases()) == pytest.approx(found.log_likelihood, rel=1e-12)
    assert (found.is_converged, found.at_bounds, found.customer_count) == (True, (), 2357)
    assert found.distinct_count == cdnow.purchases().distinct_count < 1100
    errors = {name: round(error or 0, 3) for name, error in found.errors.items()}
    assert errors == {"r": 0.013, "alpha": 0.378, "a": 0.186, "b": 0.705}


@pytest.mark.requirement("T-28")
def test_paretonbd_reproduces_the_published_fit_of_cdnow(cdnow: Cdnow) -> None:
    found = paretonbd.fit(cdnow.purchases())
    model = found.model
    fitted = [round(each, 3) for each in (model.r, model.alpha, model.s, model.beta)]
    assert fitted == [0.553, 10.578, 0.606, 11.669]
    assert round(found.log_likelihood, 1) == -9595.0
    assert model.log_likelihood(cdnow.purchases()) == pytest.approx(found.log_likelihood, rel=1e-12)
    assert (found.is_converged, found.at_bounds) == (True, ())


@pytest.mark.requirement("T-28")
def test_bgnbd_gives_the_published_predictions() -> None:
    assert round(float(BG.expected_further(39, *ONE)[0]), 4) == 1.2260
    assert round(float(BG.alive(*ONE)[0]), 4) == 0.7266
    assert BG.alive(0, 0, 38.86)[0] == 1
    assert round(float(BG.expected(39)[0]), 4) == 1.1967
    single = [Purchases.of([x], [last], [watched]) for x, last, watched in (ONE, (0, 0, 38.86))]
    assert [round(BG.log_likelihood(each), 4) for each in single] == [-9.4586, -0.5547]


@pytest.mark.requirement("T-28")
def test_paretonbd_gives_the_published_predictions() -> None:
    # "Buy 'Til You Die: a walkthrough" (McCarthy and Wadsworth, 2014), customer 1516 of the sample.
    regular = (26, 30.86, 31.0)
    assert round(float(PARETO.expected(52)[0]), 3) == 1.473
    assert round(float(PARETO.expected_further(52, *regular)[0]), 2) == 25.46
    assert round(float(PARETO.alive(*regular)[0]), 4) == 0.9979


def test_paretonbd_gives_the_published_table_of_the_hold_out(cdnow: Cdnow) -> None:
    # The same walkthrough: purchases of weeks 40 to 78 by class of repeat purchases until week 39.
    expected = PARETO.expected_further(39, cdnow.repeats, cdnow.recency / 7, cdnow.age / 7)
    of_class = np.minimum(cdnow.repeats, 7)
    table = []
    for each in range(8):
        share = np.where(of_class == each, cdnow.customers, 0) / cdnow.customers[of_class == each].sum()
        table.append((share @ cdnow.further, share @ expected))
    actual = [0.2367, 0.6970, 1.393, 1.560, 2.532, 2.947, 3.862, 6.359]
    modelled = [0.1385, 0.5996, 1.196, 1.714, 2.399, 2.907, 3.819, 6.403]
    assert [row[0] for row in table] == pytest.approx(actual, abs=6e-4)
    assert [row[1] for row in table] == pytest.approx(modelled, abs=1.1e-3)  # their weeks are rounded


def test_discounted_purchases_without_a_horizon_agree_with_their_sum_over_short_periods() -> None:
    weekly = np.log1p(0.15) / 52
    endless = PARETO.discounted_further(weekly, *ONE)[0]
    many = worth.discounted_purchases(PARETO, ONE, periods=5200, length=1, discount=np.expm1(weekly))[0]
    assert endless == pytest.approx(many, rel=3e-3)  # at the end of a week instead of within it
    assert endless > many


@pytest.mark.parametrize("s", [1, 2, 5])
@pytest.mark.parametrize("discount", [1e-4, 0.0027, 0.5, 5.0])
def test_discounted_purchases_are_the_exponential_integral_where_it_is_tabulated(
    s: int, discount: float
) -> None:
    # Fader, Hardie and Lee (2005): (alpha + T)^-1 (r + x) P(alive) (beta + T) e^y E_s(y), y = discount (beta + T).
    model = ParetoGamma(0.553, 10.578, float(s), 11.669)
    x, _, watched = ONE
    y = discount * (model.beta + watched)
    life = (model.beta + watched) * np.exp(y) * expn(s, y)
    exact = model.alive(*ONE)[0] * (model.r + x) / (model.alpha + watched) * life
    assert model.discounted_further(discount, *ONE)[0] == pytest.approx(exact, rel=1e-10)


@pytest.mark.parametrize(("model", "fit"), [(BG, bgnbd), (PARETO, paretonbd)])
def test_a_fit_does_not_depend_on_order_grouping_or_unit_of_time(
    model: RepeatBuying, fit: ModuleType, cdnow: Cdnow
) -> None:
    rows = np.repeat(np.stack([cdnow.repeats, cdnow.recency, cdnow.age]), cdnow.customers.astype(int), axis=1)
    shuffled = rows[:, np.random.default_rng(7).permutation(rows.shape[1])]
    by_week, by_day = fit.fit(cdnow.purchases(7)), fit.fit(Purchases.of(*shuffled))
    scale = {"alpha": 7, "beta": 7}
    for name, error in by_week.errors.items():
        expected = getattr(by_week.model, name) * scale.get(name, 1)
        assert getattr(by_day.model, name) == pytest.approx(expected, rel=1e-6)
        assert by_day.errors[name] == pytest.approx(error * scale.get(name, 1), rel=1e-4)
    shift = cdnow.purchases().repeat_count * np.log(7)
    assert by_day.log_likelihood == pytest.approx(by_week.log_likelihood - shift, abs=1e-6)


@pytest.mark.parametrize("fit", [bgnbd, paretonbd])
@pytest.mark.parametrize("at", [(0.3, 2.0, 0.7, 3.0), (5.0, 0.1, 4.0, 0.02), (0.01, 50.0, 0.05, 9.0)])
def test_the_gradient_is_the_slope_of_the_likelihood(
    fit: ModuleType, at: tuple[float, ...], cdnow: Cdnow
) -> None:
    misfit = fit._Misfit(cdnow.purchases(), 20.0)
    logs = np.log(at)
    slope = misfit(logs)[1]
    for place in range(4):
        step = np.eye(4)[place] * 1e-5
        numeric = (misfit(logs + step)[0] - misfit(logs - step)[0]) / 2e-5
        assert slope[place] == pytest.approx(numeric, rel=1e-5, abs=1e-7)


@pytest.mark.parametrize("fit", [bgnbd, paretonbd])
def test_what_is_fitted_on_a_made_up_bank_is_what_made_it(fit: ModuleType) -> None:
    made = _made(BetaGeometric(0.8, 20.0, 1.1, 4.0) if fit is bgnbd else ParetoGamma(0.8, 20.0, 1.5, 60.0))
    found = fit.fit(made)
    truth = (0.8, 20.0, 1.1, 4.0) if fit is bgnbd else (0.8, 20.0, 1.5, 60.0)
    for (name, error), true in zip(found.errors.items(), truth, strict=True):
        assert error is not None
        assert abs(getattr(found.model, name) - true) < 4 * error


def _made(model: BetaGeometric | ParetoGamma, customers: int = 6000) -> Purchases:
    """Customers as the model says they are, watched for 60 to 100 units."""
    draw = np.random.default_rng(20260930)
    age = draw.uniform(60, 100, customers)
    rate = draw.gamma(model.r, 1 / model.alpha, customers)
    is_bg = isinstance(model, BetaGeometric)
    chance = (
        draw.beta(model.a, model.b, customers) if isinstance(model, BetaGeometric) else np.zeros(customers)
    )
    end = (
        np.full(customers, np.inf)
        if is_bg
        else draw.exponential(1 / draw.gamma(model.s, 1 / model.beta, customers))
    )
    x, last = np.zeros(customers), np.zeros(customers)
    for at in range(customers):
        now = 0.0
        while True:
            now += draw.exponential(1 / max(rate[at], 1e-12))
            if now > min(age[at], end[at]):
                break
            x[at], last[at] = x[at] + 1, now
            if draw.random() < chance[at]:
                break
    return Purchases.of(x, last, age)


@settings(deadline=None, max_examples=60)
@given(
    numbers=parameters,
    x=st.integers(0, 400),
    age=st.floats(0.1, 500),
    share=st.floats(0.001, 1),
    ahead=st.tuples(st.floats(0, 300), st.floats(0, 300)),
)
@pytest.mark.parametrize("kind", [BetaGeometric, ParetoGamma])
def test_predictions_are_sound_at_any_parameters(
    kind: type[BetaGeometric | ParetoGamma],
    numbers: tuple[float, float, float, float],
    x: int,
    age: float,
    share: float,
    ahead: tuple[float, float],
) -> None:
    model = kind(*numbers)
    past = (x, age * share if x else 0.0, age)
    alive = model.alive(*past)[0]
    assert 0 <= alive <= 1
    sooner, later = (model.expected_further(t, *past)[0] for t in sorted(ahead))
    rate = (model.r + x) / (model.alpha + age)
    assert -1e-12 <= sooner <= later * (1 + 1e-9) + 1e-12
    assert later <= alive * rate * max(ahead) * (1 + 1e-9) + 1e-12
    assert model.expected_further(0, *past)[0] == pytest.approx(0, abs=1e-12)
    scaled = kind(numbers[0], numbers[1] * 30, *(
        (numbers[2], numbers[3]) if kind is BetaGeometric else (numbers[2], numbers[3] * 30)
    ))  # fmt: skip
    assert scaled.alive(x, past[1] * 30, age * 30)[0] == pytest.approx(alive, rel=1e-9, abs=1e-300)
    again = scaled.expected_further(max(ahead) * 30, x, past[1] * 30, age * 30)[0]
    assert again == pytest.approx(later, rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("model", MODELS.values(), ids=list(MODELS))
def test_the_longer_since_the_last_purchase_the_less_a_customer_is_alive(model: RepeatBuying) -> None:
    chances = model.alive(5, 10.0, np.linspace(10, 400, 50))
    assert (np.diff(chances) < 0).all()


@pytest.mark.parametrize("model", MODELS.values(), ids=list(MODELS))
@pytest.mark.parametrize("ahead", [0.0, 0.5, 39.0, 200.0])
def test_chances_of_counts_sum_to_one_and_have_the_expected_mean(model: RepeatBuying, ahead: float) -> None:
    chances = model.count_chances(4000, ahead)
    assert (chances >= 0).all()
    assert chances.sum() == pytest.approx(1, abs=1e-9)
    assert chances @ np.arange(4001) == pytest.approx(model.expected(ahead)[0], rel=1e-8, abs=1e-12)


@pytest.mark.parametrize("a", [1 - 1e-9, 1.0, 1 + 1e-9, 0.02])
def test_bgnbd_has_no_gap_where_the_published_formula_divides_by_nothing(a: float) -> None:
    near = BetaGeometric(0.243, 4.414, a * (1 + 1e-6), 2.426).expected_further(39, *ONE)[0]
    assert BetaGeometric(0.243, 4.414, a, 2.426).expected_further(39, *ONE)[0] == pytest.approx(
        near, rel=1e-5
    )
    assert ParetoGamma(0.5, 10, a, 12).expected(39)[0] == pytest.approx(
        ParetoGamma(0.5, 10, a * (1 + 1e-6), 12).expected(39)[0], rel=1e-5
    )


@pytest.mark.parametrize(
    ("rows", "code"),
    [
        (([1], [2.0], [3.0, 4.0]), Refusal.LENGTHS_DIFFER),
        (([[1]], [2.0], [3.0]), Refusal.LENGTHS_DIFFER),
        ((["x"], [2.0], [3.0]), Refusal.NOT_A_NUMBER),
        (([float("nan")], [2.0], [3.0]), Refusal.NOT_A_NUMBER),
        (([1], [2.0], [float("inf")]), Refusal.NOT_A_NUMBER),
        (([-1], [0.0], [3.0]), Refusal.NEGATIVE),
        (([1.5], [2.0], [3.0]), Refusal.NOT_WHOLE),
        (([1], [2.0], [3.0], [0.5]), Refusal.NOT_WHOLE),
        (([10**7], [2.0], [3.0]), Refusal.TOO_MANY_REPEATS),
        (([1], [0.0], [3.0]), Refusal.REPEAT_WITHOUT_TIME),
        (([0], [1.0], [3.0]), Refusal.TIME_WITHOUT_REPEAT),
        (([1], [4.0], [3.0]), Refusal.LAST_AFTER_END),
        (([], [], []), Refusal.TOO_FEW_CUSTOMERS),
        (([1, 2], [1.0, 2.0], [3.0, 3.0]), Refusal.TOO_FEW_CUSTOMERS),
        (([0, 0], [0.0, 0.0], [3.0, 4.0], [50, 60]), Refusal.NO_REPEAT_BUYERS),
        (([1], [2.0], [3.0], [50]), Refusal.ALL_ALIKE),
    ],
)
@pytest.mark.parametrize("fit", [bgnbd, paretonbd])
def test_a_fit_refuses_rows_that_say_nothing_or_contradict_themselves(
    fit: ModuleType, rows: tuple[list[float], ...], code: Refusal
) -> None:
    with pytest.raises(CannotFit) as refused:
        fit.fit(Purchases.of(*rows))
    assert refused.value.code is code


@pytest.mark.parametrize("fit", [bgnbd, paretonbd])
def test_a_bank_nobody_leaves_is_fitted_with_its_edge_named(fit: ModuleType) -> None:
    # Everybody bought on the last day: nothing tells how customers stop.
    found = fit.fit(Purchases.of([3, 5, 9, 12], [30.0] * 4, [30.0] * 4, [40, 30, 20, 10]))
    assert found.at_bounds
    assert all(found.errors[name] is None for name in found.at_bounds)
    assert found.model.alive(9, 30.0, 30.0)[0] > 0.99


@pytest.mark.parametrize("fit", [bgnbd, paretonbd])
def test_a_search_on_coarser_rows_ends_where_the_exact_one_does(
    fit: ModuleType, cdnow: Cdnow, monkeypatch: pytest.MonkeyPatch
) -> None:
    exact = fit.fit(cdnow.purchases())
    monkeypatch.setattr(likelihood, "ROUGH_FROM", 100)
    found = fit.fit(cdnow.purchases())
    assert cdnow.purchases().coarser(12).distinct_count < cdnow.purchases().distinct_count
    for name, error in exact.errors.items():
        assert getattr(found.model, name) == pytest.approx(getattr(exact.model, name), rel=1e-6)
        assert found.errors[name] == pytest.approx(error, rel=1e-4)


@settings(deadline=None)
@given(
    rows=st.lists(
        st.tuples(st.integers(0, 9), st.integers(1, 30), st.integers(0, 30), st.integers(0, 4)), min_size=1
    )
)
def test_grouping_keeps_every_customer(rows: list[tuple[int, int, int, int]]) -> None:
    x, last, beyond, counts = np.array(rows, dtype=float).T
    last = np.where(x > 0, last, 0)
    unit = 0.3  # times that are no whole numbers are grouped too
    grouped = Purchases.of(x, last * unit, (last + beyond) * unit, counts)
    listed = Purchases.of(
        *(np.repeat(each, counts.astype(int)) for each in (x, last * unit, (last + beyond) * unit))
    )
    for one, other in (
        (grouped.repeats, listed.repeats), (grouped.recency, listed.recency), (grouped.age, listed.age),
        (grouped.customers, listed.customers),
    ):  # fmt: skip
        assert one.tolist() == other.tolist()
    assert grouped.customer_count == counts.sum()
    assert grouped.repeat_count == x @ counts
    assert grouped.distinct_count == len(
        {*zip(x[counts > 0], last[counts > 0], (last + beyond)[counts > 0], strict=True)}
    )
