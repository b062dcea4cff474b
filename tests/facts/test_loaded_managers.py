"""Who looks after a customer: the first delivery that names somebody says so, afterwards the bank does."""

from __future__ import annotations

from datetime import date

import pytest

from tests.cast import Bank, make_bank
from tests.factories.people import person
from tests.facts.canonical import NOW, customer, deliver, outlet, staff
from zhike.core.access.acting import acting_as
from zhike.core.models import AccessGrant
from zhike.customers.api import hand_over
from zhike.customers.models import Customer, Portfolio
from zhike.staff.models import RoleAssignment, Staff

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "loader"])


@pytest.fixture
def people(committed: None) -> Bank:
    return make_bank()


def granted(customer_no: str) -> set[str]:
    number = Customer.objects.get(customer_no=customer_no).pk
    found = AccessGrant.objects.filter(customer_id=number, cause="portfolio")
    return set(found.values_list("staff__staff_no", flat=True))


def seen_by(staff_member: Staff, customer_no: str) -> bool:
    with acting_as(staff_member.pk):
        return Customer.objects.filter(customer_no=customer_no).exists()


def hand(customer_no: str, to: Staff, *, by: Staff) -> None:
    row = Customer.objects.get(customer_no=customer_no)
    hand_over(
        customer_id=row.pk,
        version=row.version,
        manager_id=to.pk,
        reason="新客户经理",
        note="已交接",
        by=by,
        now=NOW,
    )


def test_an_import_does_not_give_a_former_manager_the_customer_back(people: Bank) -> None:
    wang = Staff.objects.get(staff_no="A003")  # of the west
    deliver(customers=[customer("7001", "101", "A003")])
    assert granted("7001") == {"A003"} and seen_by(wang, "7001")
    hand("7001", people.chen, by=people.liu)
    assert granted("7001") == set()
    deliver(customers=[customer("7001", "101", "A003")])
    assert Customer.objects.get(customer_no="7001").manager == people.chen
    assert granted("7001") == set()
    assert not seen_by(wang, "7001")


def test_a_stale_grant_goes_with_the_next_import(people: Bank) -> None:
    deliver(customers=[customer("7001", "101", "A001")])
    row = Customer.objects.get(customer_no="7001")
    AccessGrant.objects.create(
        staff=Staff.objects.get(staff_no="A003"), customer_id=row.pk, cause="portfolio"
    )
    other = AccessGrant.objects.create(staff=people.shen, customer_id=row.pk, cause="case:1")
    deliver(customers=[customer("7002", "101")])
    assert granted("7001") == set()
    assert AccessGrant.objects.filter(pk=other.pk).exists()


def test_a_manager_keeps_the_customer_who_moves_to_another_outlet(people: Bank) -> None:
    deliver(customers=[customer("7001", "101", "A001")])
    assert granted("7001") == set()
    deliver(customers=[customer("7001", "200", "A001")])
    assert granted("7001") == {"A001"} and seen_by(people.chen, "7001")
    deliver(customers=[customer("7001", "101", "A001")])
    assert granted("7001") == set() and seen_by(people.chen, "7001")


def test_no_grant_is_needed_below_the_unit_of_any_role(people: Bank) -> None:
    sun = person("A009", "ACCOUNT_MANAGER", at=people.east, name="管城东")
    RoleAssignment.objects.create(
        staff=sun, role="ACCOUNT_MANAGER", unit=people.west, valid_from=date(2020, 1, 1)
    )
    deliver(customers=[customer("7001", "101", "A009"), customer("7002", "200", "A009")])
    assert granted("7001") == granted("7002") == set()
    RoleAssignment.objects.filter(staff=sun, unit=people.west).update(valid_to=date(2026, 9, 1))
    deliver(customers=[customer("7003", "101", "A001")])
    assert (granted("7001"), granted("7002")) == (set(), {"A009"})


def test_somebody_without_a_role_yet_is_taken_to_get_it_at_the_own_unit(people: Bank) -> None:
    deliver(
        outlets=[outlet("300"), outlet("301", "300")],
        staff=[staff("N1", "300")],
        customers=[customer("7001", "301", "N1"), customer("7002", "101", "N1")],
    )
    assert (granted("7001"), granted("7002")) == (set(), {"N1"})


def test_a_manager_delivered_later_is_assigned_wholly(people: Bank) -> None:
    deliver(customers=[customer("7001", "200")])
    assert not Portfolio.objects.filter(customer__customer_no="7001").exists()
    deliver(customers=[customer("7001", "200", "A001")])
    row = Customer.objects.get(customer_no="7001")
    interval = Portfolio.objects.get(customer=row)
    assert row.manager == interval.manager == people.chen
    assert (interval.to_on, interval.outlet_id, row.version) == (None, people.west.pk, 1)
    assert granted("7001") == {"A001"}


def test_a_manager_delivered_after_the_first_changes_nothing(people: Bank) -> None:
    deliver(customers=[customer("7001", "101", "A001")])
    deliver(customers=[customer("7001", "101", "A002")])
    row = Customer.objects.get(customer_no="7001")
    assert row.manager == people.chen
    assert Portfolio.objects.get(customer=row).manager == people.chen


def test_a_customer_the_bank_took_from_a_manager_is_not_assigned_by_a_delivery(people: Bank) -> None:
    deliver(customers=[customer("7001", "101", "A001")])
    row = Customer.objects.get(customer_no="7001")
    Portfolio.objects.filter(customer=row).update(to_on=date(2026, 10, 9))
    Customer.objects.filter(pk=row.pk).update(manager=None)
    deliver(customers=[customer("7001", "101", "A002")])
    row.refresh_from_db()
    assert row.manager is None
    assert not Portfolio.objects.filter(customer=row, to_on=None).exists()
    assert granted("7001") == set()
