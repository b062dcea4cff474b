"""Runs on screen: overview, start with coverage, course, review, publication."""

from __future__ import annotations

from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from zhike.core.access.guard import requires
from zhike.core.access.permissions import Permission
from zhike.core.errors import DomainError
from zhike.core.lists import Column, ListPage
from zhike.core.models import JobRun, JobState
from zhike.core.ui import answer, say
from zhike.customers.models import Customer
from zhike.facts import api as facts
from zhike.loyalty.enums import (
    PLAYABLE_RUNS,
    TIER_LEVEL,
    WORKING_RUNS,
    ReportFormat,
    RunState,
    SchemeState,
    Verdict,
)
from zhike.loyalty.forms.steps import NoteForm, ReasonForm, RunChangeFilter, SampleForm, StartForm
from zhike.loyalty.models import Result, Run, SampleCheck, Scheme
from zhike.loyalty.operations import counting, publishing, runs
from zhike.loyalty.queries import changes, charts, sampling, totals
from zhike.loyalty.queries.definitions import computed_otherwise
from zhike.loyalty.queries.drifting import drift_rows
from zhike.loyalty.queries.held import held
from zhike.loyalty.queries.periods import last_end, period_of
from zhike.loyalty.queries.run_figures import RunFigures, smallest_cell
from zhike.loyalty.queries.run_rows import coverage_rows, statement_rows
from zhike.loyalty.queries.run_states import PEOPLE_OF_RUNS, state_label, viewable_runs
from zhike.loyalty.queries.sentences import WARNINGS
from zhike.loyalty.views.panels import (
    RUN_TONES,
    run_steps,
    sections,
    too_few,
)
from zhike.loyalty.wording import STEPS

READERS = (Permission.RESULT_READ, Permission.RESULT_COUNT)
COLUMNS = [
    Column("run", gettext_lazy("Evaluation"), sort=("as_of", "number")),
    Column("scheme", gettext_lazy("Scheme")),
    Column("state", gettext_lazy("State"), sort=("state",)),
    Column("customers", gettext_lazy("Customers"), sort=("customer_count",), number=True),
    Column("changed", gettext_lazy("Changed"), sort=("changed_count",), number=True),
    Column("started", gettext_lazy("Started by")),
    Column("published", gettext_lazy("Published on"), sort=("published_at",)),
]
CHANGE_COLUMNS = [
    Column("customer", gettext_lazy("Customer"), sort=("customer__name_sort",)),
    Column("outlet", gettext_lazy("Outlet")),
    Column("before", gettext_lazy("Last period"), sort=("score_before",), number=True),
    Column("now", gettext_lazy("This period"), sort=("score",), number=True),
    Column("change", gettext_lazy("Score change"), sort=("score_change",), number=True),
    Column("tier", gettext_lazy("Tier")),
    Column("causes", gettext_lazy("Main causes")),
    Column("manager", gettext_lazy("Account manager")),
]
MOVES = {
    "down": Q(tier_before="HIGH", tier__in=["MEDIUM", "LOW", "UNRATED"])
    | Q(tier_before="MEDIUM", tier__in=["LOW", "UNRATED"]),
    "up": Q(tier_before="LOW", tier__in=["MEDIUM", "HIGH"]) | Q(tier_before="MEDIUM", tier="HIGH"),
    "score": Q(tier_before="HIGH", tier="HIGH")
    | Q(tier_before="MEDIUM", tier="MEDIUM")
    | Q(tier_before="LOW", tier="LOW"),
    "new": Q(tier_before=""),
}


@requires(*READERS)
def run_list(request: HttpRequest) -> HttpResponse:
    page = ListPage(request, viewable_runs(request.user), columns=COLUMNS, default="-run")
    context = {
        "list": page,
        "rows": [
            (
                row,
                RUN_TONES[RunState(row.state)],
                state_label(row),
                totals.changed_count(row, request.user),
            )
            for row in page.page
        ],
        "may_start": request.user.may(Permission.RUN_START),
        "sections": sections(request),
    }
    return answer(request, "loyalty/run_list.html", context)


@requires(Permission.RUN_START)
@require_http_methods(["GET", "POST"])
def run_start(request: HttpRequest) -> HttpResponse:
    """First what a run would rest on, then its start."""
    asked = request.POST or ({**request.GET.dict()} if "as_of" in request.GET else None)
    business_on = facts.snapshot().business_on
    today = business_on or timezone.localdate()
    ruling = Scheme.objects.filter(state=SchemeState.IN_FORCE).first()
    form = StartForm(asked, initial={"as_of": last_end(today, ruling.cycle) if ruling else today})
    context: dict[str, Any] = {
        "business_on": business_on,
        "has_scheme": form.fields["scheme"].queryset.exists(),
    }
    if form.is_bound and form.is_valid():
        if "check" in request.POST:
            return redirect(f"{request.path}?{urlencode(_asked(form))}")
        if request.method == "POST":
            try:
                run = runs.start_run(
                    scheme_id=form.cleaned_data["scheme"].pk, as_of=form.cleaned_data["as_of"],
                    reason=form.cleaned_data["reason"], by=request.user, now=timezone.now(),
                )  # fmt: skip
            except DomainError as refusal:
                form.add_error(None, str(refusal))
            else:
                return redirect("loyalty:run", run.pk)
        context |= _resting_on(request, form.cleaned_data["scheme"], form.cleaned_data["as_of"])
    response = answer(
        request, "loyalty/run_start.html", context, form=form, fragment="loyalty/_counting.html"
    )
    if context.get("rows") and request.htmx:  # type: ignore[attr-defined]
        response["HX-Refresh"] = "true"
    return response


def _resting_on(request: HttpRequest, scheme: Scheme, as_of: date) -> dict[str, Any]:
    """What a run of a scheme would rest on; or why there can be none, and then nothing is counted."""
    period = period_of(as_of, scheme.cycle)
    if refusal := runs.start_refusal(scheme, as_of=as_of):
        return {"period": period, "refusal": refusal}
    coverage, job = counting.coverage_of(scheme, as_of=as_of), counting.counting_of(scheme, as_of=as_of)
    if not coverage and not request.htmx:  # type: ignore[attr-defined]
        job = counting.ask_coverage(scheme_id=scheme.pk, as_of=as_of, by=request.user, now=timezone.now())
    is_waiting = job is not None and not coverage
    return {
        "period": period,
        "coverage": coverage,
        "rows": coverage_rows(coverage),
        "too_few": too_few(coverage, scheme.definition, on=timezone.localdate()),
        "published": runs.published_result(scheme, as_of=as_of),
        "is_counting": is_waiting and job.state != JobState.FAILED,
        "is_failed": is_waiting and job.state == JobState.FAILED,
    }


def _asked(form: StartForm) -> dict[str, str]:
    """What was entered, for the address: nothing else of the form belongs there."""
    return {name: form[name].data or "" for name in form.fields}


@requires(*READERS)
def run(request: HttpRequest, pk: int) -> HttpResponse:
    found = get_object_or_404(viewable_runs(request.user), pk=pk)
    return _show(request, found)


@requires(*READERS)
def run_progress(request: HttpRequest, pk: int) -> HttpResponse:
    """The course of a run while it works, a part of its page; the page loads anew once it has moved on."""
    found = get_object_or_404(viewable_runs(request.user), pk=pk)
    if not request.htmx:  # type: ignore[attr-defined]
        return redirect("loyalty:run", pk)
    response = render(request, "loyalty/_run_progress.html", _course(found, request))
    if not _is_working(found):
        response["HX-Refresh"] = "true"
    return response


@requires(Permission.RUN_REVIEW)
@require_POST
def run_sample(request: HttpRequest, pk: int) -> HttpResponse:
    found = get_object_or_404(Run, pk=pk)
    form = SampleForm(request.POST)
    if form.is_valid():
        customer = form.cleaned_data["customer"]
        get_object_or_404(Customer.objects.visible_to(request.user), pk=customer)
        try:
            runs.check_sample(
                run_id=pk, customer_id=customer, verdict=form.cleaned_data["verdict"],
                note=form.cleaned_data["note"], by=request.user, now=timezone.now(),
            )  # fmt: skip
        except DomainError as refusal:
            form.add_error(None, str(refusal))
        else:
            return redirect("loyalty:run", pk)
    return _show(request, found, form)


@requires(Permission.RUN_REVIEW)
@require_POST
def run_review(request: HttpRequest, pk: int) -> HttpResponse:
    return _act(request, pk, NoteForm(request.POST), runs.review_run, _("The review is finished."))


@requires(Permission.RUN_PUBLISH)
@require_POST
def run_publish(request: HttpRequest, pk: int) -> HttpResponse:
    return _act(request, pk, NoteForm({}), _publish, _("The evaluation is being published."))


@requires(*PEOPLE_OF_RUNS)
@require_POST
def run_void(request: HttpRequest, pk: int) -> HttpResponse:
    return _act(request, pk, ReasonForm(request.POST), runs.void_run, _("The evaluation is void."))


@requires(Permission.RUN_START)
@require_POST
def run_restart(request: HttpRequest, pk: int) -> HttpResponse:
    return _act(request, pk, NoteForm({}), _restart, _("The evaluation is queued again."))


def _publish(*, run_id: int, note: str, by: Any, now: Any) -> Run:
    return publishing.ask_publication(run_id=run_id, by=by, now=now)


def _restart(*, run_id: int, note: str, by: Any, now: Any) -> Run:
    return runs.restart_run(run_id=run_id, by=by, now=now)


def _act(request: HttpRequest, pk: int, form: Any, operation: Any, done: str) -> HttpResponse:
    """One step of a run by a person: validated, carried out, answered."""
    found = get_object_or_404(viewable_runs(request.user), pk=pk)
    if form.is_valid():
        try:
            operation(run_id=pk, by=request.user, now=timezone.now(), **form.cleaned_data)
        except DomainError as refusal:
            form.add_error(None, str(refusal))
        else:
            say(request, done)
            return redirect("loyalty:run", pk)
    return _show(request, found, form)


def _show(request: HttpRequest, found: Run, form: Any = None) -> HttpResponse:
    figures = totals.figures_for(found, request.user)
    context = {
        **_course(found, request),
        "tiers": totals.tier_counts(figures),
        "least": figures.least,
        "insufficient_count": figures.shown("insufficient"),
        "spec": found.scheme.definition,
        "distribution": charts.distribution(
            _bars(figures, "bin"),
            found.summary["bin_points"],
            found.scheme.definition,
            previous=_bars(figures, "bin before"),
        )
        if found.summary.get("bins")
        else None,
        "movement": charts.movement(figures) if found.summary.get("migration") else None,
        "warnings": [WARNINGS[code] for code in found.warnings if code in WARNINGS],
        "otherwise": _(", ").join(computed_otherwise(found)),
        "statements": statement_rows(found.statements),
        "coverage": coverage_rows(found.coverage, least=figures.least),
        "outlets": totals.outlets_of(figures),
        "outlet_sum": totals.moves_seen(figures),
        "moves": totals.moves_at(figures),
        "by_score": totals.score_tier_counts(figures),
        **_changes(request, found),
        **_review(request, found),
        "reason_form": ReasonForm(),
        "report_formats": ReportFormat.choices,
        "note_form": NoteForm(),
        "drift": drift_rows(
            found.summary.get("drift", []), on=found.as_of, least=smallest_cell(request.user, found)
        ),
        "form": form,
    }
    fragment = "loyalty/_run_changes.html" if request.method == "GET" else ""
    return answer(request, "loyalty/run.html", context, form=form, fragment=fragment)


def _bars(figures: RunFigures, name: str) -> list[int | None]:
    return [figures.shown(*each) for each in figures.counts if each[0] == name]


def _course(found: Run, request: HttpRequest) -> dict[str, Any]:
    """Where a run stands, and what this person may do next."""
    job = _job(found)
    may = request.user.may
    is_failed = job is not None and job.state == JobState.FAILED
    is_working = _is_working(found)
    is_left = found.state in WORKING_RUNS and runs.is_stuck(found)
    is_asked = found.publish_asked_at is not None and not is_failed
    return {
        "run": found,
        "tone": RUN_TONES[RunState(found.state)],
        "state": state_label(found),
        "steps": run_steps(found, is_failed=is_failed),
        "job": job,
        "job_step": STEPS.get(job.step, "") if job else "",
        "is_working": is_working and not is_failed and not is_left,
        "is_failed": is_failed or is_left,
        "is_publishing": found.state == RunState.REVIEW and is_asked,
        "may_restart": may(Permission.RUN_START) and (found.state == RunState.BLOCKED or is_left),
        "may_play": may(Permission.SCHEME_DRAFT) and found.state in PLAYABLE_RUNS,
        "may_void": may(*PEOPLE_OF_RUNS)
        and (found.state in {RunState.QUEUED, RunState.BLOCKED, RunState.REVIEW} or is_left)
        and not is_asked,
        "may_review": may(Permission.RUN_REVIEW) and found.state == RunState.REVIEW and not found.reviewed_at,
        "may_publish": may(Permission.RUN_PUBLISH)
        and found.state == RunState.REVIEW
        and found.reviewed_at is not None
        and not is_asked,
        "is_own": found.is_started_by(request.user),
    }


def _job(found: Run) -> JobRun | None:
    if found.publish_asked_at and found.state == RunState.REVIEW:
        return JobRun.objects.filter(job=publishing.PUBLISH_JOB, key=str(found.pk)).first()
    return runs.computation_of(found) if found.state in WORKING_RUNS else None


def _is_working(found: Run) -> bool:
    return found.state in WORKING_RUNS or (
        found.state == RunState.REVIEW and found.publish_asked_at is not None
    )


def _review(request: HttpRequest, found: Run) -> dict[str, Any]:
    """Samples with their marks, for those who review; names only for those who may read results."""
    if found.state != RunState.REVIEW or not request.user.may(Permission.RUN_REVIEW):
        return {"samples": []}
    wanted = sampling.samples(found, staff=request.user, on=timezone.localdate())
    marks = {check.customer_id: check for check in SampleCheck.objects.filter(run=found)}
    seen = Customer.objects.visible_to(request.user).in_bulk([row.customer_id for row in wanted])
    return {
        "samples": [
            (seen[row.customer_id], row, held(row), marks.get(row.customer_id))
            for row in wanted
            if row.customer_id in seen
        ],
        "checked_count": len(marks),
        "wanted_count": sampling.samples_wanted(found, on=timezone.localdate()),
        "verdicts": Verdict.choices,
    }


def _changes(request: HttpRequest, found: Run) -> dict[str, Any]:
    if not request.user.may(Permission.RESULT_READ) or not found.summary:
        return {"changes": None}
    rows = changes.changed_in(found, request.user)
    outlets = [(total.outlet.pk, total.outlet.name) for total in totals.outlet_totals(found, request.user)]
    filters = RunChangeFilter(request.GET, outlets=sorted(outlets, key=lambda each: each[1]))
    page = ListPage(
        request, _filtered(rows, filters), columns=CHANGE_COLUMNS, default="change", tie="customer_id"
    )
    return {
        "list": page,
        "filters": filters,
        "changes": changes.run_changes(list(page.page), found),
        "tier_levels": TIER_LEVEL,
    }


def _filtered(rows: QuerySet[Result], filters: RunChangeFilter) -> QuerySet[Result]:
    if not filters.is_valid():
        raise Http404
    chosen = filters.cleaned_data
    if chosen["move"]:
        rows = rows.filter(MOVES[chosen["move"]])
    if chosen["tier"]:
        rows = rows.filter(tier=chosen["tier"])
    if chosen["outlet"]:
        rows = rows.filter(outlet_id=int(chosen["outlet"]))
    if chosen["search"].strip():
        text = chosen["search"].strip()
        rows = rows.filter(Q(customer__name__contains=text) | Q(customer__customer_no=text))
    return rows
