"""The keys outside the database: a folder of files that only the processes' own user may read.

Keys are made once, with the database (`install`). From then on a key that is missing, damaged or foreign is
refused: a new blind-index root would find nobody, and whatever it sealed would be lost to the real one. For
each key the database holds a check value, so that a folder of another installation is told apart.

A bank puts a KMS or HSM in the place of `FolderCustody`; nothing else knows where a key lies.
"""

from __future__ import annotations

import hmac
import os
import secrets
from contextlib import suppress
from datetime import datetime
from functools import cache
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.conf import settings

from zhike.core.keys import ciphers
from zhike.core.models import DataKey
from zhike.core.models.keys import KeyCheck

NONCE_BYTES = 12
KEY_BYTES = 32
CHECK_BYTES = 16
KEY_ENCRYPTION, INDEX_ROOT, WITNESS = "key-encryption.key", "blind-index.key", "audit-witness.key"


class KeyUnusable(Exception):
    """A key is missing, damaged or not the one this database was made with; the text says what to do."""

    def __init__(self, path: Path, fault: str) -> None:
        super().__init__(
            f"{path} {fault}. Put back the keys folder that belongs to this database, from its backup, or name "
            "it in ZHIKE_KEYS. No new key is made: it would open nothing that is there."
        )


class FolderCustody:
    """Key-encryption key, index root and witness key as files of mode 0400 in one folder of mode 0700."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._known: dict[str, bytes] = {}
        self._digest = ""

    def install(self, *, now: datetime, digest: str = ciphers.SHA256) -> None:
        """Make the keys of a new database and note their check values; hold those of an old one against them.

        `digest` is the hash of a new database's index values; those of one older than the check values were made
        by SHA-256, the only one then. Raises KeyUnusable.
        """
        if not KeyCheck.objects.exists():
            if DataKey.objects.exists():
                digest = ciphers.SHA256
            else:
                for name in (KEY_ENCRYPTION, INDEX_ROOT, WITNESS):
                    _make_once(self._folder / name)
        for name in (KEY_ENCRYPTION, INDEX_ROOT, WITNESS):
            value = check_value(name, self._read(name))
            kept, _is_new = KeyCheck.objects.get_or_create(
                name=name,
                defaults={"value": value, "made_at": now, "digest": digest if name == INDEX_ROOT else ""},
            )
            self._demand(name, is_ours=hmac.compare_digest(bytes(kept.value), value))

    def wrap(self, key: bytes, *, label: str, algorithm: str = ciphers.AES) -> bytes:
        """Encrypt a data key for storage by the algorithm it is for; `label` binds it to its row."""
        nonce = os.urandom(NONCE_BYTES)
        return nonce + ciphers.encrypt(algorithm, self._wrapping(algorithm), nonce, key, label.encode())

    def unwrap(self, wrapped: bytes, *, label: str, algorithm: str = ciphers.AES) -> bytes:
        """The data key. Raises cryptography's InvalidTag for a moved or altered one."""
        nonce, text = wrapped[:NONCE_BYTES], wrapped[NONCE_BYTES:]
        return ciphers.decrypt(algorithm, self._wrapping(algorithm), nonce, text, label.encode())

    def index_root(self) -> bytes:
        """The root of the blind indexes: whoever holds it can enumerate phone numbers."""
        return self._secret(INDEX_ROOT)

    def index_digest(self) -> str:
        """The hash that this database's index values are made with; it never changes."""
        if not self._digest:
            self._digest = KeyCheck.objects.get(name=INDEX_ROOT).digest
        return self._digest

    def forget(self) -> None:
        """Drop what is remembered of the database: between tests."""
        self._digest = ""

    def witness(self) -> Ed25519PrivateKey:
        """The key that signs the audit's checkpoints."""
        return Ed25519PrivateKey.from_private_bytes(self._secret(WITNESS))

    def witness_file(self) -> Path:
        """The append-only copy of every checkpoint, outside the database."""
        return self._folder / "audit-witness.jsonl"

    def _secret(self, name: str) -> bytes:
        """The key, held against the database on its first use in this process. Raises KeyUnusable."""
        if name not in self._known:
            secret = self._read(name)
            kept = KeyCheck.objects.filter(name=name).first()
            value = check_value(name, secret)
            self._demand(name, is_ours=kept is not None and hmac.compare_digest(bytes(kept.value), value))
            self._known[name] = secret
        return self._known[name]

    def _wrapping(self, algorithm: str) -> bytes:
        secret = self._secret(KEY_ENCRYPTION)
        if algorithm == ciphers.AES:
            return secret
        length = ciphers.KEY_BYTES[algorithm]
        return ciphers.derived(ciphers.SM3, secret, label=f"key-encryption|{algorithm}", length=length)

    def _read(self, name: str) -> bytes:
        path = self._folder / name
        try:
            secret = path.read_bytes()
        except FileNotFoundError as error:
            raise KeyUnusable(path, "is missing") from error
        if len(secret) != KEY_BYTES:
            raise KeyUnusable(path, f"is damaged: {len(secret)} bytes instead of {KEY_BYTES}")
        return secret

    def _demand(self, name: str, *, is_ours: bool) -> None:
        if not is_ours:
            raise KeyUnusable(self._folder / name, "belongs to another database")


def check_value(name: str, secret: bytes) -> bytes:
    """What the database keeps of a key: nobody finds the key by it. `zhike.run.checks.keys` computes the same."""
    return hmac.digest(secret, b"zhike-key-check|" + name.encode(), "sha256")[:CHECK_BYTES]


def _make_once(path: Path) -> None:
    """Write a new key whole and only then give it its name; one that is there already stays."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o400), "wb") as file:
        file.write(secrets.token_bytes(KEY_BYTES))
        file.flush()
        os.fsync(file.fileno())
    try:
        with suppress(FileExistsError):  # made before, or another process was faster
            os.link(partial, path)
    finally:
        partial.unlink()
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


@cache
def custody() -> FolderCustody:
    """The custody of this process."""
    return FolderCustody(settings.KEYS)
