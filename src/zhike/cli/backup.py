"""`zhike backup`: take a backup while people work; with --drill, prove the newest by restoring it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from zhike.cli.answers import answer, json_option, progress, refuse, told
from zhike.cli.restore import lake_of, size_of
from zhike.cli.session import enter_quietly, who_runs_this
from zhike.run import roles
from zhike.run.binaries import NoPostgres
from zhike.run.children import command_line
from zhike.run.environment import ADDRESS_VARIABLES
from zhike.run.home import Home, find_home, home_mode
from zhike.run.lock import locked
from zhike.run.servers import EmbeddedServer
from zhike.run.words import said

# A drill uses a server of its own, and a lake and a folder of static files within its own home.
HIDDEN = frozenset(
    {"ZHIKE_DATABASE_URL", "ZHIKE_LAKE", "ZHIKE_STATIC", "ZHIKE_SECRET_KEY", *ADDRESS_VARIABLES.values()}
)


@click.command(
    "backup",
    **told(
        said(
            "Back the bank up into a folder while people work.\n\nEach backup is a folder of its own there: the "
            "database of one moment, the lake's files that it names, and a signed list of both. Keys are never in "
            "it: keep their folder elsewhere. Exit status 1 when no backup was made, or the drill found a fault."
        )
    ),
)
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@click.option(
    "--drill",
    "is_drill",
    is_flag=True,
    help=said(
        "Take none: restore the newest one there beside the data, hold it to account, and remove it again."
    ),
)
@json_option
def command(folder: Path, is_drill: bool, as_json: bool) -> None:
    enter_quietly(roles.APP, roles.BACKUP)
    (_drill if is_drill else _take)(folder.absolute(), as_json=as_json)


def _take(folder: Path, *, as_json: bool) -> None:
    from zhike.run.backups.manifest import sha256_of
    from zhike.run.backups.taking import BackupFailed, take_backup

    home, started = find_home(), time.monotonic()
    try:
        made, manifest = take_backup(
            folder, home=home, address=os.environ[ADDRESS_VARIABLES[roles.BACKUP]], lake=lake_of(home),
            now=_now(), say=progress(as_json),
        )  # fmt: skip
    except (BackupFailed, NoPostgres) as error:
        refuse(error, as_json=as_json)
    except OSError as error:
        refuse(said("No backup was made: %(error)s", error=error), as_json=as_json, code="DISK")
    seconds = time.monotonic() - started
    detail = {
        "moment": manifest.taken_at.isoformat(), "bytes": manifest.total_bytes, "files": len(manifest.files),
        "manifest": sha256_of(made / "manifest.json"),
    }  # fmt: skip
    _note("backup.taken", detail, is_right=True)
    text = said(
        "%(folder)s: %(size)s in %(count)s files, of %(moment)s, in %(seconds)s s. Keys are not in it. Prove it with "
        "zhike backup FOLDER --drill.",
        folder=made,
        size=size_of(manifest.total_bytes),
        count=len(manifest.files),
        moment=f"{manifest.taken_at:%Y-%m-%d %H:%M:%S %Z}",
        seconds=f"{seconds:.1f}",
    )
    answer(
        {"ok": True, "backup": str(made), "seconds": round(seconds, 1), **detail}, text=text, as_json=as_json
    )


def _drill(folder: Path, *, as_json: bool) -> None:
    from zhike.run.backups.manifest import BackupUnusable, newest_in

    try:
        backup = newest_in(folder)
        found = _in_scratch(backup, find_home())
    except BackupUnusable as error:
        _note("backup.drilled", {"fault": error.code}, is_right=False)
        refuse(error, as_json=as_json)
    except DrillStopped as error:
        refuse(error, as_json=as_json)
    faults = [proof["code"] for proof in found.get("proofs", ()) if not proof["ok"]] or [found.get("code")]
    detail: dict[str, Any] = {name: found[name] for name in ("moment", "rto_seconds") if name in found}
    _note("backup.drilled", detail if found["ok"] else {**detail, "faults": faults}, is_right=found["ok"])
    text = "\n".join([said("Drill with %(backup)s", backup=backup), found.get("text") or found["error"]])
    answer({**found, "backup": str(backup)}, text=text, as_json=as_json)
    if not found["ok"]:
        raise SystemExit(1)


class DrillStopped(Exception):
    """The drill did not come to a verdict."""

    code = "DRILL_STOPPED"


def _in_scratch(backup: Path, live: Home) -> dict[str, Any]:
    """Restore beside the bank at work, into a home within its own, in a process that knows only that one."""
    lock = locked(live.root / "drill.lock")
    if lock is None:
        raise DrillStopped(said("Another drill is under way."))
    with lock:
        for left in live.root.glob("drill-*"):  # of drills that were killed
            _remove(left, live)
        scratch = Path(tempfile.mkdtemp(prefix="drill-", dir=live.root))
        try:
            scratch.chmod(home_mode())
            handed = {name: value for name, value in os.environ.items() if name not in HIDDEN}
            done = subprocess.run(
                command_line("restore", str(backup), "--drill", "--json"),
                env={**handed, "ZHIKE_HOME": str(scratch / "home"), "ZHIKE_KEYS": str(live.keys)},
                stdout=subprocess.PIPE, text=True, check=False, stdin=subprocess.DEVNULL,
            )  # fmt: skip
            lines = done.stdout.strip().splitlines()
            if not lines:
                raise DrillStopped(said("The drill ended without a verdict."))
            verdict: dict[str, Any] = json.loads(lines[-1])
            return verdict
        finally:
            _remove(scratch, live)


def _remove(scratch: Path, live: Home) -> None:
    EmbeddedServer(Home(root=scratch / "home", keys=live.keys)).stop()
    shutil.rmtree(scratch, ignore_errors=True)


def _note(action: str, detail: dict[str, Any], *, is_right: bool) -> None:
    from django.db import transaction

    from zhike.core import audit
    from zhike.staff.api import Operator

    by = Operator(name=who_runs_this())
    with transaction.atomic():
        (audit.record if is_right else audit.failed)(action, by=by, at=_now(), detail=detail)


def _now() -> datetime:
    return datetime.now(UTC)
