"""The approvals inbox: what waits for me, what I proposed, what has been decided."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from zhike.core import proposals
from zhike.core.access.decisions import DECIDED_WITH
from zhike.core.access.guard import opens, requires
from zhike.core.access.permissions import Permission
from zhike.core.errors import DomainError
from zhike.core.forms import DecisionForm
from zhike.core.lists import Column, ListPage
from zhike.core.models import Approval, ApprovalState
from zhike.core.operations import approvals as deciding
from zhike.core.queries import approvals
from zhike.core.ui import answer, say

BOXES = {
    "waiting": (gettext_lazy("Waiting for me"), approvals.waiting_for),
    "mine": (gettext_lazy("My proposals"), approvals.proposed_by),
    "decided": (gettext_lazy("Decided"), approvals.decided),
}
COLUMNS = [
    Column("subject", gettext_lazy("Proposal")),
    Column("kind", gettext_lazy("Kind"), sort=("kind",)),
    Column("by", gettext_lazy("Proposed by")),
    Column("at", gettext_lazy("Proposed at"), sort=("proposed_at",)),
    Column("state", gettext_lazy("State"), sort=("state",)),
]
TONES = {
    ApprovalState.PENDING: "warn",
    ApprovalState.APPROVED: "ok",
    ApprovalState.REJECTED: "danger",
    ApprovalState.STALE: "danger",
    ApprovalState.WITHDRAWN: "",
}
DECIDERS = tuple(set(DECIDED_WITH.values()))


def waiting_count(request: HttpRequest) -> int:
    """For the navigation: how many proposals wait for this person."""
    kinds = approvals.kinds_decided_by(request.user)
    return approvals.waiting_for(request.user).count() if kinds else 0


@requires(Permission.WORK_OPEN)
def inbox(request: HttpRequest, box: str = "waiting") -> HttpResponse:
    _label, rows = BOXES[box]
    list_page = ListPage(request, rows(request.user), columns=COLUMNS, default="-at")
    returned = set(approvals.returned_to(request.user).values_list("pk", flat=True))
    counts = {"mine": len(returned) or None}
    tabs = [
        {
            "label": name,
            "url": reverse(f"core:approvals_{key}"),
            "is_current": key == box,
            "count": counts.get(key),
        }
        for key, (name, _rows) in BOXES.items()
    ]
    page = list(list_page.page)
    context = {
        "box": box,
        "list": list_page,
        "tabs": tabs,
        "returned": returned,
        "rows": [
            (row, title, proposals.kind_label(row), TONES[row.state])
            for row, title in zip(page, proposals.titles(page), strict=True)
        ],
    }
    return answer(request, "core/approvals.html", context)


@requires(Permission.WORK_OPEN)
def detail(request: HttpRequest, pk: int) -> HttpResponse:
    approval = get_object_or_404(approvals.visible_to(request.user), pk=pk)
    return _show(request, approval, DecisionForm())


@requires(*DECIDERS)
@require_POST
def approve(request: HttpRequest, pk: int) -> HttpResponse:
    approval = _deciding(request, pk)
    form = DecisionForm(request.POST)
    if form.is_valid():
        try:
            done = deciding.approve(
                approval_id=approval.pk,
                reason=form.cleaned_data["reason"],
                by=request.user,
                now=timezone.now(),
            )
        except DomainError as refusal:
            form.add_error(None, str(refusal))
        else:
            return _to_next(request, done)
    return _show(request, approval, form)


@requires(*DECIDERS)
@require_POST
def reject(request: HttpRequest, pk: int) -> HttpResponse:
    approval = _deciding(request, pk)
    form = DecisionForm(request.POST, needs_reason=True)
    if form.is_valid():
        try:
            done = deciding.reject(
                approval_id=approval.pk,
                reason=form.cleaned_data["reason"],
                by=request.user,
                now=timezone.now(),
            )
        except DomainError as refusal:
            form.add_error(None, str(refusal))
        else:
            return _to_next(request, done)
    return _show(request, approval, form)


@requires(Permission.WORK_OPEN)
@require_POST
def withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    approval = get_object_or_404(approvals.proposed_by(request.user), pk=pk)
    try:
        deciding.withdraw(approval_id=approval.pk, by=request.user, now=timezone.now())
    except DomainError as refusal:
        form = DecisionForm({})
        form.add_error(None, str(refusal))
        return _show(request, approval, form)
    say(request, _("Your proposal is withdrawn."))
    return redirect("core:approvals_mine")


@requires(Permission.WORK_OPEN)
@require_POST
def give_up(request: HttpRequest, pk: int) -> HttpResponse:
    """Let one's own proposal rest after it came back."""
    approval = get_object_or_404(approvals.proposed_by(request.user), pk=pk)
    try:
        deciding.give_up(approval_id=approval.pk, by=request.user, now=timezone.now())
    except DomainError as refusal:
        form = DecisionForm({})
        form.add_error(None, str(refusal))
        return _show(request, approval, form)
    say(request, _("Given up: %(title)s") % {"title": proposals.title(approval)})
    return redirect("core:approvals_mine")


def _deciding(request: HttpRequest, pk: int) -> Approval:
    approval = get_object_or_404(approvals.visible_to(request.user), pk=pk)
    if not request.user.may(DECIDED_WITH[approval.kind]):
        raise PermissionDenied
    return approval


def _to_next(request: HttpRequest, done: Approval) -> HttpResponse:
    words = {
        ApprovalState.APPROVED: _("Approved and carried out: %(title)s"),
        ApprovalState.REJECTED: _("Rejected: %(title)s"),
        ApprovalState.STALE: _("Overtaken by another change, not carried out: %(title)s"),
    }
    say(request, words[ApprovalState(done.state)] % {"title": proposals.title(done)})
    following = (
        approvals.waiting_for(request.user).order_by("proposed_at").values_list("pk", flat=True).first()
    )
    return redirect("core:approval", following) if following else redirect("core:approvals")


def _show(request: HttpRequest, approval: Approval, form: DecisionForm) -> HttpResponse:
    person = request.user
    is_open = approval.state == ApprovalState.PENDING
    is_mine = approval.proposed_by_id == person.pk
    link = proposals.link(approval)
    is_returned = is_mine and approvals.returned_to(person).filter(pk=approval.pk).exists()
    mend = proposals.mend_link(approval) if is_returned else ""
    context = {
        "approval": approval,
        "title": proposals.title(approval),
        "kind": proposals.kind_label(approval),
        "lines": proposals.lines(approval),
        "link": link if link and opens(person, link) else "",
        "tables": proposals.tables(approval),
        "tone": TONES[approval.state],
        "may_decide": is_open and not approval.is_made_by(person) and person.may(DECIDED_WITH[approval.kind]),
        "may_withdraw": is_open and is_mine,
        "is_returned": is_returned,
        "mend": mend if mend and opens(person, mend) else "",
    }
    return answer(request, "core/approval.html", context, form=form)
