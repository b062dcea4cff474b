"""Handing work to the worker: the job's row and its place in the queue, in the caller's transaction."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from procrastinate.contrib.django import app

from zhike.core.models import JobRun
from zhike.core.operations import jobs


def enqueue(
    *, task: str, job: str, as_of: date, key: str, by: Any, now: datetime, **arguments: Any
) -> JobRun:
    """Queue a task of `zhike.loyalty.jobs` for a job run, unless that run is queued or done already."""
    asked_by = f"{by.staff_no} {by.name}" if by else ""
    run, is_new = jobs.queue_run(job=job, as_of=as_of, key=key, asked_by=asked_by, now=now)
    if is_new:
        app.configure_task(task).defer(job_run_id=run.pk, **arguments)
    return run


def enqueue_plain(*, task: str, **arguments: Any) -> None:
    """Queue a short task that needs no row on the operations page."""
    app.configure_task(task).defer(**arguments)
