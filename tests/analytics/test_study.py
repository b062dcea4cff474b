"""A habit studied on a made-up bank that behaves as the model says: fit, hold-out, choice, and a row a customer."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest

from zhike.analytics import study
from zhike.analytics.bgnbd import BetaGeometric
from zhike.analytics.engine import DuckEngine
from zhike.analytics.habits import ALL, Habit
from zhike.analytics.purchases import Refusal
from zhike.analytics.study import Limit, ModelName, SpendStudy, StudyRules
from zhike.analytics.survival import Source
from zhike.facts.contract import LAKE_COLUMNS

AS_OF = date(2026, 9, 30)
RULES = StudyRules(past_days=500, hold_out_days=150, least_repeaters=80, horizon_months=12)
TRUTH = BetaGeometric(1.2, 40.0, 0.9, 5.0)
CUSTOMERS, FEW = 1500, 60


def card_days(customers: int, draw: np.random.Generator) -> Iterator[tuple[int, int, int]]:
    """(customer, days before AS_OF, cents) of purchases by the model, each customer from a day of the first year."""
    for customer in range(1, customers + 1):
        day = float(draw.integers(-499, -200))
        rate, chance = draw.gamma(TRUTH.r, 1 / TRUTH.alpha), draw.beta(TRUTH.a, TRUTH.b)
        level = draw.gamma(6, 1 / draw.gamma(4, 1 / 1500))
        while day <= 0:
            yield customer, int(np.floor(day)), max(1, int(draw.gamma(6, level / 6)))
            if draw.random() < chance:
                break
            day += draw.exponential(1 / rate)


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DuckEngine]:
    draw = np.random.default_rng(20260930)
    customers = [
        (n, "INDIVIDUAL", "MICRO" if n <= FEW else "RETAIL", "GENERAL", 1, date(2020, 1, 1), None)
        for n in range(1, CUSTOMERS + 1)
    ]
    bought = [
        (str(at), n, n, AS_OF + timedelta(day), "CARD_PURCHASE", -cents, "POS", None, None, None)
        for at, (n, day, cents) in enumerate(card_days(CUSTOMERS, draw))
    ]
    with DuckEngine(threads=2, temp_directory=tmp_path_factory.mktemp("spill")) as duck:
        for name, columns in LAKE_COLUMNS.items():
            rows = {"customers": customers, "transactions": bought}.get(name, [])
            duck.table(name, columns, rows)
        yield duck


@pytest.mark.requirement("T-28")
def test_a_study_fits_both_models_tries_them_and_takes_the_one_that_erred_less(engine: DuckEngine) -> None:
    found = study.study_habit(engine, Habit.CARD, AS_OF, RULES)
    bank = found.by_type[ALL]
    assert (found.past_from, found.past_until) == (AS_OF - timedelta(500), AS_OF - timedelta(150))
    assert [fit.name for fit in bank.fits] == list(ModelName)
    assert all(fit.is_converged for fit in bank.fits)
    errors = {fit.name: fit.back_test.mean_error for fit in bank.fits}
    assert bank.chosen == min(errors, key=lambda name: errors[name])
    assert (bank.source, bank.refusal) == (Source.OWN, None)
    test = bank.fits[0].back_test
    assert abs(test.total_error or 1) < 0.1
    assert test.mean_error < test.naive_mean_error
    assert bank.course is not None
    assert bank.course.days[-1] == 500
    assert bank.course.actual[-1] - bank.course.actual[-2] >= 0
    at = max(n for n, day in enumerate(bank.course.days) if day <= bank.course.hold_out_from)
    assert bank.course.expected[at] == pytest.approx(bank.course.actual[at], rel=0.1)
    assert bank.spend is not None
    assert bank.spend.is_independent
    assert bank.limits == ()


def test_a_type_with_too_few_buyers_rests_on_the_bank_and_says_so(engine: DuckEngine) -> None:
    found = study.study_habit(engine, Habit.CARD, AS_OF, RULES)
    few = found.by_type["MICRO"]
    assert (few.source, few.refusal, few.fits) == (Source.POOLED, Refusal.TOO_FEW_CUSTOMERS, ())
    assert few.chosen == found.by_type[ALL].chosen
    assert few.limits == (Limit.POOLED, Limit.SPEND_NOT_FITTED)
    strict = study.study_habit(engine, Habit.CARD, AS_OF, StudyRules(least_repeaters=10**6))
    assert {each.source for each in strict.by_type.values()} == {None}
    assert all(each.limits == (Limit.NOT_FITTED, Limit.SPEND_NOT_FITTED) for each in strict.by_type.values())
    assert study.keep_values(engine, strict, StudyRules(least_repeaters=10**6), "nothing") == 0
    assert engine.columns("nothing") == tuple(name for name, _ in study.VALUE_COLUMNS)


def test_a_habit_nobody_has_is_an_empty_study(engine: DuckEngine) -> None:
    found = study.study_habit(engine, Habit.INVESTMENT, AS_OF, RULES)
    assert found.by_type == {}
    assert study.keep_values(engine, found, RULES, "nobody") == 0


def test_every_buyer_has_one_value_and_it_is_purchases_times_spend(
    engine: DuckEngine, tmp_path: Path
) -> None:
    found = study.study_habit(engine, Habit.CARD, AS_OF, RULES)
    assert study.keep_values(engine, found, RULES, "card_values") == CUSTOMERS
    rows = engine.fetch(
        "SELECT COUNT(DISTINCT customer_id), MIN(alive), MAX(alive), MIN(value_cents), MIN(expected_count),"
        " COUNT(CASE WHEN discounted_count > expected_count THEN 1 END) FROM card_values", {},
    )  # fmt: skip
    customers, least, most, value, expected, over = rows[0]
    assert (customers, over) == (
        CUSTOMERS,
        0,
    )  # a horizon of a year, discounted, is below the year's purchases
    assert 0 <= least <= most <= 1
    assert min(value, expected) >= 0
    assert engine.kinds("card_values") == dict(study.VALUE_COLUMNS)


def test_a_study_names_the_limits_of_its_figures(engine: DuckEngine) -> None:
    good = study.study_habit(engine, Habit.CARD, AS_OF, RULES).by_type[ALL]
    assert good.best is not None
    test = good.best.back_test
    stay = tuple(replace(row, alive=1.0) for row in test.calibration)
    poor = replace(
        test, calibration=stay, mean_error=test.naive_mean_error, never_repeated_count=test.customer_count
    )
    fits = tuple(replace(fit, back_test=poor, is_converged=False) for fit in good.fits)
    spent = SpendStudy({"p": 1.0, "q": 0.9, "v": 1.0}, {}, 90, 0.4, False)
    assert replace(good, fits=fits, spend=spent).limits == (
        Limit.NOT_CONVERGED, Limit.NOBODY_STOPS, Limit.NO_BETTER_THAN_NAIVE, Limit.MANY_NEVER_REPEATED,
        Limit.SPEND_HANGS_ON_FREQUENCY, Limit.SPEND_HAS_NO_MEAN,
    )  # fmt: skip


def test_a_study_is_kept_as_json(engine: DuckEngine) -> None:
    found = study.study_habit(engine, Habit.CARD, AS_OF, RULES)
    plain = json.loads(json.dumps(found.plain(), allow_nan=False))
    assert plain["by_type"][ALL]["customer_count"] == found.by_type[ALL].customer_count
    assert plain["as_of"] == "2026-09-30"
    assert plain["by_type"]["MICRO"]["limits"] == ["POOLED", "SPEND_NOT_FITTED"]
