"""What the worker does for this room. Each task may be begun anew; `perform` lets only one worker do it."""

from __future__ import annotations

from datetime import date

from django.utils import timezone
from procrastinate.contrib.django import app

from zhike.core.models import JobRun
from zhike.core.operations import jobs
from zhike.facts import api as facts
from zhike.loyalty.models import Run, Scheme
from zhike.loyalty.operations import (
    computing,
    counting,
    early_movers,
    overrides,
    publishing,
    realigning,
    schemes,
    unkept,
)
from zhike.loyalty.queries.changes import published_run
from zhike.loyalty.queries.watching import WATCH_JOB, watch_key
from zhike.staff.models import Staff


@app.task(name="loyalty.compute_run")
def compute_run(job_run_id: int, run_id: int) -> None:
    """Carry a queued run to its review."""
    computing.perform_run(job_run_id=job_run_id, run_id=run_id, clock=timezone.now)


@app.task(name="loyalty.publish_run")
def publish_run(job_run_id: int, run_id: int) -> None:
    """Switch every standing to a run whose publication a person has decided."""

    def work(progress: jobs.Progress) -> None:
        progress.step("SWITCH")
        by = Run.objects.select_related("publish_asked_by").get(pk=run_id).publish_asked_by
        publishing.publish_run(run_id=run_id, by=by, now=timezone.now())

    jobs.perform(job_run_id, work)


@app.task(name="loyalty.try_scheme")
def try_scheme(job_run_id: int, scheme_id: int, by_id: int) -> None:
    """Compute a draft on the loaded facts."""

    def work(progress: jobs.Progress) -> None:
        progress.step("RESULTS")
        as_of = JobRun.objects.get(pk=job_run_id).as_of
        by = Staff.objects.get(pk=by_id)
        schemes.try_scheme(scheme_id=scheme_id, as_of=as_of, by=by, now=timezone.now())

    jobs.perform(job_run_id, work)


@app.task(name="loyalty.count_coverage")
def count_coverage(job_run_id: int, scheme_id: int) -> None:
    """Count what a run of a scheme would rest on."""

    def work(progress: jobs.Progress) -> None:
        progress.step("READ")
        as_of = JobRun.objects.get(pk=job_run_id).as_of
        counting.count_coverage(scheme_id=scheme_id, as_of=as_of)

    jobs.perform(job_run_id, work)


@app.task(name="loyalty.apply_override")
def apply_override(override_id: int) -> None:
    """Show an approved override as the customer's tier."""
    overrides.apply_override(override_id=override_id, now=timezone.now())


@app.periodic(cron="30 18 * * *")  # in UTC: 02:30 in Shanghai
@app.task(name="loyalty.daily", queueing_lock="loyalty.daily")
def daily(timestamp: int) -> None:
    """Every night: schemes whose day has come, overrides that end, owners and the lack of them (L-49), and early movers
    (L-11)."""
    now = timezone.now()
    due = Scheme.objects.filter(state="APPROVED", valid_from__lte=timezone.localdate())
    for scheme in due.order_by("valid_from", "pk"):
        schemes.bring_in_force(scheme_id=scheme.pk, by=None, now=now)
    overrides.end_overrides(now=now)
    realigning.realign_standings()
    unkept.ask_for_managers(on=timezone.localdate(now), now=now)
    watch_facts()


@app.task(name=publishing.WATCH_TASK)
def watch_facts() -> None:
    """Look for early movers in the facts as loaded: after a publication, and every night."""
    watch(facts.snapshot().business_on or timezone.localdate())


def watch(as_of: date) -> None:
    """Look for early movers as of the business date of the facts, once per date and published run."""
    run = published_run()
    job, _is_new = jobs.queue_run(
        job=WATCH_JOB, as_of=as_of, key=watch_key(run), asked_by="", now=timezone.now()
    )
    jobs.perform(job.pk, lambda progress: early_movers.refresh_early_movers(as_of=as_of, now=timezone.now()))
