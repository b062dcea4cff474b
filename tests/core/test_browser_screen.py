"""The shared screens in a real browser: content policy, keyboard, input methods, large print, names, widths."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from tests.cast import Bank
from tests.factories.people import person
from zhike.core.models import JobRun, JobState, Parameter
from zhike.core.operations.parameters import propose_parameter
from zhike.core.operations.tasks import ask_task
from zhike.staff.models import Staff

pytestmark = [pytest.mark.journey]
Visit = Callable[..., Page]
EIGHTEEN_POINTS = 24

PAGES = [
    ("/gallery/", "zheng"), ("/menu/", "zheng"), ("/approvals/", "shen"), ("/approvals/mine/", "zheng"),
    ("/parameters/", "zheng"), ("/parameters/auth.idle_minutes/", "zheng"), ("/calendar/", "zheng"),
    ("/audit/", "shen"), ("/operations/", "wu"), ("/staff/", "zheng"), ("/staff/units/", "zheng"),
    ("/staff/rights/", "zheng"), ("/staff/stand-ins/", "zheng"), ("/tasks/", "chen"), ("/tasks/mine/", "zheng"),
    ("/tasks/ask/", "zheng"), ("/settings/", "chen"), ("/settings/password/", "chen"), ("/nowhere/", "chen"),
    ("/login/", None),
]  # fmt: skip

AUDIT = """() => {
  const all = (selector) => [...document.querySelectorAll(selector)];
  const seen = (e) => e.getClientRects().length > 0;
  const text = (e) => e.getAttribute('aria-label') || e.labels?.[0]?.textContent || e.title || e.textContent;
  const roomy = 'label.zk-choice, label.zk-check, .zk-chip-choice, .zk-field';
  const faults = [];
  const say = (what, e) => faults.push(`${what}: ${e.outerHTML.slice(0, 120)}`);
  const demand = (what, selector, holds) => all(selector).filter(seen).forEach((e) => holds(e) || say(what, e));
  if (all('h1').length !== 1) faults.push('not one h1');
  if (!document.documentElement.lang) faults.push('no language');
  const controls = 'input:not([type=hidden]), select, textarea, button, a[href], summary';
  demand('no name', controls, (e) => (text(e) || e.value || '').trim());
  demand('no caption', 'table', (e) => e.caption?.textContent.trim());
  demand('no scope', 'thead th', (e) => e.scope);
  demand('no alternative', 'img', (e) => e.alt);
  demand('dangling label', '[aria-labelledby]', (e) => document.getElementById(e.getAttribute('aria-labelledby')));
  const ids = all('[id]').map((e) => e.id);
  for (const id of new Set(ids.filter((id, n) => ids.indexOf(id) !== n))) faults.push(`twice: #${id}`);
  const targets = 'button, .btn, input:not([type=hidden]), select, summary, .zk-nav a, .zk-pager a';
  demand('small target', targets, (e) => {
    const box = (e.closest(roomy) || e).getBoundingClientRect();
    return box.width >= 24 && box.height >= 24;
  });
  return faults;
}"""

SMALL_TEXT = """(least) => {
  const found = new Set();
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const e = walker.currentNode.parentElement;
    const words = walker.currentNode.textContent.trim();
    if (!words || e.closest('script, .zk-hidden, .zk-chart, [hidden]') || !e.getClientRects().length) continue;
    const size = parseFloat(getComputedStyle(e).fontSize);
    if (size < least) found.add(`${size}px ${e.className || e.tagName} ${words.slice(0, 30)}`);
  }
  return [...found];
}"""


@pytest.fixture
def furnished(bank: Bank) -> Bank:
    """The bank with something on every screen."""
    now = timezone.now()
    ask_task(
        title="核对联系方式", unit_id=bank.donghu.pk, due_on=timezone.localdate(), by=bank.zheng, now=now
    )
    row = Parameter.objects.get(code="auth.idle_minutes")
    propose_parameter(
        parameter_id=row.pk,
        value=20,
        valid_from=timezone.localdate(),
        reason="午休较长",
        by=bank.zheng,
        now=now,
    )
    JobRun.objects.create(
        job="facts.import", as_of=date(2026, 9, 30), state=JobState.RUNNING, asked_at=now, started_at=now,
        total_count=200, done_count=50,
    )  # fmt: skip
    return bank


def somebody(bank: Bank, who: str | None) -> Staff | None:
    return getattr(bank, who) if who else None


@pytest.mark.goal("G26")
@pytest.mark.requirement("S-68")
def test_no_page_breaks_policy_names_widths_or_large_print(furnished: Bank, visit: Visit) -> None:
    """One crawl, because opening the pages is what takes time: the console, the audit, four widths, both prints."""
    faults: list[str] = []
    for path, who in PAGES:
        said: list[str] = []
        page = visit(path, somebody(furnished, who), said=said)
        faults += [line for line in said if "404 (Not Found)" not in line]
        faults += [f"{path} {fault}" for fault in page.evaluate(AUDIT)]
        for large in (False, True):
            page.evaluate(
                "(large) => { document.documentElement.dataset.print = large ? 'large' : 'normal' }", large
            )
            for width in (1440, 1000, 390, 320):
                page.set_viewport_size({"width": width, "height": 900})
                if (over := page.evaluate("document.documentElement.scrollWidth - innerWidth")) > 0:
                    faults.append(f"{path} at {width} px, large {large}, scrolls sideways by {over}")
                if large and (small := page.evaluate(SMALL_TEXT, EIGHTEEN_POINTS)):
                    faults.append(f"{path} at {width} px shows small text: {small}")
        page.close()
    assert faults == []


@pytest.mark.requirement("S-68")
def test_large_print_reaches_the_charts_and_the_targets(furnished: Bank, visit: Visit) -> None:
    Staff.objects.update(large_print=True)
    page = visit("/gallery/", furnished.zheng)
    sizes = page.locator(".zk-chart text").evaluate_all(
        "(all) => all.map((e) => parseFloat(getComputedStyle(e).fontSize))"
    )
    assert min(sizes) >= EIGHTEEN_POINTS
    targets = page.locator(":is(.btn, .zk-nav a, select):visible")
    heights = targets.evaluate_all("(all) => all.map((e) => e.getBoundingClientRect().height)")
    assert min(heights) >= 44


def test_enter_that_ends_pinyin_neither_sends_nor_shortcuts(furnished: Bank, visit: Visit) -> None:
    page = visit("/staff/", furnished.zheng)
    field = page.get_by_label("Name or number")
    field.focus()
    browser = page.context.new_cdp_session(page)
    browser.send("Input.imeSetComposition", {"text": "chen", "selectionStart": 4, "selectionEnd": 4})
    page.keyboard.press("Enter")
    page.wait_for_timeout(200)
    assert page.url.endswith("/staff/")
    browser.send("Input.insertText", {"text": "陈"})
    expect(field).to_have_value("陈")
    page.keyboard.press("Enter")
    page.wait_for_url("**/staff/?q=%E9%99%88**")


def test_half_a_pinyin_is_never_searched_for(furnished: Bank, visit: Visit) -> None:
    page = visit("/staff/", furnished.zheng)
    heard = """() => { window.heard = []; const field = document.getElementById('id_q');
        field.addEventListener('input', () => window.heard.push(field.value)); field.focus(); }"""
    page.evaluate(heard)
    browser = page.context.new_cdp_session(page)
    for text in ("c", "ch", "chen"):
        browser.send("Input.imeSetComposition", {"text": text, "selectionStart": 1, "selectionEnd": 1})
    browser.send("Input.insertText", {"text": "陈"})
    assert page.evaluate("window.heard.filter((value) => /[a-z]/.test(value))") == []
    assert page.evaluate("window.heard.at(-1)") == "陈"


def test_keys_move_open_and_go(furnished: Bank, visit: Visit) -> None:
    page = visit("/parameters/", furnished.zheng)
    page.keyboard.press("j")
    page.keyboard.press("j")
    second = page.locator("[data-row]").nth(1)
    expect(second).to_be_focused()
    page.keyboard.press("k")
    expect(page.locator("[data-row]").first).to_be_focused()
    page.keyboard.press("Enter")
    page.wait_for_url("**/parameters/*/")
    page.keyboard.press("g")
    page.keyboard.press("t")
    page.wait_for_url("**/tasks/")


def test_letters_rest_while_a_field_has_the_focus_and_when_switched_off(
    furnished: Bank, visit: Visit
) -> None:
    page = visit("/tasks/", furnished.zheng)
    page.keyboard.press("c")
    page.wait_for_url("**/tasks/ask/")
    page.get_by_label("What is to be done").press_sequentially("gt?")
    assert page.url.endswith("/tasks/ask/")
    root = page.evaluate("location.origin")
    page.close()
    page.context.add_cookies([{"name": "zhike_shortcuts", "value": "off", "url": root}])
    page = visit("/tasks/", furnished.zheng)
    page.keyboard.press("c")
    page.wait_for_timeout(200)
    assert page.url.endswith("/tasks/")
    page.keyboard.press("Control+k")
    expect(page.get_by_role("dialog", name="Search and go")).to_be_visible()


def test_the_palette_goes_to_a_page_in_three_steps(furnished: Bank, visit: Visit) -> None:
    page = visit("/tasks/", furnished.zheng)
    page.keyboard.press("Control+k")
    page.keyboard.type("param")
    page.keyboard.press("Enter")
    page.wait_for_url("**/parameters/")


def test_the_cheat_sheet_lists_what_this_page_offers(furnished: Bank, visit: Visit) -> None:
    page = visit("/tasks/", furnished.zheng)
    page.keyboard.press("?")
    sheet = page.get_by_role("dialog", name="Keyboard shortcuts")
    expect(sheet).to_contain_text("Ask a task")
    page.keyboard.press("Escape")
    expect(sheet).to_be_hidden()


def test_a_refused_form_takes_the_focus_to_what_is_wrong(furnished: Bank, visit: Visit) -> None:
    page = visit("/tasks/ask/", furnished.zheng)
    page.get_by_role("button", name="Ask").click()
    summary = page.get_by_role("alert")
    expect(summary).to_be_focused()
    summary.get_by_role("link", name="What is to be done").click()
    expect(page.get_by_label("What is to be done")).to_be_focused()


def test_unsaved_entries_are_asked_about(furnished: Bank, visit: Visit) -> None:
    page = visit("/tasks/ask/", furnished.zheng)
    asked: list[str] = []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))
    page.get_by_label("What is to be done").fill("半句话")
    page.get_by_role("link", name="Cancel").click()
    page.wait_for_url("**/tasks/")
    assert asked == ["beforeunload"]


def test_a_filter_swaps_the_rows_and_keeps_the_address(furnished: Bank, visit: Visit) -> None:
    page = visit("/staff/", furnished.zheng)
    page.get_by_label("Name or number").fill("陈")
    page.keyboard.press("Enter")
    page.wait_for_url("**/staff/?q=%E9%99%88**")
    expect(page.locator("[data-row]")).to_have_count(1)
    expect(page.locator("#zk-status")).to_have_text("1 person")
    expect(page.get_by_label("Name or number")).to_be_focused()


def test_running_rows_update_themselves_without_moving_the_focus(furnished: Bank, visit: Visit) -> None:
    page = visit("/operations/", furnished.wu)
    page.keyboard.press("j")
    JobRun.objects.update(done_count=150, state=JobState.DONE, finished_at=datetime.now(UTC))
    expect(page.get_by_role("progressbar", name="150 of 200")).to_be_visible(timeout=8000)
    expect(page.locator("[data-row]").first).to_be_focused()


def test_charts_are_drawn_and_say_their_finding(furnished: Bank, visit: Visit) -> None:
    page = visit("/gallery/", furnished.zheng)
    expect(page.locator(".zk-chart > div > svg")).to_have_count(5)
    chart = page.get_by_role("img", name="More customers fell than rose")
    chart.hover()
    page.get_by_text("Data table").first.click()
    expect(page.get_by_role("cell", name="10–20").first).to_be_visible()


def test_weights_move_together_with_their_total(furnished: Bank, visit: Visit) -> None:
    page = visit("/gallery/", furnished.zheng)
    page.locator("#w1").fill("70")
    board = page.locator("[data-weights]")
    expect(board.locator("output")).to_have_text("110")
    expect(board.locator("[data-state]")).to_have_attribute("data-state", "off")
    assert board.locator("rect.value").first.get_attribute("width") == "70%"


def test_the_phone_reaches_every_page_by_its_bottom_bar(furnished: Bank, visit: Visit) -> None:
    person("T001", "SYSTEM_ADMIN", at=furnished.head_office)
    page = visit("/tasks/", furnished.zheng, width=390)
    page.get_by_role("link", name="More").click()
    page.get_by_role("link", name="People and units").click()
    page.wait_for_url("**/staff/")


def test_a_session_that_ended_sends_the_page_to_sign_in(furnished: Bank, visit: Visit) -> None:
    page = visit("/staff/", furnished.zheng)
    page.context.clear_cookies()
    page.get_by_role("button", name="Search").last.click()
    page.wait_for_url("**/login/?next=/staff/**")
