"""Loyalty plans on screen: the list, one plan with its five strategies, and what is done with it (S-93, S-94)."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from zhike.core.access.guard import requires
from zhike.core.access.permissions import Permission
from zhike.core.errors import DomainError
from zhike.core.lists import Column, ListPage
from zhike.core.operations.submissions import once
from zhike.core.ui import answer, say
from zhike.loyalty.enums import PlanState, Strategy
from zhike.loyalty.forms.plans import CloseForm, NewPlanForm, PlanForm, PlanItemForm, ResultForm, SubmitForm
from zhike.loyalty.models import LoyaltyPlan, PlanItem
from zhike.loyalty.operations import plans
from zhike.loyalty.queries import plans as shown
from zhike.loyalty.views.panels import sections

COLUMNS = [
    Column("name", gettext_lazy("Plan"), sort=("name",)),
    Column("from_on", gettext_lazy("Days"), sort=("from_on",)),
    Column("strategies", gettext_lazy("Strategies"), number=True),
    Column("items", gettext_lazy("Items"), number=True),
    Column("done", gettext_lazy("Done"), number=True),
    Column("state", gettext_lazy("State"), sort=("state",)),
]
TONES = {PlanState.PENDING: "warn", PlanState.IN_FORCE: "good", PlanState.CLOSED: "muted"}


@requires(Permission.SCHEME_READ)
@require_GET
def plan_list(request: HttpRequest) -> HttpResponse:
    page = ListPage(request, shown.visible_plans(request.user), columns=COLUMNS, default="-from_on")
    context = {
        "list": page,
        "rows": [(row, TONES.get(PlanState(row.state), "")) for row in page.page],
        "strategy_total": len(Strategy),
        "may_draft": request.user.may(Permission.LOYALTY_PLAN_DRAFT),
        "sections": sections(request),
    }
    return answer(request, "loyalty/plan_list.html", context)


@requires(Permission.SCHEME_READ)
@require_GET
def plan(request: HttpRequest, pk: int) -> HttpResponse:
    """One plan: its strategies with their items, what is missing, what has been reached; on paper too."""
    return _plan_page(request, _found(request, pk))


@requires(Permission.LOYALTY_PLAN_DRAFT)
@require_http_methods(["GET", "POST"])
def plan_new(request: HttpRequest) -> HttpResponse:
    form = NewPlanForm(request.POST or None)

    def draft() -> LoyaltyPlan:
        entered = {name: value for name, value in form.cleaned_data.items() if name != "form_id"}
        return plans.draft_plan(by=request.user, now=timezone.now(), **entered)

    if form.is_valid() and (made := _made(request, form, draft)):
        say(request, _("Drafted. Give each strategy what is to be done."))
        return (
            redirect("loyalty:plan", made.pk) if isinstance(made, LoyaltyPlan) else redirect("loyalty:plans")
        )
    context = {"title": _("New loyalty plan"), "back": reverse("loyalty:plans")}
    return answer(request, "loyalty/plan_edit.html", context, form=form)


@requires(Permission.LOYALTY_PLAN_DRAFT)
@require_http_methods(["GET", "POST"])
def plan_edit(request: HttpRequest, pk: int) -> HttpResponse:
    found = _draft(request, pk)
    names = ("name", "from_on", "until_on", "basis", "version")
    form = PlanForm(request.POST or None, initial={name: getattr(found, name) for name in names})
    if form.is_valid():
        entered = {name: form.cleaned_data[name] for name in names}
        change = partial(plans.change_plan, plan_id=pk, by=request.user, now=timezone.now(), **entered)
        if _made(request, form, change):
            return redirect("loyalty:plan", pk)
    context = {"title": found.name, "back": reverse("loyalty:plan", args=[pk])}
    return answer(request, "loyalty/plan_edit.html", context, form=form)


@requires(Permission.LOYALTY_PLAN_DRAFT)
@require_http_methods(["GET", "POST"])
def item_new(request: HttpRequest, pk: int) -> HttpResponse:
    """Add an item, under the strategy of the button that was pressed."""
    found = _draft(request, pk)
    first = {"strategy": request.GET.get("strategy", ""), "due_on": found.until_on}
    form = PlanItemForm(request.POST or None, initial=first)
    if form.is_valid():
        add = partial(plans.add_item, plan_id=pk, by=request.user, now=timezone.now(), **_entered(form))
        if _made(request, form, add):
            say(request, _("Added."))
            return redirect("loyalty:plan", pk)
    return answer(request, "loyalty/plan_item.html", {"plan": found}, form=form)


@requires(Permission.LOYALTY_PLAN_DRAFT)
@require_http_methods(["GET", "POST"])
def item_edit(request: HttpRequest, pk: int) -> HttpResponse:
    item = get_object_or_404(PlanItem.objects.select_related("plan"), pk=pk, plan__state=PlanState.DRAFT)
    kept = {name: getattr(item, name) for name in PlanItemForm.base_fields if hasattr(item, name)}
    form = PlanItemForm(request.POST or None, initial={**kept, "owner": item.owner_id})
    if form.is_valid():
        version = form.cleaned_data["version"]
        change = partial(
            plans.change_item, item_id=pk, version=-1 if version is None else version, by=request.user,
            now=timezone.now(), **_entered(form),
        )  # fmt: skip
        if _made(request, form, change):
            return redirect("loyalty:plan", item.plan_id)
    return answer(request, "loyalty/plan_item.html", {"plan": item.plan, "item": item}, form=form)


@requires(Permission.LOYALTY_PLAN_DRAFT)
@require_POST
def item_remove(request: HttpRequest, pk: int) -> HttpResponse:
    item = get_object_or_404(PlanItem, pk=pk, plan__state=PlanState.DRAFT)
    try:
        plans.remove_item(item_id=pk, by=request.user, now=timezone.now())
    except DomainError as refusal:  # submitted, or taken out by somebody else, a moment ago
        say(request, str(refusal))
    else:
        say(request, _("Taken out: %(aim)s.") % {"aim": item.aim})
    return redirect("loyalty:plan", item.plan_id)


@requires(Permission.SCHEME_READ)
@require_http_methods(["GET", "POST"])
def item_result(request: HttpRequest, pk: int) -> HttpResponse:
    """The owner says what came of an item; nobody else has this page."""
    item = get_object_or_404(
        PlanItem.objects.select_related("plan", "task"),
        pk=pk,
        owner=request.user,
        plan__state=PlanState.IN_FORCE,
    )
    form = ResultForm(request.POST or None, figure=item.figure, figure_label=item.figure_label)
    if form.is_valid():
        record = partial(
            plans.record_result, item_id=pk, said=form.cleaned_data["said"],
            reached=form.cleaned_data.get("reached"), by=request.user, now=timezone.now(),
        )  # fmt: skip
        if _made(request, form, record):
            say(request, _("Recorded."))
            return redirect("loyalty:plan", item.plan_id)
    return answer(request, "loyalty/plan_result.html", {"item": item, "plan": item.plan}, form=form)


@requires(Permission.LOYALTY_PLAN_DRAFT)
@require_POST
def plan_submit(request: HttpRequest, pk: int) -> HttpResponse:
    """Put the plan that was seen before an executive."""
    found = _draft(request, pk)
    form = SubmitForm(request.POST)
    if form.is_valid():
        submit = partial(
            plans.submit_plan, plan_id=pk, version=form.cleaned_data["version"],
            reason=form.cleaned_data["reason"], by=request.user, now=timezone.now(),
        )  # fmt: skip
        if _made(request, form, submit):
            say(request, _("Submitted. An executive decides."))
            return redirect("loyalty:plan", pk)
    return _plan_page(request, found, submit=form)


@requires(Permission.LOYALTY_PLAN_DRAFT)
@require_POST
def plan_withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    found = _draft(request, pk)
    try:
        plans.withdraw_plan(plan_id=pk, by=request.user, now=timezone.now())
    except DomainError as refusal:  # submitted a moment ago
        say(request, str(refusal))
        return redirect("loyalty:plan", pk)
    say(request, _("Deleted: %(name)s.") % {"name": found.name})
    return redirect("loyalty:plans")


@requires(Permission.LOYALTY_PLAN_DRAFT)
@require_POST
def plan_close(request: HttpRequest, pk: int) -> HttpResponse:
    """End a plan with what came of it."""
    found = _found(request, pk)
    form = CloseForm(request.POST)
    if form.is_valid():
        close = partial(
            plans.close_plan, plan_id=pk, outcome=form.cleaned_data["outcome"], by=request.user, now=timezone.now()
        )  # fmt: skip
        if _made(request, form, close):
            say(request, _("Closed."))
            return redirect("loyalty:plan", pk)
    return _plan_page(request, found, close=form)


def _plan_page(
    request: HttpRequest,
    found: LoyaltyPlan,
    *,
    submit: forms.Form | None = None,
    close: forms.Form | None = None,
) -> HttpResponse:
    parts = shown.parts_of(found, request.user, on=timezone.localdate())
    rows = [row for part in parts for row in part.rows]
    may_draft = request.user.may(Permission.LOYALTY_PLAN_DRAFT)
    context = {
        "plan": found,
        "tone": TONES.get(PlanState(found.state), ""),
        "parts": parts,
        "missing": [strategy.label for strategy in shown.missing_strategies(row.item for row in rows)],
        "item_count": len(rows),
        "done_count": sum(row.item.is_done for row in rows),
        "late_count": sum(row.is_overdue for row in rows),
        "met_count": sum(row.is_met for row in rows if row.item.is_done),
        "may_edit": may_draft and found.state == PlanState.DRAFT,
        "may_close": may_draft and found.state == PlanState.IN_FORCE,
        "submit": submit or SubmitForm(initial={"version": found.version}),
        "close": close or CloseForm(),
    }
    return answer(request, "loyalty/plan.html", context, form=submit or close)


def _found(request: HttpRequest, pk: int) -> LoyaltyPlan:
    return get_object_or_404(shown.visible_plans(request.user), pk=pk)


def _draft(request: HttpRequest, pk: int) -> LoyaltyPlan:
    found = _found(request, pk)
    if found.state != PlanState.DRAFT:
        raise Http404
    return found


def _entered(form: PlanItemForm) -> dict[str, Any]:
    return {name: value for name, value in form.cleaned_data.items() if name not in {"form_id", "version"}}


def _made(request: HttpRequest, form: forms.Form, work: Callable[[], Any]) -> Any:
    """What the work made, True for a form sent twice; None where it was refused, which then stands beside its field."""
    try:
        return once(work, sent=request.POST, to=request.path, by=request.user, now=timezone.now()) or True
    except plans.PlanRefused as refusal:
        form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
    except DomainError as refusal:
        form.add_error(None, str(refusal))
    return None
