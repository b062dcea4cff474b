"""A tier set by hand: proposed with a reason, in force by another person's approval, until an end (K-10)."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from zhike.core import audit, calendar, formats, parameters
from zhike.core.errors import DomainError, Stale
from zhike.core.models import Approval, ApprovalState
from zhike.core.operations import approvals, tasks
from zhike.core.sentences import Sentence
from zhike.loyalty.enums import RATED, RunState
from zhike.loyalty.models import Override, Result, Run, Standing
from zhike.loyalty.operations import queueing
from zhike.loyalty.operations.holding import hold_customer
from zhike.loyalty.queries.periods import next_end

KIND = "loyalty.override"
FOLLOW_UP_PARAMETER = "loyalty.follow_up_days"
EVALUATED_AGAIN = Sentence("override.evaluated_again")
END_HAS_PASSED = Sentence("override.end_has_passed")


class OverrideRefused(DomainError):
    pass


@transaction.atomic
def propose_override(
    *, customer_id: int, tier: str, reason: str, expires_on: date, by: Any, now: datetime
) -> Override:
    """Propose another tier for a customer. Refuses the present tier, an empty reason, an end in the past
    or after the next evaluation, and a second proposal while one waits."""
    hold_customer(customer_id)
    standing = Standing.objects.select_related("customer", "run").filter(pk=customer_id).first()
    if standing is None:
        raise OverrideRefused(_("This customer has not been evaluated yet."))
    if tier not in RATED or tier == standing.tier:
        raise OverrideRefused(_("Choose a tier other than the present one."))
    if not reason.strip():
        raise OverrideRefused(_("Please give a reason."))
    latest = next_end(standing.run.period)
    if not timezone.localdate(now) < expires_on <= latest:
        raise OverrideRefused(
            _("The end must lie after today and no later than the next evaluation, %(day)s.")
            % {"day": formats.day(latest)}
        )
    waiting = Override.objects.filter(customer_id=customer_id, approval__state=ApprovalState.PENDING)
    if waiting.exists():
        raise OverrideRefused(_("Another proposal for this customer is still waiting for a decision."))
    override = Override(
        customer=standing.customer, outlet_id=standing.outlet_id, run=standing.run,
        tier_before=standing.tier, tier=tier, reason=reason.strip(), expires_on=expires_on,
        proposed_by=by, proposed_at=now,
    )  # fmt: skip
    with audit.change(override, "override.proposed", by=by, at=now, reason=reason):
        override.save()
        payload = {
            "run_id": standing.run_id,
            "tier_before": standing.tier,
            "tier": tier,
            "expires_on": expires_on.isoformat(),
            "score": standing.score,
            "customer_no": standing.customer.customer_no,
            "parts": _parts(standing),
        }
        override.approval = approvals.propose(
            kind=KIND, subject=override, payload=payload, reason=reason, by=by, now=now
        )
        override.save(update_fields=["approval"])
    return override


def _parts(standing: Standing) -> list[dict[str, Any]]:
    """What the index is made of, kept with the proposal: who decides need not see the customer."""
    result = Result.objects.filter(run_id=standing.run_id, customer_id=standing.pk).first()
    if result is None:
        return []
    columns = zip(
        standing.run.indicators, result.raws, result.states, result.weights, result.contributions, strict=True
    )
    names = ("code", "raw", "state", "weight", "contribution")
    return [dict(zip(names, column, strict=True)) for column in columns]


def override_approved(*, approval: Approval, by: Any, now: datetime) -> None:
    """Accept an approved override. Raises Stale when a later run was published meanwhile.

    Whoever approves need not see the customer, so the standing is switched by the worker, a moment later.
    """
    run = Run.objects.get(pk=approval.payload["run_id"])
    if run.state != RunState.PUBLISHED:
        raise Stale(EVALUATED_AGAIN)
    if Run.objects.filter(state=RunState.PUBLISHED, as_of__gt=run.as_of).exists():
        raise Stale(EVALUATED_AGAIN)
    if date.fromisoformat(approval.payload["expires_on"]) <= timezone.localdate(now):
        raise Stale(END_HAS_PASSED)
    queueing.enqueue_plain(task="loyalty.apply_override", override_id=approval.subject_id)


@transaction.atomic
def apply_override(*, override_id: int, now: datetime) -> Standing | None:
    """Show an approved override as the customer's tier. Safe to repeat; does nothing once it has expired."""
    override = Override.objects.in_force(timezone.localdate(now)).filter(pk=override_id).first()
    if override is None:
        return None
    standing = Standing.objects.select_for_update().get(pk=override.customer_id)
    with audit.change(standing, "override.applied", by=None, at=now, reason=override.reason):
        standing.tier, standing.override, standing.since_on = override.tier, override, timezone.localdate(now)
        standing.save(update_fields=["tier", "override", "since_on"])
    return standing


@transaction.atomic
def end_overtaken(*, run: Run, by: Any, now: datetime) -> int:
    """End the proposals that a later run has overtaken, and tell whoever made them: a task each, due in the
    working days a change of loyalty is followed in (L-41). Safe to repeat; returns how many are ended."""
    made_before = Override.objects.exclude(run=run).values("approval")
    ended = approvals.overtake(
        proposals=Approval.objects.filter(kind=KIND, pk__in=made_before),
        reason=EVALUATED_AGAIN, by=by, now=now,
    )  # fmt: skip
    overtaken = Override.objects.filter(approval__in=ended).select_related("customer", "proposed_by")
    for override in overtaken.order_by("pk"):
        tasks.ask_task(
            title=Sentence("override.overtaken", {"customer": override.customer.customer_no}),
            text=Sentence("override.propose_again", {"run": str(run), "reason": override.reason}),
            unit_id=override.proposed_by.unit_id, owner=override.proposed_by, customer_id=override.customer_id,
            due_on=_follow_up_day(timezone.localdate(now)), source_key=f"override.overtaken:{override.pk}",
            by=by or override.proposed_by, now=now,
        )  # fmt: skip
    return len(ended)


def _follow_up_day(today: date) -> date:
    return calendar.due_day(today, int(parameters.value(FOLLOW_UP_PARAMETER, on=today)))


@transaction.atomic
def end_overrides(*, now: datetime) -> int:
    """Let expired overrides end: the computed tier shows again, and a proposal whose end has come waits no longer.
    Daily, safe to repeat; returns how many overrides ended."""
    too_late = Override.objects.filter(expires_on__lte=timezone.localdate(now)).values("approval")
    approvals.overtake(
        proposals=Approval.objects.filter(kind=KIND, pk__in=too_late),
        reason=END_HAS_PASSED, by=None, now=now,
    )  # fmt: skip
    ended = Standing.objects.filter(override__expires_on__lte=timezone.localdate(now))
    keys = list(ended.select_for_update(of=("self",)).values_list("customer_id", "override_id"))
    ended.update(tier=F("computed_tier"), since_on=timezone.localdate(now), override=None)
    if keys:
        audit.record("override.ended", by=None, at=now, detail={"overrides": [key for _, key in keys]})
    return len(keys)
