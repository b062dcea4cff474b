"""Secrets of this installation: made by chance once, kept one file each in the keys folder."""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import secrets
from contextlib import suppress
from pathlib import Path

SECRET_BYTES = 32
SCRAM_ITERATIONS = 4096
"""PostgreSQL's own count; the passwords are random, so more would buy nothing."""


def password_of(role: str, *, folder: Path) -> str:
    """The stored password of a database role, made on first use. Readable by this user only."""
    return secret_of(folder / role)


def secret_of(path: Path) -> str:
    """A secret kept in one file, made by chance on first use. Readable by this user only.

    It is written whole before it gets its name, so that no other process ever reads a part of it.
    """
    if not path.exists():
        partial = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
        with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(secrets.token_urlsafe(SECRET_BYTES) + "\n")
            file.flush()
            os.fsync(file.fileno())
        try:
            with suppress(FileExistsError):  # another process was faster
                os.link(partial, path)
        finally:
            partial.unlink()
    return path.read_text(encoding="ascii").strip()


def scram_verifier(password: str, *, salt: bytes | None = None) -> str:
    """What PostgreSQL stores for a password (RFC 5802, RFC 7677), so that the password itself is never sent.

    `password` is one of ours: plain ASCII, so it needs no SASLprep.
    """
    salt = secrets.token_bytes(16) if salt is None else salt
    salted = hashlib.pbkdf2_hmac("sha256", password.encode("ascii"), salt, SCRAM_ITERATIONS)
    stored_key = hashlib.sha256(hmac.digest(salted, b"Client Key", "sha256")).digest()
    server_key = hmac.digest(salted, b"Server Key", "sha256")
    parts = [base64.b64encode(part).decode("ascii") for part in (salt, stored_key, server_key)]
    return f"SCRAM-SHA-256${SCRAM_ITERATIONS}:{parts[0]}${parts[1]}:{parts[2]}"
