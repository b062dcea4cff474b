"""The engine of a run over a fixed state of the facts: DuckDB in this process, or a Spark of the bank's for the facts
and DuckDB for what is stored."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import TypeVar
from uuid import uuid4

import duckdb
from django.conf import settings

from zhike.analytics import evaluate as analytics
from zhike.analytics.engine import DuckEngine, Engine, SparkEngine
from zhike.analytics.inputs import RunInputs
from zhike.analytics.plan import months_before
from zhike.analytics.scheme import SchemeSpec
from zhike.analytics.spark import Spark, opened
from zhike.facts import api as facts

T = TypeVar("T")
RESULTS_FOLDER = "loyalty"
COUNTED, WATCHED, TRIED = "count", "watch", "trial"
"""Results that are needed only while they are worked on; the nightly sweep takes those of a killed worker."""
for _kind in (COUNTED, WATCHED, TRIED):
    facts.sweep_too(f"{RESULTS_FOLDER}/{_kind}-*")
HANDED = f"{RESULTS_FOLDER}/spark"
"""Where Spark and this process hand each other rows, in a folder for each session."""
facts.sweep_too(f"{HANDED}/*")


@contextmanager
def spark_at(address: str) -> Iterator[Spark]:
    """A session on the bank's Spark, tried before anything rests on it. Raises SparkUnusable."""
    shared = facts.full_path(f"{HANDED}/{uuid4().hex}")
    shared.mkdir(parents=True)
    log = Path(settings.HOME) / "logs" / "spark.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    try:
        with opened(address, shared=str(shared), spill=facts.spill_folder(), log=log) as spark:
            yield spark
    finally:
        shutil.rmtree(shared, ignore_errors=True)


def over_facts(duck: DuckEngine, snapshot: facts.Snapshot, spark: Spark | None) -> Engine:
    """The engine that reads the facts and computes: Spark, over the same files, where there is one."""
    if spark is None:
        return duck
    engine = SparkEngine(spark.session, work_folder=f"{spark.shared}/kept")
    facts.attach(engine, snapshot)
    return engine


def kept(duck: DuckEngine, engine: Engine, path: Path, compute: Callable[[Path], T]) -> T:
    """Have rows of customers computed into a file of DuckDB's, whichever engine writes them; gives what `compute` does.

    Spark writes a folder of parts, which then becomes the one file.
    """
    if not isinstance(engine, SparkEngine):
        return compute(path)
    parts = Path(engine.work_folder) / "results"
    found = compute(parts)
    duck.view("handed_over", [parts])
    duck.write("SELECT * FROM handed_over ORDER BY customer_id", {}, path)
    return found


def name_of(engine: Engine) -> dict[str, str]:
    """An engine and its release, for the record of a run."""
    if isinstance(engine, SparkEngine):
        return {"name": "Apache Spark", "version": str(engine.session.version)}
    return {"name": "DuckDB", "version": duckdb.__version__}


def prepare(
    engine: Engine, snapshot: facts.Snapshot, spec: SchemeSpec, as_of: date, *, batches: Sequence[int] = ()
) -> RunInputs:
    """Freeze the inputs of an evaluation, with what was delivered for its window. Raises SchemeNotUsable."""
    return analytics.prepare(
        engine, spec, as_of, batches=batch_names(batches),
        delivered=snapshot.delivered(since=months_before(as_of, spec.window_months)),
    )  # fmt: skip


def result_path(run_id: int, attempt: int, kind: str = "results") -> str:
    """The name of a run's file within the lake."""
    facts.full_path(RESULTS_FOLDER).mkdir(parents=True, exist_ok=True)
    return f"{RESULTS_FOLDER}/run-{run_id}-{attempt}-{kind}.parquet"


def batch_names(batches: Sequence[int]) -> tuple[str, ...]:
    """How import batches are named in the inputs of a run."""
    return tuple(str(batch) for batch in batches)
