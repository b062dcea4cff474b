"""Where the files of this room lie: portraits in the lake's folder `insight/`, and what is only worked on."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

from django.db import connection

from zhike.analytics.engine import DuckEngine
from zhike.facts import api as facts
from zhike.facts.contract import LAKE_COLUMNS
from zhike.insight.queries.files import engine, full_path

FOLDER = "insight"
BUILDING = "build"
facts.sweep_too(f"{FOLDER}/{BUILDING}-*")
_PORTRAIT = "portrait"
_BLOCK = 2**20


@contextmanager
def over(snapshot: facts.Snapshot) -> Iterator[DuckEngine]:
    """An engine whose views are the files of the snapshot; a table without files is an empty view."""
    with engine() as duck:
        for table, columns in LAKE_COLUMNS.items():
            duck.view(table, snapshot.sources.get(table, []), columns)
        yield duck


@contextmanager
def passing() -> Iterator[Path]:
    """A name nobody else has, for files that the block works on; whatever lies under it is gone afterwards. What a
    killed process leaves is swept at night."""
    stem = full_path(f"{FOLDER}/{BUILDING}-{uuid4().hex}")
    stem.parent.mkdir(parents=True, exist_ok=True)
    try:
        yield stem
    finally:
        for file in stem.parent.glob(f"{stem.name}*"):
            file.unlink(missing_ok=True)


def beside(stem: Path, name: str) -> Path:
    """A file under a passing name."""
    return stem.with_name(f"{stem.name}-{name}.parquet")


def take_in(built: Path) -> str:
    """Give a finished portrait its lasting place; the name for the database. Its row is committed next."""
    name = f"{FOLDER}/{_PORTRAIT}-{uuid4().hex}.parquet"
    built.rename(full_path(name))
    return name


def forget_all_but(kept: Sequence[str]) -> None:
    """Delete the portraits that nothing names: of earlier states, or of a process killed before its commit."""
    for file in full_path(FOLDER).glob(f"{_PORTRAIT}-*.parquet"):
        if f"{FOLDER}/{file.name}" not in kept:
            file.unlink(missing_ok=True)


def sha256_of(path: Path) -> str:
    """The hash of a file, in hex."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()


def copy_query(query: str, columns: Sequence[tuple[str, str]], path: Path) -> Path:
    """Write the rows of a query of PostgreSQL to a Parquet file, as whom the connection is; `columns` gives names and
    DuckDB types in the query's order. The query is ours: nothing of a person's is put into it."""
    rows = path.with_suffix(".csv")
    statement = f"COPY ({query}) TO STDOUT (FORMAT csv)"
    with connection.cursor() as cursor, cursor.copy(statement) as copy, rows.open("wb") as file:
        for block in copy:
            file.write(block)
    with engine() as duck:
        duck.table("copied", columns, ())
        if rows.stat().st_size:
            duck.connection.execute(f"COPY copied FROM '{rows}' (FORMAT csv, HEADER false)")
        duck.write("SELECT * FROM copied", {}, path)
    rows.unlink()
    return path
