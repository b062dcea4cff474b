"""Scoring the customers with the model in use, watching its drift, and the warnings that follow (M-03, N-17)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path

import numpy as np
from django.db import transaction
from django.utils import timezone

from zhike.analytics import churn, foresight
from zhike.analytics.engine import Columns, DuckEngine
from zhike.analytics.foresight import Known, Model
from zhike.analytics.logistic import Numbers
from zhike.core import audit, calendar, parameters
from zhike.core.faults import crash_point
from zhike.core.operations import tasks
from zhike.core.sentences import Sentence
from zhike.facts import api as facts
from zhike.insight.models import RegisteredModel, Scoring
from zhike.insight.models.foresee import ModelState
from zhike.insight.operations import files, warnings
from zhike.insight.operations.registering import feeds_of, learning_of

REASONS = 3
COLUMNS: Columns = (
    ("customer_id", "BIGINT"), ("outlet_id", "BIGINT"), ("risk", "DOUBLE"),
    *((f"{name}_{place}", kind) for place in range(1, REASONS + 1)
      for name, kind in (("reason", "VARCHAR"), ("told", "DOUBLE"), ("part", "DOUBLE"))),
)  # fmt: skip
_TENTHS = 10
_HUNDREDTHS = 100
_SOURCE = "insight.model_drift"


def score_customers(*, now: datetime, tell: Callable[[str], None] = lambda step: None) -> Scoring | None:
    """Score the customers at risk by the facts as they are loaded, keep how far they have drifted from the training,
    raise an alarm where that is far, and warn of those above the threshold. None without a model in use.

    Safe to repeat: the same day's scores take each other's place, and nobody is warned of twice.
    """
    model = RegisteredModel.objects.filter(state=ModelState.IN_USE).first()
    snapshot = facts.snapshot()
    as_of = snapshot.business_on
    if model is None or as_of is None:
        return None
    fitted = foresight.from_plain(model.fitted)
    with facts.passing(files.FOLDER, files.BUILDING) as built, facts.over(snapshot) as duck:
        tell("SCORES")
        known = churn.read_at_risk(duck, as_of, learning_of(model), feeds=feeds_of(duck, snapshot, as_of))
        chances = fitted.chances(known)
        _write(duck, fitted, known, chances, built)
        tell("WARNINGS")
        crash_point("scoring.before_commit")
        with transaction.atomic():
            scoring = _take_in(model, as_of, built, now=now)
            scoring.row_count = len(known.customer_ids)
            places = np.minimum((chances * _TENTHS).astype(int), _TENTHS - 1)
            scoring.counts = [int(each) for each in np.bincount(places, minlength=_TENTHS)]
            scoring.drift = foresight.drifts(fitted, known)
            _alarm(scoring, now=now)
            scoring.warned_count += warnings.raise_warnings(
                scoring=scoring, scored=warnings.Scored(fitted, known, chances), now=now
            )
            scoring.save()
            audit.record(
                "customers.scored", by=None, at=now, row=scoring,
                detail={"customers": scoring.row_count, "sha256": scoring.sha256, "warned": scoring.warned_count},
            )  # fmt: skip
    return scoring


def _write(duck: DuckEngine, fitted: Model, known: Known, chances: Numbers, path: Path) -> None:
    parts = fitted.parts(known)
    rows = []
    for row, (customer_id, outlet_id) in enumerate(zip(known.customer_ids, known.outlet_ids, strict=True)):
        cells: list[int | float | str | None] = [customer_id, outlet_id, float(chances[row])]
        found = foresight.reasons(fitted, known, parts, row, REASONS)
        for each in found:
            cells += [each.code, each.told, each.part]
        rows.append((*cells, *[None] * (3 * (REASONS - len(found)))))
    duck.table("scored", COLUMNS, rows)
    duck.write("SELECT * FROM scored ORDER BY customer_id", {}, path)


def _take_in(model: RegisteredModel, as_of: date, built: Path, *, now: datetime) -> Scoring:
    """Name the file by a row. Earlier files are forgotten; their rows stay."""
    scoring = Scoring.objects.filter(model=model, as_of=as_of).first() or Scoring(
        model=model, as_of=as_of, row_count=0
    )
    scoring.sha256, scoring.made_at = facts.sha256_of(built), now
    scoring.path = files.take_in(built, files.SCORES)
    Scoring.objects.exclude(pk=scoring.pk).exclude(path="").update(path="")
    scoring.save()
    files.forget_all_but([scoring.path], files.SCORES)
    return scoring


def _alarm(scoring: Scoring, *, now: datetime) -> None:
    """One task for whoever put the model in use for what has drifted far and was not told of before."""
    on = timezone.localdate(now)
    limit = parameters.value("insight.drift_alarm", on=on) / _HUNDREDTHS
    told = {code for each in Scoring.objects.filter(model=scoring.model) for code in each.alarmed}
    far = sorted(
        code for code, index in scoring.drift.items() if (index or 0.0) >= limit and code not in told
    )
    by = scoring.model.used_by
    if not far or by is None or by.unit_id is None:
        return
    tasks.ask_task(
        title=Sentence("model.drifted", {"inputs": {"INPUT": far}, "model": scoring.model.code}),
        text=Sentence(
            "model.look_into",
            {"model": scoring.model.code, "as_of": scoring.as_of.isoformat(),
             "index": f"{max(scoring.drift[code] for code in far):.2f}"},
        ),
        unit_id=by.unit_id,
        due_on=calendar.due_day(on, parameters.value("insight.churn_due_days", on=on)),
        source_key=f"{_SOURCE}:{scoring.model_id}:{'.'.join(far)}"[:100],
        by=by, now=now,
    )  # fmt: skip
    scoring.alarmed = sorted({*scoring.alarmed, *far})
