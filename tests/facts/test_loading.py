"""The load: whole or not at all, the same files once, newer facts in front of older ones."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest
from django.db import connection, connections

from zhike.customers.models import Customer, SearchTerm
from zhike.facts.api import snapshot, snapshot_of, transactions_of
from zhike.facts.models import Account, Event, Holding, ImportBatch, Transaction
from zhike.facts.operations import imports
from zhike.staff.models import Staff

MAPPING = Path(__file__).parents[2] / "mappings" / "tianhua.toml"
NOW = datetime(2026, 10, 8, 1, 0, tzinfo=UTC)
TWO_YEARS = 24
TABLES = (
    "staff_unit", "staff_staff", "customers_customer", "customers_searchterm", "customers_relation",
    "customers_portfolio", "facts_product", "facts_account", "facts_holding", "facts_transaction", "facts_event",
    "facts_lakefile",
)  # fmt: skip

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "loader"])


def load(folder: Path) -> ImportBatch:
    return imports.take_in(mapping=MAPPING, folder=folder, by=None, now=NOW)[0]


def digest() -> dict[str, str]:
    """One number per table for everything that was loaded; ciphertexts are new each time, their digests not."""
    found = {}
    with connection.cursor() as cursor:
        for table in TABLES:
            cursor.execute(
                "SELECT coalesce(string_agg(t, '|' ORDER BY t), '') FROM (SELECT (to_jsonb(x)"
                " - '{id_no,phone,email,address,id}'::text[])::text AS t FROM " + table + " AS x) AS y"
            )
            found[table] = hashlib.sha256(cursor.fetchone()[0].encode()).hexdigest()
    return found


def lake_sums() -> dict[str, int]:
    return snapshot().sums_cents


@pytest.mark.requirement("T-17", "T-26")
def test_load_brings_every_table_of_the_extracts(committed: None, demo_extracts: Path) -> None:
    batch = load(demo_extracts)
    counts = {table: row["kept"] for table, row in batch.counts.items()}
    assert batch.state == "LOADED"
    assert Customer.objects.count() == counts["customers"]
    assert Account.objects.count() == counts["accounts"]
    assert Event.objects.count() == counts["events"]
    assert snapshot().row_counts == {
        name: counts[name]
        for name in ("customers", "products", "accounts", "balances", "transactions", "events", "relations")
    }
    assert len({file.month_on for file in snapshot().files if file.table == "transactions"}) >= TWO_YEARS
    assert lake_sums()["transactions"] == batch.counts["transactions"]["sums_cents"]["amount_cents"]


def test_load_outlasts_the_guard_against_forgotten_transactions(committed: None, demo_extracts: Path) -> None:
    with connections["loader"].cursor() as cursor:
        cursor.execute("SET idle_in_transaction_session_timeout = '30ms'")
    try:
        assert load(demo_extracts).state == "LOADED"
    finally:
        connections["loader"].close()


@pytest.mark.requirement("L-31")
@pytest.mark.goal("G32")
def test_personal_data_are_stored_encrypted(committed: None, demo_extracts: Path) -> None:
    load(demo_extracts)
    zhang = Customer.objects.get(name="张伟", customer_no="8000000001")
    assert zhang.id_no and zhang.phone and b"1" * 3 not in bytes(zhang.phone)
    with connection.cursor() as cursor:
        cursor.execute("SELECT string_agg(to_jsonb(c)::text, '') FROM customers_customer AS c")
        stored = cursor.fetchone()[0]
    for line in demo_extracts.rglob("*.csv"):
        text = line.read_bytes().decode("gb18030")
        if "手机" in text.splitlines()[0]:
            column = text.splitlines()[0].split(",").index("手机号码" if "手机号码" in text else "手机")
            phones = {row.split(",")[column].strip('"') for row in text.splitlines()[1:50]}
            assert not [phone for phone in phones if phone.isdigit() and phone in stored]
            break
    else:
        pytest.fail("no extract with phone numbers was found")


@pytest.mark.goal("G15")
def test_the_same_files_again_change_nothing(committed: None, demo_extracts: Path) -> None:
    first = load(demo_extracts)
    before = digest()
    again, is_new = imports.take_in(mapping=MAPPING, folder=demo_extracts, by=None, now=NOW)
    assert (again.pk, is_new) == (first.pk, False)
    assert digest() == before


@pytest.mark.goal("G15")
@pytest.mark.parametrize(
    "point",
    [
        "import.after_preview", "load.after_reference", "load.after_customers", "load.after_lake",
        "load.before_commit", "load.after_commit",
    ],
)  # fmt: skip
def test_a_killed_load_leaves_all_or_nothing(
    committed: None, demo_extracts: Path, address_of: Callable[[str], str], point: str
) -> None:
    nothing = digest()
    process = subprocess.run(
        [sys.executable, "-m", "zhike.cli", "import", str(MAPPING), str(demo_extracts)],
        env={
            **os.environ,
            "ZHIKE_CRASH_POINT": point,
            "ZHIKE_DB_WORKER": address_of("zhike_worker"),
            "ZHIKE_DB_LOADER": address_of("zhike_loader"),
            "ZHIKE_DB_APP": "",
        },
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert process.returncode == 137, process.stderr
    if point == "load.after_commit":
        assert snapshot().row_counts["customers"] == 200
    else:
        assert digest() == nothing
        assert snapshot().sources["customers"] == []
    batch = load(demo_extracts)
    assert batch.state == "LOADED"
    assert Customer.objects.count() == 200


@pytest.mark.requirement("T-23")
def test_a_control_total_off_by_one_cent_blocks_the_load(
    committed: None, demo_extracts: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "off"
    shutil.copytree(demo_extracts, folder)
    (control,) = folder.glob("HZ_*.csv")
    lines = control.read_bytes().decode("gb18030").splitlines()
    for number, line in enumerate(lines[1:], start=1):
        cells = line.split(",")
        amount = cells[-1].strip('"')
        if "." in amount:
            cents = int(amount.replace(".", "")) + 1
            lines[number] = line.replace(amount, f"{cents // 100}.{cents % 100:02d}")
            break
    control.write_bytes("\r\n".join([*lines, ""]).encode("gb18030"))
    with pytest.raises(imports.ImportRefused, match=r"Control totals|控制"):
        load(folder)
    assert snapshot().batches == ()


def test_a_restated_month_is_read_anew_and_the_old_state_stays_readable(
    committed: None, demo_extracts: Path, tmp_path: Path
) -> None:
    first = load(demo_extracts)
    before = snapshot()
    with duckdb.connect() as duck:
        paths = before.sources["events"]
        open_case = duck.execute(
            "SELECT event_no FROM read_parquet($p) WHERE kind = 'COMPLAINT' AND outcome = 'FOUNDED' ORDER BY 1",
            {"p": paths},
        ).fetchone()[0]
    event = Event.objects.get(event_no=open_case)
    second = _load_rows(
        first, tmp_path, "events",
        "SELECT * REPLACE ('WITHDRAWN' AS outcome) FROM events WHERE event_no = '" + open_case + "'",
    )  # fmt: skip
    assert Event.objects.get(pk=event.pk).outcome == "WITHDRAWN"
    old, new = snapshot_of((first.pk,)), snapshot()
    with duckdb.connect() as duck:
        query = "SELECT outcome FROM read_parquet($p) WHERE event_no = $e"
        assert duck.execute(query, {"p": old.sources["events"], "e": open_case}).fetchall() == [("FOUNDED",)]
        assert duck.execute(query, {"p": new.sources["events"], "e": open_case}).fetchall() == [
            ("WITHDRAWN",)
        ]
    assert old.row_counts["events"] == new.row_counts["events"]
    assert new.batches == (first.pk, second.pk)


def _load_rows(first: ImportBatch, tmp_path: Path, table: str, query: str) -> ImportBatch:
    """Load a second batch that holds only the rows of one query over the demo bank's tables."""
    from datetime import date

    from zhike.facts.contract import TABLES
    from zhike.facts.demo.bank import build
    from zhike.facts.operations.loading import load as load_tables

    with duckdb.connect(str(tmp_path / "second.duckdb")) as duck:
        build(duck, business_date=date(2026, 9, 30), customers=200, detail_percent=20)
        rows = duck.execute(f"CREATE TEMP TABLE kept AS {query}").fetchall()
        assert rows is not None
        for name in TABLES:
            duck.execute(f"DELETE FROM main.{name}")
        duck.execute(f"INSERT INTO main.{table} SELECT * FROM kept")
        batch = ImportBatch.objects.create(
            mapping="test", digest="second", state="LOADING", asked_by="test", asked_at=NOW
        )
        return load_tables(duck, batch=batch, business_on=date(2026, 9, 30), work=tmp_path, by=None, now=NOW)


def test_a_customer_who_moves_takes_every_row_along(
    committed: None, demo_extracts: Path, tmp_path: Path
) -> None:
    first = load(demo_extracts)
    zhang = Customer.objects.get(customer_no="8000000001")
    target = Customer.objects.exclude(outlet=zhang.outlet).order_by("id").first().outlet
    _load_rows(
        first, tmp_path, "customers",
        f"SELECT * REPLACE ('{target.code}' AS outlet_code) FROM customers WHERE customer_no = '8000000001'",
    )  # fmt: skip
    zhang.refresh_from_db()
    assert zhang.outlet == target
    for model in (SearchTerm, Account, Holding, Event, Transaction):
        assert set(model.objects.filter(customer_id=zhang.pk).values_list("outlet_id", flat=True)) == {
            target.pk
        }, model


def test_unchanged_personal_data_keep_their_ciphertext(
    committed: None, demo_extracts: Path, tmp_path: Path
) -> None:
    first = load(demo_extracts)
    before = bytes(Customer.objects.get(customer_no="8000000001").phone)
    _load_rows(first, tmp_path, "customers", "SELECT * FROM customers WHERE customer_no = '8000000001'")
    assert bytes(Customer.objects.get(customer_no="8000000001").phone) == before


def test_transactions_of_reads_old_months_from_the_lake(committed: None, demo_extracts: Path) -> None:
    load(demo_extracts)
    from datetime import date

    zhang = Customer.objects.get(customer_no="8000000001")
    rows = transactions_of(customer_id=zhang.pk, since=date(2025, 1, 1), until=date(2025, 4, 1))
    assert rows and all(date(2025, 1, 1) <= row.booked_on < date(2025, 4, 1) for row in rows)
    assert rows == sorted(rows, key=lambda row: (row.booked_on, row.txn_no), reverse=True)


def test_loaded_staff_have_an_account_without_rights(committed: None, demo_extracts: Path) -> None:
    load(demo_extracts)
    chen = Staff.objects.get(name="陈晓")
    assert not chen.has_usable_password()
    assert chen.permissions == frozenset()
