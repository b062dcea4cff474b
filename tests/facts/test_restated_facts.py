"""Facts that come again with another date count once, and every past state can be read again."""

from __future__ import annotations

from datetime import date
from typing import Any

import duckdb
import pytest

from tests.facts.canonical import (
    PRODUCT,
    account,
    customer,
    deliver,
    event,
    outlet,
    preview,
    transaction,
)
from zhike.facts.api import snapshot, snapshot_of
from zhike.facts.models import Event, LakeFile, Transaction

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "loader"])

AUGUST, SEPTEMBER, LONG_AGO = date(2026, 8, 31), date(2026, 9, 1), date(2025, 1, 15)


@pytest.fixture
def base(committed: None) -> None:
    deliver(
        outlets=[outlet("101"), outlet("102")],
        products=[PRODUCT],
        customers=[customer("7001", "101"), customer("7002", "102")],
        accounts=[account("A1", "7001", "101"), account("A2", "7002", "102")],
    )


def rows_of(table: str, key: str, source: Any = None) -> list[tuple[Any, ...]]:
    with duckdb.connect() as duck:
        paths = (source or snapshot()).sources[table]
        return duck.execute(f"SELECT * FROM read_parquet($p) ORDER BY {key}", {"p": paths}).fetchall()


def test_a_state_is_that_of_the_order_of_loads_not_of_readings(base: None) -> None:
    early = preview()  # read first, loaded last
    first = snapshot().batches
    late = deliver(transactions=[transaction("T1", "A1", SEPTEMBER, cents=100)])
    seen = snapshot()
    before = rows_of("transactions", "txn_no", seen)
    deliver(early, transactions=[transaction("T2", "A1", SEPTEMBER, cents=200)])
    assert early.pk < late.pk
    again = snapshot_of(seen.batches)
    assert again.sources == seen.sources and again.batches == seen.batches == (*first, late.pk)
    assert rows_of("transactions", "txn_no", again) == before
    assert snapshot().batches == (*first, late.pk, early.pk)
    assert len(rows_of("transactions", "txn_no")) == 2


def test_loads_are_numbered_in_their_order(base: None) -> None:
    early = preview()
    late = deliver(customers=[customer("7003", "101")])
    deliver(early, customers=[customer("7004", "101")])
    early.refresh_from_db()
    late.refresh_from_db()
    assert early.load_no == late.load_no + 1
    assert preview().load_no is None


@pytest.mark.parametrize(
    ("before", "after"),
    [(AUGUST, SEPTEMBER), (SEPTEMBER, AUGUST), (LONG_AGO, SEPTEMBER), (SEPTEMBER, LONG_AGO),
     (SEPTEMBER, date(2026, 9, 2))],
)  # fmt: skip
def test_a_transaction_with_a_new_date_counts_once(base: None, before: date, after: date) -> None:
    deliver(transactions=[transaction("T1", "A1", before), transaction("T0", "A1", before)])
    old = snapshot()
    deliver(transactions=[transaction("T1", "A1", after)])
    found = [(row[0], row[3]) for row in rows_of("transactions", "txn_no")]
    assert found == [("T0", before), ("T1", after)]
    assert snapshot().row_counts["transactions"] == 2
    assert snapshot().sums_cents["transactions"] == 200
    kept = {(row.txn_no, row.booked_on) for row in Transaction.objects.all()}
    assert kept == {pair for pair in found if pair[1] != LONG_AGO}
    assert [row[3] for row in rows_of("transactions", "txn_no", snapshot_of(old.batches))] == [before] * 2


def test_a_month_whose_only_row_leaves_is_empty(base: None) -> None:
    deliver(transactions=[transaction("T1", "A1", AUGUST)])
    deliver(transactions=[transaction("T1", "A1", SEPTEMBER)])
    august = LakeFile.objects.get(table="transactions", month_on=date(2026, 8, 1), replaced_by=None)
    assert (august.row_count, august.sum_cents) == (0, 0)


def test_a_transaction_with_another_account_counts_once(base: None) -> None:
    deliver(transactions=[transaction("T1", "A1", SEPTEMBER)])
    deliver(transactions=[transaction("T1", "A2", SEPTEMBER)])
    assert len(rows_of("transactions", "txn_no")) == 1
    row = Transaction.objects.get()
    assert row.customer.customer_no == "7002" and row.outlet_id == row.customer.outlet_id


def test_an_event_with_a_new_date_is_found_there_alone(base: None) -> None:
    deliver(events=[event("E1", "7001", AUGUST), event("E2", "7001", AUGUST)])
    deliver(events=[event("E1", "7002", SEPTEMBER, "WITHDRAWN")])
    found = [(row[0], row[3], row[4]) for row in rows_of("events", "event_no")]
    assert found == [("E1", SEPTEMBER, "WITHDRAWN"), ("E2", AUGUST, "FOUNDED")]
    row = Event.objects.get(event_no="E1")
    assert (row.happened_on, row.customer.customer_no) == (SEPTEMBER, "7002")
    assert row.outlet_id == row.customer.outlet_id


def test_the_same_rows_again_make_no_file(base: None) -> None:
    rows = [transaction("T1", "A1", AUGUST), transaction("T2", "A1", SEPTEMBER)]
    deliver(transactions=rows)
    files = set(LakeFile.objects.filter(table="transactions").values_list("path", flat=True))
    deliver(transactions=rows)
    assert set(LakeFile.objects.filter(table="transactions").values_list("path", flat=True)) == files


def test_an_account_lies_where_its_customer_does(base: None) -> None:
    from zhike.facts.models import Account

    deliver(accounts=[account("A3", "7001", "102"), account("A1", "7001", "102")])
    outlets = set(Account.objects.filter(customer__customer_no="7001").values_list("outlet_id", flat=True))
    from zhike.staff.models import Unit

    assert outlets == {Unit.objects.get(code="101").pk}
