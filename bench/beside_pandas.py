"""Claim: the same evaluation gives at least twenty times as many customers a second as pandas does at a tenth.

Measured: customers a second of an evaluation as in `evaluate`. Peer: the same five indicators in `bench.in_pandas`,
on a tenth of the customers and facts, which pandas likes better than more. Every score of the tenth must agree to a
hundred-thousandth of a point, every tier exactly; pandas sums in floating point and takes means of unrounded numbers,
so it has not the same bits.
"""

from __future__ import annotations

import importlib.util
import sys
import tempfile
from pathlib import Path

from bench import bank
from bench.claim import Claim, Figure, least_seconds, speed, within
from bench.evaluate import engine_over, evaluation_seconds, lake_of
from zhike.analytics import evaluate, scheme

TARGET = 20.0
PART = 10
POINTS = 1e-5


def measure(customers: int, transactions: int) -> list[Figure]:
    if importlib.util.find_spec("pandas") is None:
        sys.exit("This claim needs pandas and pyarrow: make spark.")
    from bench import in_pandas

    files = lake_of(customers // PART, transactions // PART)
    with engine_over(files) as engine, tempfile.TemporaryDirectory() as folder:
        inputs = evaluate.prepare(engine, scheme.preset("full"), bank.AS_OF)
        out = Path(folder) / "results.parquet"
        evaluate.evaluate(engine, inputs, out)
        engine.view("ours", [out])
        peer_out = Path(folder) / "pandas.parquet"
        theirs = in_pandas.evaluate(files, inputs, peer_out).sort_index()
        ours = (
            engine.connection.execute("SELECT * FROM ours ORDER BY customer_id").df().set_index("customer_id")
        )
        in_pandas_seconds = least_seconds(lambda: in_pandas.evaluate(files, inputs, peer_out), tries=2)
    gap = (ours.score - theirs.score).abs()
    differing = int((gap > POINTS).sum() + (ours.score.isna() != theirs.score.isna()).sum())
    other_tiers = int((ours.tier != theirs.tier).sum())
    with engine_over(lake_of(customers, transactions)) as engine:
        seconds = evaluation_seconds(engine)
    return [
        speed(
            "throughput", customers / seconds, peer=customers / PART / in_pandas_seconds, at_least=TARGET,
            unit="customers / s", seconds=round(seconds, 2), pandas_seconds=round(in_pandas_seconds, 2),
            largest_gap_points=float(gap.max()),
        ),
        within("differing scores", differing, limit=0),
        within("differing tiers", other_tiers, limit=0),
    ]  # fmt: skip


CLAIM = Claim(
    "pandas",
    {
        "small": {"customers": 200_000, "transactions": 4_000_000},
        "full": {"customers": 1_000_000, "transactions": 20_000_000},
    },
    measure,
)

if __name__ == "__main__":
    CLAIM.main()
