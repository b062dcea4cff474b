"""A segment is written in a real browser: conditions come and go in place, and the count follows the typing."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from tests.cast import Bank

from zhike.insight.models import Portrait, Segment

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = [pytest.mark.django_db, pytest.mark.journey, pytest.mark.requirement("M-29")]


def test_the_count_follows_what_is_typed_and_the_segment_is_saved(
    golden_bank: Bank, portrait: Portrait, visit: Callable[..., Page]
) -> None:
    said: list[str] = []
    page = visit("/segments/new/", golden_bank.zheng, said=said)
    page.select_option("[name='r.new']", "PURCHASES_12M")
    page.click("button[value='add:r']")
    low = page.locator("[name='r.0.low']")
    low.wait_for()
    low.fill("2")
    page.locator("#segment-count", has_text="Purchases in 12 months ≥ 2").wait_for()
    assert "3of 6 customers" in (page.locator(".zk-size").text_content() or "").replace("\n", "")
    page.check("[name='r.0.not']")
    page.locator("#segment-count", has_text="not (Purchases in 12 months ≥ 2)").wait_for()
    page.fill("[name='name']", "未常购客户")
    page.click("button[value='save']")
    page.wait_for_url("**/segments/*/")
    assert Segment.objects.get().name == "未常购客户"
    assert said == []


def test_the_editor_fits_a_narrow_screen(
    golden_bank: Bank, portrait: Portrait, visit: Callable[..., Page]
) -> None:
    page = visit("/segments/new/", golden_bank.zheng, width=390)
    for field in ("CUSTOMER_GROUP", "NEXT_MATURITY"):
        page.select_option("[name='r.new']", field)
        page.click("button[value='add:r']")
        page.wait_for_timeout(400)
    assert page.locator("[name='r.1.days']").is_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
