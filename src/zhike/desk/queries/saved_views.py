"""Saved views of the customer list: one's own, and those shared in the units one works in."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from typing import Any
from urllib.parse import urlencode

from django.db.models import Case, Q, QuerySet, When

from zhike.desk.models import VIEW_QUERY, SavedView
from zhike.staff.models import Staff, Unit


def views_of(staff: Staff) -> QuerySet[SavedView]:
    """The views a person may open, own ones first: what a unit shares reaches everybody in it and below."""
    found = SavedView.objects.filter(Q(owner=staff) | Q(unit__in=_units_above(staff)))
    return found.select_related("owner", "unit").order_by(
        Case(When(owner=staff, then=0), default=1), "name", "pk"
    )


def default_of(staff: Staff) -> SavedView | None:
    """The view with which the list opens for a person."""
    return SavedView.objects.filter(owner=staff, is_default=True).first()


def kept_query(sent: Iterable[tuple[str, list[Any]]], left_out: AbstractSet[str]) -> str:
    """What of an address, given as its names with their values, a view keeps; '' where that is nothing or too much."""
    wanted = [
        (name, value) for name, values in sorted(sent) if name not in left_out for value in values if value
    ]
    text = urlencode(wanted)
    return text if len(text) <= VIEW_QUERY else ""


def _units_above(staff: Staff) -> set[int]:
    """The unit somebody works in and all above it."""
    if staff.unit_id is None:
        return set()
    parents = dict(Unit.objects.values_list("pk", "parent_id"))
    found: set[int] = set()
    at: int | None = staff.unit_id
    while at is not None and at not in found:
        found.add(at)
        at = parents.get(at)
    return found
