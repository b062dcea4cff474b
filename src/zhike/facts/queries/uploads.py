"""Where loads stand: being read, waiting for a person, in force, refused."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from django.conf import settings
from django.db.models import Exists, OuterRef, Q, QuerySet

from zhike.core import parameters
from zhike.core.models import JobRun, JobState
from zhike.core.operations import jobs
from zhike.facts.enums import BatchState
from zhike.facts.intake.limits import MIB, Limits
from zhike.facts.models import ImportBatch, Upload

LOAD_JOB = "facts.load_batch"


def quarantine_folder(name: str) -> Path:
    """Where the files of one upload lie until they have been read. The name is chance, not the person's."""
    return Path(settings.HOME) / "imports" / f"upload-{name}"


def limits_of_uploads(on: date) -> Limits:
    """How large a file of the upload screen may be: smaller than what the command line reads."""
    return Limits(
        file_bytes=parameters.value("import.max_megabytes", on=on) * MIB,
        workbook_bytes=parameters.value("import.workbook_megabytes", on=on) * MIB,
    )


def is_failed(upload: Upload) -> bool:
    """Whether the reading of an upload ended by a fault of ours, so that it may be handed in again."""
    return upload.batch_id is None and upload.job_run is not None and not is_under_way(upload.job_run)


def unread() -> QuerySet[Upload]:
    """Uploads that no job has finished reading, the newest first."""
    return Upload.objects.filter(batch=None).select_related("uploaded_by", "job_run").order_by("-id")


def loading_of(batch: ImportBatch) -> JobRun | None:
    """The run that loads a batch, if it was ever asked for."""
    return JobRun.objects.filter(job=LOAD_JOB, key=str(batch.pk)).order_by("-id").first()


def evaluation_waits() -> list[ImportBatch]:
    """The loads that keep an evaluation from starting: those under way, and those refused with none of their mapping
    loaded since. All of them, since each must be settled, the newest first.
    """
    loaded_since = ImportBatch.objects.filter(
        state=BatchState.LOADED, mapping=OuterRef("mapping"), pk__gt=OuterRef("pk")
    )
    under_way = Q(state__in=[BatchState.READING, BatchState.LOADING])
    rows = ImportBatch.objects.filter(under_way | Q(~Exists(loaded_since), state=BatchState.REFUSED))
    return list(rows.only("mapping", "state").order_by("-id"))


def is_under_way(run: JobRun | None) -> bool:
    """Whether a run will come to an end by itself: it waits for a worker, or a living one is at it."""
    if run is None or run.state in {JobState.DONE, JobState.FAILED}:
        return False
    return run.state == JobState.QUEUED or jobs.is_worked_on(run.pk)
