from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.cast import Bank
from zhike.core import calendar
from zhike.core.models import AuditEvent, WorkDay
from zhike.core.operations.calendar import CalendarRefused, change_day, load_year

pytestmark = [pytest.mark.django_db, pytest.mark.requirement("S-102")]
NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("received", "due"),
    [
        (date(2026, 9, 29), date(2026, 10, 12)),
        (date(2026, 9, 30), date(2026, 10, 13)),
        (date(2026, 2, 13), date(2026, 2, 27)),
        (date(2026, 9, 18), date(2026, 9, 24)),
        (date(2026, 4, 30), date(2026, 5, 11)),
    ],
)
def test_the_fifth_working_day_counts_holidays_and_make_up_days(received: date, due: date) -> None:
    assert calendar.nth_working_day_after(received, 5) == due


def test_make_up_weekends_work_and_weekday_holidays_rest() -> None:
    assert calendar.is_working(date(2026, 10, 10)) is True
    assert calendar.is_working(date(2026, 10, 7)) is False
    assert calendar.previous_working_day(date(2026, 10, 8)) == date(2026, 9, 30)


@pytest.mark.goal("G35")
def test_a_year_that_is_not_loaded_is_never_guessed() -> None:
    with pytest.raises(calendar.CalendarMissing, match="2027"):
        calendar.nth_working_day_after(date(2026, 12, 28), 5)
    with pytest.raises(calendar.CalendarMissing):
        calendar.is_working(date(2027, 1, 4))
    assert calendar.nth_working_day_after(date(2026, 12, 24), 5) == date(2026, 12, 31)


@pytest.mark.goal("G35")
@settings(max_examples=60, deadline=None)
@given(start=st.dates(date(2018, 1, 1), date(2026, 6, 30)), count=st.integers(0, 60))
def test_the_nth_working_day_is_the_nth(start: date, count: int) -> None:
    found = calendar.nth_working_day_after(start, count)
    between = WorkDay.objects.filter(day__gt=start, day__lte=found, is_working=True).count()
    assert between == count
    assert found == start or calendar.is_working(found)


@pytest.mark.goal("G35")
def test_loading_a_year_computes_what_was_open(bank: Bank) -> None:
    days = {date(2027, 1, 1): (False, "元旦")}
    working = load_year(year=2027, exceptions=days, source="通知", by=bank.zheng, now=NOW)
    assert working == 260
    assert calendar.nth_working_day_after(date(2026, 12, 28), 5) == date(2027, 1, 5)
    assert AuditEvent.objects.filter(action="calendar.loaded").count() == 1


def test_load_year_refuses_what_cannot_be_an_arrangement(bank: Bank) -> None:
    with pytest.raises(CalendarRefused, match="already loaded"):
        load_year(year=2026, exceptions={}, source="x", by=bank.zheng, now=NOW)
    with pytest.raises(CalendarRefused, match="without a holiday"):
        load_year(year=2027, exceptions={}, source="x", by=bank.zheng, now=NOW)
    with pytest.raises(CalendarRefused, match="belong to 2027"):
        load_year(year=2027, exceptions={date(2028, 1, 1): (False, "")}, source="x", by=bank.zheng, now=NOW)
    assert not WorkDay.objects.filter(day__year=2027).exists()


def test_change_day_needs_a_reason_and_leaves_a_trace(bank: Bank) -> None:
    day = date(2026, 12, 25)
    with pytest.raises(CalendarRefused, match="reason"):
        change_day(day=day, is_working=False, name="", reason=" ", by=bank.zheng, now=NOW)
    change_day(day=day, is_working=False, name="临时", reason="通知", by=bank.zheng, now=NOW)
    assert calendar.is_working(day) is False
    assert AuditEvent.objects.get(action="calendar.changed").detail["changes"]["is_working"] == [True, False]


def test_the_shipped_calendar_is_whole_years() -> None:
    assert calendar.years_loaded() == list(range(2018, 2027))
    assert WorkDay.objects.count() == (date(2027, 1, 1) - date(2018, 1, 1)) / timedelta(days=1)
