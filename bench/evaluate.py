"""Claim: an evaluation costs at most five times what it costs to read its columns once.

Measured: the five indicators, from facts in Parquet to one wide row a customer in Parquet, on DuckDB in
this process, compute only. Floor: DuckDB reading every input column the evaluation uses and grouping it by
customer with count, sum and max, in the same run. MEMORY=512MB limits the engine.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench import bank
from bench.claim import Claim, Figure, cost, least_seconds
from bench.data_sets import HERE, kept, version_of
from zhike.analytics import evaluate, scheme
from zhike.analytics.engine import DuckEngine
from zhike.facts.contract import LAKE_COLUMNS

TARGET = 5.0

FLOOR = {
    "customers": "count(business_type), count(customer_group), max(outlet_id), max(opened_on), "
    "max(closed_on)",
    "accounts": "sum(account_id), sum(product_id), sum(principal_cents), max(opened_on), count(opening), "
    "max(matures_on), max(closed_on)",
    "balances": "sum(account_id), max(month_on), sum(average_cents), max(average_cents)",
    "transactions": "max(booked_on), count(kind), sum(amount_cents), max(amount_cents)",
    "events": "count(kind), max(happened_on), count(outcome), sum(severity), sum(satisfaction), "
    "sum(intention), sum(amount_cents)",
}
"""The columns used by table; words are only counted, so that the floor is not padded by comparing them."""


def lake_of(customers: int, transactions: int) -> dict[str, list[Path]]:
    """The Parquet files of a made-up bank by table."""
    folder = kept(
        f"lake-{customers}-{transactions}",
        version_of(HERE / "bank.py"),
        lambda made: bank.make(made, customers, transactions),
    )
    return bank.files_in(folder)


@contextmanager
def engine_over(files: dict[str, list[Path]], *, memory: str | None = None) -> Iterator[DuckEngine]:
    """An engine with the bank's tables as views."""
    with (
        tempfile.TemporaryDirectory(prefix="zhike-bench-") as spill,
        DuckEngine(memory_limit=memory, temp_directory=spill) as engine,
    ):
        for name, columns in LAKE_COLUMNS.items():
            engine.view(name, files[name], columns)
        yield engine


def read_once(engine: DuckEngine) -> None:
    """Read and group every column the five indicators use, by customer, and keep no row of it."""
    for table, columns in FLOOR.items():
        grouped = f"SELECT customer_id, count(*), {columns} FROM {table} GROUP BY customer_id"
        engine.fetch(f"SELECT max(COLUMNS(*)) FROM ({grouped})", {})


def evaluation_seconds(engine: DuckEngine) -> float:
    """The least time of an evaluation whose inputs are prepared."""
    inputs = evaluate.prepare(engine, scheme.preset("full"), bank.AS_OF)
    with tempfile.TemporaryDirectory(prefix="zhike-bench-") as folder:
        out = Path(folder) / "results.parquet"
        return least_seconds(lambda: evaluate.evaluate(engine, inputs, out))


def measure(customers: int, transactions: int) -> list[Figure]:
    memory = os.environ.get("MEMORY")
    with engine_over(lake_of(customers, transactions), memory=memory) as engine:
        floor = least_seconds(lambda: read_once(engine))
        measured = evaluation_seconds(engine)
    return [cost("compute", measured, floor=floor, at_most=TARGET, unit="s", memory_limit=memory)]


CLAIM = Claim(
    "evaluate",
    {
        "small": {"customers": 50_000, "transactions": 1_000_000},
        "full": {"customers": 1_000_000, "transactions": 20_000_000},
    },
    measure,
)

if __name__ == "__main__":
    CLAIM.main()
