"""What a reading holds, for the person who decides: its first rows, personal values masked."""

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
from zhike.facts.operations.rejects import HIDDEN, params_of
from zhike.facts.views.columns import head_of, in_words
from zhike.facts.wording import reason_words

ROWS = 5
_MASKS: dict[str, Callable[[str], str]] = {
    "name": masking.mask_name, "id_no": masking.mask_id, "phone": masking.mask_phone, "email": masking.mask_email,
    "address": masking.mask_address, "account_no": masking.mask_account, "birth_on": lambda day: f"{day[:4]}-**-**",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class TablePreview:
    """The first rows of one canonical table."""

    name: str
    columns: tuple[str, ...]
    rows: list[list[str]]


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


def rejects_in_words(file: bytes) -> bytes:
    """A file of rejects, each with its reason in the reader's language. It holds personal data."""
    lines = csv.DictReader(StringIO(file.decode("utf-8-sig")))
    out = StringIO()
    writer = csv.writer(out, quoting=csv.QUOTE_ALL)
    writer.writerow([*(lines.fieldnames or ()), _("explanation")])
    for line in lines:
        writer.writerow([*line.values(), reason_words(line["reason"], params_of(line["params"]))])
    return out.getvalue().encode("utf-8-sig")


def _table(duck: duckdb.DuckDBPyConnection, table: contract.Table) -> TablePreview:
    columns = tuple(column.name for column in table.columns)
    chosen = ", ".join(map(quoting.name, columns))
    rows = duck.execute(f"SELECT {chosen} FROM {table.name} LIMIT {ROWS}").fetchall()
    return TablePreview(
        table.name,
        tuple(map(head_of, table.columns)),
        [[_shown(table, *cell) for cell in zip(table.columns, row, strict=True)] for row in rows],
    )


def _offered(batch: ImportBatch, table: str) -> bool:
    return bool(batch.counts.get(table, {}).get("offered"))


def _shown(table: contract.Table, column: contract.Column, value: Any) -> str:
    mask = _MASKS.get(column.name)
    is_personal = column.privacy is Privacy.PERSONAL or column.name == "account_no"
    if value is None or not is_personal:
        return in_words(table, column, value)
    return mask(str(value)) if mask else HIDDEN
