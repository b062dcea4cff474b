"""A small bank of everything that goes wrong in facts, from a seed: the same rows every time.

NULLs, negative amounts, a group of one customer, customers without anything, orphans, repeated rows,
customers already gone or not yet come, events of tomorrow, and dates on the very edge of the window.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from zhike.analytics.engine import DuckEngine, Engine
from zhike.facts.contract import LAKE_COLUMNS

AS_OF = date(2026, 9, 30)
WINDOW_FROM = date(2025, 10, 1)

Row = dict[str, Any]


@dataclass(frozen=True)
class AdverseBank:
    """Rows by table, as the lake has them."""

    rows: dict[str, list[Row]]

    def register(self, engine: Engine, folder: Path) -> None:
        """Write the tables as Parquet and name them as the engine's views."""
        for name, columns in LAKE_COLUMNS.items():
            path = folder / f"{name}.parquet"
            if not path.exists():
                cells = [tuple(row.get(column) for column, _ in columns) for row in self.rows[name]]
                with DuckEngine() as writer:
                    writer.table(name, columns, cells)
                    writer.write(f"SELECT * FROM {name}", {}, path)
            engine.view(name, [path], columns)


class _Maker:
    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)

    def day(self, first: date, last: date) -> date:
        """A day of the range; one in eight lies on an edge of the window."""
        edges = [each for each in (WINDOW_FROM, WINDOW_FROM - timedelta(1), AS_OF) if first <= each <= last]
        if edges and self.random.random() < 0.125:
            return self.random.choice(edges)
        return first + timedelta(self.random.randrange((last - first).days + 1))

    def sometimes(self, chance: float, make: Callable[[], Any]) -> Any:
        return make() if self.random.random() < chance else None

    def customers(self, count: int) -> list[Row]:
        rows = []
        for number in range(1, count + 1):
            opened = self.day(date(2008, 2, 29), AS_OF + timedelta(20))
            rows.append(
                {
                    "customer_id": number * 7,
                    "kind": "INDIVIDUAL",
                    "business_type": self.random.choice(["RETAIL"] * 6 + ["MICRO", "CORPORATE", None, "ODD"]),
                    "customer_group": self.random.choice(["GENERAL"] * 4 + ["WEALTH", "CARD", None]),
                    "outlet_id": self.sometimes(0.95, lambda: self.random.randrange(1, 4)),
                    "opened_on": opened,
                    "closed_on": self.sometimes(
                        0.2, lambda opened=opened: opened + timedelta(self.random.randrange(3000))
                    ),
                }
            )
        one = {"kind": "ENTERPRISE", "business_type": "PROJECT", "customer_group": "PRIVATE", "outlet_id": 1}
        rows.append({"customer_id": 1, **one, "opened_on": date(2020, 1, 31), "closed_on": None})
        rows.append({"customer_id": 2, **one, "opened_on": date(2020, 1, 31), "closed_on": AS_OF})
        rows.append({"customer_id": 3, **one, "opened_on": None, "closed_on": None})
        rows.append({"customer_id": None, **one, "opened_on": date(2020, 1, 31), "closed_on": None})
        return rows

    def products(self) -> list[Row]:
        kinds = ["DEMAND", "TERM", "LOAN", "CARD", "WEALTH", "FUND", "INSURANCE", "SERVICE", None]
        rows = [
            {
                "product_id": number,
                "category": category,
                "margin_ppm": self.sometimes(0.9, lambda: self.random.randrange(0, 40_000)),
                "loss_ppm": self.sometimes(0.8, lambda: self.random.randrange(0, 9_000)),
                "fee_cents": self.sometimes(0.8, lambda: self.random.randrange(0, 9_999)),
                "is_chosen": self.random.random() < 0.8,
            }
            for number, category in enumerate(kinds, start=1)
        ]
        rows[0] |= {"margin_ppm": 9_000, "loss_ppm": 0}
        return rows

    def accounts(self, count: int, customers: list[Row]) -> list[Row]:
        known = [row["customer_id"] for row in customers[: len(customers) * 4 // 5]]
        return [
            {
                "account_id": number,
                "customer_id": self.random.choice([*known, None, 999_999]),
                "product_id": self.random.choice([1, 1, 2, 3, 4, 5, 6, 7, 8, 9, 99, None]),
                "principal_cents": self.sometimes(0.7, lambda: self.random.randrange(-50_000, 9_000_000)),
                "opened_on": self.sometimes(0.98, lambda: self.day(date(2019, 1, 1), AS_OF + timedelta(9))),
                "opening": self.random.choice(["NEW", "NEW", "RENEWED", "ROLLED", None]),
                "matures_on": self.sometimes(0.4, lambda: self.day(date(2025, 3, 1), date(2027, 3, 1))),
                "closed_on": self.sometimes(0.2, lambda: self.day(date(2024, 1, 1), date(2027, 1, 1))),
            }
            for number in range(1, count + 1)
        ]

    def balances(self, accounts: list[Row]) -> list[Row]:
        rows = []
        for account in accounts:
            level = self.random.randrange(-400_000, 9_000_000)
            for index in range(self.random.choice([0, 2, 9, 16])):
                month = 2026 * 12 + 9 - index  # October 2026, after the date, and backwards
                rows.append(
                    {
                        "account_id": account["account_id"],
                        "customer_id": account["customer_id"],
                        "month_on": date(month // 12, month % 12 + 1, 1),
                        "average_cents": self.sometimes(
                            0.95, lambda level=level: level + self.random.randrange(99_999)
                        ),
                        "end_cents": level,
                    }
                )
        rows += rows[:5]  # the same rows once more
        rows += [{"account_id": 888_888, "month_on": date(2026, 9, 1), "average_cents": 5, "end_cents": 5}]
        return rows

    def transactions(self, count: int, accounts: list[Row]) -> list[Row]:
        rows = []
        for number in range(1, count + 1):
            account = self.random.choice(accounts)
            rows.append(
                {
                    "txn_no": str(number),
                    "account_id": account["account_id"],
                    "customer_id": account["customer_id"],
                    "booked_on": self.sometimes(0.99, lambda: self.day(date(2025, 8, 1), date(2026, 11, 1))),
                    "kind": self.random.choice(["FEE", "SALARY", "CASH_OUT", None]),
                    "amount_cents": self.sometimes(0.95, lambda: self.random.randrange(-9_000, 3_000)),
                    "channel": self.random.choice(["MOBILE", "ONLINE", "COUNTER", "BANK", None]),
                }
            )
        return rows + rows[:5]

    def events(self, count: int, customers: list[Row]) -> list[Row]:
        talkers = [row["customer_id"] for row in customers[::2]]
        kinds = ["COMPLAINT", "OBJECTION", "ANSWER", "ANSWER", "REFERRAL", "HOLDINGS_ELSEWHERE", "CONTACT"]
        outcomes = [
            "FOUNDED",
            "UNFOUNDED",
            "WITHDRAWN",
            "VALID",
            "VALID",
            "INVALID",
            "QUALIFIED",
            "QUALIFIED",
        ]
        return [
            {
                "event_no": str(number),
                "customer_id": self.random.choice([*talkers, None]),
                "kind": self.random.choice(kinds),
                "happened_on": self.day(date(2025, 8, 1), date(2026, 11, 1)),
                "outcome": self.random.choice(outcomes),
                "severity": self.random.choice([1, 2, 3, None, -2]),
                "satisfaction": self.random.choice([0, 1, 2, 3, 4, 5, 9, None]),
                "intention": self.random.choice([-1, 0, 6, 8, 9, 10, 11, None]),
                "amount_cents": self.random.choice([-5, 0, 1_000, 8_000_000, None]),
            }
            for number in range(1, count + 1)
        ]


def make(seed: int = 20260930, customers: int = 260) -> AdverseBank:
    """Make the bank of a seed."""
    maker = _Maker(seed)
    people = maker.customers(customers)
    accounts = maker.accounts(customers * 2, people)
    return AdverseBank(
        {
            "customers": people,
            "products": maker.products(),
            "accounts": accounts,
            "balances": maker.balances(accounts),
            "transactions": maker.transactions(customers * 12, accounts),
            "events": maker.events(customers * 5, people),
            "relations": [],
        }
    )
