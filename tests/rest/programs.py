"""A program that calls, and what there is for it to read."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.db import connection
from django.test import Client
from django.utils import timezone

from tests.cast import Bank
from zhike.analytics.scheme import preset
from zhike.core import keys
from zhike.customers.sealed import PURPOSE, place_of
from zhike.facts.models import Account, Holding, ImportBatch, Product
from zhike.loyalty.models import Run, RunPeer, Scheme, Standing
from zhike.rest.enums import SCOPES
from zhike.rest.operations.tokens import issue_token
from zhike.staff.models import Staff

START = datetime(2026, 10, 9, 1, 0, tzinfo=UTC)
PERSONAL = {
    "id_no": "330106198204091232", "phone": "13812346027", "email": "ruolan@example.com",
    "address": "浙江省杭州市西湖区文三路18号",
}  # fmt: skip


@dataclass(frozen=True)
class Program:
    """A client that shows one token."""

    secret: str

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.secret}", "Accept-Language": "en"}

    def get(self, path: str, **headers: str) -> Any:
        return Client().get(f"/api/v1/{path}", headers={**self.headers, **headers})

    def post(self, path: str, body: Any, *, key: str | None = "key-1", raw: bytes | None = None) -> Any:
        headers = self.headers | ({"Idempotency-Key": key} if key else {})
        data = raw if raw is not None else json.dumps(body)
        return Client().post(f"/api/v1/{path}", data=data, content_type="application/json", headers=headers)


def program_of(person: Staff, *scopes: str) -> Program:
    """The program of a person, with the scopes named or with all the person may give."""
    now = timezone.now()
    given = list(scopes) or [str(right) for right in SCOPES if person.may(right)]
    ends = timezone.localdate(now) + timedelta(days=30)
    name = f"{person.staff_no} {sorted(given)}"[:60]
    return Program(issue_token(name=name, scopes=given, expires_on=ends, by=person, now=now).secret)


def give_holdings(bank: Bank) -> Account:
    """张伟's personal values, one account and totals."""
    customer = bank.zhang_wei
    for field, value in PERSONAL.items():
        setattr(customer, field, keys.seal(value, purpose=PURPOSE, place=place_of(customer.pk, field)))
    customer.id_type, customer.birth_on = "RESIDENT_ID", date(1982, 4, 9)
    customer.save()
    product = Product.objects.create(
        code="D01",
        name="活期存款",
        category="DEMAND",
        margin_ppm=13000,
        loss_ppm=0,
        fee_cents=0,
        is_chosen=False,
    )
    Holding.objects.create(
        customer=customer, outlet_id=customer.outlet_id, month_on=date(2026, 9, 1), aum_cents=5_000_000,
        average_cents=4_800_000, loan_cents=0, product_count=1, category_count=1,
    )  # fmt: skip
    return Account.objects.create(
        account_no="6222021234566027", customer=customer, outlet_id=customer.outlet_id, product=product,
        currency="CNY", balance_cents=5_000_000, opened_on=date(2020, 1, 1), opening="NEW",
    )  # fmt: skip


def publish(bank: Bank) -> Run:
    """A published run of one indicator over the three customers, on facts that go to its day."""
    ImportBatch.objects.create(
        mapping="core", digest="0" * 64, state="LOADED", business_on=date(2026, 9, 30), asked_by="test", asked_at=START,
        loaded_at=START, load_no=1,
    )  # fmt: skip
    spec = replace(preset("core_banking"), code="CORE", version=2)
    scheme = Scheme.objects.create(
        code="CORE",
        name="核心方案",
        number=2,
        cycle="Q",
        state="IN_FORCE",
        spec=spec.to_dict(),
        spec_hash=spec.sha256,
        indicator_versions=spec.indicator_versions,
        drafted_at=START,
    )
    run = Run.objects.create(
        scheme=scheme, scheme_code="CORE", period="2026Q3", as_of=date(2026, 9, 30), number=1, state="RECONCILING",
        indicators=["TENURE"], customer_count=3, changed_count=1, started_by=bank.wu, started_at=START,
        computed_at=START, result_hash="ab" * 32, batches=[1],
    )  # fmt: skip
    RunPeer.objects.create(
        run=run, indicator="TENURE", business_type="RETAIL", customer_group="GENERAL", customer_count=2,
        mean_raw=5, median_raw=5, median_value=50,
    )  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute("SELECT loyalty_open_run(%s), loyalty_close_run(%s)", [run.pk, run.pk])
        for customer in (bank.zhang_wei, bank.li_na, bank.western):
            Standing.objects.create(
                customer=customer, outlet_id=customer.outlet_id, manager_id=customer.manager_id, run=run, score=61.5,
                score_before=70.0, score_change=-8.5, available_weight=1, tier="MEDIUM", computed_tier="MEDIUM",
                tier_before="HIGH", movement="LOWERED", is_sufficient=True, is_provisional=False,
                is_changed=customer == bank.zhang_wei, causes=["TENURE"], since_on=run.as_of,
            )  # fmt: skip
            cursor.execute(
                "INSERT INTO loyalty_result (run_id, customer_id, outlet_id, business_type, customer_group, weight_set,"
                " score, available_weight, tier, tier_before, score_tier, movement, below_count, is_sufficient,"
                ' is_provisional, is_changed, causes, raws, states, "values", weights, contributions) VALUES (%s,'
                " %s, %s, %s, 'GENERAL', 'RETAIL', 61.5, 1, 'MEDIUM', 'HIGH', 'MEDIUM', 'LOWERED', 0, true,"
                " false, true, '{TENURE}', '{6.7}', 'O', '{61.5}', '{1}', '{61.5}')",
                [run.pk, customer.pk, customer.outlet_id, customer.business_type],
            )
    run.state, run.reviewed_by, run.reviewed_at = "PUBLISHED", bank.wu, START
    run.published_by, run.published_at = bank.zheng, START
    run.save()
    return run
