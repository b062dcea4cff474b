"""The database's roles: who may connect and what they are. What they may touch, migrations say.

| Role          | For                                   | Row-level security |
|---------------|---------------------------------------|--------------------|
| zhike_owner   | migrations; owns database and tables  | bypassed, or data migrations would see no row |
| zhike_app     | pages and API                         | bound |
| zhike_worker  | jobs                                  | bound |
| zhike_sealer  | the audit chain                       | bound |
| zhike_loader  | COPY into staging, results back       | bypassed; may do nothing but load |
| zhike_auditor | reading and verifying the audit trail | bound |
| zhike_backup  | reading everything for a backup       | bypassed; may do nothing but read |
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import sql
from psycopg.errors import InsufficientPrivilege

from zhike.run.secrets import scram_verifier
from zhike.run.words import said

OWNER = "zhike_owner"
APP = "zhike_app"
WORKER = "zhike_worker"
SEALER = "zhike_sealer"
LOADER = "zhike_loader"
AUDITOR = "zhike_auditor"
BACKUP = "zhike_backup"
PROCESS_ROLES = (APP, WORKER, SEALER, LOADER, AUDITOR, BACKUP)
BYPASS_ROW_SECURITY = frozenset({OWNER, LOADER, BACKUP})

_ATTRIBUTES = {
    "rolcanlogin": "LOGIN",
    "rolsuper": "SUPERUSER",
    "rolcreatedb": "CREATEDB",
    "rolcreaterole": "CREATEROLE",
    "rolreplication": "REPLICATION",
    "rolbypassrls": "BYPASSRLS",
}


class RolesNeedAdministrator(Exception):
    """The given owner may not make the roles; `statements` is what an administrator must run instead."""

    code = "ROLES_NEED_ADMINISTRATOR"

    def __init__(self, statements: str) -> None:
        super().__init__(
            said(
                "The owner given in ZHIKE_DATABASE_URL may not create the database roles. Ask the database's "
                "administrator to run what `zhike doctor --sql` prints, then try again."
            )
        )
        self.statements = statements


@dataclass(frozen=True)
class Role:
    """A role as it must be: its attributes follow from its name."""

    name: str

    @property
    def attributes(self) -> dict[str, bool]:
        wanted = dict.fromkeys(_ATTRIBUTES, False)
        return {**wanted, "rolcanlogin": True, "rolbypassrls": self.name in BYPASS_ROW_SECURITY}


def create_roles(connection: psycopg.Connection[Any], *, passwords: Mapping[str, str]) -> None:
    """Create the roles named in `passwords`, or bring existing ones back to what they must be.

    Idempotent, one transaction. What is right already is not touched, so an owner without the right to make
    roles passes once an administrator has made them. Passwords are hashed here; no server log holds one.
    Raises RolesNeedAdministrator when this connection may not; then nothing was changed.
    """
    try:
        with connection.transaction():
            # Two starts at once would otherwise stumble over each other's rows.
            connection.execute("SELECT pg_advisory_xact_lock(hashtext('zhike.roles'))")
            for name, password in passwords.items():
                _create_role(connection, Role(name), password)
    except InsufficientPrivilege as refusal:
        info = connection.info
        raise RolesNeedAdministrator(
            statements_for_administrator(database=info.dbname, owner=info.user, passwords=passwords)
        ) from refusal


def create_database(connection: psycopg.Connection[Any], *, database: str) -> None:
    """Create the database, owned by the owner role, unless it exists. Needs a connection in autocommit."""
    if connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [database]).fetchone() is None:
        connection.execute(
            sql.SQL("CREATE DATABASE {} OWNER {}").format(sql.Identifier(database), sql.Identifier(OWNER))
        )


def let_owner_grant(connection: psycopg.Connection[Any]) -> None:
    """Make the owner the administrator of the process roles: migrations may grant one to another.

    PostgreSQL 16 and later gives this by itself to whoever creates a role. Idempotent; run as a superuser.
    """
    for name in PROCESS_ROLES:
        connection.execute(
            sql.SQL("GRANT {} TO {} WITH ADMIN OPTION").format(sql.Identifier(name), sql.Identifier(OWNER))
        )


def close_database(connection: psycopg.Connection[Any]) -> None:
    """Take from everybody what PostgreSQL gives to everybody, and let the process roles connect.

    A temporary table can stand in front of a real one inside a function that trusts names, so nobody but
    the owner may create one. Idempotent; run as the database's owner or a superuser.
    """
    database = sql.Identifier(connection.info.dbname)
    roles = sql.SQL(", ").join(map(sql.Identifier, PROCESS_ROLES))
    with connection.transaction():
        connection.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(database))
        connection.execute(sql.SQL("REVOKE TEMPORARY, CREATE ON DATABASE {} FROM {}").format(database, roles))
        connection.execute(sql.SQL("GRANT CONNECT ON DATABASE {} TO {}").format(database, roles))
        connection.execute("REVOKE CREATE ON SCHEMA public FROM PUBLIC")
        connection.execute(sql.SQL("GRANT USAGE ON SCHEMA public TO {}").format(roles))


def statements_for_administrator(*, database: str, owner: str, passwords: Mapping[str, str]) -> str:
    """SQL for the administrator of a server where our owner may not create roles.

    Holds SCRAM verifiers, not passwords: it may travel by e-mail.
    """
    lines = [f"-- Run as a superuser of the server that holds the database {database}."]
    for name, password in passwords.items():
        attributes = _attribute_words(Role(name).attributes).as_string()
        lines.append(f"CREATE ROLE {_quoted(name)};  -- skip where it exists")
        lines.append(f"ALTER ROLE {_quoted(name)} {attributes} PASSWORD '{scram_verifier(password)}';")
    names = ", ".join(map(_quoted, passwords))
    lines.append(f"GRANT {names} TO {_quoted(owner)} WITH ADMIN OPTION;")
    lines.append(f"ALTER ROLE {_quoted(owner)} BYPASSRLS;  -- data migrations must see every row")
    lines.append(f"REVOKE ALL ON DATABASE {_quoted(database)} FROM PUBLIC;")
    lines.append(f"GRANT CONNECT ON DATABASE {_quoted(database)} TO {names};")
    return "\n".join(lines) + "\n"


def _create_role(connection: psycopg.Connection[Any], role: Role, password: str) -> None:
    name = sql.Identifier(role.name)
    columns = sql.SQL(", ").join(map(sql.Identifier, _ATTRIBUTES))
    look = sql.SQL("SELECT {} FROM pg_roles WHERE rolname = %s").format(columns)
    found = connection.execute(look, [role.name]).fetchone()
    if found is None:
        connection.execute(sql.SQL("CREATE ROLE {} LOGIN").format(name))
        found = connection.execute(look, [role.name]).fetchone()
        assert found is not None
    # Only what differs is named: naming SUPERUSER or BYPASSRLS at all takes a right that owners lack.
    wrong = {
        column: wanted
        for (column, wanted), actual in zip(role.attributes.items(), found, strict=True)
        if wanted != actual
    }
    if wrong:
        connection.execute(sql.SQL("ALTER ROLE {} {}").format(name, _attribute_words(wrong)))
    if not _can_log_in(connection, role.name, password):
        verifier = sql.Literal(scram_verifier(password))
        connection.execute(sql.SQL("ALTER ROLE {} PASSWORD {}").format(name, verifier))


def _can_log_in(connection: psycopg.Connection[Any], name: str, password: str) -> bool:
    info = connection.info
    try:
        with psycopg.connect(
            host=info.host,
            port=info.port,
            dbname=info.dbname,
            user=name,
            password=password,
            connect_timeout=10,
        ):
            return True
    except psycopg.OperationalError:
        return False


def _attribute_words(attributes: Mapping[str, bool]) -> sql.Composable:
    words = [("" if wanted else "NO") + _ATTRIBUTES[column] for column, wanted in attributes.items()]
    return sql.SQL(" ").join(sql.SQL(word) for word in words)


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
