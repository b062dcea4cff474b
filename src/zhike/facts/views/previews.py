"""What a reading holds, for the person who decides: first rows and rejects, personal values masked."""

from __future__ import annotations

import csv
from collections.abc import Callable
from dataclasses import dataclass
from io import StringIO
from typing import Any

import duckdb
from django.utils.translation import gettext as _

from zhike.customers import masking
from zhike.facts import contract
from zhike.facts.contract import Privacy
from zhike.facts.intake import quoting
from zhike.facts.intake.reading import DATABASE
from zhike.facts.models import ImportBatch
from zhike.facts.operations import imports
from zhike.facts.wording import reason_words

ROWS = 5
REJECTS = 50
HIDDEN = "***"
_MASKS: dict[str, Callable[[str], str]] = {
    "name": masking.mask_name, "id_no": masking.mask_id, "phone": masking.mask_phone, "email": masking.mask_email,
    "address": masking.mask_address, "account_no": masking.mask_account, "birth_on": lambda day: f"{day[:4]}-**-**",
}  # fmt: skip
_OF_THE_ROW = frozenset({"customer_no", "start"})
"""What reasons tell of a row's own values; the others speak of the file or of the rule."""
_WHOLE_ROWS = frozenset({"RAGGED_ROW", "TWO_ENCODINGS"})


@dataclass(frozen=True, slots=True)
class TablePreview:
    """The first rows of one canonical table."""

    name: str
    columns: tuple[str, ...]
    rows: list[list[str]]


@dataclass(frozen=True, slots=True)
class RejectedRow:
    """One fault of a rejected row as a screen may show it."""

    file: str
    line: str
    table: str
    column: str
    header: str
    reason: str
    params: dict[str, str]
    text: str


def first_rows(batch: ImportBatch) -> list[TablePreview]:
    """The first rows of each table of a reading; none where it is being loaded or lies elsewhere."""
    database = imports.work_folder(batch) / DATABASE
    if not database.exists():
        return []
    try:
        with duckdb.connect(
            str(database), read_only=True, config={"threads": 1, "memory_limit": "256MB"}
        ) as duck:
            return [_table(duck, table) for table in contract.TABLES.values() if _offered(batch, table.name)]
    except duckdb.IOException:  # the worker has it open for writing
        return []


def first_rejects(batch: ImportBatch, *, values: bool) -> list[RejectedRow]:
    """The first rejects. Personal texts are masked; without `values` every text and number of a row is."""
    if not batch.rejects:
        return []
    lines = csv.DictReader(StringIO(imports.rejects_file(batch).decode("utf-8-sig")))
    return [_reject(line, values=values) for line, _number in zip(lines, range(REJECTS), strict=False)]


def rejects_in_words(file: bytes) -> bytes:
    """A file of rejects, each with its reason in the reader's language. It holds personal data."""
    lines = csv.DictReader(StringIO(file.decode("utf-8-sig")))
    out = StringIO()
    writer = csv.writer(out, quoting=csv.QUOTE_ALL)
    writer.writerow([*(lines.fieldnames or ()), _("explanation")])
    for line in lines:
        writer.writerow([*line.values(), reason_words(line["reason"], _params(line["params"]))])
    return out.getvalue().encode("utf-8-sig")


def _table(duck: duckdb.DuckDBPyConnection, table: contract.Table) -> TablePreview:
    columns = tuple(column.name for column in table.columns)
    chosen = ", ".join(f"CAST({quoting.name(name)} AS VARCHAR)" for name in columns)
    rows = duck.execute(f"SELECT {chosen} FROM {table.name} LIMIT {ROWS}").fetchall()
    return TablePreview(table.name, columns, [list(map(_shown, table.columns, row)) for row in rows])


def _offered(batch: ImportBatch, table: str) -> bool:
    return bool(batch.counts.get(table, {}).get("offered"))


def _shown(column: contract.Column, value: str | None) -> str:
    if value is None:
        return ""
    mask = _MASKS.get(column.name)
    is_personal = column.privacy is Privacy.PERSONAL or column.name == "account_no"
    if not is_personal:
        return value
    return mask(value) if mask else HIDDEN


def _reject(line: dict[str, Any], *, values: bool) -> RejectedRow:
    params = _params(line["params"])
    if not values:
        params |= dict.fromkeys(_OF_THE_ROW & params.keys(), HIDDEN)
    return RejectedRow(
        file=line["file"], line=line["line"], table=line["table"], column=line["column"], header=line["header"],
        reason=line["reason"], params=params,
        text=_shown_text(line) if values else HIDDEN if line["text"] else "",
    )  # fmt: skip


def _params(text: str) -> dict[str, str]:
    return dict(part.split("=", 1) for part in text.split("; ") if "=" in part)


def _shown_text(line: dict[str, Any]) -> str:
    """The offending text: hidden where it is personal, or a whole row that may hold anything."""
    table = contract.TABLES.get(line["table"])
    columns = [table.by_name[name] for name in line["column"].split(" + ") if table and name in table.by_name]
    personal = any(column.privacy is Privacy.PERSONAL or column.name == "account_no" for column in columns)
    return (
        HIDDEN
        if line["text"] and (personal or line["reason"] in _WHOLE_ROWS or not columns)
        else line["text"]
    )
