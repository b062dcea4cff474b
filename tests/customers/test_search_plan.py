"""What PostgreSQL does for a search among many customers: indexes only, for every role and every way of asking."""

from __future__ import annotations

import pytest
from django.db import connection
from django.db.models import Q
from django.test.utils import CaptureQueriesContext
from tests.cast import Bank
from tests.plans import steps_of

from zhike.core import keys
from zhike.core.access.acting import acting_as
from zhike.customers.models import SearchTerm
from zhike.customers.names import prefix_range
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
                   LATERAL (VALUES (customer_no), ('张客' || customer_no), ('ke' || md5(customer_no))) AS terms(term)
            """
        )
        cursor.execute("ANALYZE customers_customer, customers_searchterm, staff_staff, core_accessgrant")
    return bank


def read_whole(statement: str) -> set[str]:
    """The tables of customers that the plan reads from end to end, be it along an index."""
    whole = (step for step in steps_of(statement) if not any("Cond" in key for key in step))
    return {step.get("Relation Name") for step in whole} & {"customers_customer", "customers_searchterm"}


@pytest.mark.goal("G34")
@pytest.mark.parametrize("who", ["zheng", "sun", "liu", "zhou", "chen"])
def test_no_search_scans_the_customers(many: Bank, who: str) -> None:
    staff = getattr(many, who)
    assert keys.blind("phone", "1")  # makes the key before the queries are counted
    with acting_as(staff.pk):
        with CaptureQueriesContext(connection) as queries:
            for text in ("张", "張客99", "k", "ke1a2b3c", "912345", "6027", "13812346027", "無此人"):
                search(text, staff=staff)
        assert len(queries.captured_queries) > 20
        for query in queries.captured_queries:
            assert not read_whole(query["sql"]), query["sql"]


@pytest.mark.goal("G34")
def test_two_ranges_in_one_query_are_found(many: Bank) -> None:
    with acting_as(many.zheng.pk):
        simple, traditional = (Q(term__gte=first, term__lt=last) for first, last in map(prefix_range, "张張"))
        rows = SearchTerm.objects.filter(simple | traditional).order_by("term", "customer_id")
        with CaptureQueriesContext(connection) as queries:
            list(rows[:10])
        assert read_whole(queries.captured_queries[-1]["sql"]) == {"customers_searchterm"}
