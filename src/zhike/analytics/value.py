"""What customers are worth and how they stand, as of a day: one row each, and what the rows rest on (E.5, E.8 to E.11).

Two habits without a contract are modelled (`study`), the relation itself by survival (`survival`); beside them how the
customer stands against a year before (`keeping`) and RFM(P) (`rfm`). The rows are kept as Parquet, so that the figures
of any group of outlets are read from them by the same queries.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Collection
from dataclasses import asdict, dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from zhike.analytics import keeping, plan, rfm, study
from zhike.analytics.engine import Engine
from zhike.analytics.habits import Habit
from zhike.analytics.study import HabitStudy, StudyRules
from zhike.analytics.survival import Fit, fit_by_type, survival

KEPT = "valued"
"""The view of the rows a study keeps."""
_TEXTS = (
    "scope", "retention",
    *(f"purchases/{name}" for name in (
        "card", "investment", "pasts", "grouped", "spending", "tracked", "valued")),
    *(f"keeping/{name}" for name in (
        "standing", "assets", "assets_sum", "assets_window", "accounts", "acts", "acts_month", "elsewhere",
        "rfm", "rfm_spread", "celled", "valued")),
)  # fmt: skip
_OF_A_HABIT = (
    "repeats",
    "recency_days",
    "age_days",
    "repeat_cents",
    "alive",
    "expected_count",
    "value_cents",
)
_YEAR_MONTHS = 12
_STATED = (
    0.6681,
    3.8061,
)  # 'High end' of Fader and Hardie (formula E.5), where the bank has lost too few to fit


@dataclass(frozen=True, slots=True)
class ValueRules:
    """The numbers of a study: of each habit, and of how customers stand. Fewer than `least_losses` customers lost are
    too few to fit survival on."""

    habits: dict[Habit, StudyRules] = field(default_factory=lambda: {habit: StudyRules() for habit in Habit})
    keeping: keeping.Rules = field(default_factory=keeping.Rules)
    least_losses: int = 30

    def plain(self) -> dict[str, Any]:
        """The rules as JSON keeps them."""
        return {
            "habits": {str(habit): asdict(rules) for habit, rules in self.habits.items()},
            "keeping": {**asdict(self.keeping), "bands_cents": list(self.keeping.bands_cents)},
            "least_losses": self.least_losses,
        }


@dataclass(frozen=True, slots=True)
class ValueStudy:
    """What was found between two days: each habit, how long relations last by business type, and the feeds it had."""

    start_on: date
    as_of: date
    habits: dict[Habit, HabitStudy]
    lives: tuple[Fit, ...]
    feeds: frozenset[str]

    def plain(self) -> dict[str, Any]:
        """The study as JSON keeps it, what is no number as nothing. `curve` of a life: chances of a new customer to be
        here after 1, 2, ... years."""
        told: dict[str, Any] = _finite(
            {
                "start_on": self.start_on.isoformat(),
                "as_of": self.as_of.isoformat(),
                "habits": {str(habit): found.plain() for habit, found in self.habits.items()},
                "lives": [{**asdict(fit), "curve": survival(fit.alpha, fit.beta, 10)} for fit in self.lives],
                "feeds": sorted(self.feeds),
            }
        )
        return told


def _finite(told: Any) -> Any:
    if isinstance(told, dict):
        return {str(name): _finite(each) for name, each in told.items()}
    if isinstance(told, list | tuple):
        return [_finite(each) for each in told]
    return None if isinstance(told, float) and not math.isfinite(told) else told


def sql_sha256() -> str:
    """Return one hash over the reviewed files of a study, in hex: a study of other texts is another one."""
    return hashlib.sha256("\0".join(plan.text(name) for name in _TEXTS).encode()).hexdigest()


def study_value(
    engine: Engine, as_of: date, rules: ValueRules, path: str | Path, *, feeds: Collection[str]
) -> ValueStudy:
    """Study the facts as of the end of a day and write the rows to Parquet; the engine has the views of the lake."""
    start_on = plan.months_before(as_of, _YEAR_MONTHS)
    found = {}
    for habit, numbers in rules.habits.items():
        found[habit] = study.study_habit(engine, habit, as_of, numbers)
        study.keep_values(engine, found[habit], numbers, f"of_{habit.lower()}")
    keeping.keep_standing(engine, start_on, as_of, rules.keeping, feeds=feeds)
    rfm.keep_rfm(engine, classes=rules.keeping.classes)
    engine.write(_valued(rules.habits), {"as_of": as_of}, path)
    counts: dict[str, list[tuple[int, int | None, int]]] = {}
    for business_type, years, stayed, customers in engine.fetch(plan.text("retention"), {"as_of": as_of}):
        counts.setdefault(business_type, []).append((years, stayed, customers))
    lives = fit_by_type(counts, least_losses=rules.least_losses, stated=_STATED)
    return ValueStudy(start_on, as_of, found, lives, frozenset(feeds))


def _valued(habits: Collection[Habit]) -> str:
    columns = [
        f"of_{habit.lower()}.{name} AS {habit.lower()}_{name}" for habit in habits for name in _OF_A_HABIT
    ]
    joins = [
        f"LEFT JOIN of_{habit.lower()} ON of_{habit.lower()}.customer_id = c.customer_id" for habit in habits
    ]
    return plan.text("keeping/valued").format(habits=",\n       ".join(columns), joins="\n".join(joins))


def read(engine: Engine, path: str | Path, outlets: Collection[int] | None) -> None:
    """Name the rows of a study as `valued`, `customers`, `standing` and `celled`, which the figures are read from; of
    some outlets, or of all."""
    engine.view(KEPT, [path])
    among = "TRUE"
    if outlets is not None:
        engine.table("outlets_asked", (("outlet_id", "BIGINT"),), [(outlet,) for outlet in sorted(outlets)])
        among = "outlet_id IN (SELECT outlet_id FROM outlets_asked)"
    engine.keep("customers", f"SELECT * FROM {KEPT} WHERE {among}", {})
    engine.keep("standing", "SELECT * FROM customers WHERE state IS NOT NULL", {})
    engine.keep("celled", "SELECT * FROM customers WHERE cell IS NOT NULL", {})
