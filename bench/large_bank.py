"""The demo bank at any size, loaded, evaluated and published by the product's own operations.

Beyond fifty thousand customers the bank is that many, laid side by side under one head office: every outlet,
person, customer and account once more with a number of its own.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import duckdb

from bench.data_sets import HERE, SOURCES, kept, version_of
from bench.extracts import BUSINESS_DATE, DETAIL_PERCENT
from bench.installation import owner, running, worker
from zhike.facts.demo.bank import build

PATTERN_CUSTOMERS = 50_000
QUARTER_END = BUSINESS_DATE

_COPY = "CREATE OR REPLACE TEMP MACRO again(key, k) AS key || lpad(k::VARCHAR, 2, '0')"
_COMMON = "SELECT {} FROM {} WHERE kind IN ('HEAD_OFFICE', 'DEPARTMENT')"
_COPIES = {  # table: what differs in the copy of number k
    "outlets": (
        "again(outlet_code, k) AS outlet_code, CASE WHEN parent_code IN (FROM common_outlets) THEN parent_code"
        " ELSE again(parent_code, k) END AS parent_code"
    ),
    "staff": "again(staff_no, k) AS staff_no, again(outlet_code, k) AS outlet_code",
    "customers": (
        "again(customer_no, k) AS customer_no, again(outlet_code, k) AS outlet_code,"
        " again(manager_no, k) AS manager_no,"
        " left(phone, 3) || lpad(((try_cast(phone[4:] AS BIGINT) + k * 4999999) % 100000000)::VARCHAR, 8, '0')"
        " AS phone, left(id_no, 6) || (coalesce(try_cast(id_no[7:14] AS BIGINT), 0) + k) || id_no[15:] AS id_no"
    ),
    "relations": (
        "again(from_customer_no, k) AS from_customer_no, again(to_customer_no, k) AS to_customer_no"
    ),
    "accounts": (
        "again(account_no, k) AS account_no, again(customer_no, k) AS customer_no,"
        " again(outlet_code, k) AS outlet_code"
    ),
    "balances": "again(account_no, k) AS account_no",
    "transactions": "again(txn_no, k) AS txn_no, again(account_no, k) AS account_no",
    "events": (
        "again(event_no, k) AS event_no, again(customer_no, k) AS customer_no,"
        " CASE WHEN staff_no IN (FROM common_staff) THEN staff_no ELSE again(staff_no, k) END AS staff_no"
    ),
}
_WHICH = {
    "outlets": "outlet_code NOT IN (FROM common_outlets)",
    "staff": "staff_no NOT IN (FROM common_staff)",
}


def home_of(customers: int) -> Path:
    """The folder of the installation, its server stopped; made on first use, which takes its time."""
    parts = [
        SOURCES / "facts" / "demo",
        SOURCES / "facts" / "contract.py",
        SOURCES / "customers" / "names.py",
        SOURCES / "core" / "access" / "rls.py",
    ]
    parts += [Path(__file__), HERE / "published.py", *SOURCES.glob("*/migrations")]
    return kept(f"bank-{customers}", version_of(*parts), lambda folder: _set_up(folder, customers))


def build_bank(path: Path, customers: int) -> None:
    """The canonical tables of a bank of this size in a DuckDB file."""
    pattern = min(customers, PATTERN_CUSTOMERS)
    with duckdb.connect(str(path)) as duck:
        build(duck, business_date=BUSINESS_DATE, customers=pattern, detail_percent=DETAIL_PERCENT)
        lay_side_by_side(duck, customers // pattern)


def lay_side_by_side(duck: duckdb.DuckDBPyConnection, copies: int) -> None:
    """Let the bank be there so many times, with one head office."""
    duck.execute(_COPY)
    duck.execute(f"CREATE TEMP TABLE common_outlets AS {_COMMON.format('outlet_code', 'outlets')}")
    duck.execute(
        "CREATE TEMP TABLE common_staff AS SELECT staff_no FROM staff SEMI JOIN common_outlets USING (outlet_code)"
    )
    for table, columns in _COPIES.items():
        which = _WHICH.get(table, "true")
        duck.execute(
            f"INSERT INTO {table} SELECT * EXCLUDE k REPLACE ({columns})"
            f" FROM (FROM {table} WHERE {which}) CROSS JOIN range(1, $copies) AS copies(k)",
            {"copies": copies},
        )


def load(database: Path) -> None:
    """Load the canonical tables as an import does once it has read and checked the files."""
    from zhike.facts.models import ImportBatch
    from zhike.facts.operations import loading

    now = datetime.now(UTC)
    batch = ImportBatch.objects.create(
        mapping="bench", digest="bench", state="LOADING", asked_by="bench", asked_at=now
    )
    with duckdb.connect(str(database)) as duck:
        duck.execute(f"SET memory_limit = '2GB'; SET temp_directory = '{database.parent / 'spill'}'")
        loading.load(duck, batch=batch, business_on=BUSINESS_DATE, work=database.parent, by=None, now=now)


def appoint() -> None:
    """Give everybody the role of the post."""
    from zhike.core.access.permissions import ROLES
    from zhike.staff import api as staff

    now = datetime.now(UTC)
    posts = {
        person.staff_no: person.post
        for person in staff.Staff.objects.filter(is_active=True)
        if person.post in ROLES
    }
    staff.appoint_first(posts=posts, valid_from=QUARTER_END.replace(month=1, day=1), now=now)


def tidy_up() -> None:
    """What autovacuum would have done by the next morning."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")


def _set_up(folder: Path, customers: int) -> None:
    from bench import published

    work = folder / "work"
    work.mkdir()
    build_bank(work / "bank.duckdb", customers)
    with running(folder) as installation:
        worker(installation, load, work / "bank.duckdb")
        owner(installation, appoint)
        scheme, _ = worker(installation, published.put_in_force, QUARTER_END)
        worker(installation, published.publish_once, scheme, QUARTER_END, None)
        owner(installation, tidy_up)
    for path in work.iterdir():
        path.unlink()
