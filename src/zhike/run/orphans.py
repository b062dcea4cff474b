"""Processes of this home that a killed supervisor and a killed first process have left, with nobody over them."""

from __future__ import annotations

import os
import select
import signal
import time
from contextlib import ExitStack, suppress
from pathlib import Path

from zhike.run.children import PARENT_VARIABLE

GRACE_S = 5.0
SPACES = ("mnt", "pid")
"""What a home's path and a process's number mean depends on these: a container has others."""


def end_orphans(root: Path) -> int:
    """End what an earlier `zhike up` on the home at `root` has left: SIGTERM, and SIGKILL after some seconds.

    The home's lock must be held, so nobody else's children are among them. They are known by the environment that a
    supervisor gives, also to what its children start, and are of our user and in our name spaces; only Linux shows
    it. Each is held by a descriptor, so that no signal reaches whoever gets its number next. Returns how many.
    """
    with ExitStack() as held:
        left = [process for number in _processes() if (process := _hold(number, root, held)) is not None]
        for process in left:
            _send(process, signal.SIGTERM)
        for process in _still_there(left, within_s=GRACE_S):
            _send(process, signal.SIGKILL)
        return len(left)


def _processes() -> list[int]:
    with suppress(OSError):
        return [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdecimal()]
    return []


def _hold(number: int, root: Path, held: ExitStack) -> int | None:
    """A descriptor of the process, if it is one of the home's; asked again once it is held."""
    if number in _ourselves() or not _is_of(number, root):
        return None
    with suppress(OSError):  # ended meanwhile
        process = os.pidfd_open(number)
        held.callback(os.close, process)
        return process if _is_of(number, root) else None
    return None


def _ourselves() -> set[int]:
    """This process and those that have started it."""
    line, number = {os.getpid()}, os.getpid()
    with suppress(OSError, ValueError):
        while number > 1:
            number = int(Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[1])
            line.add(number)
    return line


def _is_of(number: int, root: Path) -> bool:
    place = Path(f"/proc/{number}")
    with suppress(OSError):  # ended meanwhile, or somebody else's
        if place.stat().st_uid != os.geteuid() or _spaces(place) != _spaces(Path("/proc/self")):
            return False
        environ = (place / "environ").read_bytes().split(b"\0")
        has_parent = any(entry.startswith(f"{PARENT_VARIABLE}=".encode()) for entry in environ)
        return has_parent and os.fsencode(f"ZHIKE_HOME={root}") in environ
    return False


def _spaces(place: Path) -> list[Path]:
    return [(place / "ns" / name).readlink() for name in SPACES]


def _send(process: int, what: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        signal.pidfd_send_signal(process, what)


def _still_there(processes: list[int], *, within_s: float) -> list[int]:
    """Those that have not ended after that time; a descriptor becomes readable when its process ends."""
    left, give_up_at = list(processes), time.monotonic() + within_s
    while left and (rest := give_up_at - time.monotonic()) > 0:
        ended = select.select(left, [], [], rest)[0]
        left = [process for process in left if process not in ended]
    return left
