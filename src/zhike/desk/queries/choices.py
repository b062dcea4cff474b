"""The outlets and account managers a person can filter by."""

from __future__ import annotations

from datetime import date

from django.db.models import QuerySet

from zhike.core.access.permissions import REACH
from zhike.customers.enums import KEEPING_ROLES
from zhike.staff.enums import UnitKind
from zhike.staff.models import RoleAssignment, Staff, Unit

WITHOUT_CUSTOMERS = (UnitKind.HEAD_OFFICE, UnitKind.DEPARTMENT)


def units_in_reach(staff: Staff) -> set[int] | None:
    """The units whose customers a person's roles reach; None is the whole bank."""
    held = [row for row in staff.assignments if REACH[row.definition.scope] != "NONE"]
    if any(REACH[row.definition.scope] == "ALL" for row in held):
        return None
    return set().union(*(row.unit.and_below() for row in held))


def outlets(staff: Staff) -> QuerySet[Unit]:
    """The outlets in reach, by code."""
    reach = units_in_reach(staff)
    rows = Unit.objects.exclude(kind__in=WITHOUT_CUSTOMERS)
    return (rows if reach is None else rows.filter(pk__in=reach)).order_by("code")


def managers(staff: Staff, *, day: date) -> QuerySet[Staff]:
    """The people in reach who keep customers."""
    able = RoleAssignment.objects.in_force(day).filter(role__in=KEEPING_ROLES).values("staff")
    reach = units_in_reach(staff)
    rows = Staff.objects.filter(pk__in=able)
    return (rows if reach is None else rows.filter(unit__in=reach)).order_by("staff_no")
