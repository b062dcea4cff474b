"""The report of an evaluation as a file (L-11, L-39)."""

from __future__ import annotations

from urllib.parse import quote

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from zhike.core.access.guard import requires
from zhike.core.errors import DomainError
from zhike.loyalty.enums import ReportFormat
from zhike.loyalty.forms.steps import ReportForm
from zhike.loyalty.operations.reports import take_report
from zhike.loyalty.queries.run_states import viewable_runs
from zhike.loyalty.views.runs import READERS


@requires(*READERS)
@require_POST
def run_report(request: HttpRequest, pk: int) -> HttpResponse:
    """The file; 404 for a format that is not on offer, and a page with the reason where there is nothing to report."""
    found = get_object_or_404(viewable_runs(request.user), pk=pk)
    form = ReportForm(request.POST)
    if not form.is_valid():
        raise Http404
    wanted = ReportFormat(form.cleaned_data["format"])
    try:
        file = take_report(run=found, form=wanted, by=request.user, now=timezone.now())
    except DomainError as refusal:
        return render(request, "loyalty/report_refused.html", {"run": found, "refusal": refusal}, status=422)
    response = HttpResponse(file.content, content_type=file.content_type)
    plain = f"report-{found.period}-{found.number}.{wanted.value.lower()}"
    response["Content-Disposition"] = f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(file.name)}"
    return response
