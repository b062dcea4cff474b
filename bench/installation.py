"""An installation to measure: PostgreSQL as a bank runs it, the database migrated, keys and registers in place.

Nothing that keeps committed rows safe is switched off. What is measured runs in a process of its own, under
the roles it has in production, so that its peak memory is its own.
"""

from __future__ import annotations

import pickle
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

from zhike.run import roles
from zhike.run.environment import environment_for
from zhike.run.home import Home
from zhike.run.servers import EmbeddedServer

ROOT = Path(__file__).resolve().parent.parent
Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class Installation:
    """The folders of an installation whose server runs."""

    home: Home
    server: EmbeddedServer

    def environment(self, *names: str) -> dict[str, str]:
        """The environment of a process that acts under these roles."""
        return environment_for(*names, home=self.home, server=self.server)


@contextmanager
def running(folder: Path) -> Iterator[Installation]:
    """The installation in a folder, made if there is none: started, migrated, stopped at the end."""
    home = Home(root=folder / "home", keys=folder / "keys")
    home.prepare()
    server = EmbeddedServer(home)
    server.start()
    try:
        server.prepare()
        installation = Installation(home, server)
        apart(installation, _migrate, names=(roles.OWNER,))
        yield installation
    finally:
        server.stop()


@dataclass(frozen=True, slots=True)
class Peak:
    """The most memory a process held, and its children at most, in bytes."""

    own: int
    children: int

    @property
    def total(self) -> int:
        return self.own + self.children


def apart(
    installation: Installation, work: Callable[..., Value], *values: Any, names: tuple[str, ...]
) -> tuple[Value, Peak]:
    """Do `work` in a new process that acts under these roles; its answer and its peak memory."""
    main = sys.modules["__main__"].__spec__
    module = main.name if main and work.__module__ == "__main__" else work.__module__
    with tempfile.TemporaryDirectory(prefix="zhike-bench-") as folder:
        order, answer = Path(folder) / "order", Path(folder) / "answer"
        order.write_bytes(pickle.dumps((module, work.__name__, values)))
        command = [sys.executable, "-m", "bench.child", str(order), str(answer)]
        environ = {**installation.environment(*names), "ZHIKE_LOG": "WARNING"}
        subprocess.run(command, env=environ, cwd=ROOT, check=True)
        value, own, children = pickle.loads(answer.read_bytes())
    return value, Peak(own, children)


def worker(installation: Installation, work: Callable[..., Value], *values: Any) -> tuple[Value, Peak]:
    """Do `work` as the worker of this installation does its jobs."""
    return apart(installation, work, *values, names=(roles.WORKER, roles.LOADER))


def owner(installation: Installation, work: Callable[..., Value], *values: Any) -> Value:
    """Do `work` as the owner of the database: preparing what is measured."""
    return apart(installation, work, *values, names=(roles.OWNER, roles.LOADER))[0]


def _migrate() -> None:
    from django.core.management import call_command

    from zhike.core.installing import install

    call_command("migrate", interactive=False, verbosity=0)
    install(now=datetime.now(UTC))
    call_command("collectstatic", interactive=False, verbosity=0)
