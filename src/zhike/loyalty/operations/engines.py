"""The engine of a run: DuckDB in this process, with the views of a fixed state of the facts."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from uuid import uuid4

from django.conf import settings

from zhike.analytics import evaluate as analytics
from zhike.analytics.engine import DuckEngine
from zhike.analytics.inputs import RunInputs
from zhike.analytics.plan import months_before
from zhike.analytics.scheme import SchemeSpec
from zhike.facts import api as facts
from zhike.facts.contract import LAKE_COLUMNS

RESULTS_FOLDER = "loyalty"
COUNTED, WATCHED, TRIED = "count", "watch", "trial"
"""Results that are needed only while they are worked on; the nightly sweep takes those of a killed worker."""
for _kind in (COUNTED, WATCHED, TRIED):
    facts.sweep_too(f"{RESULTS_FOLDER}/{_kind}-*")
MEMORY = "1GB"
"""Memory of one evaluation unless settings say otherwise; what does not fit spills to the disk."""


@contextmanager
def over(snapshot: facts.Snapshot) -> Iterator[DuckEngine]:
    """An engine whose views are the files of the snapshot; a table without files is an empty view."""
    with DuckEngine(
        memory_limit=getattr(settings, "ENGINE_MEMORY", MEMORY), temp_directory=spill_folder()
    ) as duck:
        for table, columns in LAKE_COLUMNS.items():
            duck.view(table, snapshot.sources.get(table, []), columns)
        yield duck


def prepare(
    duck: DuckEngine, snapshot: facts.Snapshot, spec: SchemeSpec, as_of: date, *, batches: Sequence[int] = ()
) -> RunInputs:
    """Freeze the inputs of an evaluation, with what was delivered for its window. Raises SchemeNotUsable."""
    return analytics.prepare(
        duck, spec, as_of, batches=batch_names(batches),
        delivered=snapshot.delivered(since=months_before(as_of, spec.window_months)),
    )  # fmt: skip


def spill_folder() -> Path:
    """Where work goes that does not fit into memory."""
    folder = Path(settings.HOME) / "spill"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def full_path(path: str) -> Path:
    """Where a file of results lies."""
    return Path(settings.LAKE) / path


def result_path(run_id: int, attempt: int, kind: str = "results") -> str:
    """The name of a run's file within the lake."""
    (Path(settings.LAKE) / RESULTS_FOLDER).mkdir(parents=True, exist_ok=True)
    return f"{RESULTS_FOLDER}/run-{run_id}-{attempt}-{kind}.parquet"


@contextmanager
def passing(kind: str) -> Iterator[Path]:
    """A file, of a name nobody else has, for rows that the block works on; afterwards it is gone, and whatever was
    written beside it under its name with another suffix."""
    path = full_path(f"{RESULTS_FOLDER}/{kind}-{uuid4().hex}.parquet")
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        yield path
    finally:
        for file in path.parent.glob(f"{path.stem}.*"):
            file.unlink(missing_ok=True)


def sha256_of(path: Path) -> str:
    """The hash of a file, in hex."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(2**20):
            digest.update(block)
    return digest.hexdigest()


def batch_names(batches: Sequence[int]) -> tuple[str, ...]:
    """How import batches are named in the inputs of a run."""
    return tuple(str(batch) for batch in batches)
