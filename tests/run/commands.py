"""The `zhike` command as an operator gives it, and processes to be killed."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from zhike.run.home import Home

NIGHT_WORK = Path(__file__).with_name("night_work.py")


def zhike(home: Home, *words: str, **environ: str) -> subprocess.CompletedProcess[str]:
    """A `zhike` command on an installation, as an operator would give it."""
    return subprocess.run(
        [sys.executable, "-m", "zhike.cli", *words],
        env=environment(home, **environ), capture_output=True, text=True, timeout=240, check=False,
    )  # fmt: skip


def started(home: Home, *words: str, **environ: str) -> subprocess.Popen[str]:
    """The same, left running in a group of its own; what it says on its output can be read."""
    return subprocess.Popen(
        [sys.executable, "-m", "zhike.cli", *words],
        env=environment(home, **environ), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        start_new_session=True,
    )  # fmt: skip


def at_night(home: Home, *words: str) -> subprocess.Popen[str]:
    """A program of `night_work.py` on an installation, left running; it answers on its output."""
    return subprocess.Popen(
        [sys.executable, str(NIGHT_WORK), *words],
        env=environment(home), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    )  # fmt: skip


def environment(home: Home, **environ: str) -> dict[str, str]:
    own = {name: value for name, value in os.environ.items() if not name.startswith(("ZHIKE_", "DJANGO_"))}
    return {
        **own,
        "LC_ALL": "C.UTF-8",
        "ZHIKE_LOG": "ERROR",
        "ZHIKE_HOME": str(home.root),
        "ZHIKE_KEYS": str(home.keys),
        **environ,
    }
