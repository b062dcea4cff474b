"""Opening a customer's file leaves a record: who, which part, and for those outside the line what for."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext as _

from zhike.core import audit
from zhike.core.errors import DomainError
from zhike.customers.enums import FilePart, FilePurpose
from zhike.customers.queries.reach import OPENED, SeenCustomer
from zhike.staff.models import Staff


class OpeningRefused(DomainError):
    pass


def record_opening(seen: SeenCustomer, *, part: FilePart, purpose: str, by: Staff, now: datetime) -> None:
    """Record in the caller's transaction that `by` opened a part of a file, once a day for each purpose.

    No figure and no value of the file stands in the record. Refuses an unknown purpose, and none where the
    roles that reach the customer state one (C.3, L-36).
    """
    if purpose not in FilePurpose.values and (purpose or seen.wants_purpose(*by.rights_in_use)):
        raise OpeningRefused(_("Say what you need it for."))
    if f"{part}:{purpose}" in seen.opened_today:
        return
    customer = seen.customer
    audit.record(
        OPENED, by=by, at=now, row=customer, customer_id=customer.pk, reason=purpose, detail={"part": part}
    )
