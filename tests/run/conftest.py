"""Servers of their own for tests that stop, kill or misconfigure one."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

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


@pytest.fixture
def as_superuser(own_server: EmbeddedServer) -> Iterator[Callable[[str], None]]:
    """Run statements in the installation's database as the one who may do anything."""
    with psycopg.connect(own_server.cluster.url(SUPERUSER), autocommit=True) as connection:

        def run(statements: str) -> None:
            connection.execute(statements)

        yield run


@pytest.fixture
def query() -> Callable[[Cluster, str, str], object]:
    """One value from a cluster, as a role."""

    def run(cluster: Cluster, role: str, statement: str) -> object:
        with psycopg.connect(cluster.url(role)) as connection:
            row = connection.execute(statement).fetchone()
        assert row is not None
        return row[0]

    return run
