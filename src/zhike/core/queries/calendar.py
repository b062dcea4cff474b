"""The working calendar as month sheets."""

from __future__ import annotations

from calendar import Calendar
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from zhike.core.models import WorkDay


@dataclass(frozen=True, slots=True)
class Cell:
    """One day of a sheet; `kind` is work, rest, holiday or made-up, or '' outside the month."""

    day: date
    kind: str
    name: str


@dataclass(frozen=True, slots=True)
class Year:
    """A year's sheets and its counts."""

    year: int
    months: list[tuple[date, list[list[Cell | None]]]]
    working_count: int
    holiday_count: int
    made_up_count: int


class Sheet:
    """A year laid out by weeks that begin on Monday."""

    def __init__(self, year: int, days: dict[date, tuple[bool, str]]) -> None:
        self.year = year
        self.days = days

    @cached_property
    def cells(self) -> dict[date, Cell]:
        """Every day with what it is."""
        return {day: Cell(day, kind_of(day, works), name) for day, (works, name) in self.days.items()}

    def lay_out(self) -> Year:
        """The twelve sheets and the counts."""
        months = [(date(self.year, month, 1), self._weeks(month)) for month in range(1, 13)]
        kinds = [cell.kind for cell in self.cells.values()]
        return Year(
            year=self.year,
            months=months,
            working_count=sum(works for works, _name in self.days.values()),
            holiday_count=kinds.count("holiday"),
            made_up_count=kinds.count("made-up"),
        )

    def _weeks(self, month: int) -> list[list[Cell | None]]:
        weeks = Calendar().monthdatescalendar(self.year, month)
        return [[self.cells.get(day) if day.month == month else None for day in week] for week in weeks]


def kind_of(day: date, works: bool) -> str:
    """What a day is, against the plain week."""
    weekend = day.weekday() >= 5
    if works:
        return "made-up" if weekend else "work"
    return "rest" if weekend else "holiday"


def year_loaded(year: int) -> Year | None:
    """The sheets of a year, or None if it is not loaded."""
    rows = WorkDay.objects.filter(day__year=year).values_list("day", "is_working", "name")
    days = {day: (works, name) for day, works, name in rows}
    return Sheet(year, days).lay_out() if days else None
