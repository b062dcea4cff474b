"""Tasks from one unit to another, with a due date and an answer (L-12, L-20)."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from zhike.core import audit, calendar, parameters
from zhike.core.errors import DomainError
from zhike.core.models import Task, TaskState
from zhike.core.models.tasks import NEXT_TASK_STATE
from zhike.core.sentences import Sentence, kept


class TaskRefused(DomainError):
    pass


@transaction.atomic
def ask_task(
    *,
    title: str | Sentence,
    unit_id: int,
    due_on: date,
    text: str | Sentence = "",
    owner: Any = None,
    customer_id: int | None = None,
    source_key: str = "",
    by: Any,
    now: datetime,
) -> Task:
    """Ask a unit, or one person in it, to do something. The same `source_key` twice gives the first task.

    What the system asks in somebody's name it asks by sentences, which each reader reads in their own language.
    Raises TypeError where only one of title and text is a sentence: they are kept as one kind.
    """
    if text and isinstance(title, Sentence) != isinstance(text, Sentence):
        raise TypeError("title and text of a task are both a person's, or both sentences of the system")
    (title, names), (text, more) = kept(title), kept(text)
    names = names if names is None else {**names, **(more or {})}
    if not title.strip():
        raise TaskRefused(_("Say what is to be done."))
    if due_on < timezone.localdate(now):
        raise TaskRefused(_("The due date must not lie in the past."))
    if source_key and (first := Task.objects.filter(source_key=source_key).first()):
        return first
    task = Task(
        title=title.strip(), text=text.strip(), names=names, unit_id=unit_id, owner=owner, due_on=due_on,
        customer_id=customer_id, source_key=source_key or f"asked:{uuid.uuid4()}", asked_by=by, asked_at=now,
    )  # fmt: skip
    with audit.change(task, "task.asked", by=by, at=now):
        task.save()
    return task


@transaction.atomic
def close_task(*, task_id: int, result: str, by: Any, now: datetime) -> Task:
    """Answer a task. Refuses an empty answer, a closed task, and a person of another unit."""
    task = Task.objects.select_for_update().get(pk=task_id)
    _demand_next(task, TaskState.DONE)
    if task.owner_id not in (None, by.pk) or (task.owner_id is None and task.unit_id not in by.unit_ids()):
        raise TaskRefused(_("Only the unit or person who was asked can answer."))
    if not result.strip():
        raise TaskRefused(_("Say what came of it."))
    with audit.change(task, "task.done", by=by, at=now):
        task.state, task.result, task.closed_at, task.closed_by = TaskState.DONE, result.strip(), now, by
        task.version += 1
        task.save()
    return task


@transaction.atomic
def escalate_tasks(*, on: date, now: datetime) -> int:
    """Bring open tasks that have been overdue too long before those who oversee the unit. Returns how many.

    A task whose term cannot be counted, because a calendar year is not loaded, waits for the year (L-12).
    """
    days = parameters.value("task.escalate_days", on=on)
    overdue = Task.objects.select_for_update().filter(
        state=TaskState.OPEN, escalated_at__isnull=True, due_on__lt=on
    )
    count = 0
    for task in overdue.order_by("due_on", "id"):
        try:
            last_day = calendar.nth_working_day_after(task.due_on, days)
        except calendar.CalendarMissing:
            continue
        if last_day < on:
            with audit.change(task, "task.escalated", by=None, at=now):
                task.escalated_at = now
                task.version += 1
                task.save()
            count += 1
    return count


@transaction.atomic
def cancel_task(*, task_id: int, reason: str, by: Any, now: datetime) -> Task:
    """Cancel a task one has asked for; the reason becomes its result."""
    task = Task.objects.select_for_update().get(pk=task_id)
    _demand_next(task, TaskState.CANCELLED)
    if task.asked_by_id != by.pk:
        raise TaskRefused(_("Only the person who asked can cancel it."))
    if not reason.strip():
        raise TaskRefused(_("Please give a reason."))
    with audit.change(task, "task.cancelled", by=by, at=now, reason=reason):
        task.state, task.result, task.closed_at, task.closed_by = TaskState.CANCELLED, reason.strip(), now, by
        task.version += 1
        task.save()
    return task


def _demand_next(task: Task, state: TaskState) -> None:
    if state not in NEXT_TASK_STATE[TaskState(task.state)]:
        raise TaskRefused(_("This task is already closed."))
