"""What the worker does for this room every night; it may be begun anew."""

from __future__ import annotations

from django.utils import timezone
from procrastinate.contrib.django import app

from zhike.core.operations import jobs
from zhike.staff.operations import accounts, sessions

DORMANT_JOB = "staff.lock_dormant"


@app.periodic(cron="30 17 * * *")  # in UTC: 01:30 in Shanghai
@app.task(name=DORMANT_JOB, queueing_lock=DORMANT_JOB)
def lock_dormant(timestamp: int) -> None:
    """Every night: accounts that nobody has used for so long are locked (C.4), and old sessions go."""
    jobs.once_a_day(DORMANT_JOB, _lock_dormant, on=timezone.localdate())


def _lock_dormant(progress: jobs.Progress) -> None:
    count = accounts.lock_dormant(now=timezone.now())
    progress.step("DORMANT_LOCKED", done=count, total=count)
    sessions.forget_expired(now=timezone.now())
