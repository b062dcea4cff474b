"""`zhike restore`: put a backup back on an empty machine, and say what it proves."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from zhike.cli.answers import answer, json_option, progress, refuse, told
from zhike.cli.migrate import bring_to_this_release
from zhike.cli.session import enter_quietly, who_runs_this
from zhike.run import roles
from zhike.run.binaries import NoPostgres
from zhike.run.home import Home, HomeUnusable, find_home
from zhike.run.lock import AlreadyRunning, HomeLock
from zhike.run.postgres import ServerFailed
from zhike.run.progress import Say, waiting
from zhike.run.servers import find_server
from zhike.run.supervisor import held
from zhike.run.words import marked, said

if TYPE_CHECKING:
    from zhike.run.backups.manifest import Manifest
    from zhike.run.backups.restoring import Proof

LOST = marked("It holds what was committed up to %(moment)s; %(ago)s seconds of work are lost (RPO).")


@click.command(
    "restore",
    **told(
        said(
            "Put a backup back into an empty ZHIKE_HOME, or an empty database of ZHIKE_DATABASE_URL.\n\nThe folder of "
            "keys must be there first, from its own backup. Everything is verified before anything is written, and "
            "held to account afterwards. Exit status 1 when it was refused, or is not what was backed up."
        )
    ),
)
@click.argument("backup", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--drill", "is_drill", is_flag=True, hidden=True)
@json_option
def command(backup: Path, is_drill: bool, as_json: bool) -> None:
    from zhike.run.backups.manifest import BackupUnusable

    home, begun, say = find_home(), time.monotonic(), progress(as_json)
    try:
        manifest, proofs = _bring_back(backup.absolute(), home, is_drill=is_drill, say=say)
    except (BackupUnusable, HomeUnusable, ServerFailed, NoPostgres, AlreadyRunning) as error:
        refuse(error, as_json=as_json)
    except roles.RolesNeedAdministrator as error:
        refuse(error, as_json=as_json, sql=error.statements)
    except OSError as error:
        refuse(said("The restore gave up: %(error)s", error=error), as_json=as_json, code="DISK")
    seconds = time.monotonic() - begun
    loses = (datetime.now(UTC) - manifest.taken_at).total_seconds()
    is_right = all(proof.holds for proof in proofs)
    moment = f"{manifest.taken_at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
    lines = [f"{said(RIGHT) if one.holds else said(WRONG)}  {one.sentence}" for one in proofs]
    lines += [
        said(
            "%(size)s are back and examined after %(seconds)s s (RTO).",
            size=size_of(manifest.total_bytes),
            seconds=f"{seconds:.1f}",
        ),
        said(LOST, moment=moment, ago=f"{loses:,.0f}"),
    ]
    lines += [] if is_drill else [said(NEXT if is_right else KEEP_EVIDENCE)]
    payload = {
        "ok": is_right, "moment": manifest.taken_at.isoformat(), "bytes": manifest.total_bytes,
        "rto_seconds": round(seconds, 1), "rpo_seconds": round(loses), "text": "\n".join(lines),
        "proofs": [{"code": one.code, "ok": one.holds, "sentence": one.sentence} for one in proofs],
    }  # fmt: skip
    answer(payload, text="\n".join(lines), as_json=as_json)
    if not is_right:
        raise SystemExit(1)


RIGHT, WRONG = marked("ok  "), marked("FAIL")
NEXT = marked("Start it with zhike up. Whoever was signed in signs in again.")
KEEP_EVIDENCE = marked("Do not work on it: keep it as evidence, and restore another backup.")


def lake_of(home: Home) -> Path:
    """Where the lake lies."""
    return Path(os.environ.get("ZHIKE_LAKE") or home.lake)


def size_of(count: int) -> str:
    """Bytes as people read them."""
    return f"{count / 1_000_000:,.1f} MB"


def _bring_back(backup: Path, home: Home, *, is_drill: bool, say: Say) -> tuple[Manifest, list[Proof]]:
    """Verify, put back, and hold to account. The included server is stopped again."""
    from zhike.run.backups import manifest as manifests
    from zhike.run.backups import restoring

    lake = lake_of(home)
    with waiting(said("Verifying the backup"), say=say):
        manifest = manifests.read_manifest(backup, keys=home.keys)
        restoring.demand_empty(home, lake)
        restoring.demand_room(home, manifest)
        manifests.demand_files(backup, manifest)
    restoring.begin(home)
    server = find_server(home)
    with ExitStack() as stack:
        stack.enter_context(held(HomeLock(home.lock)))
        stack.callback(server.stop)
        server.start()
        server.prepare()
        proofs = restoring.put_back(backup, manifest, home=home, server=server, lake=lake, say=say)
        if all(proof.holds for proof in proofs):
            with waiting(said("Holding the restored bank to account"), say=say):
                proofs += _account(home, manifest, is_drill=is_drill)
    return manifest, proofs


def _account(home: Home, manifest: Manifest, *, is_drill: bool) -> Iterator[Proof]:
    """As the owner, within this release: migrations, the doctor, the audit, the last run, a page."""
    from zhike.run.backups.restoring import Proof

    enter_quietly(roles.OWNER, roles.LOADER, is_setting_up=True)
    bring_to_this_release()
    yield Proof("RELEASE", True, said("The database has the tables of this release."))
    yield from _examined(home)
    if not is_drill:
        _go_on_from(manifest)
    yield _audited(restored_to=manifest.audit.seals if is_drill else None, manifest=manifest)
    if manifest.last_run is not None:
        yield _recomputed(manifest.last_run)
    yield _answers()


def _examined(home: Home) -> Iterator[Proof]:
    from zhike.run.backups.restoring import Proof
    from zhike.run.checks.findings import Level
    from zhike.run.doctor import examine

    findings = list(examine(home, find_server(home)))
    failures = [one for one in findings if one.level is Level.FAILURE]
    for one in failures:
        yield Proof("DOCTOR", False, one.sentence())
    if not failures:
        yield Proof("DOCTOR", True, said("The doctor's %(count)s checks hold.", count=len(findings)))


def _go_on_from(manifest: Manifest) -> None:
    """Say in the witness and in the audit from where the chain goes on, and seal what had not been sealed."""
    from django.db import transaction

    from zhike.core import audit
    from zhike.core.operations import sealing, witness
    from zhike.staff.api import Operator

    now = datetime.now(UTC)
    with transaction.atomic():
        lost = witness.witness_restoration(now=now)
        detail: dict[str, Any] = {"moment": manifest.taken_at.isoformat(), "lost_checkpoints": lost}
        audit.record("backup.restored", by=Operator(name=who_runs_this()), at=now, detail=detail)
    while sealing.seal(now=datetime.now(UTC)):
        pass


def _audited(*, restored_to: int | None, manifest: Manifest) -> Proof:
    from zhike.core.models import AuditSeal
    from zhike.core.operations import sealing
    from zhike.run.backups.restoring import Proof

    verdict = sealing.verify(restored_to=restored_to)
    head = AuditSeal.objects.filter(seq=manifest.audit.seals).first()
    has_head = (bytes(head.hash).hex() if head else "") == manifest.audit.head
    if verdict.ok and has_head:
        sentence = " ".join(verdict.in_words())
        return Proof("AUDIT", True, said("The audit holds against its witness: %(words)s", words=sentence))
    words = " ".join(one.sentence() for one in verdict.problems[:5])
    if not has_head:
        words = said("The head of the chain is not the one that was backed up.") + " " + words
    return Proof("AUDIT", False, said("The audit does not hold: %(words)s", words=words.strip()))


def _recomputed(run: int) -> Proof:
    from zhike.loyalty import api as loyalty
    from zhike.run.backups.restoring import Proof

    found = loyalty.recompute_run(run_id=run)
    if found.is_equal:
        return Proof("LAST_RUN", True, said("%(run)s, computed again: equal, bit for bit.", run=found.run))
    if found.file_is_intact and not found.is_comparable:
        return Proof(
            "LAST_RUN",
            True,
            said(
                "%(run)s is of another release (%(release)s); its file is intact.",
                run=found.run,
                release=found.release,
            ),
        )
    return Proof("LAST_RUN", False, said("%(run)s, computed again: NOT equal.", run=found.run))


def _answers() -> Proof:
    """Whether the pages would come up."""
    from django.conf import settings
    from django.test import Client

    from zhike.run.backups.restoring import Proof

    host = settings.ALLOWED_HOSTS[0]
    status = (
        Client(raise_request_exception=False)
        .get("/login/", headers={"host": host}, secure=settings.BEHIND_TLS)
        .status_code
    )
    return Proof(
        "PAGES", status == 200, said("The sign-in page answers with status %(status)s.", status=status)
    )
