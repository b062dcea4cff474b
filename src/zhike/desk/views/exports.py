"""The longer lists one has asked for, and fetching those that were allowed."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from zhike.core.access.guard import requires
from zhike.core.access.permissions import Permission
from zhike.core.errors import DomainError
from zhike.core.lists import Column, ListPage
from zhike.core.ui import answer
from zhike.desk.models import ExportRequest, ExportState
from zhike.desk.operations.export_requests import fetch_export
from zhike.desk.views.customers import ListAddress, asked, workbook

COLUMNS = [
    Column("asked", gettext_lazy("Asked at"), sort=("asked_at",)),
    Column("reason", gettext_lazy("Needed for")),
    Column("filters", gettext_lazy("Filters")),
    Column("rows", gettext_lazy("Rows"), number=True),
    Column("state", gettext_lazy("State")),
    Column("until", gettext_lazy("Until")),
    Column("fetch", gettext_lazy("File")),
]
TONES = {ExportState.WAITING: "warn", ExportState.ALLOWED: "ok", ExportState.REFUSED: "danger"}


@requires(Permission.CUSTOMER_EXPORT)
@require_GET
def export_list(request: HttpRequest) -> HttpResponse:
    return _show(request)


@requires(Permission.CUSTOMER_EXPORT)
@require_POST
def export_fetch(request: HttpRequest, pk: int) -> HttpResponse:
    """The list of a request of one's own, as it is now."""
    found = get_object_or_404(ExportRequest, pk=pk, asked_by=request.user)
    wanted = asked(ListAddress(request.user, QueryDict(found.query)), right=Permission.CUSTOMER_EXPORT)
    try:
        wanted.demand_understood()
        return workbook(
            fetch_export(request_id=pk, listed=wanted.listed, by=request.user, now=timezone.now())
        )
    except DomainError as refusal:
        return _show(request, refusal=str(refusal), status=422)


def _show(request: HttpRequest, *, refusal: str = "", status: int = 200) -> HttpResponse:
    rows = ExportRequest.objects.filter(asked_by=request.user)
    page = ListPage(request, rows, columns=COLUMNS, default="-asked")
    today = timezone.localdate()
    context = {
        "list": page,
        "rows": [(row, TONES[ExportState(row.state)], row.may_be_fetched(today)) for row in page.page],
        "refusal": refusal,
    }
    shown = answer(request, "desk/exports.html", context)
    shown.status_code = status
    return shown
