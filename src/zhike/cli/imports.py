"""`zhike import`: a folder of extracts into the bank's facts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

from zhike.cli import import_words as words
from zhike.cli.answers import answer, json_option, progress, refuse, told
from zhike.cli.session import enter_quietly
from zhike.run import roles
from zhike.run.words import said

if TYPE_CHECKING:
    from zhike.facts.models import ImportBatch


@click.command(
    "import",
    **told(
        said(
            "Load the extracts in FOLDER by MAPPING (a file, or the name of one in mappings/).\n\n"
            "Everything is loaded or nothing. The same files again change nothing. Rejected rows are kept "
            "with file, line, column and reason. Exit status 1 if the delivery was not, or with --check could "
            "not be, loaded."
        )
    ),
)
@click.argument("mapping", type=click.Path(path_type=Path))
@click.argument("folder", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option(
    "--check", is_flag=True, help=said("Read, check and reconcile; load nothing, leave nothing to decide.")
)
@click.option(
    "--rejects",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help=said("Write rejected rows here (CSV)."),
)
@json_option
def command(mapping: Path, folder: Path, check: bool, rejects: Path | None, as_json: bool) -> None:
    enter_quietly(roles.WORKER, roles.LOADER)
    from django.utils import timezone

    from zhike.facts import api as facts

    now = datetime.now(UTC)
    tell = _teller(as_json)
    with _refusals(as_json=as_json):
        batch = facts.read_extracts(
            mapping=find_mapping(mapping), folder=folder, by=None, now=now, is_check=check, tell=tell
        )
        is_new = batch.state != "LOADED"
        problem = facts.blocking(batch, on=timezone.localdate(now)) if is_new else ""
        try:
            if rejects is not None and batch.rejects:
                _write_rejects(batch, rejects, now=now)
            report = words.report(batch, is_new=is_new, rejects=rejects)
        finally:
            if is_new and check:
                batch = facts.discard_batch(batch_id=batch.pk, by=None, now=now)
        if is_new and not check and not problem:
            batch = facts.load_batch(batch_id=batch.pk, by=None, now=now, tell=tell)
            report = words.report(batch, is_new=True, rejects=rejects)
    if problem:
        if not as_json:
            click.echo(report)
        summary = _summary(batch, is_new=is_new) | {"code": "NOT_LOADABLE"}
        _refuse_batch(batch, problem, summary, as_json=as_json)
    answer(_summary(batch, is_new=is_new), text=report, as_json=as_json)


def _teller(as_json: bool) -> Callable[[str], None]:
    from zhike.core.labels import Register, label

    say = progress(as_json)
    return lambda step: say(f"{label(Register.STEP, f'IMPORT_{step}')} …")


@contextmanager
def _refusals(*, as_json: bool) -> Iterator[None]:
    """Say what keeps the files from being read or loaded, and what of them is on record now."""
    from zhike.core.errors import DomainError
    from zhike.facts import api as facts

    try:
        yield
    except facts.ImportRefused as refusal:
        error = facts.refusal_words(refusal.fault) if refusal.fault else str(refusal)
        if refusal.batch is None:
            refuse(error, as_json=as_json)
        _refuse_batch(refusal.batch, error, refusal.batch.refusal, as_json=as_json)
    except facts.MappingRefused as refusal:
        refuse(
            f"{refusal.file}: {facts.mapping_words(refusal)}", as_json=as_json,
            code=str(refusal.code), file=refusal.file, key=refusal.key,
        )  # fmt: skip
    except DomainError as refusal:  # what became of the batch meanwhile, on a page or by another command
        refuse(refusal, as_json=as_json)
    except Exception as error:
        if not facts.is_disk_full(error):
            raise
        text = said("The disk is full: make room, then import again. Nothing was loaded.")
        refuse(text, as_json=as_json, code="DISK_FULL")


def _refuse_batch(batch: ImportBatch, error: str, details: dict[str, Any], *, as_json: bool) -> NoReturn:
    """Say why a batch is not loaded, what becomes of it, and which loads keep evaluations from starting."""
    from zhike.facts import api as facts

    waits = facts.evaluation_waits()
    if as_json:
        on_record = {"batch": batch.pk, "state": batch.state, "keep_waiting": [other.pk for other in waits]}
        refuse(error, as_json=True, **{**details, **on_record, "ok": False})
    settled_by_hand = [other for other in waits if other.state == "REFUSED"]  # one under way settles itself
    refuse("\n".join([error, *words.standing(batch, settled_by_hand)]), as_json=False)


def _write_rejects(batch: ImportBatch, file: Path, *, now: datetime) -> None:
    from zhike.facts import api as facts

    file.touch(mode=0o600)
    file.chmod(0o600)
    file.write_bytes(facts.take_rejects(batch, purpose="REPAIR", by=None, now=now))


def find_mapping(name: Path) -> Path:
    """The mapping file named, or the one of that name in the folder of mappings or of the product's own."""
    if name.is_file():
        return name
    from django.conf import settings

    from zhike.facts import api as facts

    file = facts.path_of(name.name.removesuffix(".toml"))
    if file is not None:
        return file
    raise click.BadParameter(
        said("There is no mapping %(name)s; look into %(folder)s.", name=name, folder=settings.MAPPINGS)
    )


def _summary(batch: Any, *, is_new: bool) -> dict[str, Any]:
    return {
        "ok": True, "batch": batch.pk, "state": batch.state, "new": is_new,
        "business_on": batch.business_on.isoformat() if batch.business_on else None,
        "counts": batch.counts, "rejects": batch.reject_count, "statements": batch.statements,
        "running_balance": batch.chain,
        "files": [{"name": file["name"], "sha256": file["sha256"], "rows": file["rows"]} for file in batch.files],
    }  # fmt: skip
