"""The cast over the golden facts, for the rooms that compute on them.

Everything of Django is imported inside the fixtures: this file is read before Django is set up.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.cast import Bank


@pytest.fixture
def lake(tmp_path: Path, settings: Any) -> Path:
    """A lake of this test alone."""
    settings.LAKE = str(tmp_path)
    return tmp_path


@pytest.fixture
def loader_here(db: None) -> Any:
    """Let the loader work inside the test's transaction; `tests/loyalty/test_loading.py` uses the real one."""
    from django.db import connections

    own = connections["loader"]
    connections["loader"] = connections["default"]
    yield
    connections["loader"] = own


@pytest.fixture
def golden_bank(bank: Bank, lake: Path, loader_here: None) -> Bank:
    """The cast, with the golden facts loaded."""
    from tests.loyalty import golden

    golden.load(golden.golden_rows(bank), lake=lake, digest="golden")
    return bank
