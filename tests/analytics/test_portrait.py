"""The portrait says of each customer what the facts say, and of what was never delivered nothing."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from tests.analytics.adverse_bank import AS_OF, AdverseBank
from tests.analytics.sql_subset import problems

from zhike.analytics import portrait
from zhike.analytics.engine import DuckEngine
from zhike.analytics.portrait import Dimension, Field, Kind, Source
from zhike.facts.contract import LAKE_COLUMNS

SCORES = Source("MARKS", (Field("MARK", Dimension.LOYALTY, Kind.POINTS, "MARKS"),))
PRODUCTS = ((1, "DEMAND", True), (2, "TERM", True), (3, "LOAN", True), (4, "PAYROLL", False))


def built(duck: DuckEngine, path: Path, **choices: Any) -> list[dict[str, Any]]:
    feeds = choices.pop("feeds", None)
    portrait.build(
        duck, AS_OF, path, feeds=portrait.feeds_of(duck, AS_OF) if feeds is None else feeds, **choices
    )
    duck.view("built", [path])
    names = duck.columns("built")
    return [
        dict(zip(names, row, strict=True))
        for row in duck.fetch("SELECT * FROM built ORDER BY customer_id", {})
    ]


@pytest.fixture
def small(tmp_path: Path) -> Any:
    """A bank of one customer whose facts are counted by hand; more rows by table."""

    def make(**rows: list[tuple[Any, ...]]) -> DuckEngine:
        duck = DuckEngine(temp_directory=tmp_path)
        customer = (1, "INDIVIDUAL", "RETAIL", "GENERAL", 11, date(2020, 3, 1), None)
        given = {
            "customers": [customer],
            "products": [(number, kind, 0, 0, 0, is_chosen) for number, kind, is_chosen in PRODUCTS],
            **rows,
        }
        for name, columns in LAKE_COLUMNS.items():
            duck.table(name, columns, given.get(name, ()))
        return duck

    return make


def test_the_text_of_a_portrait_is_portable() -> None:
    assert problems(portrait.portrait()) == []
    assert problems(portrait.portrait([SCORES])) == []


def test_every_customer_of_the_day_stands_in_the_portrait_once(
    duck: DuckEngine, bank: AdverseBank, tmp_path: Path
) -> None:
    rows = built(duck, tmp_path / "p")
    with_us = {
        row["customer_id"] for row in bank.rows["customers"]
        if row["customer_id"] is not None and row["opened_on"] is not None and row["opened_on"] <= AS_OF
        and (row["closed_on"] is None or row["closed_on"] > AS_OF)
    }  # fmt: skip
    assert [row["customer_id"] for row in rows] == sorted(with_us)
    assert duck.kinds("built") == dict(portrait.columns())


@pytest.mark.requirement("S-54")
def test_a_portrait_says_what_the_accounts_say(small: Any, tmp_path: Path) -> None:
    accounts = [
        (1, 1, 1, None, date(2020, 3, 1), "NEW", None, None),
        (2, 1, 2, 500_00, date(2025, 12, 1), "NEW", date(2026, 12, 1), None),
        (3, 1, 2, 900_00, date(2026, 5, 1), "RENEWED", date(2027, 5, 1), None),
        (4, 1, 2, 100_00, date(2025, 9, 30), "NEW", date(2026, 9, 30), date(2026, 9, 30)),
        (5, 1, 4, None, date(2026, 6, 1), "NEW", None, None),
    ]
    (row,) = built(small(accounts=accounts), tmp_path / "p")
    assert (row["purchases_12m"], row["renewals_12m"]) == (2, 1)  # the last was opened a day too early
    assert row["last_purchase_on"] == date(2026, 5, 1)
    assert (row["first_category"], row["categories_held"], row["accounts_open"]) == ("DEMAND", 3, 4)
    assert (row["holds_term"], row["holds_loan"], row["holds_payroll"]) == (True, False, True)
    assert (row["next_maturity_on"], row["maturing_cents"]) == (date(2026, 12, 1), 500_00)
    assert row["months_known"] == 78


@pytest.mark.requirement("N-06")
def test_a_portrait_says_by_which_ways_a_customer_acts(small: Any, tmp_path: Path) -> None:
    def txn(number: int, on: date, cents: int, channel: str) -> tuple[Any, ...]:
        return (str(number), 1, 1, on, "TRANSFER_IN", cents, channel, None, None, None)

    transactions = [
        txn(1, date(2026, 9, 1), 300, "MOBILE"),
        txn(2, date(2026, 9, 2), -700, "COUNTER"),
        txn(3, date(2026, 5, 2), 90_000, "MOBILE"),
        txn(4, date(2026, 9, 30), 999_999, "BANK"),
        txn(5, date(2025, 9, 30), 10, "ATM"),
    ]
    (row,) = built(small(transactions=transactions), tmp_path / "p")
    assert (row["acts_12m"], row["last_act_on"], row["last_channel"]) == (3, date(2026, 9, 2), "COUNTER")
    assert (row["mobile_ppm"], row["digital_ppm"], row["counter_ppm"]) == (666_667, 666_667, 333_333)
    assert (row["largest_in_cents"], row["largest_out_cents"], row["net_flow_cents"]) == (300, 700, -400)
    assert (row["active_months_12m"], row["is_sleeping"]) == (2, False)


def test_a_portrait_says_how_balances_move(small: Any, tmp_path: Path) -> None:
    months = [date(2026, month, 1) for month in range(1, 10)]
    balances = [(1, 1, month, 30_000 if month.month > 6 else 20_000, 0) for month in months]
    accounts = [(1, 1, 1, None, date(2020, 3, 1), "NEW", None, None)]
    (row,) = built(small(accounts=accounts, balances=balances), tmp_path / "p")
    assert (row["balance_cents"], row["balance_trend_ppm"]) == (30_000, 1_500_000)


def test_what_is_delivered_without_a_row_is_nought_and_what_is_not_is_unknown(
    small: Any, tmp_path: Path
) -> None:
    (row,) = built(small(), tmp_path / "p")
    assert (row["purchases_12m"], row["is_sleeping"], row["complaints_12m"]) == (None, None, None)
    delivered = {"accounts", "transactions", "events:COMPLAINT"}
    (row,) = built(small(), tmp_path / "q", feeds=delivered)
    assert (row["purchases_12m"], row["is_sleeping"], row["complaints_12m"]) == (0, True, 0)
    assert row["contacts_12m"] is None


def test_a_source_adds_its_columns_and_without_files_they_are_unknown(small: Any, tmp_path: Path) -> None:
    with DuckEngine() as writer:
        writer.table("marks", (("customer_id", "BIGINT"), ("mark", "DOUBLE")), [(1, 81.5)])
        writer.write("SELECT * FROM marks", {}, tmp_path / "marks.parquet")
    marked = Source("MARKS", SCORES.fields, (tmp_path / "marks.parquet",))
    assert built(small(), tmp_path / "p", sources=[marked])[0]["mark"] == 81.5
    assert built(small(), tmp_path / "q", sources=[SCORES])[0]["mark"] is None


def test_two_fields_of_one_name_are_refused() -> None:
    again = Source("AGAIN", (Field("BALANCE", Dimension.ACCOUNT, Kind.MONEY, "AGAIN"),))
    with pytest.raises(ValueError, match="one name"):
        portrait.catalogue([again])
