"""Child processes of one machine's installation: started, watched, started again, stopped in turn."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from zhike.run.words import said

PARENT_VARIABLE = "ZHIKE_PARENT"
STEADY_AFTER_S = 60.0
BACKOFF_S_MAX = 30.0
STOP_S_MAX = 30.0
LOG_BYTES_MAX = 20 * 2**20
PR_SET_PDEATHSIG = 1


def command_line(*words: str) -> list[str]:
    """Our own command as a child: the same Python, whatever is on the PATH."""
    return [sys.executable, "-m", "zhike.cli", *words]


def stop_with_parent() -> None:
    """Ask the system to end this process when the supervisor that started it dies, even when it is killed.

    Does nothing when no supervisor started us. Only Linux can; elsewhere an orphan keeps running.
    """
    parent = os.environ.get(PARENT_VARIABLE)
    if not parent or not sys.platform.startswith("linux"):
        return
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
    if os.getppid() != int(parent):
        sys.exit(0)  # it died before we asked


class Pauses:
    """How long to wait before starting again what keeps ending: 1, 2, 4 … 30 seconds; 1 again after a good minute."""

    def __init__(self) -> None:
        self._failures = 0
        self._started_at = self._again_at = 0.0

    def begin(self) -> None:
        """It has been started."""
        self._started_at = time.monotonic()

    def end(self) -> float:
        """It has ended; the seconds until it may be started again."""
        now = time.monotonic()
        steady = now - self._started_at > STEADY_AFTER_S
        self._failures = 1 if steady else self._failures + 1
        pause = min(2.0 ** (self._failures - 1), BACKOFF_S_MAX)
        self._again_at = now + pause
        return pause

    def is_over(self) -> bool:
        return time.monotonic() >= self._again_at


@dataclass
class Child:
    """One process that must run as long as we do, with the processes it starts itself.

    All of them are one group: what the first one leaves behind when it is killed is ended before the next start,
    or it would go on holding the port with nobody watching it.
    """

    name: str
    command: Sequence[str]
    environ: Mapping[str, str]
    log: Path
    process: subprocess.Popen[bytes] | None = None
    _pauses: Pauses = field(default_factory=Pauses)

    def start(self) -> None:
        if self.log.exists() and self.log.stat().st_size > LOG_BYTES_MAX:
            self.log.replace(self.log.with_suffix(".old.log"))
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self.command,
                env={**self.environ, PARENT_VARIABLE: str(os.getpid())},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C reaches only us; we stop the children in their turn.
            )
        self._pauses.begin()

    def is_running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def revive(self) -> str | None:
        """Start it again if it died and its pause is over. Returns a line to say when it has just died."""
        if self.is_running():
            return None
        if self.process is not None:
            status = self.process.returncode
            self._end_group()
            pause = self._pauses.end()
            return said(
                "%(name)s ended with status %(status)s; starting it again in %(pause)s s. See %(log)s",
                name=self.name,
                status=status,
                pause=f"{pause:.0f}",
                log=self.log,
            )
        if self._pauses.is_over():
            self.start()
        return None

    def stop(self) -> None:
        """SIGTERM, then SIGKILL after half a minute."""
        if self.process is None:
            return
        if self.process.poll() is None:
            self.process.terminate()
        try:
            self.process.wait(timeout=STOP_S_MAX)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self._end_group()

    def _end_group(self) -> None:
        """Kill what an ended process has left in its group, and forget it."""
        assert self.process is not None
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process = None

    def last_words(self, *, lines: int = 15) -> str:
        """The end of its log."""
        if not self.log.exists():
            return ""
        return "\n".join(self.log.read_text(encoding="utf-8", errors="replace").splitlines()[-lines:])
