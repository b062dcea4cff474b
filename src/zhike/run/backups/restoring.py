"""Putting a backup back into an empty place, whole or not at all, and holding it against its manifest."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

import psycopg

from zhike.run import roles
from zhike.run.backups.contents import read_alike, tables_of
from zhike.run.backups.manifest import DUMP, LAKE, BackupUnusable, Manifest, copied
from zhike.run.backups.programs import connection_variables, run_program
from zhike.run.home import RESTORING, Home
from zhike.run.postgres import DATABASE, SUPERUSER
from zhike.run.progress import Say, waiting
from zhike.run.servers import EmbeddedServer, OtherServer
from zhike.run.words import said

GROWTH = 2
"""A database restored is not larger than it was; its indexes are built beside it, and the log of writes is kept."""


@dataclass(frozen=True, slots=True)
class Proof:
    """One thing that was held against the backup; `sentence` is what was found."""

    code: str
    holds: bool
    sentence: str


def demand_empty(home: Home, lake: Path) -> None:
    """Refuse to restore over anything. Raises BackupUnusable."""
    for folder in (home.root, lake):
        if folder.is_dir() and any(folder.iterdir()):
            raise BackupUnusable(
                "NOT_EMPTY",
                said(
                    "%(folder)s is not empty, and nothing is restored over other data. Name an empty or new "
                    "folder in ZHIKE_HOME.",
                    folder=folder,
                ),
            )


def demand_room(home: Home, manifest: Manifest) -> None:
    """Refuse where the data would not fit. Raises BackupUnusable."""
    place = next(folder for folder in (home.root, *home.root.parents) if folder.is_dir())
    needed = manifest.database_bytes * GROWTH + sum(file.size for file in manifest.lake_files)
    free = shutil.disk_usage(place).free
    if free < needed:
        raise BackupUnusable(
            "DISK_FULL",
            said(
                "%(folder)s has room for %(free)s MB; up to %(needed)s MB are needed.",
                folder=place,
                free=f"{free // 1_000_000:,}",
                needed=f"{needed // 1_000_000:,}",
            ),
        )


def put_back(
    backup: Path,
    manifest: Manifest,
    *,
    home: Home,
    server: EmbeddedServer | OtherServer,
    lake: Path,
    say: Say,
) -> list[Proof]:
    """Write the database and the lake into an empty home, on a server that runs, and hold rows and files against
    the manifest. The home bears a mark until all of it is there; with it no process starts.

    Raises BackupUnusable where the database is not empty, or pg_restore or the disk gives up.
    """
    address = server.url(roles.OWNER)
    _demand_empty_database(address)
    with waiting(said("Restoring the database"), say=say):
        _restore(backup / DUMP, address)
    with waiting(said("Restoring %(count)s files of the lake", count=len(manifest.lake_files)), say=say):
        proofs = [_restore_lake(backup, manifest, lake)]
    with waiting(said("Comparing rows"), say=say):
        proofs.append(compare_rows(address, manifest))
    if isinstance(server, EmbeddedServer):
        with waiting(said("Examining tables and indexes"), say=say):
            proofs.append(_examine(server))
    (home.root / RESTORING).unlink()
    return proofs


def begin(home: Home) -> None:
    """Make the home, marked as one whose restore has not ended. Raises HomeUnusable."""
    home.prepare()
    (home.root / RESTORING).touch()


def compare_rows(address: str, manifest: Manifest) -> Proof:
    """Rows and digest of every table against those at the moment of the backup."""
    with psycopg.connect(address, connect_timeout=10) as connection:
        read_alike(connection)
        found = tables_of(connection)
    differing = sorted(
        name for name in found.keys() | manifest.tables.keys() if found.get(name) != manifest.tables.get(name)
    )
    rows = sum(table.rows for table in found.values())
    if differing:
        return Proof("ROWS", False, said("Rows differ in: %(tables)s.", tables=", ".join(differing)))
    return Proof(
        "ROWS",
        True,
        said("%(rows)s rows in %(tables)s tables are equal.", rows=f"{rows:,}", tables=len(found)),
    )


def _demand_empty_database(address: str) -> None:
    with psycopg.connect(address, connect_timeout=10) as connection:
        row = connection.execute(
            "SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')"
        ).fetchone()
    if row != (0,):
        raise BackupUnusable(
            "NOT_EMPTY", said("The database is not empty, and nothing is restored over other data.")
        )


def _restore(dump: Path, address: str) -> None:
    with psycopg.connect(address, connect_timeout=10) as connection:
        major = connection.info.server_version // 10000
    variables = connection_variables(address)
    listed = run_program("pg_restore", ["--list", str(dump)], variables={}, major=major)
    with NamedTemporaryFile("w", suffix=".list") as wanted:
        # What new tables are granted by themselves names the owner, who may have another name here.
        wanted.writelines(f"{line}\n" for line in listed.stdout.splitlines() if "DEFAULT ACL" not in line)
        wanted.flush()
        done = _restored(dump, wanted.name, variables, major)
    if listed.returncode != 0 or done.returncode != 0:
        words = (listed.stderr + done.stderr).strip()[-2000:]
        raise BackupUnusable("RESTORE_FAILED", said("pg_restore gave up: %(words)s", words=words))


def _restored(
    dump: Path, listed: str, variables: dict[str, str], major: int
) -> subprocess.CompletedProcess[str]:
    words = ["--exit-on-error", "--single-transaction", "--no-owner", "--no-password", f"--use-list={listed}"]
    return run_program(
        "pg_restore",
        [*words, f"--dbname={variables['PGDATABASE']}", str(dump)],
        variables=variables,
        major=major,
    )


def _restore_lake(backup: Path, manifest: Manifest, lake: Path) -> Proof:
    differing = []
    for file in manifest.lake_files:
        path = Path(file.path).relative_to(LAKE)
        if copied(backup / file.path, lake / path).sha256 != file.sha256:
            differing.append(str(path))
    if differing:
        return Proof("LAKE", False, said("Files of the lake differ: %(files)s.", files=", ".join(differing)))
    return Proof("LAKE", True, said("%(count)s files of the lake are equal.", count=len(manifest.lake_files)))


def _examine(server: EmbeddedServer) -> Proof:
    """Every table and every index by PostgreSQL's own pg_amcheck; its extension is there only meanwhile."""
    address = server.cluster.url(SUPERUSER)
    major = int(server.cluster.version().split(".")[0])
    with psycopg.connect(address, autocommit=True) as connection:
        return _with_amcheck(connection, lambda: run_program(
            "pg_amcheck",
            ["--heapallindexed", "--parent-check", "--checkunique", "--no-password", f"--database={DATABASE}"],
            variables=connection_variables(address), major=major,
        ))  # fmt: skip


def _with_amcheck(connection: psycopg.Connection[Any], check: Callable[[], Any]) -> Proof:
    connection.execute("CREATE EXTENSION IF NOT EXISTS amcheck")
    try:
        done = check()
    finally:
        connection.execute("DROP EXTENSION amcheck")
    if done.returncode != 0:
        return Proof(
            "STORAGE",
            False,
            said("pg_amcheck found damage: %(words)s", words=(done.stdout + done.stderr).strip()[-500:]),
        )
    return Proof("STORAGE", True, said("pg_amcheck found tables and indexes whole."))
