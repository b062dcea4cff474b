"""Accounts: opened, unlocked, reset and closed by an administrator, or by the operator on the machine.

A first password is given out once, lives for `auth.first_password_hours` and is changed at the first sign-in.
A second factor is taken off by two people; the operator may do it alone where no administrator can sign in.
Every act needs a reason, ends the sessions it concerns, and moves the account's version, which also ends
sign-ins that are half way.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from zhike.core import audit, hearing, parameters
from zhike.core.errors import DomainError, Stale
from zhike.core.models import Approval
from zhike.core.operations import approvals
from zhike.core.sentences import Sentence
from zhike.staff.enums import AccountAct
from zhike.staff.models import Staff, StaffSession
from zhike.staff.operations.people import Operator, end_role
from zhike.staff.passwords import first_password
from zhike.staff.queries.accounts import (
    BINDING_KIND,
    SECOND_FACTOR_KIND,
    possible_acts,
    state_of,
    unused_since,
)


class AccountRefused(DomainError):
    pass


@dataclass(frozen=True, slots=True)
class FirstPassword:
    """A password that is shown once, and whose account it opens."""

    person: Staff
    password: str


By = Staff | Operator
FRESH = [
    "password", "password_set_at", "must_change_password", "failure_count", "locked_until", "dormant_at", "version",
]  # fmt: skip
BOUND = ["provider_issuer", "provider_subject"]
ACCESS_ENDED = hearing.topic("access.ended")
"""Told when whoever is inside must go: a reset, sessions ended by an administrator, an account closed or opened
again. What the account has opened for programs ends with the sessions and does not come back."""


@transaction.atomic
def open_account(*, staff_id: int, version: int, reason: str, by: By, now: datetime) -> FirstPassword:
    """Give a person who has no account a first password. Raises AccountRefused and Stale."""
    person = _locked(staff_id, AccountAct.OPEN, version=version, by=by, now=now)
    with audit.change(person, "account.opened", by=by, at=now, reason=_given(reason)):
        password = _renew(person, now=now)
        person.save(update_fields=FRESH)
    return FirstPassword(person, password)


@transaction.atomic
def unlock_account(*, staff_id: int, version: int, reason: str, by: By, now: datetime) -> Staff:
    """End a lock before its time. Raises AccountRefused and Stale."""
    person = _locked(staff_id, AccountAct.UNLOCK, version=version, by=by, now=now)
    with audit.change(person, "account.unlocked", by=by, at=now, reason=_given(reason)):
        person.failure_count, person.locked_until = 0, None
        person.version += 1
        person.save(update_fields=["failure_count", "locked_until", "version"])
    return person


@transaction.atomic
def reset_password(*, staff_id: int, version: int, reason: str, by: By, now: datetime) -> FirstPassword:
    """Replace a forgotten password by a first one; sessions, tokens and a lock end.

    Raises AccountRefused and Stale.
    """
    person = _locked(staff_id, AccountAct.PASSWORD, version=version, by=by, now=now)
    with audit.change(person, "password.reset", by=by, at=now, reason=_given(reason)):
        password = _renew(person, now=now)
        person.save(update_fields=FRESH)
    _end_access(person, by=by, now=now)
    return FirstPassword(person, password)


@transaction.atomic
def propose_second_factor_reset(
    *, staff_id: int, version: int, reason: str, by: Staff, now: datetime
) -> Approval:
    """Propose that a lost second factor be taken off; the security administrator decides (C.4).

    One may propose it for oneself. Raises AccountRefused and Stale.
    """
    person = _locked(staff_id, AccountAct.SECOND_FACTOR, version=version, by=None, now=now)
    return approvals.propose(
        kind=SECOND_FACTOR_KIND, subject=person, payload={}, reason=_given(reason), by=by, now=now
    )


@transaction.atomic
def carry_out_second_factor_reset(*, approval: Approval, by: Staff, now: datetime) -> Staff:
    """Take off the second factor as approved. Refuses the person concerned as the one who approves.

    Raises Stale when the account was closed, or another factor set up, since it was proposed.
    """
    person = Staff.objects.select_for_update().get(pk=approval.subject_id)
    if person.pk == by.pk:
        raise AccountRefused(_("This concerns your own account; another administrator must decide."))
    if AccountAct.SECOND_FACTOR not in possible_acts(person, state=state_of(person, now=now)):
        raise Stale(Sentence("second_factor.gone"))
    if person.second_factor_set_at and person.second_factor_set_at > approval.proposed_at:
        raise Stale(Sentence("second_factor.another"))
    return _take_off_second_factor(person, reason=approval.reason, by=by, now=now)


@transaction.atomic
def reset_second_factor(*, staff_id: int, version: int, reason: str, by: Operator, now: datetime) -> Staff:
    """Take off a second factor at once, by the operator on the machine. Raises AccountRefused and Stale."""
    person = _locked(staff_id, AccountAct.SECOND_FACTOR, version=version, by=by, now=now)
    return _take_off_second_factor(person, reason=_given(reason), by=by, now=now)


@transaction.atomic
def propose_binding(
    *, staff_id: int, version: int, subject: str, reason: str, by: Staff, now: datetime
) -> Approval:
    """Propose that a person of the bank's sign-in service, `subject` there, open this account; the security
    administrator decides, for whoever binds somebody's account to themselves would be that person.

    Raises AccountRefused and Stale.
    """
    person = _locked(staff_id, AccountAct.BIND, version=version, by=by, now=now)
    _demand_free(subject.strip())
    payload = {"issuer": settings.OIDC_ISSUER, "subject": subject.strip()}
    return approvals.propose(
        kind=BINDING_KIND, subject=person, payload=payload, reason=_given(reason), by=by, now=now
    )


@transaction.atomic
def bind_account(*, approval: Approval, by: Staff, now: datetime) -> Staff:
    """Bind an account as approved. Refuses the person concerned as the one who approves. Raises Stale."""
    person = Staff.objects.select_for_update().get(pk=approval.subject_id)
    if person.pk == by.pk:
        raise AccountRefused(_("This concerns your own account; another administrator must decide."))
    issuer, subject = approval.payload["issuer"], approval.payload["subject"]
    if issuer != settings.OIDC_ISSUER or AccountAct.BIND not in possible_acts(
        person, state=state_of(person, now=now)
    ):
        raise Stale(Sentence("binding.account_moved"))
    if Staff.objects.filter(provider_issuer=issuer, provider_subject=subject).exists():
        raise Stale(Sentence("binding.taken"))
    with audit.change(person, "account.bound", by=by, at=now, reason=approval.reason):
        person.provider_issuer, person.provider_subject = issuer, subject
        person.version += 1
        person.save(update_fields=[*BOUND, "version"])
    return person


@transaction.atomic
def end_binding(*, staff_id: int, version: int, reason: str, by: By, now: datetime) -> Staff:
    """End an account's binding at once, with every session and token. Raises AccountRefused and Stale."""
    person = _locked(staff_id, AccountAct.UNBIND, version=version, by=by, now=now)
    with audit.change(person, "account.unbound", by=by, at=now, reason=_given(reason)):
        person.provider_issuer = person.provider_subject = ""
        person.version += 1
        person.save(update_fields=[*BOUND, "version"])
    _end_access(person, by=by, now=now)
    return person


@transaction.atomic
def end_sessions(*, staff_id: int, version: int, reason: str, by: By, now: datetime) -> int:
    """End every session and token of a person; answers how many sessions. Raises AccountRefused and Stale."""
    person = _locked(staff_id, AccountAct.SESSIONS, version=version, by=by, now=now)
    person.version += 1
    person.save(update_fields=["version"])
    count = _end_access(person, by=by, now=now)
    audit.record("sessions.ended", by=by, at=now, row=person, reason=_given(reason), detail={"count": count})
    return count


@transaction.atomic
def close_account(
    *, staff_id: int, version: int, left_on: date | None, reason: str, by: Staff, now: datetime
) -> Staff:
    """Close an account at once, for a leaver with the day of leaving. Raises AccountRefused and Stale."""
    person = _locked(staff_id, AccountAct.CLOSE, version=version, by=by, now=now)
    with audit.change(person, "account.closed", by=by, at=now, reason=_given(reason)):
        person.is_active, person.left_on = False, left_on
        person.version += 1
        person.save(update_fields=["is_active", "left_on", "version"])
    _end_access(person, by=by, now=now)
    return person


@transaction.atomic
def reopen_account(*, staff_id: int, version: int, reason: str, by: Staff, now: datetime) -> FirstPassword:
    """Open a closed account again, with a first password and without the old tokens.

    The second factor stays: taking it off is for two people, else one could close, open and be the other. Who
    had left comes back without roles (L-04); who was only away keeps them. Raises AccountRefused, Stale.
    """
    person = _locked(staff_id, AccountAct.REOPEN, version=version, by=by, now=now)
    _end_access(person, by=by, now=now)  # a personnel extract may have closed it
    if person.left_on is not None:
        for held in person.roles.filter(valid_to__isnull=True):
            end_role(assignment_id=held.pk, reason=reason, by=by, now=now)
    with audit.change(person, "account.reopened", by=by, at=now, reason=_given(reason)):
        password = _renew(person, now=now)
        person.is_active, person.left_on = True, None
        person.save(update_fields=[*FRESH, "is_active", "left_on"])
    return FirstPassword(person, password)


@transaction.atomic
def lock_dormant(*, now: datetime) -> int:
    """Lock the accounts that nobody has used for `auth.dormant_days` (C.4); answers how many.

    A new first password opens such an account again; it ends the tokens, which are refused until then.
    """
    days = parameters.value("auth.dormant_days", on=timezone.localdate(now))
    unused = unused_since(now - timedelta(days=days)).select_for_update()
    count = 0
    for person in unused.order_by("pk"):
        with audit.change(person, "account.dormant", by=None, at=now):
            person.dormant_at = now
            person.version += 1
            person.save(update_fields=["dormant_at", "version"])
        StaffSession.objects.filter(staff=person).delete()
        count += 1
    return count


def _locked(staff_id: int, act: AccountAct, *, version: int, by: By | None, now: datetime) -> Staff:
    """The row, held, if the act is possible, its page is not old, and it concerns somebody else than `by`."""
    person = Staff.objects.select_for_update().get(pk=staff_id)
    if by is not None and by.pk == person.pk:
        raise AccountRefused(_("This is your own account; another administrator must do it."))
    if person.version != version:
        raise Stale(_("Somebody else changed this account meanwhile. Look again before you decide."))
    state = state_of(person, now=now)
    if act not in possible_acts(person, state=state):
        raise AccountRefused(
            _("The account's state does not allow this: %(state)s.") % {"state": state.label}
        )
    return person


def _demand_free(subject: str) -> None:
    held = Staff.objects.filter(provider_issuer=settings.OIDC_ISSUER, provider_subject=subject).first()
    if held is not None:
        raise AccountRefused(
            _("The account of %(name)s is bound to this identifier already.") % {"name": held.name}
        )


def _given(reason: str) -> str:
    if not reason.strip():
        raise AccountRefused(_("Please give a reason."))
    return reason.strip()


def _renew(person: Staff, *, now: datetime) -> str:
    """Set a first password, to be changed at the first sign-in; the caller saves `FRESH`."""
    password = first_password()
    person.password, person.password_set_at = make_password(password), now
    person.must_change_password, person.failure_count = True, 0
    person.locked_until = person.dormant_at = None
    person.version += 1
    return password


def _take_off_second_factor(person: Staff, *, reason: str, by: By, now: datetime) -> Staff:
    with audit.change(person, "second_factor.reset", by=by, at=now, reason=reason):
        person.second_factor, person.second_factor_set_at = b"", None
        person.version += 1
        person.save(update_fields=["second_factor", "second_factor_set_at", "version"])
    _end_access(person, by=by, now=now)
    return person


def _end_access(person: Staff, *, by: By, now: datetime) -> int:
    """End every session, and have ended what else lets somebody in; answers how many sessions there were."""
    hearing.tell(ACCESS_ENDED, person=person, by=by, now=now)
    return StaffSession.objects.filter(staff=person).delete()[0]
