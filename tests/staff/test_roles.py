"""Roles as they begin and end: who may not have which together, and what stays of those that ended."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from tests.cast import Bank
from tests.factories.people import person
from zhike.core.access.permissions import ROLES, Permission, clash
from zhike.core.models import Approval, AuditEvent
from zhike.core.operations import approvals
from zhike.core.operations.tasks import ask_task
from zhike.core.queries.approvals import returned_to
from zhike.customers.api import keepers
from zhike.desk.queries import choices
from zhike.staff.models import RoleAssignment, Staff, Unit
from zhike.staff.operations import people
from zhike.staff.operations.people import RoleRefused
from zhike.staff.queries.tasks import escalated_to

NOW = datetime(2026, 11, 22, 17, 0, tzinfo=UTC)
TODAY = date(2026, 11, 23)  # in Shanghai; in UTC it is still the day before


@pytest.fixture
def admin(bank: Bank) -> Staff:
    return person("T001", "SYSTEM_ADMIN", at=bank.head_office, name="何建国")


def given(bank: Bank, valid_from: date) -> RoleAssignment:
    return RoleAssignment.objects.create(
        staff=bank.chen, role="TELLER", unit=bank.donghu, valid_from=valid_from
    )


@pytest.mark.requirement("L-04", "L-32")
@pytest.mark.parametrize(
    ("valid_from", "last"),
    [
        (TODAY - timedelta(days=30), TODAY - timedelta(days=1)),
        (TODAY, TODAY - timedelta(days=1)),
        (TODAY + timedelta(days=7), TODAY + timedelta(days=6)),
    ],
)
def test_an_ended_role_is_in_force_on_no_day_from_today_and_stays_as_history(
    bank: Bank, admin: Staff, valid_from: date, last: date
) -> None:
    row = given(bank, valid_from)
    people.end_role(assignment_id=row.pk, reason="调岗", by=admin, now=NOW)
    row.refresh_from_db()
    assert row.valid_to == last
    for day in range(60):
        in_force = RoleAssignment.objects.in_force(TODAY + timedelta(days=day))
        assert not in_force.filter(pk=row.pk).exists()
    assert RoleAssignment.objects.over(TODAY).filter(pk=row.pk).exists()
    assert not RoleAssignment.objects.not_over(TODAY).filter(pk=row.pk).exists()
    event = AuditEvent.objects.get(action="role.ended")
    assert (event.object_id, event.object_label, event.reason) == (str(row.pk), "陈晓 TELLER", "调岗")


def test_a_role_is_ended_once(bank: Bank, admin: Staff) -> None:
    row = given(bank, TODAY)
    people.end_role(assignment_id=row.pk, reason="调岗", by=admin, now=NOW)
    with pytest.raises(RoleRefused, match="ended already"):
        people.end_role(assignment_id=row.pk, reason="调岗", by=admin, now=NOW)


def test_a_role_ended_on_its_first_day_can_be_given_again_on_that_day(bank: Bank, admin: Staff) -> None:
    people.end_role(assignment_id=given(bank, TODAY).pk, reason="误授", by=admin, now=NOW)
    given(bank, TODAY)
    assert RoleAssignment.objects.in_force(TODAY).filter(staff=bank.chen, role="TELLER").count() == 1


@pytest.mark.goal("G28")
def test_administrators_hold_no_role_of_the_business_and_no_second_one_of_theirs() -> None:
    administrators = [code for code in ROLES if code.endswith("_ADMIN")]
    for one in administrators:
        assert [other for other in ROLES if other != one and not clash({one, other})] == []
    assert clash(ROLES.keys() - set(administrators)) is None


@pytest.mark.goal("G28")
def test_a_role_of_the_business_is_not_proposed_for_an_administrator(bank: Bank, admin: Staff) -> None:
    other = person("T009", "SYSTEM_ADMIN", at=bank.head_office, name="方宁")
    with pytest.raises(RoleRefused, match="must not be held by one person"):
        people.propose_role(
            staff_id=other.pk, role="CRM_MANAGER", unit_id=bank.crm.pk, valid_from=TODAY, reason="兼任", by=admin,
            now=NOW,
        )  # fmt: skip


@pytest.mark.requirement("L-32")
def test_which_units_a_role_reaches_is_the_same_wherever_it_is_asked(bank: Bank) -> None:
    """A head of one outlet, here of one that has others below it, reaches it alone, wherever units are asked for."""
    head = person("H002", "OUTLET_HEAD", at=bank.east, name="高远")
    own = person("A009", "ACCOUNT_MANAGER", at=bank.east, name="许诺")
    for unit in (bank.east, bank.donghu):
        task = ask_task(title="回访", unit_id=unit.pk, due_on=TODAY, by=bank.zheng, now=NOW)
        type(task).objects.filter(pk=task.pk).update(escalated_at=NOW)
    assert head.units_reached(Permission.TASK_OVERSEE) == {bank.east.pk}
    assert [unit.pk for unit in choices.outlets(head, Permission.CUSTOMER_READ)] == [bank.east.pk]
    assert list(keepers(head, day=TODAY)) == [own]
    assert [task.unit_id for task in escalated_to(head)] == [bank.east.pk]


def test_the_whole_bank_a_tree_and_no_place_are_told_apart(bank: Bank) -> None:
    right = Permission.CUSTOMER_READ
    assert bank.zheng.units_reached(right) is None
    assert bank.sun.units_reached(right) == {bank.east.pk, bank.donghu.pk}
    assert bank.chen.units_reached(right) == {bank.donghu.pk}
    assert bank.outsider.units_reached() == bank.chen.units_reached(Permission.AUDIT_READ) == frozenset()


def test_a_rejected_role_waits_until_the_same_role_is_proposed_again(bank: Bank, admin: Staff) -> None:
    security = person("T002", "SECURITY_ADMIN", at=bank.head_office)
    common: dict[str, Any] = {"staff_id": bank.chen.pk, "valid_from": TODAY, "by": admin, "now": NOW}

    def rejected(role: str, unit: Unit) -> Approval:
        asked = people.propose_role(role=role, unit_id=unit.pk, reason="调岗", **common)
        return approvals.reject(approval_id=asked.pk, reason="请附调令", by=security, now=NOW)

    first = rejected("TELLER", bank.donghu)
    elsewhere, other = rejected("TELLER", bank.west), rejected("LOBBY_MANAGER", bank.donghu)
    assert set(returned_to(admin)) == {first, elsewhere, other}
    again = rejected("TELLER", bank.donghu)
    assert set(returned_to(admin)) == {again, elsewhere, other}
