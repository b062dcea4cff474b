"""Tasks as one person may see them: what is asked of me and my units, and what I asked of others."""

from __future__ import annotations

from django.db.models import Q, QuerySet

from zhike.core.access.permissions import Permission
from zhike.core.models import Task, TaskState
from zhike.staff.models import Staff, Unit


def asked_of(person: Staff) -> QuerySet[Task]:
    """Open tasks for the person, or for one of their units without a name."""
    mine = Q(owner=person) | Q(owner__isnull=True, unit_id__in=person.unit_ids())
    return _all().filter(mine, state=TaskState.OPEN)


def asked_by(person: Staff) -> QuerySet[Task]:
    """Every task the person asked of others."""
    return _all().filter(asked_by=person)


def closed_for(person: Staff) -> QuerySet[Task]:
    """Tasks of the person and their units that are closed."""
    return _all().filter(Q(owner=person) | Q(unit_id__in=person.unit_ids())).exclude(state=TaskState.OPEN)


def escalated_to(person: Staff) -> QuerySet[Task]:
    """Tasks left open too long in the units the person oversees (L-12)."""
    return _all().filter(_overseen_by(person), state=TaskState.OPEN, escalated_at__isnull=False)


def visible_to(person: Staff) -> QuerySet[Task]:
    """All tasks the person may open."""
    asked = Q(asked_by=person) | Q(owner=person) | Q(unit_id__in=person.unit_ids())
    return _all().filter(asked | (Q(escalated_at__isnull=False) & _overseen_by(person)))


def unit_names(tasks: list[Task]) -> dict[int, str]:
    """The names of the units that tasks are asked of."""
    return dict(Unit.objects.filter(pk__in={task.unit_id for task in tasks}).values_list("pk", "name"))


def _overseen_by(person: Staff) -> Q:
    units = person.units_reached(Permission.TASK_OVERSEE)
    return Q() if units is None else Q(unit_id__in=units)


def _all() -> QuerySet[Task]:
    return Task.objects.select_related("owner", "asked_by", "closed_by")
