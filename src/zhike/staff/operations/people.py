"""Roles: who may do what, from when to when."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from zhike.core import audit
from zhike.core.access.permissions import ROLES, clash
from zhike.core.errors import DomainError, Stale
from zhike.core.models import Approval
from zhike.core.operations import approvals
from zhike.core.sentences import Sentence
from zhike.staff.enums import UnitKind
from zhike.staff.models import RoleAssignment, Staff, Unit
from zhike.staff.queries.accounts import ADMINISTRATORS, holders
from zhike.staff.queries.people import (
    clash_in_words,
    hold_people,
    last_whole_day,
    roles_at_hand,
    substitutes_of,
)

KIND = "staff.role"


class RoleRefused(DomainError):
    pass


@dataclass(slots=True)
class Operator:
    """Who works on the machine itself: no account of ours, but named in the audit."""

    name: str
    staff_no: str = "system"
    pk: Any = None


@transaction.atomic
def propose_role(
    *, staff_id: int, role: str, unit_id: int, valid_from: date, reason: str, by: Staff, now: datetime
) -> Approval:
    """Propose a role for somebody; the security administrator decides. Refuses the own account (C.4)."""
    person = Staff.objects.get(pk=staff_id)
    if person.pk == by.pk:
        raise RoleRefused(_("Nobody gives a role to themselves."))
    _demand_compatible(person, role, now=now)
    payload = {"role": role, "unit_id": unit_id, "valid_from": valid_from.isoformat()}
    return approvals.propose(kind=KIND, subject=person, payload=payload, reason=reason, by=by, now=now)


@transaction.atomic
def grant_role(*, approval: Approval, by: Staff, now: datetime) -> RoleAssignment:
    """Carry out an approved role. Refuses the person concerned as the one who approves. Raises Stale."""
    person = hold_people(approval.subject_id, on=timezone.localdate(now))
    if person.pk == by.pk:
        raise RoleRefused(_("Nobody gives a role to themselves."))
    if not person.is_active:
        raise Stale(Sentence("role.person_has_left"))
    role = approval.payload["role"]
    _demand_compatible(person, role, now=now)
    row = RoleAssignment(
        staff=person, role=role, unit=Unit.objects.get(pk=approval.payload["unit_id"]),
        valid_from=date.fromisoformat(approval.payload["valid_from"]),
    )  # fmt: skip
    with audit.change(row, "role.granted", by=by, at=now, reason=approval.reason):
        row.save()
    return row


@transaction.atomic
def end_role(*, assignment_id: int, reason: str, by: Staff | Operator, now: datetime) -> RoleAssignment:
    """End a role at once: the next request of the person is without it. The row stays as history."""
    row = RoleAssignment.objects.select_for_update().get(pk=assignment_id)
    if row.valid_to is not None:
        raise RoleRefused(_("This role has ended already."))
    if not reason.strip():
        raise RoleRefused(_("Please give a reason."))
    with audit.change(row, "role.ended", by=by, at=now, reason=reason.strip()):
        row.valid_to = last_whole_day(row.valid_from, now=now)
        row.save(update_fields=["valid_to"])
    return row


def _demand_compatible(person: Staff, role: str, *, now: datetime) -> None:
    """Refuse a role that is held already, or that clashes with what the person, or a substitute, has at hand."""
    if role not in ROLES:
        raise RoleRefused(_("There is no such role."))
    today = timezone.localdate(now)
    own = set(RoleAssignment.objects.not_over(today).filter(staff=person).values_list("role", flat=True))
    if role in own:
        raise RoleRefused(_("This person holds the role already."))
    if pair := clash(own | {role}):
        raise RoleRefused(
            _("%(role)s and %(other)s must not be held by one person.")
            % {"role": ROLES[pair[0]].label, "other": ROLES[pair[1]].label}
        )
    for somebody in [person, *substitutes_of(person.pk, on=today)]:
        if problem := clash_in_words(somebody, roles_at_hand(somebody.pk, on=today) | {role}):
            raise RoleRefused(problem)


@transaction.atomic
def appoint_first(*, posts: Mapping[str, str], valid_from: date, now: datetime) -> list[Staff]:
    """The first roles of a new bank, before anybody could approve one: staff number → role. Once only.

    Each role is held in the person's own unit. Refuses when any role has been given before.
    """
    if RoleAssignment.objects.exists():
        raise RoleRefused(_("Roles have been given already; propose a further one."))
    people = list(Staff.objects.filter(staff_no__in=posts).order_by("staff_no"))
    for person in people:
        row = RoleAssignment(
            staff=person, role=posts[person.staff_no], unit_id=person.unit_id, valid_from=valid_from
        )
        with audit.change(row, "role.granted", by=None, at=now, reason=Sentence("role.first_roles")):
            row.save()
    return people


@transaction.atomic
def add_person(*, staff_no: str, name: str, unit_code: str, by: Operator, now: datetime) -> Staff:
    """Enter somebody whom no personnel extract has brought yet, without an account and without a role.

    The first person of an empty bank founds its head office under `unit_code`; a later extract may rename
    both. Raises RoleRefused for a number that is known, an unknown unit, and an empty name.
    """
    if not (staff_no.strip() and name.strip()):
        raise RoleRefused(_("A person needs a staff number and a name."))
    if Staff.objects.filter(staff_no=staff_no).exists():
        raise RoleRefused(_("This staff number is known already."))
    unit = Unit.objects.filter(code=unit_code).first()
    if unit is None:
        unit = _head_office(unit_code, by=by, now=now)
    person = Staff(staff_no=staff_no, name=name.strip(), post="", unit=unit, must_change_password=True)
    person.set_unusable_password()
    with audit.change(person, "person.added", by=by, at=now):
        person.save()
    return person


@transaction.atomic
def appoint_administrator(
    *, staff_id: int, role: str, reason: str, by: Operator, now: datetime
) -> RoleAssignment:
    """Give one of the three administrators' roles while nobody holds it: no other could propose or approve.

    Raises RoleRefused when somebody active holds it, for any other role, and for roles that exclude it.
    """
    if role not in ADMINISTRATORS:
        raise RoleRefused(_("Only an administrator's role is given this way."))
    if holder := holders(role, now=now).first():
        raise RoleRefused(
            _("%(name)s holds this role; it is proposed and approved on the pages.") % {"name": holder.name}
        )
    person = Staff.objects.select_for_update().get(pk=staff_id)
    _demand_compatible(person, role, now=now)
    row = RoleAssignment(
        staff=person, role=role, unit_id=person.unit_id, valid_from=timezone.localdate(now)
    )  # fmt: skip
    with audit.change(row, "role.granted", by=by, at=now, reason=reason):
        row.save()
    return row


def _head_office(code: str, *, by: Operator, now: datetime) -> Unit:
    if not code.strip() or Unit.objects.exists():
        raise RoleRefused(_("There is no unit with this code."))
    unit = Unit(code=code, name=code, kind=UnitKind.HEAD_OFFICE)
    with audit.change(unit, "unit.founded", by=by, at=now):
        unit.save()
    return unit
