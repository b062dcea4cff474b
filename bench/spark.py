"""Claim: Spark on a standalone cluster of two workers gives DuckDB's rows, bit for bit.

Measured: columns whose hash differs, rows that either has and the other has not. The seconds of both stand beside,
without opening Spark: the cluster is on this machine, so they say what Spark costs where it is not needed.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
import time
from pathlib import Path

from tests import spark_cluster

from bench import bank
from bench.claim import Claim, Figure, within
from bench.evaluate import engine_over, lake_of
from zhike.analytics import evaluate, scheme, spark
from zhike.analytics.engine import DuckEngine, Engine, SparkEngine
from zhike.facts.contract import LAKE_COLUMNS


def measure(customers: int, transactions: int) -> list[Figure]:
    if shutil.which("java") is None:
        sys.exit("This claim needs Java 17 and Spark: make spark.")
    files = lake_of(customers, transactions)
    with tempfile.TemporaryDirectory(prefix="zhike-bench-") as name, engine_over(files) as duck:
        folder = Path(name)
        ours, seconds = folder / "ours", _seconds(duck, folder / "ours")
        started = time.perf_counter()
        with (
            spark_cluster.standalone(folder / "cluster", memory="2g", java="") as cluster,
            spark.opened(cluster.address, shared=name, spill=folder, log=folder / "spark.log") as opened,
        ):
            opening_seconds = time.perf_counter() - started
            engine = SparkEngine(opened.session, work_folder=folder / "kept")
            for table, columns in LAKE_COLUMNS.items():
                engine.view(table, files[table], columns)
            spark_seconds = _seconds(engine, folder / "theirs")
        differing = _differing(duck, ours, folder / "theirs")
    return [
        within(
            "differing rows", differing, limit=0, rows=customers, seconds=round(seconds, 2),
            spark_seconds=round(spark_seconds, 2), opening_seconds=round(opening_seconds, 2),
            times_as_long=round(spark_seconds / seconds, 1),
        )
    ]  # fmt: skip


def _seconds(engine: Engine, out: Path) -> float:
    started = time.perf_counter()
    inputs = evaluate.prepare(engine, scheme.preset("full"), bank.AS_OF)
    evaluate.evaluate(engine, inputs, out)
    return time.perf_counter() - started


def _differing(duck: DuckEngine, ours: Path, theirs: Path) -> int:
    """Rows of one that the other has not; where there is none, the columns' bits are compared as well."""
    duck.view("ours", [ours])
    duck.view("theirs", [theirs])
    count = "SELECT COUNT(*) FROM (SELECT * FROM {} EXCEPT ALL SELECT * FROM {})"
    rows = sum(duck.fetch(count.format(*pair), {})[0][0] for pair in (("ours", "theirs"), ("theirs", "ours")))
    return int(rows) or int(evaluate.fingerprint(duck, ours) != evaluate.fingerprint(duck, theirs))


CLAIM = Claim(
    "spark",
    {
        "small": {"customers": 20_000, "transactions": 400_000},
        "full": {"customers": 1_000_000, "transactions": 20_000_000},
    },
    measure,
)

if __name__ == "__main__":
    CLAIM.main()
