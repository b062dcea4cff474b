"""Claim: ten times the customers and facts cost at most eleven times the time.

Measured: an evaluation as in `evaluate`, compute only. Floor: the mean of ten evaluations of a tenth of the bank,
five before and five after, so that both sides last as long and other work of the machine meets both alike. The
middle of three such comparisons counts. `cpu_ratio` is the same comparison by the processor's time.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bench import bank
from bench.claim import Claim, Figure, cost
from bench.evaluate import engine_over, lake_of
from zhike.analytics import evaluate, scheme
from zhike.analytics.engine import DuckEngine

TIMES = 10
TARGET = 11.0
TRIES = 3


@dataclass(frozen=True, slots=True)
class Spent:
    """Time by the clock and by the processor."""

    seconds: float
    cpu_seconds: float


def measure(customers: int, transactions: int) -> list[Figure]:
    part = lake_of(customers // TIMES, transactions // TIMES)
    whole = lake_of(customers, transactions)
    with (
        engine_over(part) as small, engine_over(whole) as large, tempfile.TemporaryDirectory() as folder,
    ):  # fmt: skip
        tenth, all_of_it = (
            _evaluation(engine, Path(folder) / "results.parquet") for engine in (small, large)
        )
        found = sorted((_compared(tenth, all_of_it) for _ in range(TRIES)), key=_ratio)
    few, many = found[TRIES // 2]
    cpu_ratio = round(many.cpu_seconds / few.cpu_seconds, 2)
    return [cost("growth", many.seconds, floor=few.seconds, at_most=TARGET, unit="s", cpu_ratio=cpu_ratio)]


def _evaluation(engine: DuckEngine, out: Path) -> Callable[[], object]:
    inputs = evaluate.prepare(engine, scheme.preset("full"), bank.AS_OF)
    return lambda: evaluate.evaluate(engine, inputs, out)


def _compared(tenth: Callable[[], object], all_of_it: Callable[[], object]) -> tuple[Spent, Spent]:
    """The mean of ten evaluations of the tenth, and one of the whole between them."""
    before = _spent(tenth, times=TIMES // 2)
    many = _spent(all_of_it, times=1)
    after = _spent(tenth, times=TIMES - TIMES // 2)
    few = Spent((before.seconds + after.seconds) / TIMES, (before.cpu_seconds + after.cpu_seconds) / TIMES)
    return few, many


def _spent(work: Callable[[], object], *, times: int) -> Spent:
    start, cpu_start = time.perf_counter(), time.process_time()
    for _ in range(times):
        work()
    return Spent(time.perf_counter() - start, time.process_time() - cpu_start)


def _ratio(pair: tuple[Spent, Spent]) -> float:
    few, many = pair
    return many.seconds / few.seconds


CLAIM = Claim(
    "growth",
    {
        "small": {"customers": 100_000, "transactions": 2_000_000},
        "full": {"customers": 1_000_000, "transactions": 20_000_000},
    },
    measure,
)

if __name__ == "__main__":
    CLAIM.main()
