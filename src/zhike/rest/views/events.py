"""Events: push, follow, and the register of their kinds."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from ninja import Router
from pydantic import ValidationError

from zhike.core.access.permissions import Permission
from zhike.customers.models import Customer
from zhike.facts import api as facts
from zhike.facts.contract import CURRENCY, EVENT_RULES, EVENTS
from zhike.facts.enums import BatchState, EventKind, PushOutcome
from zhike.facts.models import PushedEvent
from zhike.rest.operations.events import Outcome, Unread, push_events
from zhike.rest.views import event_schemas as schemas
from zhike.rest.views.bearer import granted
from zhike.rest.views.marks import N_
from zhike.rest.views.problems import Problem
from zhike.rest.views.reasons import reason

UNREADABLE = "UNREADABLE"
OWN_WORDS: dict[str, Promise] = {
    "UNKNOWN_CODE": gettext_lazy("This code is not known here; see event-kinds."),
    "KEY_REUSED": gettext_lazy(
        "This number was used for an event that says something else; a correction has a higher revision."
    ),
    "OUTDATED": gettext_lazy("A later revision of this event has been received."),
    "FOREIGN_CURRENCY": gettext_lazy("Amounts are taken in the bank's own currency only; convert it first."),
}
"""Reasons that a file never has, or whose words for one do not fit a program."""
router = Router(tags=["events"])


@router.post(
    "/events", response={200: schemas.PushReceipt, (400, 401, 403, 413, 422, 429, 500, 503): Problem},
    operation_id="events_push", summary=N_("Push events"),
    description=N_(
        "Takes up to 200 events about customers in scope and answers for each. Number and revision are its key: sent "
        "again with the same content it is known and changes nothing, so a call that was cut off is simply repeated. "
        "Accepted events are loaded together, at an interval the bank sets. The call fails as a whole only where it "
        "cannot be read."
    ),
)  # fmt: skip
@granted(Permission.EVENT_PUSH)
def event_push(request: HttpRequest, call: schemas.EventPush) -> schemas.PushReceipt:
    number, outcomes = push_events(
        offers=[_offer(value) for value in call.events], by=request.auth.staff, now=timezone.now()
    )
    states = [outcome.state for outcome in outcomes]
    return schemas.PushReceipt(
        receipt=number, accepted=states.count(PushOutcome.ACCEPTED), duplicate=states.count(PushOutcome.DUPLICATE),
        refused=states.count(PushOutcome.REFUSED),
        results=[_told(place, outcome) for place, outcome in enumerate(outcomes)],
    )  # fmt: skip


@router.get(
    "/events/{event_no}",
    response={200: schemas.EventStatus, (400, 401, 403, 404, 422, 429, 500, 503): Problem},
    operation_id="events_one", summary=N_("Follow a pushed event"),
    description=N_("The latest revision of an event that was pushed, and whether it is loaded."),
)  # fmt: skip
@granted(Permission.EVENT_PUSH)
def event_detail(request: HttpRequest, event_no: schemas.EventNumber) -> schemas.EventStatus:
    seen = PushedEvent.objects.filter(customer__in=Customer.objects.visible_to(request.auth.staff))
    rows = seen.filter(event_no=event_no).select_related("customer", "batch").order_by("-revision")
    row = rows.first()
    if row is None:
        raise Http404
    names = ("revision", "kind", "happened_on", "outcome", "severity", "satisfaction", "intention", "amount_cents",
             "staff_no")  # fmt: skip
    return schemas.EventStatus(
        event=schemas.Event(
            event_no=row.event_no, customer_no=row.customer.customer_no,
            **{name: getattr(row, name) for name in names},
        ),
        pushed_at=row.pushed_at, batch=row.batch_id,
        is_loaded=row.batch is not None and row.batch.state == BatchState.LOADED,
    )  # fmt: skip


@router.get(
    "/event-kinds", response={200: schemas.EventKinds, (400, 401, 403, 422, 429, 500, 503): Problem},
    operation_id="event_kinds", summary=N_("Read the kinds of events"),
    description=N_("What an event of each kind may say: outcomes, values and their limits."),
)  # fmt: skip
@granted(Permission.EVENT_PUSH)
def event_kinds(request: HttpRequest) -> schemas.EventKinds:
    return schemas.EventKinds(
        items=[
            schemas.EventKindRule(
                kind=EventKind(kind), name=str(EventKind(kind).label), outcomes=list(rule.outcomes),
                values=[
                    schemas.ValueRange(name=name, least=EVENTS.by_name[name].least, most=EVENTS.by_name[name].most)
                    for name in rule.values
                ],
            )
            for kind, rule in EVENT_RULES.items()
        ]
    )  # fmt: skip


def _offer(value: schemas.Event | dict[str, Any]) -> facts.Offered | Unread:
    """An event of the call; one of no form the library could read is looked at again for what is wrong."""
    try:
        read = value if isinstance(value, schemas.Event) else schemas.Event.model_validate(value)
    except ValidationError as error:
        fault = error.errors(include_url=False)[0]
        place = ".".join(str(part) for part in fault["loc"])
        given = value.get("event_no")
        event_no = given if isinstance(given, str) else None
        return Unread(event_no, facts.EventFault(UNREADABLE, place, {"sentence": reason(fault)}))
    values = read.model_dump()
    if values.pop("currency") != CURRENCY:
        return Unread(read.event_no, facts.EventFault("FOREIGN_CURRENCY", "currency"))
    return facts.Offered(**values)


def _told(place: int, outcome: Outcome) -> schemas.PushedEvent:
    fault = outcome.fault
    return schemas.PushedEvent(
        place=place, event_no=outcome.event_no, state=outcome.state, code=fault.code if fault else None,
        field=fault.column or None if fault else None, sentence=_sentence(outcome), is_late=outcome.is_late,
    )  # fmt: skip


def _sentence(outcome: Outcome) -> str:
    fault = outcome.fault
    if fault is not None and fault.code == UNREADABLE:
        return fault.params["sentence"]
    if fault is not None:
        return str(OWN_WORDS.get(fault.code) or facts.reason_words(fault.code, fault.params))
    if outcome.is_late:
        return _("The published evaluation of that day stays as it is; the next one counts this event.")
    return str(outcome.state.label)
