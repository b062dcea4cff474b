"""Accounts opened, unlocked, reset, closed and reopened: what changes, what is refused, what is recorded."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import Any

import pytest
from django.utils import timezone

from tests.cast import Bank
from tests.factories.people import PASSWORD, person
from zhike.core.errors import DomainError, Stale
from zhike.core.models import AuditEvent, JobRun
from zhike.core.operations import approvals
from zhike.staff import jobs
from zhike.staff.enums import ACTS_IN, NEXT_ACCOUNT_STATE, AccountAct, AccountState
from zhike.staff.models import RoleAssignment, Staff, StaffSession, Unit
from zhike.staff.operations import accounts, people, signing_in
from zhike.staff.operations.accounts import AccountRefused
from zhike.staff.operations.people import Operator, RoleRefused
from zhike.staff.passwords import PasswordRules, first_password
from zhike.staff.queries.accounts import possible_acts, state_of

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
ROOT = Operator(name="root")
PERFORMED: dict[AccountAct, Callable[..., Any]] = {
    AccountAct.OPEN: accounts.open_account,
    AccountAct.UNLOCK: accounts.unlock_account,
    AccountAct.PASSWORD: accounts.reset_password,
    AccountAct.SECOND_FACTOR: accounts.propose_second_factor_reset,
    AccountAct.BIND: partial(accounts.propose_binding, subject="u-1"),
    AccountAct.UNBIND: accounts.end_binding,
    AccountAct.SESSIONS: accounts.end_sessions,
    AccountAct.CLOSE: accounts.close_account,
    AccountAct.REOPEN: accounts.reopen_account,
}


@pytest.fixture
def admin(bank: Bank) -> Staff:
    return person("T001", "SYSTEM_ADMIN", at=bank.head_office, name="何建国")


@pytest.fixture
def security(bank: Bank) -> Staff:
    return person("T002", "SECURITY_ADMIN", at=bank.head_office, name="吕岚")


@pytest.fixture
def newcomer(bank: Bank) -> Staff:
    """As the personnel extract brings people: no account."""
    made = person("N001", "TELLER", at=bank.donghu, name="新人", must_change_password=True)
    Staff.objects.filter(pk=made.pk).update(password="!", password_set_at=None)
    made.refresh_from_db()
    return made


def do(act: AccountAct, on: Staff, *, by: Any, reason: str = "本人申请", **more: Any) -> Any:
    if act == AccountAct.CLOSE:
        more.setdefault("left_on", None)
    return PERFORMED[act](
        **{"staff_id": on.pk, "version": on.version, "reason": reason, "by": by, "now": NOW, **more}
    )


def in_state(state: AccountState, row: Staff) -> Staff:
    """The same person in a state."""
    wanted: dict[AccountState, dict[str, Any]] = {
        AccountState.NONE: {"password": "!", "password_set_at": None, "must_change_password": True},
        AccountState.FIRST: {"must_change_password": True},
        AccountState.ACTIVE: {},
        AccountState.LOCKED: {"locked_until": NOW + timedelta(minutes=5)},
        AccountState.DORMANT: {"dormant_at": NOW - timedelta(days=1)},
        AccountState.CLOSED: {"is_active": False},
    }
    Staff.objects.filter(pk=row.pk).update(**wanted[state])
    row.refresh_from_db()
    assert state_of(row, now=NOW) == state
    return row


def with_second_factor(row: Staff) -> Staff:
    signing_in.give_second_factor(person=row, secret=signing_in.new_secret())
    row.save(update_fields=["second_factor"])
    return row


def bound_for(act: AccountAct, row: Staff, settings: Any) -> Staff:
    """With a sign-in service, and bound to somebody there where the act would end that."""
    settings.OIDC_ISSUER = "https://passport.bank.example"
    if act == AccountAct.UNBIND:
        row.provider_issuer, row.provider_subject = settings.OIDC_ISSUER, "u-1"
        row.save(update_fields=["provider_issuer", "provider_subject"])
    return row


# --- a first password -------------------------------------------------------------------------


@pytest.mark.requirement("L-04")
def test_an_opened_account_signs_in_once_and_must_change_its_password(newcomer: Staff, admin: Staff) -> None:
    made = do(AccountAct.OPEN, newcomer, by=admin)
    found = signing_in.check_login(staff_no="N001", password=made.password, now=NOW)
    assert signing_in.must_change_password(found, now=NOW)
    event = AuditEvent.objects.get(action="account.opened")
    assert (event.actor_id, event.reason, event.object_id) == (admin.pk, "本人申请", str(newcomer.pk))
    assert made.password not in str(event.detail)
    assert event.detail["changes"]["password"] == ["***", "***"]


def test_a_first_password_is_over_after_three_days(newcomer: Staff, admin: Staff) -> None:
    made = do(AccountAct.OPEN, newcomer, by=admin)
    with pytest.raises(signing_in.SignInRefused, match="too old"):
        signing_in.check_login(staff_no="N001", password=made.password, now=NOW + timedelta(hours=73))
    assert AuditEvent.objects.filter(action="login.refused", reason="login.first_password_expired").exists()


@pytest.mark.django_db
def test_first_passwords_keep_the_rules_and_never_repeat() -> None:
    made = {first_password() for _time in range(200)}
    assert len(made) == 200
    for password in made:
        PasswordRules().validate(password)
        assert not set("lIO01o") & set(password)


def test_a_reset_password_ends_sessions_lock_and_the_old_password(bank: Bank, admin: Staff) -> None:
    chen = in_state(AccountState.LOCKED, bank.chen)
    StaffSession.objects.create(session_key="k" * 32, session_data="", expire_date=NOW, staff=chen)
    made = do(AccountAct.PASSWORD, chen, by=admin)
    assert StaffSession.objects.count() == 0
    with pytest.raises(signing_in.SignInRefused):
        signing_in.check_login(staff_no="A001", password=PASSWORD, now=NOW)
    assert signing_in.check_login(staff_no="A001", password=made.password, now=NOW) == chen


# --- what every act keeps to ------------------------------------------------------------------


@pytest.mark.parametrize("state", list(AccountState))
@pytest.mark.parametrize("act", list(AccountAct))
def test_each_state_allows_the_acts_of_its_row_and_refuses_all_others(
    bank: Bank, admin: Staff, state: AccountState, act: AccountAct, settings: Any
) -> None:
    row = in_state(state, bound_for(act, with_second_factor(bank.chen), settings))
    if act in ACTS_IN[state]:
        do(act, row, by=admin)
        row.refresh_from_db()
        after = state_of(row, now=NOW)
        assert after == state or after in NEXT_ACCOUNT_STATE[state]
        assert AuditEvent.objects.filter(actor_id=admin.pk, reason="本人申请").exists()
    else:
        with pytest.raises(AccountRefused, match="state does not allow"):
            do(act, row, by=admin)
        assert not AuditEvent.objects.exists()


@pytest.mark.parametrize("act", [AccountAct.UNLOCK, *ACTS_IN[AccountState.ACTIVE]])
def test_no_act_goes_without_a_reason_or_on_an_old_page(
    bank: Bank, admin: Staff, act: AccountAct, settings: Any
) -> None:
    row = in_state(AccountState.LOCKED, bound_for(act, with_second_factor(bank.chen), settings))
    with pytest.raises(DomainError, match="reason"):
        do(act, row, by=admin, reason="  ")
    with pytest.raises(Stale):
        do(act, row, by=admin, version=row.version + 1)
    assert not AuditEvent.objects.exists()


@pytest.mark.requirement("L-32")
@pytest.mark.parametrize("act", [AccountAct.PASSWORD, AccountAct.SESSIONS, AccountAct.CLOSE])
def test_nobody_acts_on_the_own_account(admin: Staff, act: AccountAct) -> None:
    with pytest.raises(AccountRefused, match="another administrator"):
        do(act, admin, by=admin)


def test_a_second_factor_that_is_not_set_cannot_be_reset(bank: Bank, admin: Staff) -> None:
    assert AccountAct.SECOND_FACTOR not in possible_acts(bank.chen, state=AccountState.ACTIVE)
    with pytest.raises(AccountRefused):
        do(AccountAct.SECOND_FACTOR, bank.chen, by=admin)


# --- the second factor and its two people -----------------------------------------------------


@pytest.mark.goal("G28")
def test_a_second_factor_is_taken_off_by_two_people(bank: Bank, admin: Staff, security: Staff) -> None:
    sun = with_second_factor(bank.sun)
    approval = do(AccountAct.SECOND_FACTOR, sun, by=admin, reason="手机遗失")
    sun.refresh_from_db()
    assert sun.second_factor
    with pytest.raises(approvals.ApprovalRefused, match="another person"):
        approvals.approve(approval_id=approval.pk, reason="", by=admin, now=NOW)
    approvals.approve(approval_id=approval.pk, reason="", by=security, now=NOW)
    sun.refresh_from_db()
    assert not sun.second_factor
    event = AuditEvent.objects.get(action="second_factor.reset")
    assert (event.actor_id, event.reason) == (security.pk, "手机遗失")


def test_an_administrator_may_propose_for_oneself_but_not_decide(admin: Staff, security: Staff) -> None:
    approval = do(AccountAct.SECOND_FACTOR, with_second_factor(security), by=admin)
    with pytest.raises(AccountRefused, match="your own account"):
        approvals.approve(approval_id=approval.pk, reason="", by=security, now=NOW)
    own = do(AccountAct.SECOND_FACTOR, with_second_factor(admin), by=admin)
    approvals.approve(approval_id=own.pk, reason="", by=security, now=NOW)
    admin.refresh_from_db()
    assert not admin.second_factor


def test_a_reset_is_overtaken_by_a_factor_set_up_meanwhile(bank: Bank, admin: Staff, security: Staff) -> None:
    approval = do(AccountAct.SECOND_FACTOR, with_second_factor(bank.sun), by=admin)
    Staff.objects.filter(pk=bank.sun.pk).update(second_factor_set_at=NOW + timedelta(minutes=1))
    done = approvals.approve(approval_id=approval.pk, reason="", by=security, now=NOW + timedelta(hours=1))
    bank.sun.refresh_from_db()
    assert (done.state, bool(bank.sun.second_factor)) == ("STALE", True)


# --- closing and coming back ------------------------------------------------------------------


@pytest.mark.requirement("L-04")
def test_who_had_left_comes_back_without_roles_and_who_was_away_with_them(bank: Bank, admin: Staff) -> None:
    for row, left_on in ((bank.chen, date(2026, 11, 20)), (bank.lin, None)):
        closed = do(AccountAct.CLOSE, row, by=admin, left_on=left_on)
        do(AccountAct.REOPEN, closed, by=admin)
    in_force = RoleAssignment.objects.in_force(date(2026, 11, 23))
    assert not in_force.filter(staff=bank.chen).exists()
    assert in_force.filter(staff=bank.lin).exists()
    bank.chen.refresh_from_db()
    assert (bank.chen.is_active, bank.chen.left_on) == (True, None)


@pytest.mark.requirement("L-04")
@pytest.mark.parametrize("left_on", [date(2026, 11, 20), None])
def test_one_administrator_cannot_become_another_person(
    bank: Bank, admin: Staff, left_on: date | None
) -> None:
    """Closing, opening and a first password together leave the second factor where it was."""
    closed = do(AccountAct.CLOSE, with_second_factor(bank.sun), by=admin, left_on=left_on)
    do(AccountAct.REOPEN, closed, by=admin)
    bank.sun.refresh_from_db()
    do(AccountAct.PASSWORD, bank.sun, by=admin)
    bank.sun.refresh_from_db()
    assert bytes(bank.sun.second_factor)


# --- accounts that nobody uses ----------------------------------------------------------------


@pytest.mark.requirement("L-04", "L-32")
def test_an_account_unused_for_ninety_days_is_locked_and_opens_with_a_first_password(
    bank: Bank, admin: Staff
) -> None:
    used = {
        bank.chen: {"last_login": NOW - timedelta(days=91)},
        bank.lin: {"last_login": NOW - timedelta(days=89)},
        bank.zhou: {"last_login": None},
        bank.liu: {"last_login": NOW - timedelta(days=91), "password_set_at": NOW - timedelta(days=3)},
        bank.sun: {"last_login": NOW - timedelta(days=91), "is_made_up": True},
        bank.zheng: {"last_login": NOW - timedelta(days=91), "is_active": False},
    }
    Staff.objects.update(password_set_at=NOW - timedelta(days=120), last_login=NOW)
    for row, columns in used.items():
        Staff.objects.filter(pk=row.pk).update(**columns)
    assert [accounts.lock_dormant(now=NOW) for _night in range(2)] == [2, 0]
    dormant = Staff.objects.filter(dormant_at__isnull=False)
    assert set(dormant.values_list("name", flat=True)) == {"陈晓", "周敏"}
    assert AuditEvent.objects.filter(action="account.dormant", actor="system").count() == 2
    with pytest.raises(signing_in.SignInRefused, match="or the number is locked"):
        signing_in.check_login(staff_no="A001", password=PASSWORD, now=NOW)
    bank.chen.refresh_from_db()
    made = do(AccountAct.PASSWORD, bank.chen, by=admin)
    assert signing_in.check_login(staff_no="A001", password=made.password, now=NOW) == bank.chen
    assert accounts.lock_dormant(now=NOW) == 0


def test_the_nightly_job_locks_once_a_day(bank: Bank) -> None:
    Staff.objects.update(password_set_at=timezone.now() - timedelta(days=120))
    jobs.lock_dormant(timestamp=0)
    run = JobRun.objects.get(job=jobs.DORMANT_JOB)
    assert (run.state, run.done_count) == ("DONE", Staff.objects.count())


# --- the operator on the machine --------------------------------------------------------------


@pytest.mark.django_db
def test_the_first_administrators_of_an_empty_bank_are_entered_and_appointed_once() -> None:
    first = people.add_person(staff_no="T001", name="何建国", unit_code="000", by=ROOT, now=NOW)
    given = {"reason": "建行", "by": ROOT, "now": NOW}
    people.appoint_administrator(staff_id=first.pk, role="SYSTEM_ADMIN", **given)
    assert (Unit.objects.get().kind, state_of(first, now=NOW)) == ("HEAD_OFFICE", AccountState.NONE)
    second = people.add_person(staff_no="T002", name="吕岚", unit_code="000", by=ROOT, now=NOW)
    with pytest.raises(RoleRefused, match="holds this role"):
        people.appoint_administrator(staff_id=second.pk, role="SYSTEM_ADMIN", **given)
    with pytest.raises(RoleRefused, match="must not be held by one person"):
        people.appoint_administrator(staff_id=first.pk, role="SECURITY_ADMIN", **given)
    with pytest.raises(RoleRefused, match="Only an administrator"):
        people.appoint_administrator(staff_id=second.pk, role="CRM_MANAGER", **given)
    people.appoint_administrator(staff_id=second.pk, role="SECURITY_ADMIN", **given)
    assert set(AuditEvent.objects.values_list("actor", "actor_id")) == {("system root", None)}


@pytest.mark.parametrize(
    ("staff_no", "name", "unit", "complaint"),
    [
        ("A001", "陈晓", "101", "known already"),
        ("N009", " ", "101", "needs a staff number and a name"),
        ("N009", "新人", "999", "no unit with this code"),
    ],
)
def test_a_person_entered_wrongly_is_refused(
    bank: Bank, staff_no: str, name: str, unit: str, complaint: str
) -> None:
    with pytest.raises(RoleRefused, match=complaint):
        people.add_person(staff_no=staff_no, name=name, unit_code=unit, by=ROOT, now=NOW)


def test_the_operator_takes_a_second_factor_off_alone(bank: Bank) -> None:
    row = with_second_factor(bank.sun)
    accounts.reset_second_factor(staff_id=row.pk, version=row.version, reason="无人可登录", by=ROOT, now=NOW)
    row.refresh_from_db()
    assert (bool(row.second_factor), row.version) == (False, 1)
