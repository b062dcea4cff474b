"""The files of every source as raw tables, each under a view of tidy texts by our column names."""

from __future__ import annotations

from collections.abc import Iterator
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
    files: list[ExtractFile] = []
    tables: list[Rows] = []
    for group in _prepared(place, source, paths):
        loaded, made = _load_group(place, source, group, first + len(files))
        files += loaded
        tables += made
    return files, tables


def _prepared(place: Workplace, source: Source, paths: list[Path]) -> Iterator[list[tuple[Path, Text]]]:
    """The files ready to be parsed, as many at a time as their copies may take of the disk."""
    group: list[tuple[Path, Text]] = []
    copied = 0
    for path in paths:
        text = prepare_text(path, source.encoding, place.folder, place.limits)
        group.append((path, text))
        copied += text.path.stat().st_size if text.path != path else 0
        if copied >= place.limits.copies_bytes or path == paths[-1]:
            yield group
            for original, prepared in group:
                if prepared.path != original:
                    prepared.path.unlink()
            group, copied = [], 0


def _load_group(
    place: Workplace, source: Source, group: list[tuple[Path, Text]], first: int
) -> tuple[list[ExtractFile], list[Rows]]:
    """These files in one table, or in one each where something is amiss with one of them."""
    named = [(path.name, text) for path, text in group]
    is_plain = not any(text.doubtful for _, text in group)
    together = load_together(place, source, named, f"raw_{first}", first) if is_plain else None
    if together:
        tables = [together]
        counts = [(text.lines - 1, together.unused) for _, text in group]
    else:
        is_known_bad = is_plain and len(group) == 1
        tables = [
            _load_alone(place, source, path, text, number, exactly=is_known_bad)
            for number, (path, text) in enumerate(group, first)
        ]
        counts = [(rows.count + len(rows.ragged), rows.unused) for rows in tables]
    files = [
        ExtractFile(
            source.name, path.name, text.sha256, path.stat().st_size, text.encoding, count, unused
        )
        for (path, text), (count, unused) in zip(group, counts, strict=True)
    ]  # fmt: skip
    return files, tables


def _load_alone(
    place: Workplace, source: Source, path: Path, text: Text, number: int, *, exactly: bool
) -> Rows:
    table = f"raw_{number}"
    if 1 in text.doubtful:
        raise ExtractRefused(ExtractFault.WRONG_ENCODING, file=path.name, row=1, tried=("utf-8", "gb18030"))
    rows = None if exactly else load_together(place, source, [(path.name, text)], table, number)
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
