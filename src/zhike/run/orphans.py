"""Processes of this home that a killed supervisor and a killed first process have left, with nobody over them."""

from __future__ import annotations

import os
import signal
import time
from contextlib import suppress
from pathlib import Path

from zhike.run.children import PARENT_VARIABLE

GRACE_S = 5.0
SPACES = ("mnt", "pid")
"""What a home's path and a process's number mean depends on these: a container has others."""


def end_orphans(root: Path) -> int:
    """End what an earlier `zhike up` on the home at `root` has left: SIGTERM, and SIGKILL after some seconds.

    The home's lock must be held, so nobody else's children are among them. They are known by the environment that a
    supervisor gives, also to what its children start, and are of our user and in our name spaces; only Linux shows
    it. Before each signal the moment of birth is asked again, so that none reaches whoever got the number next; a
    descriptor of the process would be surer, but kernels before 5.3 give none. Returns how many.
    """
    ourselves = _ourselves()
    found = [number for number in _processes() if number not in ourselves and _is_of(number, root)]
    born = {number: moment for number in found if (moment := _born(number))}
    for number, moment in born.items():
        _send(number, moment, signal.SIGTERM)
    give_up_at = time.monotonic() + GRACE_S
    while any(_born(number) == moment for number, moment in born.items()) and time.monotonic() < give_up_at:
        time.sleep(0.05)
    for number, moment in born.items():
        _send(number, moment, signal.SIGKILL)
    return len(born)


def _processes() -> list[int]:
    with suppress(OSError):
        return [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdecimal()]
    return []


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


def _born(number: int) -> str:
    """When a process began, by the kernel's clock; '' once it has ended, buried or not."""
    with suppress(OSError):
        # The name, in brackets, may hold brackets and spaces; the state follows the last one.
        values = Path(f"/proc/{number}/stat").read_text(errors="replace").rpartition(") ")[2].split()
        return "" if values[0] in "ZX" else values[19]
    return ""


def _send(number: int, born: str, what: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        if _born(number) == born:
            os.kill(number, what)
