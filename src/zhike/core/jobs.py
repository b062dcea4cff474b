"""What the worker does for this room: every night, and every minute; each job may be begun anew."""

from __future__ import annotations

from django.utils import timezone, translation
from procrastinate.contrib.django import app

from zhike.core.operations import delivering, jobs, sealing, tasks

VERIFY_JOB = "core.verify_audit"
ESCALATE_JOB = "core.escalate_tasks"
DELIVER_TASK = "core.deliver_webhooks"


class AuditBroken(Exception):
    """The chain, its checkpoints and its witness do not agree. The problems are in the audit and in the text."""


@app.periodic(cron="45 19 * * *")  # in UTC: 03:45 in Shanghai
@app.task(name=VERIFY_JOB, queueing_lock=VERIFY_JOB)
def verify_audit(timestamp: int) -> None:
    """Every night: is the audit the one that was written? The verdict itself is an audit event (L-32)."""
    jobs.once_a_day(VERIFY_JOB, _verify_audit, on=timezone.localdate())


@app.periodic(cron="15 17 * * *")  # in UTC: 01:15 in Shanghai
@app.task(name=ESCALATE_JOB, queueing_lock=ESCALATE_JOB)
def escalate_tasks(timestamp: int) -> None:
    """Every night: tasks that were left open too long come before those who oversee the unit (L-12)."""
    jobs.once_a_day(ESCALATE_JOB, _escalate_tasks, on=timezone.localdate())


@app.periodic(cron="* * * * *")
@app.task(name=DELIVER_TASK, queueing_lock=DELIVER_TASK)
def deliver_webhooks(timestamp: int) -> None:
    """Every minute: what the webhooks' outbox holds is sent. It has no run: the attempts stand on their own page."""
    delivering.deliver_due()


def _verify_audit(progress: jobs.Progress) -> None:
    verdict = sealing.verify()
    progress.step("AUDIT_VERIFIED", done=verdict.sealed, total=verdict.sealed)
    sealing.record_verdict(verdict, by=None, now=timezone.now())
    if not verdict.ok:
        # Errors are kept in one language, for whoever looks after the machine.
        with translation.override("en"):
            raise AuditBroken(" ".join(problem.sentence() for problem in verdict.problems[:5]))


def _escalate_tasks(progress: jobs.Progress) -> None:
    now = timezone.now()
    count = tasks.escalate_tasks(on=timezone.localdate(now), now=now)
    progress.step("TASKS_ESCALATED", done=count, total=count)
