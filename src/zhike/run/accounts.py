"""The system account that PostgreSQL runs under. PostgreSQL refuses root, rightly."""

from __future__ import annotations

import os
import pwd
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from zhike.run.home import HomeUnusable, is_root
from zhike.run.words import said

CANDIDATES = ("zhike", "postgres", "nobody")


@dataclass(frozen=True)
class Account:
    """A user of this machine, and whether we must change into it to act as it."""

    name: str
    uid: int
    gid: int
    is_other: bool

    def run(
        self, command: Sequence[str | Path], *, timeout_s: float | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run a program as this account in a clean environment, and return its output whatever its status."""
        return subprocess.run(
            command,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=timeout_s,
            check=False,
            cwd="/",
            stdin=subprocess.DEVNULL,
            env={"PATH": os.defpath, "LC_ALL": "C.UTF-8"},
            start_new_session=True,  # Ctrl-C in the terminal is for us; the server is stopped in its turn.
            user=self.uid if self.is_other else None,
            group=self.gid if self.is_other else None,
            extra_groups=[] if self.is_other else None,
        )

    def can_execute(self, path: Path) -> bool:
        return self.run(["/bin/sh", "-c", 'test -x "$0"', path]).returncode == 0

    def make_folder(self, folder: Path) -> None:
        """Create a folder that only this account may enter."""
        folder.mkdir(mode=0o700, exist_ok=True)
        if self.is_other:
            os.chown(folder, self.uid, self.gid)
            if not self.can_execute(folder):
                raise HomeUnusable(
                    said(
                        "The database's user %(name)s cannot enter %(folder)s. Let others pass through its "
                        "parent folders (chmod o+x), or set ZHIKE_HOME to a place such as /var/lib/zhike.",
                        name=self.name,
                        folder=folder,
                    )
                )


def database_account(environ: Mapping[str, str] | None = None) -> Account:
    """Ourselves; as root the user named by ZHIKE_DATABASE_USER, else zhike, postgres or nobody.

    The user must exist in the system's list, for PostgreSQL looks itself up. Raises HomeUnusable.
    """
    if not is_root():
        ourselves = pwd.getpwuid(os.geteuid())
        return Account(ourselves.pw_name, ourselves.pw_uid, ourselves.pw_gid, is_other=False)
    environ = os.environ if environ is None else environ
    named = environ.get("ZHIKE_DATABASE_USER")
    for name in (named,) if named else CANDIDATES:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        if entry.pw_uid != 0:
            return Account(entry.pw_name, entry.pw_uid, entry.pw_gid, is_other=True)
    raise HomeUnusable(
        said(
            "No unprivileged user %(names)s exists for the database. Create one (useradd --system zhike) "
            "or name one in ZHIKE_DATABASE_USER.",
            names=named or said("zhike, postgres or nobody"),
        )
    )
