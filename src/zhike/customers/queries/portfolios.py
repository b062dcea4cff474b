"""Who keeps whom, and who could."""

from __future__ import annotations

from datetime import date

from django.db.models import QuerySet

from zhike.core.access.permissions import Permission
from zhike.customers.enums import KEEPING_ROLES
from zhike.customers.models import Customer, CustomerQuerySet, Portfolio
from zhike.staff.models import RoleAssignment, Staff


def unassigned(staff: Staff) -> CustomerQuerySet:
    """Customers in scope without an account manager, who have not left the bank."""
    return (
        Customer.objects.visible_to(staff, Permission.PORTFOLIO_ASSIGN)
        .filter(manager=None, closed_on=None)
        .select_related("outlet")
    )


def portfolio_history(customer: Customer) -> QuerySet[Portfolio]:
    """Everybody who looked after a customer, the present one first."""
    return (
        Portfolio.objects.filter(customer=customer)
        .select_related("manager__unit")
        .order_by("-from_on", "-id")
    )


def recent_hand_overs(staff: Staff) -> QuerySet[Portfolio]:
    """The latest changes of owner in scope, newest first."""
    seen = Customer.objects.visible_to(staff, Permission.PORTFOLIO_ASSIGN).values("pk")
    return (
        Portfolio.objects.filter(customer__in=seen).select_related("customer", "manager").order_by("-id")
    )  # fmt: skip


def keepers(staff: Staff, *, day: date) -> QuerySet[Staff]:
    """The people within reach of `staff` who may keep customers on a day."""
    able = RoleAssignment.objects.in_force(day).filter(role__in=KEEPING_ROLES).values("staff")
    people = Staff.objects.filter(pk__in=able, is_active=True)
    reach = staff.units_reached(Permission.PORTFOLIO_ASSIGN)
    if reach is not None:
        people = people.filter(unit__in=reach)
    return people.select_related("unit").order_by("unit__code", "staff_no")
