"""Jobs whose worker died are queued again: the job library finds them but rescues none by itself."""

from __future__ import annotations

from django.db import IntegrityError, close_old_connections, transaction
from django.utils import timezone
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob

SILENT_SECONDS = 40
"""A worker not heard of for so long is dead; a living one says so every ten seconds."""


def reap() -> int:
    """Queue every abandoned job again, each for itself; how many.

    Where a newer job with the same queueing lock waits already, the abandoned one is ended instead: the newer
    one will do its work, and leaving it would block the lock.
    """
    close_old_connections()
    count = 0
    manager = app.job_manager
    for job in _abandoned():
        try:
            with transaction.atomic():
                manager.retry_job_by_id(job.pk, retry_at=timezone.now())
        except IntegrityError:
            ProcrastinateJob.objects.filter(pk=job.pk, status="doing").update(status="failed")
        count += 1
    return count


def _abandoned() -> list[ProcrastinateJob]:
    return list(
        ProcrastinateJob.objects.raw(
            """
            SELECT j.* FROM procrastinate_jobs j LEFT JOIN procrastinate_workers w ON w.id = j.worker_id
             WHERE j.status = 'doing'
               AND (w.id IS NULL OR w.last_heartbeat < now() - make_interval(secs => %s))
            """,
            [SILENT_SECONDS],
        )
    )
