"""`zhike up`: everything on one machine under one process, started in order and stopped in order."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType
from typing import Never, Protocol

from zhike.run.children import PARENT_VARIABLE, STOP_S_MAX, Child, Pauses
from zhike.run.lock import HomeLock
from zhike.run.postgres import ServerFailed
from zhike.run.progress import Say, waiting
from zhike.run.servers import Server
from zhike.run.words import said

PORT_FIRST = 8000
PORT_LAST = 8099
READY_S_MAX = 60.0
LOOK_EVERY_S = 0.5


class StartFailed(Exception):
    """A step or a process did not get as far as serving; the text ends with its own words."""

    code = "START_FAILED"


class Watched(Protocol):
    """What must run as long as we do."""

    def revive(self) -> str | None:
        """Start it again if it has ended and its pause is over. Returns a line to say when there is news."""


class ServerWatch:
    """Starts the database again when its first process has ended; PostgreSQL then recovers what was committed."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._pauses = Pauses()
        self._pauses.begin()
        self._is_down = False

    def revive(self) -> str | None:
        """Returns once connections are accepted again, also after long recovery."""
        if not self._is_down:
            if self._server.is_running():
                return None
            self._is_down = True
            return said(
                "The database has ended; starting it again in %(pause)s s.", pause=f"{self._pauses.end():.0f}"
            )
        if not self._pauses.is_over():
            return None
        try:
            self._server.start()
        except ServerFailed as error:
            return said(
                "%(error)s Trying again in %(pause)s s.", error=error, pause=f"{self._pauses.end():.0f}"
            )
        self._pauses.begin()
        self._is_down = False
        return said("The database is back.")


class StopRequested(BaseException):
    """Ctrl-C or SIGTERM arrived. Not an Exception: nothing on the way may swallow it."""


@dataclass(frozen=True)
class Step:
    """Something to be done once before the processes start, in a process of its own."""

    title: str
    command: Sequence[str]
    environ: Mapping[str, str]


@dataclass(frozen=True)
class Plan:
    """What to bring up, in order; stopped in the reverse order. `server` is watched with the children."""

    steps: Sequence[Step]
    children: Sequence[Child]
    address: str
    server: Server | None = None


def serve(plan: Plan, *, say: Say, on_ready: Callable[[], None]) -> Never:
    """Start all, call `on_ready` once the address answers, then watch until StopRequested arrives.

    The home's lock must be held and the server be prepared. Always stops what was started.
    Raises StartFailed.
    """
    try:
        for step in plan.steps:
            _run_step(step, say=say)
        for child in plan.children:
            child.start()
        with waiting(said("Starting the pages"), say=say):
            _wait_until_ready(plan)
        on_ready()
        watched: list[Watched] = [ServerWatch(plan.server)] if plan.server else []
        watched += plan.children
        while True:
            for one in watched:
                if line := one.revive():
                    say(line)
            time.sleep(LOOK_EVERY_S)
    finally:
        with waiting(said("Stopping"), say=say):
            for child in reversed(plan.children):
                child.stop()


@contextmanager
def prepared_server(server: Server, *, say: Say) -> Iterator[None]:
    """The database server, started and prepared, stopped at the end."""
    try:
        with waiting(said("Starting the database"), say=say):
            server.start()
            server.prepare()
        yield
    finally:
        with waiting(said("Stopping the database"), say=say):
            server.stop()


@contextmanager
def held(lock: HomeLock) -> Iterator[HomeLock]:
    """The home for ourselves. Raises AlreadyRunning."""
    lock.take()
    try:
        yield lock
    finally:
        lock.release()


@contextmanager
def stop_signals() -> Iterator[None]:
    """Turn the first Ctrl-C or SIGTERM into StopRequested; later ones do not disturb the stopping."""
    is_stopping = False

    def on_signal(number: int, frame: FrameType | None) -> None:
        nonlocal is_stopping
        if not is_stopping:
            is_stopping = True
            raise StopRequested

    before = {number: signal.signal(number, on_signal) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def free_port(host: str, *, wanted: int | None = None) -> int:
    """The wanted port, or the first free one from 8000 on. Raises StartFailed."""
    for port in [wanted] if wanted else range(PORT_FIRST, PORT_LAST + 1):
        with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except OSError:
                continue
            return port
    if wanted:
        raise StartFailed(
            said(
                "Port %(wanted)s is taken on %(host)s. Choose another with --port.", wanted=wanted, host=host
            )
        )
    raise StartFailed(
        said(
            "No port between %(first)s and %(last)s is free on %(host)s. Name one with --port.",
            first=PORT_FIRST,
            last=PORT_LAST,
            host=host,
        )
    )


def _run_step(step: Step, *, say: Say) -> None:
    with waiting(step.title, say=say):
        process = subprocess.Popen(
            step.command,
            env={**step.environ, PARENT_VARIABLE: str(os.getpid())},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            start_new_session=True,
        )
        try:
            heard, _ = process.communicate()
        except BaseException:
            process.terminate()
            try:
                process.wait(timeout=STOP_S_MAX)
            except subprocess.TimeoutExpired:
                process.kill()
            raise
    if process.returncode != 0:
        raise StartFailed(said("%(step)s: failed.\n%(words)s", step=step.title, words=heard[-3000:].strip()))


def _wait_until_ready(plan: Plan) -> None:
    """Wait for any answer at the address; give up when a process dies or a minute has passed."""
    give_up_at = time.monotonic() + READY_S_MAX
    while not _answers(plan.address):
        for child in plan.children:
            if not child.is_running():
                raise StartFailed(
                    said(
                        "%(name)s ended while starting:\n%(words)s", name=child.name, words=child.last_words()
                    )
                )
        if time.monotonic() > give_up_at:
            words = "\n".join(child.last_words() for child in plan.children)
            raise StartFailed(
                said(
                    "%(address)s did not answer within %(limit)s s.\n%(words)s",
                    address=plan.address,
                    limit=f"{READY_S_MAX:.0f}",
                    words=words,
                )
            )
        time.sleep(0.1)


def _answers(address: str) -> bool:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # ourselves, never by a proxy
    try:
        with opener.open(address, timeout=10):
            return True
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False
