"""A PostgreSQL server of our own, run from plain programs: created, started, stopped, recovered.

It listens on a unix socket in a closed folder, or on 127.0.0.1 where the folder's path is too long for one.
Passwords are SCRAM, pages carry checksums, and nothing that keeps committed rows safe is switched off.
"""

from __future__ import annotations

import os
import shlex
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote, urlencode

from zhike.run.accounts import Account, database_account
from zhike.run.alive import is_alive
from zhike.run.binaries import Binaries, executable_by, find_binaries
from zhike.run.home import Home
from zhike.run.secrets import password_of
from zhike.run.words import said

SUPERUSER = "zhike_admin"
DATABASE = "zhike"
SOCKET_PORT = 5432
SOCKET_PATH_BYTES_MAX = 107
PORTS = range(15432, 32768)
"""Below the range from which systems take the near end of outgoing connections."""

SERVER_SETTINGS = {
    "fsync": "on",
    "full_page_writes": "on",
    "synchronous_commit": "on",
    "password_encryption": "scram-sha-256",
    "unix_socket_permissions": "0700",
    "max_connections": "100",
    "shared_buffers": "256MB",
    "log_destination": "stderr",
    "logging_collector": "on",
    "log_directory": "log",
    "log_filename": "server-%a.log",
    "log_rotation_age": "1d",
    "log_truncate_on_rotation": "on",
    # Statements may carry personal data; only their errors' codes and our own messages are kept.
    "log_min_error_statement": "panic",
    "timezone": "UTC",
    "log_timezone": "UTC",
}

START_S_MAX = 3600
STOP_S_MAX = 600
LOCK_RETRY_S = 20
"""After a kill, the old process and its shared memory linger until the system has buried them."""


class ServerFailed(Exception):
    """PostgreSQL did not start, stop or initialise; the text ends with what it said itself."""

    code = "SERVER_FAILED"


class Cluster:
    """The embedded server of one home.

    `settings` are given over those above; tests use them to be quick, nothing else may.
    """

    def __init__(
        self,
        home: Home,
        *,
        environ: Mapping[str, str] | None = None,
        settings: Mapping[str, str] | None = None,
    ) -> None:
        self.home = home
        self.data = home.postgres / "data"
        self._environ = os.environ if environ is None else environ
        self._settings = {**SERVER_SETTINGS, **(settings or {})}
        self._port_file = home.root / "postgres.port"

    def exists(self) -> bool:
        """Whether the data were completely initialised."""
        return (self.data / "PG_VERSION").exists() and (self.data / "global" / "pg_control").exists()

    def is_answering(self) -> bool:
        """Whether a server accepts connections at our address."""
        return (self.data / "postmaster.pid").exists() and self._ping() == 0

    def is_running(self) -> bool:
        """Whether the server's first process lives, whatever it is busy with."""
        try:
            number = int((self.data / "postmaster.pid").read_text(errors="replace").split(maxsplit=1)[0])
        except (FileNotFoundError, IndexError, ValueError):
            return False
        return is_alive(number)

    def start(self) -> None:
        """Initialise on first use and start; returns when connections are accepted, also after long recovery.

        A server already running on these data is kept. Raises ServerFailed, NoPostgres, HomeUnusable.
        """
        account = database_account(self._environ)
        account.make_folder(self.home.postgres)
        binaries = executable_by(self._binaries(), account, spare=self.home.root)
        if not self.exists():
            self._initialise(binaries, account)
        if not self.is_answering():
            self._start(binaries, account)

    def stop(self) -> None:
        """Stop cleanly, ending sessions and rolling back what is open. A stopped server may be stopped again.

        Raises ServerFailed when it has not stopped within ten minutes.
        """
        account = database_account(self._environ)
        if not self.exists() or not (self.data / "postmaster.pid").exists():
            return
        binaries = executable_by(self._binaries(), account, spare=self.home.root)
        control = [binaries.program("pg_ctl"), "-D", str(self.data)]
        done = account.run([*control, "-m", "fast", "-w", "-t", str(STOP_S_MAX), "stop"])
        if done.returncode != 0 and account.run([*control, "status"]).returncode == 0:
            raise ServerFailed(said("PostgreSQL did not stop. %(words)s", words=done.stderr.strip()))

    def url(self, role: str, *, database: str = DATABASE) -> str:
        """The address for a role, with its password. The server need not run."""
        password = password_of(role, folder=self.home.passwords)
        credentials = f"{quote(role, safe='')}:{quote(password, safe='')}"
        host, port = self._address()
        if host.startswith("/"):
            return f"postgresql://{credentials}@/{database}?{urlencode({'host': host, 'port': port})}"
        return f"postgresql://{credentials}@{host}:{port}/{database}"

    def version(self) -> str:
        """Release of the programs that open these data, such as 18.6. Raises NoPostgres."""
        return self._binaries().version

    def _binaries(self) -> Binaries:
        return find_binaries(self._environ, major=self._major_of_data())

    def _major_of_data(self) -> int | None:
        try:
            return int((self.data / "PG_VERSION").read_text(encoding="ascii"))
        except FileNotFoundError:
            return None

    def _initialise(self, binaries: Binaries, account: Account) -> None:
        """Run initdb beside the final place and rename: a killed first start leaves no half cluster."""
        partial = self.home.postgres / "data.partial"
        shutil.rmtree(partial, ignore_errors=True)
        if binaries.major >= 17:
            locale = ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C.UTF-8"]
        else:
            locale = ["--locale=C.UTF-8"]
        with self._password_file(account) as pwfile:
            done = account.run(
                [binaries.program("initdb"), "-D", str(partial), "-U", SUPERUSER, "-A", "scram-sha-256",
                 f"--pwfile={pwfile}", "-E", "UTF8", "--data-checksums", *locale]
            )  # fmt: skip
        if done.returncode != 0:
            raise ServerFailed(
                said(
                    "PostgreSQL could not be initialised in %(partial)s. %(words)s",
                    partial=partial,
                    words=done.stderr.strip(),
                )
            )
        partial.rename(self.data)

    @contextmanager
    def _password_file(self, account: Account) -> Iterator[Path]:
        path = self.home.root / "initdb.password"
        path.unlink(missing_ok=True)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(password_of(SUPERUSER, folder=self.home.passwords) + "\n")
        os.chown(path, account.uid, account.gid)
        try:
            yield path
        finally:
            path.unlink()

    def _start(self, binaries: Binaries, account: Account) -> None:
        give_up_at = time.monotonic() + LOCK_RETRY_S
        while True:
            settings = {**self._settings, **self._listening()}
            options = " ".join(f"-c {name}={shlex.quote(value)}" for name, value in settings.items())
            log = self.home.postgres / "start.log"
            account.run(["/bin/sh", "-c", ': > "$0"', log])
            done = account.run(
                [binaries.program("pg_ctl"), "-D", str(self.data), "-l", str(log), "-o", options,
                 "-w", "-t", str(START_S_MAX), "start"]
            )  # fmt: skip
            if done.returncode == 0 and self._ping() == 0:
                return
            heard = log.read_text(errors="replace") + done.stderr
            if "Address already in use" in heard and self._port_file.exists():
                self._port_file.unlink()
            elif not _is_lingering(heard):
                raise ServerFailed(
                    said(
                        "PostgreSQL did not start. Its log is %(log)s:\n%(words)s",
                        log=log,
                        words=heard[-2000:].strip(),
                    )
                )
            if time.monotonic() > give_up_at:
                raise ServerFailed(
                    said(
                        "PostgreSQL is still running or its address is taken:\n%(words)s",
                        words=heard[-2000:].strip(),
                    )
                )
            time.sleep(0.5)

    def _listening(self) -> dict[str, str]:
        host, port = self._address()
        if host.startswith("/"):
            return {"listen_addresses": "", "unix_socket_directories": host, "port": str(port)}
        return {"listen_addresses": host, "unix_socket_directories": "", "port": str(port)}

    def _address(self) -> tuple[str, int]:
        """Socket folder and port, or 127.0.0.1 and the stored free port."""
        path = self.home.postgres / f".s.PGSQL.{SOCKET_PORT}"
        if len(os.fsencode(path)) <= SOCKET_PATH_BYTES_MAX:
            return str(self.home.postgres), SOCKET_PORT
        if not self._port_file.exists():
            self._port_file.write_text(str(_free_port()), encoding="ascii")
        return "127.0.0.1", int(self._port_file.read_text(encoding="ascii"))

    def _ping(self) -> int:
        """Exit status of pg_isready: 0 accepting, 1 starting or stopping, 2 no answer."""
        host, port = self._address()
        program = self._binaries().program("pg_isready")
        return subprocess.run(
            [program, "-q", "-h", host, "-p", str(port), "-t", "5"],
            check=False,
            stdin=subprocess.DEVNULL,
        ).returncode


def _is_lingering(heard: str) -> bool:
    return any(
        sign in heard
        for sign in (
            'lock file "postmaster.pid" already exists',
            "is still in use",
            "socket lock file",
            "the database system is starting up",
            "Is another postmaster",
        )
    )


def _free_port() -> int:
    for port in PORTS:
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise ServerFailed(
        said(
            "No free port was found between %(first)s and %(last)s on 127.0.0.1.",
            first=PORTS.start,
            last=PORTS.stop - 1,
        )
    )
