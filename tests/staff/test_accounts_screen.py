"""Accounts on the pages: who reaches them, what is shown once, and one's own sessions and second factor."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from tests.cast import Bank
from tests.factories.people import PASSWORD, person
from zhike.core.access.permissions import ROLES
from zhike.core.models import Approval
from zhike.staff.enums import AccountAct, AccountState
from zhike.staff.forms import AccountFilter, CloseAccountForm, RoleForm, StandInForm, TaskForm
from zhike.staff.models import Staff
from zhike.staff.operations import signing_in
from zhike.staff.queries.sessions import described

SignIn = Callable[[Staff], Client]
KEEPERS = {"SYSTEM_ADMIN"}
READERS = {"SYSTEM_ADMIN", "SECURITY_ADMIN"}
EDGE = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/131.0 Safari/537.36 Edg/131.0"


@pytest.fixture
def admin(bank: Bank) -> Staff:
    return person("T001", "SYSTEM_ADMIN", at=bank.head_office, name="何建国")


@pytest.fixture
def security(bank: Bank) -> Staff:
    return person("T002", "SECURITY_ADMIN", at=bank.head_office, name="吕岚")


def code_of(secret: str, *, later: int = 0) -> str:
    step = int(datetime.now(UTC).timestamp()) // signing_in.STEP_SECONDS + later
    totp = signing_in._totp(signing_in._decode(secret))
    return totp.generate(step * signing_in.STEP_SECONDS).decode()


def address(row: Staff, act: AccountAct | None = None) -> str:
    return f"/staff/{row.pk}/account/" + (f"{act.value}/" if act else "")


def page_of(answer: Any) -> str:
    text: str = answer.content.decode()
    return text


# --- who may ----------------------------------------------------------------------------------


@pytest.mark.requirement("L-32")
@pytest.mark.parametrize("role", ROLES)
def test_only_administrators_see_accounts_and_only_the_system_administrator_acts(
    bank: Bank, client_of: SignIn, role: str
) -> None:
    client = client_of(person("M001", role, at=bank.west))
    reads, acts = (200 if role in READERS else 403), (200 if role in KEEPERS else 403)
    assert client.get("/staff/accounts/").status_code == reads
    assert client.get(address(bank.chen)).status_code == reads
    for act in (AccountAct.PASSWORD, AccountAct.SESSIONS, AccountAct.CLOSE):
        assert client.get(address(bank.chen, act)).status_code == acts, act
        answer = client.post(address(bank.chen, act), {})
        assert answer.status_code == (422 if role in KEEPERS else 403), act
    assert ("/staff/accounts/" in page_of(client.get("/staff/rights/"))) == (role in READERS)


def test_an_account_page_tells_nothing_of_customers(bank: Bank, admin: Staff, client_of: SignIn) -> None:
    pages = page_of(client_of(admin).get(address(bank.chen))) + page_of(
        client_of(admin).get("/staff/accounts/")
    )
    assert not any(row.name in pages for row in (bank.zhang_wei, bank.li_na, bank.western))


# --- the list ---------------------------------------------------------------------------------


def test_accounts_are_found_by_state_second_factor_and_name(
    bank: Bank, admin: Staff, client_of: SignIn
) -> None:
    now = timezone.now()
    Staff.objects.filter(pk=bank.chen.pk).update(locked_until=now + timedelta(minutes=9))
    Staff.objects.filter(pk=bank.lin.pk).update(password="!")
    client = client_of(admin)

    def found(query: str) -> set[str]:
        names = re.findall(
            r'zk-table-name" href="[^"]+">([^<]+)<', page_of(client.get(f"/staff/accounts/?{query}"))
        )
        return set(names)

    assert found(f"state={AccountState.LOCKED}") == {"陈晓"}
    assert found(f"state={AccountState.NONE}") == {"林雅婷"}
    assert {"孙立", "何建国"} <= found("second_factor=missing")
    assert found("q=陈") == found("q=陈&state=WRONG&unit=abc") == {"陈晓"}
    assert "No account matches" in page_of(client.get("/staff/accounts/?q=zzz"))
    assert client.get("/staff/accounts/?state=WRONG&unit=abc&sort=password&page=9").status_code == 200


def test_the_list_of_accounts_asks_as_often_for_one_as_for_all(
    bank: Bank, admin: Staff, client_of: SignIn, django_assert_num_queries: Any
) -> None:
    client = client_of(admin)
    for query in ("?q=陈", ""):
        with django_assert_num_queries(17):
            client.get(f"/staff/accounts/{query}")


# --- what is done -----------------------------------------------------------------------------


def test_a_first_password_is_shown_once_and_opens_the_sign_in(
    bank: Bank, admin: Staff, client_of: SignIn, visitor: Client
) -> None:
    client, act = client_of(admin), address(bank.chen, AccountAct.PASSWORD)
    assert 'name="version" value="0"' in page_of(client.get(act))
    form = {"version": 0, "reason": "忘记密码"}
    shown = client.post(act, form)
    password = re.search(r'zk-secret">([^<]+)<', page_of(shown))[1]  # type: ignore[index]
    assert (shown.status_code, shown["Cache-Control"]) == (200, "no-store")
    assert password not in page_of(client.get(address(bank.chen)))
    again = client.post(act, form)
    assert (again.status_code, "zk-secret" in page_of(again)) == (422, False)
    entered = visitor.post("/login/", {"staff_no": "A001", "password": password})
    assert entered.url == "/login/password/"  # type: ignore[attr-defined]


def test_an_old_page_keeps_the_reason_and_shows_the_present_state(
    bank: Bank, admin: Staff, client_of: SignIn
) -> None:
    client, act = client_of(admin), address(bank.chen, AccountAct.SESSIONS)
    Staff.objects.filter(pk=bank.chen.pk).update(version=4)
    answer = client.post(act, {"version": 0, "reason": "设备遗失"})
    page = page_of(answer)
    assert (answer.status_code, "changed this account meanwhile" in page) == (422, True)
    assert "设备遗失" in page
    assert 'name="version" value="4"' in page


@pytest.mark.parametrize("bad", [{}, {"version": "x", "reason": "y"}, {"version": 0, "reason": " "}])
def test_what_cannot_be_read_changes_nothing(
    bank: Bank, admin: Staff, client_of: SignIn, bad: dict[str, Any]
) -> None:
    assert client_of(admin).post(address(bank.chen, AccountAct.PASSWORD), bad).status_code == 422
    bank.chen.refresh_from_db()
    assert (bank.chen.version, bank.chen.must_change_password) == (0, False)


def test_an_act_that_is_not_possible_leads_back_to_the_account(
    bank: Bank, admin: Staff, client_of: SignIn
) -> None:
    client = client_of(admin)
    for act in (AccountAct.UNLOCK, AccountAct.OPEN, AccountAct.REOPEN, AccountAct.SECOND_FACTOR):
        assert client.get(address(bank.chen, act)).url == address(bank.chen)  # type: ignore[attr-defined]
    assert client.get("/staff/999999999/account/").status_code == 404
    assert client.get(f"/staff/{bank.chen.pk}/account/nothing/").status_code == 404


def test_ending_all_sessions_signs_the_person_out_with_the_next_click(
    bank: Bank, admin: Staff, client_of: SignIn
) -> None:
    theirs = client_of(bank.chen)
    assert theirs.get("/tasks/").status_code == 200
    assert "1" in page_of(client_of(admin).get(address(bank.chen)))
    client_of(admin).post(address(bank.chen, AccountAct.SESSIONS), {"version": 0, "reason": "设备遗失"})
    assert theirs.get("/tasks/").url == "/login/?next=/tasks/"  # type: ignore[attr-defined]


def test_a_sign_in_half_way_begins_anew_after_an_act_on_the_account(
    bank: Bank, admin: Staff, client_of: SignIn, visitor: Client
) -> None:
    visitor.post("/login/", {"staff_no": "B001", "password": PASSWORD})
    assert visitor.get("/login/code/").status_code == 200
    client_of(admin).post(address(bank.sun, AccountAct.PASSWORD), {"version": 0, "reason": "疑似泄露"})
    assert visitor.get("/login/code/").url == "/login/"  # type: ignore[attr-defined]


def test_a_lost_second_factor_is_proposed_shown_and_approved_on_the_pages(
    bank: Bank, admin: Staff, security: Staff, client_of: SignIn
) -> None:
    signing_in.give_second_factor(person=bank.sun, secret=signing_in.new_secret())
    bank.sun.save()
    client = client_of(admin)
    client.post(address(bank.sun, AccountAct.SECOND_FACTOR), {"version": 0, "reason": "手机遗失"})
    page = page_of(client.get(address(bank.sun)))
    assert ("waits for the security administrator" in page, "account/second-factor/" in page) == (True, False)
    again = client.post(address(bank.sun, AccountAct.SECOND_FACTOR), {"version": 0, "reason": "手机遗失"})
    assert (again.status_code, "still waiting for a decision" in page_of(again)) == (422, True)
    approval = Approval.objects.get(kind="staff.second_factor")
    approver = client_of(security)
    assert "Second factor of 孙立" in page_of(approver.get(f"/approvals/{approval.pk}/"))
    approver.post(f"/approvals/{approval.pk}/approve/", {})
    bank.sun.refresh_from_db()
    assert not bank.sun.second_factor


# --- one's own account ------------------------------------------------------------------------


def test_own_sessions_are_seen_with_their_browser_and_ended_one_by_one(
    bank: Bank, static_files: None
) -> None:
    clients = [Client(headers={"accept-language": "en", "user-agent": EDGE}) for _place in range(3)]
    for client in clients:
        client.post("/login/", {"staff_no": "A001", "password": PASSWORD})
    here, there, elsewhere = clients
    page = page_of(here.get("/settings/sessions/"))
    assert (page.count("Edge, Windows"), page.count("this session")) == (3, 1)
    assert all(client.session.session_key not in page for client in clients)
    first = re.search(r'action="(/settings/sessions/[0-9a-f]+/end/)"', page)[1]  # type: ignore[index]
    assert here.post(first).url == "/settings/sessions/"  # type: ignore[attr-defined]
    assert here.post(first).status_code == 422
    assert sorted(client.get("/tasks/").status_code for client in (there, elsewhere)) == [200, 302]
    here.post("/settings/sessions/others/")
    assert {client.get("/tasks/").status_code for client in (there, elsewhere)} == {302}
    assert here.get("/tasks/").status_code == 200


def test_nobody_ends_the_session_of_somebody_else(bank: Bank, client_of: SignIn) -> None:
    from zhike.staff.models import StaffSession
    from zhike.staff.queries.sessions import mark_of

    theirs = client_of(bank.lin)
    mark = mark_of(StaffSession.objects.get(staff=bank.lin))
    assert client_of(bank.chen).post(f"/settings/sessions/{mark}/end/").status_code == 422
    assert theirs.get("/tasks/").status_code == 200


def test_another_authenticator_needs_the_password_and_a_code_of_the_present_one(
    bank: Bank, client_of: SignIn
) -> None:
    present = signing_in.new_secret()
    signing_in.give_second_factor(person=bank.chen, secret=present)
    bank.chen.save()
    client, other = client_of(bank.chen), client_of(bank.chen)
    page = page_of(client.get("/settings/second-factor/"))
    fresh = re.search(r'zk-secret">([A-Z2-7 ]+)<', page)[1].replace(" ", "")  # type: ignore[index]
    right = {"password": PASSWORD, "present_code": code_of(present), "code": code_of(fresh)}
    for wrong in ({"password": "x"}, {"present_code": "000000"}, {"code": "000000"}, {"code": ""}):
        assert client.post("/settings/second-factor/", {**right, **wrong}).status_code == 422
    bank.chen.refresh_from_db()
    assert bank.chen.failure_count == 2
    assert client.post("/settings/second-factor/", right).url == "/settings/"  # type: ignore[attr-defined]
    bank.chen.refresh_from_db()
    later = datetime.now(UTC) + timedelta(seconds=30)
    signing_in.check_second_factor(person=bank.chen, code=code_of(fresh, later=1), now=later)
    assert other.get("/tasks/").status_code == 302


def test_a_first_authenticator_asks_for_no_code_of_a_present_one(bank: Bank, client_of: SignIn) -> None:
    client = client_of(bank.chen)
    page = page_of(client.get("/settings/second-factor/"))
    assert 'name="present_code"' not in page
    fresh = re.search(r'zk-secret">([A-Z2-7 ]+)<', page)[1].replace(" ", "")  # type: ignore[index]
    client.post("/settings/second-factor/", {"password": PASSWORD, "code": code_of(fresh)})
    bank.chen.refresh_from_db()
    assert bank.chen.second_factor_set_at is not None


@pytest.mark.parametrize(
    ("browser", "words"),
    [
        (EDGE, "Edge, Windows"),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0", "Firefox, Linux"),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Safari/604.1",
            "Safari, iPhone",
        ),
        ("curl/8.5", ""),
    ],
)
def test_a_browser_is_named_in_two_words(browser: str, words: str) -> None:
    assert described(browser) == words


# --- forms and languages ----------------------------------------------------------------------


@pytest.mark.django_db
@pytest.mark.parametrize("language", ["zh-hans", "zh-hant", "en"])
@pytest.mark.parametrize(
    ("form", "field"),
    [
        (RoleForm, "valid_from"), (partial(StandInForm, by=Staff(pk=1)), "from_on"), (TaskForm, "due_on"),
        (CloseAccountForm, "left_on"),
    ],
    ids=["role", "stand-in", "task", "leaving"],
)  # fmt: skip
def test_a_day_keeps_its_value_in_every_language(form: Any, field: str, language: str) -> None:
    from datetime import date

    from django.utils import translation

    with translation.override(language):
        drawn = str(form(initial={field: date(2026, 11, 23)})[field])
    assert 'value="2026-11-23"' in drawn


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("zh-hans", ("重置密码", "现有密码和所有会话同时失效", "账号")),
        ("zh-hant", ("重設密碼", "現有密碼和所有會話同時失效", "帳號")),
        ("en", ("Reset the password", "The present password ends", "Account")),
    ],
)
def test_the_account_page_speaks_three_languages(
    bank: Bank, admin: Staff, client_of: SignIn, language: str, words: tuple[str, ...]
) -> None:
    Staff.objects.filter(pk=admin.pk).update(language=language)
    page = page_of(client_of(admin).get(address(bank.chen)))
    assert [word for word in words if word not in page] == []


@pytest.mark.django_db
def test_the_filter_of_accounts_knows_every_state() -> None:
    assert {code for code, _label in AccountFilter().fields["state"].choices} == {"", *AccountState.values}  # type: ignore[attr-defined]
