"""Drift between evaluations: kept day by day, with an alarm when an indicator lies far off (L-11, formula E.8)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import date, datetime

from django.db import transaction
from django.utils import timezone

from zhike.analytics.drift import Drift
from zhike.core import calendar, parameters
from zhike.core.operations import tasks
from zhike.core.sentences import Sentence
from zhike.loyalty.models import DriftReading, Run
from zhike.loyalty.queries.drifting import DriftRow, Level, drift_rows
from zhike.loyalty.queries.run_states import accountable_for

SOURCE = "loyalty.drift"
DUE_PARAMETER = "loyalty.follow_up_days"


@transaction.atomic
def keep_reading(*, run: Run, as_of: date, found: Sequence[Drift], now: datetime) -> DriftReading:
    """Keep how far the customers of a day lie from a published evaluation, and raise an alarm for each indicator that
    went beyond `loyalty.drift_alarm` since: one task for whoever answers for the evaluation, once an indicator and
    evaluation. Safe to repeat."""
    kept = [asdict(each) for each in found]
    reading, _is_new = DriftReading.objects.update_or_create(
        run=run, as_of=as_of, defaults={"drift": kept, "made_at": now}
    )
    known = {
        code
        for before in DriftReading.objects.filter(run=run).values_list("alarmed", flat=True)
        for code in before
    }
    far = [row for row in drift_rows(kept, on=as_of) if row.level is Level.ALARM and row.code not in known]
    if far and _ask(run, as_of, far, now=now):
        reading.alarmed = sorted({*reading.alarmed, *(row.code for row in far)})
        reading.save(update_fields=["alarmed"])
    return reading


def _ask(run: Run, as_of: date, far: Sequence[DriftRow], *, now: datetime) -> bool:
    by = accountable_for(run)
    if by is None or by.unit_id is None:
        return False
    on = timezone.localdate(now)
    codes = [row.code for row in far]
    tasks.ask_task(
        title=Sentence("drift.alarm", {"indicators": {"INDICATOR": codes}, "period": run.period}),
        text=Sentence(
            "drift.look_into",
            {"period": run.period, "as_of": as_of.isoformat(), "index": f"{far[0].index:.2f}"},
        ),
        unit_id=by.unit_id,
        due_on=calendar.due_day(on, parameters.value(DUE_PARAMETER, on=on)),
        source_key=f"{SOURCE}:{run.pk}:{'.'.join(sorted(codes))}",
        by=by, now=now,
    )  # fmt: skip
    return True
