"""Schemes on screen: list, editor with trial and comparison, submission, versions, the catalogue."""

from __future__ import annotations

from functools import partial

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from zhike.analytics.indicators import CATALOGUE
from zhike.core.access.guard import requires
from zhike.core.access.permissions import Permission
from zhike.core.errors import DomainError
from zhike.core.lists import Column, ListPage
from zhike.core.operations.submissions import once
from zhike.core.ui import answer, say
from zhike.loyalty.enums import SchemeState
from zhike.loyalty.forms.steps import DraftForm, ReasonForm
from zhike.loyalty.models import Scheme
from zhike.loyalty.operations import schemes, withdrawing
from zhike.loyalty.queries import scheme_versions
from zhike.loyalty.queries.sentences import (
    DEFINITIONS,
    NORMALISER_LABELS,
    POLICY_LABELS,
    feed_label,
    indicator_label,
)
from zhike.loyalty.views.panels import sections
from zhike.loyalty.views.scheme_editor import TONES, open_editor, save_entered, scheme_context

COLUMNS = [
    Column("name", gettext_lazy("Scheme"), sort=("code", "-number")),
    Column("number", gettext_lazy("Version"), sort=("number",), number=True),
    Column("cycle", gettext_lazy("Cycle")),
    Column("state", gettext_lazy("State"), sort=("state",)),
    Column("valid", gettext_lazy("In force from"), sort=("valid_from",)),
    Column("author", gettext_lazy("Drafted by")),
]


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
        now, entered = timezone.now(), {name: form.cleaned_data[name] for name in DraftForm.ENTERED}
        drafted = partial(schemes.draft_scheme, by=request.user, now=now, **entered)
        try:
            made = once(drafted, sent=request.POST, to=request.path, by=request.user, now=now)
        except schemes.SchemeRefused as refusal:
            form.add_error(refusal.field, str(refusal))
        else:
            return redirect("loyalty:scheme", made.pk) if made else redirect("loyalty:schemes")
    return answer(request, "loyalty/scheme_draft.html", form=form)


@requires(Permission.SCHEME_READ)
@require_http_methods(["GET", "POST"])
def scheme(request: HttpRequest, pk: int) -> HttpResponse:
    """One version: the editor for whoever may draft, figures for everybody else, and of a deleted draft too, which
    proposals and the audit still name."""
    found = get_object_or_404(Scheme.objects.select_related("drafted_by"), pk=pk)
    if found.state != SchemeState.DRAFT or not request.user.may(Permission.SCHEME_DRAFT):
        return answer(request, "loyalty/scheme.html", scheme_context(request, found))
    if request.method != "POST":
        return open_editor(request, found)
    return save_entered(request, found, then=lambda _saved: say(request, _("The draft is saved.")))


@requires(Permission.SCHEME_DRAFT)
@require_POST
def scheme_try(request: HttpRequest, pk: int) -> HttpResponse:
    """Save what was entered, then have it tried on the loaded facts."""
    found = get_object_or_404(scheme_versions.listed(), pk=pk)

    def try_out(saved: Scheme) -> None:
        schemes.ask_trial(scheme_id=saved.pk, by=request.user, now=timezone.now())

    return save_entered(request, found, then=try_out)


@requires(Permission.SCHEME_DRAFT)
@require_POST
def scheme_submit(request: HttpRequest, pk: int) -> HttpResponse:
    """Save what was entered, then put it before an executive."""
    found = get_object_or_404(scheme_versions.listed(), pk=pk)

    def submit(saved: Scheme) -> None:
        schemes.submit_scheme(scheme_id=pk, version=saved.version, by=request.user, now=timezone.now())
        say(request, _("Submitted. An executive decides."))

    return save_entered(request, found, then=submit)


@requires(Permission.SCHEME_READ)
def scheme_trial(request: HttpRequest, pk: int) -> HttpResponse:
    """The trial's part of the page, alone when htmx asks: what is being typed beside it stays."""
    found = get_object_or_404(scheme_versions.listed(), pk=pk)
    return answer(
        request, "loyalty/scheme.html", scheme_context(request, found), fragment="loyalty/_trial.html"
    )


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
    found = get_object_or_404(scheme_versions.listed(), pk=pk)
    form = ReasonForm(request.POST)
    if form.is_valid():
        try:
            schemes.retire_scheme(scheme_id=pk, by=request.user, now=timezone.now(), **form.cleaned_data)
        except DomainError as refusal:
            form.add_error(None, str(refusal))
        else:
            say(request, _("The scheme is retired."))
            return redirect("loyalty:scheme", pk)
    return answer(request, "loyalty/scheme.html", scheme_context(request, found), form=form)


@requires(Permission.SCHEME_DRAFT)
@require_POST
def scheme_withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    """Give up a draft; it leaves the list."""
    found = get_object_or_404(Scheme, pk=pk)
    try:
        gone = withdrawing.withdraw_draft(scheme_id=pk, by=request.user, now=timezone.now())
    except DomainError as refusal:
        found.refresh_from_db(fields=["state"])
        if found.state == SchemeState.WITHDRAWN:  # by the first of two clicks, or by another of its makers
            return redirect("loyalty:schemes")
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
