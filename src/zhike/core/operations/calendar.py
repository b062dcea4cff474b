"""Filling and correcting the working calendar."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from zhike.core import audit
from zhike.core.errors import DomainError
from zhike.core.models import WorkDay


class CalendarRefused(DomainError):
    pass


@transaction.atomic
def load_year(
    *, year: int, exceptions: Mapping[date, tuple[bool, str]], source: str, by: Any, now: datetime
) -> int:
    """Load a whole year: weekends rest unless `exceptions` says otherwise (day → works, name).

    Refuses a year that is loaded already, exceptions of another year, and an arrangement without any
    weekday holiday, which cannot be a real one. Returns the number of working days.
    """
    if WorkDay.objects.filter(day__year=year).exists():
        raise CalendarRefused(
            _("The calendar of %(year)s is already loaded; change single days.") % {"year": year}
        )
    if any(day.year != year for day in exceptions):
        raise CalendarRefused(_("Every day must belong to %(year)s.") % {"year": year})
    if not any(not works and day.weekday() < 5 for day, (works, _name) in exceptions.items()):
        raise CalendarRefused(_("An arrangement without a holiday on a weekday cannot be right."))
    first = date(year, 1, 1)
    days = [first + timedelta(days=n) for n in range((date(year + 1, 1, 1) - first).days)]
    rows = [
        WorkDay(day=day, is_working=works, name=name, source=source)
        for day in days
        for works, name in [exceptions.get(day, (day.weekday() < 5, ""))]
    ]
    WorkDay.objects.bulk_create(rows)
    audit.record("calendar.loaded", by=by, at=now, detail={"year": year, "exceptions": len(exceptions)})
    return sum(row.is_working for row in rows)


@transaction.atomic
def change_day(*, day: date, is_working: bool, name: str, reason: str, by: Any, now: datetime) -> WorkDay:
    """Correct one day. Due dates computed before keep the calendar they were computed with."""
    row = WorkDay.objects.select_for_update().filter(pk=day).first()
    if row is None:
        raise CalendarRefused(_("The calendar of %(year)s is not loaded yet.") % {"year": day.year})
    if not reason.strip():
        raise CalendarRefused(_("Please give a reason."))
    with audit.change(row, "calendar.changed", by=by, at=now, reason=reason):
        row.is_working, row.name = is_working, name.strip()
        row.save(update_fields=["is_working", "name"])
    return row
