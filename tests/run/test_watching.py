"""What is killed comes back within a known time and leaves nothing behind: the database, the pages, their workers."""

from __future__ import annotations

import os
import signal
import socket
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest
from tests.run.commands import environment, zhike

from zhike.run import roles
from zhike.run.alive import is_alive
from zhike.run.children import Child, command_line
from zhike.run.home import Home
from zhike.run.postgres import ServerFailed
from zhike.run.servers import EmbeddedServer
from zhike.run.supervisor import ServerWatch, free_port

pytestmark = pytest.mark.goal("G38")
DATABASE_BACK_S_MAX = 60
PAGES_BACK_S_MAX = 60
LEAVES_A_WORKER = """
import subprocess, sys, time
worker = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
print(worker.pid, flush=True)
time.sleep(60)
"""


def until(condition: Callable[[], bool], *, within_s: float) -> None:
    give_up_at = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < give_up_at, "waited in vain"
        time.sleep(0.1)


def postmaster(server: EmbeddedServer) -> int:
    return int((server.cluster.data / "postmaster.pid").read_text().splitlines()[0])


class Fallen:
    """A server that has ended and starts only at the third attempt."""

    def __init__(self) -> None:
        self.attempts = 0

    def is_running(self) -> bool:
        return self.attempts >= 3

    def start(self) -> None:
        self.attempts += 1
        if self.attempts < 3:
            raise ServerFailed("The disk is full.")


def test_a_killed_database_comes_back_with_every_committed_row(own_server: EmbeddedServer) -> None:
    with psycopg.connect(own_server.url(roles.OWNER)) as connection:
        connection.execute("CREATE TABLE watched AS SELECT 7 AS kept")
    watch, said = ServerWatch(own_server), []
    assert watch.revive() is None
    killed = postmaster(own_server)
    os.kill(killed, signal.SIGKILL)
    until(lambda: not own_server.cluster.is_running(), within_s=5)

    def is_back() -> bool:
        said.extend(line for line in [watch.revive()] if line)
        return own_server.cluster.is_answering()

    until(is_back, within_s=DATABASE_BACK_S_MAX)
    assert said == ["The database has ended; starting it again in 1 s.", "The database is back."]
    assert postmaster(own_server) != killed
    with psycopg.connect(own_server.url(roles.OWNER)) as connection:
        assert connection.execute("SELECT kept FROM watched").fetchall() == [(7,)]
    assert watch.revive() is None


def test_a_database_that_does_not_start_is_tried_again_at_growing_intervals(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock = [1000.0]
    monkeypatch.setattr(time, "monotonic", lambda: clock[0])
    watch, said = ServerWatch(Fallen()), []  # type: ignore[arg-type]
    for _half in range(40):
        said.append(watch.revive())
        clock[0] += 0.5
    assert [line for line in said if line] == [
        "The database has ended; starting it again in 1 s.",
        "The disk is full. Trying again in 2 s.",
        "The disk is full. Trying again in 4 s.",
        "The database is back.",
    ]


@pytest.mark.parametrize("end", ["revive", "stop"])
def test_what_a_killed_child_leaves_behind_is_ended(tmp_path: Path, end: str) -> None:
    log = tmp_path / "pages.log"
    child = Child("pages", [sys.executable, "-c", LEAVES_A_WORKER], dict(os.environ), log)
    child.start()
    until(lambda: log.read_text().endswith("\n"), within_s=10)
    worker = int(log.read_text())
    assert child.process is not None
    child.process.kill()
    child.process.wait()
    assert is_alive(worker)
    getattr(child, end)()
    until(lambda: not is_alive(worker), within_s=5)
    child.stop()


def test_killed_pages_come_back_and_leave_the_port_free_at_the_end(furnished: EmbeddedServer) -> None:
    port = free_port("127.0.0.1")
    log = furnished.home.logs / "watched-web.log"
    pages = Child("web", command_line("web", "--port", str(port)), environment(furnished.home), log)
    pages.start()
    try:
        until(lambda: answers(port), within_s=PAGES_BACK_S_MAX)
        assert pages.process is not None
        first = pages.process
        first.kill()
        first.wait()
        said = str(pages.revive())
        assert f"web ended with status -{signal.SIGKILL}" in said
        until(lambda: not listens(port), within_s=10)
        until(lambda: pages.revive() is None and answers(port), within_s=PAGES_BACK_S_MAX)
        assert pages.process.pid != first.pid
    finally:
        pages.stop()
    assert not listens(port)


def answers(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/login/", timeout=10) as page:
            return bool(page.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def listens(port: int) -> bool:
    with socket.socket() as caller:
        return caller.connect_ex(("127.0.0.1", port)) == 0


@pytest.mark.goal("G32")
@pytest.mark.parametrize("words", [("up", "--empty"), ("sealer", "--once"), ("web",)])
def test_nothing_starts_on_keys_that_others_may_read(own_home: Home, words: tuple[str, ...]) -> None:
    key = own_home.keys / "key-encryption.key"
    is_new = not key.exists()
    if is_new:
        key.write_bytes(os.urandom(32))
    key.chmod(0o644)
    try:
        done = zhike(own_home, *words)
    finally:
        key.unlink() if is_new else key.chmod(0o400)
    assert done.returncode != 0
    said = done.stdout + done.stderr
    assert f"readable by others: {key}. chmod 0600 {key}" in said
    assert "Traceback" not in said
