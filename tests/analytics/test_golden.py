"""The golden figures through the SQL of a whole run: margin 9,720.00, scores 64.40, 68.00 and 60.00."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from zhike.analytics import evaluate, scheme
from zhike.analytics.engine import DuckEngine
from zhike.analytics.indicators import Policy
from zhike.analytics.scheme import SchemeSpec
from zhike.facts.contract import LAKE_COLUMNS

AS_OF = date(2026, 9, 30)
MONTHS = [date(2025, 10 + i, 1) if i < 3 else date(2026, i - 2, 1) for i in range(12)]
RETAIL, CORPORATE = (
    1,
    3,
)  # each has one peer with less value, so that its rank is the middle of the upper half


def facts() -> dict[str, list[dict[str, Any]]]:
    """Two customers with the golden facts and a peer of each with an account and nothing in it."""
    rows: dict[str, list[dict[str, Any]]] = {name: [] for name in LAKE_COLUMNS}
    rows["products"] = [
        {"product_id": 1, "category": "DEMAND", "margin_ppm": 13_000, "loss_ppm": 0, "fee_cents": 120_000},
        {"product_id": 2, "category": "LOAN", "margin_ppm": 17_000, "loss_ppm": 5_400, "fee_cents": 0},
        {
            "product_id": 3,
            "category": "FUND",
            "margin_ppm": 0,
            "loss_ppm": 0,
            "fee_cents": 0,
            "is_chosen": True,
        },
    ]
    for number in (1, 2, 3, 4):
        business_type = "RETAIL" if number < 3 else "CORPORATE"
        rows["customers"].append(
            {
                "customer_id": number,
                "business_type": business_type,
                "customer_group": "GENERAL",
                "opened_on": date(2020, 1, 1),
            }
        )
        for product_id in (1, 2):
            account = {"account_id": number * 10 + product_id, "product_id": product_id}
            rows["accounts"].append(
                account | {"customer_id": number, "opened_on": date(2020, 1, 1), "opening": "NEW"}
            )
            held = {1: 50_000_000, 2: 20_000_000}[product_id] if number in (RETAIL, CORPORATE) else 0
            rows["balances"] += [
                {"account_id": account["account_id"], "month_on": month, "average_cents": held}
                for month in MONTHS
            ]
    for number in (RETAIL, CORPORATE):
        rows["accounts"] += [
            {
                "account_id": number * 10 + 3 + again,
                "customer_id": number,
                "product_id": 3,
                "opened_on": date(2026, 1 + again, 5),
                "opening": "NEW",
            }
            for again in range(4)
        ]
        rows["transactions"] += [
            {"txn_no": f"{number}-{at}", "customer_id": number, "booked_on": AS_OF, "channel": "COUNTER"}
            for at in range(20)  # at 15 each: 300 a year
        ]
        event = {"customer_id": number, "happened_on": AS_OF}
        rows["events"] += [
            event | {"kind": "REFERRAL", "outcome": "QUALIFIED"},
            event | {"kind": "COMPLAINT", "outcome": "FOUNDED", "severity": 1},
            event | {"kind": "ANSWER", "outcome": "VALID", "satisfaction": 4},
        ]
    return rows


@pytest.fixture
def golden_bank() -> Iterator[DuckEngine]:
    with DuckEngine() as engine:
        rows = facts()
        for name, columns in LAKE_COLUMNS.items():
            engine.table(name, columns, [[row.get(c) for c, _ in columns] for row in rows[name]])
        yield engine


@pytest.fixture
def golden_scheme() -> SchemeSpec:
    """The full scheme with bounds at which the golden facts give the golden values."""
    numbers = {
        "REPEAT_PURCHASE": {"target": 5},  # 3 repeats: 60
        "SATISFACTION": {"low": 1, "high": 1 + 3 / 0.82},  # an answer of 4: 82
        "LIFETIME_VALUE": {
            "horizon_years": 1,
            "discount": 0,
            "stated_alpha": 1e-6,
            "stated_beta": 1e6,
            "counter_cost": 15,
        },
    }
    full = scheme.preset("full")
    return replace(
        full,
        indicators=tuple(
            replace(use, parameters={**use.parameters, **numbers.get(use.code, {})}, by_business_type={})
            for use in full.indicators
        ),
    )


def row(engine: DuckEngine, customer_id: int) -> dict[str, Any]:
    found = engine.fetch("SELECT * FROM results WHERE customer_id = :id", {"id": customer_id})
    return dict(zip(engine.columns("results"), found[0], strict=True))


@pytest.mark.requirement("L-37", "T-28")
def test_lifetime_value_is_the_golden_margin_when_everybody_stays_a_year(
    golden_bank: DuckEngine, golden_scheme: SchemeSpec, tmp_path: Path
) -> None:
    inputs = evaluate.prepare(golden_bank, golden_scheme, AS_OF)
    evaluate.evaluate(golden_bank, inputs, tmp_path / "results.parquet")
    assert row(golden_bank, RETAIL)["lifetime_value_raw"] == pytest.approx(9720.00, abs=1e-6)


@pytest.mark.requirement("L-37")
def test_a_founded_objection_weighs_half_a_complaint(
    golden_bank: DuckEngine, golden_scheme: SchemeSpec, tmp_path: Path
) -> None:
    for outcome in ("FOUNDED", "UNFOUNDED"):
        golden_bank.connection.execute(
            "INSERT INTO events (customer_id, kind, happened_on, outcome) VALUES (?, 'OBJECTION', ?, ?)",
            [RETAIL, AS_OF, outcome],
        )
    inputs = evaluate.prepare(golden_bank, golden_scheme, AS_OF)
    evaluate.evaluate(golden_bank, inputs, tmp_path / "results.parquet")
    assert row(golden_bank, RETAIL)["complaint_raw"] == 1.5
    assert row(golden_bank, CORPORATE)["complaint_raw"] == 1.0


@pytest.mark.requirement("L-38", "L-40")
@pytest.mark.parametrize(("customer_id", "expected"), [(RETAIL, 64.40), (CORPORATE, 68.00)])
def test_scores_of_the_golden_facts_are_the_golden_scores(
    customer_id: int, expected: float, golden_bank: DuckEngine, golden_scheme: SchemeSpec, tmp_path: Path
) -> None:
    inputs = evaluate.prepare(golden_bank, golden_scheme, AS_OF)
    evaluate.evaluate(golden_bank, inputs, tmp_path / "results.parquet")
    found = row(golden_bank, customer_id)
    values = [found[f"{use.indicator.column}_value"] for use in golden_scheme.indicators]
    assert values == pytest.approx([60, 100 / 3, 200 / 3, 82, 75], abs=1e-9)
    assert found["score"] == pytest.approx(expected, abs=1e-9)
    assert (found["available_weight"], found["tier"]) == (1.0, "MEDIUM")


@pytest.mark.requirement("L-38")
def test_a_missing_answer_gives_its_weight_to_the_rest(
    golden_bank: DuckEngine, golden_scheme: SchemeSpec, tmp_path: Path
) -> None:
    uses = tuple(
        replace(use, policy=Policy.REDISTRIBUTE) if use.code == "SATISFACTION" else use
        for use in golden_scheme.indicators
    )
    # The corporate customer answers still, so the feed is there.
    golden_bank.connection.execute(f"DELETE FROM events WHERE kind = 'ANSWER' AND customer_id = {RETAIL}")
    inputs = evaluate.prepare(golden_bank, replace(golden_scheme, indicators=uses), AS_OF)
    evaluate.evaluate(golden_bank, inputs, tmp_path / "results.parquet")
    found = row(golden_bank, RETAIL)
    assert found["satisfaction_state"] == "NOT_APPLICABLE"
    assert found["score"] == pytest.approx(60.00, abs=1e-9)
    assert (found["available_weight"], found["is_sufficient"]) == (0.8, True)
