"""What the worker does for this room. Each task may be begun anew; `perform` lets only one worker do it."""

from __future__ import annotations

from django.utils import timezone
from procrastinate.contrib.django import app

from zhike.core.operations import jobs
from zhike.facts.operations import imports, pushes, sweeping, uploads
from zhike.facts.queries.pushes import TAKE_JOB, is_due
from zhike.facts.queries.uploads import LOAD_JOB
from zhike.staff.api import Staff

SWEEP_JOB = "facts.sweep"


@app.task(name=uploads.READ_JOB)
def read_upload(run_id: int, upload_id: int) -> None:
    """Read and check the files somebody handed in."""

    def work(progress: jobs.Progress) -> None:
        uploads.read_upload(upload_id=upload_id, now=timezone.now(), tell=_teller(progress))

    jobs.perform(run_id, work)


@app.task(name=LOAD_JOB)
def load_batch(run_id: int, batch_id: int, by_id: int) -> None:
    """Load a batch somebody confirmed."""

    def work(progress: jobs.Progress) -> None:
        by = Staff.objects.get(pk=by_id)
        imports.load_batch(batch_id=batch_id, by=by, now=timezone.now(), tell=_teller(progress))

    jobs.perform(run_id, work)


@app.periodic(cron="15 19 * * *")  # in UTC: 03:15 in Shanghai
@app.task(name=SWEEP_JOB, queueing_lock=SWEEP_JOB)
def sweep(timestamp: int) -> None:
    """Every night: take away what killed processes left behind."""

    def work(progress: jobs.Progress) -> None:
        found = sweeping.sweep(now=timezone.now()).found
        progress.step("IMPORT_SWEEP", done=found, total=found)

    jobs.once_a_day(SWEEP_JOB, work, on=timezone.localdate())


@app.periodic(cron="*/5 * * * *")
@app.task(name=TAKE_JOB, queueing_lock=TAKE_JOB)
def take_pushed(timestamp: int) -> None:
    """Load what programs pushed, once some wait and the bank's interval has passed."""
    now = timezone.now()
    if not is_due(now):
        return

    def work(progress: jobs.Progress) -> None:
        pushes.take_pushed(now=now, tell=_teller(progress))

    day, key = timezone.localdate(now), f"{timezone.localtime(now):%H:%M}"
    run, _is_new = jobs.queue_run(job=TAKE_JOB, as_of=day, key=key, asked_by="", now=now)
    jobs.perform(run.pk, work)


def _teller(progress: jobs.Progress) -> imports.Tell:
    """The steps of an import under codes of their own: other rooms read and load, too."""
    return lambda step: progress.step(f"IMPORT_{step}")
