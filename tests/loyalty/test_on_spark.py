"""A run whose rows Spark computes: stored, published and proved as DuckDB's; and what stops it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from tests import spark_cluster
from tests.cast import Bank
from tests.loyalty import steps
from tests.loyalty.golden import NOW, Q3

from zhike.analytics import spark
from zhike.cli import evaluate
from zhike.cli.spark_words import WORDS
from zhike.core.models import JobRun
from zhike.facts import api as facts
from zhike.loyalty.models import Result, Run, Scheme
from zhike.loyalty.operations import computing, engines, recomputing, runs

pytestmark = pytest.mark.django_db
PROGRAM = Path(spark.__file__)


@pytest.fixture
def opened(golden_scheme: Scheme, tmp_path: Path) -> Iterator[spark.Spark]:
    with spark_cluster.settings_in(tmp_path / "conf"), engines.spark_at("local[2]") as found:
        yield found


def started(scheme: Scheme, bank: Bank) -> tuple[Run, JobRun]:
    run = runs.start_run(scheme_id=scheme.pk, as_of=Q3, by=bank.wu, now=NOW)
    job = runs.computation_of(run)
    assert job is not None
    return run, job


@pytest.mark.spark
@pytest.mark.requirement("L-42")
def test_a_run_of_spark_is_stored_published_and_proved_as_duckdbs(
    golden_bank: Bank, golden_scheme: Scheme, opened: spark.Spark, lake: Path
) -> None:
    run, job = started(golden_scheme, golden_bank)
    told: list[str] = []
    assert computing.perform_run(
        job_run_id=job.pk, run_id=run.pk, clock=lambda: NOW, tell=told.append, spark=opened
    )
    run.refresh_from_db()
    assert (run.state, told) == ("REVIEW", list(computing.STEPS))
    assert run.summary["engine"] == {"name": "Apache Spark", "version": opened.version}
    assert Result.objects.filter(run_id=run.pk).count() == run.customer_count > 0
    assert all(each["is_ok"] for each in run.statements)
    assert (lake / run.result_path).is_file()
    published = steps.publish(run, golden_bank)
    for where in (None, opened):
        found = recomputing.recompute_run(run_id=published.pk, spark=where)
        assert found.is_equal, where


@pytest.mark.spark
def test_a_run_that_loses_its_cluster_stores_nothing_and_can_be_computed_again(
    golden_bank: Bank, golden_scheme: Scheme, opened: spark.Spark, lake: Path
) -> None:
    run, job = started(golden_scheme, golden_bank)

    def lose(step: str) -> None:
        if step == "RESULTS":
            opened._is_lost.set()
            opened.session.sparkContext.stop()

    with pytest.raises(spark.SparkLost):
        computing.perform_run(job_run_id=job.pk, run_id=run.pk, clock=lambda: NOW, tell=lose, spark=opened)
    job.refresh_from_db()
    run.refresh_from_db()
    assert (job.state, run.state, run.result_hash) == ("FAILED", "COMPUTING", "")
    assert not Result.objects.filter(run_id=run.pk).exists()
    assert not list((lake / "loyalty").glob(f"run-{run.pk}-*"))
    again = runs.restart_run(run_id=run.pk, by=golden_bank.wu, now=NOW)
    assert steps.carry_out(again).summary["engine"]["name"] == "DuckDB"


def test_a_run_that_a_session_has_taken_is_left_to_it_by_workers(
    golden_bank: Bank, golden_scheme: Scheme
) -> None:
    from zhike.core.operations import jobs

    run, job = started(golden_scheme, golden_bank)
    assert jobs.take(job.pk, now=NOW)
    assert not jobs.take(job.pk, now=NOW)
    assert not runs.is_stuck(run)
    assert computing.perform_run(job_run_id=job.pk, run_id=run.pk, clock=lambda: NOW)
    job.refresh_from_db()
    assert job.state == "DONE"


def asked(*words: str) -> Any:
    return CliRunner().invoke(evaluate.command, ["--scheme", "FULL", "--as-of", "2026-09-30", *words])


def lacking(monkeypatch: pytest.MonkeyPatch, *packages: str) -> None:
    found = spark.importlib.util.find_spec
    monkeypatch.setattr(
        spark.importlib.util, "find_spec", lambda name: None if name in packages else found(name)
    )


@pytest.mark.parametrize(
    ("address", "missing", "code"),
    [
        ("nonsense", (), "SPARK_ADDRESS"),
        ("spark://127.0.0.1", (), "SPARK_ADDRESS"),
        ("spark://127.0.0.1:99999", (), "SPARK_ADDRESS"),
        ("local[2]", ("pyspark",), "SPARK_NO_PACKAGE"),
        ("sc://127.0.0.1:1", ("grpc",), "SPARK_NO_CONNECT"),
        ("spark://127.0.0.1:1", (), "SPARK_NO_MASTER"),
        ("local[2]", ("java",), "SPARK_NO_JAVA"),
    ],
)
def test_what_is_missing_is_told_in_one_sentence_before_anything_is_changed(
    golden_scheme: Scheme, monkeypatch: pytest.MonkeyPatch, address: str, missing: tuple[str, ...], code: str
) -> None:
    monkeypatch.setattr(evaluate, "enter_quietly", lambda *roles: None)
    lacking(monkeypatch, *missing)
    if "pyspark" not in missing:
        monkeypatch.setattr(spark, "_demand_java", lambda: None)
        if spark.importlib.util.find_spec("pyspark") is None:
            pytest.skip("without pyspark only its own lack is told")
    if "java" in missing:
        monkeypatch.undo()
        monkeypatch.setattr(evaluate, "enter_quietly", lambda *roles: None)
        monkeypatch.setenv("JAVA_HOME", "/nowhere")
    told = asked("--engine", "spark", "--master", address, "--json")
    answer = json.loads(told.stdout)
    assert (told.exit_code, answer["ok"], answer["code"]) == (1, False, code)
    assert answer["error"].endswith("Nothing was changed.")
    assert not Run.objects.exists()
    assert not list((Path(facts.full_path(engines.HANDED))).glob("*"))


@pytest.mark.parametrize("words", [("--engine", "spark"), ("--master", "local[2]")])
def test_an_engine_without_its_address_or_the_other_way_round_is_a_mistyped_command(
    words: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("ZHIKE_SPARK_MASTER", raising=False)
    assert asked(*words).exit_code == 2


def test_every_reason_against_a_spark_has_its_sentence() -> None:
    codes = set(re.findall(r'SparkUnusable\(\s*"(\w+)"', PROGRAM.read_text(encoding="utf-8")))
    assert codes == set(WORDS)


def test_an_address_is_shown_without_its_token() -> None:
    assert spark.without_secrets("sc://host:1/;token=secret") == "sc://host:1"
