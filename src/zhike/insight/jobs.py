"""What the worker does for this room. Each task may be begun anew; `perform` lets only one worker do it."""

from __future__ import annotations

from django.utils import timezone
from procrastinate.contrib.django import app

from zhike.core.operations import jobs
from zhike.insight.operations import portraits, registering, scoring, snapshots, value_studies


@app.task(name=portraits.TASK)
def build_portrait(job_run_id: int) -> None:
    """Make the portrait anew: after a load and after a publication. Who is in the segments is recorded after it."""
    jobs.perform(
        job_run_id, lambda progress: portraits.build_portrait(now=timezone.now(), tell=progress.step)
    )


@app.task(name=value_studies.TASK)
def study_value(job_run_id: int) -> None:
    """Study what customers are worth and how they stand; the portrait takes it in afterwards."""
    jobs.perform(
        job_run_id, lambda progress: value_studies.study_value(now=timezone.now(), tell=progress.step)
    )


@app.task(name=snapshots.TASK)
def take_snapshot(job_run_id: int, segment_id: int) -> None:
    """Record who is in a segment."""

    def work(progress: jobs.Progress) -> None:
        progress.step("MEMBERS")
        snapshots.take_snapshot(segment_id=segment_id, now=timezone.now())

    jobs.perform(job_run_id, work)


@app.task(name=registering.TASK)
def train_model(job_run_id: int, model_id: int) -> None:
    """Train a model that somebody asked for."""

    def work(progress: jobs.Progress) -> None:
        progress.step("TRAINING")
        registering.train_model(model_id=model_id, now=timezone.now())

    jobs.perform(job_run_id, work)


@app.task(name=registering.SCORE_TASK)
def score_customers(job_run_id: int) -> None:
    """Score the customers as soon as a model has been put in use."""
    jobs.perform(job_run_id, lambda progress: scoring.score_customers(now=timezone.now(), tell=progress.step))


@app.periodic(cron="0 19 * * *")  # in UTC: 03:00 in Shanghai
@app.task(name="insight.warn_of_churn", queueing_lock="insight.warn_of_churn")
def warn_of_churn(timestamp: int) -> None:
    """Every night: customers scored by the model in use, its drift, and warnings above the threshold."""
    jobs.once_a_day(
        registering.SCORE_JOB,
        lambda progress: scoring.score_customers(now=timezone.now(), tell=progress.step),
        on=timezone.localdate(),
    )


@app.periodic(cron="45 18 * * *")  # in UTC: 02:45 in Shanghai
@app.task(name="insight.daily", queueing_lock="insight.daily")
def daily(timestamp: int) -> None:
    """Every night: the study of value, a portrait where no load told of one, and the segments that were not recorded
    after it."""
    value_studies.ask_study(now=timezone.now())
    portraits.ask_portrait(now=timezone.now())
    snapshots.ask_snapshots(now=timezone.now())
