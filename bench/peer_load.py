"""The peer of loading customers and accounts: COPY and INSERT … ON CONFLICT of the rows that were loaded.

Runs in a process of the installation, as the owner.
"""

from __future__ import annotations

import time
from pathlib import Path

TABLES = {  # table: its foreign keys, and the key a conflict is found by
    "customers_customer": ({"outlet_id": "staff_unit", "manager_id": "staff_staff"}, "customer_no"),
    "customers_searchterm": ({}, "id"),
    "facts_account": ({"product_id": "facts_product"}, "account_no"),
}


def measure(folder: Path) -> tuple[dict[str, int], dict[str, float]]:
    """Rows by kind, and seconds with and without the search terms."""
    counts = {table: _export(table, folder) for table in TABLES}
    seconds = {table: _load(table, folder) for table in TABLES}
    terms = "customers_searchterm"
    rows = {"base": sum(count for table, count in counts.items() if table != terms), "terms": counts[terms]}
    every = sum(seconds.values())
    return rows, {"all": every, "without_terms": every - seconds[terms]}


def _export(table: str, folder: Path) -> int:
    from django.db import connection

    with connection.cursor() as cursor, (folder / f"{table}.csv").open("wb") as file:
        with cursor.copy(f"COPY (SELECT * FROM {table} ORDER BY id) TO STDOUT (FORMAT csv)") as copy:
            for block in copy:
                file.write(block)
        return int(cursor.rowcount)


def _load(table: str, folder: Path) -> float:
    """Seconds from the first byte to the end of the commit, into an empty table that is equal to `table`."""
    from django.db import connection, transaction

    references, key = TABLES[table]
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE TABLE peer_{table} (LIKE {table} INCLUDING ALL EXCLUDING IDENTITY)")
        cursor.execute(f"CREATE UNLOGGED TABLE peer_stage (LIKE {table})")
        for column, target in references.items():
            cursor.execute(f"ALTER TABLE peer_{table} ADD FOREIGN KEY ({column}) REFERENCES {target}")
        columns = _columns(table)
        sets = ", ".join(f"{name} = excluded.{name}" for name in columns if name not in {"id", key})
        start = time.perf_counter()
        with transaction.atomic():
            with (
                cursor.copy("COPY peer_stage FROM STDIN (FORMAT csv)") as copy,
                (folder / f"{table}.csv").open("rb") as file,
            ):
                while block := file.read(1 << 20):
                    copy.write(block)
            cursor.execute(
                f"INSERT INTO peer_{table} SELECT * FROM peer_stage ON CONFLICT ({key}) DO UPDATE SET {sets}"
            )
        seconds = time.perf_counter() - start
        cursor.execute(f"DROP TABLE peer_{table}, peer_stage")
    return seconds


def _columns(table: str) -> list[str]:
    from django.db import connection

    with connection.cursor() as cursor:
        return [column.name for column in connection.introspection.get_table_description(cursor, table)]
