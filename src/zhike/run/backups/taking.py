"""Taking a backup while people work and jobs run: one snapshot of the database, then the files it names.

The lake's files are only ever added, so those that the snapshot names are there, whole, for as long as it takes.
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg

from zhike.run.backups.contents import LEFT_OUT, Contents, contents_of
from zhike.run.backups.manifest import (
    DUMP,
    LAKE,
    PARTIAL,
    PREFIX,
    KeptFile,
    Manifest,
    copied,
    flush_folder,
    sha256_of,
    this_release,
)
from zhike.run.backups.programs import connection_variables, run_program
from zhike.run.home import Home
from zhike.run.lock import locked
from zhike.run.progress import Say, waiting
from zhike.run.words import said

ROOM_PERCENT = 110
"""A dump is smaller than its database, but for one without anything to compress."""


class BackupFailed(Exception):
    """No backup was made; the text says why. `code` tells the cause."""

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code


def take_backup(
    folder: Path, *, home: Home, address: str, lake: Path, now: datetime, say: Say
) -> tuple[Path, Manifest]:
    """Make one backup in `folder`, in a folder of its own that gets its name when it is whole.

    `address` is that of the role that may only read. Raises BackupFailed: the folder lies in the home or holds the
    keys, too little room, another backup under way, a damaged file of the lake, pg_dump's own words.
    """
    _demand_apart(folder, home, lake)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with _only_one(folder):
        for left in folder.glob(f"{PREFIX}*{PARTIAL}"):  # nobody else is at work, so these are of killed runs
            shutil.rmtree(left)
        final = folder / f"{PREFIX}{now.astimezone(UTC):%Y%m%dT%H%M%SZ}"
        if final.exists():
            raise BackupFailed("ALREADY_THERE", said("%(folder)s is there already.", folder=final))
        partial = final.with_name(final.name + PARTIAL)
        partial.mkdir(mode=0o700)
        try:
            manifest = _fill(partial, home=home, address=address, lake=lake, say=say)
            flush_folder(partial)
            partial.rename(final)
            flush_folder(folder)
        except BaseException:
            shutil.rmtree(partial, ignore_errors=True)
            raise
    return final, manifest


def _fill(partial: Path, *, home: Home, address: str, lake: Path, say: Say) -> Manifest:
    with psycopg.connect(address, connect_timeout=10) as connection:
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        row = connection.execute("SELECT pg_export_snapshot(), clock_timestamp()").fetchone()
        assert row is not None
        snapshot, taken_at = row
        server_version = connection.info.server_version
        with waiting(said("Reading the database"), say=say):
            contents = contents_of(connection)
        _demand_room(partial, contents, lake)
        with waiting(said("Dumping the database"), say=say):
            dump = _dump(partial / DUMP, address=address, snapshot=snapshot, connection=connection)
    with waiting(said("Copying %(count)s files of the lake", count=len(contents.lake)), say=say):
        lake_files = _copy_lake(contents, lake, partial)
    manifest = Manifest(
        release=this_release(),
        taken_at=taken_at,
        server_version=server_version,
        database_bytes=contents.database_bytes,
        migrations=contents.migrations,
        keys=contents.keys,
        audit=contents.audit,
        tables=contents.tables,
        files=(dump, *lake_files),
        last_run=contents.last_run,
    )
    manifest.write(partial, keys=home.keys)
    return manifest


def _dump(target: Path, *, address: str, snapshot: str, connection: psycopg.Connection[Any]) -> KeptFile:
    left_out = [f"--exclude-table-data={name}" for name in LEFT_OUT]
    words = [
        "--format=custom",
        f"--snapshot={snapshot}",
        "--lock-wait-timeout=60s",
        "--no-password",
        *left_out,
    ]
    done = run_program(
        "pg_dump", [*words, f"--file={target}"],
        variables=connection_variables(address), major=connection.info.server_version // 10000,
    )  # fmt: skip
    if done.returncode != 0:
        raise BackupFailed("DUMP_FAILED", said("pg_dump gave up: %(words)s", words=_last(done)))
    return KeptFile(DUMP, target.stat().st_size, sha256_of(target))


def _copy_lake(contents: Contents, lake: Path, partial: Path) -> list[KeptFile]:
    kept = []
    for path, digest in contents.lake:
        try:
            file = copied(lake / path, partial / LAKE / path)
        except FileNotFoundError as error:
            raise BackupFailed(
                "LAKE_FILE_MISSING",
                said(
                    "%(path)s is missing from the lake. Put it back from an earlier backup.",
                    path=lake / path,
                ),
            ) from error
        if file.sha256 != digest:
            raise BackupFailed(
                "LAKE_FILE_DAMAGED",
                said("%(path)s is not what was written there: its digest differs.", path=lake / path),
            )
        kept.append(replace(file, path=f"{LAKE}/{path}"))
    return kept


def _demand_apart(folder: Path, home: Home, lake: Path) -> None:
    place = folder.absolute().resolve()
    for other in (home.root, home.keys, lake):
        inside = other.resolve()
        if place == inside or inside in place.parents:
            raise BackupFailed(
                "NOT_APART",
                said("%(folder)s lies in %(other)s: what takes one takes both.", folder=folder, other=other),
            )


def _demand_room(partial: Path, contents: Contents, lake: Path) -> None:
    needed = contents.database_bytes + sum(
        (lake / path).stat().st_size for path, _digest in contents.lake if (lake / path).is_file()
    )
    needed = needed * ROOM_PERCENT // 100
    free = shutil.disk_usage(partial).free
    if free < needed:
        raise BackupFailed(
            "DISK_FULL",
            said(
                "%(folder)s has room for %(free)s MB; up to %(needed)s MB are needed.",
                folder=partial.parent,
                free=f"{free // 1_000_000:,}",
                needed=f"{needed // 1_000_000:,}",
            ),
        )


@contextmanager
def _only_one(folder: Path) -> Iterator[None]:
    file = locked(folder / ".lock")
    if file is None:
        raise BackupFailed(
            "ALREADY_RUNNING", said("Another backup into %(folder)s is under way.", folder=folder)
        )
    try:
        yield
    finally:
        file.close()


def _last(done: subprocess.CompletedProcess[str]) -> str:
    return done.stderr.strip()[-2000:]
