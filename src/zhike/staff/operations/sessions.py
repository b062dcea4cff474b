"""A person's own sessions, ended by that person."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from zhike.core import audit
from zhike.core.errors import DomainError
from zhike.staff.models import Staff, StaffSession
from zhike.staff.queries.sessions import mark_of


class SessionRefused(DomainError):
    pass


@transaction.atomic
def end_own_session(*, person: Staff, mark: str, this: str, now: datetime) -> None:
    """End one other session of the own account. Raises SessionRefused when it is over, or the present one."""
    rows = StaffSession.objects.filter(staff=person).exclude(session_key=this)
    row = next((row for row in rows if mark_of(row) == mark), None)
    if row is None:
        raise SessionRefused(_("This session is over already."))
    row.delete()
    audit.record("session.ended", by=person, at=now, row=person)


@transaction.atomic
def end_other_sessions(*, person: Staff, this: str, now: datetime) -> int:
    """End every other session of the own account; answers how many there were."""
    count = StaffSession.objects.filter(staff=person).exclude(session_key=this).delete()[0]
    audit.record("sessions.ended", by=person, at=now, row=person, detail={"count": count})
    return count


@transaction.atomic
def forget_expired(*, now: datetime) -> int:
    """Delete sessions whose time is over, also those of sign-ins that were begun and left; answers how many."""
    return StaffSession.objects.filter(expire_date__lte=now).delete()[0]
