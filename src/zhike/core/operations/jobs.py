"""Runs of jobs: claimed once per business date, alive while they work, seen to end (L-21)."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import date, datetime
from typing import Any

from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from zhike.core.faults import describe
from zhike.core.models import JobRun, JobState
from zhike.core.models.jobs import NEXT_JOB_STATE

LOCK = 0x7A686A72  # "zhjr": with a run's number, who is at it


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
    if JobState.QUEUED in NEXT_JOB_STATE[JobState(run.state)]:
        run.state, run.finished_at, run.error, run.step = JobState.QUEUED, None, "", ""
        run.asked_by, run.asked_at, run.done_count, run.failed_count = asked_by, now, 0, 0
        run.save()
        return run, True
    return run, False


@transaction.atomic
def take(run_id: int, *, now: datetime) -> bool:
    """Take a run that waits, in the transaction that queues it: no worker gets it, and this session performs it. It
    counts as worked on as long as this session lives."""
    waiting = JobRun.objects.filter(pk=run_id, state=JobState.QUEUED)
    return _take(run_id) and bool(waiting.update(state=JobState.RUNNING, started_at=now, alive_at=now))


def perform(run_id: int, work: Callable[[Progress], Any]) -> bool:
    """Do the work of a run that waits, or that a dead worker left; the outcome is recorded whatever happens.

    False if the run has ended or another worker is at it. Who is at it holds a lock of its session, which the
    database gives back the moment that worker dies, however it dies; so `work` must be safe to begin anew.

    The one place that catches everything: a job's failure is a row on the operations page, told without the
    data it failed on.
    """
    if not _take(run_id):
        return False
    try:
        return _perform(run_id, work)
    finally:
        _leave(run_id)


def is_worked_on(run_id: int) -> bool:
    """Whether a living worker is at a run."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND objsubid = 2 AND granted"
            " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
            " AND classid = %s::bigint::oid AND objid = %s::bigint::oid)",
            [LOCK, run_id],
        )
        return bool(cursor.fetchone()[0])


def once_a_day(job: str, work: Callable[[Progress], Any], *, on: date) -> bool:
    """Do a nightly job unless it is done for this date; what a dead worker began is begun anew."""
    run, _is_new = queue_run(job=job, as_of=on, asked_by="", now=timezone.now())
    return perform(run.pk, work)


def _perform(run_id: int, work: Callable[[Progress], Any]) -> bool:
    now = timezone.now()
    before = [state for state, following in NEXT_JOB_STATE.items() if JobState.RUNNING in following]
    waiting = JobRun.objects.filter(pk=run_id, state__in=before)
    if not waiting.update(state=JobState.RUNNING, started_at=now, alive_at=now, step=""):
        return False
    try:
        work(Progress(run_id))
    except Exception as error:
        JobRun.objects.filter(pk=run_id).update(
            state=JobState.FAILED, finished_at=timezone.now(), error=describe(error)[-4000:]
        )
        raise
    JobRun.objects.filter(pk=run_id).update(state=JobState.DONE, finished_at=timezone.now(), step="")
    return True


def _take(run_id: int) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", [LOCK, run_id])
        return bool(cursor.fetchone()[0])


def _leave(run_id: int) -> None:
    # A session that broke has given its locks back already; that must not hide why it broke.
    with suppress(DatabaseError), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_unlock(%s, %s)", [LOCK, run_id])


class Progress:
    """How far a run has come; every call also says that its worker is alive."""

    def __init__(self, run_id: int) -> None:
        self.run_id = run_id

    def step(self, name: str, *, done: int = 0, total: int = 0) -> None:
        """Name the step (a code the operations page translates) and, if known, how much of it is done."""
        JobRun.objects.filter(pk=self.run_id).update(
            step=name, done_count=done, total_count=total, alive_at=timezone.now()
        )
