"""What every test stands on: one throw-away PostgreSQL for the whole run, started only if a test needs it.

The environment is set when this file is read, before Django's settings are: pytest-django then finds them
through DJANGO_SETTINGS_MODULE. Nothing touches an installation's real folders.

`default` connects as the owner, who bypasses row-level security, so factories may write anything; the code
under test drops to the application's role itself. `loader` logs in as the real loader. Set
ZHIKE_TEST_DATABASE_URL (an owner who may create databases and roles) to test against a server of your own.
"""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest

from zhike.run import roles
from zhike.run.home import Home
from zhike.run.postgres import DATABASE, SUPERUSER, Cluster
from zhike.run.servers import EmbeddedServer, OtherServer

pytest_plugins = ["tests.golden_bank", "tests.machine", "tests.pages", "tests.spread"]
TEST_DATABASE = f"test_{DATABASE}"

# Nothing here outlives the run, so nothing needs to survive a power cut.
HASTY = {
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "shared_buffers": "64MB",
    "logging_collector": "off",
}


def _temporary_home() -> Home:
    folder = Path(tempfile.mkdtemp(prefix="zhike-test-"))
    folder.chmod(0o711)  # the database's user, when we are root, passes through
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    home = Home(root=folder / "home", keys=folder / "keys")
    home.prepare()
    return home


def _server_of(home: Home) -> EmbeddedServer | OtherServer:
    if address := os.environ.get("ZHIKE_TEST_DATABASE_URL"):
        return OtherServer(home, address)
    return EmbeddedServer(home, cluster=Cluster(home, settings=HASTY))


HOME = _temporary_home()
SERVER = _server_of(HOME)

for _name in [
    name for name in os.environ if name.startswith("ZHIKE_") and not name.startswith("ZHIKE_REQUIRE_")
]:
    if _name != "ZHIKE_TEST_DATABASE_URL":
        del os.environ[_name]  # a developer's own installation must not leak into tests
os.environ.update(
    {
        "DJANGO_SETTINGS_MODULE": "zhike.config.settings",
        "ZHIKE_HOME": str(HOME.root),
        "ZHIKE_KEYS": str(HOME.keys),
        "ZHIKE_LOG": "WARNING",
        "ZHIKE_SECRET_KEY": "a key that opens only tests",
        "ZHIKE_DB_APP": SERVER.url(roles.OWNER),
        "ZHIKE_DB_OWNER": SERVER.url(roles.OWNER),
        "ZHIKE_DB_LOADER": SERVER.url(roles.LOADER),
    }
)


def pytest_configure() -> None:
    """Load the settings; pytest-django sets Django up once they are.

    A test's transaction is as old as the test: a machine that is suspended meanwhile must not lose it.
    """
    from django.conf import settings

    for alias in settings.DATABASES.values():
        options = alias["OPTIONS"]
        options["options"] = options["options"].replace(settings.IDLE_TRANSACTION, "")


@pytest.fixture(scope="session")
def server() -> Iterator[EmbeddedServer | OtherServer]:
    """The running server of this test run, with roles and database."""
    SERVER.start()
    SERVER.prepare()
    if isinstance(SERVER, EmbeddedServer):
        _let_owner_test(SERVER.cluster)
    yield SERVER
    SERVER.stop()


def _let_owner_test(cluster: Cluster) -> None:
    """Beyond what the owner may in production: create the test database."""
    with psycopg.connect(cluster.url(SUPERUSER, database="postgres"), autocommit=True) as connection:
        connection.execute(f"ALTER ROLE {roles.OWNER} CREATEDB")


@pytest.fixture(scope="session")
def django_db_modify_db_settings(server: EmbeddedServer | OtherServer) -> None:
    """Every other alias is a second connection to the one test database, not a database of its own."""
    from django.conf import settings
    from django.db import connections

    for alias in settings.DATABASES:
        if alias != "default":
            connections[alias].settings_dict["TEST"]["MIRROR"] = "default"


@pytest.fixture(scope="session")
def django_db_keepdb(server: EmbeddedServer | OtherServer) -> bool:
    """The throw-away server goes as a whole; dropping the database first would only wait for sessions."""
    return isinstance(server, EmbeddedServer)


@pytest.fixture(scope="session")
def django_db_setup(
    django_db_setup: None, django_db_blocker: Any, address_of: Callable[[str], str]
) -> Iterator[None]:
    """pytest-django's database, closed to everybody and furnished as in production."""
    with psycopg.connect(address_of(roles.OWNER), autocommit=True) as connection:
        roles.close_database(connection)
    with django_db_blocker.unblock():
        from zhike.core.installing import install

        install(now=datetime.now(UTC))
    yield


@pytest.fixture(scope="session")
def address_of(server: EmbeddedServer | OtherServer) -> Callable[[str], str]:
    """The test database's address for a role, for tests that must log in as that role."""

    def address(role: str) -> str:
        return urlunsplit(urlsplit(server.url(role))._replace(path=f"/{TEST_DATABASE}"))

    return address


WorkerAt = Callable[[Any], AbstractContextManager[Any]]


@pytest.fixture
def worker_at(address_of: Callable[[str], str]) -> WorkerAt:
    """Puts a worker in another process at a run; gone where the block ends."""
    from zhike.core.operations import jobs

    @contextmanager
    def at_work(run: Any) -> Iterator[None]:
        with psycopg.connect(address_of(roles.WORKER), autocommit=True) as session:
            session.execute("SELECT pg_advisory_lock(%s, %s)", [jobs.LOCK, run.pk])
            yield
            session.execute("SELECT pg_advisory_unlock_all()")

    return at_work


@pytest.fixture
def bank(db: None) -> Any:
    """The cast: two sub-branches, somebody for each scope, three customers."""
    from tests.cast import make_bank

    return make_bank()


@pytest.fixture
def committed(transactional_db: None) -> Iterator[None]:
    """A test whose rows are really committed, so that other connections and processes see them.

    Mark it `django_db(transaction=True)`. The tables were emptied after the test before; registers and
    keys come back first.
    """
    from django.db import connection

    from zhike.core import keys
    from zhike.core.installing import install

    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE facts_transaction")
    keys.forget()
    install(now=datetime.now(UTC))
    yield
    shutil.rmtree(HOME.root / "lake", ignore_errors=True)
    shutil.rmtree(HOME.root / "imports", ignore_errors=True)


@pytest.fixture(scope="session")
def demo_extracts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The extract files of a small demo bank: 200 customers."""
    from datetime import date

    import duckdb

    from zhike.facts.demo.bank import build
    from zhike.facts.demo.extracts import write_extracts

    folder = tmp_path_factory.mktemp("extracts")
    with duckdb.connect() as connection:
        bank = build(connection, business_date=date(2026, 9, 30), customers=200, detail_percent=20)
        write_extracts(bank, folder)
    return folder


@pytest.fixture(autouse=True)
def _in_english() -> Iterator[None]:
    """Operations speak English in tests; a page speaks the language its request asks for."""
    from django.utils import translation

    with translation.override("en"):
        yield
