"""Claim: five times the customers and facts cost at most five and a half times the time, in the same memory.

Measured: an evaluation as in `evaluate`, compute only, the engine limited to MEMORY (1GB unless set). Floor: the mean
of five evaluations of a fifth of the bank, some before and some after, so that both sides last as long and other work
of the machine meets both alike. The middle of three such comparisons counts. `cpu_ratio` is the same comparison by the
processor's time. Memory: the most that a process of its own had resident while it evaluated the whole bank once.
"""

from __future__ import annotations

import multiprocessing
import os
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from bench import bank
from bench.child import highest_resident
from bench.claim import Claim, Figure, cost, within
from bench.evaluate import engine_over, lake_of
from zhike.analytics import evaluate, scheme
from zhike.analytics.engine import DuckEngine

TIMES = 5
TARGET = 5.5
TRIES = 3
MEMORY = "1GB"
LIMITS = {"512MB": 512e6, "1GB": 1e9, "2GB": 2e9, "4GB": 4e9}
BESIDE = 400e6
"""Bytes beside what the engine's limit covers: the interpreter, NumPy, SciPy, DuckDB itself and files being read."""


@dataclass(frozen=True, slots=True)
class Spent:
    """Time by the clock and by the processor."""

    seconds: float
    cpu_seconds: float


def measure(customers: int, transactions: int) -> list[Figure]:
    memory = os.environ.get("MEMORY", MEMORY)
    part = lake_of(customers // TIMES, transactions // TIMES)
    whole = lake_of(customers, transactions)
    with (
        engine_over(part, memory=memory) as small,
        engine_over(whole, memory=memory) as large,
        tempfile.TemporaryDirectory() as folder,
    ):
        fifth, all_of_it = (
            _evaluation(engine, Path(folder) / "results.parquet") for engine in (small, large)
        )
        found = sorted((_compared(fifth, all_of_it) for _ in range(TRIES)), key=_ratio)
    few, many = found[TRIES // 2]
    cpu_ratio = round(many.cpu_seconds / few.cpu_seconds, 2)
    peak = _peak(whole, memory)
    return [
        cost("growth", many.seconds, floor=few.seconds, at_most=TARGET, unit="s", cpu_ratio=cpu_ratio),
        within("memory", peak, limit=LIMITS[memory] + BESIDE, unit="bytes", engine_limit=memory),
    ]


def _evaluation(engine: DuckEngine, out: Path) -> Callable[[], object]:
    inputs = evaluate.prepare(engine, scheme.preset("full"), bank.AS_OF)
    return lambda: evaluate.evaluate(engine, inputs, out)


def _peak(files: dict[str, list[Path]], memory: str) -> int:
    """The most memory of a fresh process that evaluates once."""
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        return pool.submit(_evaluate_alone, files, memory).result()


def _evaluate_alone(files: dict[str, list[Path]], memory: str) -> int:
    with engine_over(files, memory=memory) as engine, tempfile.TemporaryDirectory() as folder:
        _evaluation(engine, Path(folder) / "results.parquet")()
    return highest_resident()


def _compared(fifth: Callable[[], object], all_of_it: Callable[[], object]) -> tuple[Spent, Spent]:
    """The mean of evaluations of the fifth, and one of the whole between them."""
    before = _spent(fifth, times=TIMES // 2)
    many = _spent(all_of_it, times=1)
    after = _spent(fifth, times=TIMES - TIMES // 2)
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
        "small": {"customers": 250_000, "transactions": 5_000_000},
        "full": {"customers": 5_000_000, "transactions": 100_000_000},
    },
    measure,
)

if __name__ == "__main__":
    CLAIM.main()
