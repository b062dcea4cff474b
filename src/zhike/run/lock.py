"""One `zhike up` a home. The system drops the lock with the process, also with a killed one."""

from __future__ import annotations

import fcntl
import json
import os
import signal
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TextIO

from zhike.run.words import said

GLANCE_S = 0.2


class AlreadyRunning(Exception):
    """Another `zhike up` runs on this home."""

    code = "ALREADY_RUNNING"

    def __init__(self, running: Running | None) -> None:
        if running and running.address:
            where = said(
                "Zhike is already running on this home at %(address)s as process %(number)s.",
                address=running.address,
                number=running.pid,
            )
        elif running:
            where = said("Zhike is already running on this home as process %(number)s.", number=running.pid)
        else:
            where = said("Zhike is already running on this home.")
        super().__init__(said("%(where)s `zhike down` stops it.", where=where))
        self.running = running


@dataclass(frozen=True)
class Running:
    """Who holds the lock, and the address it serves once it does."""

    pid: int
    address: str = ""


class HomeLock:
    """Held for as long as this process lives or until released."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: TextIO | None = None

    def take(self) -> None:
        """Raises AlreadyRunning."""
        file = locked(self._path)
        if file is None:
            time.sleep(GLANCE_S)  # somebody may only have looked who holds it
            file = locked(self._path)
        if file is None:
            raise AlreadyRunning(running_on(self._path))
        self._file = file
        self.tell(address="")

    def tell(self, *, address: str) -> None:
        """Write down where we serve, for `zhike down` and for whoever starts a second time."""
        assert self._file is not None
        self._file.seek(0)
        self._file.truncate()
        json.dump(asdict(Running(pid=os.getpid(), address=address)), self._file)
        self._file.flush()

    def release(self) -> None:
        if self._file is not None:
            self._file.truncate(0)
            self._file.close()
            self._file = None


def running_on(path: Path) -> Running | None:
    """Who holds the lock, or None when nobody does or it has not said so yet."""
    if not path.exists():
        return None
    file = locked(path)
    if file is not None:
        file.close()
        return None
    try:
        return Running(**json.loads(path.read_text(encoding="ascii")))
    except (ValueError, TypeError):
        return None


def stop_running(path: Path, *, wait_s_max: float) -> bool:
    """Ask the holder to stop and wait until it has. False when nobody ran. Raises TimeoutError."""
    running = running_on(path)
    if running is None:
        return False
    os.kill(running.pid, signal.SIGTERM)
    give_up_at = time.monotonic() + wait_s_max
    while running_on(path) is not None:
        if time.monotonic() > give_up_at:
            raise TimeoutError(
                said(
                    "Process %(number)s has not stopped within %(limit)s s.",
                    number=running.pid,
                    limit=f"{wait_s_max:.0f}",
                )
            )
        time.sleep(0.1)
    return True


def locked(path: Path) -> TextIO | None:
    """The file, locked for as long as it is open; None where somebody else holds it."""
    # Opened for appending: reading who holds it must not empty it.
    file = path.open("a+", encoding="ascii")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        file.close()
        return None
    return file
