"""The bank in the lake's form: Parquet with surrogate ids and no personal data, for benchmarks."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from zhike.facts.contract import LAKE_COLUMNS, TABLES
from zhike.facts.demo.bank import Bank

_KEYS = {  # surrogate column: canonical column and the table it is the key of
    "customer_id": ("customer_no", "customers"),
    "account_id": ("account_no", "accounts"),
    "product_id": ("product_code", "products"),
    "outlet_id": ("outlet_code", "outlets"),
    "from_customer_id": ("from_customer_no", "customers"),
    "to_customer_id": ("to_customer_no", "customers"),
}


def lake_form(
    bank: Bank, folder: Path, *, ids: Mapping[str, str] | None = None, tables: tuple[str, ...] = ()
) -> dict[str, list[Path]]:
    """Write the lake's tables into `folder/<table>/`, one file, or one a month where the table has a month.

    `ids` names, for customers, accounts, products and outlets, a table or view of the bank's database with
    columns (`key`, `id`); a table not named gets ids 1, 2, ... in the order of its keys. `tables` limits
    what is written. Gives the paths by table.
    """
    connection = bank.connection
    numbered = {}
    for name in ("customers", "accounts", "products", "outlets"):
        if ids and name in ids:
            numbered[name] = ids[name]
            continue
        key = TABLES[name].key[0]
        numbered[name] = f"temp.lake_{name}"
        connection.execute(
            f"CREATE OR REPLACE TEMP TABLE lake_{name} AS "
            f"SELECT {key} AS key, row_number() OVER (ORDER BY {key}) AS id FROM main.{name}"
        )
    written = {}
    for name in tables or tuple(LAKE_COLUMNS):
        (folder / name).mkdir(parents=True, exist_ok=True)
        written[name] = _write(bank, name, folder / name, numbered)
    for name, relation in numbered.items():
        if relation == f"temp.lake_{name}":
            connection.execute(f"DROP TABLE {relation}")
    return written


def _write(bank: Bank, name: str, folder: Path, numbered: Mapping[str, str]) -> list[Path]:
    source = f"main.{name} AS fact"
    fields = []
    for column, type_ in LAKE_COLUMNS[name]:
        if column not in _KEYS:
            fields.append(f"fact.{column}::{type_} AS {column}")
            continue
        key, table = _KEYS[column]
        if key not in TABLES[name].by_name:  # the customer of a balance or a transaction is the account's
            source += " JOIN main.accounts AS account USING (account_no)"
            source += f" JOIN {numbered[table]} AS {column} ON {column}.key = account.{key}"
        else:
            source += f" JOIN {numbered[table]} AS {column} ON {column}.key = fact.{key}"
        fields.append(f"{column}.id::{type_} AS {column}")
    month = TABLES[name].month
    if month is None:
        return [_copy(bank, f"SELECT {', '.join(fields)} FROM {source}", folder / f"{name}.parquet")]
    months = bank.connection.execute(
        f"SELECT DISTINCT strftime({month}, '%Y-%m') FROM main.{name} ORDER BY 1"
    ).fetchall()
    return [
        _copy(
            bank,
            f"SELECT {', '.join(fields)} FROM {source} "
            f"WHERE fact.{month} >= DATE '{text}-01' AND fact.{month} < DATE '{text}-01' + INTERVAL 1 MONTH",
            folder / f"{name}-{text}.parquet",
        )
        for (text,) in months
    ]


def _copy(bank: Bank, select: str, path: Path) -> Path:
    bank.connection.execute(
        f"COPY ({select} ORDER BY ALL) TO '{str(path).replace(chr(39), chr(39) * 2)}' (FORMAT parquet)"
    )
    return path
