"""What `zhike import` says of a reading, a load or a refusal."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from zhike.run.words import counted, said

if TYPE_CHECKING:
    from zhike.facts.models import ImportBatch

REJECTS_TOLD = 5
"""Faults of rejected rows that the answer itself tells, personal values masked."""


def report(batch: ImportBatch, *, is_new: bool, rejects: Path | None) -> str:
    """What a reading or a load has brought: rows, control totals, balances, and the first rejected rows."""
    if not is_new:
        return said(
            "These files were loaded before, as import %(number)s. Nothing has changed.", number=batch.pk
        )
    from zhike.core import formats

    names = {"number": batch.pk, "business_on": batch.business_on or formats.NONE}
    if batch.state == "LOADED":
        lines = [said("Loaded: import %(number)s, business date %(business_on)s.", **names)]
    else:
        lines = [said("Checked, not loaded: import %(number)s, business date %(business_on)s.", **names)]
    lines += [_rows(table, row) for table, row in batch.counts.items() if row["offered"]]
    if batch.statements:
        lines.append(said("Reconciliation:"))
        lines += [_statement(row) for row in batch.statements]
    if batch.chain:
        lines.append(said("Running balances: %(parts)s", parts=_chained(batch.chain)))
    if batch.reject_count:
        lines.append(_rejected(batch.reject_count, rejects))
        lines += [f"  {words}" for words in _first_rejects(batch)]
    return "\n".join(lines)


def standing(batch: ImportBatch, waits: Sequence[ImportBatch]) -> list[str]:
    """That nothing was loaded, and what is on record of it: `waits`, all refused, keep evaluations from starting."""
    from zhike.core import formats

    lines = [said("Nothing was loaded.")]
    if waits:
        lines.append(
            counted(
                "Import %(numbers)s keeps evaluations from starting, until the next delivery of its source is "
                "loaded, or it is discarded on its page: %(pages)s",
                "Imports %(numbers)s keep evaluations from starting, until the next delivery of their source is "
                "loaded, or they are discarded on their pages: %(pages)s",
                len(waits),
                numbers=("、" if formats.chinese() else ", ").join(str(each.pk) for each in waits),
                pages=" ".join(f"/imports/{each.pk}/" for each in waits),
            )
        )
    if batch.state == "DISCARDED":
        lines.append(
            said(
                "Import %(number)s is on record as discarded: nothing is left to decide, and no evaluation "
                "waits for it.",
                number=batch.pk,
            )
        )
    elif batch.state == "PREVIEW":
        lines.append(
            said(
                "Import %(number)s cannot be loaded as it is. Look at it and discard it on its page, "
                "/imports/%(number)s/. No evaluation waits for it.",
                number=batch.pk,
            )
        )
    return lines


def _chained(chain: dict[str, Any]) -> str:
    """How many balances run on from the one before, and in which way."""
    from zhike.core import formats
    from zhike.facts.wording import CHAIN

    between = "，" if formats.chinese() else ", "
    return between.join(f"{CHAIN[name]} {formats.grouped(chain[name])}" for name in CHAIN if chain.get(name))


def _rejected(number: int, file: Path | None) -> str:
    if file is not None:
        return counted(
            "%(count)s row was rejected; it stands in %(file)s with the reasons.",
            "%(count)s rows were rejected; they stand in %(file)s with the reasons.",
            number,
            file=file,
        )
    return counted(
        "%(count)s row was rejected; --rejects FILE writes it with the reasons.",
        "%(count)s rows were rejected; --rejects FILE writes them with the reasons.",
        number,
    )


def _rows(table: str, row: dict[str, int]) -> str:
    """How many rows of a table were kept, and how many not."""
    from zhike.facts.wording import TABLES

    values = {"table": TABLES.get(table, table), "kept": f"{row['kept']:,}"}
    if row["rejected"]:
        return said(
            "  %(table)s: %(kept)s rows, %(rejected)s rejected", rejected=f"{row['rejected']:,}", **values
        )
    return said("  %(table)s: %(kept)s rows", **values)


def _first_rejects(batch: ImportBatch) -> list[str]:
    from zhike.facts import api as facts

    return [facts.reject_words(row) for row in facts.first_rejects(batch, values=True, limit=REJECTS_TOLD)]


def _statement(row: dict[str, Any]) -> str:
    """A control total: what was found, and what the source stated."""
    from zhike.core import formats

    values = {
        "mark": "=" if row["equal"] else "≠",
        "name": row["name"],
        "found": formats.stated(row["found"], row["unit"]),
        "expected": formats.stated(row["expected"], row["unit"]),
    }
    line = (
        said("  %(mark)s %(name)s: %(found)s of %(expected)s", **values)
        if row["unit"] == "cents"
        else said("  %(mark)s %(name)s: %(found)s of %(expected)s rows", **values)
    )
    return f"{line}  {row['explained']}" if not row["equal"] and row["explained"] else line
