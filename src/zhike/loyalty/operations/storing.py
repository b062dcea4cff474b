"""Results from their file into PostgreSQL: DuckDB writes the rows as text, the loader copies them in.

The part of the table is opened in a transaction of its own, because that locks the whole table for a
moment; the copy itself then locks nothing. A copy that is killed leaves a run that was never reviewed.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path

from django.db import connections, transaction

from zhike.analytics.engine import DuckEngine, identifier
from zhike.analytics.evaluate import Summary
from zhike.analytics.indicators import CATALOGUE
from zhike.loyalty.enums import ValueState
from zhike.loyalty.models import Run, RunPeer, RunUnit
from zhike.loyalty.operations import engines

LOADER = "loader"
CAUSES_SHOWN = 3
LEAST_CAUSE_POINTS = 0.05
_BLOCK = 2**20
_SCALARS = (
    "customer_id", "outlet_id", "business_type", "customer_group", "weight_set", "score", "score_before",
    "score_change", "available_weight", "tier", "tier_before", "score_tier", "movement", "below_count",
    "is_sufficient", "is_provisional", "is_changed",
)  # fmt: skip
_ARRAYS = ("causes", "raws", "states", '"values"', "weights", "contributions")
COLUMNS = ("run_id", *_SCALARS, *_ARRAYS)


def store_results(
    duck: DuckEngine, *, run: Run, result_path: Path, least_points: float, moved: Sequence[str]
) -> int:
    """Copy a run's rows in; returns how many. `moved` are the indicators whose changes the engine has kept.

    Raises DatabaseError when the run does not take results (`loyalty_open_run`).
    """
    duck.view("stored", [result_path])
    with transaction.atomic(using=LOADER), connections[LOADER].cursor() as cursor:
        cursor.execute("SELECT loyalty_open_run(%s)", [run.pk])
    query = _rows(run, moved=moved, least_points=least_points)
    return copy_in(duck, table="loyalty_result", columns=COLUMNS, query=query)


def store_peers(run: Run, summary: Summary) -> None:
    """Keep what customers of the run are compared with."""
    RunPeer.objects.filter(run=run).delete()
    RunPeer.objects.bulk_create(
        RunPeer(
            run=run, indicator=peer.code, business_type=peer.business_type,
            customer_group=peer.customer_group, customer_count=peer.customer_count,
            mean_raw=peer.mean_raw, median_raw=peer.median_raw, median_value=peer.median_value,
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
    with tempfile.NamedTemporaryFile(dir=engines.spill_folder(), suffix=".csv") as file:
        duck.connection.execute(f"COPY ({query}) TO '{file.name}' (FORMAT csv, HEADER false, NULLSTR '\\N')")
        statement = f"COPY {table} ({', '.join(columns)}) FROM STDIN (FORMAT csv, NULL '\\N')"
        with transaction.atomic(using=LOADER), connections[LOADER].cursor() as cursor:
            with cursor.copy(statement) as copy, Path(file.name).open("rb") as rows:
                while block := rows.read(_BLOCK):
                    copy.write(block)
            return int(cursor.rowcount)


def _rows(run: Run, *, moved: Sequence[str], least_points: float) -> str:
    """The query that puts the wide row of the computation into the columns of the table."""
    names = [identifier(CATALOGUE[code].column) for code in run.indicators]
    is_compared = "TRUE" if run.previous_id else "FALSE"
    join = "LEFT JOIN changes c ON c.customer_id = r.customer_id" if moved else ""
    letters = " || ".join(
        f"CASE r.{name}_state " + " ".join(f"WHEN '{state.name}' THEN '{state.value}'" for state in ValueState)
        + " END"
        for name in names
    )  # fmt: skip
    return f"""
        SELECT {run.pk}, r.customer_id, r.outlet_id, r.business_type, r.customer_group, r.weight_set,
               r.score, r.previous_score, r.score - r.previous_score, r.available_weight, r.tier,
               COALESCE(r.previous_tier, ''), r.score_tier, r.movement, r.below_count, r.is_sufficient,
               r.is_provisional,
               {is_compared} AND (r.previous_tier IS NULL OR r.tier <> r.previous_tier
                    OR ABS(COALESCE(r.score - r.previous_score, 0e0)) >= {float(least_points)!r}),
               {causes_column(moved)}, {_array(names, "raw")}, {letters}, {_array(names, "value")},
               {_array(names, "weight")}, {_array(names, "contribution")}
          FROM stored r {join}"""


def _array(names: Sequence[str], part: str) -> str:
    """A PostgreSQL array as text; DuckDB's spelling of a double reads back as the same double."""
    cells = ", ".join(f"COALESCE(CAST(r.{name}_{part} AS VARCHAR), 'NULL')" for name in names)
    return f"'{{' || concat_ws(',', {cells}) || '}}'"


def causes_column(moved: Sequence[str]) -> str:
    """The codes of what moved the score most, as a PostgreSQL array in text."""
    if not moved:
        return "'{}'"
    parts = ", ".join(
        f"{{'size': -ABS(COALESCE(c.{identifier(CATALOGUE[code].column)}_change, 0e0)), 'code': '{code}'}}"
        for code in moved
    )
    return (
        f"'{{' || array_to_string([x.code FOR x IN list_sort([{parts}])[1:{CAUSES_SHOWN}]"
        f" IF x.size <= -{LEAST_CAUSE_POINTS}], ',') || '}}'"
    )


def stored_count(run_id: int) -> int:
    """How many rows of a run are stored; for the reconciliation."""
    with connections[LOADER].cursor() as cursor:
        cursor.execute("SELECT COUNT(*) FROM loyalty_result WHERE run_id = %s", [run_id])
        return int(cursor.fetchone()[0])
