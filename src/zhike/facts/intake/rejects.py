"""Rejected rows: which file, line, column, why, and the text that offends."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import duckdb

CREATE = """
CREATE TABLE rejects (
    table_name VARCHAR, file VARCHAR, line BIGINT, column_name VARCHAR, header VARCHAR,
    reason VARCHAR, params VARCHAR, text VARCHAR
)"""
"""One row per fault. `column_name` is ours, `header` the column's title in the file; `params` is JSON."""


@dataclass(frozen=True, slots=True)
class Reject:
    """One fault of one rejected row. A row with several faults is listed once for each."""

    table: str
    file: str
    line: int
    column: str
    header: str
    reason: str
    params: Mapping[str, str]
    text: str


def list_rejects(connection: duckdb.DuckDBPyConnection, limit: int | None = None) -> Iterator[Reject]:
    """The rejects by file and line."""
    cursor = connection.cursor().execute(
        "SELECT table_name, file, line, column_name, header, reason, params, text FROM rejects "
        f"ORDER BY file, line, table_name, column_name, reason {'LIMIT ' + str(limit) if limit else ''}"
    )
    while rows := cursor.fetchmany(1000):
        for table, file, line, column, header, reason, params, text in rows:
            yield Reject(table, file, line, column, header, reason, json.loads(params or "{}"), text or "")


def write_rejects(connection: duckdb.DuckDBPyConnection, path: Path) -> int:
    """Write all rejects as CSV and return how many. The file holds personal data: encrypt it.

    Texts that a spreadsheet would take for a formula get an apostrophe before them.
    """
    count = 0
    with path.open("w", encoding="utf-8-sig", newline="") as out:
        writer = csv.writer(out, quoting=csv.QUOTE_ALL)
        writer.writerow(["file", "line", "table", "column", "header", "reason", "params", "text"])
        for reject in list_rejects(connection):
            params = "; ".join(f"{key}={value}" for key, value in reject.params.items())
            cells = [reject.table, reject.column, reject.header, reject.reason, params, reject.text]
            writer.writerow([_harmless(reject.file), reject.line, *map(_harmless, cells)])
            count += 1
    return count


def _harmless(text: str) -> str:
    bare = text.lstrip(" \t\r\n\u3000")
    is_formula = bare.startswith(tuple("=+-@＝＋－＠\0")) or text.startswith(("\t", "\r", "\n"))
    return f"'{text}" if is_formula else text
