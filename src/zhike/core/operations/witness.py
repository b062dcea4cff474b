"""The witness of the audit: a line for every checkpoint, in a file outside the database.

Only this file shows a chain that was cut off or rewritten as a whole. A restored database ends before the file
does; a line of its own, signed like the others, then says from where the chain went on, and stays readable: what
was lost is told at every verification, not hidden by it.
"""

from __future__ import annotations

import base64
import json
import os
import time
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from cryptography.exceptions import InvalidSignature

from zhike.core.keys.custody import custody
from zhike.core.models import AuditCheckpoint
from zhike.core.queries.audit_problems import AuditProblem, Fault

WITNESS_SECONDS = 1.0
"""How long a committed checkpoint may take to reach the witness file."""
CHECKPOINT, RESTORATION = b"zhike-audit-1", b"zhike-audit-restored-1"


@dataclass(frozen=True, slots=True)
class Point:
    """How many events were sealed, by which head, signed when; `kind` is a checkpoint or a restoration."""

    size: int
    head: bytes
    signed_at: datetime
    signature: bytes
    kind: bytes = CHECKPOINT


@dataclass(frozen=True, slots=True)
class Restoration:
    """From this many events on the chain was begun anew, and so many later checkpoints are not in it."""

    size: int
    at: datetime
    lost: int


def sign(size: int, head: bytes, now: datetime, *, kind: bytes = CHECKPOINT) -> bytes:
    """The signature over a checkpoint or a restoration."""
    return custody().witness().sign(_signed(kind, size, head, now))


def read_witness() -> list[str]:
    """The lines of the file; none where there is no file."""
    path = custody().witness_file()
    return path.read_text("utf-8").splitlines() if path.exists() else []


def bear_witness(size: int) -> None:
    """Add what the witness file lacks up to this checkpoint: also past a sealer that died before writing.

    A file without any line of ours is not filled up again: its loss must stay visible.
    """
    last = size - 1
    for line in reversed(read_witness()):
        with suppress(ValueError, KeyError, TypeError):
            last = _read_line(line).size
            break
    _append(AuditCheckpoint.objects.filter(size__gt=last).order_by("size"))


def witness_restoration(*, now: datetime) -> int:
    """Say in the witness that the chain goes on from the last checkpoint of this database, which was restored.

    Returns how many checkpoints of the witness are not in it. Nothing is written where the file has none that is
    later, nor where it is empty: its loss must stay visible.
    """
    last = AuditCheckpoint.objects.order_by("-size").first()
    size, head = (last.size, bytes(last.head)) if last else (0, bytes(32))
    points = _standing(_points(read_witness()))
    lost = sum(point.size > size for point in points)
    if lost:
        mark = Point(size, head, now, sign(size, head, now, kind=RESTORATION), RESTORATION)
        _append([mark])
    return lost


def hold(point: Point, heads: dict[int, bytes], *, otherwise: tuple[Fault, Fault]) -> list[AuditProblem]:
    """Hold size, head, time and signature against the chain; `otherwise`: a wrong signature, another head."""
    try:
        message = _signed(point.kind, point.size, point.head, point.signed_at)
        custody().witness().public_key().verify(point.signature, message)
    except InvalidSignature:
        return [AuditProblem(otherwise[0], {"size": point.size})]
    if heads.get(point.size) != point.head:
        return [AuditProblem(otherwise[1], {"size": point.size})]
    return []


def hold_witness(
    lines: list[str], heads: dict[int, bytes], kept: set[int], *, restored_to: int | None = None
) -> tuple[list[AuditProblem], list[Restoration]]:
    """Hold the file against the chain and the checkpoints of these sizes.

    `restored_to` is the size of a copy that is only looked at: what the witness has beyond it is later.
    """
    if kept and not lines and not _witnessed_late():
        return [AuditProblem(Fault.WITNESS_MISSING)], []
    problems = [
        AuditProblem(Fault.WITNESS_UNREADABLE, {"line": number})
        for number, line in enumerate(lines, start=1)
        if not _points([line])
    ]
    points = [point for point in _points(lines) if restored_to is None or point.size <= restored_to]
    standing = _standing(points)
    for point in standing:
        problems += hold(point, heads, otherwise=(Fault.WITNESS_SIGNATURE, Fault.WITNESS_HEAD))
        if point.kind == CHECKPOINT and point.size not in kept:
            problems.append(AuditProblem(Fault.CHECKPOINT_LOST, {"size": point.size}))
    seen = {point.size for point in standing if point.kind == CHECKPOINT}
    if kept - seen:
        seen |= _witnessed_late()
    problems += [AuditProblem(Fault.CHECKPOINT_UNWITNESSED, {"size": size}) for size in sorted(kept - seen)]
    return problems, _restorations(points)


def _standing(points: list[Point]) -> list[Point]:
    """What later restorations left: a restoration ends whatever of larger size stands before it.

    One whose signature is wrong ends nothing, and is found wrong itself.
    """
    left: list[Point] = []
    for point in points:
        if point.kind == RESTORATION and _is_signed(point):
            left = [one for one in left if one.size <= point.size]
        left.append(point)
    return left


def _restorations(points: list[Point]) -> list[Restoration]:
    found: list[Restoration] = []
    for place, point in enumerate(points):
        if point.kind == RESTORATION:
            before = _standing(points[:place])
            lost = sum(one.kind == CHECKPOINT and one.size > point.size for one in before)
            found.append(Restoration(point.size, point.signed_at, lost))
    return found


def _is_signed(point: Point) -> bool:
    return not hold(point, {point.size: point.head}, otherwise=(Fault.WITNESS_SIGNATURE, Fault.WITNESS_HEAD))


def _witnessed_late() -> set[int]:
    time.sleep(WITNESS_SECONDS)
    return {point.size for point in _points(read_witness()) if point.kind == CHECKPOINT}


def _points(lines: list[str]) -> list[Point]:
    """The lines that can be read."""
    found = []
    for line in lines:
        with suppress(ValueError, KeyError, TypeError):
            found.append(_read_line(line))
    return found


def _read_line(line: str) -> Point:
    """Raises ValueError, KeyError or TypeError."""
    entry = json.loads(line)
    return Point(
        entry["size"],
        base64.b64decode(entry["head"]),
        datetime.fromisoformat(entry["signed_at"]),
        base64.b64decode(entry["signature"]),
        RESTORATION if entry.get("restored") else CHECKPOINT,
    )


def _append(points: Any) -> None:
    path = custody().witness_file()
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    private = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    with os.fdopen(private, "a", encoding="utf-8") as file:
        for point in points:
            file.write(_line_of(point) + "\n")


def _line_of(point: AuditCheckpoint | Point) -> str:
    values: dict[str, Any] = {
        "size": point.size,
        "head": base64.b64encode(point.head).decode(),
        "signed_at": point.signed_at.isoformat(),
        "signature": base64.b64encode(point.signature).decode(),
    }
    if isinstance(point, Point) and point.kind == RESTORATION:
        values["restored"] = True
    return json.dumps(values)


def _signed(kind: bytes, size: int, head: bytes, signed_at: datetime) -> bytes:
    return b"|".join((kind, str(size).encode(), head, signed_at.astimezone(UTC).isoformat().encode()))
