"""What changed between two runs, and that the causes add up (L-11, L-42)."""

from __future__ import annotations

from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from tests.analytics.adverse_bank import AS_OF

from zhike.analytics import compare, evaluate, scheme
from zhike.analytics.engine import DuckEngine
from zhike.analytics.scheme import SchemeSpec

LEAST_POINTS = 4.0


def run(engine: DuckEngine, spec: SchemeSpec, as_of: date, path: Path) -> dict[int, dict[str, Any]]:
    evaluate.evaluate(engine, evaluate.prepare(engine, spec, as_of), path)
    return rows(engine, "results")


def rows(engine: DuckEngine, view: str) -> dict[int, dict[str, Any]]:
    names = engine.columns(view)
    found = [dict(zip(names, row, strict=True)) for row in engine.fetch(f"SELECT * FROM {view}", {})]
    return {row["customer_id"]: row for row in found}


@pytest.mark.requirement("L-11", "L-42")
def test_compare_counts_every_customer_of_either_run_once(duck: DuckEngine, tmp_path: Path) -> None:
    spec = scheme.preset("full")
    before = run(duck, spec, date(2026, 3, 31), tmp_path / "before.parquet")
    now = run(duck, spec, AS_OF, tmp_path / "now.parquet")
    found = compare.compare(
        duck,
        tmp_path / "now.parquet",
        tmp_path / "before.parquet",
        tmp_path / "changes.parquet",
        least_points=LEAST_POINTS,
    )
    expected = Counter(
        (
            before[key]["tier"] if key in before else compare.NEW,
            now[key]["tier"] if key in now else compare.GONE,
        )
        for key in before.keys() | now.keys()
    )
    assert found.migration == expected
    assert {compare.NEW, compare.GONE} <= {tier for pair in found.migration for tier in pair}
    both = [(now[key]["score"], before[key]["score"]) for key in before.keys() & now.keys()]
    assert found.risen_count == sum(a > b for a, b in both if None not in (a, b))
    order = ["LOW", "MEDIUM", "HIGH"]
    steps = [(p, t) for p, t in expected.elements() if p in order and t in order]
    assert found.upgraded_count == sum(order.index(t) > order.index(p) for p, t in steps)
    assert found.downgraded_count == sum(order.index(t) < order.index(p) for p, t in steps)


@pytest.mark.requirement("L-11")
def test_causes_add_up_to_the_change_and_lead_with_the_largest(duck: DuckEngine, tmp_path: Path) -> None:
    spec = scheme.preset("full")
    run(duck, spec, date(2026, 3, 31), tmp_path / "before.parquet")
    run(duck, spec, AS_OF, tmp_path / "now.parquet")
    compare.compare(
        duck,
        tmp_path / "now.parquet",
        tmp_path / "before.parquet",
        tmp_path / "changes.parquet",
        least_points=LEAST_POINTS,
    )
    changed = rows(duck, "changed")
    assert changed
    codes = [use.code for use in spec.indicators]
    listed = dict(duck.fetch(f"SELECT c.customer_id, {compare.causes_of_changes(codes)} FROM changes c", {}))
    for key, change in changed.items():
        points = {code: change[f"{code.lower()}_change"] or 0.0 for code in codes}
        causes = compare.causes(points)
        assert tuple(listed[key]) == causes[: compare.CAUSES_SHOWN]
        if change["score_change"] is None:
            assert causes == ()
            continue
        assert change["tier"] != change["previous_tier"] or abs(change["score_change"]) >= LEAST_POINTS
        assert sum(points.values()) == pytest.approx(change["score_change"], abs=1e-9)
        sizes = [abs(points[code]) for code in causes]
        assert sizes == sorted(sizes, reverse=True)
        assert all(abs(points[code]) < compare.LEAST_CAUSE_POINTS for code in set(codes) - set(causes))


def test_causes_of_the_same_size_stand_by_their_code() -> None:
    assert compare.causes({"TENURE": -2.0, "COMPLAINT": 2.0, "REFERRAL": 0.04}) == ("COMPLAINT", "TENURE")
    assert compare.causes({}) == ()


def test_compare_counts_an_indicator_of_one_scheme_only_as_whole(duck: DuckEngine, tmp_path: Path) -> None:
    before = run(duck, scheme.preset("core_banking"), AS_OF, tmp_path / "before.parquet")
    run(duck, scheme.preset("full"), AS_OF, tmp_path / "now.parquet")
    found = compare.compare(
        duck,
        tmp_path / "now.parquet",
        tmp_path / "before.parquet",
        tmp_path / "changes.parquet",
        least_points=0.0,
    )
    assert set(found.mean_changes) == {
        "REPEAT_PURCHASE", "REFERRAL", "COMPLAINT", "SATISFACTION", "LIFETIME_VALUE",
        "TENURE", "PRODUCT_BREADTH", "BALANCE_TREND",
    }  # fmt: skip
    for key, change in rows(duck, "changed").items():
        points = {code: change[f"{code.lower()}_change"] or 0.0 for code in found.mean_changes}
        assert sum(points.values()) == pytest.approx(change["score_change"], abs=1e-9)
        assert points["TENURE"] == -before[key]["tenure_contribution"]
        assert (change["tenure_raw"], change["tenure_state"]) == (None, None)


def test_a_run_compared_with_itself_changed_nothing(duck: DuckEngine, tmp_path: Path) -> None:
    now = run(duck, scheme.preset("full"), AS_OF, tmp_path / "now.parquet")
    found = compare.compare(
        duck, tmp_path / "now.parquet", tmp_path / "now.parquet", tmp_path / "c.parquet", least_points=0.001
    )
    assert (found.changed_count, found.risen_count, found.fallen_count) == (0, 0, 0)
    assert sum(found.migration.values()) == len(now)
    assert set(found.mean_changes.values()) == {0.0}
