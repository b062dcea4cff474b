"""What the worker does every night for everybody: the audit is verified, tasks left too long are escalated."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime

import pytest
from django.db import connection
from django.test import Client

from tests.cast import Bank
from tests.factories.people import person
from zhike.core import audit, jobs
from zhike.core.keys.custody import custody
from zhike.core.models import AuditCheckpoint, AuditEvent, JobRun, Task
from zhike.core.operations import sealing, tasks
from zhike.core.queries.audit_problems import Fault
from zhike.staff.models import Staff

SignIn = Callable[[Staff], Client]
ASKED_AT = datetime(2026, 9, 1, 2, 0, tzinfo=UTC)
NOW = datetime(2026, 10, 9, 17, 15, tzinfo=UTC)


@pytest.fixture
def sealed(bank: Bank, django_capture_on_commit_callbacks: Callable[..., object]) -> Iterator[Bank]:
    custody().witness_file().unlink(missing_ok=True)
    audit.record("test.done", by=bank.zheng, at=NOW)
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[attr-defined]
        sealing.seal(now=datetime.now(UTC))
    yield bank
    custody().witness_file().unlink(missing_ok=True)


@pytest.mark.goal("G29")
def test_the_nightly_verdict_is_an_event_of_its_own(sealed: Bank) -> None:
    jobs.verify_audit(timestamp=0)
    found = AuditEvent.objects.get(action="audit.verified")
    assert (found.outcome, found.detail["sealed"]) == ("DONE", 1)
    assert JobRun.objects.get(job=jobs.VERIFY_JOB).state == "DONE"


@pytest.mark.goal("G29")
def test_a_changed_audit_fails_the_nightly_job_and_says_so(sealed: Bank) -> None:
    with connection.cursor() as cursor:
        cursor.execute("UPDATE core_auditevent SET actor = 'somebody else'")
    with pytest.raises(jobs.AuditBroken, match="Seal 1 does not match event"):
        jobs.verify_audit(timestamp=0)
    found = AuditEvent.objects.get(action="audit.verified")
    assert found.outcome == "FAILED"
    assert {name: value for name, value in found.detail["problems"][0].items() if name != "event"} == {
        "fault": "EVENT_DIFFERS",
        "seal": 1,
    }
    assert JobRun.objects.get(job=jobs.VERIFY_JOB).state == "FAILED"


@pytest.mark.goal("G29")
def test_the_witness_catches_up_after_a_sealer_that_died_before_writing(
    sealed: Bank, django_capture_on_commit_callbacks: Callable[..., object]
) -> None:
    for _ in range(2):
        audit.record("test.done", by=sealed.zheng, at=NOW)
        sealing.seal(now=datetime.now(UTC))  # its line is never written
    assert {problem.fault for problem in sealing.verify().problems} == {Fault.CHECKPOINT_UNWITNESSED}
    audit.record("test.done", by=sealed.zheng, at=NOW)
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[attr-defined]
        sealing.seal(now=datetime.now(UTC))
    assert sealing.verify().problems == []
    assert AuditCheckpoint.objects.count() == len(custody().witness_file().read_text().splitlines()) == 4


# --- tasks ------------------------------------------------------------------------------------


def ask(bank: Bank, due_on: date) -> Task:
    return tasks.ask_task(
        title="核对联系方式", unit_id=bank.donghu.pk, due_on=due_on, by=bank.zheng, now=ASKED_AT
    )


@pytest.mark.requirement("L-12", "L-20")
def test_a_task_is_escalated_after_two_working_days_over_its_term(bank: Bank) -> None:
    # 30 September is followed by the holiday week: the second working day after it is 9 October.
    task = ask(bank, date(2026, 9, 30))
    assert tasks.escalate_tasks(on=date(2026, 10, 9), now=NOW) == 0
    assert tasks.escalate_tasks(on=date(2026, 10, 10), now=NOW) == 1
    assert tasks.escalate_tasks(on=date(2026, 10, 10), now=NOW) == 0
    task.refresh_from_db()
    assert task.is_escalated
    assert AuditEvent.objects.filter(action="task.escalated", object_id=str(task.pk)).count() == 1


@pytest.mark.requirement("L-12", "L-20")
def test_an_answered_task_is_never_escalated(bank: Bank) -> None:
    task = ask(bank, date(2026, 9, 30))
    tasks.close_task(task_id=task.pk, result="已核对", by=bank.chen, now=ASKED_AT)
    assert tasks.escalate_tasks(on=date(2026, 10, 12), now=NOW) == 0


@pytest.mark.goal("G35")
def test_a_task_waits_for_a_calendar_that_is_not_loaded(bank: Bank) -> None:
    ask(bank, date(2026, 12, 31))
    assert tasks.escalate_tasks(on=date(2027, 2, 1), now=NOW) == 0


@pytest.mark.requirement("L-12", "L-32")
def test_an_escalated_task_comes_before_those_who_oversee_the_unit(bank: Bank, client_of: SignIn) -> None:
    near = person("H101", "OUTLET_HEAD", at=bank.donghu, name="夏敏")
    far = person("H102", "OUTLET_HEAD", at=bank.head_office, name="于文")
    task = ask(bank, date(2026, 9, 30))
    assert client_of(near).get("/tasks/overseen/").status_code == 200
    assert client_of(far).get(f"/tasks/{task.pk}/").status_code == 404
    tasks.escalate_tasks(on=date(2026, 10, 12), now=NOW)
    assert "核对联系方式" in client_of(near).get("/tasks/overseen/").content.decode()
    assert "核对联系方式" in client_of(bank.zheng).get("/tasks/overseen/").content.decode()
    assert "核对联系方式" not in client_of(far).get("/tasks/overseen/").content.decode()
    assert client_of(far).get(f"/tasks/{task.pk}/").status_code == 404
    assert client_of(bank.chen).get("/tasks/overseen/").status_code == 403
