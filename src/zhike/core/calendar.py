"""The working calendar: the State Council's arrangement with its make-up days, one row a day.

A year that is not loaded is never guessed: asking for it raises `CalendarMissing`, and whoever asked keeps
the due date open until the year arrives (A.6).
"""

from __future__ import annotations

import csv
from datetime import date, timedelta
from importlib.resources import files

from django.db.models import Count
from django.utils.translation import gettext as _

from zhike.core.errors import DomainError
from zhike.core.models import WorkDay


class CalendarMissing(DomainError):
    """The answer needs a year whose arrangement has not been loaded."""

    def __init__(self, year: int) -> None:
        super().__init__(_("The working calendar for %(year)s is not loaded yet.") % {"year": year})
        self.year = year


def is_working(day: date) -> bool:
    """Whether banks' offices work on a day. Raises CalendarMissing."""
    found = WorkDay.objects.filter(pk=day).values_list("is_working", flat=True).first()
    if found is None:
        raise CalendarMissing(day.year)
    return found


def nth_working_day_after(day: date, count: int) -> date:
    """The `count`-th working day after `day`, which itself is not counted (S-102). Raises CalendarMissing.

    `count` 0 is the day itself. 30 September 2026 and 5 give 13 October: the National-Day week does not
    count, the make-up Saturday does.
    """
    if count < 0:
        raise ValueError("count must not be negative")
    if count == 0:
        return day
    rows = WorkDay.objects.filter(pk__gt=day).order_by("day").values_list("day", "is_working")
    expected, left = day, count
    for found, working in rows.iterator(chunk_size=64):
        expected += timedelta(days=1)
        if found != expected:
            break
        left -= working
        if left == 0:
            return found
    else:
        expected += timedelta(days=1)
    raise CalendarMissing(expected.year)


def due_day(start: date, days: int) -> date:
    """When a reminder falls due: the n-th working day after `start`, without a calendar of it the n-th day."""
    try:
        return nth_working_day_after(start, days)
    except CalendarMissing:
        return start + timedelta(days=days)


def previous_working_day(day: date) -> date:
    """The last working day before `day`. Raises CalendarMissing."""
    found = (
        WorkDay.objects.filter(pk__lt=day, is_working=True)
        .order_by("-day")
        .values_list("day", flat=True)
        .first()
    )
    if found is None or not WorkDay.objects.filter(pk=day - timedelta(days=1)).exists():
        raise CalendarMissing(day.year)
    return found


def years_loaded() -> list[int]:
    """The years that are complete, oldest first."""
    counts = WorkDay.objects.values_list("day__year").annotate(Count("day")).order_by("day__year")
    return [year for year, days in counts if days == _length(year)]


def is_loaded(year: int) -> bool:
    """Whether every day of a year is there."""
    first, last = date(year, 1, 1), date(year, 12, 31)
    return WorkDay.objects.filter(day__range=(first, last)).count() == _length(year)


def _length(year: int) -> int:
    return (date(year, 12, 31) - date(year, 1, 1)).days + 1


def load_shipped() -> int:
    """Add the days that come with the product and are not there yet; days the bank has edited stay."""
    known = set(WorkDay.objects.values_list("day", flat=True))
    lines = files("zhike.core").joinpath("data/workdays.csv").read_text("utf-8").splitlines()
    rows = [
        WorkDay(day=day, is_working=row["is_working"] == "1", name=row["name"], source="国务院办公厅年度安排")
        for row in csv.DictReader(lines)
        if (day := date.fromisoformat(row["date"])) not in known
    ]
    WorkDay.objects.bulk_create(rows, batch_size=1000)
    return len(rows)
