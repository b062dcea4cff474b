"""Files from the upload screen: taken into quarantine, read by a job, loaded when a person has confirmed."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from procrastinate.contrib.django import app

from zhike.core import audit
from zhike.core.errors import DomainError
from zhike.core.models import JobRun
from zhike.core.operations import jobs
from zhike.facts.enums import BatchState
from zhike.facts.intake.limits import Limits
from zhike.facts.intake.offered import Offered, faults_of
from zhike.facts.intake.refusals import ExtractRefused
from zhike.facts.models import ImportBatch, Upload
from zhike.facts.operations import imports
from zhike.facts.operations.imports import ImportRefused, Tell
from zhike.facts.operations.loading import hold_off_loads
from zhike.facts.queries.mappings import Available, available, mapping_of
from zhike.facts.queries.uploads import (
    LOAD_JOB,
    is_failed,
    is_under_way,
    limits_of_uploads,
    loading_of,
    quarantine_folder,
)
from zhike.staff.api import Staff

READ_JOB = "facts.read_upload"
WAITING = (BatchState.READING, BatchState.PREVIEW, BatchState.LOADING)


class UploadRefused(DomainError):
    """The files are not what the mapping asks for; `faults` says each thing that is wrong."""

    def __init__(self, text: str, faults: Sequence[ExtractRefused] = ()) -> None:
        super().__init__(text)
        self.faults = tuple(faults)


class AnothersFiles(UploadRefused):
    """The files are a whole delivery of another source system than the one that was chosen."""


@transaction.atomic
def receive_upload(
    *, mapping: str, folder: str, offered: list[Offered], by: Staff, now: datetime
) -> tuple[Upload, bool]:
    """Accept files of a quarantine folder and queue their reading. Refuses what cannot be these extracts.

    The second answer is False when exactly these files wait already or are being read: then the first upload
    is the answer, and the folder of the second is given up (a double click).
    """
    found = mapping_of(mapping).mapping
    if found is None:
        raise UploadRefused(_("This mapping cannot be used; tell the system administrator."))
    if not offered:
        raise UploadRefused(_("Choose the files."))
    limits = limits_of_uploads(timezone.localdate(now))
    if faults := faults_of(offered, found, limits):
        if other := _taken_by(offered, limits):
            words = _(
                "These are the files of “%(title)s”. Choose it and hand them in again; nothing was loaded."
            )
            raise AnothersFiles(words % {"title": other.title})
        raise UploadRefused(_("These files cannot be read as chosen. Nothing was loaded."), faults)
    digest = _digest(mapping, offered)
    first = _still_waiting(digest)
    if first is not None and not is_failed(first):
        shutil.rmtree(quarantine_folder(folder), ignore_errors=True)
        return first, False
    upload = first or Upload(mapping=mapping, digest=digest)
    with audit.change(upload, "import.uploaded", by=by, at=now):
        upload.folder, upload.uploaded_by, upload.uploaded_at = folder, by, now
        upload.files = [{"name": file.name, "bytes": file.size, "sha256": file.sha256} for file in offered]
        upload.save()
    for file in offered:
        file.path.rename(quarantine_folder(folder) / file.name)
    _queue(upload, by=by, now=now)
    return upload, True


def read_upload(*, upload_id: int, now: datetime, tell: Tell = lambda _step: None) -> ImportBatch:
    """Read the files of an upload, as the worker. A refusal is an outcome: the batch keeps where and why.

    Safe to run again: an upload that was read answers with its batch. Recorded by what it calls.
    """
    upload = Upload.objects.select_related("uploaded_by").get(pk=upload_id)
    if upload.batch is not None:
        return upload.batch
    folder = quarantine_folder(upload.folder)
    try:
        batch = imports.read_extracts(
            mapping=mapping_of(upload.mapping).path, folder=folder, by=upload.uploaded_by, now=now, tell=tell
        )
    except ImportRefused as refusal:
        if refusal.batch is None:
            raise
        batch = refusal.batch
    Upload.objects.filter(pk=upload.pk).update(batch=batch)
    shutil.rmtree(folder, ignore_errors=True)
    return batch


@transaction.atomic
def confirm_batch(*, batch_id: int, by: Staff, now: datetime) -> JobRun:
    """Queue the load of a batch a person has looked at. Refuses one that does not wait or must not be loaded.

    Confirming twice queues once; a load that failed or whose worker died is queued again.
    """
    batch = ImportBatch.objects.select_for_update().get(pk=batch_id)
    run = loading_of(batch)
    if run is not None and is_under_way(run):
        return run
    if batch.state not in imports.WAITING:
        raise ImportRefused(_("This import is not waiting for a decision any more."), batch=batch)
    if batch.state == BatchState.LOADING and not hold_off_loads():
        raise ImportRefused(_("This import is being loaded."), batch=batch)
    if problem := imports.blocking(batch, on=timezone.localdate(now)):
        raise ImportRefused(problem, batch=batch)
    _demand_new(batch)
    as_of = run.as_of if run else timezone.localdate(now)
    run, _is_new = jobs.queue_run(
        job=LOAD_JOB, as_of=as_of, key=str(batch.pk), asked_by=f"{by.staff_no} {by.name}", now=now
    )
    audit.record("import.confirmed", by=by, at=now, row=batch)
    app.configure_task(LOAD_JOB).defer(run_id=run.pk, batch_id=batch.pk, by_id=by.pk)
    return run


def _taken_by(offered: list[Offered], limits: Limits) -> Available | None:
    """The first mapping that takes all these files as they are."""
    usable = ((one, one.mapping) for one in available() if one.mapping)
    return next((one for one, mapping in usable if not faults_of(offered, mapping, limits)), None)


def _queue(upload: Upload, *, by: Staff, now: datetime) -> None:
    """Queue the reading; after one that failed or whose worker died, the same run again."""
    as_of = upload.job_run.as_of if upload.job_run else timezone.localdate(now)
    run, _is_new = jobs.queue_run(
        job=READ_JOB, as_of=as_of, key=str(upload.pk), asked_by=f"{by.staff_no} {by.name}", now=now
    )
    upload.job_run = run
    upload.save(update_fields=["job_run"])
    app.configure_task(READ_JOB).defer(run_id=run.pk, upload_id=upload.pk)


def _still_waiting(digest: str) -> Upload | None:
    rows = Upload.objects.select_for_update(of=("self",)).select_related("batch", "job_run")
    for upload in rows.filter(digest=digest).order_by("-id")[:5]:
        if upload.batch is None or upload.batch.state in WAITING:
            return upload
    return None


def _demand_new(batch: ImportBatch) -> None:
    loaded = ImportBatch.objects.filter(
        mapping=batch.mapping, digest=batch.digest, state=BatchState.LOADED
    ).first()
    if loaded is not None:
        raise ImportRefused(
            _("These files were loaded before, as import %(number)s. Discard this one.")
            % {"number": loaded.pk},
            batch=batch,
        )


def _digest(mapping: str, offered: Sequence[Offered]) -> str:
    parts = sorted(f"{file.name.lower()} {file.sha256}" for file in offered)
    return hashlib.sha256("\n".join([mapping, *parts]).encode()).hexdigest()
