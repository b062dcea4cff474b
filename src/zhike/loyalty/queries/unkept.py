"""专属客户经理: highly loyal customers whom nobody looks after, and since when (L-49)."""

from __future__ import annotations

from datetime import date

from django.db.models import Count, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Greatest

from zhike.core import calendar, parameters
from zhike.customers.api import unlisted
from zhike.customers.models import Customer, Portfolio
from zhike.loyalty.enums import Tier
from zhike.loyalty.models import Standing
from zhike.staff.models import Staff

GAP_PARAMETER = "loyalty.owner_gap_days"


def unkept(staff: Staff, *, on: date) -> QuerySet[Standing]:
    """The customers of the highest tier in scope without an active account manager, with the day that began
    (`unkept_from`): the tier was reached, the customer came, or the last manager ended, whichever was last."""
    rows = _unkept(on).filter(customer__in=Customer.objects.visible_to(staff))
    return rows.select_related("customer", "customer__outlet", "customer__manager").defer(
        *unlisted("customer__")
    )


def overdue_by_outlet(*, on: date) -> dict[int, int]:
    """How many of the whole bank have been without one for longer than allowed, by outlet.

    Who is away without having left has no day from which to count: those customers are listed, not reminded of.
    """
    limit = overdue_before(on)
    if limit is None:
        return {}
    is_known = Q(customer__manager=None) | Q(customer__manager__left_on__isnull=False)
    rows = _unkept(on).filter(is_known, unkept_from__lt=limit)  # type: ignore[misc]
    return dict(rows.values_list("outlet_id").annotate(Count("pk")).order_by("outlet_id"))


def overdue_before(on: date) -> date | None:
    """The day before which it must have begun to have lasted more than `loyalty.owner_gap_days` working days.

    None where the calendar of those days is not loaded: working days are not guessed (A.6).
    """
    day = on
    try:
        for _ in range(parameters.value(GAP_PARAMETER, on=on)):
            day = calendar.previous_working_day(day)
    except calendar.CalendarMissing:
        return None
    return day


def _unkept(on: date) -> QuerySet[Standing]:
    nobody = Q(customer__manager=None) | Q(customer__manager__is_active=False)
    with_us = Q(customer__closed_on=None) | Q(customer__closed_on__gt=on)
    ended = Portfolio.objects.filter(customer=OuterRef("pk"), to_on__lte=on).order_by("-to_on")
    return Standing.objects.filter(
        nobody, with_us, tier=Tier.HIGH
    ).annotate(
        unkept_from=Greatest(  # PostgreSQL passes over what is missing
            "since_on",
            "customer__opened_on",
            Subquery(ended.values("to_on")[:1]),
            "customer__manager__left_on",
        )
    )
