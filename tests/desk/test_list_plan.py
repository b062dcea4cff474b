"""What PostgreSQL does for a page of the list among many customers: no scan of the customer table."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from tests.cast import Bank
from tests.customers.test_search_plan import many, sequential_scans

from zhike.core.access.acting import acting_as
from zhike.desk.queries.business_day import business_day
from zhike.desk.queries.customer_list import ListedCustomers, customers_matching
from zhike.staff.models import Staff

__all__ = ["many"]


@pytest.fixture
def holdings(many: Bank) -> Bank:
    """A holding for nine customers of ten."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO facts_holding (customer_id, outlet_id, manager_id, month_on, aum_cents, average_cents,
                loan_cents, product_count, category_count, matures_cents, months, deposit_series, wealth_series,
                fund_series, insurance_series)
            SELECT id, outlet_id, manager_id, '2026-09-01', id * 7919 % 100000000, 0, 0, 1, 1, 0, '{}', '{}', '{}',
                   '{}', '{}'
              FROM customers_customer WHERE id % 10 <> 0
            """
        )
        cursor.execute("ANALYZE facts_holding")
    return many


def scanned(staff: Staff, sort: str, **filters: object) -> set[str]:
    with acting_as(staff.pk):
        with CaptureQueriesContext(connection) as queries:
            ListedCustomers(customers_matching(filters, staff=staff, day=business_day()), sort)[0:20]
        return set().union(*(sequential_scans(query["sql"]) for query in queries.captured_queries))


@pytest.mark.goal("G34")
@pytest.mark.parametrize("sort", ["-aum", "aum", "name", "-name", "opened"])
def test_a_page_of_the_list_scans_neither_customers_nor_holdings(holdings: Bank, sort: str) -> None:
    for staff in (holdings.zheng, holdings.liu, holdings.chen):
        assert not scanned(staff, sort) & {"customers_customer", "facts_holding"}, (staff, sort)


@pytest.mark.goal("G34")
def test_a_filtered_page_finds_its_rows_by_index(holdings: Bank) -> None:
    for filters in (
        {"q": "客9123"},
        {"manager": str(holdings.chen.pk)},
        {"band": "2", "business_type": "RETAIL"},
    ):
        for staff in (holdings.zheng, holdings.liu):
            assert "customers_customer" not in scanned(staff, "-aum", **filters), filters
