"""How many customers a draft would move to another tier, on the same facts as the version in force (L-42)."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from zhike.analytics import evaluate as analytics
from zhike.analytics.engine import DuckEngine
from zhike.analytics.scheme import SchemeSpec
from zhike.facts import api as facts
from zhike.loyalty.operations import engines


def moves_against(
    duck: DuckEngine, snapshot: facts.Snapshot, ruling: SchemeSpec, *, as_of: date, tried: Path
) -> list[tuple[str, str, int]]:
    """Customers by tier of the score under the ruling scheme and under the tried one, whose rows are in a file.

    Evaluates the ruling scheme on the facts the engine stands over, into a file beside the other that goes with it.
    """
    path = tried.with_suffix(".ruling")
    analytics.evaluate(duck, engines.prepare(duck, snapshot, ruling, as_of), path)
    duck.view("trial_ruling", [path])
    duck.view("trial_tried", [tried])
    rows = duck.fetch(
        "SELECT r.score_tier, t.score_tier, COUNT(*) FROM trial_ruling r"
        " JOIN trial_tried t ON t.customer_id = r.customer_id GROUP BY 1, 2 ORDER BY 1, 2",
        {},
    )
    return [(str(before), str(after), int(count)) for before, after, count in rows]
