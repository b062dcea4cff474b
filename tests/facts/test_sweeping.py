"""The sweep takes what nobody owns and nothing else."""

from __future__ import annotations

import os
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connections

from zhike.core.models import AuditEvent, JobRun, Parameter
from zhike.facts.models import ImportBatch, LakeFile
from zhike.facts.operations.sweeping import Swept, sweep

pytestmark = [pytest.mark.django_db(databases=["default", "loader"]), pytest.mark.goal("G15")]
NOW = datetime(2026, 11, 23, 19, 15, tzinfo=UTC)


@pytest.fixture(autouse=True)
def home(tmp_path: Path, settings: Any) -> Path:
    settings.HOME, settings.LAKE = tmp_path, str(tmp_path / "lake")
    return tmp_path


def lay(path: Path, *, hours: int, content: bytes = b"x" * 10) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    moment = (NOW - timedelta(hours=hours)).timestamp()
    os.utime(path, (moment, moment))
    os.utime(path.parent, (moment, moment))
    return path


def batch(state: str, *, hours: int = 48, **fields: Any) -> ImportBatch:
    if state == "LOADED":
        fields |= {"loaded_at": NOW, "load_no": ImportBatch.objects.count() + 1}
    return ImportBatch.objects.create(
        mapping="small", digest=f"{state}{hours}", state=state, asked_by="x", asked_at=NOW - timedelta(hours=hours),
        **fields,
    )  # fmt: skip


def test_files_of_the_lake_that_no_commit_names_go_after_a_day(home: Path) -> None:
    named = lay(home / "lake/transactions/2026-09/batch-000001.parquet", hours=90)
    LakeFile.objects.create(
        batch=batch("LOADED"), table="transactions", month_on=date(2026, 9, 1), row_count=1, sha256="",
        path="transactions/2026-09/batch-000001.parquet",
    )  # fmt: skip
    orphan = lay(home / "lake/transactions/2026-09/batch-000002.parquet", hours=90)
    young = lay(home / "lake/customers/batch-000003.parquet", hours=2)
    result = lay(home / "lake/loyalty/run-1-1-results.parquet", hours=90)
    assert sweep(now=NOW) == Swept(lake_files=1, bytes=10)
    assert [path.exists() for path in (named, orphan, young, result)] == [True, False, True, True]
    event = AuditEvent.objects.get(action="import.swept")
    assert event.detail["lake_files"] == ["transactions/2026-09/batch-000002.parquet"]
    assert not sweep(now=NOW).found
    assert AuditEvent.objects.filter(action="import.swept").count() == 1


def test_results_that_a_killed_worker_left_go_too_and_those_of_runs_stay(home: Path) -> None:
    from zhike.loyalty import jobs  # noqa: F401 - as the worker loads them, which knows of these files

    names = ("count-1f.parquet", "watch-2e.parquet", "watch-2e.moved", "trial-3c.parquet", "trial-3c.ruling")
    left = [lay(home / "lake/loyalty" / name, hours=90) for name in names]
    young = lay(home / "lake/loyalty/count-3d.parquet", hours=1)
    result = lay(home / "lake/loyalty/run-1-1-results.parquet", hours=90)
    assert sweep(now=NOW).lake_files == len(left)
    assert [path.exists() for path in (*left, young, result)] == [*[False] * len(left), True, True]


def test_what_a_killed_run_on_spark_left_goes_with_its_folder_and_a_running_ones_stays(home: Path) -> None:
    left = lay(home / "lake/loyalty/spark/left/kept.parquet", hours=90)
    running = lay(home / "lake/loyalty/spark/running/kept.parquet", hours=2)
    assert sweep(now=NOW) == Swept(lake_files=1, bytes=10)
    assert [path.parent.exists() for path in (left, running)] == [False, True]


def test_folders_of_nobody_go_and_those_that_wait_stay(home: Path) -> None:
    waiting, loaded = batch("PREVIEW"), batch("LOADED")
    kept = lay(home / f"imports/batch-{waiting.pk:06d}/reading.duckdb", hours=90)
    gone = lay(home / f"imports/batch-{loaded.pk:06d}/reading.duckdb", hours=90)
    upload = lay(home / "imports/upload-abc/people.csv", hours=90)
    young = lay(home / "imports/upload-def/people.csv", hours=1)
    assert sweep(now=NOW) == Swept(folders=2, bytes=20)
    assert [path.exists() for path in (kept, gone, upload, young)] == [True, False, False, True]


def test_a_reading_that_never_ended_is_given_up_and_stops_blocking(home: Path) -> None:
    dead, alive = batch("READING", hours=48), batch("READING", hours=1)
    folder = lay(home / f"imports/batch-{dead.pk:06d}/reading.duckdb", hours=48)
    assert sweep(now=NOW).batches == 1
    dead.refresh_from_db()
    alive.refresh_from_db()
    assert (dead.state, alive.state, folder.exists()) == ("DISCARDED", "READING", False)
    assert AuditEvent.objects.get(action="import.discarded").actor == "system"


@pytest.mark.requirement("L-31")
def test_a_reading_nobody_decides_on_expires_with_its_personal_data(home: Path) -> None:
    late, soon = batch("PREVIEW", hours=73, rejects=b"secret"), batch("PREVIEW", hours=71)
    gone = lay(home / f"imports/batch-{late.pk:06d}/reading.duckdb", hours=1)
    kept = lay(home / f"imports/batch-{soon.pk:06d}/reading.duckdb", hours=71)
    swept = sweep(now=NOW)
    assert (swept.batches, swept.folders, gone.parent.exists(), kept.exists()) == (1, 1, False, True)
    late.refresh_from_db()
    soon.refresh_from_db()
    assert (late.state, bytes(late.rejects), soon.state) == ("DISCARDED", b"", "PREVIEW")
    event = AuditEvent.objects.get(action="import.discarded")
    assert (event.object_id, event.reason) == (str(late.pk), "expired")


def test_how_long_a_reading_waits_is_the_banks_to_say(home: Path) -> None:
    Parameter.objects.create(
        code="import.preview_hours", valid_from=date(2026, 11, 1), value=2, changed_at=NOW, unit="hours"
    )
    waiting = batch("PREVIEW", hours=3)
    folder = lay(home / f"imports/batch-{waiting.pk:06d}/reading.duckdb", hours=3)
    assert sweep(now=NOW).batches == 1 and not folder.exists()


def test_a_reading_whose_load_is_queued_does_not_expire(home: Path) -> None:
    waiting = batch("PREVIEW", hours=100)
    JobRun.objects.create(job="facts.load_batch", as_of=NOW.date(), key=str(waiting.pk), asked_at=NOW)
    assert sweep(now=NOW).batches == 0


def test_a_load_that_died_lets_its_import_wait_again(home: Path) -> None:
    dead = batch("LOADING", hours=48)
    folder = lay(home / f"imports/batch-{dead.pk:06d}/reading.duckdb", hours=48)
    sweep(now=NOW)
    dead.refresh_from_db()
    assert (dead.state, folder.exists()) == ("PREVIEW", True)
    assert AuditEvent.objects.get(action="import.load_abandoned").actor == "system"


def test_days_of_a_sweep_are_those_of_the_bank(home: Path) -> None:
    """A parameter of the 24th counts from its midnight in Shanghai, 16:00 of the 23rd in UTC."""
    Parameter.objects.create(
        code="import.preview_hours", valid_from=date(2026, 11, 24), value=2, changed_at=NOW, unit="hours"
    )
    batch("PREVIEW", hours=3)
    assert sweep(now=datetime(2026, 11, 23, 15, 59, tzinfo=UTC)).batches == 0
    assert sweep(now=datetime(2026, 11, 23, 19, 15, tzinfo=UTC)).batches == 1


@pytest.mark.requirement("L-31")
def test_rejected_rows_expire(home: Path) -> None:
    old, new = (
        batch("LOADED", hours=24 * 91, rejects=b"secret"),
        batch("PREVIEW", hours=24, rejects=b"secret"),
    )
    assert sweep(now=NOW).rejects == 1
    old.refresh_from_db()
    new.refresh_from_db()
    assert (bytes(old.rejects), bytes(new.rejects)) == (b"", b"secret")


@pytest.mark.django_db(transaction=True, databases=["default", "loader"])
def test_nothing_is_touched_while_a_load_runs(committed: None, home: Path) -> None:
    from zhike.facts.operations.loading import LOCK

    orphan = lay(home / "lake/customers/batch-000009.parquet", hours=90)
    with connections["loader"].cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [LOCK])
        assert not sweep(now=NOW).found and orphan.exists()
        cursor.execute("SELECT pg_advisory_unlock(%s)", [LOCK])
    assert sweep(now=NOW).lake_files == 1 and not orphan.exists()


@pytest.mark.requirement("L-21")
def test_the_nightly_sweep_is_seen_on_the_operations_page(home: Path) -> None:
    from zhike.facts import jobs

    folder = home / "imports" / "upload-abc"
    folder.mkdir(parents=True)
    os.utime(folder, (0, 0))
    for _night in range(2):
        jobs.sweep(timestamp=0)
    run = JobRun.objects.get(job="facts.sweep")
    assert (run.state, run.done_count, run.total_count) == ("DONE", 1, 1)
