"""Learning to warn of churn, and judging it on a later period that it has not seen (M-03, N-17, formula E.8).

The model learns on an earlier day what came within the horizon, and is tried on a later day, whose horizon begins where
the first one ends. Beside it stands the plain rule "whoever has not acted for longest", made into a chance in the same
way.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date, timedelta

import numpy as np

from zhike.analytics import foresight, judging, keeping, logistic, plan
from zhike.analytics.difference import Difference
from zhike.analytics.engine import Engine
from zhike.analytics.foresight import Known, Model
from zhike.analytics.judging import Bin, Gain
from zhike.analytics.keeping import Rules
from zhike.analytics.logistic import CannotLearn, Numbers, Refusal

BASELINE = "RECENCY"
LOST = ("LEFT", "SLEEPING", "ASSETS_LOST")
"""How a customer stands who counts as churned (formula E.8)."""
TOP = 0.1


@dataclass(frozen=True, slots=True)
class Learning:
    """How a model is learnt: months ahead, penalty, and how many lost customers there must at least be on each day."""

    horizon_months: int = 6
    ridge: float = 1.0
    least_cases: int = 50
    rules: Rules = field(default_factory=Rules)

    def __post_init__(self) -> None:
        if self.horizon_months < 1 or not self.ridge > 0 or self.least_cases < 1:
            raise ValueError("a horizon from one month, a penalty above nought, at least one case")


@dataclass(frozen=True, slots=True)
class Period:
    """Customers at risk on a day, and how many of them were lost within the horizon."""

    as_of: date
    until: date
    customer_count: int
    case_count: int


@dataclass(frozen=True, slots=True)
class Judged:
    """How a ranking did on the later day. `line` is intercept and slope of calibration (0 and 1 where right)."""

    auc: float
    brier: float
    gains: tuple[Gain, ...]
    bins: tuple[Bin, ...]
    line: tuple[float, float] | None

    @property
    def lift(self) -> float:
        """The lift of the highest tenth."""
        return next(each.lift for each in self.gains if each.share == TOP)


@dataclass(frozen=True, slots=True)
class Learnt:
    """A model with its proof. `beside` is the plain rule on the same customers, `difference` by how much the model
    ranks better; `left_out` are inputs that nobody had or that were the same for all."""

    model: Model
    learnt_on: Period
    tried_on: Period
    judged: Judged
    beside: Judged
    difference: Difference
    left_out: tuple[str, ...]


def origins(as_of: date, horizon_months: int) -> tuple[date, date]:
    """Return the earlier and the later day: ends of months, each with its whole horizon before `as_of`."""
    ended = as_of if (as_of + timedelta(1)).day == 1 else as_of.replace(day=1) - timedelta(1)
    return plan.months_before(ended, 2 * horizon_months), plan.months_before(ended, horizon_months)


def learn(engine: Engine, as_of: date, learning: Learning, *, feeds: Collection[str]) -> Learnt:
    """Learn from the facts as they are known on a day, and try it on the later period.

    The engine has the views of the lake. Raises CannotLearn: the facts are too short, too few were lost, or all alike.
    """
    earlier, later = origins(as_of, learning.horizon_months)
    _demand_history(engine, earlier)
    first, outcomes, learnt_on = _period(engine, earlier, learning, feeds)
    model = foresight.learn(first, outcomes, ridge=learning.ridge)
    second, came, tried_on = _period(engine, later, learning, feeds)
    chances = model.chances(second)
    plain = _plain_rule(first, outcomes, second, ridge=learning.ridge)
    weighed = {each.code for each in model.inputs}
    return Learnt(
        model=model,
        learnt_on=learnt_on,
        tried_on=tried_on,
        judged=judge(chances, came),
        beside=judge(plain, came),
        difference=judging.auc_difference(chances, plain, came),
        left_out=tuple(code for code in foresight.INPUTS if code not in weighed),
    )


def judge(chances: Numbers, outcomes: Numbers) -> Judged:
    """Judge chances by what came. Raises CannotLearn where all are alike."""
    return Judged(
        auc=judging.auc(chances, outcomes),
        brier=judging.brier(chances, outcomes),
        gains=judging.gains(chances, outcomes),
        bins=judging.reliability(chances, outcomes),
        line=judging.calibration(chances, outcomes),
    )


def keep_at_risk(
    engine: Engine, as_of: date, rules: Rules, *, feeds: Collection[str], name: str = "at_risk"
) -> None:
    """Keep the customers who can still be lost: there on the day, neither asleep nor with their assets gone. Who became
    one on that very day is not yet judged."""
    keeping.keep_standing(engine, as_of - timedelta(1), as_of, rules, feeds=feeds)
    engine.keep(
        name, "SELECT customer_id FROM standing WHERE state IN ('KEPT', 'PARTLY_LOST') AND is_here", {}
    )


def read_at_risk(engine: Engine, as_of: date, learning: Learning, *, feeds: Collection[str]) -> Known:
    """Return what is known on a day of the customers at risk."""
    keep_at_risk(engine, as_of, learning.rules, feeds=feeds)
    foresight.keep_inputs(engine, as_of, horizon_months=learning.horizon_months, feeds=feeds)
    return foresight.read_known(
        engine, "SELECT k.* FROM known k JOIN at_risk r ON r.customer_id = k.customer_id"
    )


def _period(
    engine: Engine, as_of: date, learning: Learning, feeds: Collection[str]
) -> tuple[Known, Numbers, Period]:
    until = plan.months_before(as_of, -learning.horizon_months)
    known = read_at_risk(engine, as_of, learning, feeds=feeds)
    keeping.keep_standing(engine, as_of, until, learning.rules, feeds=feeds)
    listed = ", ".join(f"'{state}'" for state in LOST)
    lost = {row[0] for row in engine.fetch(f"SELECT customer_id FROM standing WHERE state IN ({listed})", {})}
    outcomes = np.array([float(each in lost) for each in known.customer_ids])
    cases = int(outcomes.sum())
    logistic.demand_classes(outcomes)
    if cases < learning.least_cases:
        raise CannotLearn(Refusal.TOO_FEW_CASES, cases)
    return known, outcomes, Period(as_of, until, len(outcomes), cases)


def _plain_rule(first: Known, outcomes: Numbers, second: Known, *, ridge: float) -> Numbers:
    """The chance by the time since the last act alone."""
    alone = [
        Known(each.customer_ids, each.outlet_ids, each.told, {
            code: values if code == BASELINE else np.full(len(values), np.nan)
            for code, values in each.scaled.items()
        })
        for each in (first, second)
    ]  # fmt: skip
    try:
        return foresight.learn(alone[0], outcomes, ridge=ridge).chances(alone[1])
    except CannotLearn:
        return np.full(len(second.customer_ids), float(outcomes.mean()))


def _demand_history(engine: Engine, earlier: date) -> None:
    """The earlier day needs its year: shorter facts would take the beginning of the records for the customers' own."""
    begins = foresight.parameters(earlier, 1, ())
    rows = engine.fetch(
        "SELECT MIN(month_on) FROM balances UNION ALL SELECT MIN(booked_on) FROM transactions", {}
    )
    first = [day for (day,) in rows if day is not None]
    year_from, month_from = begins["year_from"], begins["balances_from"]
    if not first or not isinstance(year_from, date) or not isinstance(month_from, date):
        raise CannotLearn(Refusal.TOO_SHORT)
    if min(first) > max(year_from, month_from) + timedelta(31):
        raise CannotLearn(Refusal.TOO_SHORT, max(0, (earlier - min(first)).days))
