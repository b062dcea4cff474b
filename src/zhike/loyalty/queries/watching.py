"""动态监测: when the published evaluation was last held against later facts (L-11)."""

from __future__ import annotations

from zhike.core.models import JobRun, JobState
from zhike.loyalty.models import Run

WATCH_JOB = "loyalty.watch"


def watch_key(run: Run | None) -> str:
    """What tells the watches of one published evaluation from those of the next."""
    return str(run.pk) if run else ""


def last_watch(run: Run | None) -> JobRun | None:
    """The latest watch of a published evaluation that is done; None before the first."""
    done = JobRun.objects.filter(job=WATCH_JOB, key=watch_key(run), state=JobState.DONE)
    return done.order_by("-as_of", "-finished_at").first()
