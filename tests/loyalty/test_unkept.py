"""A highly loyal customer always has one active account manager; a gap is seen, and asked to be closed (L-49)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from tests.cast import Bank
from tests.loyalty.golden import Q3

from zhike.core.models import Task, WorkDay
from zhike.core.operations import tasks
from zhike.customers.models import Customer, Portfolio
from zhike.loyalty.models import Run, Standing
from zhike.loyalty.operations.unkept import ask_for_managers
from zhike.loyalty.queries.unkept import overdue_before, overdue_by_outlet, unkept

pytestmark = [pytest.mark.requirement("L-49"), pytest.mark.django_db]
LAST_DAY = date(2026, 10, 13)
"""The fifth working day after the thirtieth of September 2026: the holiday does not count, its make-up day does."""
DAY_AFTER = LAST_DAY + timedelta(days=1)
AT_NIGHT = datetime(2026, 10, 13, 18, 30, tzinfo=UTC)


@pytest.fixture
def highly_loyal(golden_bank: Bank, published: Run) -> Customer:
    """张伟 in the highest tier since the end of the quarter, and without a manager."""
    customer = golden_bank.zhang_wei
    Standing.objects.filter(pk=customer.pk).update(tier="HIGH", since_on=Q3)
    Customer.objects.filter(pk=customer.pk).update(manager=None)
    return customer


def found(staff: Any, on: date = DAY_AFTER) -> list[tuple[int, date]]:
    return [(row.pk, row.unkept_from) for row in unkept(staff, on=on)]


def test_working_days_decide_when_a_gap_has_lasted_too_long(bank: Bank) -> None:
    assert overdue_before(LAST_DAY) == Q3
    assert overdue_before(DAY_AFTER) == date(2026, 10, 8)


def test_without_a_calendar_nothing_is_guessed(highly_loyal: Customer) -> None:
    WorkDay.objects.filter(day__year=2026, day__month=10).delete()
    assert overdue_before(DAY_AFTER) is None
    assert (overdue_by_outlet(on=DAY_AFTER), ask_for_managers(on=DAY_AFTER, now=AT_NIGHT)) == ({}, 0)


def test_a_gap_begins_with_whatever_came_last(golden_bank: Bank, highly_loyal: Customer) -> None:
    assert found(golden_bank.liu) == [(highly_loyal.pk, Q3)]
    Portfolio.objects.create(
        customer=highly_loyal, outlet_id=highly_loyal.outlet_id, manager=golden_bank.chen, reason="调岗",
        from_on=date(2025, 1, 1), to_on=date(2026, 10, 9), assigned_by="H001 刘强",
    )  # fmt: skip
    assert found(golden_bank.liu) == [(highly_loyal.pk, date(2026, 10, 9))]


def test_a_manager_who_has_left_is_none(golden_bank: Bank, highly_loyal: Customer) -> None:
    Customer.objects.filter(pk=highly_loyal.pk).update(manager=golden_bank.lin)
    assert found(golden_bank.liu) == []
    golden_bank.lin.is_active, golden_bank.lin.left_on = False, date(2026, 10, 10)
    golden_bank.lin.save()
    assert found(golden_bank.liu) == [(highly_loyal.pk, date(2026, 10, 10))]


def test_only_who_is_highly_loyal_with_the_bank_and_in_scope_is_listed(
    golden_bank: Bank, highly_loyal: Customer
) -> None:
    assert found(golden_bank.outsider) == []
    Customer.objects.filter(pk=golden_bank.li_na.pk).update(manager=None)
    assert [pk for pk, _from in found(golden_bank.liu)] == [highly_loyal.pk]
    Customer.objects.filter(pk=highly_loyal.pk).update(closed_on=DAY_AFTER)
    assert found(golden_bank.liu) == []


def test_the_outlet_is_asked_once_the_days_are_over(golden_bank: Bank, highly_loyal: Customer) -> None:
    assert ask_for_managers(on=LAST_DAY, now=AT_NIGHT) == 0
    assert ask_for_managers(on=DAY_AFTER, now=AT_NIGHT) == 1
    task = Task.objects.get()
    assert (task.unit_id, task.asked_by, task.due_on) == (
        golden_bank.donghu.pk, golden_bank.zheng, date(2026, 10, 21),
    )  # fmt: skip
    assert task.title_in_words == "1 highly loyal customer needs an account manager"
    assert highly_loyal.name not in task.text_in_words


def test_a_gap_that_stays_is_asked_about_again_only_after_an_answer(
    golden_bank: Bank, highly_loyal: Customer
) -> None:
    ask_for_managers(on=DAY_AFTER, now=AT_NIGHT)
    assert ask_for_managers(on=DAY_AFTER + timedelta(days=1), now=AT_NIGHT) == 0
    tasks.close_task(task_id=Task.objects.get().pk, result="本周分配", by=golden_bank.liu, now=AT_NIGHT)
    assert ask_for_managers(on=DAY_AFTER + timedelta(days=2), now=AT_NIGHT) == 1
    Customer.objects.filter(pk=highly_loyal.pk).update(manager=golden_bank.chen)
    Task.objects.all().delete()
    assert ask_for_managers(on=DAY_AFTER + timedelta(days=3), now=AT_NIGHT) == 0


def test_the_last_nights_of_the_calendar_ask_as_any_other(highly_loyal: Customer) -> None:
    last = WorkDay.objects.latest("day").day
    assert ask_for_managers(on=last, now=AT_NIGHT) == 1
    assert Task.objects.get(source_key__startswith="owner.gap").due_on > last


def test_of_who_is_only_away_nobody_is_reminded(golden_bank: Bank, highly_loyal: Customer) -> None:
    Customer.objects.filter(pk=highly_loyal.pk).update(manager=golden_bank.chen)
    type(golden_bank.chen).objects.filter(pk=golden_bank.chen.pk).update(is_active=False)
    assert found(golden_bank.liu)
    assert overdue_by_outlet(on=DAY_AFTER) == {}


def test_a_bank_without_a_published_evaluation_asks_nobody(bank: Bank) -> None:
    assert ask_for_managers(on=DAY_AFTER, now=AT_NIGHT) == 0


def test_the_list_leads_to_the_file_and_marks_what_is_overdue(
    golden_bank: Bank,
    highly_loyal: Customer,
    client_of: Callable[[Any], Client],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    today = DAY_AFTER  # a day whose calendar is loaded
    monkeypatch.setattr("zhike.loyalty.views.unkept.timezone.localdate", lambda *_args: today)
    Standing.objects.filter(pk=highly_loyal.pk).update(since_on=today)
    page = client_of(golden_bank.liu).get("/loyalty/unkept/").content.decode()
    assert highly_loyal.name in page
    assert f"/customers/{highly_loyal.pk}/" in page
    assert "Overdue" not in page
    Standing.objects.filter(pk=highly_loyal.pk).update(since_on=today - timedelta(days=40))
    assert "Overdue" in client_of(golden_bank.liu).get("/loyalty/unkept/").content.decode()
