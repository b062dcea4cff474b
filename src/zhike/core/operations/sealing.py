"""The hash chain over the audit, and its witness outside the database.

    hash = sha256(0x01 | previous | seq | sha256(0x00 | canonical event))

Rows are numbered when they are sealed, so a transaction that commits late is simply sealed later. A signed
checkpoint of the head goes into the database and, as the same line, into a file outside it: only that file
shows a chain that was cut off or rewritten as a whole.
"""

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime

from cryptography.exceptions import InvalidSignature
from django.db import connection, transaction

from zhike.core.keys.custody import custody
from zhike.core.models import AuditCheckpoint, AuditEvent, AuditSeal

GENESIS = bytes(32)
LOCK = 0x7A686B61  # "zhka": one sealer at a time
CANONICAL = 1
FIELDS = (
    "id", "recorded_at", "acted_at", "actor_id", "actor", "on_behalf_of", "action", "object_type",
    "object_id", "object_label", "customer_id", "outcome", "reason", "request_id", "address", "detail",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Verdict:
    """What `verify` found. `problems` are sentences with the numbers of the rows concerned."""

    events: int
    sealed: int
    checkpoints: int
    problems: list[str] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        return not self.problems


@transaction.atomic
def seal(*, now: datetime, limit: int = 5000) -> int:
    """Seal the events that are not sealed yet, oldest first, and sign the new head. Returns how many.

    Another sealer at work makes this one do nothing.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [LOCK])
        if not cursor.fetchone()[0]:
            return 0
    last = AuditSeal.objects.order_by("-seq").first()
    seq, previous = (last.seq, bytes(last.hash)) if last else (0, GENESIS)
    seals = []
    for event in AuditEvent.objects.filter(seal__isnull=True).order_by("id")[:limit]:
        seq += 1
        link = chain(previous, seq, event)
        seals.append(AuditSeal(seq=seq, event_id=event.pk, previous=previous, hash=link))
        previous = link
    if seals:
        AuditSeal.objects.bulk_create(seals)
        _checkpoint(size=seq, head=previous, now=now)
    return len(seals)


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


def verify() -> Verdict:
    """Recompute the chain and hold it against its checkpoints and the witness file."""
    problems: list[str] = []
    seq, previous = 0, GENESIS
    heads: dict[int, bytes] = {0: GENESIS}
    seals = AuditSeal.objects.select_related("event").order_by("seq")
    for row in seals.iterator(chunk_size=2000):
        seq += 1
        if row.seq != seq:
            problems.append(f"seal {seq} is missing")
            seq = row.seq
        event = AuditEvent.objects.filter(pk=row.event_id).first() if row.event_id else None
        if event is None:
            problems.append(f"event {row.event_id} of seal {row.seq} is missing")
        elif bytes(row.previous) != previous or bytes(row.hash) != chain(previous, row.seq, event):
            problems.append(f"seal {row.seq} does not match event {row.event_id}")
        previous = heads[row.seq] = bytes(row.hash)
    checkpoints = list(AuditCheckpoint.objects.order_by("size"))
    for point in checkpoints:
        problems += _hold(
            point.size, bytes(point.head), point.signed_at, bytes(point.signature), heads, "checkpoint"
        )
    problems += _hold_witness(heads, {point.size: bytes(point.head) for point in checkpoints})
    return Verdict(
        events=AuditEvent.objects.count(),
        sealed=len(heads) - 1,
        checkpoints=len(checkpoints),
        problems=problems,
    )


def _hold_witness(heads: dict[int, bytes], kept: dict[int, bytes]) -> list[str]:
    path = custody().witness_file()
    if not path.exists():
        return ["the witness file is missing"] if kept else []
    problems: list[str] = []
    seen = set()
    for number, line in enumerate(path.read_text("utf-8").splitlines(), start=1):
        try:
            entry = json.loads(line)
            size, head = entry["size"], base64.b64decode(entry["head"])
            signed_at, signature = (
                datetime.fromisoformat(entry["signed_at"]),
                base64.b64decode(entry["signature"]),
            )
        except (ValueError, KeyError, TypeError):
            problems.append(f"line {number} of the witness file cannot be read")
            continue
        seen.add(size)
        problems += _hold(size, head, signed_at, signature, heads, "witness")
        if size not in kept:
            problems.append(f"the checkpoint of {size} events that the witness has is not in the database")
    problems += [f"the checkpoint of {size} events has no witness" for size in kept if size not in seen]
    return problems


def _hold(
    size: int, head: bytes, signed_at: datetime, signature: bytes, heads: dict[int, bytes], name: str
) -> list[str]:
    try:
        custody().witness().public_key().verify(signature, _signed(size, head, signed_at))
    except InvalidSignature:
        return [f"the signature of the {name} of {size} events is wrong"]
    if heads.get(size) != head:
        return [f"the {name} of {size} events does not match the chain"]
    return []


def _checkpoint(*, size: int, head: bytes, now: datetime) -> None:
    signature = custody().witness().sign(_signed(size, head, now))
    AuditCheckpoint.objects.create(size=size, head=head, signed_at=now, signature=signature)
    line = json.dumps(
        {
            "size": size,
            "head": base64.b64encode(head).decode(),
            "signed_at": now.isoformat(),
            "signature": base64.b64encode(signature).decode(),
        }
    )

    def witness() -> None:
        path = custody().witness_file()
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with path.open("a", encoding="utf-8") as file:
            file.write(line + "\n")

    transaction.on_commit(witness)


def _signed(size: int, head: bytes, signed_at: datetime) -> bytes:
    return b"|".join(
        (b"zhike-audit-1", str(size).encode(), head, signed_at.astimezone(UTC).isoformat().encode())
    )


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    return value if value is None or isinstance(value, bool | int | str | dict | list) else str(value)
