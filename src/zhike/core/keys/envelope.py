"""One value in its envelope.

    0x01 | algorithm (1 byte) | data key id (4 bytes) | nonce (12) | ciphertext | tag (16)

The additional data name the version, purpose, place and key, so that a value copied to another row, column
or key is refused (`TamperedValue`). The algorithm is that of the key; which ones there are stands in `ciphers`.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Callable, Iterable
from datetime import datetime
from functools import lru_cache

from cryptography.exceptions import InvalidTag
from django.db import transaction

from zhike.core.keys.blind import forget as forget_index_keys
from zhike.core.keys.ciphers import ALGORITHMS, KEY_BYTES, decrypt, encrypt
from zhike.core.keys.ciphers import forget as forget_ciphers
from zhike.core.keys.custody import custody
from zhike.core.models import DataKey, KeyState
from zhike.core.models.keys import NEXT_KEY_STATE

VERSION = 1
_HEAD = struct.Struct(">BBI12s")


class TamperedValue(ValueError):
    """The ciphertext is not the one that was written in this place."""


def seal(text: str, *, purpose: str, place: str) -> bytes:
    """Encrypt `text` for `place` ("table.column:row") under the active key of `purpose`."""
    return sealer(purpose)(text, place)


def sealer(purpose: str) -> Callable[[str, str], bytes]:
    """`seal` for many values of one purpose: (text, place) → ciphertext, the key looked up once."""
    key_id, algorithm, key = _active(purpose)
    number = ALGORITHMS[algorithm]

    def seal_one(text: str, place: str) -> bytes:
        nonce = os.urandom(12)
        head = _HEAD.pack(VERSION, number, key_id, nonce)
        return head + encrypt(algorithm, key, nonce, text.encode(), _bound(purpose, place, head))

    return seal_one


def unseal(value: bytes | memoryview, *, purpose: str, place: str) -> str:
    """The text that was sealed in this place. Raises TamperedValue."""
    value = bytes(value)
    try:
        version, number, key_id, nonce = _HEAD.unpack_from(value)
        algorithm, key = _by_id(key_id)
        if version != VERSION or ALGORITHMS[algorithm] != number:
            raise TamperedValue(place)
        text = decrypt(
            algorithm, key, nonce, value[_HEAD.size :], _bound(purpose, place, value[: _HEAD.size])
        )
    except (struct.error, InvalidTag, DataKey.DoesNotExist) as error:
        raise TamperedValue(place) from error
    return text.decode()


def active_key(purpose: str) -> int:
    """The number of the data key that seals for a purpose now."""
    return _active(purpose)[0]


@transaction.atomic
def make_key(purpose: str, *, algorithm: str, now: datetime) -> DataKey:
    """Make the active data key of a purpose; its wrapped form is bound to its row.

    The one before opens what it sealed and seals nothing more.
    """
    sealing = [state for state, following in NEXT_KEY_STATE.items() if KeyState.READ_ONLY in following]
    DataKey.objects.filter(purpose=purpose, state__in=sealing).update(state=KeyState.READ_ONLY)
    row = DataKey.objects.create(purpose=purpose, algorithm=algorithm, wrapped=b"", made_at=now)
    row.wrapped = custody().wrap(os.urandom(KEY_BYTES[algorithm]), label=_label(row), algorithm=algorithm)
    row.save(update_fields=["wrapped"])
    return row


def ensure_keys(purposes: Iterable[str], *, algorithm: str, now: datetime) -> None:
    """Make the keys that are missing, or are active for another algorithm; existing ones stay readable."""
    for purpose in purposes:
        active = DataKey.objects.filter(purpose=purpose, state=KeyState.ACTIVE, algorithm=algorithm)
        if not active.exists():
            make_key(purpose, algorithm=algorithm, now=now)


def forget() -> None:
    """Drop the keys this process remembers: between tests."""
    _unwrapped.cache_clear()
    _by_id.cache_clear()
    forget_ciphers()
    custody().forget()
    forget_index_keys()


def _label(row: DataKey) -> str:
    return f"data-key|{row.pk}|{row.purpose}|{row.algorithm}"


def _bound(purpose: str, place: str, head: bytes) -> bytes:
    return b"|".join((purpose.encode(), place.encode(), head[:6]))


@lru_cache(maxsize=64)
def _unwrapped(key_id: int, algorithm: str, wrapped: bytes, label: str) -> bytes:
    return custody().unwrap(wrapped, label=label, algorithm=algorithm)


def _active(purpose: str) -> tuple[int, str, bytes]:
    # Asked each time, or a process would go on sealing under a key that is no longer the active one.
    row = DataKey.objects.get(purpose=purpose, state=KeyState.ACTIVE)
    return row.pk, row.algorithm, _unwrapped(row.pk, row.algorithm, bytes(row.wrapped), _label(row))


@lru_cache(maxsize=64)
def _by_id(key_id: int) -> tuple[str, bytes]:
    row = DataKey.objects.exclude(state=KeyState.DESTROYED).get(pk=key_id)
    return row.algorithm, _unwrapped(row.pk, row.algorithm, bytes(row.wrapped), _label(row))
