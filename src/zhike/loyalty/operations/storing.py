"""Results from their file into PostgreSQL, in slices and in PostgreSQL's own binary form.

The rows go into a table of the run's own, which becomes a part of the results once they are all there: whoever
reads results waits for nothing, and a copy that is killed leaves nothing.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from django.db import connections, transaction

from zhike.analytics.compare import CAUSES_SHOWN, causes_of_changes
from zhike.analytics.engine import DuckEngine, identifier
from zhike.analytics.evaluate import Summary
from zhike.analytics.indicators import CATALOGUE
from zhike.analytics.slices import Column, slices
from zhike.facts import api as facts
from zhike.loyalty.enums import ValueState
from zhike.loyalty.models import Run, RunPeer, RunUnit
from zhike.loyalty.operations import binary_rows as binary

LOADER = "loader"
_BLOCK = 2**20
_ROWS = 16_384
"""Rows put together at a time."""

COLUMNS = (
    "run_id", "customer_id", "outlet_id", "business_type", "customer_group", "weight_set", "score", "score_before",
    "score_change", "available_weight", "tier", "tier_before", "score_tier", "movement", "below_count",
    "is_sufficient", "is_provisional", "is_changed", "causes", "raws", "states", '"values"', "weights",
    "contributions",
)  # fmt: skip
_WHOLE = frozenset({"run_id", "customer_id", "outlet_id"})
_DOUBLE = frozenset({"score", "score_before", "score_change", "available_weight"})
_PARTS = {"raws": "raw", '"values"': "value", "weights": "weight", "contributions": "contribution"}
"""Column of the table → part of each indicator that it lists."""


def store_results(
    duck: DuckEngine, *, run: Run, result_path: Path, least_points: float, moved: Sequence[str]
) -> int:
    """Copy a run's rows in; returns how many. `moved` are the indicators whose changes the engine has kept.

    Raises DatabaseError when the run does not take results (`loyalty_open_run`).
    """
    duck.view("stored", [result_path])
    duck.relation("outgoing", _rows(run, moved=moved, least_points=least_points))
    statement = f"COPY loyalty_result_{run.pk} ({', '.join(COLUMNS)}) FROM STDIN (FORMAT binary, FREEZE)"
    with transaction.atomic(using=LOADER), connections[LOADER].cursor() as cursor:
        cursor.execute("SELECT loyalty_open_run(%s)", [run.pk])
        with cursor.copy(statement) as copy:
            copy.write(binary.START)
            for records in _ahead(_records(duck, run)):
                copy.write(records)
            copy.write(binary.END)
        count = int(cursor.rowcount)
        cursor.execute("SELECT loyalty_close_run(%s)", [run.pk])
    return count


def store_peers(run: Run, summary: Summary) -> None:
    """Keep what customers of the run are compared with."""
    RunPeer.objects.filter(run=run).delete()
    RunPeer.objects.bulk_create(
        RunPeer(
            run=run, indicator=peer.code, business_type=peer.business_type,
            customer_group=peer.customer_group, customer_count=peer.customer_count,
            mean_raw=peer.mean_raw, deviation=peer.deviation, median_raw=peer.median_raw,
            median_rank=peer.median_rank, median_value=peer.median_value,
        )
        for peer in summary.peers
    )  # fmt: skip


def store_units(duck: DuckEngine, *, run: Run, least_points: float, is_compared: bool) -> None:
    """Keep the totals by outlet; with a run before also who came and who went."""
    if is_compared:
        query = f"""
            SELECT outlet_id, COALESCE(previous_tier, 'UNRATED'), tier, COUNT(*),
                   COUNT(CASE WHEN tier <> previous_tier OR ABS(score_change) >= {float(least_points)!r} THEN 1 END)
              FROM changes GROUP BY 1, 2, 3"""
    else:
        query = "SELECT outlet_id, '', tier, COUNT(*), 0 FROM stored GROUP BY 1, 3"
    RunUnit.objects.filter(run=run).delete()
    RunUnit.objects.bulk_create(
        RunUnit(run=run, outlet_id=outlet, tier_before=before, tier=tier, customer_count=count,
                changed_count=changed)
        for outlet, before, tier, count, changed in duck.fetch(query, {})
    )  # fmt: skip


def copy_in(duck: DuckEngine, *, table: str, columns: Sequence[str], query: str) -> int:
    """Copy the rows of a query into a table as the loader, in one transaction; returns how many."""
    with tempfile.NamedTemporaryFile(dir=facts.spill_folder(), suffix=".csv") as file:
        duck.connection.execute(f"COPY ({query}) TO '{file.name}' (FORMAT csv, HEADER false, NULLSTR '\\N')")
        statement = f"COPY {table} ({', '.join(columns)}) FROM STDIN (FORMAT csv, NULL '\\N')"
        with transaction.atomic(using=LOADER), connections[LOADER].cursor() as cursor:
            with cursor.copy(statement) as copy, Path(file.name).open("rb") as rows:
                while block := rows.read(_BLOCK):
                    copy.write(block)
            return int(cursor.rowcount)


def _rows(run: Run, *, moved: Sequence[str], least_points: float) -> str:
    """The query that gives a row of the computation the columns of the table, its lists still apart."""
    names = [identifier(CATALOGUE[code].column) for code in run.indicators]
    is_compared = "TRUE" if run.previous_id else "FALSE"
    join = "LEFT JOIN changes c ON c.customer_id = r.customer_id" if moved else ""
    letters = [
        f"CASE r.{name}_state " + " ".join(f"WHEN '{state.name}' THEN '{state.value}'" for state in ValueState)
        + f" END AS {name}_state"
        for name in names
    ]  # fmt: skip
    parts = [f"r.{name}_{part}" for part in _PARTS.values() for name in names]
    causes = [
        f"({causes_of_changes(moved)})[{place}] AS {name}" for place, name in enumerate(_cause_names(), 1)
    ]
    return f"""
        SELECT CAST({run.pk} AS BIGINT) AS run_id, r.customer_id, r.outlet_id, r.business_type, r.customer_group,
               r.weight_set, r.score, r.previous_score AS score_before, r.score - r.previous_score AS score_change,
               r.available_weight, r.tier, COALESCE(r.previous_tier, '') AS tier_before, r.score_tier, r.movement,
               r.below_count, r.is_sufficient, r.is_provisional,
               {is_compared} AND (r.previous_tier IS NULL OR r.tier <> r.previous_tier
                    OR ABS(COALESCE(r.score - r.previous_score, 0e0)) >= {float(least_points)!r}) AS is_changed,
               {", ".join([*causes, *letters, *parts])}
          FROM stored r {join}"""


def _records(duck: DuckEngine, run: Run) -> Iterator[bytes]:
    indicators = [identifier(CATALOGUE[code].column) for code in run.indicators]
    for part in slices(duck, "outgoing", key="customer_id"):
        for few in _cut(part):
            yield binary.rows([_field(name, few, indicators) for name in COLUMNS])


def _ahead(items: Iterator[bytes]) -> Iterator[bytes]:
    """The items, each made by another thread while the database takes the one before."""
    with ThreadPoolExecutor(max_workers=1) as pool:
        following = pool.submit(next, items, b"")
        while item := following.result():
            following = pool.submit(next, items, b"")
            yield item


def _cut(part: dict[str, Column]) -> Iterator[dict[str, Column]]:
    for start in range(0, len(part["customer_id"].values), _ROWS):
        few = slice(start, start + _ROWS)
        yield {
            name: Column(column.values[few], column.is_null[few], column.words)
            for name, column in part.items()
        }


def _field(name: str, part: dict[str, Column], indicators: Sequence[str]) -> binary.Field:
    """One column of the table, from the columns of `_rows`."""
    if name in _PARTS:
        cells = [binary.number(part[f"{each}_{_PARTS[name]}"], binary.DOUBLE) for each in indicators]
        return binary.array(cells, binary.DOUBLE_OID)
    if name == "states":
        return binary.letters([part[f"{each}_state"] for each in indicators])
    if name == "causes":
        causes = [part[each] for each in _cause_names()]
        is_there = ~np.stack([each.is_null for each in causes], axis=1)
        return binary.short_array([binary.word(each) for each in causes], is_there, binary.VARCHAR_OID)
    if name in _WHOLE:
        return binary.number(part[name], binary.BIGINT)
    if name in _DOUBLE:
        return binary.number(part[name], binary.DOUBLE)
    if name == "below_count":
        return binary.number(part[name], binary.INTEGER)
    return binary.number(part[name], binary.BOOLEAN) if name.startswith("is_") else binary.word(part[name])


def _cause_names() -> list[str]:
    return [f"cause_{place}" for place in range(1, CAUSES_SHOWN + 1)]


def causes_column(moved: Sequence[str]) -> str:
    """The codes of what moved the score most, as a PostgreSQL array in text."""
    return f"'{{' || array_to_string({causes_of_changes(moved)}, ',') || '}}'"


def stored_count(run_id: int) -> int:
    """How many rows of a run are stored; for the reconciliation."""
    with connections[LOADER].cursor() as cursor:
        cursor.execute("SELECT COUNT(*) FROM loyalty_result WHERE run_id = %s", [run_id])
        return int(cursor.fetchone()[0])
