"""What the worker does for this room. Each task may be begun anew; `perform` lets only one worker do it."""

from __future__ import annotations

from django.utils import timezone
from procrastinate.contrib.django import app

from zhike.core.operations import jobs
from zhike.insight.operations import portraits


@app.task(name=portraits.TASK)
def build_portrait(job_run_id: int) -> None:
    """Make the portrait anew: after a load and after a publication."""
    jobs.perform(
        job_run_id, lambda progress: portraits.build_portrait(now=timezone.now(), tell=progress.step)
    )


@app.periodic(cron="45 18 * * *")  # in UTC: 02:45 in Shanghai
@app.task(name="insight.daily", queueing_lock="insight.daily")
def daily(timestamp: int) -> None:
    """Every night: what the day changed in the customer file, and what no load told of."""
    portraits.ask_portrait(now=timezone.now())
