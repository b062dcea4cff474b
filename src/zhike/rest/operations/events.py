"""Events as programs push them: each read by itself, so that one that cannot be read keeps no other out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.db.models import Max

from zhike.facts import api as facts
from zhike.facts.enums import PushOutcome
from zhike.loyalty.enums import RunState
from zhike.loyalty.models import Run
from zhike.staff.models import Staff


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one event of a call; `is_late` says that a published evaluation covers its day already."""

    event_no: str | None
    state: PushOutcome
    fault: facts.EventFault | None = None
    is_late: bool = False


@dataclass(frozen=True, slots=True)
class Unread:
    """An event that is of no form an event has."""

    event_no: str | None
    fault: facts.EventFault


def push_events(
    *, offers: Sequence[facts.Offered | Unread], by: Staff, now: datetime
) -> tuple[UUID, list[Outcome]]:
    """Keep what can be kept of a call; the number of its receipt and each outcome, in its order.

    A late event is accepted: the next evaluation counts it, and one that is published reads the loads it named.
    """
    readable = [offer for offer in offers if isinstance(offer, facts.Offered)]
    receipt = facts.record_events(offered=readable, unreadable=len(offers) - len(readable), by=by, now=now)
    published_on, kept = _published_on(), iter(receipt.results)
    outcomes = []
    for offer in offers:
        if isinstance(offer, Unread):
            outcomes.append(Outcome(offer.event_no, PushOutcome.REFUSED, offer.fault))
            continue
        result = next(kept)
        is_late = published_on is not None and offer.happened_on <= published_on
        outcomes.append(
            Outcome(result.event_no, result.state, result.fault, is_late and result.fault is None)
        )
    return receipt.number, outcomes


def _published_on() -> date | None:
    """The last day that a published evaluation covers."""
    found: date | None = Run.objects.filter(state=RunState.PUBLISHED).aggregate(day=Max("as_of"))["day"]
    return found
