"""One value in its envelope.

    0x01 | algorithm (1 byte) | data key id (4 bytes) | nonce (12) | ciphertext | tag (16)

The additional data name the version, purpose, place and key, so that a value copied to another row, column
or key is refused (`TamperedValue`). Algorithms: AES-256-GCM; SM4-GCM (RFC 8998) in the 国密 profile.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Callable, Iterable
from datetime import datetime
from functools import lru_cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.ciphers.algorithms import SM4
from cryptography.hazmat.primitives.ciphers.modes import GCM

from zhike.core.keys.custody import custody
from zhike.core.models import DataKey, KeyState

VERSION = 1
ALGORITHMS = {"AES-256-GCM": 1, "SM4-GCM": 2}
KEY_BYTES = {"AES-256-GCM": 32, "SM4-GCM": 16}
_HEAD = struct.Struct(">BBI12s")
_TAG_BYTES = 16


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
        return head + _encrypt(algorithm, key, nonce, text.encode(), _bound(purpose, place, head))

    return seal_one


def unseal(value: bytes | memoryview, *, purpose: str, place: str) -> str:
    """The text that was sealed in this place. Raises TamperedValue."""
    value = bytes(value)
    try:
        version, number, key_id, nonce = _HEAD.unpack_from(value)
        algorithm, key = _by_id(key_id)
        if version != VERSION or ALGORITHMS[algorithm] != number:
            raise TamperedValue(place)
        text = _decrypt(
            algorithm, key, nonce, value[_HEAD.size :], _bound(purpose, place, value[: _HEAD.size])
        )
    except (struct.error, InvalidTag, DataKey.DoesNotExist) as error:
        raise TamperedValue(place) from error
    return text.decode()


def make_key(purpose: str, *, algorithm: str, now: datetime) -> DataKey:
    """Make the active data key of a purpose; its wrapped form is bound to its row."""
    row = DataKey.objects.create(purpose=purpose, algorithm=algorithm, wrapped=b"", made_at=now)
    row.wrapped = custody().wrap(os.urandom(KEY_BYTES[algorithm]), label=_label(row))
    row.save(update_fields=["wrapped"])
    return row


def ensure_keys(purposes: Iterable[str], *, algorithm: str, now: datetime) -> None:
    """Make the keys that are missing; existing ones stay."""
    for purpose in purposes:
        if not DataKey.objects.filter(purpose=purpose, state=KeyState.ACTIVE).exists():
            make_key(purpose, algorithm=algorithm, now=now)


def forget() -> None:
    """Drop the keys this process remembers: after a rotation, and between tests."""
    _aes.cache_clear()
    _unwrapped.cache_clear()
    _active.cache_clear()
    _by_id.cache_clear()


def _label(row: DataKey) -> str:
    return f"data-key|{row.pk}|{row.purpose}|{row.algorithm}"


def _bound(purpose: str, place: str, head: bytes) -> bytes:
    return b"|".join((purpose.encode(), place.encode(), head[:6]))


@lru_cache(maxsize=64)
def _unwrapped(key_id: int, wrapped: bytes, label: str) -> bytes:
    return custody().unwrap(wrapped, label=label)


@lru_cache(maxsize=16)
def _active(purpose: str) -> tuple[int, str, bytes]:
    row = DataKey.objects.get(purpose=purpose, state=KeyState.ACTIVE)
    return row.pk, row.algorithm, _unwrapped(row.pk, bytes(row.wrapped), _label(row))


@lru_cache(maxsize=64)
def _by_id(key_id: int) -> tuple[str, bytes]:
    row = DataKey.objects.exclude(state=KeyState.DESTROYED).get(pk=key_id)
    return row.algorithm, _unwrapped(row.pk, bytes(row.wrapped), _label(row))


@lru_cache(maxsize=16)
def _aes(key: bytes) -> AESGCM:
    return AESGCM(key)  # setting a key up takes longer than sealing a short text with it


def _encrypt(algorithm: str, key: bytes, nonce: bytes, text: bytes, bound: bytes) -> bytes:
    if algorithm == "AES-256-GCM":
        return _aes(key).encrypt(nonce, text, bound)
    encryptor = Cipher(SM4(key), GCM(nonce)).encryptor()
    encryptor.authenticate_additional_data(bound)
    return encryptor.update(text) + encryptor.finalize() + encryptor.tag


def _decrypt(algorithm: str, key: bytes, nonce: bytes, text: bytes, bound: bytes) -> bytes:
    if algorithm == "AES-256-GCM":
        return _aes(key).decrypt(nonce, text, bound)
    if len(text) < _TAG_BYTES:
        raise InvalidTag
    decryptor = Cipher(SM4(key), GCM(nonce, text[-_TAG_BYTES:])).decryptor()
    decryptor.authenticate_additional_data(bound)
    plain = decryptor.update(text[:-_TAG_BYTES])
    return plain + decryptor.finalize()
