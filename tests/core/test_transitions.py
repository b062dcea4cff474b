"""Tasks, proposals and jobs go where their tables lead, and nowhere else: every pair of states is tried."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.cast import Bank
from zhike.core.models import Approval, ApprovalState, JobRun, JobState, Parameter, Task, TaskState
from zhike.core.models.approvals import NEXT_APPROVAL_STATE
from zhike.core.models.jobs import NEXT_JOB_STATE
from zhike.core.models.tasks import NEXT_TASK_STATE
from zhike.core.operations import approvals, jobs, tasks
from zhike.core.operations.parameters import propose_parameter

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
TODAY = NOW.date()


def pairs(table: dict[Any, frozenset[Any]]) -> list[tuple[Any, Any]]:
    """Every state with every state that some row leads to."""
    reached = sorted(set().union(*table.values()))
    return [(state, following) for state in table for following in reached]


@pytest.mark.requirement("L-12")
@pytest.mark.parametrize(("state", "following"), pairs(NEXT_TASK_STATE))
def test_a_task_goes_where_its_table_leads(bank: Bank, state: TaskState, following: TaskState) -> None:
    task = tasks.ask_task(
        title="x",
        unit_id=bank.donghu.pk,
        owner=bank.chen,
        due_on=TODAY + timedelta(days=3),
        by=bank.chen,
        now=NOW,
    )
    if state != TaskState.OPEN:
        closed = {"state": state, "closed_at": NOW, "closed_by": bank.chen, "result": "x"}
        Task.objects.filter(pk=task.pk).update(**closed)
    acts: dict[TaskState, Callable[[], Task]] = {
        TaskState.DONE: lambda: tasks.close_task(task_id=task.pk, result="x", by=bank.chen, now=NOW),
        TaskState.CANCELLED: lambda: tasks.cancel_task(task_id=task.pk, reason="x", by=bank.chen, now=NOW),
    }
    if following in NEXT_TASK_STATE[state]:
        assert acts[following]().state == following
    else:
        with pytest.raises(tasks.TaskRefused, match="already closed"):
            acts[following]()


@pytest.mark.goal("G28")
@pytest.mark.parametrize(("state", "following"), pairs(NEXT_APPROVAL_STATE))
def test_a_proposal_goes_where_its_table_leads(
    bank: Bank, state: ApprovalState, following: ApprovalState
) -> None:
    parameter = Parameter.objects.get(code="export.approval_rows")
    made = propose_parameter(
        parameter_id=parameter.pk, value=300, valid_from=TODAY, reason="x", by=bank.zheng, now=NOW
    )
    mine = Approval.objects.filter(pk=made.pk)
    if state != ApprovalState.PENDING:
        mine.update(state=state, decided_at=NOW, decided_by=bank.zheng if state == "WITHDRAWN" else bank.shen)
    words = {"approval_id": made.pk, "now": NOW}
    acts: dict[ApprovalState, Callable[[], Any]] = {
        ApprovalState.APPROVED: lambda: approvals.approve(reason="x", by=bank.shen, **words),
        ApprovalState.REJECTED: lambda: approvals.reject(reason="x", by=bank.shen, **words),
        ApprovalState.WITHDRAWN: lambda: approvals.withdraw(by=bank.zheng, **words),
        ApprovalState.STALE: lambda: approvals.overtake(proposals=mine, reason="x", by=bank.shen, now=NOW),
    }
    if following in NEXT_APPROVAL_STATE[state]:
        acts[following]()
        assert mine.get().state == following
    elif following == ApprovalState.STALE:
        assert acts[following]() == []
        assert mine.get().state == state
    else:
        with pytest.raises(approvals.ApprovalRefused, match="already decided"):
            acts[following]()


@pytest.mark.parametrize("state", JobState)
def test_a_job_is_queued_and_begun_where_its_table_leads(db: None, state: JobState) -> None:
    run, _is_new = jobs.queue_run(job="test", as_of=TODAY, asked_by="x", now=NOW)
    finished = NOW if state in {JobState.DONE, JobState.FAILED} else None
    JobRun.objects.filter(pk=run.pk).update(state=state, finished_at=finished)
    begun = jobs.perform(run.pk, lambda progress: None)
    assert begun == (JobState.RUNNING in NEXT_JOB_STATE[state])
    assert JobRun.objects.get(pk=run.pk).state == (JobState.DONE if begun else state)
    JobRun.objects.filter(pk=run.pk).update(state=state, finished_at=finished)
    _run, is_queued = jobs.queue_run(job="test", as_of=TODAY, asked_by="x", now=NOW)
    assert is_queued == (JobState.QUEUED in NEXT_JOB_STATE[state])
