"""The review of a tier that a customer has asked for (K-10)."""

from __future__ import annotations

from zhike.core.models import Task, TaskState

SOURCE = "loyalty.review"


def open_review(customer_id: int) -> Task | None:
    """The review that is under way for a customer, if there is one."""
    return Task.objects.filter(source_key__startswith=review_key(customer_id), state=TaskState.OPEN).first()


def review_key(customer_id: int) -> str:
    """What the keys of all reviews of a customer begin with."""
    return f"{SOURCE}:{customer_id}:"
