"""The algorithms behind the keys, and which of them a profile chooses.

International: AES-256-GCM, SHA-256. National (国密): SM4-GCM (GB/T 32907, RFC 8998) and SM3 (GB/T 32905).
Every ciphertext names its algorithm, so what one profile sealed stays readable under the other.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from functools import lru_cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.ciphers.algorithms import SM4
from cryptography.hazmat.primitives.ciphers.modes import GCM
from cryptography.hazmat.primitives.hmac import HMAC
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

AES, SM4_GCM = "AES-256-GCM", "SM4-GCM"
ALGORITHMS = {AES: 1, SM4_GCM: 2}
"""The number by which a ciphertext names its algorithm; never reused."""
KEY_BYTES = {AES: 32, SM4_GCM: 16}
SHA256, SM3 = "SHA-256", "SM3"
_HASHES: dict[str, type[hashes.HashAlgorithm]] = {SHA256: hashes.SHA256, SM3: hashes.SM3}
_TAG_BYTES = 16


@dataclass(frozen=True, slots=True)
class Profile:
    """What new data keys and a new database's index values are made with."""

    cipher: str
    digest: str


PROFILES = {"international": Profile(AES, SHA256), "national": Profile(SM4_GCM, SM3)}


def profile() -> Profile:
    """The profile that `ZHIKE_CRYPTOGRAPHY` chooses."""
    return PROFILES[settings.CRYPTOGRAPHY]


def encrypt(algorithm: str, key: bytes, nonce: bytes, text: bytes, bound: bytes) -> bytes:
    """Ciphertext and tag of `text`; `bound` must be given again to open it."""
    if algorithm == AES:
        return _aes(key).encrypt(nonce, text, bound)
    encryptor = Cipher(SM4(key), GCM(nonce)).encryptor()
    encryptor.authenticate_additional_data(bound)
    return encryptor.update(text) + encryptor.finalize() + encryptor.tag


def decrypt(algorithm: str, key: bytes, nonce: bytes, text: bytes, bound: bytes) -> bytes:
    """The plain bytes. Raises cryptography's InvalidTag for a moved or altered text."""
    if algorithm == AES:
        return _aes(key).decrypt(nonce, text, bound)
    if len(text) < _TAG_BYTES:
        raise InvalidTag
    decryptor = Cipher(SM4(key), GCM(nonce, text[-_TAG_BYTES:])).decryptor()
    decryptor.authenticate_additional_data(bound)
    plain = decryptor.update(text[:-_TAG_BYTES])
    return plain + decryptor.finalize()


@lru_cache(maxsize=16)
def _aes(key: bytes) -> AESGCM:
    return AESGCM(key)  # setting a key up takes longer than sealing a short text with it


def forget() -> None:
    """Drop the keys this process has set up: between tests."""
    _aes.cache_clear()


def keyed(digest: str, key: bytes, message: bytes) -> bytes:
    """The HMAC of a message (RFC 2104) with SHA-256 or SM3: 32 bytes."""
    if digest == SHA256:
        return hmac.digest(key, message, "sha256")
    code = HMAC(key, _HASHES[digest]())
    code.update(message)
    return code.finalize()


def hashed(digest: str, message: bytes) -> bytes:
    """The hash of a message: 32 bytes."""
    found = hashes.Hash(_HASHES[digest]())
    found.update(message)
    return found.finalize()


def derived(digest: str, secret: bytes, *, label: str, length: int) -> bytes:
    """A key for one use, made of a secret (HKDF, RFC 5869)."""
    return HKDF(algorithm=_HASHES[digest](), length=length, salt=None, info=label.encode()).derive(secret)
