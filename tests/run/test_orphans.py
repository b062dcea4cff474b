"""What a killed `zhike up` has left is ended at the next start, and nobody else's process with it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from zhike.run.children import PARENT_VARIABLE
from zhike.run.orphans import end_orphans

SLEEPER = [sys.executable, "-c", "import time; print('there', flush=True); time.sleep(60)"]
NOBODY = 65534
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root may start what another user owns")


@pytest.fixture
def marked(tmp_path: Path) -> dict[str, str]:
    """The environment of what a supervisor of the home at `tmp_path` starts."""
    return {**os.environ, "ZHIKE_HOME": str(tmp_path), PARENT_VARIABLE: "1"}


@pytest.fixture
def started() -> Iterator[list[subprocess.Popen[bytes]]]:
    running: list[subprocess.Popen[bytes]] = []
    yield running
    for process in running:
        process.kill()
        process.wait()


def awake(process: subprocess.Popen[bytes]) -> subprocess.Popen[bytes]:
    assert process.stdout is not None
    assert process.stdout.readline() == b"there\n"
    return process


def test_what_does_not_end_when_asked_is_killed(
    tmp_path: Path,
    marked: dict[str, str],
    started: list[subprocess.Popen[bytes]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("zhike.run.orphans.GRACE_S", 0.2)
    deaf = [
        sys.executable,
        "-c",
        SLEEPER[2].replace("import time;", "import time, signal as s; s.signal(15, s.SIG_IGN);"),
    ]
    started.append(awake(subprocess.Popen(deaf, env=marked, stdout=subprocess.PIPE)))
    assert end_orphans(tmp_path) == 1
    assert started[0].wait(10) == -9


def test_who_got_the_number_of_one_that_ended_is_left(
    tmp_path: Path,
    marked: dict[str, str],
    started: list[subprocess.Popen[bytes]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    started.append(awake(subprocess.Popen(SLEEPER, env=marked, stdout=subprocess.PIPE)))
    moments = iter(["1", "2", "2", "2"])  # born later than the one that was found
    monkeypatch.setattr("zhike.run.orphans._born", lambda _number: next(moments))
    assert end_orphans(tmp_path) == 1
    assert started[0].poll() is None


@as_root
def test_a_process_of_another_user_is_left(
    tmp_path: Path, marked: dict[str, str], started: list[subprocess.Popen[bytes]]
) -> None:
    program = [shutil.which("sh") or "sh", "-c", "echo there; sleep 60"]
    started.append(awake(subprocess.Popen(program, env=marked, stdout=subprocess.PIPE, user=NOBODY, cwd="/")))
    assert end_orphans(tmp_path) == 0
    assert started[0].poll() is None


@as_root
def test_a_process_in_another_container_with_a_home_of_the_same_path_is_left(
    tmp_path: Path, marked: dict[str, str], started: list[subprocess.Popen[bytes]]
) -> None:
    if subprocess.run(["unshare", "--mount", "true"], capture_output=True, check=False).returncode:
        pytest.skip("this machine lets nobody have mounts of their own")
    started.append(
        awake(subprocess.Popen(["unshare", "--mount", *SLEEPER], env=marked, stdout=subprocess.PIPE))
    )
    assert end_orphans(tmp_path) == 0
    assert started[0].poll() is None


def test_the_shell_that_starts_us_is_left(tmp_path: Path, marked: dict[str, str]) -> None:
    program = (
        "import pathlib, sys\n"
        "from zhike.run.orphans import end_orphans\n"
        "sys.exit(end_orphans(pathlib.Path(sys.argv[1])))"
    )
    shell = subprocess.run(
        ["sh", "-c", f'"{sys.executable}" -c "$0" "$1"; echo "found $?"', program, str(tmp_path)],
        env=marked, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (shell.returncode, shell.stdout) == (0, "found 0\n"), shell.stderr
