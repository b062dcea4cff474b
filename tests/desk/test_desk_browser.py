"""The desk in a real browser: keys through the list, a batch, a value shown for a purpose."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from tests.cast import Bank
from tests.factories.files import filed

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
