"""The desk in a real browser: keys through the list, a batch, a value shown for a purpose."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import python_calamine
from tests.cast import Bank
from tests.core.test_browser_screen import AUDIT, EIGHTEEN_POINTS, SMALL_TEXT
from tests.factories.files import filed
from tests.factories.holdings import holding, published_run, standing

from zhike.customers.models import Customer

pytestmark = pytest.mark.journey


def test_rows_are_ticked_by_keys_and_handed_over(bank: Bank, visit: Callable[..., Any]) -> None:
    for number, name in enumerate(("甲", "乙", "丙")):
        filed(f"670{number}", outlet=bank.donghu, manager=bank.chen, name=name)
    said: list[str] = []
    page = visit("/customers/?sort=name&manager=" + str(bank.chen.pk), bank.liu, said=said)
    for key in ("j", "x", "j", "x"):
        page.keyboard.press(key)
    assert page.locator("[data-batch] [data-count]").inner_text() == "2"
    page.locator("[data-batch] button").click()
    page.locator("select[name=manager]").select_option(str(bank.lin.pk))
    page.locator("input[name=reason]").fill("调岗")
    page.locator("textarea[name=note]").fill("忌周末来电")
    page.locator("main form button[type=submit]").click()
    page.wait_for_selector("text=2 customers to 林雅婷")
    assert Customer.objects.filter(manager=bank.lin).count() == 3
    assert said == []


def test_a_phone_is_shown_in_place_and_the_palette_opens_a_customer(
    bank: Bank, visit: Callable[..., Any]
) -> None:
    customer = filed("6800", outlet=bank.donghu, manager=bank.chen, name="沈若岚", phone="13812346027")
    said: list[str] = []
    page = visit(f"/customers/{bank.zhang_wei.pk}/", bank.chen, said=said)
    page.keyboard.press("Control+k")
    page.keyboard.type("srl", delay=20)
    page.wait_for_selector("[role=option]:has-text('沈若岚')")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/customers/{customer.pk}/")
    page.locator("#file-phone a").click()
    page.locator("#purpose-file-phone").select_option("CALL")
    page.locator("form.zk-masked button").click()
    page.wait_for_selector(".zk-masked.shown:has-text('13812346027')")
    assert said == []


@pytest.mark.goal("G26")
@pytest.mark.requirement("S-68")
def test_no_page_of_the_desk_breaks_policy_names_widths_or_large_print(
    bank: Bank, visit: Callable[..., Any]
) -> None:
    customer = filed(
        "6800", outlet=bank.donghu, manager=bank.chen, name="天华市城东区东湖路精密机械制造与进出口贸易股份有限公司",
        phone="13812346027", kind="ENTERPRISE", customer_group="WEALTH",
    )  # fmt: skip
    holding(customer, 123_456_789_012, before_cents=100_000_000_000)
    standing(customer, published_run(bank.wu), score=82.4, change=-3.6)
    file = f"/customers/{customer.pk}/"
    tabs = [f"{file}{tab}" for tab in ("", "holdings/", "transactions/", "events/", "portfolio/")]
    screens = [("/", bank.chen), *[(tab, bank.chen) for tab in tabs], (f"{file}reveal/phone/", bank.chen)]
    screens += [("/customers/?standing=ANY", bank.liu), ("/portfolios/", bank.liu), ("/", bank.zheng)]
    screens += [("/portfolios/changes/", bank.liu), (f"/portfolios/hand-over/?c={customer.pk}", bank.liu)]
    faults: list[str] = []
    for path, person in screens:
        said: list[str] = []
        page = visit(path, person, said=said)
        faults += said + [f"{path} {fault}" for fault in page.evaluate(AUDIT)]
        for large in (False, True):
            page.evaluate(
                "(large) => { document.documentElement.dataset.print = large ? 'large' : 'normal' }", large
            )
            for width in (1440, 390, 320):
                page.set_viewport_size({"width": width, "height": 900})
                if (over := page.evaluate("document.documentElement.scrollWidth - innerWidth")) > 0:
                    faults.append(f"{path} at {width} px, large {large}, scrolls sideways by {over}")
                if large and (small := page.evaluate(SMALL_TEXT, EIGHTEEN_POINTS)):
                    faults.append(f"{path} at {width} px shows small text: {small}")
        page.close()
    assert faults == []


@pytest.mark.goal("G25")
def test_a_whole_number_stays_out_of_every_address_and_going_back_works(
    bank: Bank, visit: Callable[..., Any]
) -> None:
    filed("6800", outlet=bank.donghu, manager=bank.chen, name="沈若岚", phone="13812346027")
    said: list[str] = []
    page = visit("/customers/", bank.chen, said=said)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.locator("#id_q").fill("沈若")
    page.keyboard.press("Enter")
    page.wait_for_url("**/customers/?q=*")
    page.locator("#id_q").fill("138 1234 6027")
    page.keyboard.press("Enter")
    page.wait_for_url("**/customers/?number=*")
    page.wait_for_selector(".zk-chip:has-text('138****6027')")
    assert page.locator("#results tbody tr").count() == 1
    assert page.locator("#id_q").input_value() == ""
    page.locator("#results a.zk-table-name").click()
    page.wait_for_selector("h1:has-text('沈若岚')")
    page.go_back()
    page.wait_for_selector(".zk-chip:has-text('138****6027')")
    page.go_back()
    page.wait_for_selector(".zk-chip:has-text('沈若')")
    page.keyboard.press("Control+k")
    page.keyboard.type("13812346027", delay=5)
    page.wait_for_selector("[role=option]:has-text('沈若岚')")
    assert [url for url in asked if "6027" in url] == []
    assert said == []


@pytest.mark.requirement("L-33")
def test_the_dialog_closes_when_the_file_comes(bank: Bank, visit: Callable[..., Any]) -> None:
    page = visit("/customers/", bank.zheng)
    page.locator("button[data-opens=export]").click()
    page.locator("#export input[name=reason]").fill("季度回访")
    with page.expect_download() as coming:
        page.locator("#export button[type=submit]").click()
    assert coming.value.suggested_filename.endswith(".xlsx")
    assert not page.locator("#export").is_visible()
    page.locator("button[data-opens=export]").click()
    page.wait_for_selector("#export button[type=submit]:not([aria-disabled])")


def test_a_filter_counts_and_exports_what_it_shows(bank: Bank, visit: Callable[..., Any]) -> None:
    filed("6800", outlet=bank.donghu, manager=bank.chen, name="沈若岚")
    page = visit("/customers/", bank.sun)
    page.wait_for_selector("#customer-count:has-text('3 customers')")
    page.locator("#id_q").fill("沈若")
    page.keyboard.press("Enter")
    page.wait_for_selector("#customer-count:has-text('1 customer')")
    assert "q=%E6%B2%88" in page.locator("#export form").get_attribute("action")
    page.locator("button[data-opens=export]").click()
    page.locator("#export input[name=reason]").fill("季度回访")
    with page.expect_download() as coming:
        page.locator("#export button[type=submit]").click()
    sheet = python_calamine.load_workbook(coming.value.path()).get_sheet_by_index(0).to_python()
    told = {str(cell) for row in sheet for cell in row}
    assert "沈若岚" in told
    assert "李娜" not in told
