"""What is done about changed customers: measures of the tiers and the record of each contact (L-41)."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from zhike.core import audit, formats, parameters
from zhike.core.errors import DomainError, Stale
from zhike.loyalty.enums import ContactKind, Measure, Outcome
from zhike.loyalty.models import FollowUp, Standing, TierPolicy
from zhike.loyalty.operations.holding import hold_customer
from zhike.loyalty.queries.causes import trigger_of

NOTE_LENGTH = 500
NEXT_CONTACT_PARAMETER = "loyalty.next_contact_days"
UNDO_WITHIN = timedelta(minutes=10)
"""For so long a record may be taken back by whoever made it."""


class FollowUpRefused(DomainError):
    pass


class PolicyMoved(Stale):
    """Somebody else changed the measure first; `kept` is what stands there now."""

    def __init__(self, kept: TierPolicy) -> None:
        super().__init__(_("Somebody else changed this measure meanwhile. Nothing of yours was saved."))
        self.kept = kept


@transaction.atomic
def record_follow_up(
    *, customer_id: int, kind: str, outcome: str, note: str = "", next_on: date | None = None,
    by: Any, now: datetime,
) -> FollowUp:  # fmt: skip
    """Record what was done about a customer and what came of it, for the period now published.

    Refuses an unknown outcome, a note that is too long, a next day in the past or too far ahead, and
    the same record within a minute (a double click).
    """
    hold_customer(customer_id)
    standing = Standing.objects.select_related("run").filter(pk=customer_id).first()
    if standing is None:
        raise FollowUpRefused(_("This customer has not been evaluated yet."))
    if outcome not in Outcome.values:
        raise FollowUpRefused(_("Choose what came of it."))
    if kind not in ContactKind.values:
        raise FollowUpRefused(_("Choose how the contact was made."))
    if len(note.strip()) > NOTE_LENGTH:
        raise FollowUpRefused(_("A note has at most %(count)s characters.") % {"count": NOTE_LENGTH})
    if next_on is not None:
        _demand_near(next_on, today=timezone.localdate(now))
    same = FollowUp.objects.filter(
        customer_id=customer_id, period=standing.run.period, made_by=by, outcome=outcome, note=note.strip(),
        withdrawn_at=None, made_at__gt=now - timedelta(minutes=1),
    ).first()  # fmt: skip
    if same is not None:
        raise FollowUpRefused(_("This has just been recorded."))
    follow_up = FollowUp(
        customer_id=customer_id, outlet_id=standing.outlet_id, run_id=standing.run_id,
        period=standing.run.period, tier=standing.tier,
        trigger=trigger_of(standing.tier_before, standing.tier, standing.score_change), kind=kind,
        outcome=outcome, note=note.strip(), next_on=next_on, made_by=by, made_at=now,
    )  # fmt: skip
    with audit.change(follow_up, "follow_up.recorded", by=by, at=now):
        follow_up.save()
    return follow_up


def _demand_near(next_on: date, *, today: date) -> None:
    """A contact agreed for years ahead is a slip of the hand; how far ahead is the bank's to say (L-41)."""
    if next_on < today:
        raise FollowUpRefused(_("The next contact must not lie in the past."))
    latest = today + timedelta(days=int(parameters.value(NEXT_CONTACT_PARAMETER, on=today)))
    if next_on > latest:
        raise FollowUpRefused(
            _("The next contact may be agreed until %(day)s.") % {"day": formats.day(latest)}
        )


@transaction.atomic
def withdraw_follow_up(*, follow_up_id: int, by: Any, now: datetime) -> FollowUp:
    """Take a record back within minutes; it stays, marked. Refuses another person's and an old one."""
    follow_up = FollowUp.objects.select_for_update().get(pk=follow_up_id)
    if follow_up.withdrawn_at:
        raise FollowUpRefused(_("This record has already been taken back."))
    if follow_up.made_by_id != by.pk:
        raise FollowUpRefused(_("Only the person who made a record can take it back."))
    if now - follow_up.made_at > UNDO_WITHIN:
        raise FollowUpRefused(
            _("A record can be taken back only within ten minutes; add another one instead.")
        )
    with audit.change(follow_up, "follow_up.withdrawn", by=by, at=now):
        follow_up.withdrawn_by, follow_up.withdrawn_at = by, now
        follow_up.save(update_fields=["withdrawn_by", "withdrawn_at"])
    return follow_up


@transaction.atomic
def change_policy(
    *, policy_id: int, version: int, measure: str, contact: str, contacts_per_year: int,
    due_working_days: int, by: Any, now: datetime,
) -> TierPolicy:  # fmt: skip
    """Change what a tier asks for. Refuses what is not a measure; raises PolicyMoved when stale."""
    policy = TierPolicy.objects.select_for_update().get(pk=policy_id)
    if policy.version != version:
        raise PolicyMoved(policy)
    if measure not in Measure.values or contact not in ContactKind.values:
        raise FollowUpRefused(_("Choose a measure of the list."))
    with audit.change(policy, "tier_policy.changed", by=by, at=now):
        policy.measure, policy.contact = measure, contact
        policy.contacts_per_year, policy.due_working_days = contacts_per_year, due_working_days
        policy.version += 1
        policy.save()
    return policy
