"""Writes that may be sent again: the same key with the same body has one effect and one answer, for ever.

The key is claimed first. A second call with it waits for the first one's transaction to end: after a commit
it finds the stored answer, after a roll-back it does the work itself (`reliability`: command order).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from zhike.core.errors import DomainError
from zhike.core.models import Idempotency


class KeyReused(Exception):
    """The key was used before, for something else."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What was answered, and whether it was said before."""

    status: int
    body: dict[str, Any]
    is_repeated: bool = False


@transaction.atomic
def answer_once(
    *,
    scope: str,
    key: str,
    body_hash: bytes,
    work: Callable[[], Answer],
    refusal: Callable[[DomainError], Answer],
    now: datetime,
) -> Answer:
    """Do `work` unless `key` has an answer already. A refusal is an answer too and is kept; a fault is not.

    Raises KeyReused when the key came with another body.
    """
    if not _claim(scope, key, body_hash, now):
        first = Idempotency.objects.get(scope=scope, key=key)
        if bytes(first.body_hash) != body_hash:
            raise KeyReused
        return Answer(first.status, first.answer, is_repeated=True)
    try:
        with transaction.atomic():
            answer = work()
    except DomainError as refused:
        answer = refusal(refused)
    Idempotency.objects.filter(scope=scope, key=key).update(status=answer.status, answer=answer.body)
    return answer


def _claim(scope: str, key: str, body_hash: bytes, now: datetime) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO core_idempotency (scope, key, body_hash, status, answer, made_at)"
            " VALUES (%s, %s, %s, 0, '{}', %s) ON CONFLICT (scope, key) DO NOTHING",
            [scope, key, body_hash, now],
        )
        return bool(cursor.rowcount)
