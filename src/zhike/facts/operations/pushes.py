"""Events that programs push: kept at once under the number of their cause, loaded soon by the intake of files.

What is kept here changes no figure yet. `take_pushed` writes what waits as files of the product's own mapping and has
them read and loaded like any delivery, so that a pushed event becomes the same rows as one that came by file.
"""

from __future__ import annotations

import csv
import shutil
import tempfile
import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from zhike.core import audit, parameters
from zhike.customers.models import Customer
from zhike.facts.enums import BatchState, PushOutcome
from zhike.facts.intake.judging import EventFault, Offered, fault_of
from zhike.facts.intake.mapping import load_mapping
from zhike.facts.models import Event, ImportBatch, PushedEvent
from zhike.facts.operations.imports import Tell, discard_batch, load_batch, read_extracts
from zhike.facts.queries.mappings import EVENTS
from zhike.facts.queries.pushes import waiting
from zhike.staff.api import Staff

TOLD = ("kind", "customer_id", "happened_on", "outcome", "severity", "satisfaction", "intention", "amount_cents",
        "staff_no")  # fmt: skip
"""What an event says, beside its number and revision."""
TAKEN_AT_ONCE = 200_000
"""Rows of one load. More wait for the next."""


@dataclass(frozen=True, slots=True)
class Pushed:
    """What became of one event. `fault` says why it was refused."""

    event_no: str
    state: PushOutcome
    fault: EventFault | None = None


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of a call, in the order of its events."""

    number: uuid.UUID
    results: tuple[Pushed, ...]


@transaction.atomic
def record_events(*, offered: Sequence[Offered], unreadable: int = 0, by: Staff, now: datetime) -> Receipt:
    """Keep events about customers in scope; each is accepted, known already, or refused with a reason.

    Number and revision name an event: with the same content again it is known and nothing happens, be it sent at the
    same moment or years later; with another content, or with a lower revision than the latest, it is refused. What a
    file brought with the same content is known, too. The call is recorded with its counts; `unreadable` are events
    that could not even be offered.
    """
    number, today = uuid.uuid4(), _latest_day(now)
    customers, staff = _customers(offered, by=by), _staff(offered)
    results: list[Pushed | None] = []
    rows: list[PushedEvent] = []
    for event in offered:
        fault = fault_of(event, today=today) or _reference_fault(event, customers, staff)
        results.append(Pushed(event.event_no, PushOutcome.REFUSED, fault) if fault else None)
        if fault is None:
            rows.append(_row(event, customers[event.customer_no], number=number, by=by, now=now))
    judged = iter(_keep(rows))
    found = tuple(result or next(judged) for result in results)
    states = [result.state for result in found]
    audit.record(
        "event.pushed", by=by, at=now,
        detail={
            "receipt": str(number), "accepted": states.count(PushOutcome.ACCEPTED),
            "duplicate": states.count(PushOutcome.DUPLICATE), "refused": states.count(PushOutcome.REFUSED) + unreadable,
        },
    )  # fmt: skip
    return Receipt(number, found)


def take_pushed(*, now: datetime, tell: Tell = lambda _step: None) -> ImportBatch | None:
    """Load what waits, as a delivery of its own; None where nothing does. Recorded by what it calls.

    Safe to begin anew: a load that was killed is given up first, and its events wait again. An event of tomorrow,
    by a clock that is ahead, waits for its day.
    """
    for batch in ImportBatch.objects.filter(
        mapping=EVENTS.stem, state__in=[BatchState.PREVIEW, BatchState.LOADING], asked_by="system"
    ).defer("rejects"):
        discard_batch(batch_id=batch.pk, by=None, now=now)
    rows = list(waiting(on=timezone.localdate(now)).select_related("customer").order_by("pk")[:TAKEN_AT_ONCE])
    if not rows:
        return None
    place = Path(settings.HOME) / "imports"
    place.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="pushed-", dir=place))
    try:
        _write(rows, folder)
        batch = read_extracts(mapping=EVENTS, folder=folder, by=None, now=now, tell=tell)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    PushedEvent.objects.filter(pk__in=[row.pk for row in rows]).update(batch=batch)
    return load_batch(batch_id=batch.pk, by=None, now=now, tell=tell)


def _latest_day(now: datetime) -> date:
    """The last day an event may have happened on: today, or tomorrow where the other clock may be ahead by so much."""
    today = timezone.localdate(now)
    return timezone.localdate(now + timedelta(minutes=parameters.value("event.skew_minutes", on=today)))


def _customers(offered: Sequence[Offered], *, by: Staff) -> dict[str, Customer]:
    """The customers in scope, by number. One out of scope is as one that is not there."""
    wanted = {event.customer_no for event in offered}
    rows = Customer.objects.visible_to(by).filter(customer_no__in=wanted).only("customer_no", "outlet_id")
    return {row.customer_no: row for row in rows}


def _staff(offered: Sequence[Offered]) -> set[str]:
    named = {event.staff_no for event in offered if event.staff_no}
    return set(Staff.objects.filter(staff_no__in=named).values_list("staff_no", flat=True))


def _reference_fault(
    event: Offered, customers: Mapping[str, Customer], staff: Collection[str]
) -> EventFault | None:
    if event.customer_no not in customers:
        return EventFault("REFERS_TO_NOTHING", "customer_no", {"table": "customers"})
    if event.staff_no and event.staff_no not in staff:
        return EventFault("REFERS_TO_NOTHING", "staff_no", {"table": "staff"})
    return None


def _row(event: Offered, customer: Customer, *, number: uuid.UUID, by: Staff, now: datetime) -> PushedEvent:
    return PushedEvent(
        event_no=event.event_no, revision=event.revision, customer_id=customer.pk, outlet_id=customer.outlet_id,
        kind=event.kind, happened_on=event.happened_on, outcome=event.outcome, severity=event.severity,
        satisfaction=event.satisfaction, intention=event.intention, amount_cents=event.amount_cents,
        staff_no=event.staff_no, receipt=number, pushed_by=by, pushed_at=now,
    )  # fmt: skip


def _keep(rows: Sequence[PushedEvent]) -> list[Pushed]:
    """Insert the rows that are new; what became of each.

    In the order of their keys, so that calls with the same events never wait for each other in a ring. The second of
    two waits for the first one's transaction, and then finds the event there.
    """
    before, by_file = _kept(rows), _told_by_file(rows)
    latest = _latest(before)
    fresh: dict[tuple[str, int], PushedEvent] = {}
    for row in rows:
        is_known = row.event_no not in latest and by_file.get(row.event_no) == _said(row)
        if not is_known and row.revision >= latest.get(row.event_no, 0):
            fresh.setdefault(_key(row), row)
    PushedEvent.objects.bulk_create([fresh[key] for key in sorted(fresh)], ignore_conflicts=True)
    kept = _kept(rows)
    results = []
    for row in rows:
        first = kept.get(_key(row))
        is_ours = fresh.get(_key(row)) is row and first is not None and first.receipt == row.receipt
        state, fault = PushOutcome.ACCEPTED if is_ours else PushOutcome.DUPLICATE, None
        if first is None and by_file.get(row.event_no) != _said(row):
            fault = (
                EventFault("OUTDATED", "revision")
                if row.event_no in latest
                else EventFault("KEY_REUSED", "event_no")
            )
        elif first is not None and _said(first) != _said(row):
            fault = EventFault("KEY_REUSED", "event_no")
        results.append(Pushed(row.event_no, PushOutcome.REFUSED if fault else state, fault))
    return results


def _key(row: PushedEvent) -> tuple[str, int]:
    return row.event_no, row.revision


def _said(row: PushedEvent | Event) -> tuple[Any, ...]:
    return tuple(getattr(row, name) for name in TOLD)


def _kept(rows: Sequence[PushedEvent]) -> dict[tuple[str, int], PushedEvent]:
    """Every revision that is kept of these events."""
    found = PushedEvent.objects.filter(event_no__in={row.event_no for row in rows})
    return {_key(row): row for row in found}


def _latest(kept: Collection[tuple[str, int]]) -> dict[str, int]:
    return dict(sorted(kept))


def _told_by_file(rows: Sequence[PushedEvent]) -> dict[str, tuple[Any, ...]]:
    found = Event.objects.filter(event_no__in={row.event_no for row in rows})
    return {row.event_no: _said(row) for row in found}


def _write(rows: Sequence[PushedEvent], folder: Path) -> None:
    """The rows as files of the mapping, one a kind; a kind without a row has no file, which says nothing of it."""
    for source in load_mapping(EVENTS).sources.values():
        own = [row for row in rows if row.kind == source.name.upper()]
        if not own:
            continue
        with (folder / f"{source.name}.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(source.columns.values())
            writer.writerows([_cell(row, name) for name in source.columns] for row in own)


def _cell(row: PushedEvent, name: str) -> Any:
    return row.customer.customer_no if name == "customer_no" else getattr(row, name)
