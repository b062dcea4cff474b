"""Spark runs the reviewed text unchanged and gives the bits that DuckDB gives."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.analytics import buyers
from tests.analytics.adverse_bank import AS_OF, AdverseBank

from zhike.analytics import cohorts, compare, evaluate, habits, keeping, plan, portrait, rfm, scheme, what_if
from zhike.analytics.engine import DuckEngine, Engine, SparkEngine
from zhike.analytics.habits import Habit, Reading
from zhike.analytics.keeping import Rules
from zhike.analytics.scheme import SchemeSpec
from zhike.facts.contract import LAKE_COLUMNS

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

pytestmark = [
    pytest.mark.spark,
    pytest.mark.skipif(
        not shutil.which("java"), reason="SPARK PARITY NOT PROVEN HERE: no java on this machine"
    ),
]

QUARTER_BEFORE = date(2026, 6, 30)


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SparkSession]:
    sql = pytest.importorskip("pyspark.sql", reason="SPARK PARITY NOT PROVEN HERE: no pyspark")
    folder = tmp_path_factory.mktemp("spark")
    settings = {
        "spark.ui.enabled": "false",
        "spark.sql.shuffle.partitions": "3",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.host": "127.0.0.1",
        "spark.sql.warehouse.dir": str(folder),
        "spark.local.dir": str(folder),
        "spark.log.level": "ERROR",
    }
    builder = sql.SparkSession.builder.master("local[2]").appName("zhike-parity")
    for name, value in settings.items():
        builder = builder.config(name, value)
    spark = builder.getOrCreate()
    yield spark
    spark.stop()


def two_quarters(engine: Engine, before: SchemeSpec, now: SchemeSpec, folder: Path) -> tuple[object, ...]:
    """Run two quarters, the second on the first, and compare them; return every figure and fingerprint."""
    folder.mkdir()
    first = evaluate.prepare(engine, before, QUARTER_BEFORE)
    found = [evaluate.evaluate(engine, first, folder / "before")]
    engine.view("last", [folder / "before"])
    second = evaluate.prepare(engine, now, AS_OF)
    found.append(evaluate.evaluate(engine, second, folder / "now", previous="last"))
    changed = compare.compare(engine, folder / "now", folder / "before", folder / "changes", least_points=3.0)
    prints = [evaluate.fingerprint(engine, folder / name) for name in ("before", "now", "changes")]
    groups = tuple((kind, group) for kind, group, _ in found[1].groups)
    run = what_if.KeptRun(folder / "now", second, found[1].peers, groups)
    tried = replace(now, high_from=58.0)
    foreseen = what_if.figures(engine, run, tried), what_if.by_part(engine, run, tried, what_if.Part.VALUE)
    return first, second, found, changed, prints, foreseen, what_if.movers(engine, run, tried, at_most=50)


@pytest.mark.requirement("L-42")
def test_spark_gives_the_bits_of_duckdb_for_every_indicator_over_two_quarters(
    everything: SchemeSpec,
    session: SparkSession,
    duck: DuckEngine,
    bank: AdverseBank,
    bank_folder: Path,
    tmp_path: Path,
) -> None:
    before = scheme.preset("core_banking")
    now = replace(everything, high_from=62.0, medium_from=55.0, hysteresis_points=1.0, downgrade_runs=1)
    spark = SparkEngine(session, work_folder=tmp_path / "work")
    bank.register(spark, bank_folder)
    expected = two_quarters(duck, before, now, tmp_path / "duck")
    assert two_quarters(spark, before, now, tmp_path / "spark") == expected


def test_spark_gives_the_bits_of_duckdb_where_feeds_are_absent(
    session: SparkSession, duck: DuckEngine, bank: AdverseBank, bank_folder: Path, tmp_path: Path
) -> None:
    spark = SparkEngine(session, work_folder=tmp_path / "work")
    bank.register(spark, bank_folder)
    prints = []
    for engine in (duck, spark):
        engine.view("events", [], LAKE_COLUMNS["events"])
        inputs = evaluate.prepare(engine, scheme.preset("full"), AS_OF)
        path = tmp_path / type(engine).__name__
        evaluate.evaluate(engine, inputs, path)
        prints.append(evaluate.fingerprint(engine, path))
    assert prints[0] == prints[1]


@pytest.mark.requirement("S-54")
def test_spark_gives_the_portrait_of_duckdb(
    session: SparkSession, duck: DuckEngine, bank: AdverseBank, bank_folder: Path, tmp_path: Path
) -> None:
    spark = SparkEngine(session, work_folder=tmp_path / "kept")
    bank.register(spark, bank_folder)
    rows = []
    for engine, path in ((duck, tmp_path / "duck.parquet"), (spark, tmp_path / "spark")):
        feeds = portrait.feeds_of(engine, AS_OF)
        portrait.build(engine, AS_OF, path, feeds=feeds)
        duck.view("built", [path])
        names = ", ".join(name for name, _ in portrait.columns())
        rows.append((feeds, duck.fetch(f"SELECT {names} FROM built ORDER BY customer_id", {})))
    assert rows[0] == rows[1]


def test_spark_reads_the_pasts_that_duckdb_reads(
    session: SparkSession, duck: DuckEngine, bank: AdverseBank, tmp_path: Path
) -> None:
    buying = buyers.with_purchases(bank)
    reading = Reading(buyers.BOUGHT_FROM, date(2026, 5, 31), AS_OF)
    found = []
    for engine in (duck, SparkEngine(session, work_folder=tmp_path / "work")):
        buying.register(engine, tmp_path)
        rows = []
        for habit in Habit:
            habits.keep_pasts(engine, habit, reading)
            rows.append(sorted(engine.fetch("SELECT * FROM pasts", {})))
            rows += [
                sorted(engine.fetch(plan.text(f"purchases/{name}"), reading.parameters()))
                for name in ("grouped", "spending", "tracked")
            ]
        found.append(rows)
    assert found[0] == found[1]
    assert all(found[0])


def test_spark_gives_the_standing_that_duckdb_gives(
    session: SparkSession, duck: DuckEngine, bank: AdverseBank, tmp_path: Path
) -> None:
    buying = buyers.with_purchases(bank)
    feeds = ("accounts", "balances", "transactions")
    found: list[object] = []
    for engine in (duck, SparkEngine(session, work_folder=tmp_path / "work")):
        buying.register(engine, tmp_path)
        keeping.keep_standing(engine, QUARTER_BEFORE, AS_OF, Rules(), feeds=feeds)
        rfm.keep_rfm(engine)
        months = [date(2026, 7, 1), date(2026, 8, 1)]
        found.append((
            sorted(engine.fetch("SELECT * FROM standing", {}), key=str),
            sorted(engine.fetch("SELECT * FROM rfm", {})),
            keeping.read_figures(engine, Rules()),
            keeping.read_moves(engine),
            keeping.read_monthly(engine, months),
            rfm.read_cells(engine),
            cohorts.read_cohorts(engine, AS_OF, epoch=date(2012, 1, 1)),
        ))  # fmt: skip
    assert found[0] == found[1]
