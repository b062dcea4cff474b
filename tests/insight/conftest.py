"""The cast over the golden facts, with a portrait of them.

Everything of Django is imported inside the fixtures: this file is read before Django is set up.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.cast import Bank

    from zhike.insight.models import Portrait


@pytest.fixture
def portrait(golden_bank: Bank) -> Portrait:
    """The portrait of the golden facts."""
    from tests.loyalty.golden import NOW

    from zhike.insight.operations.portraits import build_portrait

    made = build_portrait(now=NOW)
    assert made is not None
    return made
