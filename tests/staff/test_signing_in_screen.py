"""Signing in as people meet it: what is said, what is asked next, and what nobody learns."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from tests.cast import Bank
from tests.factories.people import PASSWORD, person
from zhike.core.models import AuditEvent
from zhike.staff.models import Staff
from zhike.staff.operations import signing_in

SignIn = Callable[[Staff], Client]
NEW = "Another-Horse-10"


def sign_in(visitor: Client, staff_no: str, password: str = PASSWORD, **more: str) -> Any:
    return visitor.post("/login/", {"staff_no": staff_no, "password": password, **more})


def code_of(secret: str, *, later: int = 0) -> str:
    step = int(datetime.now(UTC).timestamp()) // signing_in.STEP_SECONDS + later
    totp = signing_in._totp(signing_in._decode(secret))
    return totp.generate(step * signing_in.STEP_SECONDS).decode()


def is_signed_in(visitor: Client) -> bool:
    return "_auth_user_id" in visitor.session


def test_number_and_password_open_the_page_that_was_asked_for(bank: Bank, visitor: Client) -> None:
    answer = sign_in(visitor, "A001", next="/tasks/")
    assert (answer.url, is_signed_in(visitor)) == ("/tasks/", True)
    assert AuditEvent.objects.filter(action="login.done", actor_id=bank.chen.pk).count() == 1


def test_the_next_page_never_lies_on_another_host(bank: Bank, visitor: Client) -> None:
    assert sign_in(visitor, "A001", next="https://evil.example/").url == "/home/"


def test_an_unknown_number_reads_exactly_like_a_wrong_password(bank: Bank, visitor: Client) -> None:
    pages = [sign_in(visitor, number, "wrong").content.decode() for number in ("A001", "Z999")]
    alike = {re.sub(r'value="(A001|Z999|[A-Za-z0-9]{64})"', "", page) for page in pages}
    assert len(alike) == 1
    assert "The staff number or the password is wrong" in pages[0]


def test_a_number_locks_unseen_and_the_words_say_that_it_may_have(bank: Bank, visitor: Client) -> None:
    for staff_no in ("A001", "Z999"):
        pages = [sign_in(visitor, staff_no, "wrong") for _ in range(5)] + [sign_in(visitor, staff_no)]
        assert {page.status_code for page in pages} == {422}
        assert all("5 wrong attempts lock it for 30 minutes." in page.content.decode() for page in pages)
    assert not is_signed_in(visitor)


@pytest.mark.requirement("L-32")
def test_wrong_codes_end_the_sign_in_that_was_half_way(bank: Bank, visitor: Client) -> None:
    secret = signing_in.new_secret()
    signing_in.enrol_second_factor(
        person=bank.zheng, secret=secret, code=code_of(secret), now=datetime.now(UTC)
    )
    other = Client()
    for one in (visitor, other):
        sign_in(one, "C001")
    for _ in range(4):
        assert visitor.post("/login/code/", {"code": "000000"}).status_code == 422
    ended = visitor.post("/login/code/", {"code": "000000"})
    page = ended.content.decode()
    assert (ended.status_code, "Try again in 30 minutes." in page) == (422, True)
    assert 'name="code"' not in page
    for one in (visitor, other):
        assert one.post("/login/code/", {"code": code_of(secret, later=1)}).url == "/login/"


def test_the_form_welcomes_password_managers(bank: Bank, visitor: Client) -> None:
    page = visitor.get("/login/").content.decode()
    assert 'autocomplete="username"' in page
    assert 'autocomplete="current-password"' in page
    assert "onpaste" not in page


def test_whoever_approves_sets_up_a_second_factor_before_anything_else(bank: Bank, visitor: Client) -> None:
    assert sign_in(visitor, "C001").url == "/login/code/"
    assert not is_signed_in(visitor)
    page = visitor.get("/login/code/").content.decode()
    secret = re.search(r'zk-secret">([A-Z2-7 ]+)<', page)[1].replace(" ", "")
    assert 'src="data:image/svg+xml' in page
    wrong = visitor.post("/login/code/", {"code": "000000"})
    assert (wrong.status_code, is_signed_in(visitor)) == (422, False)
    assert visitor.post("/login/code/", {"code": code_of(secret)}).url == "/home/"
    assert is_signed_in(visitor)
    assert "second_factor_at" in visitor.session


def test_an_enrolled_person_enters_the_code_once(bank: Bank, visitor: Client) -> None:
    secret = signing_in.new_secret()
    signing_in.enrol_second_factor(
        person=bank.zheng, secret=secret, code=code_of(secret), now=datetime.now(UTC)
    )
    sign_in(visitor, "C001")
    assert "zk-secret" not in visitor.get("/login/code/").content.decode()
    code = code_of(secret, later=1)
    assert visitor.post("/login/code/", {"code": f"{code[:3]} {code[3:]}"}).url == "/home/"
    other = Client()
    sign_in(other, "C001")
    assert other.post("/login/code/", {"code": code}).status_code == 422


def test_the_steps_cannot_be_entered_from_the_side(bank: Bank, visitor: Client) -> None:
    for path in ("/login/code/", "/login/password/"):
        assert visitor.get(path).url == "/login/"
    sign_in(visitor, "C001")
    assert visitor.get("/login/password/").url == "/login/"


def test_half_a_sign_in_does_not_last(bank: Bank, visitor: Client) -> None:
    sign_in(visitor, "C001")
    session = visitor.session
    session["half_signed_in"] |= {"at": (datetime.now(UTC) - timedelta(minutes=11)).isoformat()}
    session.save()
    assert visitor.get("/login/code/").url == "/login/"


def test_a_first_password_is_changed_before_the_session_begins(bank: Bank, visitor: Client) -> None:
    person("N001", "ACCOUNT_MANAGER", at=bank.donghu, must_change_password=True)
    assert sign_in(visitor, "N001").url == "/login/password/"
    rules = visitor.get("/login/password/").content.decode()
    assert "At least 10 characters" in rules
    weak = visitor.post("/login/password/", {"old": PASSWORD, "new": "short", "again": "short"})
    assert (weak.status_code, is_signed_in(visitor)) == (422, False)
    assert visitor.post("/login/password/", {"old": PASSWORD, "new": NEW, "again": NEW}).url == "/home/"
    assert is_signed_in(visitor)


@pytest.mark.parametrize(
    ("old", "new", "again", "complaint"),
    [
        ("wrong", NEW, NEW, "present password is wrong"),
        (PASSWORD, NEW, NEW + "x", "two new passwords differ"),
        (PASSWORD, PASSWORD, PASSWORD, "must differ from the present"),
        (PASSWORD, "aaaaaaaaaaaa", "aaaaaaaaaaaa", "At least 3 of"),
    ],
)
def test_a_wrong_password_change_says_what_to_do(
    old: str, new: str, again: str, complaint: str, bank: Bank, client_of: SignIn
) -> None:
    answer = client_of(bank.chen).post("/settings/password/", {"old": old, "new": new, "again": again})
    assert (answer.status_code, complaint in answer.content.decode()) == (422, True)


def test_changing_the_password_ends_other_sessions(bank: Bank, client_of: SignIn) -> None:
    here, there = client_of(bank.chen), client_of(bank.chen)
    assert here.post("/settings/password/", {"old": PASSWORD, "new": NEW, "again": NEW}).url == "/settings/"
    assert here.get("/settings/").status_code == 200
    assert there.get("/settings/").url == "/login/?next=/settings/"


def test_signing_out_ends_the_session(bank: Bank, client_of: SignIn) -> None:
    visitor = client_of(bank.chen)
    assert visitor.get("/logout/").url == "/"
    assert is_signed_in(visitor)
    assert visitor.post("/logout/").url == "/login/"
    assert not is_signed_in(visitor)


def test_a_part_of_a_page_whose_session_ended_sends_the_whole_page_to_sign_in(
    bank: Bank, visitor: Client
) -> None:
    headers = {"hx-request": "true", "hx-current-url": "http://testserver/audit/?page=2"}
    answer = visitor.get("/login/?next=/audit/", headers=headers)
    assert answer["HX-Redirect"] == "/login/?next=/audit/?page=2"


@pytest.mark.goal("G26")
def test_no_page_of_a_person_may_be_kept_by_a_browser(bank: Bank, client_of: SignIn) -> None:
    page = client_of(bank.chen).get("/settings/")
    assert page["Cache-Control"] == "no-store"
    assert "unsafe" not in page["Content-Security-Policy"]
    assert "style-src 'self'" in page["Content-Security-Policy"]


@pytest.mark.goal("G27")
def test_a_role_that_approves_counts_only_after_the_second_factor(bank: Bank, client_of: Any) -> None:
    """Given in the middle of a session: the next page asks to sign in again, with the code."""
    from datetime import date

    from zhike.staff.models import RoleAssignment

    caller = client_of(bank.chen)
    session = caller.session
    del session["second_factor_at"]
    session.save()
    assert caller.get("/tasks/").status_code == 200
    RoleAssignment.objects.create(
        staff=bank.chen, role="OUTLET_HEAD", unit=bank.donghu, valid_from=date(2020, 1, 1)
    )
    answer = caller.get("/tasks/")
    assert (answer.status_code, answer.url) == (302, "/login/?next=/tasks/")
