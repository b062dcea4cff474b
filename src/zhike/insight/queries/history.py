"""How large a segment was on each day it was recorded, as far as somebody may know."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext as _

from zhike.core.figures import Chart, lines
from zhike.core.formats import day as shown_day
from zhike.core.formats import grouped
from zhike.insight.models import Segment, Snapshot
from zhike.insight.queries.reach import Reach

SHOWN = 24


@dataclass(frozen=True, slots=True)
class Recorded:
    """One recording; None is a number too small to be shown, or one that would give such a one away."""

    as_of: date
    number: int
    member_count: int | None
    came_count: int | None
    left_count: int | None


def recorded(snapshot: Snapshot, reach: Reach) -> Recorded:
    """One recording for somebody: of the outlets reached, without the smallest counts."""
    if reach.outlets is None:
        counts = (snapshot.member_count, snapshot.came_count, snapshot.left_count)
    else:
        seen = [snapshot.outlets.get(str(outlet), (0, 0, 0)) for outlet in reach.outlets]
        counts = (sum(each[0] for each in seen), sum(each[1] for each in seen), sum(each[2] for each in seen))
    members, *moves = (None if 0 < count < reach.least else count for count in counts)
    if None in moves:  # the two together make the change of the members, so one alone would tell the other
        moves = [None, None]
    return Recorded(snapshot.as_of, snapshot.number, members, *moves)


def history(segment: Segment, reach: Reach) -> list[Recorded]:
    """The latest recordings, the earliest first. Nothing for whoever reaches nobody."""
    if reach.is_nobody:
        return []
    rows = segment.snapshots.order_by("-as_of")[:SHOWN]
    return [recorded(row, reach) for row in reversed(rows)]


def latest(segments: Iterable[Segment], reach: Reach) -> dict[int, Recorded]:
    """The last recording of each segment, by its number."""
    if reach.is_nobody:
        return {}
    rows = (
        Snapshot.objects.filter(segment__in=segments).order_by("segment_id", "-as_of").distinct("segment_id")
    )
    return {row.segment_id: recorded(row, reach) for row in rows}


def size_chart(name: str, found: list[Recorded]) -> Chart | None:
    """The size over time; nothing to draw before the second recording."""
    if len(found) < 2:
        return None
    first, last = found[0].member_count, found[-1].member_count
    words = {
        "first": _("not shown") if first is None else grouped(first),
        "last": _("not shown") if last is None else grouped(last),
        "day": shown_day(found[0].as_of),
    }
    return lines(
        label=_("From %(first)s customers on %(day)s to %(last)s") % words,
        periods=[each.as_of.isoformat() for each in found],
        series={name: [each.member_count for each in found]},
    )
