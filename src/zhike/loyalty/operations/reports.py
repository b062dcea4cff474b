"""Taking the report of an evaluation away as a file: made for the reader, recorded, the same figures in each format."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from zhike.core import audit
from zhike.core.errors import DomainError
from zhike.core.papers.paper import Paper, file_name
from zhike.core.papers.pdf import pdf_of
from zhike.core.papers.word import document_of
from zhike.core.papers.workbook import workbook_of
from zhike.loyalty.enums import ReportFormat
from zhike.loyalty.models import Run
from zhike.loyalty.queries.report import report_of, unit_name
from zhike.staff.models import Staff


class ReportRefused(DomainError):
    pass


@dataclass(frozen=True, slots=True)
class ReportFile:
    """A finished file."""

    name: str
    content: bytes
    content_type: str


_OFFICE = "application/vnd.openxmlformats-officedocument"
WRITERS: dict[ReportFormat, tuple[Callable[[Paper], bytes], str]] = {
    ReportFormat.PDF: (pdf_of, "application/pdf"),
    ReportFormat.DOCX: (document_of, f"{_OFFICE}.wordprocessingml.document"),
    ReportFormat.XLSX: (workbook_of, f"{_OFFICE}.spreadsheetml.sheet"),
}


@transaction.atomic
def take_report(*, run: Run, form: ReportFormat, by: Staff, now: datetime) -> ReportFile:
    """The report of an evaluation as a file, with the figures `by` may see; that it was taken is recorded.

    It holds totals only, so no purpose is asked. Refuses an evaluation that has computed nothing.
    """
    if not run.summary:
        raise ReportRefused(_("Nothing has been computed yet; there is nothing to report."))
    event = audit.record("run.reported", by=by, at=now, row=run, detail={"format": form.value})
    number = f"{run.period}-{run.number}-{event.pk}"
    write, content_type = WRITERS[form]
    paper = report_of(run, staff=by, number=number, at=now)
    day = timezone.localdate(now).strftime("%Y%m%d")
    name = file_name([paper.title, unit_name(by), day, by.name], form.value.lower())
    return ReportFile(name=name, content=write(paper), content_type=content_type)
