"""The machine's own browser is the one that journeys use."""

from __future__ import annotations

import pytest


@pytest.mark.journey
def test_browser_shows_chinese_text(page) -> None:  # type: ignore[no-untyped-def]
    page.set_content("<h1>客户经营平台</h1>")
    assert page.inner_text("h1") == "客户经营平台"
