"""本期变化客户: the list to work through, totals by outlet, early movers, measures of the tiers."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from zhike.core.access.guard import requires
from zhike.core.access.permissions import Permission
from zhike.core.errors import DomainError
from zhike.core.lists import Column, ListPage
from zhike.core.numbers import whole_number
from zhike.core.operations.submissions import once
from zhike.core.returning import own_address
from zhike.core.ui import answer, say
from zhike.core.views.errors import Difference, conflict
from zhike.customers.models import Customer
from zhike.loyalty.enums import TIER_LEVEL, ContactKind, Measure, Outcome, Tier, Trigger
from zhike.loyalty.forms.steps import DIRECTION_LABELS, NEXT_DAYS, ChangesFilter, FollowUpForm, PolicyForm
from zhike.loyalty.models import EarlyMover, FollowUp, TierPolicy
from zhike.loyalty.operations import following
from zhike.loyalty.queries import changes as changed
from zhike.loyalty.queries import totals
from zhike.loyalty.queries.changes import Direction
from zhike.loyalty.queries.definitions import changed_since_approval
from zhike.loyalty.queries.drifting import drift_rows
from zhike.loyalty.queries.drifting import over_time as drift_over_time
from zhike.loyalty.queries.sentences import indicator_label
from zhike.loyalty.queries.watching import last_watch
from zhike.loyalty.views.panels import sections
from zhike.staff.models import Staff

MOVER_COLUMNS = [
    Column("customer", gettext_lazy("Customer"), sort=("customer__name_sort",)),
    Column("outlet", gettext_lazy("Outlet")),
    Column("published", gettext_lazy("Published"), sort=("score_published",), number=True),
    Column("now", gettext_lazy("Now"), sort=("score_now",), number=True),
    Column("change", gettext_lazy("Score change"), sort=("score_change",), number=True),
    Column("ahead", gettext_lazy("Tier if nothing changes")),
    Column("causes", gettext_lazy("Main causes")),
]


@requires(Permission.RESULT_READ)
def change_list(request: HttpRequest) -> HttpResponse:
    """The changed customers in one's scope, those to follow first."""
    return answer(request, "loyalty/changes.html", changes_context(request), fragment="loyalty/_changes.html")


@requires(Permission.CHANGE_FOLLOW)
@require_POST
def follow(request: HttpRequest, pk: int) -> HttpResponse:
    """Record what was done; the next customer of the list comes into focus."""
    get_object_or_404(Customer.objects.visible_to(request.user), pk=pk)
    form = FollowUpForm(request.POST)
    if form.is_valid():
        now, entered = timezone.now(), {name: form.cleaned_data[name] for name in FollowUpForm.ENTERED}
        recorded = partial(following.record_follow_up, customer_id=pk, by=request.user, now=now, **entered)
        try:
            made = once(recorded, sent=request.POST, to=request.path, by=request.user, now=now)
            made = made or _still_on_record(form, pk, request.user, entered)
        except DomainError as refusal:
            form.add_error(None, str(refusal))
        else:
            words = {"customer": made.customer.name, "outcome": made.get_outcome_display()}
            undo = reverse("loyalty:follow_up_withdraw", args=[made.pk])
            say(request, _("Recorded for %(customer)s: %(outcome)s.") % words, undo=undo)
            if not request.htmx:  # type: ignore[attr-defined]
                return redirect(_back(request))
            return answer(
                request,
                "loyalty/changes.html",
                changes_context(request, just=pk),
                fragment="loyalty/_changes.html",
            )
    context = {**changes_context(request, opened=pk), "refused": form}
    return answer(request, "loyalty/changes.html", context, form=form, fragment="loyalty/_changes.html")


@requires(Permission.CHANGE_FOLLOW)
@require_POST
def follow_up_withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a record back."""
    get_object_or_404(FollowUp, pk=pk)
    try:
        following.withdraw_follow_up(follow_up_id=pk, by=request.user, now=timezone.now())
    except DomainError as refusal:
        say(request, str(refusal))
    else:
        say(request, _("The record is taken back."))
    return redirect(_back(request))


@requires(Permission.RESULT_READ)
def outlets(request: HttpRequest) -> HttpResponse:
    """By outlet: changed, followed, not yet."""
    run = changed.published_run()
    rows = totals.followed_totals(run, request.user) if run else []
    return answer(
        request,
        "loyalty/outlets.html",
        {"run": run, "rows": rows, "sum": _sum(rows), "sections": sections(request)},
    )


@requires(Permission.RESULT_READ)
def early_movers(request: HttpRequest) -> HttpResponse:
    """Who has moved since publication; the tier stays until the next evaluation (L-11)."""
    rows = (
        EarlyMover.objects.filter(customer__in=Customer.objects.visible_to(request.user))
        .select_related("customer", "customer__outlet", "customer__manager")
    )  # fmt: skip
    page = ListPage(request, rows, columns=MOVER_COLUMNS, default="change")
    run = changed.published_run()
    readings = list(run.drift_readings.order_by("as_of")) if run else []
    context = {
        "list": page,
        "run": run,
        "watch": last_watch(run),
        "drift": drift_rows(readings[-1].drift, on=readings[-1].as_of) if readings else [],
        "drift_on": readings[-1].as_of if readings else None,
        "drift_chart": drift_over_time(readings),
        "changed_definitions": _(", ").join(changed_since_approval(run.scheme)) if run else "",
        "rows": _movers(page),
        "sections": sections(request),
    }
    return answer(request, "loyalty/early_movers.html", context)


@requires(Permission.SCHEME_READ)
def policies(request: HttpRequest) -> HttpResponse:
    """What each tier asks for (L-41)."""
    rows = sorted(TierPolicy.objects.all(), key=_policy_order)
    context = {
        "rows": rows,
        "may_change": request.user.may(Permission.SCHEME_DRAFT),
        "watch": Measure.WATCH,
        "sections": sections(request),
    }
    return answer(request, "loyalty/policies.html", context)


@requires(Permission.SCHEME_DRAFT)
@require_http_methods(["GET", "POST"])
def policy(request: HttpRequest, pk: int) -> HttpResponse:
    found = get_object_or_404(TierPolicy, pk=pk)
    form = PolicyForm(
        request.POST or None, initial={name: getattr(found, name) for name in PolicyForm.base_fields}
    )
    if form.is_valid():
        try:
            following.change_policy(policy_id=pk, by=request.user, now=timezone.now(), **form.cleaned_data)
        except following.PolicyMoved as moved:
            return conflict(request, _both(moved.kept, form), back=reverse("loyalty:policies"))
        except DomainError as refusal:
            form.add_error(None, str(refusal))
        else:
            say(request, _("The measure is changed."))
            return redirect("loyalty:policies")
    return answer(request, "loyalty/policy.html", {"policy": found}, form=form)


def changes_context(
    request: HttpRequest, *, size: int | None = None, just: int | None = None, opened: int | None = None
) -> dict[str, Any]:
    """What `loyalty/_changes.html` shows, on this page and on the account manager's home.

    The first customer not yet followed has the record open; `opened` names another one.
    """
    run = changed.published_run()
    if run is None:
        return {"run": None, "rows": []}
    chosen = _chosen(request)
    rows = changed.changed(request.user, run, direction=chosen["direction"])
    if chosen["outlet"]:
        rows = rows.filter(outlet_id=chosen["outlet"])
    rows = changed.open_first(rows)
    if chosen["open"]:
        rows = rows.filter(is_followed=False)
    page = ListPage(request, rows, default="")
    shown = list(rows[:size]) if size else list(page.page)
    wanted = opened or whole_number(request.GET.get("customer", ""))
    if wanted and all(row.pk != wanted for row in shown):
        shown = [*rows.filter(pk=wanted), *shown]
    found = changed.in_detail(shown, run)
    first = next((row.customer.pk for row in found if row.follow_up is None), None)
    counts = changed.counts(request.user, run)
    return {
        "run": run,
        "rows": found,
        "list": page,
        "opened": wanted if any(row.customer.pk == wanted for row in found) else first,
        "just": just,
        "counts": counts,
        "tabs": _tabs(chosen, counts),
        "direction": str(chosen["direction"]),
        "only_open": chosen["open"],
        "may_follow": request.user.may(Permission.CHANGE_FOLLOW),
        "outcomes": Outcome.choices,
        "kinds": ContactKind.choices,
        "next_days": NEXT_DAYS.items(),
        "blank": FollowUpForm(),
        "today": timezone.localdate(),
        "watch": Measure.WATCH,
    }


def _movers(page: ListPage) -> list[tuple[EarlyMover, str, str]]:
    return [
        (row, row.get_tier_ahead_display(), _(", ").join(indicator_label(code) for code in row.causes))
        for row in page.page
    ]


def _chosen(request: HttpRequest) -> dict[str, Any]:
    form = ChangesFilter(request.GET)
    entered = form.cleaned_data if form.is_valid() else {}
    return {
        "direction": Direction(entered.get("direction") or Direction.FELL),
        "open": bool(entered.get("open")),
        "outlet": entered.get("outlet"),
    }


def _tabs(chosen: dict[str, Any], counts: dict[str, int]) -> list[dict[str, Any]]:
    base = reverse("loyalty:changes")
    return [
        {
            "label": label,
            "url": f"{base}?direction={direction}",
            "is_current": direction == chosen["direction"],
            "count": counts[direction],
        }
        for direction, label in DIRECTION_LABELS.items()
    ]


def _still_on_record(form: FollowUpForm, customer_id: int, by: Staff, entered: dict[str, Any]) -> FollowUp:
    """What the same form recorded the first time it was sent. Raises FollowUpRefused where it was taken back."""
    made = FollowUp.objects.filter(customer_id=customer_id, made_by=by, withdrawn_at=None, **entered)
    if found := made.order_by("-pk").first():
        return found
    form.renew()
    raise following.FollowUpRefused(
        _("What you recorded here was taken back. Save once more to record it again.")
    )


def _back(request: HttpRequest) -> str:
    """The page the person came from, if it is one of ours."""
    here = request.build_absolute_uri("/").removesuffix("/")
    came_from = request.headers.get("Referer", "").removeprefix(here)
    return own_address(request, came_from) or reverse("loyalty:changes")


def _sum(rows: list[totals.FollowedTotal]) -> dict[str, int]:
    return {
        name: sum(getattr(row, name) for row in rows)
        for name in (
            "changed_count",
            "fell_count",
            "rose_count",
            "new_count",
            "followed_count",
            "waiting_count",
        )
    }


def _policy_order(row: TierPolicy) -> tuple[int, int]:
    return list(Trigger).index(Trigger(row.trigger)), -TIER_LEVEL[Tier(row.tier)]


def _both(kept: TierPolicy, form: PolicyForm) -> list[Difference]:
    return [
        Difference(str(form.fields[name].label), str(getattr(kept, name)), str(form.cleaned_data[name]))
        for name in form.fields
        if name != "version" and getattr(kept, name) != form.cleaned_data[name]
    ]
