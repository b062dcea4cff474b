"""What the first page of the day shows of one's own customers: figures, money falling due, money leaving."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import F, Q, QuerySet, Sum

from zhike.core import parameters
from zhike.core.access.permissions import Permission
from zhike.customers.api import Customer, unlisted
from zhike.facts.models import Holding
from zhike.loyalty.api import Direction, changed, with_follow_up
from zhike.loyalty.models import Run
from zhike.staff.models import Staff

ROWS = 5
CENTS = 100


@dataclass(frozen=True, slots=True)
class Portfolio:
    """Figures of the customers one keeps."""

    customer_count: int
    aum_cents: int
    aum_before_cents: int
    changed_count: int
    followed_count: int


def portfolio_figures(staff: Staff, *, run: Run | None, day: date) -> Portfolio:
    """The customers in scope of somebody who keeps customers, in five figures."""
    with_us = Q(closed_on=None) | Q(closed_on__gt=day)
    scope = Customer.objects.visible_to(staff, Permission.CUSTOMER_READ).filter(with_us)
    alike = staff.reaching(Permission.HOLDING_READ) == staff.reaching(Permission.CUSTOMER_READ)
    reached = scope if alike else Customer.objects.visible_to(staff, Permission.HOLDING_READ).filter(with_us)
    held = Holding.objects.filter(customer__in=reached).aggregate(
        now=Sum("aum_cents"), before=Sum("aum_before_cents")
    )
    rows = with_follow_up(changed(staff, run, direction=Direction.ALL)) if run else None
    return Portfolio(
        customer_count=scope.count(),
        aum_cents=held["now"] or 0,
        aum_before_cents=held["before"] or 0,
        changed_count=rows.count() if rows is not None else 0,
        followed_count=rows.filter(is_followed=True).count() if rows is not None else 0,  # type: ignore[misc]
    )


def maturing(staff: Staff, *, day: date, today: date) -> QuerySet[Holding]:
    """Customers in scope with money falling due within `desk.maturing_days` from today, the nearest first.

    The facts are of `day`. What has fallen due since then, as long ago at most, comes after: whether it stayed
    is known only from the next load.
    """
    window = timedelta(days=parameters.value("desk.maturing_days", on=today))
    rows = _held(staff).filter(
        matures_on__gte=max(day, today - window), matures_on__lte=today + window, matures_cents__gt=0
    )
    return rows.annotate(is_past=Q(matures_on__lt=today)).order_by("is_past", "matures_on", "-matures_cents")


def outflows(staff: Staff, *, day: date) -> QuerySet[Holding]:
    """Customers in scope whose AUM fell since the month before by `desk.outflow_percent` or more.

    Falls below `desk.outflow_least` (CNY) are everyday life and left out.
    """
    keeps = 100 - parameters.value("desk.outflow_percent", on=day)
    least = parameters.value("desk.outflow_least", on=day) * CENTS
    rows = _held(staff).filter(aum_before_cents__gt=0, aum_cents__lte=F("aum_before_cents") * keeps / 100)
    rows = rows.annotate(fall_cents=F("aum_before_cents") - F("aum_cents")).filter(fall_cents__gte=least)
    return rows.order_by("-fall_cents")


def _held(staff: Staff) -> QuerySet[Holding]:
    seen = Customer.objects.visible_to(staff, Permission.HOLDING_READ)
    return Holding.objects.filter(customer__in=seen).select_related("customer").defer(*unlisted("customer__"))
