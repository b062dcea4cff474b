"""F-2 in a browser: from a drafted scheme to an account manager who does something about it."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.journeys.conftest import Seat

pytestmark = pytest.mark.journey
AS_OF = "2026-09-30"
WAIT_MS = 90_000


@pytest.mark.requirement("L-09", "L-37", "L-38", "L-39", "L-40", "L-42")
def test_a_scheme_is_drafted_approved_run_published_and_followed(sit: Callable[..., Seat]) -> None:
    manager = sit("CRM_MANAGER", language="en-GB")
    address = _draft_next_version(manager)
    _a_weight_set_comes_and_goes_beside_unsaved_weights(manager)
    _weights_of_95_percent_are_refused(manager)
    _try_and_submit(manager)

    executive = sit("EXECUTIVE", language="en-GB")
    executive.go("/approvals/").get_by_role("link", name=re.compile("客户忠诚度评估办法")).first.click()
    executive.page.locator("[name=reason]").first.fill("market has changed")
    executive.page.get_by_role("button", name=re.compile("Approve")).first.click()
    executive.page.wait_for_load_state()
    manager.page.goto(address)
    expect(manager.page.locator("main")).to_contain_text("Approved, not yet in force")

    analyst = sit("CRM_ANALYST", language="en-GB")
    run = _start(analyst)
    _review_and_publish(manager, run)

    keeper = sit("ACCOUNT_MANAGER", language="en-GB")
    _follow_up(keeper)


def _draft_next_version(seat: Seat) -> str:
    page = seat.go("/loyalty/schemes/")
    page.get_by_role("link", name=re.compile("客户忠诚度评估办法")).first.click()
    page.get_by_role("button", name="New version").click()
    page.wait_for_load_state()
    page.locator("[name=reason]").first.fill("market changes")
    page.locator("[name=valid_from]").fill(
        page.evaluate("new Date(Date.now() + 1728e5).toLocaleDateString('sv')")
    )
    return page.url


def _a_weight_set_comes_and_goes_beside_unsaved_weights(seat: Seat) -> None:
    page = seat.page
    typed = page.locator("[name=w-RETAIL_GENERAL-REFERRAL]")
    before = typed.input_value()
    typed.fill("11")
    page.locator("#add-customers").select_option("CORPORATE/WEALTH")
    page.get_by_role("button", name="Add", exact=True).click()
    added = page.locator("#weights-CORPORATE_WEALTH")
    expect(added).to_be_visible()
    expect(typed).to_have_value("11")
    expect(page.locator("[name=reason]").first).to_have_value("market changes")
    typed.fill("12")
    added.get_by_role("button", name="Remove").click()
    expect(added).to_have_count(0)
    expect(typed).to_have_value("12")
    typed.fill(before)
    _save(page)
    expect(typed).to_have_value(before)


def _weights_of_95_percent_are_refused(seat: Seat) -> None:
    page = seat.page
    weight = page.locator("[data-weights] input[type=number], [data-weights] input[inputmode=decimal]").first
    whole = weight.input_value()
    weight.fill(str(float(whole) - 5))
    _save(page)
    expect(page.locator(".zk-alert", has_text=re.compile(r"95\s?%")).first).to_be_visible()
    weight = page.locator("[data-weights] input[type=number], [data-weights] input[inputmode=decimal]").first
    weight.fill(whole)
    _save(page)


def _save(page: Page) -> None:
    page.get_by_role("button", name=re.compile("^Save")).first.click()
    page.wait_for_load_state()


def _try_and_submit(seat: Seat) -> None:
    page = seat.page
    page.get_by_role("button", name=re.compile("^Try")).first.click()
    expect(page.locator("main")).to_contain_text("facts as of", timeout=WAIT_MS)
    page.reload()
    page.get_by_role("button", name=re.compile("^Submit")).first.click()
    page.wait_for_load_state()
    dialog = page.locator("dialog[open]")
    if dialog.count():
        dialog.locator("[type=submit]").last.click()
    expect(page.locator("main")).to_contain_text("Waiting for approval")


def _start(seat: Seat) -> str:
    page = seat.go("/loyalty/runs/start/")
    page.locator("[name=as_of]").fill(AS_OF)
    page.locator("[name=reason]").fill("weights have changed")
    page.get_by_role("button", name="Show the coverage").click()
    page.wait_for_load_state()
    expect(page.locator("main")).to_contain_text("Coverage")
    page.get_by_role("button", name=re.compile("Evaluate 2026Q3")).click()
    page.wait_for_load_state()
    expect(page.locator("#run-distribution")).to_be_visible(timeout=WAIT_MS)
    return page.url


def _review_and_publish(seat: Seat, run: str) -> None:
    page = seat.page
    page.goto(run)
    for number in range(page.locator("#run-samples button[value=RIGHT]").count()):
        page.locator("#run-samples button[value=RIGHT]").nth(number).click()
        page.wait_for_load_state("networkidle")
    expect(page.get_by_role("button", name="Finish the review")).to_be_visible()
    page.get_by_role("button", name="Finish the review").click()
    page.wait_for_load_state()
    page.wait_for_load_state("networkidle")
    page.goto(run)
    page.get_by_role("button", name=re.compile("^Publish")).first.click()
    page.locator("dialog[open] [type=submit]").last.click()
    expect(page.locator("main")).to_contain_text("Published", timeout=WAIT_MS)


def _follow_up(seat: Seat) -> None:
    page = seat.go("/")
    expect(page.locator("h2", has_text="Changed customers of this period")).to_be_visible()
    page.get_by_role("link", name="Record").first.click()
    page.wait_for_load_state()
    waiting = _waiting(page)
    form = page.locator("form.zk-change-form")
    expect(form.locator("[name=outcome]:checked")).to_have_count(0)
    form.locator("[type=submit]").click()
    expect(page.locator("[role=alert]").first).to_be_visible()
    _the_last_entered_next_contact_counts(form)
    form.locator(".zk-chip-choice:has([name=outcome])").first.click()
    form.locator("[name=note]").fill("asked why; will come in on Friday")
    form.locator("[type=submit]").click()
    expect(page.get_by_role("status").filter(has_text="not yet followed")).to_contain_text(str(waiting - 1))
    expect(page.locator("[data-announced]")).to_have_text(f"{waiting - 1} not yet followed")


def _the_last_entered_next_contact_counts(form: Locator) -> None:
    day, chosen = form.locator("[name=next_on]"), form.locator("[name=next]:checked")
    form.locator(".zk-chip-choice:has([name=next])").first.click()
    day.fill(form.page.evaluate("new Date(Date.now() + 8 * 864e5).toLocaleDateString('sv')"))
    expect(chosen).to_have_count(0)
    form.locator(".zk-chip-choice:has([name=next])").last.click()
    expect(day).to_have_value("")
    expect(chosen).to_have_value("7")


def _waiting(page: Page) -> int:
    said = page.locator("[data-announce]").first.get_attribute("data-announce") or ""
    return int(said.split()[0])
