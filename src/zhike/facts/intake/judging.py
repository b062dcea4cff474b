"""One event held against the contract: what a file's row is checked for by SQL, asked of a single record.

Both take codes, limits and the register of kinds from `zhike.facts.contract`; a test proves that they agree.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from zhike.facts.contract import EVENT_RULES, EVENTS


@dataclass(frozen=True, slots=True)
class Offered:
    """An event as it is offered: texts, numbers and a day, each of the right type and none of them checked."""

    event_no: str
    customer_no: str
    kind: str
    happened_on: date
    outcome: str
    revision: int = 1
    severity: int | None = None
    satisfaction: int | None = None
    intention: int | None = None
    amount_cents: int | None = None
    staff_no: str = ""


@dataclass(frozen=True, slots=True)
class EventFault:
    """Why an event is refused: the code of a reason, the column it is about, and the limits it names."""

    code: str
    column: str
    params: Mapping[str, str] = field(default_factory=dict)


def fault_of(event: Offered, *, today: date) -> EventFault | None:
    """The first thing that is wrong with an event by itself; None where only references are left to be looked up."""
    for name in ("kind", "outcome"):
        if getattr(event, name) not in EVENTS.by_name[name].codes:
            return EventFault("UNKNOWN_CODE", name)
    if event.happened_on > today:
        return EventFault("FUTURE_DATE", "happened_on")
    rule = EVENT_RULES[event.kind]
    if event.outcome not in rule.outcomes:
        return EventFault("NOT_OF_THIS_KIND", "outcome")
    return _value_fault(event, rule.values)


def _value_fault(event: Offered, belonging: tuple[str, ...]) -> EventFault | None:
    columns = [column for column in EVENTS.columns if column.least is not None or column.most is not None]
    for column in columns:
        value = getattr(event, column.name)
        if value is None:
            continue
        if column.name not in belonging:
            return EventFault("NOT_OF_THIS_KIND", column.name)
        if (column.least is not None and value < column.least) or (
            column.most is not None and value > column.most
        ):
            return EventFault("OUT_OF_RANGE", column.name, {"limit": column.limits})
    if belonging and all(getattr(event, name) is None for name in belonging):
        return EventFault("REQUIRED", belonging[0])
    return None
