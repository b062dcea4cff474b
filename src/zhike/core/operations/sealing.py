"""The hash chain over the audit, and its witness outside the database.

    hash = sha256(0x01 | previous | seq | sha256(0x00 | canonical event))

Rows are numbered when they are sealed, so a transaction that commits late is simply sealed later. A signed
checkpoint of the head goes into the database and, as the same line, into a file outside it: only that file
shows a chain that was cut off or rewritten as a whole.

An event of a transaction carries the time at which that began. So an event cannot be later than the checkpoint
that first covers it, nor much older than the checkpoint before: whoever forges one cannot put it into the past.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import islice

from django.db import connection, transaction
from django.db.models import Min
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from zhike.core import audit
from zhike.core.models import AuditCheckpoint, AuditEvent, AuditSeal
from zhike.core.operations import witness
from zhike.core.queries.audit_problems import AuditProblem, Fault

GENESIS = bytes(32)
LOCK = 0x7A686B61  # "zhka": one sealer at a time
CANONICAL = 1
BATCH = 2000
LONGEST_TRANSACTION = timedelta(hours=6)
"""The loading of a bank's month in one transaction, and room: how old an event may be when it first shows."""
CLOCKS_APART = timedelta(minutes=5)
"""How much the clocks of the database and of the sealer may differ."""
SEALED_WITHIN = timedelta(minutes=1)
RECENT_SEALS = 1000
LOOK_AGAIN_SECONDS = 3.0
PROBLEMS_TOLD = 100
FIELDS = (
    "id", "recorded_at", "acted_at", "actor_id", "actor", "on_behalf_of", "action", "object_type",
    "object_id", "object_label", "customer_id", "outcome", "reason", "request_id", "address", "detail",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Verdict:
    """What `verify` found."""

    events: int
    sealed: int
    checkpoints: int
    problems: list[AuditProblem] = field(default_factory=list)
    restorations: list[witness.Restoration] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        return not self.problems

    def in_words(self) -> list[str]:
        """The counts and then every problem, in the language in force."""
        counts = {
            "events": f"{self.events:,}", "sealed": f"{self.sealed:,}", "checkpoints": f"{self.checkpoints:,}"
        }  # fmt: skip
        return [
            _("%(events)s events, %(sealed)s sealed, %(checkpoints)s checkpoints.") % counts,
            *(
                _(
                    "Restored on %(day)s after %(size)s events; %(lost)s later checkpoints are not in this chain."
                )
                % {"day": f"{one.at:%Y-%m-%d}", "size": f"{one.size:,}", "lost": f"{one.lost:,}"}
                for one in self.restorations
            ),
            *([_("The audit is whole.")] if self.ok else [f"  {one.sentence()}" for one in self.problems]),
        ]


@transaction.atomic
def seal(*, now: datetime, after: int | None = None, limit: int = 5000) -> int:
    """Seal the events that are not sealed yet, of those after number `after`, and sign the new head.

    Returns how many. Another sealer at work makes this one do nothing.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [LOCK])
        if not cursor.fetchone()[0]:
            return 0
    last = AuditSeal.objects.order_by("-seq").first()
    seq, previous = (last.seq, bytes(last.hash)) if last else (0, GENESIS)
    seals = []
    waiting = AuditEvent.objects.filter(seal__isnull=True).order_by("id")
    for event in (waiting if after is None else waiting.filter(pk__gt=after))[:limit]:
        seq += 1
        link = chain(previous, seq, event)
        seals.append(AuditSeal(seq=seq, event_id=event.pk, previous=previous, hash=link))
        previous = link
    if seals:
        AuditSeal.objects.bulk_create(seals)
        _checkpoint(size=seq, head=previous, now=now)
    return len(seals)


def sealed_up_to() -> int:
    """The number above which an event may still wait to be sealed, but for those of long transactions.

    The lowest of the latest seals, not the highest of all: one forged event with a high number would hide every
    true one below it.
    """
    latest = AuditSeal.objects.order_by("-seq").values("event_id")[:RECENT_SEALS]
    return latest.aggregate(Min("event_id"))["event_id__min"] or 0


def chain(previous: bytes, seq: int, event: AuditEvent) -> bytes:
    """The link of one event."""
    leaf = hashlib.sha256(b"\x00" + canonical(event)).digest()
    return hashlib.sha256(b"\x01" + previous + seq.to_bytes(8, "big") + leaf).digest()


def canonical(event: AuditEvent) -> bytes:
    """The event as bytes: a versioned list of fields, UTC microseconds, sorted keys."""
    values = [_plain(getattr(event, name)) for name in FIELDS]
    return json.dumps(
        [CANONICAL, *values], ensure_ascii=False, sort_keys=True, separators=(",", ":")
    ).encode()


def verify(*, restored_to: int | None = None) -> Verdict:
    """Recompute the chain and hold it against its checkpoints and the witness file.

    `restored_to` is how many events were sealed in a copy that is only looked at: nobody seals there what was not
    sealed yet, and what the witness has beyond is later than the copy.

    The sealer may be at work: what it seals meanwhile is left to the next verification. A line of the witness
    is written after its checkpoint is committed, so the file is read before the database and again behind it.
    """
    problems: list[AuditProblem] = _numbered_beyond()
    if restored_to is None:
        problems += _unsealed()
    lines = witness.read_witness()
    checkpoints = list(AuditCheckpoint.objects.order_by("size"))
    times = _Times(checkpoints)
    seq, previous = 0, GENESIS
    heads: dict[int, bytes] = {0: GENESIS}
    for row, event in _sealed():
        seq += 1
        if row.seq != seq:
            problems.append(AuditProblem(Fault.SEAL_MISSING, {"seal": seq}))
            seq = row.seq
        if event is None:
            problems.append(AuditProblem(Fault.EVENT_MISSING, {"event": row.event_id, "seal": row.seq}))
        elif bytes(row.previous) != previous or bytes(row.hash) != chain(previous, row.seq, event):
            problems.append(AuditProblem(Fault.EVENT_DIFFERS, {"seal": row.seq, "event": row.event_id}))
        elif fault := times.fault_of(row.seq, event.recorded_at):
            problems.append(AuditProblem(fault, {"seal": row.seq, "event": row.event_id}))
        previous = heads[row.seq] = bytes(row.hash)
    for point in checkpoints:
        problems += witness.hold(
            witness.Point(point.size, bytes(point.head), point.signed_at, bytes(point.signature)),
            heads,
            otherwise=(Fault.CHECKPOINT_SIGNATURE, Fault.CHECKPOINT_HEAD),
        )
    kept = {point.size for point in checkpoints}
    faults, restorations = witness.hold_witness(lines, heads, kept, restored_to=restored_to)
    return Verdict(
        events=AuditEvent.objects.count(),
        sealed=len(heads) - 1,
        checkpoints=len(checkpoints),
        problems=problems + faults,
        restorations=restorations,
    )


@transaction.atomic
def record_verdict(verdict: Verdict, *, by: audit.Actor | None, now: datetime) -> AuditEvent:
    """Note in the audit that it was verified and how it ended: the page of the audit tells the latest."""
    counts = {"events": verdict.events, "sealed": verdict.sealed}
    if verdict.ok:
        return audit.record("audit.verified", by=by, at=now, detail=counts)
    problems = [problem.as_detail() for problem in verdict.problems[:PROBLEMS_TOLD]]
    return audit.failed("audit.verified", by=by, at=now, detail={**counts, "problems": problems})


def _sealed() -> Iterator[tuple[AuditSeal, AuditEvent | None]]:
    """Every seal in order with its event, or None where the event is gone."""
    seals = AuditSeal.objects.order_by("seq").iterator(chunk_size=BATCH)
    while rows := list(islice(seals, BATCH)):
        events = AuditEvent.objects.in_bulk([row.event_id for row in rows])
        for row in rows:
            yield row, events.get(row.event_id)


class _Times:
    """Between which two checkpoints each seal was made; asked for the seals in their order."""

    def __init__(self, checkpoints: list[AuditCheckpoint]) -> None:
        self._left = deque((point.size, point.signed_at) for point in checkpoints)
        self._before: datetime | None = None

    def fault_of(self, seq: int, recorded_at: datetime) -> Fault | None:
        """What is impossible about an event of this time under this seal."""
        while self._left and self._left[0][0] < seq:
            self._before = self._left.popleft()[1]
        if self._left and recorded_at > self._left[0][1] + CLOCKS_APART:
            return Fault.EVENT_AHEAD
        if self._before and recorded_at < self._before - LONGEST_TRANSACTION:
            return Fault.EVENT_BACKDATED
        return None


def _numbered_beyond() -> list[AuditProblem]:
    """Events whose numbers the database has not given out yet."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_sequence_last_value(pg_get_serial_sequence('core_auditevent', 'id')::regclass)"
        )
        last = cursor.fetchone()[0] or 0
    numbers = AuditEvent.objects.filter(pk__gt=last).order_by("pk").values_list("pk", flat=True)
    return [AuditProblem(Fault.EVENT_NUMBER, {"event": number}) for number in numbers[:PROBLEMS_TOLD]]


def _unsealed() -> list[AuditProblem]:
    """Events that the sealer should have sealed. One of a long transaction may just have become visible."""
    old = AuditEvent.objects.filter(seal__isnull=True, recorded_at__lt=Now() - SEALED_WITHIN).order_by("pk")
    found = set(old.values_list("pk", flat=True)[:PROBLEMS_TOLD])
    if found:
        time.sleep(LOOK_AGAIN_SECONDS)
        found &= set(old.filter(pk__in=found).values_list("pk", flat=True))
    return [AuditProblem(Fault.EVENT_UNSEALED, {"event": number}) for number in sorted(found)]


def _checkpoint(*, size: int, head: bytes, now: datetime) -> None:
    signature = witness.sign(size, head, now)
    AuditCheckpoint.objects.create(size=size, head=head, signed_at=now, signature=signature)
    transaction.on_commit(lambda: witness.bear_witness(size))


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    return value if value is None or isinstance(value, bool | int | str | dict | list) else str(value)
