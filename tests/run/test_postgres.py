"""The embedded server keeps committed rows through stops, kills and second starts."""

from __future__ import annotations

import os
import signal
import stat
from collections.abc import Callable

import psycopg
import pytest

from zhike.run import roles
from zhike.run.binaries import NoPostgres
from zhike.run.home import Home
from zhike.run.postgres import SUPERUSER, Cluster
from zhike.run.servers import EmbeddedServer

Query = Callable[[Cluster, str, str], object]


def write_row(server: EmbeddedServer, word: str) -> None:
    with psycopg.connect(server.url(roles.OWNER)) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS kept (word text)")
        connection.execute("INSERT INTO kept VALUES (%s)", [word])


def words(server: EmbeddedServer) -> list[str]:
    with psycopg.connect(server.url(roles.OWNER)) as connection:
        return [row[0] for row in connection.execute("SELECT word FROM kept ORDER BY word")]


def postmaster_pid(home: Home) -> int:
    return int((home.postgres / "data" / "postmaster.pid").read_text().splitlines()[0])


def test_server_keeps_committed_rows_through_a_stop_and_a_kill(
    own_server: EmbeddedServer, own_home: Home
) -> None:
    write_row(own_server, "before the stop")
    own_server.stop()
    assert not own_server.cluster.is_answering()
    own_server.start()
    write_row(own_server, "before the kill")
    os.kill(postmaster_pid(own_home), signal.SIGKILL)
    own_server.start()
    assert words(own_server) == ["before the kill", "before the stop"]


def test_starting_a_running_server_keeps_it(own_server: EmbeddedServer, own_home: Home) -> None:
    before = postmaster_pid(own_home)
    own_server.start()
    assert postmaster_pid(own_home) == before


def test_stopping_a_stopped_server_is_no_error(own_server: EmbeddedServer) -> None:
    own_server.stop()
    own_server.stop()
    own_server.start()


def test_server_listens_on_its_socket_only_and_wants_a_password(own_server: EmbeddedServer) -> None:
    cluster = own_server.cluster
    with psycopg.connect(cluster.url(SUPERUSER)) as connection:
        listening = connection.execute("SELECT current_setting('listen_addresses')").fetchone()
        rules = connection.execute("SELECT DISTINCT auth_method FROM pg_hba_file_rules").fetchall()
    assert (listening, rules) == (("",), [("scram-sha-256",)])
    wrong = cluster.url(roles.APP).replace(f"{roles.APP}:", f"{roles.APP}:not")
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(wrong)


def test_data_folder_and_passwords_are_closed_to_others(own_server: EmbeddedServer, own_home: Home) -> None:
    folders = [own_home.postgres, own_home.postgres / "data", own_home.keys, own_home.passwords]
    assert {stat.S_IMODE(folder.stat().st_mode) for folder in folders} == {0o700}
    assert {stat.S_IMODE(path.stat().st_mode) for path in own_home.passwords.iterdir()} == {0o600}


def test_a_home_with_a_long_path_listens_on_a_stored_port_below_the_ephemeral_range(own_home: Home) -> None:
    root = own_home.root.parent / ("a-rather-long-name-" * 5)
    home = Home(root=root, keys=own_home.keys)
    home.prepare()
    cluster = Cluster(home)
    cluster.start()
    try:
        with psycopg.connect(cluster.url(SUPERUSER, database="postgres")) as connection:
            assert connection.info.host == "127.0.0.1"
            assert 1024 < connection.info.port < 32768
            assert connection.info.port == int((root / "postgres.port").read_text())
    finally:
        cluster.stop()


def test_data_of_another_release_are_refused_with_what_to_do(own_home: Home) -> None:
    home = Home(root=own_home.root.parent / "old", keys=own_home.keys)
    (home.postgres / "data").mkdir(parents=True)
    (home.postgres / "data" / "PG_VERSION").write_text("14\n")
    with pytest.raises(NoPostgres, match=r"made by PostgreSQL 14; found only .* PG_BINDIR"):
        Cluster(home, environ={}).version()


def test_a_named_folder_without_programs_is_refused(own_home: Home) -> None:
    with pytest.raises(NoPostgres, match="PG_BINDIR=/nowhere holds no PostgreSQL"):
        Cluster(own_home, environ={"PG_BINDIR": "/nowhere"}).version()
