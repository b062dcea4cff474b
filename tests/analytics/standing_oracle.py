"""The standing of customers once more, one at a time and in plain Python, written from the formulas (E.8 to E.11)."""

from __future__ import annotations

import math
from collections import defaultdict
from datetime import date, timedelta
from typing import Any

from tests.analytics.adverse_bank import AdverseBank, Row
from tests.analytics.oracle import ASSETS, add_months

from zhike.analytics.keeping import Rules

INVESTED = {"WEALTH", "FUND", "INSURANCE"}


def months(first: date, last: date) -> list[date]:
    """First days of months from one to another, both within."""
    found, month = [], first.replace(day=1)
    while month <= last:
        found.append(month)
        month = add_months(month, 1)
    return found


class StandingOracle:
    """One bank between two days."""

    def __init__(self, bank: AdverseBank, start_on: date, end_on: date, rules: Rules) -> None:
        self.start_on, self.end_on, self.rules = start_on, end_on, rules
        self.products = {row["product_id"]: row for row in bank.rows["products"]}
        self.accounts, self.acts, self.declared = defaultdict(list), defaultdict(list), defaultdict(list)
        self.monthly: dict[int, dict[date, int]] = defaultdict(lambda: defaultdict(int))
        owner = {}
        for row in bank.rows["accounts"]:
            if row["product_id"] in self.products:
                owner[row["account_id"]] = row
                if row["opened_on"] and row["opened_on"] <= end_on:
                    self.accounts[row["customer_id"]].append(row)
        for row in bank.rows["balances"]:
            account = owner.get(row["account_id"])
            if account and self.category(account) in ASSETS:
                self.monthly[account["customer_id"]][row["month_on"]] += row["average_cents"] or 0
        year_from = add_months(end_on + timedelta(1), -12)
        for row in bank.rows["transactions"]:
            if row["booked_on"] and year_from <= row["booked_on"] <= end_on:
                self.acts[row["customer_id"]].append(row)
        for row in bank.rows["events"]:
            amount = row["amount_cents"]
            is_declared = row["kind"] == "HOLDINGS_ELSEWHERE" and amount is not None and amount >= 0
            if is_declared and year_from <= row["happened_on"] <= end_on:
                self.declared[row["customer_id"]].append((row["happened_on"], amount))
        self.idle_without_act = (end_on - year_from).days + 1

    def category(self, account: Row) -> Any:
        return self.products[account["product_id"]]["category"]

    def average(self, customer: int, day: date) -> float:
        """Assets of the recent months up to that of a day, of which none before the year or the first day's count."""
        month = day.replace(day=1)
        listed = months(add_months(month, 1 - self.rules.recent_months), month)
        return sum(self.monthly[customer].get(each, 0) for each in listed) / self.rules.recent_months

    def standing(self, row: Row) -> dict[str, Any] | None:
        """The columns of one customer; None for who was there on neither day."""
        opened, closed = row["opened_on"], row["closed_on"]
        customer = row["customer_id"]
        if customer is None or not opened or opened > self.end_on or (closed and closed <= self.start_on):
            return None
        is_here = not closed or closed > self.end_on
        is_starter = opened <= self.start_on
        held = self.accounts[customer]
        at_start = [a for a in held if a["opened_on"] <= self.start_on and self.is_open(a, self.start_on)]
        at_end = [a for a in held if self.is_open(a, self.end_on)]
        kinds = [{self.category(a) for a in each} - {None} for each in (at_start, at_end)]
        start, end = (max(self.average(customer, day), 0.0) for day in (self.start_on, self.end_on))
        peak = max(
            self.average(customer, month)
            for month in months(add_months(self.end_on.replace(day=1), -11), self.end_on)
        )
        acts = [a for a in self.acts[customer] if a["channel"] not in {"BANK", None}]
        last = max((a["booked_on"] for a in acts), default=None)
        return {
            "is_starter": is_starter,
            "is_here": is_here,
            "state": self.state(is_starter, is_here, (at_start, at_end), kinds, (end, peak), acts),
            "start_cents": math.floor(start),
            "end_cents": math.floor(end) if is_here else 0,
            "start_band": self.rules.band_of(math.floor(start)) if is_starter else None,
            "end_band": self.rules.band_of(math.floor(end)) if is_here else None,
            "category_count": len(kinds[1]),
            "active_months": len({self.months_ago(a["booked_on"]) for a in acts}),
            "idle_days": (self.end_on - last).days if last else self.idle_without_act,
            "ties": self.ties(customer, kinds[1]),
            "elsewhere_cents": max(self.declared[customer])[1] if self.declared[customer] else None,
        }

    def state(
        self,
        is_starter: bool,
        is_here: bool,
        held: Any,
        kinds: Any,
        assets: tuple[float, float],
        acts: list[Row],
    ) -> str:
        end, peak = assets
        awake_from = add_months(self.end_on + timedelta(1), -self.rules.sleeping_months)
        is_awake = any(a["booked_on"] >= awake_from for a in acts)
        if not is_starter:
            return "NEW"
        if not is_here or (held[0] and not held[1]):
            return "LEFT"
        if not is_awake and math.floor(end) < self.rules.sleeping_below_cents:
            return "SLEEPING"
        if peak > 0 and end <= (1 - self.rules.asset_loss) * peak:
            return "ASSETS_LOST"
        if (peak > 0 and end <= (1 - self.rules.partial_loss) * peak) or len(kinds[1]) < len(kinds[0]):
            return "PARTLY_LOST"
        return "KEPT"

    def ties(self, customer: int, kinds: set[Any]) -> int:
        recent_from = add_months(self.end_on + timedelta(1), -self.rules.recent_months)
        recent = [a for a in self.acts[customer] if a["booked_on"] >= recent_from]
        did = {a["kind"] for a in recent}
        return sum((
            "SALARY" in did or "PAYROLL" in kinds, "SERVICE" in kinds, any(a["channel"] == "MOBILE" for a in recent),
            "CARD_PURCHASE" in did, bool(kinds & INVESTED), "LOAN" in kinds, "PENSION" in did,
        ))  # fmt: skip

    def is_open(self, account: Row, day: date) -> bool:
        return not account["closed_on"] or account["closed_on"] > day

    def months_ago(self, day: date) -> int:
        found = 0
        while add_months(day, found + 1) <= self.end_on:
            found += 1
        return found
