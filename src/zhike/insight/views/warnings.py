"""Warnings of churn: the list to work through, and one with its reasons and what came of it (M-03)."""

from __future__ import annotations

from functools import partial

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods

from zhike.core import parameters
from zhike.core.access.guard import requires
from zhike.core.access.permissions import Permission
from zhike.core.errors import DomainError
from zhike.core.lists import Column, ListPage, understood
from zhike.core.operations.submissions import once
from zhike.core.ui import answer, say
from zhike.customers.api import record_opening, seen_customer
from zhike.customers.enums import FilePart
from zhike.insight.forms.foresee import AnswerForm, WarningFilter
from zhike.insight.models.foresee import WarningState
from zhike.insight.operations import warnings
from zhike.insight.queries import cards, model_words, places
from zhike.insight.queries import warnings as asked
from zhike.insight.views.panels import sections

COLUMNS = [
    Column("customer", gettext_lazy("Customer"), sort=("customer__name_sort",)),
    Column("risk", gettext_lazy("Chance to be lost"), sort=("risk",), number=True),
    Column("reasons", gettext_lazy("Why")),
    Column("raised", gettext_lazy("Raised on"), sort=("raised_on",)),
    Column("manager", gettext_lazy("Account manager")),
    Column("due", gettext_lazy("Due"), sort=("task__due_on",)),
    Column("state", gettext_lazy("State")),
]
TONES = {
    WarningState.OPEN: "warn",
    WarningState.RETAINED: "ok",
    WarningState.LOST: "danger",
    WarningState.SET_ASIDE: "",
}


@requires(Permission.CUSTOMER_READ)
@require_GET
def warning_list(request: HttpRequest) -> HttpResponse:
    form = WarningFilter(request.GET)
    state = understood(form).get("state") or WarningState.OPEN
    rows = asked.visible(request.user).filter(state=state)
    page = ListPage(request, rows, columns=COLUMNS, default="-risk")
    context = {
        "list": page,
        "filter": form,
        "is_filtered": state != WarningState.OPEN,
        "rows": [
            (each, TONES[WarningState(each.state)], model_words.reasons(each.reasons)) for each in page.page
        ],
        "model": cards.in_use(),
        "scoring": cards.last_scoring(),
        "threshold": parameters.value("insight.churn_threshold", on=timezone.localdate()),
        "sections": sections(request),
    }
    return answer(request, "insight/warning_list.html", context, fragment="insight/_warnings.html")


@requires(Permission.CUSTOMER_READ)
@require_http_methods(["GET", "POST"])
def warning(request: HttpRequest, pk: int) -> HttpResponse:
    """One warning; who was asked says what came of it, or sets it aside. It tells of one customer, so whoever states
    a purpose for that does it on the customer's page first, and each reading is on record."""
    found = get_object_or_404(asked.visible(request.user), pk=pk)
    seen = seen_customer(found.customer_id, staff=request.user)
    if seen is None:
        raise Http404
    if seen.wants_purpose(*request.user.rights_in_use):
        return redirect(places.page_address(found.customer_id))
    form, now = AnswerForm(request.POST or None), timezone.now()
    if request.method == "POST" and form.is_valid():
        work = partial(
            warnings.answer_warning, warning_id=pk, state=form.cleaned_data["state"],
            note=form.cleaned_data["note"], by=request.user, now=now,
        )  # fmt: skip
        try:
            once(work, sent=request.POST, to=request.path, by=request.user, now=now)
        except DomainError as refusal:
            form.add_error(None, str(refusal))
        else:
            say(request, _("Recorded, and the task is answered."))
            return redirect("insight:warnings")
    record_opening(seen, part=FilePart.LOYALTY, purpose="", by=request.user, now=now)
    context = {
        "warning": found,
        "tone": TONES[WarningState(found.state)],
        "reasons": model_words.reasons(found.reasons),
        "may_answer": found.state == WarningState.OPEN and asked.may_answer(request.user, found),
        "customer_url": places.page_address(found.customer_id),
        "may_open_model": request.user.may(Permission.MODEL_READ),
        "form": form,
        "sections": sections(request),
    }
    return answer(request, "insight/warning.html", context, form=form if request.method == "POST" else None)
