"""The notice that the figures are old: after working days, and only for those who load."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest
from django.test import RequestFactory
from tests.cast import Bank

from zhike.core.models import Parameter
from zhike.desk.views import data_age

SetDays = Callable[[date, date], None]


def notice(rf: RequestFactory, person: object) -> str:
    request = rf.get("/")
    request.user = person
    return data_age.old_figures_notice(request)


@pytest.fixture
def days(monkeypatch: pytest.MonkeyPatch) -> SetDays:
    """Sets the day of the figures and today's."""

    def put(day: date, today: date) -> None:
        monkeypatch.setattr(data_age, "business_day", lambda: day)
        monkeypatch.setattr(data_age.timezone, "localdate", lambda: today)

    return put


@pytest.mark.parametrize(
    ("day", "today", "is_old"),
    [
        (date(2026, 9, 24), date(2026, 9, 28), False),  # one working day: the weekend does not count
        (date(2026, 9, 30), date(2026, 10, 9), False),  # nor does the National-Day week
        (date(2026, 9, 30), date(2026, 10, 10), True),
        (date(2026, 9, 30), date(2026, 9, 30), False),
        (date(2026, 12, 31), date(2027, 1, 20), False),  # a year that is not loaded is never guessed
    ],
)
def test_figures_are_old_after_two_working_days(
    bank: Bank, rf: RequestFactory, days: SetDays, day: date, today: date, is_old: bool
) -> None:
    days(day, today)
    assert bool(notice(rf, bank.wu)) is is_old


def test_only_who_loads_is_told_and_the_bank_sets_the_age(
    bank: Bank, rf: RequestFactory, days: SetDays
) -> None:
    days(date(2026, 9, 21), date(2026, 9, 29))
    assert "more than 2 working days old" in notice(rf, bank.zheng)
    assert [notice(rf, one) for one in (bank.chen, bank.liu, bank.liang, bank.outsider)] == [""] * 4
    Parameter.objects.filter(code="desk.data_age_days").update(value=10)
    assert notice(rf, bank.zheng) == ""
