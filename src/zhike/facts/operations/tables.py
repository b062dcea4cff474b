"""Moving rows between DuckDB and PostgreSQL as CSV streams, the fastest way that needs no driver extension."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
from django.db import connections

CHUNK = 1 << 20


def copy_in(
    duck: duckdb.DuckDBPyConnection, query: str, table: str, columns: Sequence[str], *, work: Path
) -> None:
    """Append the rows of a DuckDB query to a PostgreSQL table, column by column in the given order."""
    with _scratch(work) as path:
        duck.execute(f"COPY ({query}) TO '{path}' (FORMAT csv, HEADER false)")
        target = f"COPY {table} ({', '.join(columns)}) FROM STDIN (FORMAT csv)"
        with _cursor() as cursor, cursor.copy(target) as copy, Path(path).open("rb") as file:
            while chunk := file.read(CHUNK):
                copy.write(chunk)


def copy_out(
    duck: duckdb.DuckDBPyConnection, query: str, table: str, columns: dict[str, str], *, work: Path
) -> None:
    """Make the DuckDB table `table` of a PostgreSQL query; `columns` gives names and DuckDB types."""
    declared = ", ".join(f"{name} {kind}" for name, kind in columns.items())
    duck.execute(f"CREATE OR REPLACE TABLE {table} ({declared})")
    with _scratch(work) as path:
        statement = f"COPY ({query}) TO STDOUT (FORMAT csv)"
        with _cursor() as cursor, cursor.copy(statement) as copy, Path(path).open("wb") as file:
            for chunk in copy:
                file.write(chunk)
        if Path(path).stat().st_size:
            duck.execute(f"COPY {table} FROM '{path}' (FORMAT csv, HEADER false)")


def table_of(duck: duckdb.DuckDBPyConnection, table: str, columns: dict[str, list[Any]]) -> None:
    """Make a DuckDB table of Python lists of text or numbers."""
    arrays = {name: np.array(values, dtype=object) for name, values in columns.items()}
    duck.register("arrays_of_python", arrays)
    duck.execute(f"CREATE OR REPLACE TABLE {table} AS SELECT * FROM arrays_of_python")
    duck.unregister("arrays_of_python")


def one(duck: duckdb.DuckDBPyConnection, query: str) -> Any:
    """The first column of the one row of a DuckDB query."""
    row = duck.execute(query).fetchone()
    assert row is not None
    return row[0]


def execute(statement: str, parameters: Sequence[Any] = ()) -> int:
    """Run one statement as the loader; how many rows it touched."""
    with connections["loader"].cursor() as cursor:
        cursor.execute(statement, list(parameters))
        return int(cursor.rowcount)


def single(statement: str, parameters: Sequence[Any] = ()) -> Any:
    """The first column of the first row, as the loader; None where there is no row."""
    with connections["loader"].cursor() as cursor:
        cursor.execute(statement, list(parameters))
        row = cursor.fetchone()
        return row[0] if row else None


def _cursor() -> Any:
    wrapper = connections["loader"]
    wrapper.ensure_connection()
    return wrapper.connection.cursor()


class _scratch:
    """A file in the work folder that is gone afterwards."""

    def __init__(self, work: Path) -> None:
        self._work = work

    def __enter__(self) -> str:
        handle, self._path = tempfile.mkstemp(dir=self._work, suffix=".csv")
        os.close(handle)
        return self._path

    def __exit__(self, *_exc: object) -> None:
        Path(self._path).unlink(missing_ok=True)
