"""The outlets and account managers a person can filter by."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.db.models import Exists, OuterRef, Q, QuerySet

from zhike.core.access.permissions import Permission
from zhike.customers.api import Customer
from zhike.customers.enums import KEEPING_ROLES
from zhike.staff.enums import UnitKind
from zhike.staff.models import RoleAssignment, Staff, Unit

WITHOUT_CUSTOMERS = (UnitKind.HEAD_OFFICE, UnitKind.DEPARTMENT)
MANAGERS_OFFERED = 200
LONGEST_NUMBER = 18


def outlets(staff: Staff, right: Permission) -> QuerySet[Unit]:
    """The outlets in reach, by code."""
    reach = staff.units_reached(right)
    rows = Unit.objects.exclude(kind__in=WITHOUT_CUSTOMERS)
    return (rows if reach is None else rows.filter(pk__in=reach)).order_by("code")


@dataclass(frozen=True, slots=True)
class Managers:
    """The people to filter by; `by_outlet` where only those of a chosen outlet are offered."""

    people: list[Staff]
    by_outlet: bool


def managers(staff: Staff, right: Permission, *, day: date, outlet: str = "", chosen: str = "") -> Managers:
    """The people in reach who keep customers.

    Where they are more than anybody looks through, only those of `outlet`, and the one already `chosen` (both
    as the address has them).
    """
    able = RoleAssignment.objects.in_force(day).filter(role__in=KEEPING_ROLES).values("staff")
    reach = staff.units_reached(right)
    rows = Staff.objects.filter(pk__in=able).only("name", "staff_no")
    if reach is not None:
        rows = rows.filter(unit__in=reach)
    people = list(rows[: MANAGERS_OFFERED + 1])
    by_outlet = len(people) > MANAGERS_OFFERED
    if by_outlet:  # without an outlet and a choice this asks nothing
        people = list(rows.filter(Q(unit__in=_numbers(outlet)) | Q(pk__in=_numbers(chosen))))
    if missing := set(_numbers(chosen)) - {0, *(person.pk for person in people)}:
        people += _still_keeping(missing, staff, right)
    return Managers(sorted(people, key=lambda person: person.staff_no), by_outlet=by_outlet)


def _still_keeping(numbers: set[int], staff: Staff, right: Permission) -> QuerySet[Staff]:
    """Those of `numbers` who keep customers in reach though they may no longer: who has left, or changed posts."""
    kept = Customer.objects.visible_to(staff, right).filter(manager=OuterRef("pk"))
    return Staff.objects.filter(Exists(kept), pk__in=numbers).only("name", "staff_no")


def _numbers(text: str) -> list[int]:
    return [int(text)] if text.isdecimal() and len(text) <= LONGEST_NUMBER else []
