"""The adverse bank with purchases in it: by card and into investments; and their pasts, read slowly."""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from typing import Any

from tests.analytics.adverse_bank import AdverseBank

from zhike.analytics.habits import Habit, Reading

BOUGHT_FROM = date(2025, 8, 15)
INVESTMENTS = {"WEALTH", "FUND", "INSURANCE"}


def with_purchases(bank: AdverseBank) -> AdverseBank:
    """The same bank; every second transaction is paid by card and every seventh buys an investment."""
    rows = [
        row | {"kind": "CARD_PURCHASE" if place % 2 else "SUBSCRIPTION" if place % 7 == 0 else row["kind"]}
        for place, row in enumerate(bank.rows["transactions"])
    ]
    return AdverseBank(bank.rows | {"transactions": rows})


def days_of(bank: AdverseBank, habit: Habit, reading: Reading) -> dict[int, dict[date, int]]:
    """Cents by customer and day of purchase."""
    agreed: dict[tuple[int, date], int] = defaultdict(int)
    paid: dict[tuple[int, date], int] = defaultdict(int)
    kind = "CARD_PURCHASE" if habit is Habit.CARD else "SUBSCRIPTION"
    for row in bank.rows["transactions"]:
        if row["kind"] == kind and (row["amount_cents"] or 0) < 0 and row["booked_on"]:
            paid[row["customer_id"], row["booked_on"]] -= row["amount_cents"]
    products = {row["product_id"]: row for row in bank.rows["products"]}
    for row in bank.rows["accounts"] if habit is Habit.INVESTMENT else ():
        product = products.get(row["product_id"])
        is_taken = product and product["category"] in INVESTMENTS and product["is_chosen"]
        if is_taken and row["opening"] in {"NEW", "RENEWED"} and row["opened_on"]:
            agreed[row["customer_id"], row["opened_on"]] += max(row["principal_cents"] or 0, 0)
    found: dict[int, dict[date, int]] = defaultdict(dict)
    for customer, day in {*agreed, *paid}:
        if customer is not None and reading.bought_from <= day <= reading.until:
            found[customer][day] = max(agreed[customer, day], paid[customer, day])
    return found


def pasts_of(bank: AdverseBank, habit: Habit, reading: Reading) -> set[tuple[Any, ...]]:
    """Customer, type, group, first day, x, t_x, T, cents of repeats, recent and further purchases."""
    bought = days_of(bank, habit, reading)
    found = set()
    for row in bank.rows["customers"]:
        days = bought.get(row["customer_id"], {})
        past = sorted(day for day in days if day <= reading.as_of)
        is_here = row["opened_on"] and row["opened_on"] <= reading.as_of
        if not past or not is_here or (row["closed_on"] and row["closed_on"] <= reading.as_of):
            continue
        recent = [day for day in past if (reading.as_of - day).days < reading.ahead_days]
        found.add((
            row["customer_id"], row["business_type"] or "UNKNOWN", row["customer_group"] or "UNKNOWN", past[0],
            len(past) - 1, (past[-1] - past[0]).days, (reading.as_of - past[0]).days,
            sum(days[day] for day in past[1:]), len(recent), sum(day > reading.as_of for day in days),
        ))  # fmt: skip
    return found
