"""Periods of evaluation: quarters and half-years, written 2026Q3 and 2026H2 (L-39)."""

from __future__ import annotations

from calendar import monthrange
from datetime import date, timedelta

from zhike.loyalty.enums import Cycle

_MONTHS = {Cycle.Q: 3, Cycle.H: 6}


def period_of(day: date, cycle: str) -> str:
    """The period a day lies in: 2026-09-30 is in 2026Q3 and in 2026H2."""
    kind = Cycle(cycle)
    return f"{day.year:04}{kind}{(day.month - 1) // _MONTHS[kind] + 1}"


def bounds(period: str) -> tuple[date, date]:
    """The first and the last day of a period. Raises ValueError for what is not one."""
    year, kind, number = period[:4], Cycle(period[4:5]), period[5:]
    months = _MONTHS[kind]
    if not (year.isdigit() and number.isdigit() and 1 <= int(number) <= 12 // months):
        raise ValueError(f"not a period: {period!r}")
    last_month = int(number) * months
    first = date(int(year), last_month - months + 1, 1)
    return first, date(first.year, last_month, monthrange(first.year, last_month)[1])


def last_end(day: date, cycle: str) -> date:
    """The last day of the newest period that is over by the end of a day."""
    period = period_of(day, cycle)
    first, last = bounds(period)
    return last if last <= day else first - timedelta(days=1)


def next_end(period: str) -> date:
    """The last day of the period after this one: an override may live no longer."""
    _, last = bounds(period)
    return bounds(period_of(last + timedelta(days=1), period[4]))[1]
