"""Runs of jobs: claimed once per business date, alive while they work, seen to end (L-21)."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from zhike.core.models import JobRun, JobState

LEASE = timedelta(minutes=2)
"""A run whose worker has not been heard of for so long may be taken over."""


@transaction.atomic
def queue_run(*, job: str, as_of: date, key: str = "", asked_by: str, now: datetime) -> tuple[JobRun, bool]:
    """The run of `job` for a date and key, made if it is new. A failed run is queued again.

    The answer says whether there is something to do.
    """
    run, is_new = JobRun.objects.select_for_update().get_or_create(
        job=job, as_of=as_of, key=key, defaults={"asked_by": asked_by, "asked_at": now}
    )
    if is_new:
        return run, True
    if run.state == JobState.FAILED:
        run.state, run.finished_at, run.error, run.step = JobState.QUEUED, None, "", ""
        run.asked_by, run.asked_at, run.done_count, run.failed_count = asked_by, now, 0, 0
        run.save()
        return run, True
    return run, False


def perform(run_id: int, work: Callable[[Progress], Any]) -> bool:
    """Claim a run and do its work; the outcome is recorded whatever happens. False if another has it.

    The one place that catches everything: a job's failure is a row on the operations page, not a lost
    traceback.
    """
    now = timezone.now()
    claimed = JobRun.objects.filter(pk=run_id, state=JobState.QUEUED) | JobRun.objects.filter(
        pk=run_id, state=JobState.RUNNING, alive_at__lt=now - LEASE
    )
    if not claimed.update(state=JobState.RUNNING, started_at=now, alive_at=now, step=""):
        return False
    progress = Progress(run_id)
    try:
        work(progress)
    except Exception:
        JobRun.objects.filter(pk=run_id).update(
            state=JobState.FAILED, finished_at=timezone.now(), error=traceback.format_exc(limit=-6)[-4000:]
        )
        raise
    JobRun.objects.filter(pk=run_id).update(state=JobState.DONE, finished_at=timezone.now(), step="")
    return True


class Progress:
    """How far a run has come; every call also says that its worker is alive."""

    def __init__(self, run_id: int) -> None:
        self.run_id = run_id

    def step(self, name: str, *, done: int = 0, total: int = 0) -> None:
        """Name the step (a code the operations page translates) and, if known, how much of it is done."""
        JobRun.objects.filter(pk=self.run_id).update(
            step=name, done_count=done, total_count=total, alive_at=timezone.now()
        )
