"""Who is in which segment, and was on a day: for lists, for a customer's page, between two days (M-30)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import connection
from django.db.models import F, Q, QuerySet

from zhike.insight.models import Membership, Segment
from zhike.insight.queries import reach
from zhike.staff.models import Staff


@dataclass(frozen=True, slots=True)
class Belonging:
    """A segment a customer is in, since when without a break, and by which version of its rule."""

    segment: Segment
    since_on: date
    number: int


def members_now(segment: Segment) -> QuerySet[Membership, Any]:
    """The numbers of the customers who were in it when it was last recorded, as a condition of a query."""
    return Membership.objects.filter(segment=segment, to_on=None).values("customer_id")


def on_day(segment: Segment, day: date) -> QuerySet[Membership, Any]:
    """The numbers of the customers who were in it on a day, as a condition of a query."""
    then = Q(to_on=None) | Q(to_on__gt=day)
    return Membership.objects.filter(then, segment=segment, from_on__lte=day).values("customer_id")


def belongings(customer_id: int, *, staff: Staff) -> list[Belonging]:
    """The segments in force that a customer is in, of those the person sees; the caller has looked at the customer."""
    rows = Membership.objects.filter(customer_id=customer_id, segment__in=reach.in_force(staff))
    times: dict[int, list[Membership]] = {}
    for row in rows.select_related("segment__unit").order_by("segment_id", "-from_on"):
        times.setdefault(row.segment_id, []).append(row)
    found = []
    for kept in times.values():
        latest = kept[0]
        if latest.to_on is not None:
            continue
        since = latest.from_on
        for before in kept[1:]:
            if before.to_on != since:
                break
            since = before.from_on
        found.append(Belonging(latest.segment, since, latest.number))
    return sorted(found, key=lambda each: (each.since_on, each.segment.pk), reverse=True)


@dataclass(frozen=True, slots=True)
class Between:
    """What became of the members between two days."""

    came_count: int
    left_count: int
    stayed_count: int


def between(segment: Segment, first: date, last: date) -> Between:
    """Compare two days, over the customers row-level security shows to whoever asks."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT count(*) FILTER (WHERE NOT then_in AND now_in), count(*) FILTER (WHERE then_in AND NOT now_in),
                   count(*) FILTER (WHERE then_in AND now_in)
              FROM (SELECT customer_id,
                           bool_or(from_on <= %(first)s AND (to_on IS NULL OR to_on > %(first)s)) AS then_in,
                           bool_or(from_on <= %(last)s AND (to_on IS NULL OR to_on > %(last)s)) AS now_in
                      FROM insight_membership WHERE segment_id = %(segment)s GROUP BY customer_id) found
            """,
            {"segment": segment.pk, "first": first, "last": last},
        )
        return Between(*cursor.fetchone())


def offered(staff: Staff) -> QuerySet[Segment]:
    """The segments a person may list customers by: in force and recorded at least once."""
    seen = reach.in_force(staff).filter(snapshots__isnull=False)
    return seen.distinct().order_by(F("scope"), "name", "pk")
