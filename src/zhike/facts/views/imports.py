"""Loads: which there were, what one would bring, and the decision to load it or not."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from zhike.core import formats
from zhike.core.access.guard import requires
from zhike.core.access.permissions import Permission
from zhike.core.errors import DomainError
from zhike.core.lists import Column, ListPage, understood
from zhike.core.ui import answer, say
from zhike.facts.contract import TABLES
from zhike.facts.enums import BatchState
from zhike.facts.forms import ImportFilter, RejectsForm
from zhike.facts.models import ImportBatch
from zhike.facts.operations import imports, uploads
from zhike.facts.operations.rejects import first_rejects
from zhike.facts.queries.mappings import title_of, titles
from zhike.facts.queries.uploads import evaluation_waits, is_failed, is_under_way, loading_of, unread
from zhike.facts.views import previews
from zhike.facts.wording import CHAIN, fault_words, reason_words, size, table_word

READERS = (Permission.OPERATIONS_READ, Permission.IMPORT_LOAD)
COLUMNS = [
    Column("number", gettext_lazy("Import"), sort=("id",)),
    Column("state", gettext_lazy("State")),
    Column("business", gettext_lazy("Business date"), sort=("business_on",)),
    Column("rows", gettext_lazy("Rows"), number=True),
    Column("rejects", gettext_lazy("Rows rejected"), sort=("reject_count",), number=True),
    Column("asked", gettext_lazy("Handed in at"), sort=("asked_at",)),
    Column("loaded", gettext_lazy("Loaded at"), sort=("loaded_at",)),
]
TONES = {
    BatchState.READING: "info", BatchState.PREVIEW: "warn", BatchState.LOADING: "info", BatchState.LOADED: "ok",
    BatchState.REFUSED: "danger", BatchState.DISCARDED: "",
}  # fmt: skip


@requires(*READERS)
def import_list(request: HttpRequest) -> HttpResponse:
    names = titles()
    form = ImportFilter(request.GET, titles=names)
    rows = ImportBatch.objects.defer("rejects", "statements", "files", "chain")
    rows = rows.filter(**{name: value for name, value in understood(form).items() if value})
    list_page = ListPage(request, rows, columns=COLUMNS, default="-number")
    context = {
        "list": list_page,
        "rows": [
            (row, names.get(row.mapping, row.mapping), TONES[BatchState(row.state)], _kept(row))
            for row in list_page.page
        ],
        "filter": form,
        "unread": [(row, names.get(row.mapping, row.mapping), is_failed(row)) for row in unread()],
        "waits": [(batch, names.get(batch.mapping, batch.mapping)) for batch in evaluation_waits()],
        "may_load": request.user.may(Permission.IMPORT_LOAD),
    }
    return answer(request, "facts/imports.html", context, fragment="facts/_imports.html")


@requires(*READERS)
def import_detail(request: HttpRequest, pk: int) -> HttpResponse:
    return _show(request, get_object_or_404(ImportBatch, pk=pk))


@requires(*READERS)
def import_progress(request: HttpRequest, pk: int) -> HttpResponse:
    """Only what moves; once the load has ended the page is drawn anew."""
    batch = get_object_or_404(ImportBatch.objects.defer("rejects"), pk=pk)
    run = loading_of(batch)
    if run is None or not request.htmx:  # type: ignore[attr-defined]
        return redirect("facts:import", pk)
    response = render(request, "facts/_loading.html", {"batch": batch, "run": run})
    if not is_under_way(run):
        response["HX-Refresh"] = "true"
    return response


@requires(Permission.IMPORT_LOAD)
@require_POST
def import_confirm(request: HttpRequest, pk: int) -> HttpResponse:
    batch = get_object_or_404(ImportBatch, pk=pk)
    try:
        uploads.confirm_batch(batch_id=batch.pk, by=request.user, now=timezone.now())
    except DomainError as refusal:
        return _show(request, batch, refusal=str(refusal))
    return redirect("facts:import", pk)


@requires(Permission.IMPORT_LOAD)
@require_POST
def import_discard(request: HttpRequest, pk: int) -> HttpResponse:
    batch = get_object_or_404(ImportBatch, pk=pk)
    try:
        imports.discard_batch(batch_id=batch.pk, by=request.user, now=timezone.now())
    except DomainError as refusal:
        return _show(request, batch, refusal=str(refusal))
    say(request, _("Import %(number)s was discarded; nothing of it is kept.") % {"number": pk})
    return redirect("facts:imports")


@requires(Permission.IMPORT_LOAD)
@require_http_methods(["GET", "POST"])
def import_rejects(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask for the purpose; with one, the rejected rows as a file, in the clear. Each taking is recorded (L-36).

    Who loads but may show nothing in the clear reads why there is no file.
    """
    may_reveal = request.user.may(Permission.CUSTOMER_REVEAL)
    if request.method == "POST" and not may_reveal:
        raise PermissionDenied
    batch = get_object_or_404(ImportBatch.objects.exclude(rejects=b""), pk=pk)
    form = RejectsForm(request.POST if request.method == "POST" else None)
    if not form.is_valid():
        context = {
            "batch": batch, "title": title_of(batch.mapping), "form": form, "may_reveal": may_reveal,
        }  # fmt: skip
        return answer(request, "facts/rejects.html", context, form=form)
    file = imports.take_rejects(batch, by=request.user, now=timezone.now(), **form.cleaned_data)
    response = HttpResponse(previews.rejects_in_words(file), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="rejects-{batch.mapping}-{batch.pk}.csv"'
    return response


def _show(request: HttpRequest, batch: ImportBatch, *, refusal: str = "") -> HttpResponse:
    run = loading_of(batch)
    waits = batch.state in imports.WAITING and not is_under_way(run)
    may_load = request.user.may(Permission.IMPORT_LOAD)
    context: dict[str, Any] = {
        "batch": batch,
        "title": title_of(batch.mapping),
        "tone": TONES[BatchState(batch.state)],
        "run": run,
        "is_loading": is_under_way(run),
        "waits": waits,
        "may_discard": waits or batch.state in {BatchState.READING, BatchState.REFUSED},
        "may_load": may_load,
        "may_take_rejects": may_load and request.user.may(Permission.CUSTOMER_REVEAL),
        "has_failed": waits and run is not None,
        "blocking": imports.blocking(batch, on=timezone.localdate()) if waits else "",
        "refusal": refusal,
        "fault": _fault(batch),
        "files": [(file, size(file["bytes"])) for file in _files(batch)],
        "tables": _tables(batch),
        "statements": [_statement(row) for row in batch.statements],
        "chain": [(CHAIN[name], batch.chain[name], name) for name in CHAIN if batch.chain.get(name)],
        "chain_rows": batch.chain.get("rows"),
        "rejects": [
            (row, reason_words(row.reason, row.params), table_word(row.table))
            for row in first_rejects(batch, values=may_load)
        ],
        "previews": [(table, table_word(table.name)) for table in previews.first_rows(batch)]
        if waits and may_load
        else [],
        "blocks_evaluation": batch.pk in {other.pk for other in evaluation_waits()},
    }
    response = answer(request, "facts/import.html", context)
    if refusal:
        response.status_code = 422
    return response


def _fault(batch: ImportBatch) -> Any:
    if not batch.refusal:
        return None
    return fault_words(batch.refusal["code"], {"file": batch.refusal["file"], **batch.refusal["params"]})


def _kept(batch: ImportBatch) -> int | None:
    return sum(row["kept"] for row in batch.counts.values()) if batch.counts else None


def _tables(batch: ImportBatch) -> list[tuple[str, dict[str, Any], str]]:
    """Each table that was offered rows, in load order, with its sums in words."""
    return [
        (table_word(name), row, _sums(row["sums_cents"]))
        for name in TABLES
        if (row := batch.counts.get(name)) and row["offered"]
    ]


def _files(batch: ImportBatch) -> list[dict[str, Any]]:
    """Each file once, also where several sources have read their sheets of it."""
    files: dict[str, dict[str, Any]] = {}
    for file in batch.files:
        if (seen := files.get(file["name"])) is None:
            files[file["name"]] = dict(file)
        else:
            seen["rows"] += file["rows"]
            seen["unused_columns"] = [*seen["unused_columns"], *file["unused_columns"]]
    return list(files.values())


def _sums(cents: dict[str, int]) -> str:
    return ", ".join(formats.stated(value, "cents") for column, value in cents.items() if column in _SUMMED)


_SUMMED = {"end_cents", "amount_cents", "principal_cents"}


def _statement(row: dict[str, Any]) -> dict[str, Any]:
    expected, found = (formats.stated(row[name], row["unit"]) for name in ("expected", "found"))
    return {**row, "expected_text": expected, "found_text": found}
