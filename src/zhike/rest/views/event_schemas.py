"""The form of events as programs push them, and of what they are told."""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from ninja import Schema
from pydantic import BeforeValidator, ConfigDict, Field, StringConstraints, WithJsonSchema
from pydantic_core import PydanticCustomError

from zhike.facts.contract import CURRENCY
from zhike.facts.enums import EventKind, EventOutcome, PushOutcome
from zhike.rest.views.marks import N_
from zhike.rest.views.schemas import PRINTABLE, CustomerNumber

EVENTS_AT_ONCE = 200
EventNumber = Annotated[
    str, StringConstraints(min_length=1, max_length=60, pattern=r"^[A-Za-z0-9][A-Za-z0-9._:-]*$")
]


def _whole(value: object) -> object:
    """A whole number may be written 2.0 in JSON."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


Whole = Annotated[int, Field(strict=True, ge=-(2**63), le=2**63 - 1), BeforeValidator(_whole)]


def _demand_day(value: object) -> object:
    """The library would take a number for seconds since 1970."""
    if isinstance(value, str) and not re.fullmatch("[0-9]{4}-[0-9]{2}-[0-9]{2}", value):
        raise PydanticCustomError("date_parsing", "no day")
    if not isinstance(value, str | date):
        raise PydanticCustomError("date_type", "no text")
    return value


Day = Annotated[date, BeforeValidator(_demand_day)]


class Event(Schema):
    """Something that happened between a customer and the bank."""

    model_config = ConfigDict(extra="forbid")

    event_no: EventNumber = Field(
        description=N_("Number of its cause in the pushing system: the key of the event.")
    )
    revision: Annotated[int, Field(strict=True, ge=1, le=9999), BeforeValidator(_whole)] = Field(
        1, description=N_("1 at first; a correction has a higher one, and the highest counts.")
    )
    customer_no: CustomerNumber = Field(description=N_("Customer number."))
    kind: Annotated[str, StringConstraints(max_length=20)] = Field(
        description=N_("Kind of event, see event-kinds.")
    )
    happened_on: Day = Field(description=N_("The day it happened, in Shanghai."))
    outcome: Annotated[str, StringConstraints(max_length=12)] = Field(
        description=N_("How it stands or ended: an outcome of its kind.")
    )
    severity: Whole | None = Field(None, description=N_("Weight of a complaint."))
    satisfaction: Whole | None = Field(None, description=N_("Satisfaction of a survey answer."))
    intention: Whole | None = Field(None, description=N_("Would recommend the bank: of a survey answer."))
    amount_cents: Whole | None = Field(None, description=N_("Declared assets at other banks, in cents."))
    currency: Annotated[str, StringConstraints(max_length=3)] = Field(
        CURRENCY, description=N_("Currency of the amount, ISO 4217: only that of the bank.")
    )
    staff_no: Annotated[str, StringConstraints(max_length=20, pattern=r"^[^\x00-\x1f\x7f]*$")] = Field(
        "", description=N_("Staff number of who took part; empty for nobody.")
    )


Name = Annotated[str, StringConstraints(min_length=1, max_length=40, pattern=PRINTABLE)]
_LIMIT = 2**63
_TEXT = r"^[^\x00]*$"
_Text = Annotated[str, StringConstraints(max_length=1000, pattern=_TEXT)]
_Plain = None | bool | Annotated[int | float, Field(ge=-_LIMIT, le=_LIMIT)] | _Text
_PLAIN = {
    "anyOf": [
        {"type": ["null", "boolean"]}, {"type": "number", "minimum": -_LIMIT, "maximum": _LIMIT},
        {"type": "string", "maxLength": 1000, "pattern": _TEXT},
    ]
}  # fmt: skip
Unfit = Annotated[
    dict[Name, _Plain | list[_Plain]],
    WithJsonSchema(
        {
            "type": "object",
            "propertyNames": {"minLength": 1, "maxLength": 40, "pattern": PRINTABLE},
            "additionalProperties": {"anyOf": [*_PLAIN["anyOf"], {"type": "array", "items": _PLAIN}]},
        }
    ),
]
"""An object that is no event: it is told what is wrong with it, beside others of its call that are sound.

The library would describe the names of such an object as free.
"""


class EventPush(Schema):
    """Events of one call. Each is judged by itself: one that is refused keeps no other from being accepted."""

    model_config = ConfigDict(extra="forbid")

    events: list[Event | Unfit] = Field(
        min_length=1, max_length=EVENTS_AT_ONCE, description=N_("The events, each an Event; at most 200.")
    )


class PushedEvent(Schema):
    """What became of one event."""

    place: int = Field(description=N_("Its place in the call, from 0."))
    event_no: str | None = Field(description=N_("Its number, where one could be read."))
    state: PushOutcome = Field(description=N_("Accepted, known already, or refused."))
    code: str | None = Field(description=N_("Why it was refused, stable over versions; null otherwise."))
    field: str | None = Field(description=N_("The field it was refused for; null otherwise."))
    sentence: str = Field(description=N_("The reason, or what to know, in the language of Accept-Language."))
    is_late: bool = Field(
        description=N_("It happened on or before the day of the published evaluation, which stays as it is.")
    )


class PushReceipt(Schema):
    """What became of a call."""

    receipt: UUID = Field(description=N_("Number of this call in the audit."))
    accepted: int = Field(description=N_("Events accepted now."))
    duplicate: int = Field(description=N_("Events known already."))
    refused: int = Field(description=N_("Events refused."))
    results: list[PushedEvent] = Field(description=N_("Each event, in the order of the call."))


class EventStatus(Schema):
    """A pushed event and where it stands."""

    event: Event = Field(description=N_("The event in its latest revision."))
    pushed_at: datetime = Field(description=N_("Received at."))
    is_loaded: bool = Field(description=N_("Whether evaluations that start now read it."))
    batch: int | None = Field(description=N_("The import that took it."))


class ValueRange(Schema):
    """A value that belongs to a kind, and its limits."""

    name: str = Field(description=N_("Name of the field."))
    least: int | None = Field(description=N_("Least value."))
    most: int | None = Field(description=N_("Greatest value; null where there is none."))


class EventKindRule(Schema):
    """What an event of one kind may say."""

    kind: EventKind = Field(description=N_("Kind of event."))
    name: str = Field(description=N_("The kind in the language of Accept-Language."))
    outcomes: list[EventOutcome] = Field(description=N_("The outcomes it may have."))
    values: list[ValueRange] = Field(
        description=N_("Its values; one of them must be there, and no other may.")
    )


class EventKinds(Schema):
    """The register of kinds."""

    items: list[EventKindRule] = Field(description=N_("The rows."))
