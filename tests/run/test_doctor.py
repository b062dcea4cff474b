"""`zhike doctor` is green on a sound installation and red for each seeded fault."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

import pytest
from tests.run.commands import zhike

from zhike.run.accounts import database_account
from zhike.run.binaries import find_binaries
from zhike.run.checks.findings import Level
from zhike.run.checks.invariants import MalformedInvariants, read_invariants
from zhike.run.doctor import administrator_statements, examine
from zhike.run.home import Home
from zhike.run.postgres import Cluster
from zhike.run.servers import EmbeddedServer

pytestmark = pytest.mark.goal("G7")


def failures(server: EmbeddedServer) -> set[str]:
    findings = examine(server.home, server, environ={})
    return {one.code for one in findings if one.level is Level.FAILURE}


YEAR = "FOR VALUES FROM ('1999-01-01') TO ('2000-01-01')"
# The fault, its cure, and the one check that must turn red.
SEEDED = [
    ("ALTER ROLE zhike_app SUPERUSER", "ALTER ROLE zhike_app NOSUPERUSER", "role_powers"),
    ("ALTER ROLE zhike_worker CREATEROLE", "ALTER ROLE zhike_worker NOCREATEROLE", "role_powers"),
    ("ALTER ROLE zhike_app BYPASSRLS", "ALTER ROLE zhike_app NOBYPASSRLS", "role_row_security"),
    ("ALTER ROLE zhike_loader NOBYPASSRLS", "ALTER ROLE zhike_loader BYPASSRLS", "role_row_security"),
    ("ALTER ROLE zhike_owner NOBYPASSRLS", "ALTER ROLE zhike_owner BYPASSRLS", "owner_sees_all"),
    (
        "ALTER DATABASE zhike OWNER TO zhike_app",
        "ALTER DATABASE zhike OWNER TO zhike_owner; GRANT CONNECT ON DATABASE zhike TO zhike_app",
        "role_owns_nothing",
    ),
    (
        "CREATE TABLE theirs (x int); ALTER TABLE theirs OWNER TO zhike_app",
        "DROP TABLE theirs",
        "role_owns_nothing",
    ),
    (
        "GRANT TEMPORARY ON DATABASE zhike TO PUBLIC",
        "REVOKE TEMPORARY ON DATABASE zhike FROM PUBLIC",
        "role_creates_nothing",
    ),
    (
        "GRANT CREATE ON SCHEMA public TO zhike_sealer",
        "REVOKE CREATE ON SCHEMA public FROM zhike_sealer",
        "role_creates_nothing",
    ),
    (
        "ALTER ROLE zhike_app SET synchronous_commit = off",
        "ALTER ROLE zhike_app RESET synchronous_commit",
        "synchronous_commit",
    ),
    ("ALTER ROLE zhike_app NOLOGIN", "ALTER ROLE zhike_app LOGIN", "role_logs_in"),
    ("ALTER ROLE zhike_auditor RENAME TO gone", "ALTER ROLE gone RENAME TO zhike_auditor", "role_exists"),
    (
        "CREATE FUNCTION loose() RETURNS int LANGUAGE sql SECURITY DEFINER AS 'SELECT 1'",
        "DROP FUNCTION loose()",
        "definer_functions_fix_their_search_path",
    ),
    (
        (
            "CREATE TABLE half (x int); ALTER TABLE half ENABLE ROW LEVEL SECURITY;"
            " CREATE POLICY all_of_it ON half USING (true)"
        ),
        "DROP TABLE half",
        "row_security_binds_everybody",
    ),
    (
        (
            "CREATE TABLE bare (x int); ALTER TABLE bare ENABLE ROW LEVEL SECURITY;"
            " ALTER TABLE bare FORCE ROW LEVEL SECURITY"
        ),
        "DROP TABLE bare",
        "row_security_has_policies",
    ),
    (
        f"CREATE TABLE facts_open PARTITION OF facts_transaction {YEAR}",
        "DROP TABLE facts_open",
        "parts_are_closed",
    ),
    (
        (
            f"CREATE TABLE facts_open PARTITION OF facts_transaction {YEAR};"
            " ALTER TABLE facts_open ENABLE ROW LEVEL SECURITY; ALTER TABLE facts_open FORCE ROW LEVEL SECURITY;"
            " GRANT SELECT (amount_cents) ON facts_open TO zhike_app"
        ),
        "DROP TABLE facts_open",
        "parts_are_closed",
    ),
    (
        "CREATE VIEW seen AS SELECT * FROM customers_customer",
        "DROP VIEW seen",
        "views_ask_as_their_caller",
    ),
    (
        "CREATE MATERIALIZED VIEW seen AS SELECT * FROM customers_customer",
        "DROP MATERIALIZED VIEW seen",
        "views_ask_as_their_caller",
    ),
    (
        "ALTER TABLE facts_lakefile RENAME TO gone",
        "ALTER TABLE gone RENAME TO facts_lakefile",
        "database_at_release",
    ),
    (
        "CREATE TABLE wide (x int); GRANT SELECT ON wide TO PUBLIC",
        "DROP TABLE wide",
        "nothing_is_granted_to_everybody",
    ),
]


def test_doctor_finds_nothing_wrong_with_an_evaluated_bank(furnished: EmbeddedServer) -> None:
    assert failures(furnished) == set()


def test_doctor_ends_with_a_status_that_a_scheduler_hears(
    furnished: EmbeddedServer, as_superuser_of_bank: Callable[[str], None]
) -> None:
    sound = zhike(furnished.home, "doctor", "--json")
    assert (sound.returncode, json.loads(sound.stdout)["ok"]) == (0, True)
    as_superuser_of_bank("GRANT SELECT ON facts_transaction_202609 TO zhike_app")
    try:
        fault = zhike(furnished.home, "doctor", "--json")
    finally:
        as_superuser_of_bank("REVOKE SELECT ON facts_transaction_202609 FROM zhike_app")
    answer = json.loads(fault.stdout)
    failing = [finding["code"] for finding in answer["findings"] if finding["level"] == "FAILURE"]
    assert (fault.returncode, answer["ok"], failing) == (1, False, ["parts_are_closed"])


def test_doctor_says_that_a_database_was_not_migrated(own_server: EmbeddedServer) -> None:
    assert failures(own_server) == {"database_at_release"}


@pytest.mark.parametrize(("fault", "cure", "code"), SEEDED)
def test_doctor_finds_a_seeded_fault(
    furnished: EmbeddedServer, as_superuser_of_bank: Callable[[str], None], fault: str, cure: str, code: str
) -> None:
    as_superuser_of_bank(fault)
    try:
        assert code in failures(furnished)
    finally:
        as_superuser_of_bank(cure)
    assert failures(furnished) == set()


@pytest.mark.parametrize(
    ("path", "mode", "code"),
    [("", 0o755, "home_closed"), ("keys", 0o750, "keys_closed"), ("keys/loose", 0o644, "key_files_closed")],
)
def test_doctor_finds_open_folders_and_key_files(
    furnished: EmbeddedServer, path: str, mode: int, code: str
) -> None:
    place = furnished.home.root if not path else furnished.home.keys.parent / path
    if not place.exists():
        place.touch()
    before = place.stat().st_mode & 0o777
    place.chmod(mode)
    try:
        assert failures(furnished) == {code}
    finally:
        place.chmod(0o600 if place.is_file() else before)
    assert failures(furnished) == set()


def test_doctor_finds_keys_inside_the_data_folder(furnished: EmbeddedServer) -> None:
    home = furnished.home
    inside = Home(root=home.root, keys=home.root / "keys")
    inside.keys.mkdir(mode=0o700)
    try:
        codes = {one.code for one in examine(inside, furnished, environ={}) if one.level is Level.FAILURE}
    finally:
        (inside.keys / "secret-key").unlink(missing_ok=True)
        inside.keys.rmdir()
    assert "keys_outside_home" in codes


@pytest.fixture
def hasty_server(furnished: EmbeddedServer) -> Iterator[EmbeddedServer]:
    """The same data, opened by a server that trades safety for speed."""
    furnished.stop()
    hasty = {"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off"}
    server = EmbeddedServer(furnished.home, cluster=Cluster(furnished.home, settings=hasty))
    server.start()
    yield server
    server.stop()
    furnished.start()


def test_doctor_finds_a_server_that_trades_safety_for_speed(hasty_server: EmbeddedServer) -> None:
    assert failures(hasty_server) == {"fsync", "full_page_writes", "synchronous_commit"}


def test_doctor_finds_missing_checksums(furnished: EmbeddedServer) -> None:
    checksums = [find_binaries().program("pg_checksums"), "-D", str(furnished.cluster.data), "--no-sync"]
    furnished.stop()
    assert database_account().run([*checksums, "--disable"]).returncode == 0
    furnished.start()
    try:
        assert failures(furnished) == {"data_checksums"}
    finally:
        furnished.stop()
        assert database_account().run([*checksums, "--enable"]).returncode == 0
        furnished.start()


def test_doctor_says_that_a_stopped_server_does_not_answer(furnished: EmbeddedServer) -> None:
    furnished.stop()
    try:
        assert failures(furnished) == {"server_answers"}
    finally:
        furnished.start()


def test_doctor_says_that_nothing_is_installed_and_makes_nothing(furnished: EmbeddedServer) -> None:
    root = furnished.home.root.parent / "nothing"
    home = Home(root=root / "home", keys=root / "keys")
    assert [one.code for one in examine(home, furnished, environ={})] == ["installed"]
    assert not root.exists()


def test_statements_for_the_administrator_hold_no_password(furnished: EmbeddedServer) -> None:
    address = "postgresql://bank_owner:theirs@db.example/crm"
    text = administrator_statements(furnished.home, environ={"ZHIKE_DATABASE_URL": address})
    passwords = [path.read_text().strip() for path in furnished.home.passwords.iterdir()]
    assert not any(password in text for password in [*passwords, "theirs"])
    assert 'GRANT CONNECT ON DATABASE "crm"' in text
    assert 'ALTER ROLE "bank_owner" BYPASSRLS' in text


def test_every_invariant_is_named_once_and_is_one_statement() -> None:
    invariants = read_invariants()
    assert len({one.code for one in invariants}) == len(invariants) > 0
    assert all(one.query.count(";") == 1 for one in invariants)


def test_an_invariant_without_a_heading_is_refused() -> None:
    with pytest.raises(MalformedInvariants, match="SELECT 0"):
        read_invariants("SELECT 0;")
