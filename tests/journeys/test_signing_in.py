"""Everybody's first minute."""

from __future__ import annotations

import json
import re
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.journeys.conftest import Bank, Seat

pytestmark = pytest.mark.journey
ROLES = ("ACCOUNT_MANAGER", "TELLER", "MARKETING", "CRM_ANALYST", "HR", "INTERNAL_AUDIT")


@pytest.mark.requirement("L-04")
@pytest.mark.parametrize("role", ROLES)
def test_everybody_reaches_a_page_of_the_own_work(sit: Callable[..., Seat], role: str) -> None:
    seat = sit(role)
    expect(seat.page.locator("h1").first).to_be_visible()
    expect(seat.page.locator("main")).not_to_contain_text(re.compile("403|404|500"))


def test_who_approves_confirms_with_a_second_factor(sit: Callable[..., Seat]) -> None:
    seat = sit("EXECUTIVE")
    expect(seat.page.locator("h1").first).to_be_visible()


@pytest.mark.parametrize(
    ("code", "word"), [("zh-hans", "简体中文"), ("zh-hant", "繁體中文"), ("en", "English")]
)
def test_the_language_is_switched_in_place(sit: Callable[..., Seat], code: str, word: str) -> None:
    seat = sit("TELLER")
    seat.go("/tasks/")
    seat.page.get_by_role("button", name=word, exact=True).click()
    expect(seat.page.locator("html")).to_have_attribute("lang", re.compile(code, re.IGNORECASE))
    assert seat.page.url.endswith("/tasks/")


def test_a_wrong_password_is_refused_in_words(running_bank: Bank, browser: object) -> None:
    context = browser.new_context(locale="en-GB")  # type: ignore[attr-defined]
    page = context.new_page()
    page.goto(f"{running_bank.address}/login/")
    page.locator("#id_staff_no").fill("T0107")
    page.locator("#id_password").fill("wrong")
    page.locator("form [type=submit]").last.click()
    expect(page.locator("main")).to_contain_text("The staff number or the password is wrong")
    expect(page.locator("#id_staff_no")).to_have_value("T0107")
    context.close()


@pytest.mark.goal("G7")
def test_the_doctor_finds_the_newcomers_set_up_safe(running_bank: Bank) -> None:
    answer = running_bank.run("doctor", "--json")
    said = json.loads(answer.stdout)
    assert [finding["sentence"] for finding in said["findings"] if finding["level"] == "FAILURE"] == []
    assert (said["ok"], answer.returncode) == (True, 0)
    assert "published_runs_are_whole" in {finding["code"] for finding in said["findings"]}


@pytest.mark.goal("G29")
def test_the_audit_of_the_first_day_verifies(running_bank: Bank) -> None:
    answer = running_bank.run("audit", "verify", "--json")
    assert answer.returncode == 0, answer.stdout + answer.stderr
