"""Standing in: one person acts under the roles of another between two days, by the decision of a third.

Whoever enters a stand-in gives rights away, so it takes the same two people as giving a role (C.3, C.4): the
system administrator proposes, the security administrator decides, and neither is one of the two concerned.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from zhike.core import audit, parameters
from zhike.core.errors import Stale
from zhike.core.models import Approval
from zhike.core.operations import approvals
from zhike.core.sentences import Sentence
from zhike.staff.models import ActingFor, RoleAssignment, Staff
from zhike.staff.operations.people import RoleRefused
from zhike.staff.queries.people import (
    STAND_IN_KIND,
    clash_in_words,
    hold_people,
    last_whole_day,
    roles_at_hand,
)

DAYS_MUST_BEGIN = Sentence("stand_in.days_must_begin")


@dataclass(frozen=True, slots=True)
class _Wish:
    absent: Staff
    substitute: Staff
    from_on: date
    until_on: date


@transaction.atomic
def propose_stand_in(
    *,
    absent_id: int,
    substitute_id: int,
    from_on: date,
    until_on: date,
    reason: str,
    by: Staff,
    now: datetime,
) -> Approval:
    """Propose that somebody stand in for somebody else; the security administrator decides.

    Raises RoleRefused: proposed by one of the two, days that are past, too many (`staff.stand_in_days`) or
    taken, somebody who has left, and roles that must not come together in one person.
    """
    wish = _wish(absent_id, substitute_id, from_on, until_on, now=now)
    _demand_third(wish, by=by)
    if from_on < timezone.localdate(now):
        raise RoleRefused(DAYS_MUST_BEGIN)
    _demand_possible(wish, now=now)
    payload = {
        "substitute_id": substitute_id, "from_on": from_on.isoformat(), "until_on": until_on.isoformat(),
    }  # fmt: skip
    return approvals.propose(
        kind=STAND_IN_KIND, subject=wish.absent, payload=payload, reason=reason, by=by, now=now
    )


@transaction.atomic
def begin_stand_in(*, approval: Approval, by: Staff, now: datetime) -> ActingFor:
    """Carry out an approved stand-in, for what is left of its days. Raises RoleRefused for one of the two.

    Raises Stale when the days are over, or when it has become impossible since it was proposed.
    """
    payload = approval.payload
    from_on, until_on = (date.fromisoformat(payload[name]) for name in ("from_on", "until_on"))
    wish = _wish(
        approval.subject_id,
        payload["substitute_id"],
        max(from_on, timezone.localdate(now)),
        until_on,
        now=now,
    )
    _demand_third(wish, by=by)
    try:
        _demand_possible(wish, now=now)
    except RoleRefused as refusal:
        raise Stale(refusal.args[0]) from refusal
    row = ActingFor(
        absent=wish.absent, substitute=wish.substitute, from_on=wish.from_on, until_on=wish.until_on,
        reason=approval.reason,
    )  # fmt: skip
    with audit.change(row, "acting_for.begun", by=by, at=now, reason=approval.reason):
        row.save()
    return row


@transaction.atomic
def end_stand_in(*, stand_in_id: int, reason: str, by: Staff, now: datetime) -> ActingFor:
    """End a stand-in at once, before its last day. The row stays as history. Raises RoleRefused."""
    row = ActingFor.objects.select_for_update().get(pk=stand_in_id)
    if not ActingFor.objects.not_over(timezone.localdate(now)).filter(pk=row.pk).exists():
        raise RoleRefused(_("This stand-in is over already."))
    if not reason.strip():
        raise RoleRefused(_("Please give a reason."))
    with audit.change(row, "acting_for.ended", by=by, at=now, reason=reason.strip()):
        row.until_on = last_whole_day(row.from_on, now=now)
        row.save(update_fields=["until_on"])
    return row


def _wish(absent_id: int, substitute_id: int, from_on: date, until_on: date, *, now: datetime) -> _Wish:
    """What is asked for, with both people's rows held."""
    if absent_id == substitute_id:
        raise RoleRefused(_("Somebody else must stand in."))
    absent = hold_people(absent_id, substitute_id, on=timezone.localdate(now))
    return _Wish(absent, Staff.objects.get(pk=substitute_id), from_on, until_on)


def _demand_third(wish: _Wish, *, by: Staff) -> None:
    if by.pk in {wish.absent.pk, wish.substitute.pk}:
        raise RoleRefused(_("This concerns yourself; another administrator must do it."))


def _demand_possible(wish: _Wish, *, now: datetime) -> None:
    today = timezone.localdate(now)
    if wish.until_on < max(wish.from_on, today):
        raise RoleRefused(DAYS_MUST_BEGIN)
    longest = parameters.value("staff.stand_in_days", on=today)
    if wish.until_on - wish.from_on >= timedelta(days=longest):
        raise RoleRefused(Sentence("stand_in.too_long", {"days": longest}))
    for person in (wish.absent, wish.substitute):
        if not person.is_active:
            raise RoleRefused(Sentence("stand_in.account_closed", {"name": person.name}))
    if ActingFor.objects.between(wish.from_on, wish.until_on).filter(absent=wish.absent).exists():
        raise RoleRefused(Sentence("stand_in.taken"))
    taken_over = RoleAssignment.objects.not_over(today).filter(staff=wish.absent)
    at_hand = roles_at_hand(wish.substitute.pk, on=today)
    roles = at_hand | set(taken_over.values_list("role", flat=True))
    if problem := clash_in_words(wish.substitute, roles):
        raise RoleRefused(problem)
