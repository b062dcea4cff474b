"""Processes of this home that a killed supervisor and a killed first process have left, with nobody over them."""

from __future__ import annotations

import os
import signal
import time
from contextlib import suppress
from pathlib import Path

from zhike.run.alive import is_alive
from zhike.run.children import PARENT_VARIABLE

GRACE_S = 5.0


def end_orphans(root: Path) -> int:
    """End what an earlier `zhike up` on the home at `root` has left: SIGTERM, and SIGKILL after some seconds.

    The home's lock must be held, so nobody else's children are among them. They are known by the environment that a
    supervisor gives, also to what its children start; only Linux shows it. Returns how many.
    """
    left = [number for number in _processes() if _is_of(number, root)]
    for number in left:
        with suppress(ProcessLookupError):
            os.kill(number, signal.SIGTERM)
    give_up_at = time.monotonic() + GRACE_S
    while any(map(is_alive, left)) and time.monotonic() < give_up_at:
        time.sleep(0.05)
    for number in filter(is_alive, left):
        with suppress(ProcessLookupError):
            os.kill(number, signal.SIGKILL)
    return len(left)


def _processes() -> list[int]:
    with suppress(OSError):
        return [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdecimal()]
    return []


def _is_of(number: int, root: Path) -> bool:
    if number == os.getpid():
        return False
    with suppress(OSError):  # ended meanwhile, or somebody else's
        environ = Path(f"/proc/{number}/environ").read_bytes().split(b"\0")
        has_parent = any(entry.startswith(f"{PARENT_VARIABLE}=".encode()) for entry in environ)
        return has_parent and os.fsencode(f"ZHIKE_HOME={root}") in environ
    return False
