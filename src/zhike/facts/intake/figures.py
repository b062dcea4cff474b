"""Asking DuckDB for one row or one number, leaving no open result behind."""

from __future__ import annotations

from typing import Any

import duckdb


def single_row(connection: duckdb.DuckDBPyConnection, sql: str) -> tuple[Any, ...]:
    """The only row of an aggregate."""
    [row] = connection.execute(sql).fetchall()
    return row


def number(connection: duckdb.DuckDBPyConnection, sql: str) -> int:
    """The only value of an aggregate of one column."""
    return int(single_row(connection, sql)[0])
