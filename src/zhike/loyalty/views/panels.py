"""Parts that several loyalty screens show: the course of a run, whom it could not rate."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from zhike.analytics.scheme import WHOLE_WEIGHT, SchemeSpec
from zhike.core import formats, parameters
from zhike.core.access.permissions import Permission
from zhike.loyalty.enums import RunState
from zhike.loyalty.models import Run

RUN_TONES = {
    RunState.QUEUED: "info",
    RunState.COMPUTING: "info",
    RunState.RECONCILING: "info",
    RunState.BLOCKED: "danger",
    RunState.REVIEW: "warn",
    RunState.PUBLISHED: "ok",
    RunState.SUPERSEDED: "",
    RunState.VOID: "",
}
_PLACE = {
    RunState.QUEUED: 0, RunState.COMPUTING: 1, RunState.RECONCILING: 2, RunState.BLOCKED: 2,
    RunState.REVIEW: 3, RunState.PUBLISHED: 5, RunState.SUPERSEDED: 5, RunState.VOID: -1,
}  # fmt: skip

UNRATED_PARAMETER = "loyalty.unrated_percent"

SECTIONS = {
    "loyalty:runs": (gettext_lazy("Evaluations"), (Permission.RESULT_READ, Permission.RESULT_COUNT)),
    "loyalty:changes": (gettext_lazy("Changed customers"), (Permission.RESULT_READ,)),
    "loyalty:outlets": (gettext_lazy("By outlet"), (Permission.RESULT_READ,)),
    "loyalty:early_movers": (gettext_lazy("Moved since"), (Permission.RESULT_READ,)),
    "loyalty:follow_up_effect": (gettext_lazy("Effect"), (Permission.RESULT_READ,)),
    "loyalty:unkept": (gettext_lazy("Without a manager"), (Permission.RESULT_READ,)),
    "loyalty:schemes": (gettext_lazy("Schemes"), (Permission.SCHEME_READ,)),
    "loyalty:indicators": (gettext_lazy("Indicators"), (Permission.SCHEME_READ,)),
    "loyalty:policies": (gettext_lazy("Measures"), (Permission.SCHEME_READ,)),
    "loyalty:plans": (gettext_lazy("Plans"), (Permission.SCHEME_READ,)),
}


def sections(request: HttpRequest) -> list[dict[str, Any]]:
    """The pages of this room that the person may open, the present one marked."""
    here = request.resolver_match.view_name if request.resolver_match else ""
    return [
        {"label": label, "url": reverse(name), "is_current": name == here, "count": None}
        for name, (label, rights) in SECTIONS.items()
        if request.user.may(*rights)
    ]


@dataclass(frozen=True, slots=True)
class CourseStep:
    """One of the five steps of a run."""

    label: str
    note: str
    state: str


def run_steps(run: Run, *, is_failed: bool = False) -> list[CourseStep]:
    """The five steps with what is known of each."""
    at = _PLACE[RunState(run.state)]
    if run.state == RunState.REVIEW and run.reviewed_at:
        at = 4
    stopped = is_failed or run.state == RunState.BLOCKED
    wrong = sum(not each["is_ok"] for each in run.statements)
    texts = [
        (_("Queue"), formats.moment(run.started_at)),
        (_("Compute"), _("%(count)s customers") % {"count": formats.grouped(run.customer_count)}),
        (_("Reconcile"), _reconciled(run, wrong)),
        (_("Review"), run.reviewed_by.name if run.reviewed_by else ""),
        (_("Publish"), formats.moment(run.published_at) if run.published_at else ""),
    ]
    return [
        CourseStep(
            label,
            note if place < at or (place == at and stopped) else "",
            "done"
            if place < at
            else "failed"
            if place == at and stopped
            else "current"
            if place == at
            else "",
        )
        for place, (label, note) in enumerate(texts)
    ]


@dataclass(frozen=True, slots=True)
class TooFew:
    """How many customers a run could not rate for want of data, in a sentence.

    `least_share` is the weight with data from which on the scheme rates a customer.
    """

    sentence: str
    is_warned: bool
    least_share: str


def too_few(coverage: dict[str, Any], spec: SchemeSpec, *, on: date) -> TooFew | None:
    """Whom a run could not rate; None where everybody could be, or where nothing was counted yet.

    From the share of the customers that the bank set for this day on, the run would say little of the bank, and
    that is said before anybody starts it.
    """
    total, count = coverage.get("customer_count") or 0, coverage.get("insufficient_count") or 0
    if not total or not count:
        return None
    return TooFew(
        sentence=_("%(count)s of %(total)s customers would have too little data to be rated.")
        % {"count": formats.grouped(count), "total": formats.grouped(total)},
        is_warned=count * 100 >= parameters.value(UNRATED_PARAMETER, on=on) * total,
        least_share=formats.share(spec.minimum_available / WHOLE_WEIGHT),
    )


def _reconciled(run: Run, wrong: int) -> str:
    if not run.statements:
        return ""
    if wrong:
        return _("%(count)s figures differ") % {"count": wrong}
    return _("%(count)s figures agree") % {"count": len(run.statements)}
