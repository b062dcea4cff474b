"""What a database holds at one moment, in figures that a restored one must show again."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.resources import files
from typing import Any

import psycopg
from psycopg import sql

from zhike.run.backups.manifest import AuditHead, Table, own_migrations
from zhike.run.checks.invariants import read_invariants

AS_TEXT = {
    "TimeZone": "UTC", "DateStyle": "ISO, YMD", "IntervalStyle": "postgres", "extra_float_digits": "1",
    "bytea_output": "hex", "lock_timeout": "60s",
}  # fmt: skip
"""Rows are compared as text, which must not depend on who asks, nor on the server's settings."""
LEFT_OUT = ("django_session",)
"""Whoever holds a backup must not find in it the sessions of people; they sign in again."""


@dataclass(frozen=True, slots=True)
class Contents:
    """The parts of a manifest that the database knows, and the lake's files with their registered digests."""

    migrations: tuple[str, ...]
    keys: dict[str, str]
    audit: AuditHead
    tables: dict[str, Table]
    lake: tuple[tuple[str, str], ...]
    last_run: int | None
    database_bytes: int


def contents_of(connection: psycopg.Connection[Any]) -> Contents:
    """Read all of it in the transaction that is open, as a role that sees every row."""
    read_alike(connection)
    ask = {one.code: one.query for one in read_invariants(_text())}
    rooms = sorted({name.partition(".")[0] for name in own_migrations()})
    applied = connection.execute(ask["migrations"], [rooms]).fetchall()
    keys = connection.execute(ask["keys"]).fetchall()
    audit = connection.execute(ask["audit"]).fetchone()
    last = connection.execute(ask["last_run"]).fetchone()
    size = connection.execute("SELECT pg_database_size(current_database())").fetchone()
    assert audit and last and size
    return Contents(
        migrations=tuple(name for (name,) in applied),
        keys=dict(keys),
        audit=AuditHead(*audit),
        tables=tables_of(connection),
        lake=tuple(connection.execute(ask["lake"]).fetchall()),
        last_run=last[0],
        database_bytes=size[0],
    )


def read_alike(connection: psycopg.Connection[Any]) -> None:
    """Let this transaction show rows as every other one does."""
    for name, value in AS_TEXT.items():
        connection.execute("SELECT set_config(%s, %s, true)", [name, value])


def tables_of(connection: psycopg.Connection[Any]) -> dict[str, Table]:
    """Rows and digest of every table, parts of tables apart. Needs `read_alike`.

    The digest is a sum over the rows, so their order does not count; PostgreSQL keeps this hash the same over its
    releases, since tables are parted by it.
    """
    names = connection.execute(
        "SELECT c.relname FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r'"
        " AND c.relname <> ALL (%s) ORDER BY 1",
        [list(LEFT_OUT)],
    ).fetchall()
    found = {}
    for (name,) in names:
        row = connection.execute(
            sql.SQL("SELECT count(*), coalesce(sum(hashtextextended(t::text, 0)::numeric), 0)::text FROM {} t")
            .format(sql.Identifier(name))
        ).fetchone()  # fmt: skip
        assert row is not None
        found[name] = Table(*row)
    return found


def _text() -> str:
    return files("zhike.run.backups").joinpath("contents.sql").read_text(encoding="utf-8")
