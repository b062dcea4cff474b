"""Programs leave a trace of what they read of customers, as people do of what they export."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from zhike.core import audit
from zhike.customers.models import Customer
from zhike.staff.models import Staff


def record_read(customer: Customer, *, what: str, by: Staff, now: datetime) -> None:
    """Record that a program read one customer: `what` is the kind of record. In the caller's transaction."""
    audit.record(
        "customer.read_by_program",
        by=by,
        at=now,
        row=customer,
        customer_id=customer.pk,
        detail={"read": what},
    )


def record_list(
    numbers: Iterable[str], *, what: str, asked: Mapping[str, str], by: Staff, now: datetime
) -> None:
    """Record which customers a page of a list showed a program, and by which filters it had asked."""
    audit.record(
        "customer.listed_by_program", by=by, at=now,
        detail={"read": what, "asked": dict(asked), "customers": list(numbers)},
    )  # fmt: skip
