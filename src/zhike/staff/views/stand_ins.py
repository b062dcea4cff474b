"""Who stands in for whom: the list, the proposal, and the end before its time."""

from __future__ import annotations

from functools import partial

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from zhike.core import formats
from zhike.core.access.guard import requires
from zhike.core.access.permissions import Permission
from zhike.core.errors import DomainError
from zhike.core.models import ApprovalState
from zhike.core.operations.submissions import once
from zhike.core.queries import approvals
from zhike.core.ui import answer, say
from zhike.staff.forms import ReasonForm, StandInForm
from zhike.staff.operations import stand_ins as keeping
from zhike.staff.queries import accounts, people

FORM_PAGE = ["GET", "POST"]


def acting_notice(request: HttpRequest) -> str:
    """Under the top bar: whom one stands in for today (C.4)."""
    person = request.user
    if not person.is_authenticated or all(held.staff_id == person.pk for held in person.assignments):
        return ""
    rows = people.absent_today(person, on=timezone.localdate())
    return _("You stand in for %(people)s; everything you do is recorded with it.") % {
        "people": ", ".join(f"{row.absent.name} ({formats.day(row.until_on)})" for row in rows)
    }


@requires(Permission.STAFF_READ, Permission.STAFF_CHANGE)
def stand_ins(request: HttpRequest) -> HttpResponse:
    """Everybody sees who stands in for whom; who may not propose it reads whom to ask."""
    today, now = timezone.localdate(), timezone.now()
    waiting = approvals.visible_to(request.user).filter(
        kind=people.STAND_IN_KIND, state=ApprovalState.PENDING
    )
    context = {
        "rows": people.stand_ins(on=today),
        "today": today,
        "waiting": waiting.order_by("proposed_at"),
        "may_change": request.user.may(Permission.STAFF_CHANGE),
        "proposers": accounts.holders("SYSTEM_ADMIN", now=now).order_by("staff_no"),
        "deciders": accounts.holders("SECURITY_ADMIN", now=now).order_by("staff_no"),
    }
    return answer(request, "staff/stand_ins.html", context)


@requires(Permission.STAFF_CHANGE)
@require_http_methods(FORM_PAGE)
def stand_in(request: HttpRequest) -> HttpResponse:
    """Propose a stand-in; `?absent=` names who is away."""
    form = StandInForm(request.POST or None, by=request.user, initial={"absent": request.GET.get("absent")})
    if form.is_valid():
        entered, now = form.cleaned_data, timezone.now()
        proposed = partial(
            keeping.propose_stand_in, absent_id=entered["absent"].pk, substitute_id=entered["substitute"].pk,
            from_on=entered["from_on"], until_on=entered["until_on"], reason=entered["reason"], by=request.user,
            now=now,
        )  # fmt: skip
        try:
            once(proposed, sent=request.POST, to=request.path, by=request.user, now=now)
        except DomainError as refusal:
            form.add_error(None, str(refusal))
        else:
            say(request, _("Proposed. The security administrator decides."))
            return redirect("staff:stand_ins")
    return answer(request, "staff/stand_in.html", form=form)


@requires(Permission.STAFF_CHANGE)
@require_http_methods(FORM_PAGE)
def end_stand_in(request: HttpRequest, pk: int) -> HttpResponse:
    """End a stand-in before its last day."""
    row = get_object_or_404(people.stand_ins(on=timezone.localdate()), pk=pk)
    form = ReasonForm(request.POST or None)
    if form.is_valid():
        try:
            keeping.end_stand_in(stand_in_id=row.pk, by=request.user, now=timezone.now(), **form.cleaned_data)
        except DomainError as refusal:
            form.add_error(None, str(refusal))
        else:
            say(request, _("%(name)s stands in no longer.") % {"name": row.substitute.name})
            return redirect("staff:stand_ins")
    return answer(request, "staff/stand_in_end.html", {"row": row}, form=form)
