"""对账: what a run has read and made must equal what the imports committed, to the cent (T-23)."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from zhike.analytics.engine import Engine
from zhike.analytics.evaluate import Reconciliation
from zhike.facts import api as facts

CONTROLS = {"balances": "end_cents", "transactions": "amount_cents", "events": "amount_cents"}
"""Fact table → the column whose sum the import keeps as its control total."""


@dataclass(frozen=True, slots=True)
class Statement:
    """One figure that must agree. `unit` is ROWS, CENTS or POINTS; `code` says what is compared."""

    code: str
    table: str
    unit: str
    expected: int | float
    found: int | float

    @property
    def is_ok(self) -> bool:
        """Whole figures agree exactly; points to a billionth."""
        return abs(self.found - self.expected) <= (1e-9 if self.unit == "POINTS" else 0)

    def plain(self) -> dict[str, Any]:
        """The stored form."""
        return {**asdict(self), "is_ok": self.is_ok}


def read_against_committed(engine: Engine, snapshot: facts.Snapshot) -> list[Statement]:
    """Rows and control totals of every table the engine reads, against the committed batches."""
    found = []
    for table, expected in snapshot.row_counts.items():
        column = CONTROLS.get(table)
        total = f"CAST(COALESCE(SUM({column}), 0) AS BIGINT)" if column else "0"
        rows, cents = engine.fetch(f"SELECT COUNT(*), {total} FROM {table}", {})[0]
        found.append(Statement("FACTS", table, "ROWS", expected, rows))
        if column:
            found.append(Statement("FACTS", table, "CENTS", snapshot.sums_cents.get(table, 0), cents))
    return found


def made_against_read(figures: Reconciliation) -> list[Statement]:
    """Every customer once, contributions that sum to the score, weights that sum to one."""
    return [
        Statement("EVERY_CUSTOMER", "customers", "ROWS", figures.customers_in, figures.rows_out),
        Statement("ONCE_EACH", "customers", "ROWS", figures.rows_out, figures.distinct_customers),
        Statement("CONTRIBUTIONS", "results", "POINTS", 0.0, figures.largest_score_gap),
        Statement("WEIGHTS", "results", "POINTS", 0.0, figures.largest_weight_gap),
    ]


def stored_against_made(*, made: int, stored: int) -> Statement:
    """Rows in the database against rows in the file."""
    return Statement("STORED", "results", "ROWS", made, stored)
