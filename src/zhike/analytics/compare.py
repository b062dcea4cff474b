"""What changed between two runs, for whom, and why in points (L-11, L-42)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from zhike.analytics import plan
from zhike.analytics.engine import Engine
from zhike.analytics.indicators import CATALOGUE
from zhike.analytics.tiers import Tier

NEW = "NEW"
"""Stands for the previous tier of a customer who was not in the previous run."""
GONE = "GONE"
"""Stands for the tier of a customer who is not in the current run."""

_MILLION = 1_000_000


@dataclass(frozen=True, slots=True)
class Cause:
    """What one indicator did to one customer's score, in points, with its raw value before and after.

    States tell a change of the customer's doing from one of data: an answer that aged out of the window
    goes from OBSERVED to IMPUTED. None: the indicator was not in that run's scheme.
    """

    code: str
    points: float
    previous_raw: float | None
    raw: float | None
    previous_state: str | None
    state: str | None


@dataclass(frozen=True)
class Comparison:
    """Two runs compared. `migration` counts customers by (previous tier, tier), with NEW and GONE.

    `mean_changes` is the average number of points by which each indicator moved the customers of both runs.
    """

    migration: Mapping[tuple[str, str], int]
    risen_count: int
    fallen_count: int
    changed_count: int
    mean_changes: Mapping[str, float]

    @property
    def upgraded_count(self) -> int:
        """Customers in a higher tier than before."""
        return sum(count for pair, count in self.migration.items() if _step(pair) > 0)

    @property
    def downgraded_count(self) -> int:
        """Customers in a lower tier than before."""
        return sum(count for pair, count in self.migration.items() if _step(pair) < 0)


def compare(
    engine: Engine,
    current_path: str | Path,
    previous_path: str | Path,
    changes_path: str | Path,
    *,
    least_points: float,
) -> Comparison:
    """Compare two results and write the changed customers to Parquet, one row each.

    Changed means another tier, new, gone, or a score moved by `least_points` or more. The schemes may differ:
    an indicator of only one of them counts whole. `causes` reads a row of the file.
    """
    engine.view("current_run", [current_path])
    engine.view("previous_run", [previous_path])
    codes = _codes(engine.columns("current_run")), _codes(engine.columns("previous_run"))
    engine.keep("changes", plan.changes(*codes), {})
    engine.write(plan.text("changed"), {"least_points": least_points}, changes_path)
    engine.view("changed", [changes_path])
    rows = engine.fetch(plan.text("migration"), {})
    either = list(dict.fromkeys((*codes[0], *codes[1])))
    both_count, *sums = engine.fetch(plan.change_sums(either), {})[0]
    return Comparison(
        migration={(previous, tier): count for previous, tier, count, _, _ in sorted(rows)},
        risen_count=sum(row[3] for row in rows),
        fallen_count=sum(row[4] for row in rows),
        changed_count=engine.fetch("SELECT COUNT(*) FROM changed", {})[0][0],
        mean_changes={
            code: (total or 0) / max(both_count, 1) / _MILLION
            for code, total in zip(either, sums, strict=True)
        },
    )


def causes(change: Mapping[str, Any]) -> tuple[Cause, ...]:
    """Return why one customer's score moved, the largest part first; a row of the changes by column name.

    Indicators that moved nothing are left out. For a customer new or gone there is nothing to compare: ().
    """
    found = []
    for code, indicator in CATALOGUE.items():
        points = change.get(f"{indicator.column}_change")
        if points:
            c = indicator.column
            values = (f"{c}_previous_raw", f"{c}_raw", f"{c}_previous_state", f"{c}_state")
            found.append(Cause(code, points, *(change[name] for name in values)))
    return tuple(sorted(found, key=lambda cause: -abs(cause.points)))


def _codes(columns: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(
        code for code, indicator in CATALOGUE.items() if f"{indicator.column}_contribution" in columns
    )


def _step(pair: tuple[str, str]) -> int:
    """Tiers up or down; NEW, GONE and UNRATED are no steps."""
    rated = {tier.name: tier.value for tier in Tier if tier is not Tier.UNRATED}
    previous, tier = pair
    return rated[tier] - rated[previous] if previous in rated and tier in rated else 0
