"""The frame in a real browser: entries survive a change of language, tables become cards, the phone signs out."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.cast import Bank
from tests.factories.people import person

pytestmark = [pytest.mark.journey]
Visit = Callable[..., Page]
WAITING = "sessionStorage.getItem('zhike-unsaved')"


def switch(page: Page, name: str) -> None:
    page.get_by_role("banner").get_by_role("button", name=name).click()
    page.wait_for_load_state()


def test_a_change_of_language_keeps_what_is_not_saved_yet(bank: Bank, visit: Visit) -> None:
    page = visit("/tasks/ask/", bank.zheng)
    asked: list[str] = []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))
    page.get_by_label("What is to be done").fill("核对联系方式")
    switch(page, "繁體中文")
    expect(page.locator("html")).to_have_attribute("lang", "zh-Hant")
    expect(page.locator("#id_title")).to_have_value("核对联系方式")
    assert (asked, page.evaluate(WAITING)) == ([], None)
    page.get_by_role("link", name="取消").click()
    page.wait_for_url("**/tasks/")
    assert asked == ["beforeunload"]  # what was filled in again is still unsaved


def test_a_refused_form_speaks_another_language_with_its_entries(bank: Bank, visit: Visit) -> None:
    page = visit("/parameters/auth.idle_minutes/", bank.zheng)
    page.get_by_label("New value").fill("17")
    page.get_by_role("button", name="Propose", exact=True).click()
    expect(page.get_by_role("alert")).to_be_focused()
    assert page.url.endswith("/propose/")
    switch(page, "简体中文")
    page.wait_for_url("**/parameters/auth.idle_minutes/")
    expect(page.get_by_label("新值")).to_have_value("17")


def test_the_staff_number_stays_when_the_sign_in_page_changes_its_language(bank: Bank, visit: Visit) -> None:
    page = visit("/login/", None)
    for fill in ((), ("T0101", "falsch")):  # before the first try, and after one that is refused
        page.locator("[name=staff_no]").fill("T0101")
        if fill:
            page.locator("[name=password]").fill(fill[1])
            page.locator("[name=password]").press("Enter")
            expect(page.locator("[data-error-summary]")).to_be_visible()
        switch(page, "繁體中文" if fill else "简体中文")
        expect(page.locator("html")).to_have_attribute("lang", "zh-Hant" if fill else "zh-Hans")
        expect(page.locator("[name=staff_no]")).to_have_value("T0101")
        expect(page.locator("[name=password]")).to_have_value("")
    assert page.evaluate(WAITING) is None


def test_a_dialog_asks_for_what_is_missing_in_the_language_of_the_page(bank: Bank, visit: Visit) -> None:
    page = visit("/menu/", bank.zheng)
    switch(page, "简体中文")
    told = page.evaluate(
        """() => {
          const form = document.createElement('form');
          form.innerHTML = '<input name="reason" required>';
          document.body.append(form);
          form.reportValidity();
          const said = form.reason.validationMessage;
          form.reason.value = '补录';
          form.reason.dispatchEvent(new Event('input', { bubbles: true }));
          return [said, form.checkValidity()];
        }"""
    )
    assert told == ["请填写此项。", True]


def test_passwords_are_never_kept(bank: Bank, visit: Visit) -> None:
    page = visit("/settings/password/", bank.chen)
    page.locator("input[type=password]").first.fill("Geheim-2026")
    switch(page, "简体中文")
    expect(page.locator("input[type=password]").first).to_have_value("")


def test_signing_out_forgets_what_waited(bank: Bank, visit: Visit) -> None:
    page = visit("/menu/", bank.zheng, width=390)
    page.evaluate(
        "sessionStorage.setItem('zhike-unsaved', JSON.stringify({at: Date.now(), forms: {'/x/ 0': []}}))"
    )
    page.get_by_role("main").get_by_role("button", name="Sign out").click()
    page.wait_for_url("**/login/**")
    assert page.evaluate(WAITING) is None


def test_on_the_phone_each_row_shows_every_column_without_scrolling(bank: Bank, visit: Visit) -> None:
    page = visit("/parameters/", bank.zheng, width=390)
    table = page.get_by_role("table").first
    row = table.locator("tbody tr").first
    heads = table.locator("thead th").all_text_contents()
    labels = row.locator("[data-label]").evaluate_all("(all) => all.map((cell) => cell.dataset.label)")
    assert labels == [head.strip() for head in heads[1:-1]]  # nothing is to come
    assert page.evaluate(
        "[...document.querySelectorAll('.zk-scroll')].every((e) => e.scrollWidth <= e.clientWidth)"
    )
    page.set_viewport_size({"width": 1440, "height": 900})
    assert row.evaluate("(element) => getComputedStyle(element).display") == "table-row"


def test_a_table_that_goes_on_beyond_the_edge_shows_it(bank: Bank, visit: Visit) -> None:
    page = visit("/staff/rights/", bank.zheng, width=390)
    area = page.locator(".zk-scroll[data-more~=after]").first
    expect(area).to_be_visible()
    area.evaluate("(element) => { element.scrollLeft = element.scrollWidth; }")
    expect(page.locator(".zk-scroll[data-more=before]").first).to_be_visible()


def test_the_field_for_files_speaks_the_pages_language(bank: Bank, visit: Visit) -> None:
    admin = person("T001", "SYSTEM_ADMIN", at=bank.head_office)
    page = visit("/calendar/load/", admin)
    frame = page.locator(".zk-file")
    expect(frame).to_contain_text("Choose files")
    page.get_by_label("Or a CSV file").set_input_files(
        {"name": "2027.csv", "mimeType": "text/csv", "buffer": b"2027-01-01"}
    )
    expect(frame).to_contain_text("2027.csv")


def test_the_palette_finds_pages_within_pages_and_says_what_to_do_without(bank: Bank, visit: Visit) -> None:
    page = visit("/tasks/", bank.zheng)
    page.keyboard.press("/")  # this page has no search of its own
    page.keyboard.type("stand-ins")
    page.keyboard.press("Enter")
    page.wait_for_url("**/staff/stand-ins/")
    page.keyboard.press("Control+k")
    page.keyboard.type("zzzz")
    nothing = page.get_by_text("Nothing found by these letters")
    expect(nothing).to_be_visible()
    nothing.get_by_role("link", name="all pages").click()
    page.wait_for_url("**/menu/")
