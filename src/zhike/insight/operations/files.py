"""Where the files of this room lie: in the lake's folder `insight/`, as what is only worked on."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from uuid import uuid4

from django.db import connection

from zhike.facts import api as facts

FOLDER = "insight"
BUILDING = "build"
facts.sweep_too(f"{FOLDER}/{BUILDING}-*")
PORTRAIT, VALUE, SCORES = "portrait", "value", "scores"


def take_in(built: Path, kind: str = PORTRAIT) -> str:
    """Give a finished file its lasting place; the name for the database. Its row is committed next."""
    name = f"{FOLDER}/{kind}-{uuid4().hex}.parquet"
    built.rename(facts.full_path(name))
    return name


def forget_all_but(kept: Sequence[str], kind: str = PORTRAIT) -> None:
    """Delete the files of a kind that nothing names: of earlier states, or of a process killed before its commit."""
    for file in facts.full_path(FOLDER).glob(f"{kind}-*.parquet"):
        if f"{FOLDER}/{file.name}" not in kept:
            file.unlink(missing_ok=True)


def copy_query(query: str, columns: Sequence[tuple[str, str]], path: Path) -> Path:
    """Write the rows of a query of PostgreSQL to a Parquet file, as whom the connection is; `columns` gives names and
    DuckDB types in the query's order. The query is ours: nothing of a person's is put into it."""
    rows = path.with_suffix(".csv")
    statement = f"COPY ({query}) TO STDOUT (FORMAT csv)"
    with connection.cursor() as cursor, cursor.copy(statement) as copy, rows.open("wb") as file:
        for block in copy:
            file.write(block)
    with facts.engine() as duck:
        duck.table("copied", columns, ())
        if rows.stat().st_size:
            duck.connection.execute(f"COPY copied FROM '{rows}' (FORMAT csv, HEADER false)")
        duck.write("SELECT * FROM copied", {}, path)
    rows.unlink()
    return path
