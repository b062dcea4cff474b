"""Tokens: issued by a person for themselves, shown once, counted and checked with every call."""

from __future__ import annotations

import hashlib
import re
import secrets
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import IntegrityError, connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from zhike.core import audit, parameters
from zhike.core.access.permissions import Permission
from zhike.core.errors import DomainError
from zhike.rest.models import ApiToken
from zhike.rest.queries.tokens import scopes_open_to
from zhike.staff.api import By, able_to_act
from zhike.staff.models import Staff

MARK = "zhike_"
_SECRET = re.compile(rf"{MARK}[A-Za-z0-9_-]{{43}}")
_PREFIX = len(MARK) + 4


class TokenRefused(DomainError):
    pass


@dataclass(frozen=True, slots=True)
class Issued:
    """A new token and its secret, which nobody can see again."""

    token: ApiToken
    secret: str


@dataclass(frozen=True, slots=True)
class Admission:
    """Who calls, and how often in this minute. `is_over` says the limit is passed; `wait` for how long.

    `token` is the token in the words of the audit: what it is for, and how its secret begins.
    """

    token_id: int
    token: str
    staff: Staff
    scopes: frozenset[str]
    is_over: bool
    wait: int

    def may(self, *permissions: Permission) -> bool:
        """Whether one of the rights is in the token and, today, in the person's roles."""
        return self.staff.may(*(right for right in permissions if right in self.scopes))


@transaction.atomic
def issue_token(*, name: str, scopes: list[str], expires_on: date, by: Staff, now: datetime) -> Issued:
    """Issue a token for oneself. Refuses rights one does not hold, and a life beyond `token.max_days`."""
    if not set(scopes) or set(scopes) - set(scopes_open_to(by)):
        raise TokenRefused(_("A token can only be given rights that your roles hold."))
    today = timezone.localdate(now)
    longest = parameters.value("token.max_days", on=today)
    if not today < expires_on <= today + timedelta(days=longest):
        raise TokenRefused(
            _("A token ends between tomorrow and %(days)s days from today.") % {"days": longest}
        )
    secret = MARK + secrets.token_urlsafe(32)
    token = ApiToken(
        staff=by, name=name.strip(), scopes=sorted(set(scopes)), secret_hash=_hash(secret),
        prefix=secret[:_PREFIX], issued_at=now, expires_on=expires_on,
    )  # fmt: skip
    try:
        with transaction.atomic(), audit.change(token, "token.issued", by=by, at=now):
            token.save()
    except IntegrityError as error:
        raise TokenRefused(_("You already have a token of this name.")) from error
    return Issued(token, secret)


@transaction.atomic
def revoke_token(*, token_id: int, by: By, now: datetime) -> ApiToken:
    """End a token at once; by nobody of ours where the operator does it. Refuses one that has been ended."""
    token = ApiToken.objects.select_for_update().get(pk=token_id)
    if token.revoked_at:
        raise TokenRefused(_("This token has been ended already."))
    with audit.change(token, "token.revoked", by=by, at=now):
        token.revoked_at, token.revoked_by_id = now, by.pk
        token.save(update_fields=["revoked_at", "revoked_by"])
    return token


@transaction.atomic
def end_tokens(*, person: Staff, by: By, now: datetime) -> int:
    """End every token of a person whose access ends, for good; answers how many there were."""
    alive = list(ApiToken.objects.filter(staff=person, revoked_at=None).order_by("pk"))
    for token in alive:
        revoke_token(token_id=token.pk, by=by, now=now)
    return len(alive)


def admit(secret: str, *, now: datetime) -> Admission | None:
    """Who calls with this secret, the call counted; None if nobody may. Needs no audit: it only counts.

    A token is good for as long as its owner could sign in: not while the account is closed, dormant or locked.
    One statement finds the token, counts and notes the use, so that parallel calls are all counted.
    """
    if not _SECRET.fullmatch(secret):
        return None
    minute = now.replace(second=0, microsecond=0)
    today = timezone.localdate(now)
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE rest_apitoken SET last_used_at = %(now)s, minute_at = %(minute)s,
                   minute_count = CASE WHEN minute_at = %(minute)s THEN minute_count + 1 ELSE 1 END
             WHERE secret_hash = %(hash)s AND revoked_at IS NULL AND expires_on >= %(today)s
            RETURNING id, staff_id, scopes, minute_count, name, prefix
            """,
            {"now": now, "minute": minute, "hash": _hash(secret), "today": today},
        )
        row = cursor.fetchone()
    person = row and able_to_act(now=now).select_related("unit").filter(pk=row[1]).first()
    if not person:
        return None
    limit = parameters.value("token.calls_per_minute", on=today)
    return Admission(
        token_id=row[0], token=f"{row[4]} ({row[5]}…)", staff=person, scopes=frozenset(row[2]),
        is_over=row[3] > limit, wait=60 - now.second,
    )  # fmt: skip


def _hash(secret: str) -> bytes:
    """A plain hash is enough: the secret has 256 bits of chance, nobody can guess its way back."""
    return hashlib.sha256(secret.encode()).digest()
