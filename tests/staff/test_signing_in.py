from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import connection

from tests.cast import Bank
from tests.factories.people import PASSWORD, person, unit
from zhike.core.models import AuditEvent
from zhike.staff.models import Staff
from zhike.staff.operations import signing_in
from zhike.staff.operations.signing_in import AccountLocked, SignInRefused

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)


def wrong(bank: Bank, times: int) -> None:
    for _ in range(times):
        with pytest.raises(SignInRefused):
            signing_in.check_login(staff_no="A001", password="wrong", now=NOW)


def test_the_right_password_opens(bank: Bank) -> None:
    assert signing_in.check_login(staff_no=" A001 ", password=PASSWORD, now=NOW) == bank.chen


def refused(staff_no: str, password: str, *, now: datetime = NOW) -> str:
    with pytest.raises(SignInRefused) as refusal:
        signing_in.check_login(staff_no=staff_no, password=password, now=now)
    return str(refusal.value)


@pytest.mark.requirement("L-32")
def test_whatever_does_not_open_is_told_in_the_same_words_after_the_same_work(
    bank: Bank, django_assert_num_queries: Any
) -> None:
    Staff.objects.filter(pk=bank.lin.pk).update(is_active=False)
    Staff.objects.filter(pk=bank.zhou.pk).update(locked_until=NOW + timedelta(minutes=5))
    said = set()
    for staff_no, password in (
        ("Z999", PASSWORD), ("A001", "wrong"), ("A002", PASSWORD), ("A002", "wrong"), ("S001", PASSWORD),
        ("S001", "wrong"),
    ):  # fmt: skip
        with django_assert_num_queries(8):
            said.add(refused(staff_no, password))
    assert len(said) == 1


@pytest.mark.parametrize("staff_no", ["A001", "Z999"])
def test_no_number_of_attempts_tells_which_numbers_there_are(bank: Bank, staff_no: str) -> None:
    said = {refused(staff_no, "wrong") for _ in range(7)}
    assert len(said) == 1
    assert "or the number is locked: 5 wrong attempts lock it for 30 minutes." in said.pop()


def test_five_failures_lock_for_thirty_minutes(bank: Bank) -> None:
    wrong(bank, 5)
    refused("A001", PASSWORD, now=NOW + timedelta(minutes=29))
    later = NOW + timedelta(minutes=31)
    assert signing_in.check_login(staff_no="A001", password=PASSWORD, now=later) == bank.chen
    assert AuditEvent.objects.filter(action="login.locked").count() == 1


def test_four_failures_and_a_success_begin_again(bank: Bank) -> None:
    wrong(bank, 4)
    signing_in.complete_sign_in(person=bank.chen, now=NOW)
    wrong(bank, 4)
    assert signing_in.check_login(staff_no="A001", password=PASSWORD, now=NOW) == bank.chen


def test_a_closed_account_does_not_open(bank: Bank) -> None:
    Staff.objects.filter(pk=bank.chen.pk).update(is_active=False)
    with pytest.raises(SignInRefused):
        signing_in.check_login(staff_no="A001", password=PASSWORD, now=NOW)


def code(secret: str, at: datetime) -> str:
    return signing_in._totp(signing_in._decode(secret)).generate(int(at.timestamp())).decode()


def test_a_code_is_accepted_once(bank: Bank) -> None:
    secret = signing_in.new_secret()
    signing_in.enrol_second_factor(person=bank.zheng, secret=secret, code=code(secret, NOW), now=NOW)
    later = NOW + timedelta(seconds=60)
    bank.zheng.refresh_from_db()
    signing_in.check_second_factor(person=bank.zheng, code=code(secret, later), now=later)
    bank.zheng.refresh_from_db()
    with pytest.raises(SignInRefused):
        signing_in.check_second_factor(person=bank.zheng, code=code(secret, later), now=later)


@pytest.mark.requirement("L-32")
def test_wrong_codes_lock_the_account_and_then_not_even_the_right_one_opens(bank: Bank) -> None:
    secret = signing_in.new_secret()
    signing_in.enrol_second_factor(person=bank.zheng, secret=secret, code=code(secret, NOW), now=NOW)
    later = NOW + timedelta(seconds=90)
    for _ in range(4):
        with pytest.raises(SignInRefused, match="not valid now"):
            signing_in.check_second_factor(person=bank.zheng, code="000000", now=later)
    with pytest.raises(AccountLocked) as locked:
        signing_in.check_second_factor(person=bank.zheng, code="000000", now=later)
    assert locked.value.minutes == 30
    with pytest.raises(AccountLocked):
        signing_in.check_second_factor(person=bank.zheng, code=code(secret, later), now=later)
    refused("C001", PASSWORD, now=later)
    after = later + timedelta(minutes=31)
    signing_in.check_second_factor(person=bank.zheng, code=code(secret, after), now=after)


@pytest.mark.requirement("L-32")
@pytest.mark.django_db(transaction=True)
def test_of_two_who_show_one_code_at_the_same_moment_one_comes_in(committed: None) -> None:
    somebody = person("C001", "CRM_MANAGER", at=unit("000", kind="HEAD_OFFICE"))
    secret = signing_in.new_secret()
    signing_in.enrol_second_factor(person=somebody, secret=secret, code=code(secret, NOW), now=NOW)
    later = NOW + timedelta(seconds=90)
    both = threading.Barrier(2)

    def come_in() -> str:
        try:
            seen = Staff.objects.get(pk=somebody.pk)  # before the other has used the code up
            both.wait(timeout=10)
            signing_in.check_second_factor(person=seen, code=code(secret, later), now=later)
        except SignInRefused:
            return "refused"
        finally:
            connection.close()
        return "in"

    with ThreadPoolExecutor(2) as pool:
        outcomes = sorted(future.result() for future in [pool.submit(come_in), pool.submit(come_in)])
    assert outcomes == ["in", "refused"]


@pytest.mark.parametrize("bad", ["", "12345", "1234567", "abcdef", "１２３４５６", "²²²²²²"])
def test_what_is_no_code_is_refused(bank: Bank, bad: str) -> None:
    secret = signing_in.new_secret()
    with pytest.raises(SignInRefused):
        signing_in.enrol_second_factor(person=bank.zheng, secret=secret, code=bad, now=NOW)
    bank.zheng.refresh_from_db()
    assert not bank.zheng.second_factor


def test_the_secret_is_stored_encrypted(bank: Bank) -> None:
    secret = signing_in.new_secret()
    signing_in.enrol_second_factor(person=bank.zheng, secret=secret, code=code(secret, NOW), now=NOW)
    stored = bytes(Staff.objects.get(pk=bank.zheng.pk).second_factor)
    assert stored and secret.encode() not in stored
    assert AuditEvent.objects.get(action="second_factor.enrolled").detail["changes"]["second_factor"] == [
        "***",
        "***",
    ]


@pytest.mark.parametrize("new", ["short1A!", "alllowercaseletters", "password1234"])
def test_a_weak_password_is_refused(bank: Bank, new: str) -> None:
    with pytest.raises(ValidationError):
        signing_in.change_password(person=bank.chen, old=PASSWORD, new=new, now=NOW)


def test_change_password_refuses_a_wrong_old_one_and_the_same(bank: Bank) -> None:
    with pytest.raises(SignInRefused, match="present password is wrong"):
        signing_in.change_password(person=bank.chen, old="x", new="Another-Horse-7", now=NOW)
    with pytest.raises(SignInRefused, match="must differ"):
        signing_in.change_password(person=bank.chen, old=PASSWORD, new=PASSWORD, now=NOW)


@pytest.mark.requirement("L-32")
def test_wrong_present_passwords_lock_the_account_and_then_not_even_the_right_one_changes_it(
    bank: Bank,
) -> None:
    wrong(bank, 3)
    with pytest.raises(SignInRefused, match="present password is wrong"):
        signing_in.change_password(person=bank.chen, old="x", new="Another-Horse-7", now=NOW)
    with pytest.raises(AccountLocked) as locked:
        signing_in.change_password(person=bank.chen, old="x", new="Another-Horse-7", now=NOW)
    assert locked.value.minutes == 30
    with pytest.raises(AccountLocked):
        signing_in.change_password(person=bank.chen, old=PASSWORD, new="Another-Horse-7", now=NOW)
    refused("A001", PASSWORD)
    assert AuditEvent.objects.filter(action="login.locked").count() == 1
    after = NOW + timedelta(minutes=31)
    signing_in.change_password(person=bank.chen, old=PASSWORD, new="Another-Horse-7", now=after)
    assert signing_in.check_login(staff_no="A001", password="Another-Horse-7", now=after) == bank.chen


def test_a_changed_password_begins_the_count_of_failures_again(bank: Bank) -> None:
    wrong(bank, 4)
    signing_in.change_password(person=bank.chen, old=PASSWORD, new="Another-Horse-7", now=NOW)
    wrong(bank, 4)
    assert signing_in.check_login(staff_no="A001", password="Another-Horse-7", now=NOW) == bank.chen


def test_a_refused_new_password_costs_no_attempt(bank: Bank) -> None:
    for _ in range(6):
        with pytest.raises(ValidationError):
            signing_in.change_password(person=bank.chen, old=PASSWORD, new="short", now=NOW)
    assert Staff.objects.get(pk=bank.chen.pk).failure_count == 0


def test_a_password_of_ninety_days_is_due(bank: Bank) -> None:
    bank.chen.password_set_at = NOW - timedelta(days=89)
    assert not signing_in.must_change_password(bank.chen, now=NOW)
    assert signing_in.must_change_password(bank.chen, now=NOW + timedelta(days=2))


def test_a_code_is_shown_only_for_people_whom_the_demo_made_up(
    bank: Bank, settings: Any, tmp_path: Path
) -> None:
    settings.DEMO_LOGINS = tmp_path / "demo-logins.json"
    secret = signing_in.new_secret()
    signing_in.enrol_second_factor(person=bank.zheng, secret=secret, code=code(secret, NOW), now=NOW)
    shown = {}
    for has_logins in (False, True):
        for is_made_up in (False, True):
            bank.zheng.is_made_up = is_made_up
            shown[has_logins, is_made_up] = signing_in.code_in_demo(bank.zheng, now=NOW)
        settings.DEMO_LOGINS.touch()
    right = shown.pop((True, True))
    assert (right, set(shown.values())) == (code(secret, NOW), {""})
