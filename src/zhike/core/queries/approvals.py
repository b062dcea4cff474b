"""Proposals as one person may see them."""

from __future__ import annotations

from typing import Any

from django.db.models import Q, QuerySet

from zhike.core import proposals
from zhike.core.access.decisions import DECIDED_WITH
from zhike.core.models import Approval, ApprovalState
from zhike.core.models.approvals import MAKERS, RETURNED


def kinds_decided_by(person: Any) -> list[str]:
    """The kinds of proposals the person's roles decide."""
    return [kind for kind, right in DECIDED_WITH.items() if person.may(right)]


def waiting_for(person: Any) -> QuerySet[Approval]:
    """Proposals of others that the person may decide now: none that they had a hand in."""
    # Most payloads name no makers: of them nothing would be known, and NOT unknown is not true.
    no_hand = Q(**{f"payload__{MAKERS}__isnull": True}) | ~Q(**{f"payload__{MAKERS}__contains": person.pk})
    return (
        _all()
        .filter(no_hand, state=ApprovalState.PENDING, kind__in=kinds_decided_by(person))
        .exclude(proposed_by=person)
    )


def proposed_by(person: Any) -> QuerySet[Approval]:
    """The person's own proposals."""
    return _all().filter(proposed_by=person)


def returned_to(person: Any) -> QuerySet[Approval]:
    """The person's own proposals that came back and wait to be mended, the latest first.

    What was proposed anew, what is settled otherwise and what its author gave up waits no longer.
    """
    came_back = proposed_by(person).filter(state__in=RETURNED, given_up_at__isnull=True)
    return came_back.exclude(proposals.settled()).order_by("-decided_at", "-pk")


def decided(person: Any) -> QuerySet[Approval]:
    """What has been decided, of the kinds the person decides and of their own proposals."""
    return visible_to(person).exclude(state=ApprovalState.PENDING)


def visible_to(person: Any) -> QuerySet[Approval]:
    """Everything the person may look at: the own proposals, and those of the kinds they decide."""
    return _all().filter(Q(proposed_by=person) | Q(kind__in=kinds_decided_by(person)))


def _all() -> QuerySet[Approval]:
    return Approval.objects.select_related("proposed_by", "decided_by")
