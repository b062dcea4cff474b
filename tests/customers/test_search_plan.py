"""What PostgreSQL does for a search among many customers: indexes only, for every role and every way of asking."""

from __future__ import annotations

import json

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from tests.cast import Bank

from zhike.core import keys
from zhike.core.access.acting import acting_as
from zhike.customers.queries.search import search

CUSTOMERS = 20_000


@pytest.fixture
def many(bank: Bank) -> Bank:
    """Twenty thousand customers over the outlets, each with three terms and two blind indexes."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO customers_customer (customer_no, kind, name, name_sort, sex, id_type, id_no, id_no_index,
                phone, phone_index, email, address, personal_digest, region, occupation, industry, business_type,
                customer_group, outlet_id, manager_id, opened_on, version)
            SELECT '9' || n, 'INDIVIDUAL', '客' || n, 'ke ' || n, '', '', '', decode(md5('i' || n), 'hex'), '',
                   decode(md5('p' || n), 'hex'), '', '', '', '', '', '', 'RETAIL', 'GENERAL',
                   CASE n %% 2 WHEN 0 THEN %s ELSE %s END, CASE n %% 100 WHEN 0 THEN %s END,
                   date '2010-01-01' + n %% 5000, 0
              FROM generate_series(1, %s) AS n
            """,
            [bank.donghu.pk, bank.west.pk, bank.chen.pk, CUSTOMERS],
        )
        cursor.execute(
            """
            INSERT INTO customers_searchterm (customer_id, outlet_id, term)
            SELECT id, outlet_id, term FROM customers_customer,
                   LATERAL (VALUES (customer_no), ('客' || customer_no), ('ke' || md5(customer_no))) AS terms(term)
            """
        )
        cursor.execute("ANALYZE customers_customer, customers_searchterm, staff_staff, core_accessgrant")
    return bank


def sequential_scans(statement: str) -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (FORMAT JSON) {statement}")
        plan = cursor.fetchone()[0]
    nodes = [(json.loads(plan) if isinstance(plan, str) else plan)[0]["Plan"]]
    found = set()
    while nodes:
        node = nodes.pop()
        nodes += node.get("Plans", [])
        if node["Node Type"] == "Seq Scan":
            found.add(node["Relation Name"])
    return found


@pytest.mark.goal("G34")
@pytest.mark.parametrize("who", ["zheng", "sun", "liu", "zhou", "chen"])
def test_no_search_scans_the_customers(many: Bank, who: str) -> None:
    staff = getattr(many, who)
    assert keys.blind("phone", "1")  # makes the key before the queries are counted
    with acting_as(staff.pk):
        with CaptureQueriesContext(connection) as queries:
            for text in ("客99", "k", "ke1a2b3c", "912345", "6027", "13812346027", "無此人"):
                search(text, staff=staff)
        assert len(queries.captured_queries) > 20
        for query in queries.captured_queries:
            scanned = sequential_scans(query["sql"])
            assert not scanned & {"customers_customer", "customers_searchterm"}, query["sql"]
