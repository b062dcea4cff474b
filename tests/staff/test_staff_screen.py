"""People, roles, stand-ins, tasks and one's own settings."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from tests.cast import Bank
from tests.factories.people import person
from zhike.core.access.permissions import ROLES, Permission
from zhike.core.models import Approval, AuditEvent, Task
from zhike.core.operations.tasks import ask_task
from zhike.staff.models import RoleAssignment, Staff
from zhike.staff.wording import PERMISSION_TEXTS

SignIn = Callable[[Staff], Client]


@pytest.fixture
def admin(bank: Bank) -> Staff:
    return person("T001", "SYSTEM_ADMIN", at=bank.head_office, name="何建国")


@pytest.fixture
def security(bank: Bank) -> Staff:
    return person("T002", "SECURITY_ADMIN", at=bank.head_office, name="吕岚")


@pytest.fixture
def task(bank: Bank) -> Task:
    return ask_task(
        title="核对联系方式",
        unit_id=bank.donghu.pk,
        due_on=timezone.localdate(),
        by=bank.zheng,
        now=timezone.now(),
    )


@pytest.mark.requirement("L-32")
@pytest.mark.parametrize(
    ("path", "who"),
    [
        ("/staff/", "chen"),
        ("/staff/1/", "chen"),
        ("/staff/units/", "chen"),
        ("/staff/stand-ins/", "chen"),
        ("/staff/1/account/close/", "zheng"),
        ("/staff/roles/1/end/", "zheng"),
        ("/staff/stand-ins/new/", "zheng"),
        ("/tasks/ask/", "outsider"),
    ],
)
def test_a_lacking_right_is_403(path: str, who: str, bank: Bank, client_of: SignIn) -> None:
    assert client_of(getattr(bank, who)).get(path).status_code == 403


# --- people and roles -------------------------------------------------------------------------


def test_people_are_found_by_name_unit_and_role(bank: Bank, client_of: SignIn) -> None:
    visitor = client_of(bank.zheng)
    found = visitor.get(f"/staff/?q=陈&unit={bank.donghu.pk}&role=ACCOUNT_MANAGER").content.decode()
    assert ("陈晓" in found, "林雅婷" in found) == (True, False)
    assert "Nobody matches" in visitor.get("/staff/?q=zzz&unit=abc").content.decode()


def test_the_list_asks_as_often_for_one_as_for_all(
    bank: Bank, client_of: SignIn, django_assert_num_queries: Any
) -> None:
    visitor = client_of(bank.zheng)
    for query in ("?q=陈", ""):
        with django_assert_num_queries(17):
            visitor.get(f"/staff/{query}")


@pytest.mark.goal("G28")
def test_a_role_is_proposed_by_one_administrator_and_approved_by_another(
    bank: Bank, admin: Staff, security: Staff, client_of: SignIn
) -> None:
    proposer = client_of(admin)
    form = {
        "role": "SUPERVISOR", "unit": bank.donghu.pk, "valid_from": timezone.localdate().isoformat(), "reason": "代理",
    }  # fmt: skip
    assert proposer.post(f"/staff/{bank.lin.pk}/role/", form).url == f"/staff/{bank.lin.pk}/"
    approval = Approval.objects.get(kind="staff.role")
    assert proposer.post(f"/approvals/{approval.pk}/approve/", {}).status_code == 403
    approver = client_of(security)
    page = approver.get(f"/approvals/{approval.pk}/").content.decode()
    assert "林雅婷: Account-manager supervisor" in page
    assert "Portfolios of the own team" in page
    approver.post(f"/approvals/{approval.pk}/approve/", {})
    assert RoleAssignment.objects.filter(staff=bank.lin, role="SUPERVISOR").exists()


def test_a_role_that_must_not_be_combined_is_refused_beside_the_form(
    bank: Bank, admin: Staff, security: Staff, client_of: SignIn
) -> None:
    form = {"role": "AUDIT_ADMIN", "unit": bank.head_office.pk, "valid_from": "2026-12-01", "reason": "试"}
    answer = client_of(admin).post(f"/staff/{security.pk}/role/", form)
    assert (answer.status_code, "must not be held by one person" in answer.content.decode()) == (422, True)


def test_an_ended_role_is_gone_with_the_next_click(bank: Bank, admin: Staff, client_of: SignIn) -> None:
    visitor = client_of(bank.zheng)
    assert visitor.get("/parameters/").status_code == 200
    held = bank.zheng.roles.get()
    client_of(admin).post(f"/staff/roles/{held.pk}/end/", {"reason": "调岗"})
    assert visitor.get("/parameters/").status_code == 403


def test_a_role_that_lasted_no_day_stays_on_the_page(bank: Bank, admin: Staff, client_of: SignIn) -> None:
    given = RoleAssignment.objects.create(
        staff=bank.chen, role="TELLER", unit=bank.donghu, valid_from=timezone.localdate()
    )
    client_of(admin).post(f"/staff/roles/{given.pk}/end/", {"reason": "误授"})
    page = client_of(admin).get(f"/staff/{bank.chen.pk}/").content.decode()
    assert ("Teller" in page, "ended before a day of it was over" in page) == (True, True)


def test_a_closed_account_is_out_with_the_next_click(bank: Bank, admin: Staff, client_of: SignIn) -> None:
    visitor = client_of(bank.chen)
    answer = client_of(admin).post(
        f"/staff/{bank.chen.pk}/account/close/", {"reason": "离职", "left_on": "2026-11-20", "version": 0}
    )
    assert answer.url == f"/staff/{bank.chen.pk}/account/"
    assert visitor.get("/tasks/").url == "/login/?next=/tasks/"


def test_the_permission_table_has_words_for_every_right(bank: Bank, client_of: SignIn) -> None:
    assert set(PERMISSION_TEXTS) == set(Permission)
    page = client_of(bank.chen).get("/staff/rights/").content.decode()
    assert page.count('<th scope="col">') == 4 + 1 + len(ROLES)


def test_units_stand_in_their_tree(bank: Bank, client_of: SignIn) -> None:
    page = client_of(bank.zheng).get("/staff/units/").content.decode()
    assert page.index("总行") < page.index("城东支行") < page.index("东湖网点")


# --- tasks ------------------------------------------------------------------------------------


@pytest.mark.requirement("L-12")
def test_a_task_is_asked_answered_and_read(bank: Bank, client_of: SignIn) -> None:
    asker = client_of(bank.zheng)
    today = timezone.localdate().isoformat()
    form = {"title": "补充资料", "unit": bank.donghu.pk, "owner": bank.chen.pk, "due_on": today}
    assert asker.post("/tasks/ask/", form).url == "/tasks/mine/"
    asked = Task.objects.get()
    worker = client_of(bank.chen)
    assert "补充资料" in worker.get("/tasks/").content.decode()
    assert worker.post(f"/tasks/{asked.pk}/close/", {"result": ""}).status_code == 422
    assert worker.post(f"/tasks/{asked.pk}/close/", {"result": "已补齐"}).url == "/tasks/"
    assert "已补齐" in asker.get(f"/tasks/{asked.pk}/").content.decode()


def test_a_task_of_another_unit_is_404(bank: Bank, task: Task, client_of: SignIn) -> None:
    assert client_of(bank.outsider).get(f"/tasks/{task.pk}/").status_code == 404


def test_only_the_asker_takes_a_task_back(bank: Bank, task: Task, client_of: SignIn) -> None:
    assert client_of(bank.chen).post(f"/tasks/{task.pk}/cancel/", {"reason": "误发"}).status_code == 422
    assert client_of(bank.zheng).post(f"/tasks/{task.pk}/cancel/", {"reason": "误发"}).url == "/tasks/mine/"


def test_a_person_of_another_unit_cannot_be_asked(bank: Bank, client_of: SignIn) -> None:
    form = {"title": "x", "unit": bank.donghu.pk, "owner": bank.zheng.pk, "due_on": "2099-01-01"}
    answer = client_of(bank.zheng).post("/tasks/ask/", form)
    assert (answer.status_code, "works in another unit" in answer.content.decode()) == (422, True)


def test_the_people_offered_for_a_task_are_those_of_the_chosen_unit(bank: Bank, client_of: SignIn) -> None:
    asker = client_of(bank.zheng)
    everybody = asker.get("/tasks/ask/").content.decode()
    chosen = asker.get(f"/tasks/ask/?unit={bank.donghu.pk}").content.decode()
    assert ('<optgroup label="东湖网点">' in everybody, "吴越" in everybody) == (True, True)
    assert ("陈晓" in chosen, "吴越" in chosen) == (True, False)
    assert asker.get("/tasks/ask/?unit=x").status_code == 200


def test_tasks_ask_as_often_for_one_as_for_three(
    bank: Bank, task: Task, client_of: SignIn, django_assert_num_queries: Any
) -> None:
    visitor = client_of(bank.chen)
    with django_assert_num_queries(13):
        visitor.get("/tasks/")
    for title in ("二", "三"):
        ask_task(title=title, unit_id=bank.donghu.pk, due_on=task.due_on, by=bank.zheng, now=timezone.now())
    with django_assert_num_queries(13):
        visitor.get("/tasks/")


# --- settings and language --------------------------------------------------------------------


def test_the_language_switches_in_place_and_stays_with_the_account(bank: Bank, client_of: SignIn) -> None:
    visitor = client_of(bank.chen)
    answer = visitor.post("/settings/appearance/", {"language": "zh-hant", "next": "/tasks/"}, follow=True)
    page = answer.content.decode()
    assert ('<html lang="zh-Hant"' in page, "今日已無待辦任務" in page) == (True, True)
    bank.chen.refresh_from_db()
    assert bank.chen.language == "zh-hant"
    assert AuditEvent.objects.filter(action="settings.changed").count() == 1


def test_before_signing_in_the_browser_keeps_language_and_print(bank: Bank, visitor: Client) -> None:
    visitor.post("/settings/appearance/", {"language": "zh-hans", "print": "large", "next": "/login/"})
    page = visitor.get("/login/").content.decode()
    assert ('lang="zh-Hans"' in page, 'data-print="large"' in page, "登录" in page) == (True, True, True)


def test_a_switch_never_leads_to_another_host(bank: Bank, visitor: Client) -> None:
    assert visitor.post("/settings/appearance/", {"language": "en", "next": "//evil.example"}).url == "/"


@pytest.mark.requirement("S-68")
def test_settings_are_kept_and_confirmed_in_the_new_language(bank: Bank, client_of: SignIn) -> None:
    visitor = client_of(bank.chen)
    form = {"language": "zh-hans", "large_print": "on", "rises": "green"}
    page = visitor.post("/settings/", form, follow=True).content.decode()
    assert "设置已保存。" in page
    for mark in ('data-print="large"', 'data-shortcuts="off"', 'data-rises="green"', 'data-density="normal"'):
        assert mark in page


def test_everybody_has_a_first_page_of_their_own(bank: Bank, security: Staff, client_of: SignIn) -> None:
    for somebody in (bank.chen, security):
        visitor = client_of(somebody)
        assert visitor.get("/home/", follow=True).status_code == 200
        assert visitor.get("/menu/").status_code == 200
