"""Readings as rows: the canonical tables of one small delivery, loaded as an import would."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from itertools import count
from pathlib import Path
from typing import Any

import duckdb

from zhike.facts.contract import TABLES
from zhike.facts.enums import BatchState
from zhike.facts.models import ImportBatch
from zhike.facts.operations.loading import load
from zhike.facts.operations.moving import move

NOW = datetime(2026, 10, 8, 1, 0, tzinfo=UTC)
BUSINESS_ON = date(2026, 9, 30)
_numbers = count(1)

Rows = Sequence[Mapping[str, Any]]


def preview() -> ImportBatch:
    """A batch that is read and waits."""
    return ImportBatch.objects.create(
        mapping="rows", digest=f"rows-{next(_numbers)}", state="PREVIEW", asked_by="test", asked_at=NOW
    )


def deliver(batch: ImportBatch | None = None, *, now: datetime = NOW, **tables: Rows) -> ImportBatch:
    """Load rows of the canonical tables as one batch."""
    with tempfile.TemporaryDirectory() as folder, duckdb.connect() as duck:
        for table in TABLES.values():
            columns = ", ".join(f"{column.name} {column.type}" for column in table.columns)
            duck.execute(f"CREATE TABLE {table.name} ({columns})")
        for name, rows in tables.items():
            for row in rows:
                marks = ", ".join("?" for _ in row)
                duck.execute(f"INSERT INTO {name} ({', '.join(row)}) VALUES ({marks})", list(row.values()))
        batch = batch or preview()
        move(batch, BatchState.LOADING)
        batch.save(update_fields=["state"])
        return load(duck, batch=batch, business_on=BUSINESS_ON, work=Path(folder), by=None, now=now)


def outlet(code: str, parent: str | None = None) -> dict[str, Any]:
    return {"outlet_code": code, "name": code, "kind": "OUTLET", "parent_code": parent}


def staff(staff_no: str, outlet_code: str) -> dict[str, Any]:
    return {"staff_no": staff_no, "name": staff_no, "post": "ACCOUNT_MANAGER", "outlet_code": outlet_code}


def customer(customer_no: str, outlet_code: str, manager_no: str | None = None) -> dict[str, Any]:
    return {
        "customer_no": customer_no, "kind": "INDIVIDUAL", "name": "张伟", "business_type": "RETAIL",
        "customer_group": "GENERAL", "outlet_code": outlet_code, "manager_no": manager_no,
        "opened_on": date(2020, 1, 1),
    }  # fmt: skip


PRODUCT = {
    "product_code": "D1", "name": "活期", "category": "DEMAND", "margin_ppm": 0, "loss_ppm": 0, "fee_cents": 0,
    "is_chosen": True,
}  # fmt: skip


def account(account_no: str, customer_no: str, outlet_code: str) -> dict[str, Any]:
    return {
        "account_no": account_no, "customer_no": customer_no, "product_code": "D1", "outlet_code": outlet_code,
        "currency": "CNY", "opened_on": date(2020, 1, 1), "opening": "NEW",
    }  # fmt: skip


def transaction(txn_no: str, account_no: str, booked_on: date, cents: int = 100) -> dict[str, Any]:
    return {
        "txn_no": txn_no, "account_no": account_no, "booked_on": booked_on, "kind": "TRANSFER_IN",
        "amount_cents": cents, "channel": "MOBILE",
    }  # fmt: skip


def event(event_no: str, customer_no: str, happened_on: date, outcome: str = "FOUNDED") -> dict[str, Any]:
    return {
        "event_no": event_no, "customer_no": customer_no, "kind": "COMPLAINT", "happened_on": happened_on,
        "outcome": outcome, "severity": 2,
    }  # fmt: skip
