"""What killed processes leave behind: files of the lake that no commit named, folders of readings nobody owns.

A file or folder goes only when it is older than `import.orphan_hours` and nothing committed names it. While a
load is running nothing is touched: its files are not named yet. Readings hold personal data in the clear, so
one that nobody has decided on for `import.preview_hours` goes as well.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from zhike.core import audit, parameters
from zhike.facts.contract import LAKE_COLUMNS
from zhike.facts.enums import BatchState
from zhike.facts.models import ImportBatch, LakeFile, Upload
from zhike.facts.operations.imports import work_folder
from zhike.facts.operations.loading import hold_off_loads
from zhike.facts.operations.moving import move
from zhike.facts.queries.uploads import is_failed, is_under_way, loading_of, quarantine_folder

_PASSING: set[str] = set()


def sweep_too(pattern: str) -> None:
    """Have files and folders of the lake by this pattern swept once they are old: another room's, of works that may be
    killed."""
    _PASSING.add(pattern)


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
    """Delete what is left over, give up readings whose process is gone, and let previews and rejects expire.

    Does nothing while a load runs. Audited as one act with its counts; repeating it finds nothing.
    """
    if not hold_off_loads():
        return Swept()
    today = timezone.localdate(now)
    before = now - timedelta(hours=parameters.value("import.orphan_hours", on=today))
    files = _orphans_of_the_lake(before)
    # A reading that has not ended for so long never will; left open it would block every evaluation.
    given_up = _give_up(BatchState.READING, before, now=now, reason="abandoned")
    _let_wait_again(now=now)
    waited = now - timedelta(hours=parameters.value("import.preview_hours", on=today))
    given_up += _give_up(BatchState.PREVIEW, waited, now=now, reason="expired")
    _forget_failed_uploads(before)
    folders = _orphan_folders(before, given_up)
    expired = now - timedelta(days=parameters.value("import.rejects_days", on=today))
    rejects = ImportBatch.objects.filter(asked_at__lt=expired).exclude(rejects=b"").update(rejects=b"")
    size = sum(map(_size_of, [*files, *folders]))
    swept = Swept(len(files), len(folders), len(given_up), rejects, size)
    if swept.found:
        audit.record(
            "import.swept", by=None, at=now,
            detail={
                "lake_files": sorted(str(path.relative_to(settings.LAKE)) for path in files)[:200],
                "folders": sorted(folder.name for folder in folders)[:200],
                "batches": len(given_up), "rejects": rejects, "bytes": size,
            },
        )  # fmt: skip
    _delete(files, folders)  # before the lock goes: a load that starts anew may write a file of the same name
    return swept


def _orphans_of_the_lake(before: datetime) -> list[Path]:
    root = Path(settings.LAKE)
    named = set(LakeFile.objects.values_list("path", flat=True))
    found = [path for table in LAKE_COLUMNS for path in sorted((root / table).rglob("*.parquet"))]
    found += [path for pattern in sorted(_PASSING) for path in sorted(root.glob(pattern))]
    return [path for path in found if str(path.relative_to(root)) not in named and _is_older(path, before)]


def _let_wait_again(*, now: datetime) -> None:
    """No load runs, so one that is marked as running died. The batch waits as it did before."""
    for batch in ImportBatch.objects.select_for_update().filter(state=BatchState.LOADING).defer("rejects"):
        with audit.change(batch, "import.load_abandoned", by=None, at=now):
            move(batch, BatchState.PREVIEW)
            batch.save(update_fields=["state"])


def _give_up(state: BatchState, before: datetime, *, now: datetime, reason: str) -> list[ImportBatch]:
    """Discard the batches that have been in a state since before a moment, but for those being loaded."""
    rows = ImportBatch.objects.select_for_update().filter(state=state, asked_at__lt=before)
    found = [batch for batch in rows if not is_under_way(loading_of(batch))]
    for batch in found:
        with audit.change(batch, "import.discarded", by=None, at=now, reason=reason):
            move(batch, BatchState.DISCARDED)
            batch.rejects = b""
            batch.save(update_fields=["state", "rejects"])
    return found


def _forget_failed_uploads(before: datetime) -> None:
    """Nobody handed them in again; what lies in their folders is an orphan from now on."""
    old = Upload.objects.filter(batch=None, uploaded_at__lt=before).select_related("job_run")
    Upload.objects.filter(pk__in=[upload.pk for upload in old if is_failed(upload)]).delete()


def _orphan_folders(before: datetime, given_up: list[ImportBatch]) -> list[Path]:
    """Folders that nobody waits for: those of batches just given up at once, others when they are old."""
    root = Path(settings.HOME) / "imports"
    if not root.is_dir():
        return []
    owners = ImportBatch.objects.filter(state__in=[BatchState.READING, BatchState.PREVIEW])
    wanted = {work_folder(batch) for batch in owners.only("pk")}
    waiting = Upload.objects.filter(batch=None).values_list("folder", flat=True)
    wanted |= {quarantine_folder(name) for name in waiting}
    at_once = {work_folder(batch) for batch in given_up}
    return [
        folder
        for folder in sorted(root.iterdir())
        if folder.is_dir() and folder not in wanted and (folder in at_once or _is_older(folder, before))
    ]


def _is_older(path: Path, before: datetime) -> bool:
    return datetime.fromtimestamp(path.stat().st_mtime, UTC) < before


def _size_of(place: Path) -> int:
    files = place.rglob("*") if place.is_dir() else [place]
    return sum(path.stat().st_size for path in files if path.is_file())


def _delete(files: list[Path], folders: list[Path]) -> None:
    for path in [*files, *folders]:
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)
