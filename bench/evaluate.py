"""Claim: an evaluation costs at most five times what it costs to read its columns once.

Measured: the five indicators, from facts in Parquet to one wide row a customer in Parquet, on DuckDB in
this process, compute only. Floor: DuckDB reading every input column the evaluation uses and grouping it by
customer with count, sum and max, in the same run. Prints one JSON object; exit status 1 when the target
is missed.

SIZE=full is 1,000,000 customers and 20,000,000 transactions; MEMORY=512MB limits the engine.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from bench import bank

from zhike.analytics import evaluate, scheme
from zhike.analytics.engine import DuckEngine
from zhike.facts.contract import LAKE_COLUMNS

SIZES = {"small": (50_000, 1_000_000), "full": (1_000_000, 20_000_000)}
TARGET = 5.0
REPEATS = 3

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


def seconds(work: Callable[[], object]) -> float:
    """Return the least time of a few tries: the machine's noise only ever adds."""
    times = []
    for _ in range(REPEATS):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return min(times)


def floor(engine: DuckEngine) -> None:
    """Read and group every column the five indicators use, by customer, and keep no row of it."""
    for table, columns in FLOOR.items():
        grouped = f"SELECT customer_id, count(*), {columns} FROM {table} GROUP BY customer_id"
        engine.fetch(f"SELECT max(COLUMNS(*)) FROM ({grouped})", {})


def main() -> int:
    size = os.environ.get("SIZE", "small")
    customers, transactions = SIZES[size]
    memory = os.environ.get("MEMORY")
    with tempfile.TemporaryDirectory(prefix="zhike-bench-") as folder:
        made = bank.make(Path(folder), customers, transactions)
        with DuckEngine(memory_limit=memory, temp_directory=Path(folder) / "spill") as engine:
            for name, columns in LAKE_COLUMNS.items():
                engine.view(name, made.files[name], columns)
            inputs = evaluate.prepare(engine, scheme.preset("full"), bank.AS_OF)
            out = Path(folder) / "results.parquet"
            floor_seconds = seconds(lambda: floor(engine))
            measured = seconds(lambda: evaluate.evaluate(engine, inputs, out))
    ratio = measured / floor_seconds
    print(
        json.dumps(
            {
                "name": "evaluate",
                "size": {"customers": customers, "transactions": transactions, "memory_limit": memory},
                "measured": round(measured, 3),
                "floor": round(floor_seconds, 3),
                "ratio": round(ratio, 2),
                "target": TARGET,
                "ok": ratio <= TARGET,
            }
        )
    )
    return 0 if ratio <= TARGET else 1


if __name__ == "__main__":
    sys.exit(main())
