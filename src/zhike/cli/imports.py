"""`zhike import`: a folder of extracts into the bank's facts."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from zhike.cli.answers import answer, json_option, progress, refuse, told
from zhike.cli.session import enter_quietly
from zhike.run import roles
from zhike.run.words import counted, said

REJECTS_TOLD = 5
"""Faults of rejected rows that the answer itself tells, personal values masked."""


@click.command(
    "import",
    **told(
        said(
            "Load the extracts in FOLDER by MAPPING (a file, or the name of one in mappings/).\n\n"
            "Everything is loaded or nothing. The same files again change nothing. Rejected rows are kept "
            "with file, line, column and reason."
        )
    ),
)
@click.argument("mapping", type=click.Path(path_type=Path))
@click.argument("folder", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option("--check", is_flag=True, help=said("Read, check and reconcile; load nothing."))
@click.option(
    "--rejects",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help=said("Write rejected rows here (CSV)."),
)
@json_option
def command(mapping: Path, folder: Path, check: bool, rejects: Path | None, as_json: bool) -> None:
    enter_quietly(roles.WORKER, roles.LOADER)
    from zhike.core.labels import Register, label
    from zhike.facts import api as facts

    say = progress(as_json)

    def tell(step: str) -> None:
        say(f"{label(Register.STEP, f'IMPORT_{step}')} …")

    now = datetime.now(UTC)
    try:
        batch = facts.read_extracts(
            mapping=find_mapping(mapping),
            folder=folder,
            by=None,
            now=now,
            is_check=check,
            tell=tell,
        )
        is_new = batch.state != "LOADED"
        if rejects is not None and batch.rejects:
            rejects.touch(mode=0o600)
            rejects.chmod(0o600)
            rejects.write_bytes(facts.take_rejects(batch, purpose="REPAIR", by=None, now=now))
        if is_new and not check:
            batch = facts.load_batch(batch_id=batch.pk, by=None, now=now, tell=tell)
    except facts.ImportRefused as refusal:
        error = facts.refusal_words(refusal.fault) if refusal.fault else str(refusal)
        refuse(error, as_json=as_json, **(refusal.batch.refusal if refusal.batch else {}))
    except facts.MappingRefused as refusal:
        refuse(
            f"{refusal.file}: {facts.mapping_words(refusal)}", as_json=as_json,
            code=str(refusal.code), file=refusal.file, key=refusal.key,
        )  # fmt: skip
    except Exception as error:
        if not facts.is_disk_full(error):
            raise
        text = said("The disk is full: make room, then import again. Nothing was loaded.")
        refuse(text, as_json=as_json, code="DISK_FULL")
    answer(_summary(batch, is_new=is_new), text=_text(batch, is_new=is_new), as_json=as_json)


def find_mapping(name: Path) -> Path:
    """The mapping file named, or the one of that name in the folder of mappings."""
    if name.is_file():
        return name
    from django.conf import settings

    file = Path(settings.MAPPINGS) / f"{name.name.removesuffix('.toml')}.toml"
    if file.is_file():
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


def _text(batch: Any, *, is_new: bool) -> str:
    if not is_new:
        return said(
            "These files were loaded before, as import %(number)s. Nothing has changed.", number=batch.pk
        )
    names = {"number": batch.pk, "business_on": batch.business_on}
    if batch.state == "LOADED":
        lines = [said("Loaded: import %(number)s, business date %(business_on)s.", **names)]
    else:
        lines = [said("Checked, not loaded: import %(number)s, business date %(business_on)s.", **names)]
    lines += [_rows(table, row) for table, row in batch.counts.items() if row["offered"]]
    if batch.statements:
        lines.append(said("Reconciliation:"))
        lines += [_statement(row) for row in batch.statements]
    chain = batch.counts.get("running_balance")
    if chain:
        from zhike.facts.wording import CHAIN

        parts = ", ".join(f"{CHAIN.get(name, name)} {chain[name]}" for name in chain if name != "offered")
        lines.append(said("Running balances: %(parts)s", parts=parts))
    if batch.reject_count:
        lines.append(
            counted(
                "1 row was rejected; --rejects FILE writes them with the reasons.",
                "%(count)s rows were rejected; --rejects FILE writes them with the reasons.",
                batch.reject_count,
            )
        )
        lines += [f"  {words}" for words in _first_rejects(batch)]
    return "\n".join(lines)


def _rows(table: str, row: dict[str, int]) -> str:
    """How many rows of a table were kept, and how many not."""
    from zhike.facts.wording import TABLES

    values = {"table": TABLES.get(table, table), "kept": f"{row['kept']:,}"}
    if row["rejected"]:
        return said(
            "  %(table)s: %(kept)s rows, %(rejected)s rejected", rejected=f"{row['rejected']:,}", **values
        )
    return said("  %(table)s: %(kept)s rows", **values)


def _first_rejects(batch: Any) -> list[str]:
    from zhike.facts import api as facts

    return [facts.reject_words(row) for row in facts.first_rejects(batch, values=True, limit=REJECTS_TOLD)]


def _statement(row: dict[str, Any]) -> str:
    from zhike.core import formats

    mark = "=" if row["equal"] else "≠"
    is_money = row["unit"] == "cents"
    shown = formats.amount if is_money else formats.grouped
    expected = "?" if row["expected"] is None else shown(row["expected"])
    unit = "" if is_money else f" {row['unit']}"
    reason = f"  {row['explained']}" if not row["equal"] and row["explained"] else ""
    return said(
        "  %(mark)s %(name)s: %(found)s of %(expected)s",
        mark=mark,
        name=row["name"],
        found=shown(row["found"]),
        expected=f"{expected}{unit}{reason}",
    )
