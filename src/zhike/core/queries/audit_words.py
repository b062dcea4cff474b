"""What events of the audit concern, in words: an event keeps codes, and of a customer an inner number."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.apps import apps
from django.db.models import Model

from zhike.core.labels import name_in_words
from zhike.core.models import Approval, AuditEvent
from zhike.core.models.audit import LABEL_NAMES

CUSTOMER, APPROVAL = "customers.customer", "core.approval"


@dataclass(frozen=True, slots=True)
class ToldEvent:
    """An event as its reader understands it: what it concerns in words, and the customer by number, '' if none."""

    event: AuditEvent
    concerning: str
    customer_no: str

    @property
    def inner_no(self) -> str:
        """The number that no reader knows the customer by."""
        return str(self.event.customer_id)


def told(events: Iterable[AuditEvent]) -> list[ToldEvent]:
    """The events of a page in words. The readers of the audit see no customers, so their numbers are those that
    the audit itself has; a customer of whom it has none keeps the inner number."""
    shown = list(events)
    numbers, subjects = _customer_numbers(shown), _subject_types(shown)
    return [_told(event, numbers, subjects) for event in shown]


def changes_of(event: AuditEvent) -> list[tuple[str, object, object]]:
    """Field, before, after: what an event changed, with the words of what is chosen from a list."""
    chosen = _choices(event.object_type)
    return [
        (
            name,
            *(chosen.get(name, {}).get(value, value) if isinstance(value, str) else value for value in pair),
        )
        for name, pair in event.detail.get("changes", {}).items()
    ]


def _told(event: AuditEvent, numbers: Mapping[int, str], subjects: Mapping[str, str]) -> ToldEvent:
    number = numbers.get(event.customer_id, str(event.customer_id)) if event.customer_id is not None else ""
    if event.detail.get(LABEL_NAMES) is not None:
        return ToldEvent(event, event.label_in_words, number)
    named_as = subjects.get(event.object_id, "") if event.object_type == APPROVAL else event.object_type
    name = name_in_words(named_as, _with_number(event, number))
    return ToldEvent(event, name, number)


def _with_number(event: AuditEvent, number: str) -> str:
    """What the event is named, with the customer's number where older events have the inner one."""
    parts = event.object_label.split(" ")
    if event.object_type == CUSTOMER or str(event.customer_id) not in parts:
        return event.object_label
    place = len(parts) - 1 - parts[::-1].index(str(event.customer_id))
    return " ".join([*parts[:place], number, *parts[place + 1 :]])


def _customer_numbers(events: list[AuditEvent]) -> dict[int, str]:
    wanted = {event.customer_id for event in events} - {None}
    if not wanted:
        return {}
    named = AuditEvent.objects.filter(customer_id__in=wanted, object_type=CUSTOMER)
    latest = named.order_by("customer_id", "-id").distinct("customer_id")
    return {number: name for number, name in latest.values_list("customer_id", "object_label") if number}


def _subject_types(events: list[AuditEvent]) -> dict[str, str]:
    """What the proposals among `events` propose to change: number of the proposal → type."""
    wanted = [int(event.object_id) for event in events if event.object_type == APPROVAL]
    if not wanted:
        return {}
    found = Approval.objects.filter(pk__in=wanted).values_list("pk", "subject_type")
    return {str(pk): subject_type for pk, subject_type in found}


def _choices(object_type: str) -> dict[str, dict[object, object]]:
    """The fields of a type that are chosen from a list, with the words of each choice."""
    try:
        model: type[Model] = apps.get_model(object_type)
    except (LookupError, ValueError):  # none, or a type of an older release
        return {}
    return {field.attname: dict(field.flatchoices) for field in model._meta.concrete_fields if field.choices}
