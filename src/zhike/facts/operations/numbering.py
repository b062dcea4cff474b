"""Giving the bank's own numbers our surrogate ids: known ones keep theirs, new ones take the next.

Runs under the loader's lock. Afterwards DuckDB has `ids_customers(customer_no, customer_id, ...)`,
`ids_accounts`, `ids_outlets`, `ids_products` and `ids_staff` for everything the bank knows.
"""

from __future__ import annotations

from pathlib import Path

import duckdb

from zhike.facts.operations.tables import copy_out, one

_KNOWN = {
    "outlets": ("SELECT code, id FROM staff_unit", "outlet_code", "outlet_id"),
    "staff": ("SELECT staff_no, id FROM staff_staff", "staff_no", "staff_id"),
    "products": ("SELECT code, id FROM facts_product", "product_code", "product_id"),
    "accounts": ("SELECT account_no, id FROM facts_account", "account_no", "account_id"),
}
_SEQUENCE = {
    "outlets": "staff_unit",
    "staff": "staff_staff",
    "products": "facts_product",
    "accounts": "facts_account",
    "customers": "customers_customer",
}


def number(duck: duckdb.DuckDBPyConnection, *, work: Path) -> None:
    """Make the five `ids_` tables. The ids of new rows are taken from the sequences of PostgreSQL."""
    for table, (query, key, surrogate) in _KNOWN.items():
        copy_out(duck, query, f"ids_{table}", {key: "VARCHAR", surrogate: "BIGINT"}, work=work)
        _add_new(duck, table, key, surrogate, work=work)
    copy_out(
        duck,
        "SELECT customer_no, id, outlet_id, encode(personal_digest, 'hex') FROM customers_customer",
        "ids_customers",
        {
            "customer_no": "VARCHAR",
            "customer_id": "BIGINT",
            "outlet_before": "BIGINT",
            "digest_before": "VARCHAR",
        },
        work=work,
    )
    _add_new(duck, "customers", "customer_no", "customer_id", work=work)


def _add_new(duck: duckdb.DuckDBPyConnection, table: str, key: str, surrogate: str, *, work: Path) -> None:
    fresh = f"SELECT {key} FROM {table} ANTI JOIN ids_{table} USING ({key})"
    count = one(duck, f"SELECT count(*) FROM ({fresh})")
    if not count:
        return
    sequence = f"pg_get_serial_sequence('{_SEQUENCE[table]}', 'id')"
    copy_out(
        duck,
        f"SELECT nextval({sequence}) FROM generate_series(1, {count})",
        "ids_fresh",
        {"id": "BIGINT"},
        work=work,
    )
    duck.execute(
        f"""
        INSERT INTO ids_{table} ({key}, {surrogate})
        SELECT f.{key}, n.id
          FROM (SELECT {key}, row_number() OVER (ORDER BY {key}) AS place FROM ({fresh})) AS f
          JOIN (SELECT id, row_number() OVER (ORDER BY id) AS place FROM ids_fresh) AS n USING (place)
        """
    )
