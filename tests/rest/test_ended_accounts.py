"""A token is as good as the account it belongs to, and does not come back with it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from tests.cast import Bank
from tests.factories.people import PASSWORD, person
from tests.rest.programs import program_of
from zhike.rest.models import ApiToken
from zhike.rest.operations import tokens
from zhike.staff.models import Staff
from zhike.staff.operations import accounts, signing_in
from zhike.staff.operations.people import Operator

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)


@pytest.mark.requirement("L-04")
@pytest.mark.parametrize("closed_by", ["administrator", "extract"])
def test_a_reopened_account_comes_back_without_its_tokens(bank: Bank, closed_by: str) -> None:
    admin = person("T001", "SYSTEM_ADMIN", at=bank.head_office, name="何建国")
    issued = tokens.issue_token(
        name="报表", scopes=["customer:read"], expires_on=(NOW + timedelta(days=30)).date(), by=bank.zheng, now=NOW
    )  # fmt: skip
    assert tokens.admit(issued.secret, now=NOW) is not None
    if closed_by == "extract":
        Staff.objects.filter(pk=bank.zheng.pk).update(is_active=False)
    else:
        accounts.close_account(
            staff_id=bank.zheng.pk, version=0, left_on=None, reason="离岗", by=admin, now=NOW
        )
        assert ApiToken.objects.get().revoked_by == admin
    bank.zheng.refresh_from_db()
    accounts.reopen_account(
        staff_id=bank.zheng.pk, version=bank.zheng.version, reason="返岗", by=admin, now=NOW
    )
    assert tokens.admit(issued.secret, now=NOW) is None
    assert (ApiToken.objects.get().revoked_at, ApiToken.objects.get().revoked_by) == (NOW, admin)


def _reset(person: Staff, admin: Staff | Operator) -> None:
    accounts.reset_password(staff_id=person.pk, version=0, reason="泄露", by=admin, now=NOW)
    person.refresh_from_db()
    person.set_password(PASSWORD)
    person.must_change_password = False
    person.save()


def _end_sessions(person: Staff, admin: Staff | Operator) -> None:
    accounts.end_sessions(staff_id=person.pk, version=0, reason="泄露", by=admin, now=NOW)


def _take_off_second_factor(person: Staff, _admin: Staff | Operator) -> None:
    signing_in.give_second_factor(person=person, secret=signing_in.new_secret())
    person.save()
    accounts.reset_second_factor(
        staff_id=person.pk, version=person.version, reason="丢失", by=Operator("root"), now=NOW
    )


@pytest.mark.goal("G27")
@pytest.mark.parametrize("by", ["administrator", "operator"])
@pytest.mark.parametrize("act", [_reset, _end_sessions, _take_off_second_factor])
def test_what_ends_the_sessions_of_a_person_ends_the_tokens(
    bank: Bank, act: Callable[[Staff, Staff | Operator], None], by: str
) -> None:
    program = program_of(bank.zheng)
    admin = person("T001", "SYSTEM_ADMIN", at=bank.head_office, name="何建国")
    assert program.get("me").status_code == 200
    act(bank.zheng, admin if by == "administrator" else Operator("root"))
    assert program.get("me").status_code == 401
    assert ApiToken.objects.get().revoked_at == NOW


@pytest.mark.goal("G27")
@pytest.mark.parametrize(
    "state",
    [{"dormant_at": NOW}, {"locked_until": datetime(2199, 1, 1, tzinfo=UTC)}],
    ids=["dormant", "locked"],
)
def test_the_tokens_of_an_account_that_is_shut_are_refused_while_it_is(
    bank: Bank, state: dict[str, datetime]
) -> None:
    program = program_of(bank.zheng)
    Staff.objects.filter(pk=bank.zheng.pk).update(**state)
    assert program.get("me").status_code == 401
    Staff.objects.filter(pk=bank.zheng.pk).update(**dict.fromkeys(state))
    assert program.get("me").status_code == 200


@pytest.mark.goal("G27")
def test_an_account_that_nobody_uses_refuses_its_tokens_too(bank: Bank) -> None:
    program = program_of(bank.zheng)
    Staff.objects.filter(pk=bank.zheng.pk).update(last_login=datetime(2020, 1, 1, tzinfo=UTC))
    Staff.objects.filter(pk=bank.zheng.pk).update(password_set_at=datetime(2020, 1, 1, tzinfo=UTC))
    assert accounts.lock_dormant(now=timezone.now()) == 1
    assert program.get("me").status_code == 401
