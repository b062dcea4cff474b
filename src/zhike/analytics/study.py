"""A habit studied as of a day: models fitted on the past, tried on what came after it, and what they say of customers.

The past ends before the hold-out, both models are fitted on it and held against the hold-out, and the one that erred
less per customer is fitted again on everything until the day. A business type with too few buyers rests on those of
the whole bank and says so; where even these do not suffice, the refusal is the result (T-28, formula E.5).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from enum import StrEnum
from types import ModuleType
from typing import Any

import numpy as np

from zhike.analytics import backtest, bgnbd, habits, paretonbd, plan, spend
from zhike.analytics.backtest import BackTest
from zhike.analytics.engine import Engine, Value
from zhike.analytics.habits import ALL, Habit, Pasts, Reading
from zhike.analytics.likelihood import ModelFit
from zhike.analytics.purchases import CannotFit, Refusal
from zhike.analytics.spend import Spending
from zhike.analytics.survival import Source
from zhike.analytics.worth import RepeatBuying, discounted_purchases

VALUE_COLUMNS = (
    ("customer_id", "BIGINT"), ("repeats", "BIGINT"), ("recency_days", "BIGINT"), ("age_days", "BIGINT"),
    ("repeat_cents", "BIGINT"), ("alive", "DOUBLE"), ("expected_count", "DOUBLE"), ("discounted_count", "DOUBLE"),
    ("value_cents", "BIGINT"),
)  # fmt: skip
"""What is kept of each customer who has bought."""

YEAR_DAYS = 365.0
_MONTH_DAYS = YEAR_DAYS / 12


class ModelName(StrEnum):
    """The models tried."""

    BGNBD = "BGNBD"
    PARETONBD = "PARETONBD"


class Limit(StrEnum):
    """What must be said beside the figures of a business type."""

    NOT_FITTED = "NOT_FITTED"  # too few buyers here and in the bank; `refusal` says why
    POOLED = "POOLED"  # rests on the purchases of the whole bank
    NOT_CONVERGED = "NOT_CONVERGED"
    NOBODY_STOPS = "NOBODY_STOPS"  # nothing in the data tells of customers who stopped: all count as alive
    NO_BETTER_THAN_NAIVE = "NO_BETTER_THAN_NAIVE"  # the last period once more erred no more per customer
    MANY_NEVER_REPEATED = "MANY_NEVER_REPEATED"  # half or more never bought again: BG/NBD has them all alive
    SPEND_NOT_FITTED = "SPEND_NOT_FITTED"
    SPEND_HANGS_ON_FREQUENCY = "SPEND_HANGS_ON_FREQUENCY"  # Gamma-Gamma's condition does not hold
    SPEND_HAS_NO_MEAN = "SPEND_HAS_NO_MEAN"  # q of 1 or less: spends too uneven for a mean of all


_ALL_ALIVE = 0.999
_MANY = 0.5


MODELS: Mapping[ModelName, ModuleType] = {ModelName.BGNBD: bgnbd, ModelName.PARETONBD: paretonbd}


@dataclass(frozen=True, slots=True)
class StudyRules:
    """The numbers of a study: how far back purchases count, how long the hold-out is, whom a model needs, and what a
    purchase is worth. `margin_share` is what the bank earns of the money spent, `discount` a yearly rate."""

    past_days: int = 730
    hold_out_days: int = 182
    least_repeaters: int = 100
    horizon_months: int = 36
    discount: float = 0.08
    margin_share: float = 0.01
    course_days: int = 28


@dataclass(frozen=True, slots=True)
class Fitted:
    """One model on the past before the hold-out: parameters in days with standard errors, and its back-test."""

    name: ModelName
    parameters: Mapping[str, float]
    errors: Mapping[str, float | None]
    log_likelihood: float
    is_converged: bool
    at_bounds: tuple[str, ...]
    back_test: BackTest


@dataclass(frozen=True, slots=True)
class Course:
    """Repeat purchases of the customers of the past, summed up to each day since the reading began."""

    days: tuple[int, ...]
    actual: tuple[int, ...]
    expected: tuple[float, ...]
    hold_out_from: int


@dataclass(frozen=True, slots=True)
class SpendStudy:
    """Gamma-Gamma on the mean spends in cents, and whether its condition holds: how much apart from how often."""

    parameters: Mapping[str, float]
    errors: Mapping[str, float | None]
    customer_count: int
    correlation: float
    is_independent: bool


@dataclass(frozen=True, slots=True)
class TypeStudy:
    """What was found of a business type. `source` says on whose purchases `chosen` rests; None where `refusal` says
    why nothing could be fitted."""

    customer_count: int
    repeater_count: int
    distinct_count: int
    fits: tuple[Fitted, ...]
    chosen: ModelName | None
    source: Source | None
    refusal: Refusal | None
    course: Course | None
    spend: SpendStudy | None
    spend_refusal: Refusal | None

    @property
    def best(self) -> Fitted | None:
        """The model that erred less per customer in the hold-out; None where none was fitted on this type."""
        return next((fit for fit in self.fits if fit.name is self.chosen), None)

    @property
    def limits(self) -> tuple[Limit, ...]:
        """What must be said beside the figures, in the order of the enumeration."""
        spent, best = self.spend, self.best
        true = {
            Limit.NOT_FITTED: self.chosen is None,
            Limit.POOLED: self.source is Source.POOLED,
            Limit.SPEND_NOT_FITTED: spent is None,
            Limit.SPEND_HANGS_ON_FREQUENCY: spent is not None and not spent.is_independent,
            Limit.SPEND_HAS_NO_MEAN: spent is not None and spent.parameters["q"] <= 1,
        }
        if best is not None:
            test = best.back_test
            true |= {
                Limit.NOT_CONVERGED: not best.is_converged,
                Limit.NOBODY_STOPS: all(row.alive > _ALL_ALIVE for row in test.calibration),
                Limit.NO_BETTER_THAN_NAIVE: test.mean_error >= test.naive_mean_error,
                Limit.MANY_NEVER_REPEATED: test.never_repeated_count >= _MANY * test.customer_count,
            }
        return tuple(limit for limit in Limit if true.get(limit))


@dataclass(frozen=True, slots=True)
class HabitStudy:
    """A habit as of a day, by business type and ALL."""

    habit: Habit
    as_of: date
    past_from: date
    past_until: date
    by_type: Mapping[str, TypeStudy]

    def plain(self) -> dict[str, Any]:
        """The study as JSON keeps it."""
        found = asdict(self)
        days = {name: found[name].isoformat() for name in ("as_of", "past_from", "past_until")}
        for name, each in self.by_type.items():
            found["by_type"][name]["limits"] = each.limits
        return {**found, **days}


def study_habit(engine: Engine, habit: Habit, as_of: date, rules: StudyRules) -> HabitStudy:
    """Study a habit as of the end of a day; the engine has the views of the lake. Leaves the pasts of the hold-out."""
    reading = hold_out_reading(as_of, rules)
    habits.keep_pasts(engine, habit, reading)
    pasts, spending = habits.read_pasts(engine), habits.read_spending(engine)
    tracked = habits.read_tracked(engine, reading)
    by_type: dict[str, TypeStudy] = {}
    for name, each in pasts.items():
        fits, refusal = _fits(each, reading, rules)
        source = Source.OWN if fits else None
        if refusal and name != ALL and (pooled := by_type.get(ALL)) and pooled.fits:
            source = Source.POOLED
        best = min(fits, key=lambda fit: fit.back_test.mean_error, default=None)
        spent, spend_refusal = _spend(spending.get(name), rules)
        purchases = each.purchases()
        by_type[name] = TypeStudy(
            customer_count=purchases.customer_count,
            repeater_count=purchases.repeater_count,
            distinct_count=purchases.distinct_count,
            fits=fits,
            chosen=best.name if best else by_type[ALL].chosen if source else None,
            source=source,
            refusal=refusal,
            course=_course(_model(best), each, tracked.get(name), reading, rules) if best else None,
            spend=spent,
            spend_refusal=spend_refusal,
        )
    return HabitStudy(habit, as_of, reading.bought_from, reading.as_of, by_type)


def hold_out_reading(as_of: date, rules: StudyRules) -> Reading:
    """The reading whose past ends a hold-out before the day."""
    past_until = as_of - timedelta(rules.hold_out_days)
    return Reading(as_of - timedelta(rules.past_days), past_until, as_of)


def keep_values(engine: Engine, found: HabitStudy, rules: StudyRules, name: str) -> int:
    """Keep one row a customer who has bought, as of the day of the study; return how many.

    Columns: customer_id, repeats, recency_days, age_days, repeat_cents, alive, expected_count (purchases within a
    year), discounted_count and value_cents (over the horizon). The chosen models are fitted anew on everything.
    Who is of a type without a model has no row.
    """
    reading = Reading(found.as_of - timedelta(rules.past_days), found.as_of, found.as_of)
    habits.keep_pasts(engine, found.habit, reading)
    pasts = habits.read_pasts(engine)
    spending = habits.read_spending(engine)
    parts = []
    for at, (business_type, each) in enumerate(pasts.items()):
        study = found.by_type.get(business_type)
        if business_type == ALL or study is None or study.chosen is None:
            continue
        whose = ALL if study.source is Source.POOLED else business_type
        money = _spend_fit(spending.get(whose)) or _spend_fit(spending.get(ALL))
        model = _fit(study.chosen, pasts[whose], rules)
        if model is None or money is None:
            continue
        part = f"valued_{at}"
        _keep_part(engine, (model.model, money.model), each, (business_type, part), rules)
        parts.append(f"SELECT * FROM {part}")
    if parts:
        engine.keep(name, "\nUNION ALL\n".join(parts), {})
    else:
        engine.table(name, VALUE_COLUMNS, ())
    return int(engine.fetch(f"SELECT COUNT(*) FROM {name}", {})[0][0])


def predictions(model: RepeatBuying, pasts: Pasts, rules: StudyRules) -> list[tuple[float, ...]]:
    """Return x, t_x, T, the chance to be alive, purchases within a year, and discounted ones over the horizon, for
    each distinct past."""
    known = pasts.purchases()
    past = (known.repeats, known.recency, known.age)
    monthly = (1 + rules.discount) ** (1 / 12) - 1
    discounted = discounted_purchases(
        model, past, periods=rules.horizon_months, length=_MONTH_DAYS, discount=monthly
    )
    columns = (*past, model.alive(*past), model.expected_further(YEAR_DAYS, *past), discounted)
    return [
        (int(x), int(last), int(watched), float(alive), float(expected), float(worth))
        for x, last, watched, alive, expected, worth in zip(*columns, strict=True)
    ]


def _keep_part(
    engine: Engine,
    models: tuple[RepeatBuying, spend.GammaGamma],
    pasts: Pasts,
    names: tuple[str, str],
    rules: StudyRules,
) -> None:
    columns = (
        ("repeats", "BIGINT"), ("recency_days", "BIGINT"), ("age_days", "BIGINT"), ("alive", "DOUBLE"),
        ("expected_count", "DOUBLE"), ("discounted_count", "DOUBLE"),
    )  # fmt: skip
    buying, money = models
    business_type, part = names
    engine.table("predicted", columns, predictions(buying, pasts, rules))
    bound: dict[str, Value] = {
        "business_type": business_type, "margin_share": float(rules.margin_share), "p": money.p, "q": money.q,
        "v": money.v,
    }  # fmt: skip
    engine.keep(part, plan.text("purchases/valued"), bound)


def _fits(pasts: Pasts, reading: Reading, rules: StudyRules) -> tuple[tuple[Fitted, ...], Refusal | None]:
    found = []
    for name in ModelName:
        try:
            fit = _require(name, pasts, rules)
        except CannotFit as refused:
            return (), refused.code
        tried = backtest.back_test(fit.model, pasts, reading.ahead_days)
        parameters = {each: float(getattr(fit.model, each)) for each in fit.errors}
        found.append(
            Fitted(name, parameters, fit.errors, fit.log_likelihood, fit.is_converged, fit.at_bounds, tried)
        )
    return tuple(found), None


def _require(name: ModelName, pasts: Pasts, rules: StudyRules) -> ModelFit[Any]:
    """Fit a model. Raises CannotFit, also where too few have bought again."""
    purchases = pasts.purchases()
    if purchases.repeater_count < rules.least_repeaters:
        purchases.require(1)
        raise CannotFit(Refusal.TOO_FEW_CUSTOMERS)
    found: ModelFit[Any] = MODELS[name].fit(purchases)
    return found


def _fit(name: ModelName, pasts: Pasts, rules: StudyRules) -> ModelFit[Any] | None:
    try:
        return _require(name, pasts, rules)
    except CannotFit:
        return None


def _model(fitted: Fitted) -> RepeatBuying:
    if fitted.name is ModelName.BGNBD:
        return bgnbd.BetaGeometric(**fitted.parameters)
    return paretonbd.ParetoGamma(**fitted.parameters)


def _course(
    model: RepeatBuying, pasts: Pasts, tracked: habits.Numbers | None, reading: Reading, rules: StudyRules
) -> Course:
    past_days = (reading.as_of - reading.bought_from).days
    whole = past_days + reading.ahead_days
    days = (*range(rules.course_days, whole, rules.course_days), whole)
    summed = np.cumsum(tracked) if tracked is not None else np.zeros(whole + 1)
    expected = backtest.expected_course(model, pasts, past_days, days)
    return Course(
        days, tuple(int(summed[day]) for day in days), tuple(float(each) for each in expected), past_days
    )


def _spend(spending: Spending | None, rules: StudyRules) -> tuple[SpendStudy | None, Refusal | None]:
    if spending is None or spending.customer_count < rules.least_repeaters:
        return None, Refusal.TOO_FEW_CUSTOMERS
    try:
        fit = spend.fit(spending)
    except CannotFit as refused:
        return None, refused.code
    parameters = {name: float(getattr(fit.model, name)) for name in fit.errors}
    told = SpendStudy(
        parameters, fit.errors, fit.customer_count, spending.correlation, spending.is_independent
    )
    return told, None


def _spend_fit(spending: Spending | None) -> ModelFit[spend.GammaGamma] | None:
    try:
        return spend.fit(spending) if spending is not None else None
    except CannotFit:
        return None
