"""管户: one owner at a time, no gap and no overlap, whatever the order of events."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.cast import Bank
from tests.factories.files import filed
from tests.factories.people import person

from zhike.core.access.acting import acting_as
from zhike.core.errors import Stale
from zhike.core.models import AccessGrant, AuditEvent
from zhike.customers.models import Customer, Portfolio
from zhike.customers.operations.portfolios import PortfolioRefused, assign_customer, hand_over, hand_over_many
from zhike.customers.queries.portfolios import keepers, portfolio_history, unassigned
from zhike.staff.models import RoleAssignment, Staff

NOW = datetime(2026, 9, 29, 2, 0, tzinfo=UTC)
WORDS = {"reason": "陈晓调岗", "note": "客户偏好电话，忌周末来电"}


@pytest.fixture
def shen_ruolan(bank: Bank) -> Customer:
    return filed("6101", outlet=bank.donghu, manager=bank.chen, name="沈若岚")


def test_handing_over_closes_one_interval_and_opens_the_next(bank: Bank, shen_ruolan: Customer) -> None:
    with acting_as(bank.liu.pk):
        hand_over(
            customer_id=shen_ruolan.pk, version=0, manager_id=bank.lin.pk, by=bank.liu, now=NOW, **WORDS
        )
    shen_ruolan.refresh_from_db()
    assert (shen_ruolan.manager, shen_ruolan.version) == (bank.lin, 1)
    rows = [(row.manager.name, row.from_on, row.to_on) for row in portfolio_history(shen_ruolan)]
    today = timezone.localdate(NOW)
    assert rows == [("林雅婷", today, None), ("陈晓", rows[1][1], today)]
    event = AuditEvent.objects.get(action="portfolio.handed_over")
    assert (event.customer_id, event.reason) == (shen_ruolan.pk, "陈晓调岗")
    assert event.detail == {"changes": {"manager_id": [bank.chen.pk, bank.lin.pk]}}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"note": "  "}, "handover note"),
        ({"reason": ""}, "reason"),
        ({"manager_id": "chen"}, "already"),
        ({"manager_id": "liu"}, "no role"),
        ({"manager_id": "gone"}, "no longer works"),
        ({"version": 7}, "Somebody else"),
    ],
)
def test_hand_over_refuses_what_is_not_in_order(
    bank: Bank, shen_ruolan: Customer, change: dict[str, object], message: str
) -> None:
    gone = person("A009", "ACCOUNT_MANAGER", at=bank.donghu, is_active=False, left_on=NOW.date())
    people = {"chen": bank.chen.pk, "liu": bank.liu.pk, "gone": gone.pk}
    order = {"version": 0, "manager_id": bank.lin.pk, **WORDS, **change}
    order["manager_id"] = people.get(order["manager_id"], order["manager_id"])
    with pytest.raises((PortfolioRefused, Stale), match=message), acting_as(bank.liu.pk):
        hand_over(customer_id=shen_ruolan.pk, by=bank.liu, now=NOW, **order)
    assert Portfolio.objects.filter(customer=shen_ruolan).count() == 1


def test_a_role_that_has_ended_keeps_no_customers(bank: Bank, shen_ruolan: Customer) -> None:
    RoleAssignment.objects.filter(staff=bank.lin).update(valid_to=timezone.localdate(NOW) - timedelta(days=1))
    with pytest.raises(PortfolioRefused), acting_as(bank.liu.pk):
        hand_over(
            customer_id=shen_ruolan.pk, version=0, manager_id=bank.lin.pk, by=bank.liu, now=NOW, **WORDS
        )


def test_a_customer_who_left_is_not_handed_over(bank: Bank) -> None:
    gone = filed("6199", outlet=bank.donghu, manager=bank.chen, closed_on=NOW.date())
    with pytest.raises(PortfolioRefused, match="left the bank"), acting_as(bank.liu.pk):
        hand_over(customer_id=gone.pk, version=0, manager_id=bank.lin.pk, by=bank.liu, now=NOW, **WORDS)


@pytest.mark.requirement("L-32")
def test_customers_of_another_branch_do_not_exist(bank: Bank) -> None:
    with pytest.raises(Customer.DoesNotExist), acting_as(bank.liu.pk):
        hand_over(
            customer_id=bank.western.pk, version=0, manager_id=bank.lin.pk, by=bank.liu, now=NOW, **WORDS
        )


def test_assigning_gives_an_owner_only_to_whom_has_none(bank: Bank) -> None:
    alone = filed("6200", outlet=bank.donghu, name="无主")
    with acting_as(bank.liu.pk):
        assert list(unassigned(bank.liu)) == [alone]
        order = {
            "customer_id": alone.pk,
            "manager_id": bank.lin.pk,
            "reason": "新开户",
            "by": bank.liu,
            "now": NOW,
        }
        assign_customer(version=0, **order)
        assert not unassigned(bank.liu).exists()
        with pytest.raises(PortfolioRefused, match="hand the customer over"):
            assign_customer(version=1, **order)


def test_a_manager_from_elsewhere_gets_the_customer_opened_and_closed_again(
    bank: Bank, shen_ruolan: Customer
) -> None:
    wang = Staff.objects.get(staff_no="A003")
    head = person("B009", "BRANCH_HEAD", at=bank.head_office)
    now = timezone.now()
    with acting_as(head.pk):
        order = {"customer_id": shen_ruolan.pk, "by": head, **WORDS}
        hand_over(version=0, manager_id=wang.pk, now=now, **order)
    with acting_as(wang.pk):
        assert shen_ruolan in Customer.objects.visible_to(wang)
    with acting_as(head.pk):
        hand_over(version=1, manager_id=bank.chen.pk, now=now, **order)
    with acting_as(wang.pk):
        assert not Customer.objects.filter(pk=shen_ruolan.pk).exists()
    assert not AccessGrant.objects.filter(staff=bank.chen).exists()


def test_a_batch_moves_who_can_move_and_says_why_the_others_stay(bank: Bank, shen_ruolan: Customer) -> None:
    with acting_as(bank.liu.pk):
        result = hand_over_many(
            versions={bank.zhang_wei.pk: 0, bank.li_na.pk: 0, shen_ruolan.pk: 5, bank.western.pk: 0},
            manager_id=bank.lin.pk, by=bank.liu, now=NOW, **WORDS,
        )  # fmt: skip
    assert [row.name for row in result.done] == ["张伟"]
    assert [row.customer.name for row in result.refused] == ["李娜", "沈若岚"]
    assert Customer.objects.get(pk=bank.western.pk).manager_id != bank.lin.pk


def test_keepers_are_the_active_people_within_reach(bank: Bank) -> None:
    assert [one.name for one in keepers(bank.liu, day=NOW.date())] == ["陈晓", "林雅婷"]
    assert [one.name for one in keepers(bank.sun, day=NOW.date())] == ["陈晓", "林雅婷"]


@pytest.mark.requirement("L-49")
def test_the_database_refuses_a_second_owner(bank: Bank, shen_ruolan: Customer) -> None:
    with pytest.raises(IntegrityError, match="portfolio_one_owner_at_a_time"), transaction.atomic():
        Portfolio.objects.create(
            customer=shen_ruolan, outlet_id=bank.donghu.pk, manager=bank.lin, from_on=NOW.date(), reason="x",
            assigned_by="x",
        )  # fmt: skip


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.integers(0, 40), st.sampled_from(["chen", "lin"])), min_size=1, max_size=6))
def test_every_day_has_exactly_one_owner_whatever_the_order(bank: Bank, steps: list[tuple[int, str]]) -> None:
    with transaction.atomic():
        customer = filed("6300", outlet=bank.donghu, manager=bank.chen)
        now = NOW
        for days, name in steps:
            now += timedelta(days=days)
            seen = Customer.objects.get(pk=customer.pk)
            manager = getattr(bank, name)
            if seen.manager_id != manager.pk:
                hand_over(
                    customer_id=customer.pk, version=seen.version, manager_id=manager.pk, by=bank.liu, now=now,
                    **WORDS,
                )  # fmt: skip
        rows = list(Portfolio.objects.filter(customer=customer).order_by("id"))
        for row, following in itertools.pairwise(rows):
            assert row.to_on == following.from_on
        assert [row.to_on for row in rows].count(None) == 1
        assert rows[-1].manager_id == Customer.objects.get(pk=customer.pk).manager_id
        transaction.set_rollback(True)
