"""The study of value there is now, and the numbers the next one would rest on."""

from __future__ import annotations

import hashlib
import json
from datetime import date
from importlib import metadata

from zhike.analytics import keeping, value
from zhike.analytics.habits import Habit
from zhike.analytics.study import StudyRules
from zhike.analytics.value import ValueRules
from zhike.core import parameters
from zhike.core.models import JobRun, JobState
from zhike.facts import api as facts
from zhike.insight.models import ValueStudy

JOB = "insight.value"
_CENTS, _TEN_THOUSAND = 100, 1_000_000
_MARGINS = {Habit.CARD: "value.card_margin", Habit.INVESTMENT: "value.investment_margin"}


def current() -> ValueStudy | None:
    """The latest study; None before the first was made."""
    return ValueStudy.objects.exclude(path="").order_by("-pk").first()


def course() -> JobRun | None:
    """The last time a study was asked for."""
    return JobRun.objects.filter(job=JOB).order_by("-asked_at", "-pk").first()


def is_under_way(run: JobRun | None) -> bool:
    """Whether a study is waiting for the worker or being made."""
    return run is not None and run.state in {JobState.QUEUED, JobState.RUNNING}


def rules_on(day: date) -> ValueRules:
    """The numbers in force on a day, as the computation takes them: the parameters of the register."""

    def number(code: str) -> int:
        return int(parameters.value(code, on=day))

    loss, partial = number("value.asset_loss_percent"), number("value.partial_loss_percent")
    habits = {
        habit: StudyRules(
            past_days=number("value.past_days"),
            hold_out_days=number("value.hold_out_days"),
            least_repeaters=number("value.least_repeaters"),
            horizon_months=number("value.horizon_months"),
            discount=number("value.discount_percent") / 100,
            margin_share=number(margin) / 10_000,
        )
        for habit, margin in _MARGINS.items()
    }
    bands = sorted({int(bound) for bound in parameters.value("aum.bands", on=day)} - {0})
    return ValueRules(
        habits=habits,
        keeping=keeping.Rules(
            sleeping_months=number("value.sleeping_months"),
            sleeping_below_cents=number("value.sleeping_below") * _CENTS,
            asset_loss=max(loss, partial) / 100,
            partial_loss=min(loss, partial) / 100,
            bands_cents=(0, *(bound * _TEN_THOUSAND for bound in bands)),
        ),
        least_losses=number("value.least_losses"),
    )


def rests_on(snapshot: facts.Snapshot, as_of: date, rules: ValueRules) -> str:
    """A digest of what a study of a day made now would rest on: the loads, the rules, the SQL, the release."""
    state = {
        "as_of": as_of.isoformat(),
        "batches": snapshot.batches,
        "rules": rules.plain(),
        "sql": value.sql_sha256(),
        "release": release(),
    }
    return hashlib.sha256(json.dumps(state, sort_keys=True).encode()).hexdigest()


def release() -> str:
    """The release that computes."""
    return metadata.version("zhike")


def is_outdated(kept: ValueStudy | None) -> bool:
    """Whether newer facts or other rules wait to be taken in."""
    snapshot = facts.snapshot()
    day = snapshot.business_on
    return day is not None and (kept is None or kept.basis != rests_on(snapshot, day, rules_on(day)))
