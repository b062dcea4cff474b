"""What `zhike up` promises: an order, one a home, children that come back, and a clean end."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from zhike.cli import COMMANDS
from zhike.run.children import PARENT_VARIABLE, Child, command_line
from zhike.run.lock import AlreadyRunning, HomeLock, running_on, stop_running
from zhike.run.orphans import end_orphans
from zhike.run.supervisor import Plan, StartFailed, Step, StopRequested, free_port, held, serve, stop_signals

SERVER = """
import http.server, signal, sys
signal.signal(signal.SIGTERM, lambda *_: (print("web stopped", flush=True), sys.exit(0)))
http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), http.server.SimpleHTTPRequestHandler).serve_forever()
"""
SLEEPER = """
import signal, sys, time
signal.signal(signal.SIGTERM, lambda *_: (print("worker stopped", flush=True), sys.exit(0)))
print("worker started", flush=True)
time.sleep(60)
"""
FAILS_ONCE = """
import pathlib, sys, time
mark = pathlib.Path(sys.argv[1])
if not mark.exists():
    mark.touch()
    sys.exit(3)
time.sleep(60)
"""


def python(name: str, log: Path, program: str, *words: str) -> Child:
    return Child(name, [sys.executable, "-c", program, *words], dict(os.environ), log / f"{name}.log")


def wait_for(condition: Callable[[], bool], *, within_s: float = 10.0) -> None:
    give_up_at = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < give_up_at, "waited in vain"
        time.sleep(0.02)


@pytest.fixture
def plan(tmp_path: Path) -> Plan:
    port = free_port("127.0.0.1")
    children = [
        python("worker", tmp_path, SLEEPER),
        python("web", tmp_path, SERVER, str(port)),
    ]
    return Plan(steps=[], children=children, address=f"http://127.0.0.1:{port}/")


def test_sigterm_stops_the_children_in_reverse_order_and_leaves_none(plan: Plan) -> None:
    pids: list[int] = []

    def on_ready() -> None:
        pids.extend(child.process.pid for child in plan.children if child.process)
        os.kill(os.getpid(), signal.SIGTERM)

    with pytest.raises(StopRequested), stop_signals():
        serve(plan, say=lambda line: None, on_ready=on_ready)
    assert len(pids) == 2
    for pid in pids:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)
    worker, web = (child.log for child in plan.children)
    assert "web stopped" in web.read_text()
    assert "worker stopped" in worker.read_text()
    assert web.stat().st_mtime_ns < worker.stat().st_mtime_ns


def test_a_failed_step_is_told_in_its_own_words_and_nothing_is_started(plan: Plan) -> None:
    failing = Step(
        "Migrating", [sys.executable, "-c", "import sys; sys.exit('the disk is full')"], os.environ
    )
    with pytest.raises(StartFailed, match=r"Migrating: failed\.\nthe disk is full"):
        serve(
            Plan(steps=[failing], children=plan.children, address=plan.address),
            say=lambda line: None,
            on_ready=lambda: pytest.fail("must not get ready"),
        )
    assert all(child.process is None for child in plan.children)


def test_a_child_that_dies_while_starting_is_told_in_its_own_words(plan: Plan, tmp_path: Path) -> None:
    broken = python("web", tmp_path, "raise SystemExit('no such module')")
    with pytest.raises(StartFailed, match=r"web ended while starting:\nno such module"):
        serve(
            Plan(steps=[], children=[broken], address=plan.address),
            say=lambda line: None,
            on_ready=lambda: None,
        )


def test_a_child_that_dies_is_started_again_after_a_pause(tmp_path: Path) -> None:
    child = python("worker", tmp_path, FAILS_ONCE, str(tmp_path / "mark"))
    child.start()
    try:
        assert child.process is not None
        child.process.wait(timeout=10)
        assert "worker ended with status 3; starting it again in 1 s" in str(child.revive())
        child.revive()
        assert not child.is_running()
        wait_for(lambda: child.revive() is None and child.is_running(), within_s=5)
    finally:
        child.stop()
    assert not child.is_running()


def test_pauses_grow_while_a_child_keeps_dying(tmp_path: Path) -> None:
    child = python("worker", tmp_path, "raise SystemExit(1)")
    pauses = []
    for _ in range(7):
        child.start()
        assert child.process is not None
        child.process.wait(timeout=10)
        pauses.append(str(child.revive()).split(" again in ")[1].split(" s")[0])
    assert pauses == ["1", "2", "4", "8", "16", "30", "30"]


def test_a_second_start_on_the_same_home_is_told_where_the_first_one_is(tmp_path: Path) -> None:
    with held(HomeLock(tmp_path / "up.lock")) as lock:
        lock.tell(address="http://127.0.0.1:8000/")
        with pytest.raises(AlreadyRunning, match=r"already running on this home at http://127.0.0.1:8000/"):
            HomeLock(tmp_path / "up.lock").take()
    assert running_on(tmp_path / "up.lock") is None
    with held(HomeLock(tmp_path / "up.lock")):
        pass


def test_a_killed_holder_leaves_the_home_free(tmp_path: Path) -> None:
    lock = tmp_path / "up.lock"
    program = (
        "import pathlib, sys, time; from zhike.run.lock import HomeLock;"
        f"lock = HomeLock(pathlib.Path({str(lock)!r})); lock.take(); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", program]) as holder:
        wait_for(lambda: (running := running_on(lock)) is not None and running.pid == holder.pid)
        holder.kill()
    assert running_on(lock) is None


def test_down_waits_until_the_holder_has_stopped(tmp_path: Path) -> None:
    lock = tmp_path / "up.lock"
    program = (
        "import pathlib, time; from zhike.run.lock import HomeLock; from zhike.run.supervisor import *\n"
        "try:\n"
        f"  with stop_signals(), held(HomeLock(pathlib.Path({str(lock)!r}))): time.sleep(60)\n"
        "except StopRequested: pass"
    )
    assert stop_running(lock, wait_s_max=1) is False
    with subprocess.Popen([sys.executable, "-c", program]) as holder:
        wait_for(lambda: running_on(lock) is not None)
        assert stop_running(lock, wait_s_max=10) is True
        assert holder.wait(timeout=10) == 0


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux ends children with their parent")
def test_children_end_with_a_supervisor_that_is_killed(tmp_path: Path) -> None:
    child = "from zhike.run.children import stop_with_parent; stop_with_parent(); import time; time.sleep(60)"
    parent = (
        "import os, subprocess, sys, time\n"
        f"environ = {{**os.environ, {PARENT_VARIABLE!r}: str(os.getpid())}}\n"
        f"print(subprocess.Popen([sys.executable, '-c', {child!r}], env=environ).pid, flush=True)\n"
        "time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", parent], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        pid = int(process.stdout.readline())
        time.sleep(0.5)
        process.kill()
    wait_for(lambda: not _is_alive(pid))


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux shows whose a process is")
def test_the_next_start_ends_what_a_killed_supervisor_and_a_killed_first_process_have_left(
    tmp_path: Path,
) -> None:
    ours, other = tmp_path / "ours", tmp_path / "other"
    stubborn = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(60)"
    first = (
        "import subprocess, sys, time\n"
        f"print(subprocess.Popen([sys.executable, '-c', {stubborn!r}]).pid, flush=True)\n"
        "time.sleep(60)"
    )
    left = {}
    for home in (ours, other):
        environ = {**os.environ, PARENT_VARIABLE: "1", "ZHIKE_HOME": str(home)}
        with subprocess.Popen(
            [sys.executable, "-c", first], env=environ, stdout=subprocess.PIPE, text=True
        ) as one:
            assert one.stdout is not None
            left[home] = int(one.stdout.readline())
            time.sleep(0.3)
            one.kill()
    sleeper = [sys.executable, "-c", "import time; time.sleep(60)"]
    unwatched = subprocess.Popen(sleeper, env={**os.environ, "ZHIKE_HOME": str(ours)})
    try:
        assert _is_alive(left[ours])
        assert end_orphans(ours) == 1
        wait_for(lambda: not _is_alive(left[ours]))
        assert _is_alive(left[other]) and unwatched.poll() is None
        assert end_orphans(ours) == 0
    finally:
        os.kill(left[other], signal.SIGKILL)
        unwatched.kill()
        unwatched.wait()


def _is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().split(") ")[1][0] != "Z"
    except FileNotFoundError:
        return False


def test_the_next_free_port_is_taken_and_a_wanted_one_that_is_taken_refused() -> None:
    first = free_port("127.0.0.1")
    with socket.create_server(("127.0.0.1", first)):
        assert free_port("127.0.0.1") > first
        with pytest.raises(StartFailed, match=rf"Port {first} is taken"):
            free_port("127.0.0.1", wanted=first)


@pytest.mark.parametrize("name", list(COMMANDS))
def test_every_command_explains_itself(name: str) -> None:
    done = subprocess.run(command_line(name, "--help"), capture_output=True, text=True, check=True)
    assert done.stdout.startswith(f"Usage: zhike {name}")
