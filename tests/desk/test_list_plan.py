"""What PostgreSQL does for a page of the list among many customers: no scan of the customer table."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from tests.cast import Bank
from tests.customers.test_search_plan import many
from tests.factories.holdings import published_run
from tests.plans import steps_of

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
            INSERT INTO facts_holding (customer_id, outlet_id, month_on, aum_cents, average_cents,
                loan_cents, product_count, category_count, matures_cents, months, deposit_series, wealth_series,
                fund_series, insurance_series)
            SELECT id, outlet_id, '2026-09-01', id * 7919 % 100000000, id * 7907 % 100000000,
                   0, 1, 1, 0, '{}', '{}', '{}',
                   '{}', '{}'
              FROM customers_customer WHERE id % 10 <> 0
            """
        )
        cursor.execute("ANALYZE facts_holding")
    return many


def sequential_scans(statement: str) -> set[str]:
    """The tables that the plan scans. A list may run along an index from its begin: that is its order."""
    return {step["Relation Name"] for step in steps_of(statement) if step["Node Type"] == "Seq Scan"}


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
        {"q": "张客9123"},
        {"manager": str(holdings.chen.pk)},
        {"band": "2", "business_type": "RETAIL"},
    ):
        for staff in (holdings.zheng, holdings.liu):
            assert not scanned(staff, "-aum", **filters) & {"customers_customer", "facts_holding"}, filters


@pytest.fixture
def standings(holdings: Bank) -> Bank:
    """Everybody with a tier, one in thirty of a lower one than before."""
    run = published_run(holdings.wu)
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO loyalty_standing (customer_id, outlet_id, manager_id, run_id, score, available_weight, tier,
                computed_tier, tier_before, movement, is_sufficient, is_provisional, is_changed, causes, since_on)
            SELECT id, outlet_id, manager_id, %s, id %% 100, 1, tier, tier,
                   CASE id %% 30 WHEN 0 THEN 'HIGH' ELSE tier END, 'SAME', true, false, false, '{}', '2026-09-30'
              FROM customers_customer, LATERAL (SELECT (ARRAY['LOW', 'MEDIUM', 'HIGH'])[1 + id %% 3] AS tier) AS held
            """,
            [run.pk],
        )
        cursor.execute("ANALYZE loyalty_standing")
    return holdings


def columns_asked(sql: str) -> dict[str, set[str]]:
    """The columns a statement names, by table, with those that row-level security adds."""
    found: dict[str, set[str]] = {}
    for table, column in re.findall(r'"(\w+)"\."(\w+)"', sql.replace('U0."', '"facts_event"."')):
        found.setdefault(table, {"outlet_id"}).add(column)
    return {table: columns for table, columns in found.items() if not table.startswith("staff_")}


def columns_of_indexes(table: str) -> list[set[str]]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT array_agg(a.attname::text) FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indexrelid"
            " WHERE i.indrelid = %s::regclass GROUP BY i.indexrelid",
            [table],
        )
        return [set(columns) for (columns,) in cursor.fetchall()]


@pytest.mark.goal("G34")
@pytest.mark.parametrize("who", ["zheng", "sun", "chen"])
@pytest.mark.parametrize(
    "filters",
    [
        {"tier": "HIGH", "customer_group": "WEALTH"}, {"tier": "LOW", "business_type": "RETAIL"},
        {"tier": "HIGH", "silence": "90"}, {"customer_group": "CARD", "band": "3"}, {"opened_from": date(2020, 1, 1)},
    ],
)  # fmt: skip
def test_what_is_counted_sorted_and_summed_stands_in_an_index(
    bank: Bank, who: str, filters: dict[str, Any]
) -> None:
    staff = getattr(bank, who)
    with acting_as(staff.pk), CaptureQueriesContext(connection) as queries:
        listed = ListedCustomers(customers_matching(filters, staff=staff, day=business_day()), "-aum")
        _ = len(listed), listed.average_cents(), listed[0:20]
    asked = [query["sql"] for query in queries if "customers_customer" in query["sql"]]
    # The rows of a page itself, and those without AUM, which come by name, may be opened.
    asked = [sql for sql in asked if "contact_on" not in sql and "name_sort" not in sql]
    assert len(asked) == 2
    for sql in asked:
        for table, columns in columns_asked(sql).items():
            assert any(columns <= held for held in columns_of_indexes(table)), (table, columns)


@pytest.mark.goal("G34")
def test_who_fell_is_found_among_those_who_fell(standings: Bank) -> None:
    with acting_as(standings.zheng.pk):
        rows = customers_matching({"change": "TIER_FELL"}, staff=standings.zheng, day=business_day())
        plan = rows.values("pk").explain()
    with (
        connection.cursor() as cursor
    ):  # the standings are a table of one part, which has its own part of an index
        cursor.execute(
            "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'standing_tier_fell'::regclass"
        )
        ((index,),) = cursor.fetchall()
    assert index in plan
