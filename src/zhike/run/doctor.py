"""All checks of an installation, in the order in which a person would repair things."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping

import psycopg

from zhike.run import roles
from zhike.run.checks.backups import check_backups
from zhike.run.checks.demo import check_demo
from zhike.run.checks.findings import Check, Finding
from zhike.run.checks.folders import check_folders
from zhike.run.checks.invariants import check_invariants, read_invariants
from zhike.run.checks.keys import check_keys, check_profile
from zhike.run.checks.roles import check_roles
from zhike.run.checks.server import check_server
from zhike.run.environment import ADDRESS_VARIABLES, environment_for
from zhike.run.home import Home
from zhike.run.secrets import password_of
from zhike.run.servers import Server
from zhike.run.words import said


def examine(home: Home, server: Server, *, environ: Mapping[str, str] | None = None) -> Iterator[Finding]:
    """Every finding: folders, server, roles, keys, data. Changes nothing."""
    environ = os.environ if environ is None else environ
    is_there = home.exists()
    yield Check(
        "installed",
        claim=said("The data are in %(home)s."),
        otherwise=said("There is no installation in %(home)s with keys in %(keys)s."),
        advice=said("Run zhike up, or name the folders in ZHIKE_HOME and ZHIKE_KEYS."),
    ).judge(is_there, home=home.root, keys=home.keys)
    if not is_there:
        return
    yield from check_folders(home)
    if not home.passwords.is_dir():
        yield Check(
            "passwords_there",
            claim="",
            otherwise=said("%(keys)s holds no passwords of the database."),
            advice=said(
                "Name the keys folder that belongs to these data in ZHIKE_KEYS, or put it back from its "
                "backup."
            ),
        ).judge(False, keys=home.keys)
        return
    known = environment_for(*ADDRESS_VARIABLES, home=home, server=server, environ=environ)
    addresses = {role: known[variable] for role, variable in ADDRESS_VARIABLES.items()}
    owner = addresses.pop(roles.OWNER)
    try:
        connection = psycopg.connect(owner, connect_timeout=10, autocommit=True)
    except psycopg.OperationalError as error:
        yield Check(
            "server_answers",
            claim="",
            otherwise=said("The database does not answer its owner: %(error)s"),
            advice=said("Start it with zhike up, or correct ZHIKE_DATABASE_URL; then ask again."),
        ).judge(False, error=str(error).strip().splitlines()[0])
        return
    with connection:
        yield from check_server(connection)
        yield from check_roles(connection, addresses)
        yield from check_demo(connection, environ=environ)
        yield from check_keys(connection, home.keys)
        yield from check_profile(connection, environ)
        yield from check_backups(connection)
        yield from check_invariants(connection, read_invariants())


def administrator_statements(home: Home, *, environ: Mapping[str, str] | None = None) -> str:
    """What the administrator of a bank's own server runs once for ZHIKE_DATABASE_URL.

    Connects to nothing; makes the passwords that the statements stand for, where there are none yet.
    """
    home.prepare()
    environ = os.environ if environ is None else environ
    parts = psycopg.conninfo.conninfo_to_dict(environ.get("ZHIKE_DATABASE_URL", ""))
    return roles.statements_for_administrator(
        database=str(parts.get("dbname") or "zhike"),
        owner=str(parts.get("user") or roles.OWNER),
        passwords={role: password_of(role, folder=home.passwords) for role in roles.PROCESS_ROLES},
    )
