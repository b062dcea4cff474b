"""Showing one personal value in the clear: for a purpose, for a short time, and never without a record."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from zhike.core import audit, parameters
from zhike.core.access.permissions import Permission
from zhike.core.errors import DomainError
from zhike.customers.enums import SHOWN_FIELDS, RevealPurpose
from zhike.customers.models import Customer
from zhike.customers.sealed import SEALED_FIELDS, opened
from zhike.staff.models import Staff


class RevealRefused(DomainError):
    pass


@dataclass(frozen=True, slots=True)
class Revealed:
    """A value in the clear, and until when it may stand on the screen."""

    field: str
    value: str
    until: datetime
    seconds: int


@transaction.atomic
def reveal(*, customer_id: int, field: str, purpose: str, by: Staff, now: datetime) -> Revealed:
    """Show one field in the clear for `reveal.minutes`; who, what and why is recorded with it (L-36).

    Refuses an unknown field or purpose and a field without a value. Raises Customer.DoesNotExist out of
    scope, TamperedValue for a ciphertext that is not the one written here.
    """
    if field not in SHOWN_FIELDS:
        raise RevealRefused(_("There is no such field."))
    if purpose not in RevealPurpose.values:
        raise RevealRefused(_("Say what you need it for."))
    customer = Customer.objects.visible_to(by, Permission.CUSTOMER_REVEAL).get(pk=customer_id)
    value = opened(customer, field) if field in SEALED_FIELDS else str(customer.birth_on or "")
    if not value:
        raise RevealRefused(_("Nothing is recorded here."))
    audit.read(customer, fields=[field], purpose=purpose, by=by, at=now)
    lasts = timedelta(minutes=parameters.value("reveal.minutes", on=timezone.localdate(now)))
    return Revealed(field=field, value=value, until=now + lasts, seconds=int(lasts.total_seconds()))
