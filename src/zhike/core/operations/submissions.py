"""A form that is sent twice, by a double click or a repeated request, does its work once.

The form carries a number of its own (`OnceForm`). With what else was sent it is claimed first; a second request
waits for the first one's transaction: after a commit there is nothing left to do, after a roll-back it does the
work itself. What is sent with other contents is another submission, also from a page that was kept open.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeVar

from django.db import connection, transaction
from django.http import QueryDict

FORM_ID = "form_id"
_OF_NO_MEANING = "csrfmiddlewaretoken"
Done = TypeVar("Done")


@transaction.atomic
def once(work: Callable[[], Done], *, sent: QueryDict, to: str, by: Any, now: datetime) -> Done | None:
    """Do `work` and answer with what it gives; None where this form, sent to this address, has done it before.

    A refusal of `work` gives the claim back: the same form may be sent again. Without a number of the form
    nothing is guarded.
    """
    if sent.get(FORM_ID) and not _claim(f"form:{by.pk}", _fingerprint(sent, to), now=now):
        return None
    return work()


def _fingerprint(sent: QueryDict, to: str) -> str:
    fields = sorted((name, values) for name, values in sent.lists() if name != _OF_NO_MEANING)
    return hashlib.sha256(json.dumps([to, fields]).encode()).hexdigest()


def _claim(scope: str, key: str, *, now: datetime) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO core_idempotency (scope, key, body_hash, status, answer, made_at)"
            " VALUES (%s, %s, '', 0, '{}', %s) ON CONFLICT (scope, key) DO NOTHING",
            [scope, key, now],
        )
        return bool(cursor.rowcount)
