"""Asking outlets to give their highly loyal customers an account manager (L-49)."""

from __future__ import annotations

from datetime import date, datetime

from django.db import transaction

from zhike.core import calendar, parameters
from zhike.core.models import Task, TaskState
from zhike.core.operations import tasks
from zhike.core.sentences import Sentence
from zhike.loyalty.queries import unkept
from zhike.loyalty.queries.changes import published_run
from zhike.loyalty.queries.run_states import accountable_for

SOURCE = "owner.gap"


@transaction.atomic
def ask_for_managers(*, on: date, now: datetime) -> int:
    """Ask each outlet for managers whose highly loyal customers have been without one for longer than
    `loyalty.owner_gap_days` working days: a task, due in as many again, in the name of whoever published the
    evaluation.

    An outlet has one such task open at a time; one that is answered while the gap remains is asked anew. Safe to
    repeat; returns how many outlets are asked.
    """
    run = published_run()
    by = accountable_for(run) if run else None
    if run is None or by is None:
        return 0
    days = parameters.value(unkept.GAP_PARAMETER, on=on)
    count = 0
    for outlet_id, customers in unkept.overdue_by_outlet(on=on).items():
        key = f"{SOURCE}:{outlet_id}:"
        if Task.objects.filter(source_key__startswith=key, state=TaskState.OPEN).exists():
            continue
        tasks.ask_task(
            title=Sentence("managers.asked", {"count": customers}),
            text=Sentence("managers.asked_since", {"days": days, "period": run.period}),
            unit_id=outlet_id, due_on=calendar.due_day(on, days), source_key=f"{key}{on:%Y%m%d}",
            by=by, now=now,
        )  # fmt: skip
        count += 1
    return count
