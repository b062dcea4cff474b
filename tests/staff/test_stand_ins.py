"""Standing in: proposed and decided by two others, within the walls between roles, for a limited time."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from tests.cast import Bank
from tests.factories.people import person
from zhike.core.access.permissions import Permission
from zhike.core.models import Approval, AuditEvent
from zhike.core.operations import approvals
from zhike.core.queries.approvals import returned_to
from zhike.staff.models import ActingFor, RoleAssignment, Staff
from zhike.staff.operations import people, stand_ins
from zhike.staff.operations.people import RoleRefused

SignIn = Callable[[Staff], Client]
NOW = datetime(2026, 11, 22, 17, 0, tzinfo=UTC)
TODAY = date(2026, 11, 23)  # in Shanghai; in UTC it is still the day before
WEEK = timedelta(days=7)


@pytest.fixture
def admin(bank: Bank) -> Staff:
    return person("T001", "SYSTEM_ADMIN", at=bank.head_office, name="何建国")


@pytest.fixture
def security(bank: Bank) -> Staff:
    return person("T002", "SECURITY_ADMIN", at=bank.head_office, name="吕岚")


def propose(absent: Staff, substitute: Staff, *, by: Staff, **more: Any) -> Approval:
    days = {"from_on": TODAY, "until_on": TODAY + WEEK, "reason": "年休假", "now": NOW}
    return stand_ins.propose_stand_in(
        absent_id=absent.pk, substitute_id=substitute.pk, by=by, **{**days, **more}
    )


def begun(absent: Staff, substitute: Staff, **more: Any) -> ActingFor:
    days = {"from_on": TODAY, "until_on": TODAY + WEEK, "reason": "年休假"}
    return ActingFor.objects.create(absent=absent, substitute=substitute, **{**days, **more})


def decide(approval: Approval, by: Staff, *, now: datetime = NOW) -> Approval:
    return approvals.approve(approval_id=approval.pk, reason="", by=by, now=now)


# --- two others decide ------------------------------------------------------------------------


@pytest.mark.goal("G28")
@pytest.mark.requirement("L-32")
def test_a_stand_in_begins_by_the_decision_of_a_second_administrator(
    bank: Bank, admin: Staff, security: Staff
) -> None:
    approval = propose(bank.chen, bank.lin, by=admin)
    assert not ActingFor.objects.exists()
    decide(approval, security)
    row = ActingFor.objects.get()
    assert (row.absent, row.substitute, row.from_on, row.until_on) == (
        bank.chen, bank.lin, TODAY, TODAY + WEEK,
    )  # fmt: skip
    event = AuditEvent.objects.get(action="acting_for.begun")
    assert (event.actor_id, event.object_label, event.reason) == (security.pk, "林雅婷 → 陈晓", "年休假")


@pytest.mark.goal("G28")
def test_nobody_proposes_or_decides_a_stand_in_of_their_own(
    bank: Bank, admin: Staff, security: Staff
) -> None:
    second = person("T003", "SECURITY_ADMIN", at=bank.head_office, name="方宁")
    for absent, substitute in ((admin, bank.lin), (bank.lin, admin)):
        with pytest.raises(RoleRefused, match="concerns yourself"):
            propose(absent, substitute, by=admin)
    for absent, substitute in ((security, second), (second, security)):
        approval = propose(absent, substitute, by=admin)
        with pytest.raises(RoleRefused, match="concerns yourself"):
            decide(approval, security)
        approvals.withdraw(approval_id=approval.pk, by=admin, now=NOW)


# --- the walls between roles ------------------------------------------------------------------


@pytest.mark.goal("G28")
def test_administrators_and_the_business_never_stand_in_for_each_other(
    bank: Bank, admin: Staff, security: Staff
) -> None:
    second = person("T003", "SYSTEM_ADMIN", at=bank.head_office, name="方宁")
    for absent, substitute in ((bank.zheng, second), (second, bank.zheng), (security, second)):
        with pytest.raises(RoleRefused, match="one person must not"):
            propose(absent, substitute, by=admin)


@pytest.mark.goal("G28")
def test_no_role_is_granted_that_clashes_through_a_stand_in(
    bank: Bank, admin: Staff, security: Staff
) -> None:
    free, away = (person(number, at=bank.head_office) for number in ("N001", "N002"))
    begun(away, free)
    begun(bank.zheng, free)
    for who, role in ((free, "SYSTEM_ADMIN"), (away, "AUDIT_ADMIN")):
        with pytest.raises(RoleRefused, match="N001 would act as"):
            people.propose_role(
                staff_id=who.pk, role=role, unit_id=bank.head_office.pk, valid_from=TODAY, reason="试", by=admin,
                now=NOW,
            )  # fmt: skip


@pytest.mark.goal("G28")
def test_a_stand_in_is_overtaken_by_a_role_given_meanwhile(bank: Bank, admin: Staff, security: Staff) -> None:
    free = person("N001", at=bank.head_office)
    approval = propose(bank.zheng, free, by=admin)
    RoleAssignment.objects.create(staff=free, role="AUDIT_ADMIN", unit=bank.head_office, valid_from=TODAY)
    assert decide(approval, security).state == "STALE"
    assert not ActingFor.objects.exists()


# --- the days ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("first", "last", "complaint"),
    [
        (-1, 7, "begin today or later"),
        (7, 6, "begin today or later"),
        (0, 90, "more than 90 days"),
        (400, 800, "more than 90 days"),
        (3, 4, "stands in already"),
    ],
)
def test_days_that_cannot_be_are_refused(
    bank: Bank, admin: Staff, first: int, last: int, complaint: str
) -> None:
    begun(bank.chen, bank.zhou)
    days = {"from_on": TODAY + timedelta(days=first), "until_on": TODAY + timedelta(days=last)}
    with pytest.raises(RoleRefused, match=complaint):
        propose(bank.chen, bank.lin, by=admin, **days)


def test_ninety_days_are_the_longest(bank: Bank, admin: Staff) -> None:
    assert propose(bank.chen, bank.lin, by=admin, until_on=TODAY + timedelta(days=89)).state == "PENDING"


def test_a_late_decision_gives_only_what_is_left_and_nothing_once_the_days_are_over(
    bank: Bank, admin: Staff, security: Staff
) -> None:
    late, too_late = propose(bank.chen, bank.lin, by=admin), propose(bank.zheng, bank.wu, by=admin)
    decide(late, security, now=NOW + timedelta(days=3))
    assert ActingFor.objects.get().from_on == TODAY + timedelta(days=3)
    assert decide(too_late, security, now=NOW + timedelta(days=9)).state == "STALE"


def test_whoever_has_left_stands_in_for_nobody(bank: Bank, admin: Staff) -> None:
    Staff.objects.filter(pk=bank.lin.pk).update(is_active=False)
    with pytest.raises(RoleRefused, match="is closed"):
        propose(bank.chen, bank.lin, by=admin)


@pytest.mark.requirement("L-32")
@pytest.mark.parametrize("first", [-3, 0, 3])
def test_a_stand_in_ends_at_once_and_its_days_are_free_again(bank: Bank, admin: Staff, first: int) -> None:
    row = begun(bank.chen, bank.lin, from_on=TODAY + timedelta(days=first))
    stand_ins.end_stand_in(stand_in_id=row.pk, reason="提前返岗", by=admin, now=NOW)
    for day in range(10):
        assert not ActingFor.objects.not_over(TODAY + timedelta(days=day)).exists()
    assert AuditEvent.objects.get(action="acting_for.ended").object_id == str(row.pk)
    with pytest.raises(RoleRefused, match="over already"):
        stand_ins.end_stand_in(stand_in_id=row.pk, reason="提前返岗", by=admin, now=NOW)
    assert propose(bank.chen, bank.zhou, by=admin).state == "PENDING"


# --- the pages --------------------------------------------------------------------------------


@pytest.mark.requirement("L-32")
def test_a_stand_in_is_proposed_approved_and_told_so_on_every_page(
    bank: Bank, admin: Staff, security: Staff, client_of: SignIn
) -> None:
    today = timezone.localdate()
    form = {
        "absent": bank.zheng.pk, "substitute": bank.lin.pk, "from_on": today.isoformat(),
        "until_on": (today + WEEK).isoformat(), "reason": "年休假",
    }  # fmt: skip
    proposer, approver, substitute = client_of(admin), client_of(security), client_of(bank.lin)
    assert proposer.post("/staff/stand-ins/new/", form).url == "/staff/stand-ins/"
    assert "A stand-in for 郑涛 is proposed" in proposer.get("/staff/stand-ins/").content.decode()
    assert not substitute.get("/tasks/").wsgi_request.user.may(Permission.RUN_PUBLISH)
    approval = Approval.objects.get(kind="staff.stand_in")
    page = approver.get(f"/approvals/{approval.pk}/").content.decode()
    for words in ("林雅婷 stands in for 郑涛", "CRM department manager (客户关系管理部, The whole bank)"):
        assert words in page
    approver.post(f"/approvals/{approval.pk}/approve/", {})
    assert "You stand in for 郑涛" in client_of(bank.lin).get("/tasks/").content.decode()
    row = ActingFor.objects.get()
    proposer.post(f"/staff/stand-ins/{row.pk}/end/", {"reason": "提前返岗"})
    assert "You stand in for" not in client_of(bank.lin).get("/tasks/").content.decode()


def test_whoever_may_not_propose_a_stand_in_reads_whom_to_ask(
    bank: Bank, admin: Staff, security: Staff, client_of: SignIn
) -> None:
    page = client_of(bank.sun).get("/staff/stand-ins/").content.decode()
    assert ("System administrators: 何建国." in page, "Security administrators: 吕岚." in page) == (
        True,
        True,
    )
    assert "/staff/stand-ins/new/" not in page
    assert "Who enters a stand-in?" not in client_of(admin).get("/staff/stand-ins/").content.decode()


def test_people_of_the_same_unit_are_offered_first_and_oneself_never(
    bank: Bank, admin: Staff, client_of: SignIn
) -> None:
    asker = client_of(admin)
    page = asker.get("/staff/stand-ins/new/").content.decode()
    assert page.index('label="总行"') < page.index('label="东湖网点"')
    assert "何建国 T001" not in page
    chosen = asker.get(f"/staff/stand-ins/new/?absent={bank.chen.pk}").content.decode()
    substitutes = chosen[chosen.index('id="id_substitute"') :]
    assert substitutes.index('label="东湖网点"') < substitutes.index('label="总行"')
    assert "陈晓 A001" not in substitutes


def test_a_rejected_stand_in_waits_until_one_is_proposed_for_some_of_its_days(
    bank: Bank, admin: Staff, security: Staff
) -> None:
    def rejected(substitute: Staff, first: date, last: date) -> Approval:
        asked = propose(bank.chen, substitute, by=admin, from_on=first, until_on=last)
        return approvals.reject(approval_id=asked.pk, reason="换人", by=security, now=NOW)

    ahead = timezone.localdate()
    first = rejected(bank.lin, ahead, ahead + WEEK)
    later = rejected(bank.lin, ahead + 2 * WEEK, ahead + 3 * WEEK)
    assert set(returned_to(admin)) == {first, later}
    mended = rejected(bank.zhou, ahead + WEEK, ahead + WEEK + timedelta(days=1))
    assert set(returned_to(admin)) == {later, mended}
