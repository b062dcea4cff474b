"""What a customer holds in sum, at the month end and on the average of its days (formula E.10)."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from tests.facts.canonical import PRODUCT, account, customer, deliver, outlet
from zhike.facts.enums import ASSETS, ProductCategory
from zhike.facts.models import Holding

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "loader"])
AUGUST, SEPTEMBER = date(2026, 8, 1), date(2026, 9, 1)
HALF_A_MILLION = 500_000_00
BALANCES = {
    # category: (average, month end) of September, in cents
    "DEMAND": (20_000_00, 19_999_99),
    "TERM": (180_000_00, 180_000_00),
    "WEALTH": (150_000_00, 100_000_00),
    "FUND": (100_000_00, 150_000_00),
    "INSURANCE": (50_000_00, 50_000_00),
    "LOAN": (-300_000_00, -290_000_00),
    "CARD": (-8_000_00, -9_000_00),
}


@pytest.fixture
def holding(committed: None) -> Holding:
    """A customer with an account of each category that has a balance."""
    kinds = list(BALANCES)
    deliver(
        outlets=[outlet("101")],
        products=[{**PRODUCT, "product_code": kind, "name": kind, "category": kind} for kind in kinds],
        customers=[customer("7001", "101")],
        accounts=[{**account(kind, "7001", "101"), "product_code": kind} for kind in kinds],
        balances=[
            *(_balance(kind, SEPTEMBER, *BALANCES[kind]) for kind in kinds),
            _balance("TERM", AUGUST, 1_00, 400_000_00),
        ],
    )
    return Holding.objects.get(customer__customer_no="7001")


def test_both_measures_count_assets_of_the_latest_month_and_no_credit(holding: Holding) -> None:
    assert holding.month_on == SEPTEMBER
    assert holding.average_cents == HALF_A_MILLION  # left-closed: of the band from half a million on
    assert holding.aum_cents == HALF_A_MILLION - 1  # at the month end a cent less
    assert (holding.aum_before_cents, holding.loan_cents) == (400_000_00, 290_000_00)


def test_every_category_is_an_asset_or_none() -> None:
    others = {"LOAN", "CARD", "PAYROLL", "SERVICE"}
    assert set(ASSETS) | others == set(ProductCategory.values)
    assert not set(ASSETS) & others


def _balance(account_no: str, month_on: date, average: int, end: int) -> dict[str, Any]:
    return {"account_no": account_no, "month_on": month_on, "average_cents": average, "end_cents": end}
