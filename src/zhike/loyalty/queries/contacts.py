"""Contacts agreed for a day: what an account manager has promised a customer (L-41)."""

from __future__ import annotations

from datetime import date

from django.db.models import Exists, OuterRef, QuerySet

from zhike.core.access.permissions import Permission
from zhike.customers.models import Customer
from zhike.loyalty.models import FollowUp
from zhike.staff.models import Staff


def contacts_due(staff: Staff, *, on: date) -> QuerySet[FollowUp]:
    """The next contacts due by a day among the customers a person may see, the oldest first.

    A later record of the same customer settles an earlier promise, whether or not it names another day.
    """
    seen = Customer.objects.visible_to(staff, Permission.RESULT_READ).filter(closed_on=None)
    later = FollowUp.objects.filter(
        customer_id=OuterRef("customer_id"), withdrawn_at=None, made_at__gt=OuterRef("made_at")
    )
    rows = FollowUp.objects.filter(~Exists(later), withdrawn_at=None, next_on__lte=on, customer__in=seen)
    return rows.select_related("customer", "made_by").order_by("next_on", "pk")
