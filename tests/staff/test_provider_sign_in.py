"""Signing in at the bank's own service: Authlib's provider in a process of its own, over real connections."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from playwright.sync_api import Page, expect

from tests.cast import Bank
from tests.factories.people import PASSWORD, person
from tests.staff.conftest import Service
from zhike.core.models import Approval, AuditEvent
from zhike.core.operations import approvals
from zhike.staff.models import Staff, StaffSession
from zhike.staff.operations import accounts
from zhike.staff.operations.sessions import forget_expired

NOW = datetime.now(UTC)
pytestmark = pytest.mark.requirement("L-32")


def is_signed_in(visitor: Client) -> bool:
    return "_auth_user_id" in visitor.session


def refusals(reason: str) -> int:
    return AuditEvent.objects.filter(action="login.refused", reason=reason).count()


def text_of(answer: Any) -> str:
    return re.sub(r"\s+", " ", answer.content.decode())


def test_the_staff_number_that_the_service_tells_opens_the_page_asked_for(
    bank: Bank, visitor: Client, service: Service
) -> None:
    service.put("u-1", staff_no="A001")
    answer = visitor.get(service.answer(visitor, "u-1", then="/tasks/"))
    assert (answer.status_code, answer.url, is_signed_in(visitor)) == (302, "/tasks/", True)
    assert visitor.get("/tasks/").status_code == 200
    event = AuditEvent.objects.get(action="login.done", actor_id=bank.chen.pk)
    assert event.reason == "login.by_provider"
    row = StaffSession.objects.get(staff=bank.chen)
    assert row.begun_at is not None


def test_an_answer_counts_once_and_only_in_the_browser_that_asked(
    bank: Bank, visitor: Client, service: Service
) -> None:
    service.put("u-1", staff_no="A001")
    back = service.answer(visitor, "u-1")
    other = Client(headers={"accept-language": "en"})
    stolen = other.get(back)
    assert (stolen.status_code, is_signed_in(other)) == (422, False)
    assert "not begun in this browser" in text_of(stolen)
    assert visitor.get(back).status_code == 302
    visitor.post("/logout/")
    assert visitor.get(back).status_code == 422
    assert not is_signed_in(visitor)


def test_a_code_that_was_used_behind_our_back_opens_nothing(
    bank: Bank, visitor: Client, service: Service
) -> None:
    """The same code in two windows: the service gives out a token for it once."""
    service.put("u-1", staff_no="A001")
    first, second = service.answer(visitor, "u-1"), service.answer(visitor, "u-1")
    code = re.search("code=([^&]+)", first)[1]
    assert visitor.get(first).status_code == 302
    visitor.post("/logout/")
    again = service.answer(visitor, "u-1")
    assert visitor.get(re.sub("code=[^&]+", f"code={code}", again)).status_code == 422
    assert refusals("login.unproven") == 1
    assert second != first


def test_the_service_may_change_its_keys_at_any_time(bank: Bank, visitor: Client, service: Service) -> None:
    service.put("u-1", staff_no="A001")
    assert visitor.get(service.answer(visitor, "u-1")).status_code == 302
    visitor.post("/logout/")
    service.renew_keys()
    assert visitor.get(service.answer(visitor, "u-1")).status_code == 302
    assert is_signed_in(visitor)


def test_nobody_is_found_by_an_address_of_mail_or_a_name(
    bank: Bank, visitor: Client, service: Service
) -> None:
    service.put("u-9", email="a001@bank.example", name=bank.chen.name, preferred_username="A001")
    answer = visitor.get(service.answer(visitor, "u-9"))
    assert (answer.status_code, is_signed_in(visitor)) == (422, False)
    assert "u-9" in text_of(answer)
    assert refusals("login.not_bound") == 1


@pytest.mark.parametrize(
    ("changes", "words", "reason"),
    [
        ({"is_active": False}, "account here is closed", "login.closed"),
        ({"dormant_at": NOW}, "unused for long", "login.dormant"),
        ({"locked_until": NOW + timedelta(days=1)}, "locked for a while", "login.locked"),
        ({"password": ""}, "No account has been opened", "login.no_account"),
    ],
)
def test_an_account_that_is_shut_stays_shut_and_says_so(
    changes: dict[str, Any], words: str, reason: str, bank: Bank, visitor: Client, service: Service
) -> None:
    Staff.objects.filter(pk=bank.chen.pk).update(**changes)
    service.put("u-1", staff_no="A001")
    answer = visitor.get(service.answer(visitor, "u-1"))
    assert (answer.status_code, words in text_of(answer), is_signed_in(visitor)) == (422, True, False)
    assert refusals(reason) == 1


def bound(bank: Bank, subject: str, account: Staff) -> Approval:
    """Propose a binding as the system administrator and approve it as the security administrator."""
    proposer = person("S901", "SYSTEM_ADMIN", at=bank.donghu)
    decider = person("S902", "SECURITY_ADMIN", at=bank.donghu)
    account.refresh_from_db()
    approval = accounts.propose_binding(
        staff_id=account.pk, version=account.version, subject=subject, reason="new post", by=proposer, now=NOW
    )
    return approvals.approve(approval_id=approval.pk, reason="", by=decider, now=NOW)


def test_a_binding_approved_by_two_opens_the_account_to_that_person_only(
    bank: Bank, visitor: Client, service: Service
) -> None:
    service.put("u-7")
    assert visitor.get(service.answer(visitor, "u-7")).status_code == 422
    bound(bank, "u-7", bank.chen)
    assert visitor.get(service.answer(visitor, "u-7")).status_code == 302
    assert int(visitor.session["_auth_user_id"]) == bank.chen.pk
    service.put("u-8", staff_no="A001")
    other = Client(headers={"accept-language": "en"})
    assert "bound to another identifier" in text_of(other.get(service.answer(other, "u-8")))


def test_a_binding_needs_another_administrator_and_ends_by_one(
    bank: Bank, visitor: Client, service: Service, client_of: Callable[[Staff], Client]
) -> None:
    approval = bound(bank, "u-7", bank.chen)
    assert approval.state == "APPROVED"
    service.put("u-7")
    visitor.get(service.answer(visitor, "u-7"))
    administrator = person("S903", "SYSTEM_ADMIN", at=bank.donghu)
    page = client_of(administrator).get(f"/staff/{bank.chen.pk}/account/")
    assert "u-7" in text_of(page)
    bank.chen.refresh_from_db()
    sent = {"reason": "left the project", "version": bank.chen.version}
    assert client_of(administrator).post(f"/staff/{bank.chen.pk}/account/unbind/", sent).status_code == 302
    assert visitor.get("/tasks/").status_code == 302
    with pytest.raises(accounts.AccountRefused, match="your own account"):
        accounts.propose_binding(
            staff_id=administrator.pk, version=administrator.version, subject="u-1", reason="x",
            by=administrator, now=NOW,
        )  # fmt: skip


def test_two_accounts_are_never_bound_to_one_person(bank: Bank, visitor: Client, service: Service) -> None:
    bound(bank, "u-7", bank.chen)
    proposer = Staff.objects.get(staff_no="S901")
    with pytest.raises(accounts.AccountRefused, match=r"bound to this identifier already"):
        accounts.propose_binding(
            staff_id=bank.zheng.pk,
            version=bank.zheng.version,
            subject="u-7",
            reason="x",
            by=proposer,
            now=NOW,
        )


def test_whoever_approves_gives_our_second_factor_unless_the_service_asked_for_one(
    bank: Bank, visitor: Client, service: Service, settings: Any
) -> None:
    service.put("u-2", staff_no="C001", amr=["pwd"])
    assert visitor.get(service.answer(visitor, "u-2")).url == "/login/code/"
    assert not is_signed_in(visitor)
    service.put("u-2", staff_no="C001", amr=["pwd", "hwk"])
    assert visitor.get(service.answer(visitor, "u-2")).url == "/login/code/"
    settings.OIDC_SECOND_FACTOR = ["hwk"]
    assert visitor.get(service.answer(visitor, "u-2")).url == "/home/"
    assert "second_factor_at" in visitor.session


def test_a_first_password_that_nobody_needs_any_more_is_withdrawn(
    bank: Bank, visitor: Client, service: Service
) -> None:
    person("N001", "ACCOUNT_MANAGER", at=bank.donghu, must_change_password=True)
    service.put("u-3", staff_no="N001")
    assert visitor.get(service.answer(visitor, "u-3")).url == "/home/"
    assert not Staff.objects.get(staff_no="N001").must_change_password
    other = Client()
    assert other.post("/login/", {"staff_no": "N001", "password": PASSWORD}).status_code == 422


def test_a_session_from_there_ends_like_every_other(bank: Bank, visitor: Client, service: Service) -> None:
    service.put("u-1", staff_no="A001")
    visitor.get(service.answer(visitor, "u-1"))
    session = visitor.session
    session["seen_at"] -= 16 * 60
    session.save()
    assert visitor.get("/tasks/").url == "/login/?next=/tasks/"


def test_sign_ins_begun_and_left_go_with_the_night(bank: Bank, visitor: Client, service: Service) -> None:
    visitor.get("/login/provider/")
    assert forget_expired(now=NOW) == 0
    assert forget_expired(now=NOW + timedelta(days=1)) == 1


def test_signing_out_here_leads_to_signing_out_there(bank: Bank, visitor: Client, service: Service) -> None:
    service.put("u-1", staff_no="A001")
    visitor.get(service.answer(visitor, "u-1"))
    page = visitor.post("/logout/")
    assert (page.status_code, is_signed_in(visitor)) == (200, False)
    link = re.search(r'href="([^"]+/end\?[^"]+)"', page.content.decode())[1]
    assert link.startswith(f"{service.address}/end?id_token_hint=")
    assert "post_logout_redirect_uri=http%3A%2F%2Ftestserver%2Flogin%2F" in link


def test_passwords_of_ours_are_for_administrators_in_an_emergency_where_the_bank_wants_it(
    bank: Bank, visitor: Client, service: Service, settings: Any
) -> None:
    settings.LOCAL_SIGN_IN = "emergency"
    page = text_of(visitor.get("/login/"))
    assert 'name="password"' not in page
    assert "Bank Passport" in page
    assert 'name="password"' in text_of(visitor.get("/login/emergency/"))
    for address in ("/login/", "/login/emergency/"):
        sent = visitor.post(address, {"staff_no": "A001", "password": PASSWORD})
        assert (sent.status_code, "is wrong, or" in text_of(sent)) == (422, True)
    assert refusals("login.no_local_door") == 2
    service.put("u-1", staff_no="A001")
    visitor.get(service.answer(visitor, "u-1"))
    for address in ("/settings/password/", "/settings/second-factor/"):
        assert visitor.get(address).url == "/settings/"
    assert "kept by the bank" in text_of(visitor.get("/settings/"))
    visitor.post("/logout/")
    person("S901", "SYSTEM_ADMIN", at=bank.donghu)
    assert visitor.post("/login/emergency/", {"staff_no": "S901", "password": PASSWORD}).url == "/login/code/"


@pytest.mark.journey
def test_a_real_browser_goes_there_and_back_and_out_again(
    bank: Bank, service: Service, visit: Callable[..., Page]
) -> None:
    service.put("u-1", staff_no="A001")
    said: list[str] = []
    page = visit("/login/?next=/tasks/", said=said)
    page.get_by_role("link", name="Bank Passport").click()
    expect(page.locator("h1")).to_have_text("Who are you?")
    page.locator("[name=person]").fill("u-1")
    page.get_by_role("button", name="Go").click()
    page.wait_for_url("**/tasks/")
    assert service.signed_in() == "u-1"
    page.goto(page.url.replace("/tasks/", "/settings/"))
    page.locator("form[action='/logout/'] button").last.click()
    page.locator("a[href*='/end?']").click()
    page.wait_for_url("**/login/")
    assert service.signed_in() == ""
    assert [line for line in said if "Content Security Policy" in line] == []
