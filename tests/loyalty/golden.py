"""The golden bank: facts in a lake of their own, at which the index has the figures of formula E.6."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from tests.cast import Bank
from tests.factories.customers import customer

from zhike.analytics import scheme
from zhike.analytics.engine import DuckEngine
from zhike.analytics.indicators import Normaliser, Policy
from zhike.analytics.scheme import IndicatorUse, SchemeSpec, WeightSet
from zhike.customers.models import Customer
from zhike.facts.contract import LAKE_COLUMNS
from zhike.facts.models import ImportBatch, LakeFile
from zhike.loyalty.operations.reconciling import CONTROLS

Q3 = date(2026, 9, 30)
Q4 = date(2026, 12, 31)
NOW = datetime(2026, 10, 8, 2, 0, tzinfo=UTC)
MONTHS = [date(2025, 10 + i, 1) if i < 3 else date(2026, i - 2, 1) for i in range(12)]

Rows = dict[str, list[dict[str, Any]]]


def golden_spec(code: str = "GOLD") -> SchemeSpec:
    """The full scheme with bounds at which the golden facts give 60, 33.3, 66.7, 82 and 75."""
    numbers = {
        "REPEAT_PURCHASE": {"target": 5},
        "SATISFACTION": {"low": 1, "high": 1 + 3 / 0.82},
        "LIFETIME_VALUE": {"horizon_years": 1, "discount": 0, "stated_alpha": 1e-6, "stated_beta": 1e6},
    }
    full = scheme.preset("full")
    uses = (
        replace(use, parameters={**use.parameters, **numbers.get(use.code, {})}, by_business_type={})
        for use in full.indicators
    )
    uses = tuple(
        replace(use, policy=Policy.REDISTRIBUTE) if use.code == "SATISFACTION" else use for use in uses
    )
    return replace(full, code=code, version=1, indicators=uses)


def wallet_spec(code: str = "WALLET") -> SchemeSpec:
    """A scheme of one indicator, so that facts can give any score: the share of wallet in per cent."""
    use = IndicatorUse("SHARE_OF_WALLET", Policy.REDISTRIBUTE, Normaliser.FIXED, {"low": 0.0, "high": 1.0})
    only = WeightSet("ALL", None, (), {"SHARE_OF_WALLET": 10_000})
    return replace(
        scheme.preset("full"), code=code, version=1, indicators=(use,), weight_sets=(only,),
        default_weight_set="ALL",
    )  # fmt: skip


def golden_rows(bank: Bank) -> Rows:
    """张伟 and the enterprise with the golden facts, 李娜 the same without an answer, and their peers."""
    rows = empty_rows()
    peers = [_peer(f"690{n}", outlet=bank.donghu, manager=bank.lin, name=f"同组{n}") for n in (1, 2)]
    corporate = _peer("6904", outlet=bank.west, name="同业企业", kind="ENTERPRISE", business_type="CORPORATE")
    rows["products"] = [
        _product(1, "DEMAND", margin=13_000, fee=90_000),
        _product(2, "LOAN", margin=17_000, loss=5_400),
        _product(3, "FUND", is_chosen=True),
    ]
    for each, held in (
        (bank.zhang_wei, True), (bank.li_na, True), (bank.western, True),
        (peers[0], False), (peers[1], False), (corporate, False),
    ):  # fmt: skip
        add_customer(rows, each)
        add_holdings(rows, each.pk, held=held)
        if held:
            add_decisions(rows, each.pk)
            rows["events"].append(event(each.pk, "REFERRAL", "QUALIFIED"))
            rows["events"].append(event(each.pk, "COMPLAINT", "FOUNDED", severity=1))
        if each in (bank.zhang_wei, bank.western):
            rows["events"].append(event(each.pk, "ANSWER", "VALID", satisfaction=4))
    return rows


def _peer(customer_no: str, **fields: Any) -> Customer:
    return Customer.objects.filter(customer_no=customer_no).first() or customer(customer_no, **fields)


def wallet_rows(customers: list[Any], scores: dict[date, float]) -> Rows:
    """Facts at which each customer's share of wallet at the end of a quarter is the score in per cent."""
    rows = empty_rows()
    rows["products"] = [_product(1, "DEMAND", margin=10_000)]
    for each in customers:
        add_customer(rows, each)
        rows["accounts"].append(_account(each.pk * 10, each.pk, 1, date(2020, 1, 1)))
        for end, score in scores.items():
            cents = round(score * 10_000)
            for month in (end.month - 2, end.month - 1, end.month):
                rows["balances"].append(_balance(each.pk, 1, date(end.year, month, 1), cents))
            rows["events"].append(
                event(each.pk, "HOLDINGS_ELSEWHERE", "DONE", on=end, amount_cents=1_000_000 - cents)
            )
    return rows


def empty_rows() -> Rows:
    return {name: [] for name in LAKE_COLUMNS}


def load(rows: Rows, *, lake: Path, digest: str, now: datetime = NOW, business_on: date = Q4) -> ImportBatch:
    """Write the rows as a committed import would: one file a table, replacing what was there."""
    batch = ImportBatch.objects.create(
        mapping="golden", digest=digest, state="LOADED", business_on=business_on, asked_by="test",
        asked_at=now, loaded_at=now, load_no=ImportBatch.objects.filter(state="LOADED").count() + 1,
    )  # fmt: skip
    LakeFile.objects.filter(replaced_by=None).update(replaced_by=batch)
    for table, columns in LAKE_COLUMNS.items():
        if not rows[table]:
            continue
        path = f"{digest}-{table}.parquet"
        _write(lake / path, columns, rows[table])
        money = CONTROLS.get(table)
        LakeFile.objects.create(
            batch=batch, table=table, path=path, row_count=len(rows[table]), sha256="",
            sum_cents=sum(row.get(money) or 0 for row in rows[table]) if money else None,
        )  # fmt: skip
    return batch


def _write(path: Path, columns: Any, rows: list[dict[str, Any]]) -> None:
    with DuckEngine(threads=1) as duck:
        duck.table("t", columns, [tuple(row.get(name) for name, _ in columns) for row in rows])
        duck.write("SELECT * FROM t", {}, path)


def _product(
    number: int, category: str, *, margin: int = 0, loss: int = 0, fee: int = 0, is_chosen: bool = False
) -> dict[str, Any]:
    return {
        "product_id": number, "category": category, "margin_ppm": margin, "loss_ppm": loss, "fee_cents": fee,
        "is_chosen": is_chosen,
    }  # fmt: skip


def add_customer(rows: Rows, each: Any) -> None:
    rows["customers"].append(
        {
            "customer_id": each.pk, "kind": each.kind, "business_type": each.business_type,
            "customer_group": each.customer_group, "outlet_id": each.outlet_id, "opened_on": each.opened_on,
        }
    )  # fmt: skip


def _account(number: int, customer_id: int, product: int, opened_on: date) -> dict[str, Any]:
    return {
        "account_id": number, "customer_id": customer_id, "product_id": product, "opened_on": opened_on,
        "opening": "NEW",
    }  # fmt: skip


def _balance(customer_id: int, product: int, month: date, cents: int) -> dict[str, Any]:
    account = customer_id * 10 + (product if product != 1 else 0)
    return {
        "account_id": account, "customer_id": customer_id, "month_on": month, "average_cents": cents,
        "end_cents": cents,
    }  # fmt: skip


def add_holdings(rows: Rows, customer_id: int, *, held: bool) -> None:
    for product, cents in ((1, 50_000_000), (2, 20_000_000)):
        account = customer_id * 10 + (product if product != 1 else 0)
        rows["accounts"].append(_account(account, customer_id, product, date(2020, 1, 1)))
        rows["balances"] += [_balance(customer_id, product, month, cents if held else 0) for month in MONTHS]


def add_decisions(rows: Rows, customer_id: int, *, count: int = 4) -> None:
    """Four purchases in the window: three repeats."""
    rows["accounts"] += [
        _account(customer_id * 10 + 3 + again, customer_id, 3, date(2026, 1 + again, 5))
        for again in range(count)
    ]


def event(customer_id: int, kind: str, outcome: str, on: date = Q3, **figures: int) -> dict[str, Any]:
    number = f"{kind}-{customer_id}-{on}"
    return {
        "event_no": number, "customer_id": customer_id, "kind": kind, "happened_on": on, "outcome": outcome,
        **figures,
    }  # fmt: skip
