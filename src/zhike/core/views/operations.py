"""Jobs and loads: what ran, what runs, what failed and why (L-21)."""

from __future__ import annotations

from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext_lazy as _

from zhike.core.access.guard import requires
from zhike.core.access.permissions import Permission
from zhike.core.forms import RunFilter
from zhike.core.lists import Column, ListPage
from zhike.core.models import JobRun, JobState
from zhike.core.ui import answer

COLUMNS = [
    Column("job", _("Job"), sort=("job",)),
    Column("as_of", _("Business date"), sort=("as_of",)),
    Column("state", _("State")),
    Column("progress", _("Progress")),
    Column("asked", _("Asked at"), sort=("asked_at",)),
    Column("took", _("Took"), number=True),
]
TONES = {JobState.QUEUED: "", JobState.RUNNING: "info", JobState.DONE: "ok", JobState.FAILED: "danger"}


@requires(Permission.OPERATIONS_READ)
def runs(request: HttpRequest) -> HttpResponse:
    form = RunFilter(request.GET)
    rows = JobRun.objects.all()
    if form.is_valid() and form.cleaned_data["state"]:
        rows = rows.filter(state=form.cleaned_data["state"])
    counts = dict(JobRun.objects.values_list("state").annotate(Count("id")))
    context = {
        "list": ListPage(request, rows, columns=COLUMNS, default="-asked"),
        "filter": form,
        "states": [(state.label, counts.get(state, 0), TONES[state]) for state in JobState],
        "tones": TONES,
    }
    return answer(request, "core/operations.html", context, fragment="core/_operations.html")


@requires(Permission.OPERATIONS_READ)
def progress(request: HttpRequest, pk: int) -> HttpResponse:
    """Only the cell that moves; it stops asking once the run has ended."""
    return render(request, "core/_progress.html", {"run": get_object_or_404(JobRun, pk=pk)})


@requires(Permission.OPERATIONS_READ)
def run(request: HttpRequest, pk: int) -> HttpResponse:
    row = get_object_or_404(JobRun, pk=pk)
    return answer(request, "core/operation.html", {"run": row, "tone": TONES[JobState(row.state)]})
