"""What changed between two runs, for whom, and why in points (L-11, L-42)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from zhike.analytics import plan
from zhike.analytics.engine import Engine
from zhike.analytics.indicators import CATALOGUE
from zhike.analytics.tiers import Tier

NEW = "NEW"
"""Stands for the previous tier of a customer who was not in the previous run."""
GONE = "GONE"
"""Stands for the tier of a customer who is not in the current run."""

CAUSES_SHOWN = 3
"""How many causes are kept with a result and shown in words."""
LEAST_CAUSE_POINTS = 0.05
"""Less than this is rounding to whoever reads one decimal."""

_MILLION = 1_000_000


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
    an indicator of only one of them counts whole.
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


def causes(points: Mapping[str, float]) -> tuple[str, ...]:
    """Return the indicators that moved a score, the largest part first, equal ones by code.

    `points` are the differences of the contributions. What moved less than `LEAST_CAUSE_POINTS` is no cause.
    """
    moved = [code for code, change in points.items() if abs(change) >= LEAST_CAUSE_POINTS]
    return tuple(sorted(moved, key=lambda code: (-abs(points[code]), code)))


def causes_of_changes(codes: Iterable[str]) -> str:
    """Return, in DuckDB's words, the list of the shown causes of a row `c` of `changes`: `causes` for millions."""
    parts = ", ".join(
        f"{{'size': -ABS(COALESCE(c.{CATALOGUE[code].column}_change, 0e0)), 'code': '{CATALOGUE[code].code}'}}"
        for code in codes
    )
    if not parts:
        return "CAST([] AS VARCHAR[])"
    return f"[x.code FOR x IN list_sort([{parts}])[1:{CAUSES_SHOWN}] IF x.size <= -{LEAST_CAUSE_POINTS}]"


def _codes(columns: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(
        code for code, indicator in CATALOGUE.items() if f"{indicator.column}_contribution" in columns
    )


def _step(pair: tuple[str, str]) -> int:
    """Tiers up or down; NEW, GONE and UNRATED are no steps."""
    rated = {tier.name: tier.value for tier in Tier if tier is not Tier.UNRATED}
    previous, tier = pair
    return rated[tier] - rated[previous] if previous in rated and tier in rated else 0
