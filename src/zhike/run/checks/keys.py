"""The keys folder: is it the one that the database was made with?"""

from __future__ import annotations

import hmac
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import psycopg
from psycopg.errors import UndefinedColumn, UndefinedTable

from zhike.run.checks.findings import Check, Finding, Level
from zhike.run.home import HomeUnusable
from zhike.run.words import said

KEY_BYTES = 32
CHECK_BYTES = 16
PROFILES = {"international": ("AES-256-GCM", "SHA-256"), "national": ("SM4-GCM", "SM3")}
"""Cipher and hash of each profile, as `zhike.core.keys.ciphers` has them."""


def check_keys(connection: psycopg.Connection[Any], folder: Path) -> Iterator[Finding]:
    """Each key that the database knows, held against its file. Nothing before the first migration."""
    try:
        with connection.transaction():
            kept = connection.execute("SELECT name, value FROM core_keycheck ORDER BY name").fetchall()
    except UndefinedTable:
        return
    for name, value in kept:
        fault = key_fault(folder / name, bytes(value))
        yield Check(
            "key_fits",
            claim=said("%(key)s is the key that this database was made with."),
            otherwise=fault,
            advice=(
                said(
                    "Put back the keys folder that belongs to this database, from its backup, or name it in "
                    "ZHIKE_KEYS. No new key is made: it would open nothing that is there."
                )
            ),
        ).judge(not fault, key=folder / name)


def check_profile(connection: psycopg.Connection[Any], environ: Mapping[str, str]) -> Iterator[Finding]:
    """Whether the database's algorithms are those that the environment asks for. Nothing before a migration."""
    profile = environ.get("ZHIKE_CRYPTOGRAPHY") or "international"
    cipher, digest = PROFILES.get(profile, ("", ""))
    try:
        with connection.transaction():
            others = connection.execute(
                "SELECT count(*) FROM core_datakey WHERE state = 'ACTIVE' AND algorithm <> %s", [cipher]
            ).fetchone()
            kept = connection.execute("SELECT digest FROM core_keycheck WHERE digest <> ''").fetchone()
    except (UndefinedTable, UndefinedColumn):
        return
    yield Check(
        "data_keys_follow_the_profile",
        claim=said("New values are encrypted by %(cipher)s."),
        otherwise=said(
            "%(count)s data keys are not for %(cipher)s, which ZHIKE_CRYPTOGRAPHY=%(profile)s asks for."
        ),
        advice=said("Run zhike migrate, then zhike keys reseal."),
        fails=Level.WARNING,
    ).judge(bool(cipher) and others == (0,), cipher=cipher, profile=profile, count=others[0] if others else 0)
    if kept:
        yield Check(
            "index_values_follow_the_profile",
            claim=said("Search values are made with %(kept)s."),
            otherwise=said(
                "Search values are made with %(kept)s; ZHIKE_CRYPTOGRAPHY=%(profile)s asks for %(digest)s."
            ),
            advice=said(
                "They are made once, with the database: to change them, load the extracts into a new one."
            ),
            fails=Level.WARNING,
        ).judge(kept[0] == digest, kept=kept[0], digest=digest, profile=profile)


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


def key_fault(path: Path, value: bytes) -> str:
    """What is wrong with a key file %(key)s; empty if nothing. The same check value as `zhike.core.keys.custody`."""
    try:
        secret = path.read_bytes()
    except FileNotFoundError:
        return said("%(key)s is missing.")
    if len(secret) != KEY_BYTES:
        return said(
            "%(key)s is damaged: %(found)s bytes instead of %(wanted)s.",
            key="%(key)s",  # stays a place, as in the other sentences
            found=len(secret),
            wanted=KEY_BYTES,
        )
    expected = hmac.digest(secret, b"zhike-key-check|" + path.name.encode(), "sha256")[:CHECK_BYTES]
    return "" if hmac.compare_digest(expected, value) else said("%(key)s belongs to another database.")
