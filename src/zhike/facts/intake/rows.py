"""Rows of extracts into a raw table of texts: quickly where the files are well formed, exactly where not.

DuckDB's parser reads well-formed files, all of a source at once; row *n* of a file is then its line *n* + 2.
Whenever it finds anything amiss, or lines and rows do not add up (line breaks inside quotes, blank lines),
each file is read by itself, and by Python's strict parser, which says line, column and reason.
"""

from __future__ import annotations

import csv
from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from pathlib import Path

import duckdb

from zhike.facts.intake import quoting
from zhike.facts.intake.limits import Limits
from zhike.facts.intake.mapping import Source
from zhike.facts.intake.refusals import ExtractFault, ExtractRefused
from zhike.facts.intake.text import Text
from zhike.facts.intake.workplace import Workplace


@dataclass(frozen=True, slots=True)
class Ragged:
    """A row with too few or too many fields: its line, the column where it goes wrong, its text."""

    line: int
    column: str
    expected: int
    found: int
    text: str


@dataclass(slots=True)
class Rows:
    """A raw table: `columns` maps our names to its columns; `file` and `line` are SQL of number and 1-based line.

    `where` is SQL of the rows that count; those set aside are recorded elsewhere.
    """

    table: str
    columns: Mapping[str, str]
    unused: tuple[str, ...]
    file: str
    line: str
    count: int = 0
    where: str = "true"
    ragged: list[Ragged] = field(default_factory=list)


def load_together(
    place: Workplace, source: Source, texts: Sequence[tuple[str, Text]], table: str, first: int
) -> Rows | None:
    """Load prepared files of a source, by name, into the temporary `table`; `first` numbers the first of them.

    None where they are not all well formed and of one header. Raises ExtractRefused.
    """
    headers = [_header(source, file, text.path, place.limits) for file, text in texts]
    columns = [check_header(header, source, file) for header, (file, _) in zip(headers, texts, strict=True)]
    if any(header != headers[0] for header in headers):
        return None
    counts = [text.lines - 1 for _, text in texts]
    if not _load_quickly(place, source, [text for _, text in texts], table, len(headers[0]), counts):
        return None
    starts = [0, *accumulate(counts)][:-1]
    return Rows(
        table, *columns[0],
        file=f"file + {first}", line=f"rowid - CAST({starts} AS BIGINT[])[file + 1] + 2", count=sum(counts),
    )  # fmt: skip


def load_exactly(place: Workplace, source: Source, file: str, text: Text, table: str, number: int) -> Rows:
    """Load one prepared file by the strict parser, which says what is amiss. Raises ExtractRefused."""
    return load_records(place, source, file, _strict(source, file, text.path, place.limits), table, number)


def load_records(
    place: Workplace,
    source: Source,
    file: str,
    records: Iterator[tuple[int, list[str]]],
    table: str,
    number: int,
) -> Rows:
    """Load the numbered records of file `number`, the header first, setting rows of the wrong width aside.

    Values are cut of blanks here, line breaks at their ends included. Raises ExtractRefused.
    """
    _, header = next(records, (1, []))
    rows = Rows(table, *check_header(header, source, file), file=str(number), line="_line")
    width, exact = len(header), place.folder / f"{table}.exact"
    with exact.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out, lineterminator="\n", quoting=csv.QUOTE_ALL)
        for line, record in records:
            if len(record) == width:
                writer.writerow([line, *(value.strip(quoting.BLANKS) for value in record)])
                rows.count += 1
                continue
            column = header[len(record)] if len(record) < width else str(width + 1)
            written = source.delimiter.join(record)
            rows.ragged.append(Ragged(line, column, width, len(record), written[:1000]))
    columns = {"_line": "BIGINT"} | dict.fromkeys(_plain(width), "VARCHAR")
    place.connection.execute(
        f"CREATE OR REPLACE TEMP TABLE {table} AS SELECT * FROM read_csv({quoting.literal(str(exact))}, "
        f"auto_detect=false, header=false, delim=',', quote='\"', escape='\"', max_line_size=16777216, "
        f"buffer_size=33554432, new_line='\\n', columns={_struct(columns)})"
    )
    exact.unlink()
    return rows


def check_header(header: list[str], source: Source, file: str) -> tuple[Mapping[str, str], tuple[str, ...]]:
    """Raw column by our name, and the headers nobody uses. Raises ExtractRefused."""
    seen = [title.translate(_INVISIBLE).strip(quoting.BLANKS) for title in header]
    for place, title in enumerate(seen):
        if title in seen[:place]:
            raise ExtractRefused(ExtractFault.DUPLICATE_HEADER, file=file, row=1, column=title)
    columns = {}
    for ours, title in source.columns.items():
        if title not in seen:
            raise ExtractRefused(
                ExtractFault.MISSING_COLUMN, file=file, row=1, column=title, found=tuple(seen)[:50]
            )
        columns[ours] = f"c{seen.index(title)}"
    return columns, tuple(title for title in seen if title not in source.columns.values())


_INVISIBLE = {0xFEFF: None, 0x200B: None}


def _plain(width: int) -> list[str]:
    return [f"c{place}" for place in range(width)]


def _struct(columns: Mapping[str, str]) -> str:
    return "{" + ", ".join(f"'{name}': '{type_}'" for name, type_ in columns.items()) + "}"


def _header(source: Source, file: str, path: Path, limits: Limits) -> list[str]:
    records = _strict(source, file, path, limits)
    _, header = next(records, (1, []))
    records.close()
    return header


def _load_quickly(
    place: Workplace, source: Source, texts: list[Text], table: str, width: int, counts: list[int]
) -> bool:
    """Whether DuckDB found the files well formed and read so many rows of each, in their order, into `table`."""
    quote = quoting.literal(source.quote)
    paths = ", ".join(quoting.literal(str(text.path)) for text in texts)
    try:
        place.connection.execute(
            f"CREATE OR REPLACE TEMP TABLE {table} AS SELECT CAST(file_index AS SMALLINT) AS file, * "
            f"FROM read_csv([{paths}], auto_detect=false, header=true, "
            f"delim={quoting.literal(source.delimiter)}, quote={quote}, escape={quote}, strict_mode=true, "
            f"max_line_size={place.limits.line_bytes * 2}, "
            f"columns={_struct(dict.fromkeys(_plain(width), 'VARCHAR'))})"
        )
    except (duckdb.InvalidInputException, duckdb.ConversionException):
        return False
    found = place.connection.execute(
        f"SELECT file, count(*), min(rowid) FROM {table} GROUP BY file ORDER BY file"
    ).fetchall()
    starts = [0, *accumulate(counts)][:-1]
    wanted = zip(range(len(counts)), counts, starts, strict=True)
    return found == [(file, count, start) for file, count, start in wanted if count]


def _strict(source: Source, file: str, path: Path, limits: Limits) -> Generator[tuple[int, list[str]]]:
    """The records and the line each begins on. Raises ExtractRefused where quotes do not close."""
    with path.open(encoding="utf-8", newline="") as lines:
        reader = csv.reader(
            lines,
            strict=True,
            delimiter=source.delimiter,
            quotechar=source.quote or None,
            quoting=csv.QUOTE_MINIMAL if source.quote else csv.QUOTE_NONE,
        )
        width = 0
        while True:
            line = reader.line_num + 1
            try:
                record = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                raise _refusal(error, file, line, reader.line_num) from error
            if not record or record == [""]:
                continue
            width = width or len(record)
            if reader.line_num > line and len(record) != width:
                raise ExtractRefused(ExtractFault.UNCLOSED_QUOTE, file=file, row=line)
            if any(len(value) > limits.line_bytes for value in record):
                raise ExtractRefused(
                    ExtractFault.FIELD_TOO_LONG, file=file, row=line, limit=limits.line_bytes
                )
            yield line, record


def _refusal(error: csv.Error, file: str, first: int, last: int) -> ExtractRefused:
    if "field limit" in str(error):
        return ExtractRefused(ExtractFault.FIELD_TOO_LONG, file=file, row=first, limit=csv.field_size_limit())
    if last > first or "unexpected end" in str(error):
        return ExtractRefused(ExtractFault.UNCLOSED_QUOTE, file=file, row=first)
    return ExtractRefused(ExtractFault.MALFORMED_QUOTE, file=file, row=first)
