"""Whose account opens for a person whom the bank's sign-in service has proven.

An account is found by the subject it is bound to, else by the staff number where the bank trusts the service to
tell it; never by a name or an e-mail address, which may be given to somebody else one day.
"""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from zhike.core import audit
from zhike.core.errors import DomainError
from zhike.core.sentences import Sentence
from zhike.staff.enums import AccountState
from zhike.staff.models import Staff
from zhike.staff.provider import Identity
from zhike.staff.queries.accounts import state_of

SHUT: dict[AccountState, tuple[Sentence, Promise]] = {
    AccountState.CLOSED: (
        Sentence("login.closed"),
        _("Your account here is closed. The system administrator reopens it."),
    ),
    AccountState.NONE: (
        Sentence("login.no_account"),
        _("No account has been opened for you yet. The system administrator does it."),
    ),
    AccountState.DORMANT: (
        Sentence("login.dormant"),
        _("Your account here was unused for long and is locked. The system administrator opens it again."),
    ),
    AccountState.LOCKED: (
        Sentence("login.locked"),
        _(
            "Your account here is locked for a while after wrong attempts. Try again later, or ask the system "
            "administrator."
        ),
    ),
}  # fmt: skip
"""What keeps an account from opening: how the audit says it, and what the person reads."""


class NoAccount(DomainError):
    """The person is proven, and nothing here opens for them."""


def person_of(*, identity: Identity, now: datetime) -> Staff:
    """The account that opens. Raises NoAccount, recorded, with the sentence that the person reads."""
    person = _bound(identity) or _numbered(identity)
    if person is None:
        text = _(
            "You have signed in there as %(subject)s, but no account here belongs to that. The system administrator "
            "binds it to yours."
        )
        raise _refused(
            None, Sentence("login.not_bound"), str(text) % {"subject": identity.subject}, identity, now
        )
    if person.provider_subject and not _is_bound_to(person, identity):
        text = _(
            "Your account here is bound to another identifier there. The system administrator looks into it."
        )
        raise _refused(person, Sentence("login.bound_to_another"), str(text), identity, now)
    if found := SHUT.get(state_of(person, now=now)):
        raise _refused(person, found[0], str(found[1]), identity, now)
    return person


def _bound(identity: Identity) -> Staff | None:
    return Staff.objects.filter(
        provider_issuer=settings.OIDC_ISSUER, provider_subject=identity.subject
    ).first()


def _numbered(identity: Identity) -> Staff | None:
    return Staff.objects.filter(staff_no=identity.staff_no).first() if identity.staff_no else None


def _is_bound_to(person: Staff, identity: Identity) -> bool:
    return (person.provider_issuer, person.provider_subject) == (settings.OIDC_ISSUER, identity.subject)


@transaction.atomic
def _refused(person: Staff | None, why: Sentence, text: str, identity: Identity, now: datetime) -> NoAccount:
    """The refusal, on record with the subject that was proven."""
    audit.record(
        "login.refused",
        by=person,
        at=now,
        row=person,
        reason=why,
        detail={"subject": identity.subject},
    )
    return NoAccount(text)


@transaction.atomic
def note_unproven(*, code: str, now: datetime) -> None:
    """Put on record that an answer of the sign-in service proved nobody; `code` says what was wrong with it."""
    audit.record("login.refused", by=None, at=now, reason=Sentence("login.unproven"), detail={"fault": code})
