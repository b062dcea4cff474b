"""Customers of whom some take their money away: two years of facts, known what will become of each."""

from __future__ import annotations

from datetime import date
from typing import Any

from tests.analytics.adverse_bank import AdverseBank
from tests.analytics.oracle import add_months

AS_OF = date(2026, 9, 30)
EARLIER, LATER = date(2025, 9, 30), date(2026, 3, 31)
_FIRST_MONTH = date(2024, 10, 1)
_MONTHS = 24


def make(count: int = 360, *, leave: bool = True, ids_from: int = 0) -> AdverseBank:
    """Every sixth customer leaves after the earlier day, every sixth after the later one, and every sixth will after
    the last; their assets fall two months before it. So do those of every twelfth, who then stays."""
    rows: dict[str, list[dict[str, Any]]] = {name: [] for name in ("customers", "accounts", "balances")}
    rows |= {"transactions": [], "events": [], "relations": []}
    rows["products"] = [
        {
            "product_id": 1, "category": "DEMAND", "margin_ppm": 9_000, "loss_ppm": 0, "fee_cents": 0,
            "is_chosen": True,
        }
    ]  # fmt: skip
    for number in range(1, count + 1):
        key = ids_from + number
        rows["customers"].append({
            "customer_id": key, "kind": "INDIVIDUAL", "business_type": "RETAIL", "customer_group": "GENERAL",
            "outlet_id": 1 + number % 3, "opened_on": date(2015, 1 + number % 12, 3), "closed_on": None,
        })  # fmt: skip
        rows["accounts"].append({
            "account_id": key, "customer_id": key, "product_id": 1, "opening": "NEW",
            "opened_on": date(2015, 1 + number % 12, 3), "closed_on": None, "matures_on": None,
        })  # fmt: skip
        for place in range(_MONTHS):
            month = add_months(_FIRST_MONTH, place)
            cents = round(_share(number, month, leave) * (1_000_000 + 37_000 * (number % 50)))
            rows["balances"].append({
                "account_id": key, "customer_id": key, "month_on": month, "average_cents": cents,
                "end_cents": cents,
            })  # fmt: skip
            rows["transactions"].append({
                "txn_no": f"{number}-{place}", "account_id": key, "customer_id": key, "kind": "CARD_PURCHASE",
                "booked_on": month.replace(day=1 + (number * 7 + place) % 28), "amount_cents": -5_000,
                "channel": "POS",
            })  # fmt: skip
    return AdverseBank(rows)


def leaves_after(number: int) -> date | None:
    return {0: EARLIER, 1: LATER, 3: AS_OF}.get(number % 6)


def _share(number: int, month: date, leave: bool) -> float:
    noise = 1 + (number * 31 + month.month * 17) % 11 / 100
    told = leaves_after(number) if leave else None
    if told and month > told:
        return 0.05 * noise
    dips = [told] if told else [EARLIER, LATER] if number % 12 == 2 else []
    near = any(add_months(day.replace(day=1), -1) <= month <= day for day in dips)
    return (0.6 if near else 1.0) * noise
