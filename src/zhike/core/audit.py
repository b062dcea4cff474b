"""The audit: who did, saw or was refused what, written in the same transaction as the act itself.

`change` wraps a change and stores only the difference; `read` records a look at data in the clear;
`record` notes an act without a row of its own; `refused` notes a refusal. Rows hold texts and numbers, no
foreign keys, so that they outlive what they speak of. The database lets nobody change or delete them.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from django.db import connection, models

from zhike.core.actors import SYSTEM
from zhike.core.labels import Register
from zhike.core.models import AuditEvent
from zhike.core.models.audit import LABEL_NAMES, NAMES, WHY_REFUSED
from zhike.core.outcomes import Outcome, outcome_of
from zhike.core.sentences import Sentence, kept


class Actor(Protocol):
    """What the audit needs of a person."""

    pk: int
    staff_no: str
    name: str


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a request came from; set by the middleware. `program` names the token of a program that acts."""

    request_id: uuid.UUID | None = None
    address: str | None = None
    on_behalf_of: str = ""
    program: str = ""


_origin: ContextVar[Origin] = ContextVar("audit_origin", default=Origin())  # noqa: B039 - frozen
origin = _origin


class AuditOutsideTransaction(RuntimeError):
    """An audit row outside the transaction of its act could survive alone or vanish alone."""


@contextmanager
def change(
    row: models.Model,
    action: str,
    *,
    by: Actor | None,
    at: datetime,
    reason: str | Sentence = "",
    detail: dict[str, Any] | None = None,
) -> Iterator[None]:
    """Record the difference the block makes to `row`, and what `detail` adds. Raises AuditOutsideTransaction.

    Columns named in the model's `AUDIT_PRIVATE` are recorded as changed without their values.
    """
    _demand_transaction()
    before = _snapshot(row) if row.pk is not None and not row._state.adding else {}
    yield
    after = _snapshot(row)
    private: frozenset[str] = getattr(row, "AUDIT_PRIVATE", frozenset())
    changed = {
        name: ["***", "***"] if name in private else [before.get(name), after.get(name)]
        for name in after
        if before.get(name) != after.get(name)
    }
    _write(action, row=row, by=by, at=at, reason=reason, detail={**(detail or {}), "changes": changed})


def record(
    action: str,
    *,
    by: Actor | None,
    at: datetime,
    row: models.Model | None = None,
    customer_id: int | None = None,
    reason: str | Sentence = "",
    detail: dict[str, Any] | None = None,
) -> AuditEvent:
    """Record an act: a run started, a file loaded, a list exported. Raises AuditOutsideTransaction."""
    _demand_transaction()
    return _write(action, row=row, by=by, at=at, reason=reason, detail=detail or {}, customer_id=customer_id)


def read(customer: models.Model, *, fields: list[str], purpose: str, by: Actor, at: datetime) -> AuditEvent:
    """Record that `fields` of a customer were shown in the clear, and the code of the purpose (L-36)."""
    _demand_transaction()
    return _write(
        "customer.revealed", row=customer, by=by, at=at, reason=purpose, detail={"fields": fields},
        customer_id=customer.pk,
    )  # fmt: skip


def failed(action: str, *, by: Actor | None = None, at: datetime, detail: dict[str, Any]) -> AuditEvent:
    """Record that something the system watches over has come to a bad end; `by` is who looked."""
    _demand_transaction()
    return _write(action, by=by, at=at, reason="", detail=detail, outcome=Outcome.FAILED)


def refused(action: str, *, by: Actor | None, object_label: str, rights: Collection[str]) -> AuditEvent:
    """Record a refusal, in a transaction of its own after the refused one was rolled back. `rights` are those of
    which one was asked for, or, where the row was not found, those that do not reach it."""
    _demand_transaction()
    why = Sentence(WHY_REFUSED[action], {"rights": {Register.RIGHT.value: list(rights)}})
    return _write(
        action,
        by=by,
        at=None,
        reason=why if rights else "",
        detail={},
        outcome=Outcome.REFUSED,
        label=object_label,
    )


def _demand_transaction() -> None:
    if not connection.in_atomic_block:
        raise AuditOutsideTransaction


def _snapshot(row: models.Model) -> dict[str, Any]:
    return {
        field.attname: _plain(getattr(row, field.attname))
        for field in row._meta.concrete_fields
        if field.attname not in {"id", "version"}
    }


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, bool | int | str | dict | list):
        return value
    if isinstance(value, bytes | memoryview):
        return hashlib.sha256(value).hexdigest()[:16] if len(value) else ""
    return str(value)


def _label(row: models.Model | None) -> str | Sentence:
    """What a row is called in the audit: a model that holds somebody's name, or a sentence of the system's, says
    `audit_label` instead."""
    name = getattr(row, "audit_label", row) if row is not None else ""
    return name if isinstance(name, Sentence) else str(name)


def _write(
    action: str,
    *,
    by: Actor | None,
    at: datetime | None,
    reason: str | Sentence,
    detail: dict[str, Any],
    row: models.Model | None = None,
    customer_id: int | None = None,
    outcome: Outcome | None = None,
    label: str = "",
) -> AuditEvent:
    source = _origin.get()
    why, names = kept(reason)
    name, parts = kept(label or _label(row))
    detail = {
        **detail,
        **{key: value for key, value in ((NAMES, names), (LABEL_NAMES, parts)) if value is not None},
    }
    event = AuditEvent(
        actor_id=by.pk if by else None,
        actor=f"{by.staff_no} {by.name}" if by else SYSTEM,
        on_behalf_of=source.on_behalf_of,
        action=action,
        object_type=row._meta.label_lower if row is not None else "",
        object_id=str(row.pk) if row is not None and row.pk is not None else "",
        object_label=name[:200],
        customer_id=customer_id if customer_id is not None else getattr(row, "customer_id", None),
        outcome=outcome or outcome_of(action),
        reason=why[:500],
        request_id=source.request_id,
        address=source.address,
        acted_at=at,
        detail=detail | {"token": source.program} if source.program else detail,
    )
    event.save(force_insert=True)
    return event
