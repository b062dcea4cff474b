"""The files of every source as raw tables, each under a view of tidy texts by our column names."""

from __future__ import annotations

from collections.abc import Mapping as Table
from dataclasses import dataclass
from pathlib import Path

import duckdb

from zhike.facts.intake import quoting
from zhike.facts.intake.mapping import Mapping, Source
from zhike.facts.intake.refusals import ExtractFault, ExtractRefused
from zhike.facts.intake.rows import Rows, load_exactly, load_together
from zhike.facts.intake.text import Text, prepare_text
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
        load = _load_workbooks if source.layout == "xlsx" else _load_texts
        loaded, tables = load(place, source, found[source.name], len(files))
        files += loaded
        body = " UNION ALL ".join(_tidy_select(source, rows, mapping.nulls) for rows in tables)
        place.connection.execute(
            f"CREATE TEMP VIEW {quoting.name(source.name)} AS {body or _no_rows(source)}"
        )
    return files


def _load_workbooks(
    place: Workplace, source: Source, paths: list[Path], first: int
) -> tuple[list[ExtractFile], list[Rows]]:
    files, tables = [], []
    for number, path in enumerate(paths, first):
        sha256, rows = load_workbook(place, source, path, f"raw_{number}", number)
        _set_aside(place.connection, path.name, rows, ())
        size, count = path.stat().st_size, rows.count + len(rows.ragged)
        files.append(ExtractFile(source.name, path.name, sha256, size, "xlsx", count, rows.unused))
        tables.append(rows)
    return files, tables


def _load_texts(
    place: Workplace, source: Source, paths: list[Path], first: int
) -> tuple[list[ExtractFile], list[Rows]]:
    """All files of the source in one table, or in one each where something is amiss with one of them."""
    texts = [prepare_text(path, source.encoding, place.folder, place.limits) for path in paths]
    named = [(path.name, text) for path, text in zip(paths, texts, strict=True)]
    is_plain = bool(texts) and not any(text.doubtful for text in texts)
    together = load_together(place, source, named, f"raw_{first}", first) if is_plain else None
    if together:
        tables = [together]
        counts = [(text.lines - 1, together.unused) for text in texts]
    else:
        tables = [
            _load_alone(place, source, path, text, number)
            for number, (path, text) in enumerate(zip(paths, texts, strict=True), first)
        ]
        counts = [(rows.count + len(rows.ragged), rows.unused) for rows in tables]
    files = []
    for path, text, (count, unused) in zip(paths, texts, counts, strict=True):
        size = path.stat().st_size
        files.append(ExtractFile(source.name, path.name, text.sha256, size, text.encoding, count, unused))
        if text.path != path:
            text.path.unlink()
    return files, tables


def _load_alone(place: Workplace, source: Source, path: Path, text: Text, number: int) -> Rows:
    table = f"raw_{number}"
    if 1 in text.doubtful:
        raise ExtractRefused(ExtractFault.WRONG_ENCODING, file=path.name, row=1, tried=("utf-8", "gb18030"))
    rows = load_together(place, source, [(path.name, text)], table, number)
    rows = rows or load_exactly(place, source, path.name, text, table, number)
    if text.doubtful:
        place.connection.execute(f"CREATE TEMP TABLE doubtful_{number} (line BIGINT)")
        place.connection.executemany(
            f"INSERT INTO doubtful_{number} VALUES (?)", [[line] for line in text.doubtful]
        )
        rows.where = f"{rows.line} NOT IN (SELECT line FROM doubtful_{number})"
    _set_aside(place.connection, path.name, rows, text.doubtful)
    return rows


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


def _tidy_select(source: Source, rows: Rows, nulls: tuple[str, ...]) -> str:
    columns = ", ".join(
        f"{quoting.tidy(rows.columns[ours], nulls)} AS {quoting.name(ours)}" for ours in source.columns
    )
    return (
        f"SELECT CAST({rows.file} AS SMALLINT) AS _file, CAST({rows.line} AS BIGINT) AS _line, {columns} "
        f"FROM {rows.table} WHERE {rows.where}"
    )


def _no_rows(source: Source) -> str:
    columns = ", ".join(f"CAST(NULL AS VARCHAR) AS {quoting.name(ours)}" for ours in source.columns)
    return f"SELECT CAST(0 AS SMALLINT) AS _file, CAST(0 AS BIGINT) AS _line, {columns} WHERE false"
