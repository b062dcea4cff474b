"""The keys outside the database: a folder of files that only the processes' own user may read.

A bank puts a KMS or HSM in the place of `FolderCustody`; nothing else knows where a key lies.
"""

from __future__ import annotations

import os
import secrets
from functools import cache
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings

NONCE_BYTES = 12


class FolderCustody:
    """Key-encryption key, index root and witness key as files of mode 0400 in one folder of mode 0700."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def wrap(self, key: bytes, *, label: str) -> bytes:
        """Encrypt a data key for storage; `label` binds it to its row."""
        nonce = os.urandom(NONCE_BYTES)
        return nonce + AESGCM(self._secret("key-encryption.key")).encrypt(nonce, key, label.encode())

    def unwrap(self, wrapped: bytes, *, label: str) -> bytes:
        """The data key. Raises cryptography's InvalidTag for a moved or altered one."""
        nonce, text = wrapped[:NONCE_BYTES], wrapped[NONCE_BYTES:]
        return AESGCM(self._secret("key-encryption.key")).decrypt(nonce, text, label.encode())

    def index_root(self) -> bytes:
        """The root of the blind indexes: whoever holds it can enumerate phone numbers."""
        return self._secret("blind-index.key")

    def witness(self) -> Ed25519PrivateKey:
        """The key that signs the audit's checkpoints."""
        return Ed25519PrivateKey.from_private_bytes(self._secret("audit-witness.key"))

    def witness_file(self) -> Path:
        """The append-only copy of every checkpoint, outside the database."""
        return self._folder / "audit-witness.jsonl"

    def _secret(self, name: str) -> bytes:
        path = self._folder / name
        try:
            return path.read_bytes()
        except FileNotFoundError:
            return _make(path)


def _make(path: Path) -> bytes:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    secret = secrets.token_bytes(32)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o400)
    except FileExistsError:  # another process was faster
        return path.read_bytes()
    with os.fdopen(handle, "wb") as file:
        file.write(secret)
        file.flush()
        os.fsync(file.fileno())
    return secret


@cache
def custody() -> FolderCustody:
    """The custody of this process."""
    return FolderCustody(settings.KEYS)
