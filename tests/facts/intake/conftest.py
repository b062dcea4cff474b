"""Folders for extracts and for the work of reading them."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An empty folder that extracts are delivered into."""
    place = tmp_path / "delivered"
    place.mkdir()
    return place


@pytest.fixture
def work(tmp_path: Path) -> Path:
    """An empty folder to work in."""
    place = tmp_path / "work"
    place.mkdir()
    return place
