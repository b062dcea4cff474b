"""The editor of a draft and what every page of a scheme shows.

What was entered is saved with whatever is asked next, so that no button loses it; what is refused stands as entered.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from zhike.analytics.scheme import SchemeSpec, from_dict
from zhike.analytics.scheme_problems import problems
from zhike.core.access.permissions import Permission
from zhike.core.errors import DomainError
from zhike.core.models import Approval, JobRun, JobState
from zhike.core.ui import answer, say
from zhike.core.views.errors import Difference, conflict
from zhike.loyalty.enums import SchemeState, Tier
from zhike.loyalty.forms.schemes import SchemeForm
from zhike.loyalty.forms.steps import WeightSetForm
from zhike.loyalty.models import Scheme
from zhike.loyalty.operations import schemes
from zhike.loyalty.queries import charts, scheme_versions
from zhike.loyalty.queries.definitions import changed_since_approval
from zhike.loyalty.queries.run_rows import coverage_rows
from zhike.loyalty.queries.sentences import WARNINGS, indicator_label, problem_in_words, weight_set_label
from zhike.loyalty.queries.trials import tier_changes_in_words
from zhike.loyalty.queries.what_ifs import latest_playable

Spec = dict[str, Any]

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


@dataclass(frozen=True, slots=True)
class Entered:
    """What the fields hold, as far as it can be read."""

    spec: Spec
    valid_from: date | None


def save_entered(
    request: HttpRequest,
    found: Scheme,
    *,
    change: Callable[[Spec], Spec] = lambda spec: spec,
    then: Callable[[Scheme], object] = lambda saved: None,
    anchor: str = "",
) -> HttpResponse:
    """Save what was entered, changed by `change`, and do what comes `then`; back to the page, or to what is refused."""
    if found.state != SchemeState.DRAFT:
        say(request, _("Only a draft can be changed; make a new version."))
        return redirect("loyalty:scheme", found.pk)
    form = _form(request, found)
    if not form.is_valid():
        return _editor(request, found, form, None)
    spec = change(form.to_spec())
    entered = Entered(spec, form.cleaned_data["valid_from"])
    try:
        found = _save(form, spec, found, request.user)
        then(found)
    except schemes.DraftMoved as moved:
        return conflict(request, _both(moved.kept, form), back=reverse("loyalty:scheme", args=[found.pk]))
    except schemes.SchemeHasProblems as refusal:
        for sentence in refusal.sentences:
            form.add_error(None, sentence)
    except schemes.SchemeRefused as refusal:
        form.add_error(refusal.field, str(refusal))
    except DomainError as refusal:
        form.add_error(None, str(refusal))
    else:
        return redirect(reverse("loyalty:scheme", args=[found.pk]) + anchor)
    return _editor(request, found, _with_errors(form, found), entered)


def open_editor(request: HttpRequest, found: Scheme) -> HttpResponse:
    """The editor with what is saved."""
    form = _form(request, found)
    return _editor(request, found, form, Entered(found.spec, found.valid_from))


def _editor(request: HttpRequest, found: Scheme, form: SchemeForm, entered: Entered | None) -> HttpResponse:
    """The editor with what it says of the numbers in its fields, saved or not; nothing of what cannot be read."""
    spec = from_dict(
        {**(entered.spec if entered else found.spec), "code": found.code, "version": found.number}
    )
    context = {
        **scheme_context(request, found, spec),
        "weight_set_form": WeightSetForm(spec=found.definition),
    }
    if entered:
        refusal = schemes.day_refusal(entered.valid_from, today=timezone.localdate())
        context["problems"] += [refusal] if refusal else []
    else:
        context |= {"problems": [], "differences": [], "before": None}
    return answer(request, "loyalty/scheme_edit.html", context, form=form)


def _form(request: HttpRequest, found: Scheme) -> SchemeForm:
    ruling = scheme_versions.in_force(found.code)
    initial = {name: getattr(found, name) for name in ("version", "name", "basis", "reason", "valid_from")}
    return SchemeForm(
        request.POST or None,
        spec=found.definition,
        ruling=ruling.definition if ruling else None,
        initial=initial,
    )


def _save(form: SchemeForm, spec: Spec, found: Scheme, by: Any) -> Scheme:
    entered = form.cleaned_data
    return schemes.change_draft(
        scheme_id=found.pk, version=entered["version"], spec=spec, name=entered["name"],
        basis=entered["basis"], reason=entered["reason"], valid_from=entered["valid_from"], by=by,
        now=timezone.now(),
    )  # fmt: skip


def _with_errors(form: SchemeForm, found: Scheme) -> SchemeForm:
    """What was entered is saved by now, so the form carries the version it has become."""
    form.data = form.data.copy()
    form.data["version"] = str(found.version)
    return form


def scheme_context(request: HttpRequest, found: Scheme, shown: SchemeSpec | None = None) -> dict[str, Any]:
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
        "playable": latest_playable(request.user) if found.state == SchemeState.DRAFT else None,
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
