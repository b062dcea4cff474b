"""The database server: nothing that keeps committed rows safe is off, and it knows our time and script."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg

from zhike.run.binaries import MAJORS
from zhike.run.checks.findings import Check, Finding, Level
from zhike.run.words import marked, said

Connection = psycopg.Connection[Any]

# Each must be on, or a power cut may lose or damage what was acknowledged.
DURABILITY = {
    "fsync": marked("ALTER SYSTEM SET fsync = on, then reload; data written meanwhile are not trustworthy"),
    "full_page_writes": marked("ALTER SYSTEM SET full_page_writes = on, then reload"),
    "data_checksums": marked("Stop the server and run pg_checksums --enable on its data folder"),
}


def check_server(connection: Connection) -> Iterator[Finding]:
    """Release, durability, time zones, script and encryption on the way. As any role."""
    yield _release(connection)
    for setting, advice in DURABILITY.items():
        value = _one(connection, "SELECT current_setting(%s)", setting)
        yield Check(
            setting,
            claim=said("%(setting)s is on."),
            otherwise=said("%(setting)s is %(value)s; acknowledged data may be lost or damaged unnoticed."),
            advice=said(advice),
        ).judge(value == "on", setting=setting, value=value)
    yield _time_zones(connection)
    yield _script(connection)
    yield _transport(connection)


def _release(connection: Connection) -> Finding:
    major = connection.info.server_version // 10000
    return Check(
        "server_release",
        claim=said("The server is PostgreSQL %(major)s."),
        otherwise=said("The server is PostgreSQL %(major)s, which was never tried."),
        advice=said("Use PostgreSQL %(first)s to %(last)s."),
    ).judge(major in MAJORS, major=major, first=MAJORS.start, last=MAJORS.stop - 1)


def _time_zones(connection: Connection) -> Finding:
    # China kept summer time from 1986 to 1991: a server without real zone data shifts days of those years.
    summer = "SELECT (timestamptz '1988-07-01 00:00+00' AT TIME ZONE 'Asia/Shanghai')::text"
    try:
        with connection.transaction():
            is_known = _one(connection, summer) == "1988-07-01 09:00:00"
    except psycopg.errors.InvalidParameterValue:
        is_known = False
    return Check(
        "time_zones",
        claim=said("The server knows the time zone Asia/Shanghai and its history."),
        otherwise=said("The server does not know the history of the time zone Asia/Shanghai."),
        advice=said("Install the system's time zone data (tzdata) for the server."),
    ).judge(is_known)


def _script(connection: Connection) -> Finding:
    is_fit = _one(
        connection,
        r"SELECT current_setting('server_encoding') = 'UTF8' AND '张' ~ '^\w$' AND lower('É') = 'é'",
    )
    return Check(
        "script",
        claim=said("The database stores UTF-8 and takes Chinese characters for letters."),
        otherwise=(
            said(
                "The database does not store UTF-8 or does not take Chinese characters for letters; "
                "search by part of a name would miss."
            )
        ),
        advice=said("Create the database with ENCODING 'UTF8' and the locale C.UTF-8."),
    ).judge(bool(is_fit))


def _transport(connection: Connection) -> Finding:
    is_safe = _one(
        connection,
        "SELECT ssl OR inet_client_addr() IS NULL OR inet_client_addr() <<= '127.0.0.0/8'"
        " OR inet_client_addr() = '::1' FROM pg_stat_ssl WHERE pid = pg_backend_pid()",
    )
    return Check(
        "transport",
        claim=said("The way to the server is encrypted or does not leave this machine."),
        otherwise=said("The way to the server leaves this machine unencrypted."),
        advice=said("Add sslmode=verify-full to the database addresses."),
        fails=Level.FAILURE,
    ).judge(bool(is_safe))


def _one(connection: Connection, query: str, *parameters: object) -> Any:
    row = connection.execute(query, parameters or None).fetchone()
    assert row is not None
    return row[0]
