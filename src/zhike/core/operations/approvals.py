"""Proposals that take effect only by another person's decision (four eyes; A.6, K-7, C.4)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import IntegrityError, models, transaction
from django.utils.translation import gettext as _

from zhike.core import audit, hearing
from zhike.core.access.decisions import DECIDED_WITH
from zhike.core.errors import DomainError, Stale
from zhike.core.models import Approval, ApprovalState
from zhike.core.models.approvals import MAKERS, NEXT_APPROVAL_STATE, RETURNED
from zhike.core.sentences import Sentence, kept

APPROVED = hearing.topic("approval.approved")
REJECTED = hearing.topic("approval.rejected")


class ApprovalRefused(DomainError):
    pass


@transaction.atomic
def propose(
    *,
    kind: str,
    subject: models.Model,
    payload: dict[str, Any],
    reason: str,
    makers: Iterable[int] = (),
    by: Any,
    now: datetime,
) -> Approval:
    """Put a proposal before whoever may decide it. Refuses an empty reason and a second one pending.

    `makers` are the persons besides the proposer who made what is proposed: none of them decides it either.
    """
    if not reason.strip():
        raise ApprovalRefused(_("Please give a reason."))
    approval = Approval(
        kind=kind,
        subject_type=subject._meta.label_lower,
        subject_id=subject.pk,
        subject_label=str(subject)[:200],
        subject_version=getattr(subject, "version", 0),
        payload={**payload, MAKERS: sorted(makers)} if makers else payload,
        reason=reason.strip(),
        proposed_by=by,
        proposed_at=now,
    )
    try:
        with transaction.atomic(), audit.change(approval, "approval.proposed", by=by, at=now, reason=reason):
            approval.save()
    except IntegrityError as error:
        raise ApprovalRefused(_("Another proposal for this is still waiting for a decision.")) from error
    return approval


@transaction.atomic
def approve(*, approval_id: int, reason: str, by: Any, now: datetime) -> Approval:
    """Approve and carry out. Refuses the proposer and every other maker, a decided proposal, and one whose
    subject has moved.

    A stale proposal is kept as such (`STALE`) and the refusal is returned as that state, not raised, so
    that the record survives; what the approver wrote stands in the audit beside why it is stale.
    """
    approval = _open(approval_id, to=ApprovalState.APPROVED, by=by)
    try:
        with transaction.atomic(), audit.change(approval, "approval.approved", by=by, at=now, reason=reason):
            approval.state = ApprovalState.APPROVED
            _decide(approval, reason=reason, by=by, now=now)
            hearing.tell(APPROVED, approval=approval, by=by, now=now)
    except Stale as overtaken:
        approval.refresh_from_db()
        wrote = {"decision": reason.strip()} if reason.strip() else None
        with audit.change(
            approval, "approval.overtaken", by=by, at=now, reason=overtaken.said, detail=wrote
        ):  # fmt: skip
            approval.state = ApprovalState.STALE
            _decide(approval, reason=overtaken.said, by=by, now=now)
    return approval


@transaction.atomic
def reject(*, approval_id: int, reason: str, by: Any, now: datetime) -> Approval:
    """Reject with a reason; the proposal stays on record. Refuses its makers and an empty reason."""
    approval = _open(approval_id, to=ApprovalState.REJECTED, by=by)
    if not reason.strip():
        raise ApprovalRefused(_("Please give a reason for the rejection."))
    with audit.change(approval, "approval.rejected", by=by, at=now, reason=reason):
        approval.state = ApprovalState.REJECTED
        _decide(approval, reason=reason, by=by, now=now)
        hearing.tell(REJECTED, approval=approval, by=by, now=now)
    return approval


@transaction.atomic
def withdraw(*, approval_id: int, by: Any, now: datetime) -> Approval:
    """Withdraw one's own proposal before it is decided."""
    approval = Approval.objects.select_for_update().get(pk=approval_id)
    _demand_next(approval, ApprovalState.WITHDRAWN)
    if approval.proposed_by_id != by.pk:
        raise ApprovalRefused(_("Only the person who proposed it can withdraw it."))
    with audit.change(approval, "approval.withdrawn", by=by, at=now):
        approval.state = ApprovalState.WITHDRAWN
        _decide(approval, reason="", by=by, now=now)
        hearing.tell(REJECTED, approval=approval, by=by, now=now)
    return approval


@transaction.atomic
def give_up(*, approval_id: int, by: Any, now: datetime) -> Approval:
    """Let one's own proposal rest after it came back; what was proposed and decided stays as it is. Safe to repeat.

    Refuses another person's proposal, and one that did not come back.
    """
    approval = Approval.objects.select_for_update().get(pk=approval_id)
    if approval.proposed_by_id != by.pk:
        raise ApprovalRefused(_("Only the person who proposed it can give it up."))
    if approval.state not in RETURNED:
        raise ApprovalRefused(_("Only a proposal that came back can be given up."))
    if approval.given_up_at is None:
        with audit.change(approval, "approval.given_up", by=by, at=now):
            approval.given_up_at = now
            approval.save(update_fields=["given_up_at"])
    return approval


@transaction.atomic
def overtake(
    *, proposals: models.QuerySet[Approval], reason: Sentence, by: Any, now: datetime
) -> list[Approval]:
    """End those of `proposals` that still wait, since something else has happened that keeps them from taking
    effect; `reason` says what, to who proposed and to who would have decided.

    `by` did that other thing and decides nothing here: the audit names them, the proposal nobody. Whoever hears
    of rejections hears of these. One that is being decided at this moment is left to that decision. Safe to
    repeat; returns those ended.
    """
    waiting = proposals.filter(state__in=_states_before(ApprovalState.STALE)).order_by("pk")
    ended = list(waiting.select_for_update(of=("self",), skip_locked=True))
    for approval in ended:
        with audit.change(approval, "approval.overtaken", by=by, at=now, reason=reason):
            approval.state, approval.decided_at = ApprovalState.STALE, now
            approval.decision_reason, approval.decision_names = kept(reason)
            approval.save(update_fields=["state", "decided_at", "decision_reason", "decision_names"])
            hearing.tell(REJECTED, approval=approval, by=by, now=now)
    return ended


def _states_before(state: ApprovalState) -> list[ApprovalState]:
    return [before for before, following in NEXT_APPROVAL_STATE.items() if state in following]


def _open(approval_id: int, *, to: ApprovalState, by: Any) -> Approval:
    approval = Approval.objects.select_for_update().get(pk=approval_id)
    _demand_next(approval, to)
    if approval.proposed_by_id == by.pk:
        raise ApprovalRefused(_("You proposed this yourself; another person must decide."))
    if approval.is_made_by(by):
        raise ApprovalRefused(_("You had a hand in this yourself; another person must decide."))
    if not by.may(DECIDED_WITH[approval.kind]):
        raise ApprovalRefused(_("Your roles do not include deciding this."))
    return approval


def _demand_next(approval: Approval, state: ApprovalState) -> None:
    if state not in NEXT_APPROVAL_STATE[ApprovalState(approval.state)]:
        raise ApprovalRefused(
            _("This proposal is already decided: %(state)s.") % {"state": approval.get_state_display()}
        )


def _decide(approval: Approval, *, reason: str | Sentence, by: Any, now: datetime) -> None:
    text, names = kept(reason)
    approval.decided_by = by
    approval.decided_at = now
    approval.decision_reason, approval.decision_names = text.strip(), names
    approval.save(update_fields=["state", "decided_by", "decided_at", "decision_reason", "decision_names"])
