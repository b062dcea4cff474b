"""Blind index: equal values give equal index values, and nobody without the root key can make them.

An index value has no room for the name of its hash. So each database keeps the one it was made with, SHA-256
or SM3, whatever the profile of later starts.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from functools import lru_cache

from zhike.core.keys import ciphers
from zhike.core.keys.custody import custody

INDEX_BYTES = 16


def blind(field: str, value: str) -> bytes:
    """The 16-byte index value of `value` in `field`; spaces, width and case do not count."""
    plain = unicodedata.normalize("NFKC", value).upper().strip()
    digest, key = _key(field)
    return ciphers.keyed(digest, key, plain.encode())[:INDEX_BYTES]


def fingerprint(label: str) -> Callable[[str], bytes]:
    """16 bytes by which a text is seen to have changed: text → bytes, every character counting."""
    digest = custody().index_digest()
    key = ciphers.hashed(digest, label.encode() + b"|" + custody().index_root())
    return lambda text: ciphers.keyed(digest, key, text.encode())[:INDEX_BYTES]


@lru_cache(maxsize=16)
def _key(field: str) -> tuple[str, bytes]:
    digest = custody().index_digest()
    return digest, ciphers.derived(digest, custody().index_root(), label=f"blind-index|{field}", length=32)


def forget() -> None:
    """Drop what this process remembers: between tests."""
    _key.cache_clear()
