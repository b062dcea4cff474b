"""Signing in: password, lockout, second factor, password change (D-24a, D-24b).

A failure is counted and recorded in its own transaction and returned as a refusal, so that a roll-back
cannot give the attempts back.
"""

from __future__ import annotations

import base64
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor import InvalidToken
from cryptography.hazmat.primitives.twofactor.totp import TOTP
from django.conf import settings
from django.contrib.auth.hashers import check_password, make_password
from django.contrib.auth.password_validation import validate_password
from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from zhike.core import audit, keys, parameters
from zhike.core.errors import DomainError
from zhike.core.keys import register
from zhike.core.sentences import Sentence
from zhike.staff.models import Staff, StaffSession
from zhike.staff.queries.accounts import has_local_door

SEALED = register.column("staff_staff", "second_factor")
STEP_SECONDS = 30
DIGITS = 6
_ABSENT = make_password(secrets.token_urlsafe(16))


class SignInRefused(DomainError):
    """`field` is what was wrong, where more than one thing is asked."""

    field = ""


class AccountLocked(SignInRefused):
    """Too many wrong codes; `minutes` says how long it still takes."""

    def __init__(self, minutes: int) -> None:
        super().__init__(
            _("Too many wrong attempts. Try again in %(minutes)s minutes.") % {"minutes": minutes}
        )
        self.minutes = minutes


def check_login(*, staff_no: str, password: str, now: datetime) -> Staff:
    """The account, if the password is right. Raises SignInRefused.

    An unknown number, a wrong password, an account that is closed, locked or dormant: the same words after the same
    work, so that nobody learns which numbers there are, or whether a guess at a locked one was right.
    """
    person = Staff.objects.filter(staff_no=staff_no.strip()).first()
    right = check_password(password, person.password if person else _ABSENT)
    if person is None or not right or _no_door(person, now=now):
        raise _refused_login(person, now=now)
    if _first_password_is_over(person, now=now):
        with transaction.atomic():
            audit.record(
                "login.refused",
                by=person,
                at=now,
                row=person,
                reason=Sentence("login.first_password_expired"),
            )
        raise SignInRefused(
            _("This first password is too old by now. The system administrator gives you another.")
        )
    return person


def check_second_factor(*, person: Staff, code: str, now: datetime) -> None:
    """Accept a code of the authenticator once. Raises AccountLocked or SignInRefused.

    The account's row is held from the look at the lock until the code is used up or the failure counted:
    of parallel attempts each sees what the one before it did, so no code opens twice and no guess is free.
    """
    with transaction.atomic():
        held = Staff.objects.select_for_update().get(pk=person.pk)
        if _locked(held, now=now):
            audit.record("login.refused", by=held, at=now, row=held, reason=Sentence("login.locked"))
        elif step := _unused_step(held, "".join(code.split()), now=now):
            Staff.objects.filter(pk=held.pk).update(second_factor_step=step)
            return
        else:
            _count_failure(held, now=now)
    _refuse_if_locked(held, now=now)
    raise SignInRefused(_("This code is not valid now. Wait for the next one."))


def code_in_demo(person: Staff, *, now: datetime) -> str:
    """The code a phone would show now, for people whom the demo made up; else nothing.

    A newcomer has no authenticator of theirs. Who joined later has a phone, also beside the made-up bank.
    """
    if not (person.is_made_up and person.second_factor and settings.DEMO_LOGINS.exists()):
        return ""
    return _totp(_secret(person)).generate(int(now.timestamp())).decode()


@transaction.atomic
def complete_sign_in(*, person: Staff, by_provider: bool = False, now: datetime) -> None:
    """Note a successful sign-in: failures begin at zero again, what is left of old sessions goes.

    Whoever came by the bank's sign-in service needs no first password: one that was given out ends.
    """
    StaffSession.objects.filter(staff=person, expire_date__lte=now).delete()
    Staff.objects.filter(pk=person.pk).update(failure_count=0, locked_until=None, last_login=now)
    way = Sentence("login.by_provider") if by_provider else ""
    if not by_provider and settings.LOCAL_SIGN_IN == "emergency":
        way = Sentence("login.emergency")
    audit.record("login.done", by=person, at=now, row=person, reason=way)
    if by_provider and person.must_change_password:
        with audit.change(person, "password.withdrawn", by=person, at=now):
            person.password, person.must_change_password = make_password(secrets.token_urlsafe(32)), False
            person.save(update_fields=["password", "must_change_password"])


@transaction.atomic
def sign_out(*, person: Staff, now: datetime) -> None:
    """Note that a person signed out."""
    audit.record("login.ended", by=person, at=now, row=person)


def new_secret() -> str:
    """A secret for an authenticator, as the base32 text people type."""
    return base64.b32encode(secrets.token_bytes(20)).decode()


@transaction.atomic
def enrol_second_factor(*, person: Staff, secret: str, code: str, now: datetime) -> None:
    """Keep the authenticator's secret once a first code proves it works. Raises SignInRefused."""
    used = _proven_step(secret, code, now=now)
    with audit.change(person, "second_factor.enrolled", by=person, at=now):
        give_second_factor(person=person, secret=secret)
        person.second_factor_step, person.second_factor_set_at = used, now
        person.save(update_fields=["second_factor", "second_factor_step", "second_factor_set_at"])


def replace_second_factor(
    *, person: Staff, password: str, present_code: str, secret: str, code: str, now: datetime
) -> None:
    """Set up another authenticator with the password and, where there is one, a code of the present one.

    Wrong ones count as at signing in, so an unattended session cannot guess; the counts are transactions of
    their own, so this is none. Raises SignInRefused, whose `field` names what was wrong.
    """
    with _about("password"):
        check_login(staff_no=person.staff_no, password=password, now=now)
    with _about("code"):
        _proven_step(secret, code, now=now)
    if person.second_factor:
        with _about("present_code"):
            check_second_factor(person=person, code=present_code, now=now)
    enrol_second_factor(person=person, secret=secret, code=code, now=now)


def give_second_factor(*, person: Staff, secret: str) -> None:
    """Set the authenticator of an account that is being set up; the caller saves it."""
    person.second_factor = keys.seal(secret, purpose=SEALED.purpose, place=SEALED.place(person.pk))
    person.second_factor_step = 0


def change_password(*, person: Staff, old: str, new: str, now: datetime) -> None:
    """Set another password. Refuses a wrong old one, the same one, and one that breaks the rules.

    A wrong old one counts as at signing in, so an unattended session cannot guess; the count is a transaction
    of its own, so this is none. Raises AccountLocked, SignInRefused or Django's ValidationError, whose
    messages stand beside the field.
    """
    _demand_password(person, old, now=now)
    if old == new:
        raise SignInRefused(_("The new password must differ from the present one."))
    validate_password(new, person)
    with transaction.atomic(), audit.change(person, "password.changed", by=person, at=now):
        person.password = make_password(new)
        person.password_set_at = now
        person.must_change_password, person.failure_count = False, 0
        person.save(update_fields=["password", "password_set_at", "must_change_password", "failure_count"])


def must_change_password(person: Staff, *, now: datetime) -> bool:
    """Whether the password is a first one or too old."""
    if person.must_change_password or person.password_set_at is None:
        return True
    days = parameters.value("auth.password_days", on=timezone.localdate(now))
    return person.password_set_at + timedelta(days=days) < now


@transaction.atomic
def change_settings(*, person: Staff, now: datetime, **choices: Any) -> Staff:
    """Keep a person's own settings: language, large print, row height."""
    with audit.change(person, "settings.changed", by=person, at=now):
        for name, value in choices.items():
            if name not in {"language", "large_print", "compact_rows"}:
                raise ValueError(name)
            setattr(person, name, value)
        person.save(update_fields=list(choices))
    return person


def _demand_password(person: Staff, password: str, *, now: datetime) -> None:
    """The present password of somebody who is signed in; a wrong one is counted. Raises AccountLocked, SignInRefused.

    The row is held meanwhile, as for a code: of parallel guesses none is free.
    """
    with transaction.atomic():
        held = Staff.objects.select_for_update().get(pk=person.pk)
        if _locked(held, now=now):
            audit.record("login.refused", by=held, at=now, row=held, reason=Sentence("login.locked"))
        elif check_password(password, held.password):
            return
        else:
            _count_failure(held, now=now)
    _refuse_if_locked(held, now=now)
    raise SignInRefused(_("The present password is wrong."))


def _refuse_if_locked(held: Staff, *, now: datetime) -> None:
    if held.locked_until and _locked(held, now=now):
        raise AccountLocked(minutes=-(-int((held.locked_until - now).total_seconds()) // 60))


def _locked(person: Staff, *, now: datetime) -> bool:
    return person.locked_until is not None and person.locked_until > now


def _no_door(person: Staff, *, now: datetime) -> Sentence | None:
    """Why even the right password does not open this account; None if it does."""
    return _shut(person, now=now) or (None if has_local_door(person) else Sentence("login.no_local_door"))


def _shut(person: Staff, *, now: datetime) -> Sentence | None:
    """Why no password opens this account now; None if one may."""
    if not person.is_active:
        return Sentence("login.closed")
    if person.dormant_at is not None:
        return Sentence("login.dormant")
    return Sentence("login.locked") if _locked(person, now=now) else None


@transaction.atomic
def _refused_login(person: Staff | None, *, now: datetime) -> SignInRefused:
    """The refusal of a sign-in, recorded, and counted where it was a wrong password.

    An unknown number asks and writes as much as a known one, only to a row that is not there.
    """
    held = Staff.objects.select_for_update().filter(pk=person.pk if person else 0).first()
    why = Sentence("login.unknown_number") if held is None else _no_door(held, now=now)
    if why:
        Staff.objects.filter(pk=held.pk if held else 0).update(failure_count=F("failure_count"))
        audit.record("login.refused", by=held, at=now, row=held, reason=why)
        failures, minutes = _limits(now)
    else:
        assert held is not None
        failures, minutes = _count_failure(held, now=now)
    words = _(
        "The staff number or the password is wrong, or the number is locked: %(failures)s wrong attempts lock "
        "it for %(minutes)s minutes."
    )
    return SignInRefused(words % {"failures": failures, "minutes": minutes})


def _count_failure(held: Staff, *, now: datetime) -> tuple[int, int]:
    """Count a failure on a row that is held, and lock the account at the last one; answers the limits."""
    failures, minutes = _limits(now)
    held.failure_count += 1
    if held.failure_count >= failures:
        held.locked_until, held.failure_count = now + timedelta(minutes=minutes), 0
    Staff.objects.filter(pk=held.pk).update(failure_count=held.failure_count, locked_until=held.locked_until)
    action = "login.locked" if _locked(held, now=now) else "login.failed"
    audit.record(action, by=held, at=now, row=held)
    return failures, minutes


def _limits(now: datetime) -> tuple[int, int]:
    """How many failures lock an account, and for how many minutes."""
    today = timezone.localdate(now)
    return (
        parameters.value("auth.lock_failures", on=today),
        parameters.value("auth.lock_minutes", on=today),
    )


@contextmanager
def _about(field: str) -> Iterator[None]:
    try:
        yield
    except SignInRefused as refusal:
        refusal.field = field
        raise


def _first_password_is_over(person: Staff, *, now: datetime) -> bool:
    if not person.must_change_password or person.password_set_at is None:
        return False
    hours = parameters.value("auth.first_password_hours", on=timezone.localdate(now))
    return person.password_set_at + timedelta(hours=hours) < now


def _proven_step(secret: str, code: str, *, now: datetime) -> int:
    """The step whose code of a new authenticator this is. Raises SignInRefused."""
    step = int(now.timestamp()) // STEP_SECONDS
    for candidate in (step, step - 1):
        if _matches(_decode(secret), "".join(code.split()), candidate):
            return candidate
    raise SignInRefused(_("This code does not match. Check the time of your phone and try the next one."))


def _unused_step(person: Staff, code: str, *, now: datetime) -> int | None:
    """The step whose code this is, one step of clocks apart at most, if no code since has been used."""
    step, secret = int(now.timestamp()) // STEP_SECONDS, _secret(person)
    for candidate in (step, step - 1, step + 1):
        if candidate > person.second_factor_step and _matches(secret, code, candidate):
            return candidate
    return None


def _matches(secret: bytes, code: str, step: int) -> bool:
    if len(code) != DIGITS or not (code.isascii() and code.isdigit()):
        return False
    try:
        _totp(secret).verify(code.encode(), step * STEP_SECONDS)
    except InvalidToken:
        return False
    return True


def _totp(secret: bytes) -> TOTP:
    return TOTP(secret, DIGITS, SHA1(), STEP_SECONDS, enforce_key_length=False)  # noqa: S303 - RFC 6238 as phones speak it


def _secret(person: Staff) -> bytes:
    return _decode(keys.unseal(person.second_factor, purpose=SEALED.purpose, place=SEALED.place(person.pk)))


def _decode(secret: str) -> bytes:
    return base64.b32decode(secret)
