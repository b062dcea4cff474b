"""The database roles: each can log in, and none can do more than its work."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import psycopg
from psycopg.rows import DictRow, dict_row

from zhike.run import roles
from zhike.run.checks.findings import Check, Finding
from zhike.run.words import said

_QUERY = """
SELECT r.rolsuper OR r.rolcreatedb OR r.rolcreaterole OR r.rolreplication AS is_mighty,
       r.rolbypassrls AS bypasses_row_security,
       pg_has_role(r.oid, d.datdba, 'MEMBER') AND NOT r.rolsuper AS is_owner_too,
       (SELECT count(*) FROM pg_class c WHERE c.relowner = r.oid) AS owned_count,
       has_database_privilege(r.oid, d.oid, 'TEMPORARY') AS may_make_temporary,
       has_database_privilege(r.oid, d.oid, 'CREATE')
           OR has_schema_privilege(r.oid, 'public', 'CREATE') AS may_create
FROM pg_roles r, pg_database d
WHERE d.datname = current_database() AND r.rolname = %s
"""


def check_roles(connection: psycopg.Connection[Any], addresses: Mapping[str, str]) -> Iterator[Finding]:
    """What the catalogue says of each process role, and whether its address lets it in.

    `connection` is the owner's; `addresses` maps the process roles to theirs.
    """
    yield _owner(connection)
    with connection.cursor(row_factory=dict_row) as cursor:
        for role, address in addresses.items():
            row = cursor.execute(_QUERY, [role]).fetchone()
            if row is None:
                yield _missing(role)
                continue
            yield from _modest(role, row)
            yield from _at_work(role, address)


def _owner(connection: psycopg.Connection[Any]) -> Finding:
    row = connection.execute(
        "SELECT rolbypassrls OR rolsuper FROM pg_roles WHERE rolname = current_user"
    ).fetchone()
    assert row is not None
    return Check(
        "owner_sees_all",
        claim=said("The owner sees every row, so data migrations are complete."),
        otherwise=said(
            "Row-level security binds the owner too; data migrations would silently pass rows over."
        ),
        advice=said("As a superuser: ALTER ROLE %(owner)s BYPASSRLS"),
    ).judge(row[0], owner=connection.info.user)


def _missing(role: str) -> Finding:
    return Check(
        "role_exists",
        claim="",
        otherwise=said("The role %(role)s does not exist."),
        advice=said("Run zhike up, or what zhike doctor --sql prints."),
    ).judge(False, role=role)


def _modest(role: str, row: DictRow) -> Iterator[Finding]:
    bypass_expected = role in roles.BYPASS_ROW_SECURITY
    yield Check(
        "role_powers",
        claim=said("%(role)s has no power over the server."),
        otherwise=said("%(role)s is a superuser, or may create databases or roles, or replicate."),
        advice=said("As a superuser: ALTER ROLE %(role)s NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION"),
    ).judge(not row["is_mighty"], role=role)
    yield Check(
        "role_row_security",
        claim=said("Row-level security treats %(role)s as it should."),
        otherwise=said("Row-level security does not bind %(role)s, or binds one that must see every row."),
        advice=said("As a superuser: ALTER ROLE %(role)s %(attribute)s"),
    ).judge(
        row["bypasses_row_security"] == bypass_expected,
        role=role,
        attribute="BYPASSRLS" if bypass_expected else "NOBYPASSRLS",
    )
    yield Check(
        "role_owns_nothing",
        claim=said("%(role)s owns no table and cannot become the owner."),
        otherwise=said("%(role)s owns tables (%(count)s) or is a member of the database's owner."),
        advice=said("REASSIGN OWNED BY %(role)s TO the owner, and REVOKE the owner's role from it."),
    ).judge(not row["is_owner_too"] and row["owned_count"] == 0, role=role, count=row["owned_count"])
    yield Check(
        "role_creates_nothing",
        claim=said("%(role)s may create no table, not even a temporary one."),
        otherwise=said("%(role)s may create tables; one named like ours could stand in front of it."),
        advice=(
            said(
                "As the owner: REVOKE TEMPORARY, CREATE ON DATABASE … FROM PUBLIC, %(role)s; "
                "REVOKE CREATE ON SCHEMA public FROM PUBLIC, %(role)s"
            )
        ),
    ).judge(not row["may_create"] and not row["may_make_temporary"], role=role)


def _at_work(role: str, address: str) -> Iterator[Finding]:
    """As the role itself: its password works, and nothing set for it weakens a commit."""
    try:
        with psycopg.connect(address, connect_timeout=10, autocommit=True) as own:
            row = own.execute("SELECT current_setting('synchronous_commit')").fetchone()
    except psycopg.OperationalError as error:
        yield Check(
            "role_logs_in",
            claim="",
            otherwise=said("%(role)s cannot log in: %(error)s"),
            advice=said("Run zhike up, which sets the roles' passwords, or correct the role's address."),
        ).judge(False, role=role, error=str(error).strip().splitlines()[0])
        return
    assert row is not None
    yield Check(
        "synchronous_commit",
        claim=said("A commit of %(role)s is on disk before it is acknowledged."),
        otherwise=said("synchronous_commit is off for %(role)s; acknowledged commits may be lost."),
        advice=said("ALTER ROLE %(role)s RESET synchronous_commit, and look at the server's setting."),
    ).judge(row[0] != "off", role=role)
