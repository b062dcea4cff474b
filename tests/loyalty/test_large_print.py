"""The page of a run in large print, on a wide and on a narrow screen (S-68)."""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations
from typing import Any

import pytest
from playwright.sync_api import Page
from tests.cast import Bank
from tests.loyalty import seeded

pytestmark = pytest.mark.journey
Visit = Callable[..., Page]

LABELS = """chart => [...chart.querySelectorAll("svg text")].map(text => {
    const box = text.getBoundingClientRect();
    return [text.textContent, box.left, box.top, box.right, box.bottom];
})"""
SLACK = 3
"""Pixels by which the boxes of two labels may touch: letters are smaller than their boxes."""


@pytest.mark.requirement("S-68")
@pytest.mark.parametrize("width", [1440, 390])
def test_labels_of_a_run_do_not_overprint_and_nothing_is_cut(
    bank: Bank, lake: Any, loader_here: None, visit: Visit, width: int
) -> None:
    world = seeded.make(bank, lake)
    page = visit(f"/loyalty/runs/{world.second.pk}/", bank.zheng)
    page.set_viewport_size({"width": width, "height": 900})
    page.evaluate("document.documentElement.dataset.print = 'large'; dispatchEvent(new Event('resize'))")
    labels = page.locator("#chart-movement").evaluate(LABELS)
    assert len(labels) > 4
    assert not [(one[0], other[0]) for one, other in combinations(labels, 2) if _overlap(one, other)]
    chart = page.locator("#chart-distribution")
    (axis,) = [label for label in chart.evaluate(LABELS) if label[0] == "Loyalty index"]
    box = chart.bounding_box()
    assert box is not None
    scrolled = page.evaluate("scrollY")
    assert axis[4] + scrolled <= box["y"] + scrolled + box["height"]
    cells = page.locator("tr.zk-run-change > td:last-child").all()[:3]
    assert cells
    for cell in cells:
        place = cell.bounding_box()
        assert place is not None
        assert place["x"] + place["width"] <= width


def _overlap(one: list[Any], other: list[Any]) -> bool:
    _text, left, top, right, bottom = one
    _other, its_left, its_top, its_right, its_bottom = other
    across = min(right, its_right) - max(left, its_left)
    down = min(bottom, its_bottom) - max(top, its_top)
    return across > SLACK and down > SLACK
