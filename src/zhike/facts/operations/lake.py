"""Writing the lake: Parquet by month with surrogate ids and no personal data.

A month that a batch restates is written anew as a whole: rows already there whose keys the batch does not
mention, and the batch's rows. A key that comes with another date leaves the month it was in. Files become
visible only when the batch that names them commits.
"""

from __future__ import annotations

import hashlib
import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb

from zhike.facts.models import ImportBatch, LakeFile
from zhike.facts.operations.tables import one
from zhike.facts.queries.lake import full_path

CUSTOMER = "JOIN ids_customers AS i USING (customer_no)"
ACCOUNT = "JOIN ids_accounts AS a USING (account_no) JOIN owners AS o USING (account_id)"


@dataclass(frozen=True, slots=True)
class FactTable:
    """A table of the lake that is filed by month: how its rows are made, its key, and what its control sums."""

    name: str
    query: str
    key: tuple[str, ...]
    month: str
    money: str


FACTS = (
    FactTable(
        "balances",
        f"SELECT account_id, o.customer_id, month_on, average_cents, end_cents FROM balances {ACCOUNT}",
        ("account_id", "month_on"),
        "month_on",
        "end_cents",
    ),
    FactTable(
        "transactions",
        "SELECT txn_no, account_id, o.customer_id, booked_on, kind, amount_cents, channel, balance_cents, purpose,"
        f" counter_bank FROM transactions {ACCOUNT}",
        ("txn_no",),
        "booked_on",
        "amount_cents",
    ),
    FactTable(
        "events",
        "SELECT event_no, i.customer_id, kind, happened_on, outcome, severity, satisfaction, intention, amount_cents"
        f" FROM events {CUSTOMER}",
        ("event_no",),
        "happened_on",
        "amount_cents",
    ),
)
FRESH = "fresh_facts"
"""The rows of one table as the reading has them, with our ids."""
REDATED = "redated_{table}"
"""The keys of one table that the reading puts on another day than the lake has, with the day they leave."""

WRITERS = 2
"""Months written at a time: while one is sorted another is compressed. Each takes its share of the memory."""

DIMENSIONS = ("customers", "products", "accounts", "relations")


def write_facts(duck: duckdb.DuckDBPyConnection, *, batch: ImportBatch) -> list[LakeFile]:
    """Write the reading's balances, transactions and events; the files are made but not yet named."""
    made: list[LakeFile] = []
    for table in FACTS:
        # The ids are joined once, not once a month. Not temporary: both writers read it.
        duck.execute(f"CREATE OR REPLACE TABLE {FRESH} AS {table.query}")
        redated = _find_redated(duck, table)
        months = duck.execute(
            f"SELECT DISTINCT date_trunc('month', {table.month})::DATE AS m FROM"
            f" (SELECT {table.month} FROM {FRESH} UNION ALL SELECT {table.month} FROM {redated}) ORDER BY m"
        ).fetchall()
        rows = [(month, _rows_of(duck, table, month)) for (month,) in months]
        made += _write_months(duck, table, [(month, query) for month, query in rows if query], batch)
        duck.execute(f"DROP TABLE {FRESH}")
    return made


def write_dimension(
    duck: duckdb.DuckDBPyConnection, name: str, query: str, *, batch: ImportBatch
) -> LakeFile:
    """Write the whole state of a dimension as of this batch; it replaces the file before."""
    return _write(duck, name, query, batch=batch)


def live(table: str, month: date | None = None) -> list[LakeFile]:
    """The files that are read today, by path."""
    found = LakeFile.objects.using("loader").filter(table=table, replaced_by=None)
    return list(found.filter(month_on=month).order_by("path") if month else found.order_by("path"))


def _find_redated(duck: duckdb.DuckDBPyConnection, table: FactTable) -> str:
    """Make the table of keys that change their day; its name. A key that holds its day never does."""
    name, keys = REDATED.format(table=table.name), ", ".join(table.key)
    known = f"SELECT {keys}, {table.month} FROM {FRESH} WHERE false"
    files = [] if table.month in table.key else live(table.name)
    if files:
        known = f"SELECT {keys}, {table.month} FROM {_parquet(files)}"
    duck.execute(
        f"CREATE OR REPLACE TABLE {name} AS SELECT k.* FROM ({known}) AS k"
        f" JOIN {FRESH} AS f USING ({keys}) WHERE k.{table.month} <> f.{table.month}"
    )
    return name


def _rows_of(duck: duckdb.DuckDBPyConnection, table: FactTable, month: date) -> str:
    """The query of all rows of a month from now on; nothing where it stays as it is."""
    within = f"{table.month} BETWEEN DATE '{month}' AND last_day(DATE '{month}')"
    fresh = f"SELECT * FROM {FRESH} WHERE {within}"
    before = live(table.name, month)
    if before:
        known = f"SELECT * FROM {_parquet(before)}"
        leaving = f"SELECT count(*) FROM {REDATED.format(table=table.name)} WHERE {within}"
        if not one(duck, f"SELECT (SELECT count(*) FROM ({fresh} EXCEPT ALL {known})) + ({leaving})"):
            return ""
        keys = ", ".join(table.key)
        fresh = f"{fresh} UNION ALL BY NAME SELECT * FROM ({known}) ANTI JOIN {FRESH} USING ({keys})"
    return fresh


def _write_months(
    duck: duckdb.DuckDBPyConnection, table: FactTable, rows: list[tuple[date, str]], batch: ImportBatch
) -> list[LakeFile]:
    """Write months sorted, each on a cursor of its own. They name nothing until the batch commits."""
    order = ", ".join(dict.fromkeys(("customer_id", table.month, *table.key)))

    def write(month_rows: tuple[date, str]) -> LakeFile:
        month, query = month_rows
        with duck.cursor() as own:
            query = f"SELECT * FROM ({query}) ORDER BY {order}"
            return _write(own, table.name, query, batch=batch, month=month, money=table.money)

    with ThreadPoolExecutor(WRITERS) as writers:
        return list(writers.map(write, rows))


def _parquet(files: list[LakeFile]) -> str:
    return "read_parquet([" + ", ".join(f"'{full_path(file.path)}'" for file in files) + "])"


def _write(
    duck: duckdb.DuckDBPyConnection,
    table: str,
    query: str,
    *,
    batch: ImportBatch,
    month: date | None = None,
    money: str = "",
) -> LakeFile:
    folder = f"{table}/{month:%Y-%m}" if month else table
    path = f"{folder}/batch-{batch.pk:06d}.parquet"
    target = full_path(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    rows = one(
        duck, f"COPY ({query}) TO '{target}' (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 122880)"
    )
    total = None
    if money:
        total = one(duck, f"SELECT coalesce(sum({money}), 0)::BIGINT FROM read_parquet('{target}')")
    return LakeFile(
        batch=batch,
        table=table,
        month_on=month,
        path=path,
        row_count=rows,
        sum_cents=total,
        sha256=_settle(target),
    )


def _settle(path: Path) -> str:
    """Force a file to disk and give its digest: the commit that names it must not outrun it."""
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        os.fsync(file.fileno())
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
    return digest
