"""Servers of their own for tests that stop, kill or misconfigure one."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from tests.run.commands import zhike

from zhike.run.home import Home
from zhike.run.postgres import SUPERUSER, Cluster
from zhike.run.servers import EmbeddedServer


@pytest.fixture(scope="module")
def own_home() -> Iterator[Home]:
    """A prepared home; not under pytest's folders, which the database's user may not enter."""
    folder = Path(tempfile.mkdtemp(prefix="zhike-run-"))
    folder.chmod(0o711)
    home = Home(root=folder / "home", keys=folder / "keys")
    home.prepare()
    yield home
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def own_server(own_home: Home) -> Iterator[EmbeddedServer]:
    """A started and prepared server with the real settings."""
    server = EmbeddedServer(own_home)
    server.start()
    server.prepare()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def furnished() -> Iterator[EmbeddedServer]:
    """A server with the real settings that holds a small evaluated bank. Who changes it puts it back."""
    with _evaluated_bank() as server:
        yield server


@pytest.fixture(scope="session")
def night_bank() -> Iterator[EmbeddedServer]:
    """Another one, for the runs that kill, load and publish; nobody puts it back."""
    with _evaluated_bank() as server:
        yield server


@contextmanager
def _evaluated_bank() -> Iterator[EmbeddedServer]:
    folder = Path(tempfile.mkdtemp(prefix="zhike-furnished-"))
    folder.chmod(0o711)
    home = Home(root=folder / "home", keys=folder / "keys")
    home.prepare()
    server = EmbeddedServer(home)
    server.start()
    server.prepare()
    for words in (("migrate",), ("demo", "--customers", "200"), ("sealer", "--once")):
        done = zhike(home, *words)
        assert done.returncode == 0, done.stdout + done.stderr
    yield server
    server.stop()
    shutil.rmtree(folder)


@pytest.fixture
def as_superuser(own_server: EmbeddedServer) -> Iterator[Callable[[str], None]]:
    """Run statements in the installation's database as the one who may do anything."""
    with _superuser(own_server) as connection:
        yield lambda statements: connection.execute(statements)


@pytest.fixture
def as_superuser_of_bank(furnished: EmbeddedServer) -> Iterator[Callable[[str], None]]:
    """The same in the database of the evaluated bank."""
    with _superuser(furnished) as connection:
        yield lambda statements: connection.execute(statements)


def _superuser(server: EmbeddedServer) -> psycopg.Connection[Any]:
    return psycopg.connect(server.cluster.url(SUPERUSER), autocommit=True)


@pytest.fixture
def query() -> Callable[[Cluster, str, str], object]:
    """One value from a cluster, as a role."""

    def run(cluster: Cluster, role: str, statement: str) -> object:
        with psycopg.connect(cluster.url(role)) as connection:
            row = connection.execute(statement).fetchone()
        assert row is not None
        return row[0]

    return run
