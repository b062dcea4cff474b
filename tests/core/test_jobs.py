"""Runs of jobs: one worker at a time, taken over from the dead, and failures told without data."""

from __future__ import annotations

import logging
from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from tests.conftest import WorkerAt
from zhike.core.errors import DomainError
from zhike.core.faults import LineFormatter
from zhike.core.models import JobRun
from zhike.core.operations import jobs

pytestmark = pytest.mark.django_db
DAY = date(2026, 10, 1)
NOW = datetime(2026, 10, 1, 1, 0, tzinfo=UTC)


def queued(key: str = "1") -> JobRun:
    return jobs.queue_run(job="test", as_of=DAY, key=key, asked_by="", now=NOW)[0]


def left_by_a_dead_worker() -> JobRun:
    run = queued()
    run.state, run.started_at, run.alive_at = "RUNNING", NOW, datetime.now(UTC)
    run.save()
    return run


@pytest.mark.goal("G10")
def test_a_run_is_done_once(worker_at: WorkerAt) -> None:
    done: list[int] = []
    run = queued()
    with worker_at(run):
        assert jobs.is_worked_on(run.pk)
        assert not jobs.perform(run.pk, lambda progress: done.append(1))
    assert jobs.perform(run.pk, lambda progress: done.append(2))
    assert not jobs.perform(run.pk, lambda progress: done.append(3))
    run.refresh_from_db()
    assert (done, run.state, jobs.is_worked_on(run.pk)) == ([2], "DONE", False)


@pytest.mark.goal("G10")
def test_what_a_dead_worker_left_is_taken_over_at_once(worker_at: WorkerAt) -> None:
    run = left_by_a_dead_worker()
    with worker_at(run):
        assert not jobs.perform(run.pk, lambda progress: None)
    assert jobs.perform(run.pk, lambda progress: None)


@pytest.mark.goal("G10")
def test_a_nightly_job_a_dead_worker_left_is_begun_anew() -> None:
    run = jobs.queue_run(job="nightly", as_of=DAY, asked_by="", now=NOW)[0]
    JobRun.objects.filter(pk=run.pk).update(state="RUNNING", started_at=NOW, alive_at=NOW)
    assert jobs.once_a_day("nightly", lambda progress: None, on=DAY)
    assert not jobs.once_a_day("nightly", lambda progress: None, on=DAY)


def test_a_failed_run_gives_its_lock_back_and_may_be_queued_again() -> None:
    run = queued()
    with pytest.raises(ZeroDivisionError):
        jobs.perform(run.pk, lambda progress: 1 // 0)
    assert not jobs.is_worked_on(run.pk)
    assert jobs.queue_run(job="test", as_of=DAY, key="1", asked_by="", now=NOW) == (run, True)


class Refused(DomainError):
    pass


def _conflict(progress: Any) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO core_workday (day, is_working, name, source) VALUES ('2026-10-01', true, '张伟', '')"
        )


def _conversion(progress: Any) -> None:
    int("张伟")


def _refusal(progress: Any) -> None:
    raise Refused("The extract lacks the table of customers.")


@pytest.mark.goal("G25")
@pytest.mark.parametrize(
    ("work", "error", "told"),
    [
        (_conflict, IntegrityError, "(23505 core_workday core_workday_pkey)"),
        (_conversion, ValueError, "ValueError"),
        (_refusal, Refused, "The extract lacks the table of customers."),
    ],
)
def test_a_failure_is_told_without_the_data_it_failed_on(
    work: Any, error: type[Exception], told: str, caplog: pytest.LogCaptureFixture
) -> None:
    run = queued()
    with pytest.raises(error) as raised:
        jobs.perform(run.pk, work)
    run.refresh_from_db()
    logged = LineFormatter("%(message)s").format(
        logging.LogRecord("x", logging.ERROR, "", 0, "failed", None, (error, raised.value, raised.tb))
    )
    for text in (run.error, logged):
        assert told in text
        assert work.__name__ in text
        assert "张伟" not in text
        assert "2026-10-01" not in text
