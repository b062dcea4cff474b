"""The files of every source as raw tables, each under a view of tidy texts by our column names."""

from __future__ import annotations

from collections.abc import Mapping as Table
from dataclasses import dataclass
from pathlib import Path

import duckdb

from zhike.facts.intake import quoting
from zhike.facts.intake.mapping import Mapping, Source
from zhike.facts.intake.refusals import ExtractFault, ExtractRefused
from zhike.facts.intake.rows import Rows, load_text
from zhike.facts.intake.text import prepare_text
from zhike.facts.intake.workbook import load_workbook
from zhike.facts.intake.workplace import Workplace


@dataclass(frozen=True, slots=True)
class ExtractFile:
    """One file that was read. `rows` counts its records, those set aside as ragged included."""

    source: str
    name: str
    sha256: str
    bytes: int
    encoding: str
    rows: int
    unused_columns: tuple[str, ...]


def load_sources(place: Workplace, mapping: Mapping, found: Table[str, list[Path]]) -> list[ExtractFile]:
    """Load all files and create a view for each source. A file's number is its place in the list.

    Rows that are no records of their file go to `rejects`. Raises ExtractRefused.
    """
    files: list[ExtractFile] = []
    for source in mapping.sources.values():
        selects = []
        for path in found[source.name]:
            number = len(files)
            file, rows = _load_file(place, source, path, number)
            selects.append(_tidy_select(source, rows, number, mapping.nulls))
            files.append(file)
        body = " UNION ALL ".join(selects) or _no_rows(source)
        place.connection.execute(f"CREATE TEMP VIEW {quoting.name(source.name)} AS {body}")
    return files


def _load_file(place: Workplace, source: Source, path: Path, number: int) -> tuple[ExtractFile, Rows]:
    table = f"raw_{number}"
    doubtful: tuple[int, ...] = ()
    if source.layout == "xlsx":
        sha256, rows = load_workbook(place, source, path, table)
        encoding = "xlsx"
    else:
        text = prepare_text(path, source.encoding, place.folder, place.limits)
        rows = load_text(place, source, path.name, text, table)
        sha256, encoding, doubtful = text.sha256, text.encoding, text.doubtful
        if text.path != path:
            text.path.unlink()
    if 1 in doubtful:
        raise ExtractRefused(ExtractFault.WRONG_ENCODING, file=path.name, row=1, tried=("utf-8", "gb18030"))
    if doubtful:
        place.connection.execute(f"CREATE TEMP TABLE doubtful_{number} (line BIGINT)")
        place.connection.executemany(
            f"INSERT INTO doubtful_{number} VALUES (?)", [[line] for line in doubtful]
        )
        rows.where = f"{rows.line} NOT IN (SELECT line FROM doubtful_{number})"
    _set_aside(place.connection, path.name, rows, doubtful)
    total = rows.count + len(rows.ragged)
    file = ExtractFile(source.name, path.name, sha256, path.stat().st_size, encoding, total, rows.unused)
    return file, rows


def _set_aside(
    connection: duckdb.DuckDBPyConnection, file: str, rows: Rows, doubtful: tuple[int, ...]
) -> None:
    """Record what never becomes a row: ragged records and lines in a second encoding."""
    for ragged in rows.ragged:
        connection.execute(
            "INSERT INTO rejects VALUES ('', ?, ?, '', ?, 'RAGGED_ROW', "
            "CAST(json_object('expected', CAST(? AS VARCHAR), 'found', CAST(? AS VARCHAR)) AS VARCHAR), ?)",
            [file, ragged.line, ragged.column, ragged.expected, ragged.found, ragged.text],
        )
    for line in doubtful:
        connection.execute(
            "INSERT INTO rejects VALUES ('', ?, ?, '', '', 'TWO_ENCODINGS', '{}', '')", [file, line]
        )


def _tidy_select(source: Source, rows: Rows, number: int, nulls: tuple[str, ...]) -> str:
    columns = ", ".join(
        f"{quoting.tidy(rows.columns[ours], nulls)} AS {quoting.name(ours)}" for ours in source.columns
    )
    return (
        f"SELECT CAST({number} AS SMALLINT) AS _file, CAST({rows.line} AS BIGINT) AS _line, {columns} "
        f"FROM {rows.table} WHERE {rows.where}"
    )


def _no_rows(source: Source) -> str:
    columns = ", ".join(f"CAST(NULL AS VARCHAR) AS {quoting.name(ours)}" for ours in source.columns)
    return f"SELECT CAST(0 AS SMALLINT) AS _file, CAST(0 AS BIGINT) AS _line, {columns} WHERE false"
