"""The keys folder: is it the one that the database was made with?"""

from __future__ import annotations

import hmac
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
from psycopg.errors import UndefinedTable

from zhike.run.checks.findings import Check, Finding, Level
from zhike.run.home import HomeUnusable

KEY_BYTES = 32
CHECK_BYTES = 16


def check_keys(connection: psycopg.Connection[Any], folder: Path) -> Iterator[Finding]:
    """Each key that the database knows, held against its file. Nothing before the first migration."""
    try:
        with connection.transaction():
            kept = connection.execute("SELECT name, value FROM core_keycheck ORDER BY name").fetchall()
    except UndefinedTable:
        return
    for name, value in kept:
        fault = _fault(folder / name, bytes(value))
        yield Check(
            "key_fits",
            claim="%(key)s is the key that this database was made with.",
            otherwise="%(key)s %(fault)s.",
            advice=(
                "Put back the keys folder that belongs to this database, from its backup, or name it in "
                "ZHIKE_KEYS. No new key is made: it would open nothing that is there."
            ),
        ).judge(not fault, key=folder / name, fault=fault)


def demand_own_keys(folder: Path, address: str) -> None:
    """Refuse to start on a keys folder of another database. Raises HomeUnusable with the fault and its cure.

    Where the database does not answer nothing is said: the process itself will say so.
    """
    try:
        with psycopg.connect(address, connect_timeout=10, autocommit=True) as connection:
            findings = list(check_keys(connection, folder))
    except psycopg.OperationalError:
        return
    for finding in findings:
        if finding.level is Level.FAILURE:
            raise HomeUnusable(f"{finding.sentence()} {finding.what_to_do()}")


def _fault(path: Path, value: bytes) -> str:
    """What is wrong with a key file; empty if nothing. The same check value as `zhike.core.keys.custody`."""
    try:
        secret = path.read_bytes()
    except FileNotFoundError:
        return "is missing"
    if len(secret) != KEY_BYTES:
        return f"is damaged: {len(secret)} bytes instead of {KEY_BYTES}"
    expected = hmac.digest(secret, b"zhike-key-check|" + path.name.encode(), "sha256")[:CHECK_BYTES]
    return "" if hmac.compare_digest(expected, value) else "belongs to another database"
