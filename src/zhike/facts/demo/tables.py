"""Rows made in Python, put into DuckDB tables."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import duckdb

_ROWS_AT_ONCE = 500


def make(
    connection: duckdb.DuckDBPyConnection, name: str, columns: str, rows: Iterable[Sequence[Any]]
) -> None:
    """Create the table `name` with `columns` (as in CREATE TABLE) and fill it."""
    connection.execute(f"CREATE TABLE {name} ({columns})")
    fill(connection, name, rows)


def fill(connection: duckdb.DuckDBPyConnection, name: str, rows: Iterable[Sequence[Any]]) -> None:
    """Insert `rows`, in the table's column order, many to a statement."""
    pending = list(rows)
    for start in range(0, len(pending), _ROWS_AT_ONCE):
        chunk = pending[start : start + _ROWS_AT_ONCE]
        line = f"({', '.join('?' * len(chunk[0]))})"
        connection.execute(
            f"INSERT INTO {name} VALUES {', '.join([line] * len(chunk))}",
            [value for row in chunk for value in row],
        )
