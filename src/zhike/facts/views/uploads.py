"""Handing in the files of a delivery, and watching them being read."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt, csrf_protect

from zhike.core.access.guard import requires
from zhike.core.access.permissions import Permission
from zhike.core.errors import DomainError
from zhike.core.ui import answer, say
from zhike.facts.forms import UploadForm
from zhike.facts.intake.refusals import ExtractFault, ExtractRefused
from zhike.facts.models import Upload
from zhike.facts.operations import uploads
from zhike.facts.queries.mappings import offered_first, title_of
from zhike.facts.queries.uploads import is_failed, limits_of_uploads
from zhike.facts.views import quarantine
from zhike.facts.wording import Words, fault_words, mapping_words, size

READERS = (Permission.OPERATIONS_READ, Permission.IMPORT_LOAD)


@csrf_exempt  # only until the files are in: the page itself is protected
def upload_new(request: HttpRequest) -> HttpResponse:
    """Takes the files in before the page's transaction opens, from who may load and from nobody else."""
    taken, is_kept = None, False
    if (
        request.method == "POST"
        and request.user.is_authenticated
        and request.user.may(Permission.IMPORT_LOAD)
    ):
        taken = quarantine.take_in(request, limits_of_uploads(timezone.localdate()))
    request.quarantine = taken  # type: ignore[attr-defined]
    try:
        response = _upload_new(request)
        is_kept = response.status_code == 302
    finally:
        if taken is not None and not is_kept:
            taken.give_up()
    return response


@requires(Permission.IMPORT_LOAD)
@csrf_protect
def _upload_new(request: HttpRequest) -> HttpResponse:
    mappings = offered_first()
    faults: list[ExtractRefused] = []
    form = UploadForm(request.POST or None, request.FILES or None, mappings=mappings)
    if request.method == "POST" and request.quarantine.is_full:
        faults = _not_taken(request)
        form.add_error(None, _("These files could not be taken in. Nothing was loaded."))
    elif request.method == "POST" and form.is_valid():
        try:
            if faults := _not_taken(request):
                raise uploads.UploadRefused(
                    _("These files cannot be read as chosen. Nothing was loaded."), faults
                )
            upload, is_new = uploads.receive_upload(
                mapping=form.cleaned_data["mapping"], folder=request.quarantine.folder,
                offered=[file.offered for file in form.cleaned_data["files"]], by=request.user, now=timezone.now(),
            )  # fmt: skip
        except uploads.AnothersFiles as refusal:
            form.add_error("mapping", str(refusal))
        except DomainError as refusal:
            form.add_error(None, str(refusal))
            faults = list(getattr(refusal, "faults", ()))
        else:
            if not is_new:
                say(request, _("These files were handed in before; nothing was done twice."))
            return redirect("facts:upload", upload.pk)
    limits = limits_of_uploads(timezone.localdate())
    context = {
        "mappings": [one for one in mappings if one.mapping],
        "broken": [(one.name, mapping_words(one.refusal)) for one in mappings if one.refusal],
        "faults": [(fault.file, fault, _words(fault)) for fault in faults],
        "limits": (size(limits.file_bytes), size(limits.workbook_bytes)),
    }
    return answer(request, "facts/upload_new.html", context, form=form)


upload_new.permissions = _upload_new.permissions  # type: ignore[attr-defined]


@requires(*READERS)
def upload(request: HttpRequest, pk: int) -> HttpResponse:
    """An upload while it is read; afterwards the import it has become."""
    row = get_object_or_404(Upload.objects.select_related("uploaded_by", "job_run", "batch"), pk=pk)
    if row.batch_id is not None:
        return redirect("facts:import", row.batch_id)
    context = {
        "upload": row, "title": title_of(row.mapping), "failed": is_failed(row), "sizes": _sizes(row),
    }  # fmt: skip
    return answer(request, "facts/upload.html", context)


@requires(*READERS)
def upload_progress(request: HttpRequest, pk: int) -> HttpResponse:
    """Only what moves; once the files are read the browser is sent on."""
    row = get_object_or_404(Upload.objects.select_related("job_run"), pk=pk)
    if not request.htmx:  # type: ignore[attr-defined]
        return redirect("facts:upload", pk)
    response = render(request, "facts/_reading.html", {"upload": row, "failed": is_failed(row)})
    if row.batch_id is not None or is_failed(row):
        response["HX-Refresh"] = "true"
    return response


def _not_taken(request: HttpRequest) -> list[ExtractRefused]:
    taken = request.quarantine
    full = [ExtractRefused(ExtractFault.DISK_FULL, file="")] if taken.is_full else []
    return full + [
        ExtractRefused(ExtractFault.FILE_TOO_LARGE, file=name, limit=taken.limit) for name in taken.too_large
    ]


def _words(fault: ExtractRefused) -> Words:
    return fault_words(fault.code, {"file": fault.file, **fault.params})


def _sizes(row: Upload) -> list[tuple[str, str]]:
    return [(file["name"], size(file["bytes"])) for file in row.files]
