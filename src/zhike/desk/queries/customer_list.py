"""The customers of a list: filtered, in an allowed order, counted no further than anybody pages.

Every list, export and drill-down starts here and from `visible_to`. Ciphertexts are never fetched.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from typing import Any, overload

from django.db.models import Count, Exists, OuterRef, Q, Subquery, Sum
from django.db.models.functions import Greatest, TruncDate

from zhike.core import parameters
from zhike.core.access.permissions import Permission
from zhike.core.formats import TEN_THOUSAND
from zhike.customers.api import Customer, CustomerQuerySet, matching, outlets_reached
from zhike.desk.enums import ScoreChange, Standing
from zhike.facts.checks import tidy_id, tidy_phone
from zhike.facts.enums import EventKind
from zhike.facts.models import Event
from zhike.insight.api import members_now
from zhike.loyalty.api import tier_fell
from zhike.loyalty.models import FollowUp
from zhike.staff.models import Staff

REACHABLE = 5_000
"""Rows that can be paged through and counted: the customers of an outlet, not those of a bank. Beyond it nobody
reads on; a filter is what helps. Counting is what a list costs most, so this bounds its time too."""
SHOWN = (
    "version", "customer_no", "name", "business_type", "customer_group", "opened_on", "closed_on",
    "outlet__name", "manager__name",
    "holding__aum_cents", "holding__aum_before_cents", "holding__average_cents",
    "loyalty__tier", "loyalty__score", "loyalty__score_change", "loyalty__movement", "loyalty__is_provisional",
    "loyalty__override",
)  # fmt: skip
"""All that lists and exports show. No ciphertext is among it, and no password."""
CENTS = 100

SORTS: dict[str, str] = {
    "name": "name_sort",
    "score": "loyalty__score",
    "change": "loyalty__score_change",
    "aum": "holding__average_cents",
    "opened": "opened_on",
}
"""The orders a list may take; each can run in an index. What is not here never reaches the database."""
DEFAULT_SORT = "-aum"
BY_NAME = "name"
"""The order where assets are not shown."""


@dataclass(frozen=True, slots=True)
class Band:
    """A band of the daily average of AUM in a month, in cents, left-closed; an open end is None (formula E.10)."""

    number: int
    floor: int | None
    ceiling: int | None


class ListedCustomers(Sequence[Customer]):
    """A result in its order, read by slices. Rows without a value in the sorted column come last.

    The rows that have one and those that have none are two queries, so that each can run in an index; the
    join from the index of the other table would otherwise lose the latter, or sort the whole bank. What a
    page shows is fetched for its own rows only, once their places are known.
    """

    def __init__(self, rows: CustomerQuerySet, sort: str) -> None:
        self.rows = rows
        key = sort.removeprefix("-")
        field = SORTS.get(key, SORTS[DEFAULT_SORT.removeprefix("-")])
        sign = "-" if sort.startswith("-") else ""
        self._with = rows.filter(**{f"{field}__isnull": False}).order_by(f"{sign}{field}", "pk")
        self._without = rows.filter(**{f"{field}__isnull": True}).order_by("name_sort", "pk")
        self._may_lack = "__" in field

    def __len__(self) -> int:
        return self._sums[0]

    @property
    def is_cut(self) -> bool:
        """Whether there may be more customers than can be paged through."""
        return len(self) >= REACHABLE

    @overload
    def __getitem__(self, place: int) -> Customer: ...
    @overload
    def __getitem__(self, place: slice) -> list[Customer]: ...
    def __getitem__(self, place: int | slice) -> Customer | list[Customer]:
        if isinstance(place, int):
            return self._between(place, place + 1)[0]
        return self._between(place.start or 0, place.stop if place.stop is not None else len(self))

    def _between(self, start: int, stop: int) -> list[Customer]:
        stop = min(stop, REACHABLE)
        found = list(self._with.values_list("pk", flat=True)[start:stop])
        if self._may_lack and len(found) < stop - start:
            skipped = max(0, start - self._with.count()) if start and not found else 0
            left = stop - start - len(found)
            found += self._without.values_list("pk", flat=True)[skipped : skipped + left]
        shown = {row.pk: row for row in _shown(found)}
        return [shown[pk] for pk in found]

    def average_cents(self) -> int | None:
        """The daily average of AUM of the whole result; None where the result is cut."""
        return None if self.is_cut else self._sums[1]

    @cached_property
    def _sums(self) -> tuple[int, int]:
        """How many customers, and their daily average in cents, no further than anybody pages, found in one go."""
        reached = self.rows.order_by().values("holding__average_cents")[:REACHABLE]
        found = reached.aggregate(count=Count("*"), cents=Sum("holding__average_cents"))
        return found["count"], found["cents"] or 0


def customers_matching(
    filters: dict[str, Any], *, staff: Staff, day: date, right: Permission = Permission.CUSTOMER_READ
) -> CustomerQuerySet:
    """The customers whom `right` reaches that satisfy `filters` (cleaned values of the list's forms)."""
    rows = Customer.objects.visible_to(staff, right)
    if text := filters.get("q"):
        rows = matching(text, rows, numbers=(tidy_id(text), tidy_phone(text)))
    for name in ("business_type", "customer_group", "outlet"):
        if filters.get(name):
            rows = rows.filter(**{name: filters[name]})
    rows = _kept_by(rows, filters.get("manager") or "")
    rows = _with_us(rows, filters.get("standing") or Standing.WITH_US, day)
    if filters.get("opened_from"):
        rows = rows.filter(opened_on__gte=filters["opened_from"])
    if filters.get("opened_to"):
        rows = rows.filter(opened_on__lte=filters["opened_to"])
    if filters.get("tier"):
        rows = _of_tier(rows, filters["tier"], staff, right)
    if filters.get("segment"):
        rows = rows.filter(pk__in=members_now(filters["segment"]))
    rows = _in_band(rows, filters.get("band") or "", day)
    rows = _silent(rows, filters.get("silence") or "", day)
    return _changed(rows, filters.get("change") or "")


def bands(day: date) -> list[Band]:
    """The AUM bands in force on a day."""
    limits = [limit * TEN_THOUSAND * CENTS for limit in parameters.value("aum.bands", on=day)]
    return [
        Band(number, floor, ceiling)
        for number, (floor, ceiling) in enumerate(zip([None, *limits], [*limits, None], strict=True))
    ]


def numbers_in(text: str) -> tuple[str, str]:
    """A typed text as an ID and as a phone number in the form in which files keep them."""
    return tidy_id(text), tidy_phone(text)


def _shown(numbers: Sequence[int]) -> CustomerQuerySet:
    """These customers with everything a row of the list shows, in one query and in no order."""
    contacts = Event.objects.filter(customer=OuterRef("pk"), kind=EventKind.CONTACT)
    last = contacts.order_by("-happened_on").values("happened_on")[:1]
    followed = FollowUp.objects.filter(customer=OuterRef("pk"), withdrawn_at=None).order_by("-made_at")
    recorded = followed.annotate(made_on=TruncDate("made_at")).values("made_on")[:1]
    rows = Customer.objects.filter(pk__in=numbers).annotate(
        contact_on=Greatest(Subquery(last), Subquery(recorded))
    )
    return rows.select_related("outlet", "manager", "holding", "loyalty").only(*SHOWN)


def _kept_by(rows: CustomerQuerySet, manager: str) -> CustomerQuerySet:
    if manager == "0":
        return rows.filter(manager=None)
    return rows.filter(manager=int(manager)) if manager else rows


def _of_tier(rows: CustomerQuerySet, tier: str, staff: Staff, right: Permission) -> CustomerQuerySet:
    """Where outlets are all one sees, they are named of the standings too: else those of the whole bank are read."""
    rows = rows.filter(loyalty__tier=tier)
    outlets = outlets_reached(staff, right)
    return rows if outlets is None else rows.filter(loyalty__outlet_id__in=outlets)


def _with_us(rows: CustomerQuerySet, standing: str, day: date) -> CustomerQuerySet:
    if standing == Standing.WITH_US:
        return rows.filter(Q(closed_on=None) | Q(closed_on__gt=day))
    return rows.filter(closed_on__lte=day) if standing == Standing.LEFT else rows


def _in_band(rows: CustomerQuerySet, number: str, day: date) -> CustomerQuerySet:
    for band in bands(day) if number else []:
        if str(band.number) == number:
            if band.floor is not None:
                rows = rows.filter(holding__average_cents__gte=band.floor)
            if band.ceiling is not None:
                rows = rows.filter(holding__average_cents__lt=band.ceiling)
    return rows


def _silent(rows: CustomerQuerySet, days: str, day: date) -> CustomerQuerySet:
    if not days:
        return rows
    since = day - timedelta(days=int(days))
    recent = Event.objects.filter(customer=OuterRef("pk"), kind=EventKind.CONTACT, happened_on__gte=since)
    return rows.filter(~Exists(recent))


def _changed(rows: CustomerQuerySet, change: str) -> CustomerQuerySet:
    match change:
        case ScoreChange.CHANGED:
            return rows.filter(loyalty__is_changed=True)
        case ScoreChange.TIER_FELL:
            return rows.filter(tier_fell("loyalty__"))
        case ScoreChange.FELL:
            return rows.filter(loyalty__score_change__lt=0)
        case ScoreChange.ROSE:
            return rows.filter(loyalty__score_change__gt=0)
    return rows
