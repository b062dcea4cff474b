"""The engine that computes over the lake in this process, and where the files of computations lie."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings

from zhike.analytics.engine import DuckEngine, Engine
from zhike.facts.contract import LAKE_COLUMNS
from zhike.facts.queries.lake import Snapshot


def engine() -> DuckEngine:
    """DuckDB in this process with the memory it may take, over no facts; the caller closes it."""
    return DuckEngine(memory_limit=settings.ENGINE_MEMORY, temp_directory=spill_folder())


@contextmanager
def over(snapshot: Snapshot) -> Iterator[DuckEngine]:
    """An engine whose views are the files of the snapshot."""
    with engine() as duck:
        attach(duck, snapshot)
        yield duck


def attach(engine: Engine, snapshot: Snapshot) -> None:
    """Give an engine the files of the snapshot as views; a table without files is an empty view."""
    for table, columns in LAKE_COLUMNS.items():
        engine.view(table, snapshot.sources.get(table, []), columns)


def spill_folder() -> Path:
    """Where work goes that does not fit into memory."""
    folder = Path(settings.HOME) / "spill"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def sha256_of(path: Path) -> str:
    """The hash of a file, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
