"""Where portraits lie, and the engine that reads them."""

from __future__ import annotations

from pathlib import Path

from django.conf import settings

from zhike.analytics.engine import DuckEngine


def full_path(path: str) -> Path:
    """Where a file named in the database lies."""
    return Path(settings.LAKE) / path


def spill_folder() -> Path:
    """Where work goes that does not fit into memory."""
    folder = Path(settings.HOME) / "spill"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def engine() -> DuckEngine:
    """DuckDB in this process with the memory it may take; the caller closes it."""
    return DuckEngine(memory_limit=settings.ENGINE_MEMORY, temp_directory=spill_folder())
