"""Claim: evaluating and publishing a whole bank costs at most ten times what it costs to read its columns once.

Measured: what the worker does for one run, by the product's own operations on PostgreSQL as in production:
read the lake's committed files, compute, reconcile, store every score with its contributions, publish, switch
every customer's standing. Floor: as in `evaluate`, in the same run, before and after; the middle one counts, since
a publication lasts too long to fall into a quiet moment of the machine. Memory: the highest resident set of the
worker's process and its children; PostgreSQL is its own server and not counted. The second run has half a
gibibyte for the engine, and replaces the first.

Between the floor and the figure stand, the dearest first: computing the measures of each customer from the facts,
which alone is what the floor does, with conditions; filling the next standings from the results, the customer file
and the standings before; giving the results to PostgreSQL, which checks and logs every row; building seven indexes
of the standings; sorting and writing the results, and hashing every bit of them.
"""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from statistics import median

from bench import bank, published
from bench.claim import Claim, Figure, cost, seconds_of, within
from bench.data_sets import cache
from bench.evaluate import engine_over, lake_of, read_once
from bench.installation import apart, owner, running, worker
from zhike.run import roles

TARGET = 10.0
MEMORY_BYTES_MAX = 2 * 2**30
TIGHT = "512MB"


def measure(customers: int, transactions: int) -> list[Figure]:
    files = lake_of(customers, transactions)
    folder = Path(tempfile.mkdtemp(prefix="publish-", dir=cache()))
    folder.chmod(0o711)
    try:
        with running(folder) as installation:
            owner(installation, published.furnish, files, folder)
            scheme, _ = worker(installation, published.put_in_force, bank.AS_OF)
            floors, _ = apart(installation, _floor_seconds, files, names=(roles.WORKER,))
            steps, peak = worker(installation, published.publish_once, scheme, bank.AS_OF, None)
            after, _ = apart(installation, _floor_seconds, files, names=(roles.WORKER,))
            tight_steps, tight_peak = worker(installation, published.publish_once, scheme, bank.AS_OF, TIGHT)
    finally:
        shutil.rmtree(folder)
    floor = median([*floors, *after])
    return [
        cost("time", sum(steps.values()), floor=floor, at_most=TARGET, unit="s", steps=_rounded(steps)),
        within("memory", peak.total, limit=MEMORY_BYTES_MAX, unit="bytes"),
        within(
            f"memory with {TIGHT} for the engine", tight_peak.total, limit=MEMORY_BYTES_MAX,
            unit="bytes", seconds=round(sum(tight_steps.values()), 2), steps=_rounded(tight_steps),
        ),
    ]  # fmt: skip


def _floor_seconds(files: dict[str, list[Path]]) -> list[float]:
    with engine_over(files) as engine:
        return seconds_of(lambda: read_once(engine))


def _rounded(steps: dict[str, float]) -> dict[str, float]:
    return {step: round(seconds, 2) for step, seconds in steps.items()}


CLAIM = Claim(
    "publish",
    {
        "small": {"customers": 50_000, "transactions": 1_000_000},
        "full": {"customers": 1_000_000, "transactions": 20_000_000},
    },
    measure,
)

if __name__ == "__main__":
    CLAIM.main()
