"""Encrypting what identifies a person, before it leaves the import.

Makes the DuckDB table `sealed_customers` (ciphertexts and blind indexes as hex) and `terms` (what finds a
customer). A customer whose personal data have not changed since the last load keeps the old ciphertexts.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import duckdb

from zhike.core import keys
from zhike.core.keys import register
from zhike.customers.api import name_sort, phone_tail_term, search_terms
from zhike.facts.operations.tables import table_of

COLUMNS = [one for one in register.REGISTER if one.table == "customers_customer"]
FIELDS = tuple(one.column for one in COLUMNS)
CHUNK = 50_000
_SEALED = (*FIELDS, *register.indexes_in("customers_customer"))


def seal_people(duck: duckdb.DuckDBPyConnection) -> None:
    """Seal the personal columns of every customer in the reading, and derive the search terms."""
    duck.execute(
        "CREATE OR REPLACE TABLE sealed_customers (customer_id BIGINT, digest VARCHAR, name_sort VARCHAR, "
        + ", ".join(f"{name} VARCHAR" for name in _SEALED)
        + ")"
    )
    duck.execute("CREATE OR REPLACE TABLE terms (customer_id BIGINT, term VARCHAR)")
    seal = keys.sealer(register.CUSTOMER)
    fingerprint = keys.fingerprint("personal-digest")
    for rows in _chunks(duck):
        sealed: dict[str, list[Any]] = {name: [] for name in ("customer_id", "digest", "name_sort", *_SEALED)}
        terms: dict[str, list[Any]] = {"customer_id": [], "term": []}
        for customer_id, customer_no, name, before, *values in rows:
            digest = fingerprint("\x1f".join(value or "" for value in values)).hex()
            sealed["customer_id"].append(customer_id)
            sealed["digest"].append(digest)
            sealed["name_sort"].append(name_sort(name or customer_no))
            _seal_row(sealed, seal, customer_id, values, changed=digest != before)
            found = search_terms(name=name or "", customer_no=customer_no)
            if phone := values[FIELDS.index("phone")]:
                found = [*found, phone_tail_term(phone)]
            terms["customer_id"] += [customer_id] * len(found)
            terms["term"] += found
        _append(duck, "sealed_customers", sealed)
        _append(duck, "terms", terms)


def _seal_row(
    sealed: dict[str, list[Any]], seal: Any, customer_id: int, values: list[Any], *, changed: bool
) -> None:
    for one, value in zip(COLUMNS, values, strict=True):
        sealed[one.column].append(
            "\\x" + seal(value, one.place(customer_id)).hex() if value and changed else "\\x"
        )
        if one.index:
            sealed[one.index].append("\\x" + keys.blind(one.column, value).hex() if value else "\\x")


def _chunks(duck: duckdb.DuckDBPyConnection) -> Iterator[list[tuple[Any, ...]]]:
    cursor = duck.cursor().execute(
        f"""
        SELECT i.customer_id, c.customer_no, c.name, i.digest_before, {", ".join(f"c.{name}" for name in FIELDS)}
          FROM customers AS c JOIN ids_customers AS i USING (customer_no) ORDER BY i.customer_id
        """
    )
    while rows := cursor.fetchmany(CHUNK):
        yield rows


def _append(duck: duckdb.DuckDBPyConnection, table: str, columns: dict[str, list[Any]]) -> None:
    if next(iter(columns.values())):
        table_of(duck, "chunk_of_rows", columns)
        duck.execute(
            f"INSERT INTO {table} ({', '.join(columns)}) SELECT {', '.join(columns)} FROM chunk_of_rows"
        )
