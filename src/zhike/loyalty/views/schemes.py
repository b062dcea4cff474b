"""Schemes on screen: list, editor with trial and comparison, submission, versions, the catalogue."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.core.exceptions import NON_FIELD_ERRORS
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from zhike.analytics.indicators import CATALOGUE
from zhike.analytics.scheme import SchemeSpec, from_dict
from zhike.analytics.scheme_problems import problems
from zhike.core.access.guard import requires
from zhike.core.access.permissions import Permission
from zhike.core.errors import DomainError
from zhike.core.lists import Column, ListPage
from zhike.core.models import Approval, JobRun, JobState
from zhike.core.ui import answer, say
from zhike.core.views.errors import Difference, conflict
from zhike.loyalty.enums import SchemeState, Tier
from zhike.loyalty.forms.schemes import SchemeForm
from zhike.loyalty.forms.steps import DraftForm, ReasonForm, WeightSetForm
from zhike.loyalty.models import Scheme
from zhike.loyalty.operations import schemes, withdrawing
from zhike.loyalty.queries import charts, scheme_versions
from zhike.loyalty.queries.definitions import changed_since_approval
from zhike.loyalty.queries.sentences import (
    DEFINITIONS,
    NORMALISER_LABELS,
    POLICY_LABELS,
    WARNINGS,
    feed_label,
    indicator_label,
    problem_in_words,
    weight_set_label,
)
from zhike.loyalty.queries.trials import tier_changes_in_words
from zhike.loyalty.views.panels import coverage_rows, sections

COLUMNS = [
    Column("name", gettext_lazy("Scheme"), sort=("code", "-number")),
    Column("number", gettext_lazy("Version"), sort=("number",), number=True),
    Column("cycle", gettext_lazy("Cycle")),
    Column("state", gettext_lazy("State"), sort=("state",)),
    Column("valid", gettext_lazy("In force from"), sort=("valid_from",)),
    Column("author", gettext_lazy("Drafted by")),
]
TONES = {
    SchemeState.DRAFT: "info",
    SchemeState.PENDING: "warn",
    SchemeState.APPROVED: "warn",
    SchemeState.IN_FORCE: "ok",
    SchemeState.RETIRED: "",
    SchemeState.WITHDRAWN: "",
}
FROZEN = (SchemeState.PENDING, SchemeState.APPROVED, SchemeState.IN_FORCE)
"""Where it matters whether this release still computes what was submitted."""


@requires(Permission.SCHEME_READ)
def scheme_list(request: HttpRequest) -> HttpResponse:
    rows = scheme_versions.listed().select_related("drafted_by")
    page = ListPage(request, rows, columns=COLUMNS, default="name")
    context = {
        "list": page,
        "rows": [(row, TONES[SchemeState(row.state)]) for row in page.page],
        "may_draft": request.user.may(Permission.SCHEME_DRAFT),
        "sections": sections(request),
    }
    return answer(request, "loyalty/scheme_list.html", context)


@requires(Permission.SCHEME_DRAFT)
@require_http_methods(["GET", "POST"])
def scheme_draft(request: HttpRequest) -> HttpResponse:
    form = DraftForm(request.POST or None)
    if form.is_valid():
        try:
            made = schemes.draft_scheme(**form.cleaned_data, by=request.user, now=timezone.now())
        except DomainError as refusal:
            form.add_error(None, str(refusal))
        else:
            return redirect("loyalty:scheme", made.pk)
    return answer(request, "loyalty/scheme_draft.html", form=form)


@requires(Permission.SCHEME_READ)
@require_http_methods(["GET", "POST"])
def scheme(request: HttpRequest, pk: int) -> HttpResponse:
    """One version: the editor for whoever may draft, figures for everybody else, and of a deleted draft too, which
    proposals and the audit still name."""
    found = get_object_or_404(Scheme.objects.select_related("drafted_by"), pk=pk)
    if found.state != SchemeState.DRAFT or not request.user.may(Permission.SCHEME_DRAFT):
        return answer(request, "loyalty/scheme.html", _context(request, found))
    form = _form(request, found)
    if form.is_bound and form.is_valid():
        try:
            _save(form, found, request.user)
        except schemes.DraftMoved as moved:
            return conflict(request, _both(moved.kept, form), back=request.path)
        except DomainError as refusal:
            form.add_error(None, str(refusal))
        else:
            say(request, _("The draft is saved."))
            return redirect("loyalty:scheme", pk)
    return _editor(request, found, form)


@requires(Permission.SCHEME_DRAFT)
@require_POST
def scheme_try(request: HttpRequest, pk: int) -> HttpResponse:
    """Save what was entered, then have it tried on the loaded facts."""
    found = get_object_or_404(Scheme, pk=pk)
    return _save_and(
        request, found, lambda: schemes.ask_trial(scheme_id=pk, by=request.user, now=timezone.now())
    )


@requires(Permission.SCHEME_DRAFT)
@require_POST
def scheme_submit(request: HttpRequest, pk: int) -> HttpResponse:
    """Save what was entered, then put it before an executive."""
    found = get_object_or_404(Scheme, pk=pk)

    def submit() -> None:
        version = Scheme.objects.values_list("version", flat=True).get(pk=pk)
        schemes.submit_scheme(scheme_id=pk, version=version, by=request.user, now=timezone.now())
        say(request, _("Submitted. An executive decides."))

    return _save_and(request, found, submit)


@requires(Permission.SCHEME_READ)
def scheme_trial(request: HttpRequest, pk: int) -> HttpResponse:
    """The trial's part of the page, alone when htmx asks: what is being typed beside it stays."""
    found = get_object_or_404(Scheme, pk=pk)
    return answer(request, "loyalty/scheme.html", _context(request, found), fragment="loyalty/_trial.html")


@requires(Permission.SCHEME_DRAFT)
@require_POST
def scheme_next(request: HttpRequest, pk: int) -> HttpResponse:
    get_object_or_404(scheme_versions.listed(), pk=pk)
    made = schemes.draft_next_version(scheme_id=pk, by=request.user, now=timezone.now())
    say(request, _("Version %(number)s is drafted.") % {"number": made.number})
    return redirect("loyalty:scheme", made.pk)


@requires(Permission.SCHEME_DRAFT)
@require_POST
def scheme_retire(request: HttpRequest, pk: int) -> HttpResponse:
    found = get_object_or_404(Scheme, pk=pk)
    form = ReasonForm(request.POST)
    if form.is_valid():
        try:
            schemes.retire_scheme(scheme_id=pk, by=request.user, now=timezone.now(), **form.cleaned_data)
        except DomainError as refusal:
            form.add_error(None, str(refusal))
        else:
            say(request, _("The scheme is retired."))
            return redirect("loyalty:scheme", pk)
    return answer(request, "loyalty/scheme.html", _context(request, found), form=form)


@requires(Permission.SCHEME_DRAFT)
@require_POST
def scheme_withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    """Give up a draft; it leaves the list."""
    get_object_or_404(Scheme, pk=pk)
    try:
        gone = withdrawing.withdraw_draft(scheme_id=pk, by=request.user, now=timezone.now())
    except DomainError as refusal:
        say(request, str(refusal))
        return redirect("loyalty:scheme", pk)
    say(request, _("Deleted: %(scheme)s.") % {"scheme": gone.title})
    return redirect("loyalty:schemes")


@requires(Permission.SCHEME_READ)
def indicators(request: HttpRequest) -> HttpResponse:
    """The catalogue: what each indicator means, needs and allows (L-37)."""
    rows = [
        {
            "indicator": each,
            "name": indicator_label(code),
            "definition": DEFINITIONS[code],
            "policies": [POLICY_LABELS[policy] for policy in each.policies],
            "scalings": [NORMALISER_LABELS[scaling] for scaling in each.normalisers],
            "needs": [feed_label(need) for need in each.needs],
        }
        for code, each in CATALOGUE.items()
    ]
    return answer(request, "loyalty/indicators.html", {"rows": rows, "sections": sections(request)})


def _form(request: HttpRequest, found: Scheme) -> SchemeForm:
    ruling = scheme_versions.in_force(found.code)
    initial = {name: getattr(found, name) for name in ("version", "name", "basis", "reason", "valid_from")}
    return SchemeForm(
        request.POST or None,
        spec=found.definition,
        ruling=ruling.definition if ruling else None,
        initial=initial,
    )


def _save(form: SchemeForm, found: Scheme, by: Any) -> Scheme:
    entered = form.cleaned_data
    return schemes.change_draft(
        scheme_id=found.pk, version=entered["version"], spec=form.to_spec(), name=entered["name"],
        basis=entered["basis"], reason=entered["reason"], valid_from=entered["valid_from"], by=by,
        now=timezone.now(),
    )  # fmt: skip


def _save_and(request: HttpRequest, found: Scheme, then: Any) -> HttpResponse:
    form = _form(request, found)
    if form.is_valid():
        try:
            found = _save(form, found, request.user)
            then()
        except schemes.DraftMoved as moved:
            return conflict(request, _both(moved.kept, form), back=request.path)
        except schemes.SchemeHasProblems as refusal:
            for sentence in refusal.sentences:
                form.add_error(None, sentence)
        except DomainError as refusal:
            form.add_error(None, str(refusal))
        else:
            return redirect("loyalty:scheme", found.pk)
    return _editor(request, found, _with_errors(form, found))


def _editor(request: HttpRequest, found: Scheme, form: SchemeForm) -> HttpResponse:
    """The editor with what it says of the numbers in its fields, saved or not; nothing of what cannot be read."""
    is_readable = not set(form.errors) - {NON_FIELD_ERRORS}
    is_entered = form.is_bound and is_readable
    entered = form.to_spec() if is_entered else found.spec
    spec = from_dict({**entered, "code": found.code, "version": found.number})
    day = form.cleaned_data["valid_from"] if is_entered else found.valid_from
    early = schemes.day_refusal(day, today=timezone.localdate())
    context = {**_context(request, found, spec), "weight_set_form": WeightSetForm(spec=found.definition)}
    if is_readable:
        context["problems"] += [early] if early else []
    else:
        context |= {"problems": [], "differences": [], "before": None}
    return answer(request, "loyalty/scheme_edit.html", context, form=form)


def _with_errors(form: SchemeForm, found: Scheme) -> SchemeForm:
    """What was entered is saved by now, so the form carries the version it has become."""
    form.data = form.data.copy()
    form.data["version"] = str(found.version)
    return form


def _context(request: HttpRequest, found: Scheme, shown: SchemeSpec | None = None) -> dict[str, Any]:
    """What both pages of a scheme say; of `shown` where the fields hold other numbers than the saved ones."""
    spec = shown or found.definition
    before = scheme_versions.compared_with(found)
    trial = found.trial
    job = _trial_job(found)
    return {
        "scheme": found,
        "spec": spec,
        "tone": TONES[SchemeState(found.state)],
        "otherwise": _(", ").join(changed_since_approval(found)) if found.state in FROZEN else "",
        "problems": [problem_in_words(problem) for problem in problems(spec)],
        "before": before,
        "differences": scheme_versions.differences(before.definition, spec) if before else [],
        "weight_table": _weight_table(spec),
        "numbers": _numbers(spec),
        "trial": trial,
        "trial_on": date.fromisoformat(trial["as_of"]) if trial else None,
        "trial_is_current": trial.get("spec_hash") == spec.sha256,
        "trial_chart": charts.distribution(trial["bins"], trial["bin_points"], spec) if trial else None,
        "trial_tiers": _trial_tiers(trial),
        "trial_changes": tier_changes_in_words(trial),
        "trial_warnings": [WARNINGS[code] for code in trial.get("warnings", []) if code in WARNINGS],
        "coverage": coverage_rows(trial.get("coverage", {})),
        "trial_job": job,
        "trial_is_running": job is not None and job.state in {JobState.QUEUED, JobState.RUNNING},
        "approval": Approval.objects.filter(kind=schemes.KIND, subject_id=found.pk).order_by("-pk").first(),
        "versions": scheme_versions.listed().filter(code=found.code).order_by("-number"),
        "may_draft": request.user.may(Permission.SCHEME_DRAFT),
        "may_withdraw": request.user.pk in found.makers,
        "may_decide": request.user.may(Permission.SCHEME_APPROVE),
    }


def _trial_job(found: Scheme) -> JobRun | None:
    return (
        JobRun.objects.filter(job=schemes.TRY_JOB, key=f"{found.pk}.{found.version}").order_by("-pk").first()
    )


def _trial_tiers(trial: dict[str, Any]) -> list[tuple[str, int, float]]:
    total = sum(trial.get("by_tier", {}).values()) or 1
    return [
        (str(tier.label), trial["by_tier"].get(tier, 0), trial["by_tier"].get(tier, 0) / total)
        for tier in (Tier.HIGH, Tier.MEDIUM, Tier.LOW, Tier.UNRATED)
        if trial
    ]


def _weight_table(spec: SchemeSpec) -> dict[str, Any]:
    return {
        "names": [indicator_label(use.code) for use in spec.indicators],
        "rows": [
            (
                weight_set_label(each.code),
                [scheme_versions.percent(each.weights.get(use.code, 0)) for use in spec.indicators],
            )
            for each in spec.weight_sets
        ],
    }


def _numbers(spec: SchemeSpec) -> list[tuple[Any, str]]:
    return [
        (label, scheme_versions.number_in_words(name, spec))
        for name, label in scheme_versions.NUMBERS.items()
    ]


def _both(kept: Scheme, form: SchemeForm) -> list[Difference]:
    """What stands there now against what was sent."""
    sent = from_dict({**form.to_spec(), "code": kept.code, "version": kept.number})
    found = [
        Difference(
            str(form.fields[name].label), str(getattr(kept, name) or ""), str(form.cleaned_data[name] or "")
        )
        for name in ("name", "basis", "reason", "valid_from")
        if (getattr(kept, name) or "") != (form.cleaned_data[name] or "")
    ]
    return found + [
        Difference(each.label, each.before, each.after)
        for each in scheme_versions.differences(kept.definition, sent)
    ]
