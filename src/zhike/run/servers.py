"""The PostgreSQL server an installation uses: its own embedded one, or one that somebody else runs."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any, Protocol
from urllib.parse import quote, urlsplit, urlunsplit

import psycopg

from zhike.run import roles
from zhike.run.binaries import MAJORS
from zhike.run.home import Home
from zhike.run.postgres import DATABASE, SUPERUSER, Cluster, ServerFailed
from zhike.run.secrets import password_of
from zhike.run.words import said


class DatabaseUnusable(Exception):
    """The database does not answer, or holds nothing yet; the text says so and what to do."""

    code = "DATABASE_UNUSABLE"


class Server(Protocol):
    """Where the database lives, and the address for each role."""

    def start(self) -> None: ...
    def stop(self) -> None: ...
    def is_running(self) -> bool:
        """Whether its first process lives; cheap enough to be asked twice a second."""

    def url(self, role: str) -> str: ...
    def prepare(self) -> None:
        """Create roles and database and close it to others. Idempotent. Raises RolesNeedAdministrator."""


class EmbeddedServer:
    """Our own cluster in the home."""

    def __init__(self, home: Home, *, cluster: Cluster | None = None) -> None:
        self.home = home
        self.cluster = cluster or Cluster(home)

    def start(self) -> None:
        self.cluster.start()

    def stop(self) -> None:
        self.cluster.stop()

    def is_running(self) -> bool:
        return self.cluster.is_running()

    def url(self, role: str) -> str:
        return self.cluster.url(role)

    def prepare(self) -> None:
        names = (roles.OWNER, *roles.PROCESS_ROLES)
        passwords = {name: password_of(name, folder=self.home.passwords) for name in names}
        with self._as_superuser("postgres") as connection:
            roles.create_roles(connection, passwords=passwords)
            roles.let_owner_grant(connection)
            roles.create_database(connection, database=DATABASE)
        with self._as_superuser(DATABASE) as connection:
            roles.close_database(connection)

    def _as_superuser(self, database: str) -> psycopg.Connection[Any]:
        try:
            return psycopg.connect(self.cluster.url(SUPERUSER, database=database), autocommit=True)
        except psycopg.OperationalError as error:
            if "password authentication failed" not in str(error):
                raise
            raise ServerFailed(
                said(
                    "The passwords in %(folder)s do not open the database in %(home)s. Put back the keys "
                    "folder that belongs to these data, from its backup, or name it in ZHIKE_KEYS.",
                    folder=self.home.passwords,
                    home=self.home.root,
                )
            ) from error


class OtherServer:
    """A server that a bank's administrators run; ZHIKE_DATABASE_URL is the owner's address on it."""

    def __init__(self, home: Home, owner_url: str) -> None:
        self.home = home
        self._owner_url = owner_url

    def start(self) -> None:
        """Check that it answers and has a release we know. Raises ServerFailed."""
        try:
            with psycopg.connect(self._owner_url, connect_timeout=10) as connection:
                major = connection.info.server_version // 10000
        except psycopg.OperationalError as error:
            raise ServerFailed(
                said("The server of ZHIKE_DATABASE_URL does not answer. %(error)s", error=error)
            ) from error
        if major not in MAJORS:
            raise ServerFailed(
                said(
                    "The server of ZHIKE_DATABASE_URL is PostgreSQL %(major)s; releases %(first)s to "
                    "%(last)s are supported.",
                    major=major,
                    first=MAJORS.start,
                    last=MAJORS.stop - 1,
                )
            )

    def stop(self) -> None:
        """Nothing: it is not ours to stop."""

    def is_running(self) -> bool:
        """Yes: whoever runs it watches it."""
        return True

    def url(self, role: str) -> str:
        if role == roles.OWNER:
            return self._owner_url
        parts = urlsplit(self._owner_url)
        password = password_of(role, folder=self.home.passwords)
        host = parts.netloc.rpartition("@")[2]
        return urlunsplit(parts._replace(netloc=f"{quote(role, safe='')}:{quote(password, safe='')}@{host}"))

    def prepare(self) -> None:
        passwords = {name: password_of(name, folder=self.home.passwords) for name in roles.PROCESS_ROLES}
        with psycopg.connect(self._owner_url, autocommit=True) as connection:
            roles.create_roles(connection, passwords=passwords)
            roles.close_database(connection)


def find_server(home: Home, environ: Mapping[str, str] | None = None) -> EmbeddedServer | OtherServer:
    """The server of ZHIKE_DATABASE_URL, else the embedded one of this home."""
    environ = os.environ if environ is None else environ
    if address := environ.get("ZHIKE_DATABASE_URL"):
        return OtherServer(home, address)
    return EmbeddedServer(home, cluster=Cluster(home, environ=environ))


def demand_database(address: str, *, variable: str, own: Server | None, may_be_empty: bool = False) -> None:
    """Refuse to begin where `address` leads to no database of ours. Raises DatabaseUnusable with what to do.

    `own` is the server that the address was made for; None where it was handed over in `variable`. No sentence
    repeats an address, for it holds a password.
    """
    try:
        with psycopg.connect(address, connect_timeout=10, autocommit=True) as connection:
            tables = connection.execute("SELECT to_regclass('django_migrations')").fetchone()
    except psycopg.ProgrammingError as error:
        raise DatabaseUnusable(
            said(
                "The address in %(variable)s cannot be read. Write it as "
                "postgresql://user:password@host:port/database.",
                variable=variable,
            )
        ) from error
    except psycopg.OperationalError as error:
        if own and not own.is_running():
            raise DatabaseUnusable(said("The database is not running. Start it with zhike up.")) from error
        reason = (str(error).strip().splitlines() or [said("it gave no reason")])[0]
        raise DatabaseUnusable(
            said(
                "The database does not answer: %(reason)s. Start it, or correct its address; zhike doctor "
                "looks closer.",
                reason=reason,
            )
        ) from error
    if tables == (None,) and not may_be_empty:
        raise DatabaseUnusable(
            said("The database is empty. Fill it with zhike migrate; zhike up does that too.")
        )
