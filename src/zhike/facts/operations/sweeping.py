"""What killed processes leave behind: files of the lake that no commit named, folders of readings nobody owns.

A file or folder goes only when it is older than `import.orphan_hours` and nothing committed names it. While a
load is running nothing is touched: its files are not named yet.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from zhike.core import audit, parameters
from zhike.core.models import JobState
from zhike.facts.contract import LAKE_COLUMNS
from zhike.facts.enums import BatchState
from zhike.facts.models import ImportBatch, LakeFile, Upload
from zhike.facts.operations.imports import work_folder
from zhike.facts.operations.loading import LOCK
from zhike.facts.queries.uploads import quarantine_folder

ABANDONED = (BatchState.READING, BatchState.LOADING)


@dataclass(frozen=True, slots=True)
class Swept:
    """What was taken away."""

    lake_files: int = 0
    folders: int = 0
    batches: int = 0
    rejects: int = 0
    bytes: int = 0

    @property
    def found(self) -> int:
        """How many things were left over; 0 says that everything was in order."""
        return self.lake_files + self.folders + self.batches + self.rejects


@transaction.atomic
def sweep(*, now: datetime) -> Swept:
    """Delete what is left over, give up readings whose process is gone, and let old rejects expire.

    Does nothing while a load runs. Audited as one act with its counts; repeating it finds nothing.
    """
    if not _no_load_runs():
        return Swept()
    today = timezone.localdate(now)
    before = now - timedelta(hours=parameters.value("import.orphan_hours", on=today))
    files = _orphans_of_the_lake(before)
    batches = _give_up_abandoned(before, now=now)
    Upload.objects.filter(batch=None, job_run__state=JobState.FAILED, uploaded_at__lt=before).delete()
    folders = _orphan_folders(before)
    expired = now - timedelta(days=parameters.value("import.rejects_days", on=today))
    rejects = ImportBatch.objects.filter(asked_at__lt=expired).exclude(rejects=b"").update(rejects=b"")
    size = sum(path.stat().st_size for path in files) + sum(map(_size_of, folders))
    swept = Swept(len(files), len(folders), batches, rejects, size)
    if swept.found:
        audit.record(
            "import.swept", by=None, at=now,
            detail={
                "lake_files": sorted(str(path.relative_to(settings.LAKE)) for path in files)[:200],
                "folders": sorted(folder.name for folder in folders)[:200],
                "batches": batches, "rejects": rejects, "bytes": size,
            },
        )  # fmt: skip
    _delete(files, folders)  # before the lock goes: a load that starts anew may write a file of the same name
    return swept


def _no_load_runs() -> bool:
    """Hold off loads until this transaction ends; False if one is running."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [LOCK])
        return bool(cursor.fetchone()[0])


def _orphans_of_the_lake(before: datetime) -> list[Path]:
    root = Path(settings.LAKE)
    named = set(LakeFile.objects.values_list("path", flat=True))
    found = [path for table in LAKE_COLUMNS for path in sorted((root / table).rglob("*.parquet"))]
    return [path for path in found if str(path.relative_to(root)) not in named and _is_older(path, before)]


def _give_up_abandoned(before: datetime, *, now: datetime) -> int:
    """A reading that has not ended for so long never will; left open it would block every evaluation."""
    abandoned = ImportBatch.objects.select_for_update().filter(state__in=ABANDONED, asked_at__lt=before)
    rows = list(abandoned.defer("rejects"))
    for batch in rows:
        with audit.change(batch, "import.discarded", by=None, at=now, reason="abandoned"):
            batch.state = BatchState.DISCARDED
            batch.save(update_fields=["state"])
    return len(rows)


def _orphan_folders(before: datetime) -> list[Path]:
    root = Path(settings.HOME) / "imports"
    if not root.is_dir():
        return []
    wanted = {
        work_folder(batch) for batch in ImportBatch.objects.filter(state__in=[BatchState.PREVIEW, *ABANDONED])
    }
    waiting = Upload.objects.filter(batch=None).values_list("folder", flat=True)
    wanted |= {quarantine_folder(name) for name in waiting}
    return [
        folder
        for folder in sorted(root.iterdir())
        if folder.is_dir() and folder not in wanted and _is_older(folder, before)
    ]  # fmt: skip


def _is_older(path: Path, before: datetime) -> bool:
    return datetime.fromtimestamp(path.stat().st_mtime, UTC) < before


def _size_of(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def _delete(files: list[Path], folders: list[Path]) -> None:
    for path in files:
        path.unlink(missing_ok=True)
    for folder in folders:
        shutil.rmtree(folder, ignore_errors=True)
