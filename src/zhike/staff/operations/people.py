"""Roles and standing in: who may do what, from when to when."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from zhike.core import audit
from zhike.core.access.permissions import ROLES
from zhike.core.errors import DomainError, Stale
from zhike.core.models import Approval
from zhike.core.operations import approvals
from zhike.staff.models import ActingFor, RoleAssignment, Staff, Unit

KIND = "staff.role"


class RoleRefused(DomainError):
    pass


@transaction.atomic
def propose_role(
    *, staff_id: int, role: str, unit_id: int, valid_from: date, reason: str, by: Staff, now: datetime
) -> Approval:
    """Propose a role for somebody; the security administrator decides. Refuses the own account (C.4)."""
    person = Staff.objects.get(pk=staff_id)
    if person.pk == by.pk:
        raise RoleRefused(_("Nobody gives a role to themselves."))
    _demand_compatible(person, role)
    payload = {"role": role, "unit_id": unit_id, "valid_from": valid_from.isoformat()}
    return approvals.propose(kind=KIND, subject=person, payload=payload, reason=reason, by=by, now=now)


@transaction.atomic
def grant_role(*, approval: Approval, by: Staff, now: datetime) -> RoleAssignment:
    """Carry out an approved role. Refuses the person concerned as the one who approves. Raises Stale."""
    person = Staff.objects.select_for_update().get(pk=approval.subject_id)
    if person.pk == by.pk:
        raise RoleRefused(_("Nobody gives a role to themselves."))
    if not person.is_active:
        raise Stale(_("This person has left meanwhile."))
    role = approval.payload["role"]
    _demand_compatible(person, role)
    row = RoleAssignment(
        staff=person, role=role, unit=Unit.objects.get(pk=approval.payload["unit_id"]),
        valid_from=date.fromisoformat(approval.payload["valid_from"]),
    )  # fmt: skip
    with audit.change(row, "role.granted", by=by, at=now, reason=approval.reason):
        row.save()
    return row


@transaction.atomic
def end_role(*, assignment_id: int, reason: str, by: Staff, now: datetime) -> RoleAssignment:
    """End a role as of yesterday: the next request of the person is without it."""
    row = RoleAssignment.objects.select_for_update().get(pk=assignment_id)
    if row.valid_to is not None:
        raise RoleRefused(_("This role has ended already."))
    if not reason.strip():
        raise RoleRefused(_("Please give a reason."))
    with audit.change(row, "role.ended", by=by, at=now, reason=reason):
        row.valid_to = max(row.valid_from, now.date() - timedelta(days=1))
        row.save(update_fields=["valid_to"])
        if row.valid_to >= now.date():
            row.delete()
    return row


@transaction.atomic
def stand_in(
    *,
    absent_id: int,
    substitute_id: int,
    from_on: date,
    until_on: date,
    reason: str,
    by: Staff,
    now: datetime,
) -> ActingFor:
    """Let one person act for another between two days. Refuses oneself, past days, and overlapping ones."""
    if absent_id == substitute_id:
        raise RoleRefused(_("Somebody else must stand in."))
    if from_on < now.date() or until_on < from_on:
        raise RoleRefused(_("The days must begin today or later and end after they begin."))
    if ActingFor.objects.filter(absent_id=absent_id, from_on__lte=until_on, until_on__gte=from_on).exists():
        raise RoleRefused(_("Somebody stands in already on some of these days."))
    if not reason.strip():
        raise RoleRefused(_("Please give a reason."))
    row = ActingFor(
        absent_id=absent_id,
        substitute_id=substitute_id,
        from_on=from_on,
        until_on=until_on,
        reason=reason.strip(),
    )
    with audit.change(row, "acting_for.begun", by=by, at=now, reason=reason):
        row.save()
    return row


@transaction.atomic
def disable_account(*, staff_id: int, left_on: date | None, reason: str, by: Staff, now: datetime) -> Staff:
    """Close an account at once, for a leaver with the day of leaving. Refuses the own account."""
    person = Staff.objects.select_for_update().get(pk=staff_id)
    if person.pk == by.pk:
        raise RoleRefused(_("You cannot close your own account."))
    with audit.change(person, "account.disabled", by=by, at=now, reason=reason):
        person.is_active, person.left_on = False, left_on
        person.save(update_fields=["is_active", "left_on"])
    return person


def _demand_compatible(person: Staff, role: str) -> None:
    if role not in ROLES:
        raise RoleRefused(_("There is no such role."))
    held: list[Any] = list(
        RoleAssignment.objects.filter(staff=person, valid_to__isnull=True).values_list("role", flat=True)
    )
    if role in held:
        raise RoleRefused(_("This person holds the role already."))
    clash = [other for other in held if other in ROLES[role].excludes or role in ROLES[other].excludes]
    if clash:
        raise RoleRefused(
            _("%(role)s and %(other)s must not be held by one person.")
            % {"role": ROLES[role].label, "other": ROLES[clash[0]].label}
        )


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
        with audit.change(row, "role.granted", by=None, at=now, reason="first roles"):
            row.save()
    return people
