"""A cluster of several machines' shape, on loopback: DuckDB's bits, and what happens when workers die."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests import spark_cluster
from tests.analytics.adverse_bank import AS_OF, AdverseBank

from zhike.analytics import evaluate, spark
from zhike.analytics.engine import DuckEngine, SparkEngine
from zhike.analytics.scheme import SchemeSpec

pytestmark = pytest.mark.spark


@pytest.fixture
def shared(tmp_path: Path) -> Path:
    folder = tmp_path / "shared"
    folder.mkdir()
    return folder


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[spark_cluster.Cluster]:
    with spark_cluster.standalone(tmp_path) as found:
        yield found


def demand_equal(duck: DuckEngine, ours: Path, theirs: Path) -> None:
    """Every row and every column of two results, and the types of the columns."""
    duck.view("ours", [ours])
    duck.view("theirs", [theirs])
    assert duck.kinds("ours") == duck.kinds("theirs")
    both = "SELECT COUNT(*) FROM (SELECT * FROM {} EXCEPT ALL SELECT * FROM {})"
    for one, other in (("ours", "theirs"), ("theirs", "ours")):
        assert duck.fetch(both.format(one, other), {}) == [(0,)]
    assert evaluate.fingerprint(duck, ours) == evaluate.fingerprint(duck, theirs)


def evaluated(
    engine: DuckEngine | SparkEngine, scheme: SchemeSpec, path: Path, progress: object = None
) -> evaluate.Summary:
    inputs = evaluate.prepare(engine, scheme, AS_OF)
    return evaluate.evaluate(engine, inputs, path, progress=progress)  # type: ignore[arg-type]


@pytest.mark.requirement("L-42")
def test_a_cluster_of_two_workers_gives_duckdbs_bits_and_one_worker_may_die_on_the_way(
    cluster: spark_cluster.Cluster, everything: SchemeSpec, duck: DuckEngine, bank: AdverseBank,
    bank_folder: Path, shared: Path, tmp_path: Path,
) -> None:  # fmt: skip
    expected = evaluated(duck, everything, tmp_path / "ours")

    def kill(stage: str) -> None:
        if stage == "RESULTS":
            cluster.kill_worker(0)

    with spark.opened(cluster.address, shared=str(shared), spill=tmp_path, log=tmp_path / "log") as opened:
        engine = SparkEngine(opened.session, work_folder=shared / "kept")
        bank.register(engine, bank_folder)
        assert evaluated(engine, everything, shared / "whole") == expected
        assert evaluated(engine, everything, shared / "halved", kill) == expected
    demand_equal(duck, tmp_path / "ours", shared / "whole")
    demand_equal(duck, tmp_path / "ours", shared / "halved")


def test_a_run_whose_workers_all_die_is_given_up_and_none_begins_without_them(
    cluster: spark_cluster.Cluster, everything: SchemeSpec, bank: AdverseBank, bank_folder: Path,
    shared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(spark, "LOST_SECONDS", 2.0)

    def kill(stage: str) -> None:
        if stage == "PEERS":
            cluster.kill_worker(0)
            cluster.kill_worker(1)

    with spark.opened(cluster.address, shared=str(shared), spill=tmp_path, log=tmp_path / "log") as opened:
        engine = SparkEngine(opened.session, work_folder=shared / "kept")
        bank.register(engine, bank_folder)
        with pytest.raises(spark.SparkLost), opened.explaining():
            evaluated(engine, everything, shared / "never", kill)
    monkeypatch.setattr(spark, "ANSWER_SECONDS", 3.0)
    with (
        pytest.raises(spark.SparkUnusable, match="SPARK_NO_WORKERS"),
        spark.opened(cluster.address, shared=str(shared), spill=tmp_path, log=tmp_path / "log"),
    ):
        pass
    assert not [each for each in threading.enumerate() if each.name == "spark-watch"]


@pytest.mark.requirement("L-42")
def test_a_spark_connect_server_gives_duckdbs_bits(
    everything: SchemeSpec,
    duck: DuckEngine,
    bank: AdverseBank,
    bank_folder: Path,
    shared: Path,
    tmp_path: Path,
) -> None:
    expected = evaluated(duck, everything, tmp_path / "ours")
    with (
        spark_cluster.connect_server(tmp_path) as address,
        spark.opened(address, shared=str(shared), spill=tmp_path, log=tmp_path / "log") as opened,
    ):
        engine = SparkEngine(opened.session, work_folder=shared / "kept")
        bank.register(engine, bank_folder)
        assert evaluated(engine, everything, shared / "theirs") == expected
    demand_equal(duck, tmp_path / "ours", shared / "theirs")
