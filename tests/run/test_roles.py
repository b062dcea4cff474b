"""The database roles are what they must be, however often and from wherever they are made."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Callable

import psycopg
import pytest

from zhike.run import roles
from zhike.run.secrets import scram_verifier
from zhike.run.servers import EmbeddedServer, OtherServer

pytestmark = pytest.mark.goal("G7")


def shape_of_roles(server: EmbeddedServer) -> list[tuple[object, ...]]:
    with psycopg.connect(server.url(roles.OWNER)) as connection:
        return connection.execute(
            "SELECT rolname, rolcanlogin, rolsuper, rolcreatedb, rolcreaterole, rolreplication, rolbypassrls,"
            " has_database_privilege(oid, current_database(), 'TEMPORARY')"
            " FROM pg_roles WHERE rolname LIKE 'zhike\\_%' AND NOT rolsuper ORDER BY rolname"
        ).fetchall()


def test_who_must_see_every_row_bypasses_row_security_and_only_the_owner_may_make_temporary_tables(
    own_server: EmbeddedServer,
) -> None:
    plain = (True, False, False, False, False)
    assert shape_of_roles(own_server) == [
        ("zhike_app", *plain, False, False),
        ("zhike_auditor", *plain, False, False),
        ("zhike_backup", *plain, True, False),
        ("zhike_loader", *plain, True, False),
        ("zhike_owner", *plain, True, True),
        ("zhike_sealer", *plain, False, False),
        ("zhike_worker", *plain, False, False),
    ]


def test_preparing_again_changes_nothing_and_repairs_what_was_changed(
    own_server: EmbeddedServer, as_superuser: Callable[[str], None]
) -> None:
    before = shape_of_roles(own_server)
    own_server.prepare()
    assert shape_of_roles(own_server) == before
    as_superuser("ALTER ROLE zhike_app CREATEDB BYPASSRLS PASSWORD 'guessed'")
    as_superuser("GRANT TEMPORARY ON DATABASE zhike TO PUBLIC, zhike_worker")
    own_server.prepare()
    assert shape_of_roles(own_server) == before
    psycopg.connect(own_server.url(roles.APP)).close()


@pytest.mark.parametrize("statement", ["CREATE TABLE mine (x int)", "CREATE TEMPORARY TABLE entry (x int)"])
@pytest.mark.parametrize("role", roles.PROCESS_ROLES)
def test_no_process_role_can_create_a_table(own_server: EmbeddedServer, role: str, statement: str) -> None:
    with (
        psycopg.connect(own_server.url(role)) as connection,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        connection.execute(statement)


def test_an_owner_without_the_right_is_told_what_the_administrator_must_run(
    own_server: EmbeddedServer, as_superuser: Callable[[str], None]
) -> None:
    """The administrator's statements, run by hand, make the owner's own attempt pass."""
    as_superuser("CREATE ROLE bank_owner LOGIN PASSWORD 'theirs'")
    as_superuser("CREATE DATABASE bank OWNER bank_owner")
    address = own_server.cluster.url("zhike_admin", database="bank")
    theirs = address.replace(address.split("//")[1].split("@")[0], "bank_owner:theirs")
    other = OtherServer(own_server.home, theirs)
    as_superuser("ALTER ROLE zhike_loader NOBYPASSRLS")
    with pytest.raises(roles.RolesNeedAdministrator, match="zhike doctor --sql") as refusal:
        other.prepare()
    for line in refusal.value.statements.splitlines():
        if not line.startswith(("--", "CREATE ROLE")):
            as_superuser(line)
    other.start()
    other.prepare()
    with psycopg.connect(other.url(roles.LOADER)) as connection:
        assert connection.info.dbname == "bank"


def test_scram_verifier_is_the_one_of_the_standard() -> None:
    """The exchange of RFC 7677, section 3, has this salt; its proof was computed from these keys."""
    verifier = scram_verifier("pencil", salt=base64.b64decode("W22ZaJ0SNY7soEsUEjb6gQ=="))
    stored = base64.b64decode(verifier.split("$")[2].split(":")[0])
    message = (
        b"n=user,r=rOprNGfwEbeRWgbNEkqO,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,"
        b"s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096,c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0"
    )
    proof = base64.b64decode("dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=")
    signature = hmac.digest(stored, message, "sha256")
    client_key = bytes(a ^ b for a, b in zip(proof, signature, strict=True))
    assert hashlib.sha256(client_key).digest() == stored
