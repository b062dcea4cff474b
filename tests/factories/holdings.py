"""What customers hold and what happened with them, and where they stand, as rows of a test."""

from __future__ import annotations

from datetime import UTC, date, datetime

from zhike.analytics.scheme import preset
from zhike.customers.models import Customer
from zhike.facts.models import Account, Event, Holding, Product, Transaction
from zhike.loyalty.models import Run, Scheme, Standing
from zhike.loyalty.queries.periods import bounds
from zhike.staff.models import Staff

MONTHS = [date(2026, 7, 1), date(2026, 8, 1), date(2026, 9, 1)]


def holding(
    customer: Customer, aum_cents: int, *, before_cents: int | None = None, **fields: object
) -> Holding:
    """What a customer holds in sum; the series rise to the present figure."""
    before = aum_cents if before_cents is None else before_cents
    fields = {
        "month_on": MONTHS[-1], "aum_before_cents": before, "average_cents": aum_cents, "loan_cents": 0,
        "product_count": 1, "category_count": 1, "months": MONTHS,
        "deposit_series": [before, before, aum_cents], "wealth_series": [0, 0, 0], "fund_series": [0, 0, 0],
        "insurance_series": [0, 0, 0], **fields,
    }  # fmt: skip
    return Holding.objects.create(
        customer=customer,
        outlet_id=customer.outlet_id,
        aum_cents=aum_cents,
        **fields,
    )


def product(code: str = "TERM1", *, category: str = "TERM", name: str = "大额存单") -> Product:
    return Product.objects.get_or_create(
        code=code,
        defaults={
            "name": name, "category": category, "margin_ppm": 10_000, "loss_ppm": 0, "fee_cents": 0, "is_chosen": True,
        },
    )[0]  # fmt: skip


def account(customer: Customer, account_no: str, *, cents: int = 100_000, **fields: object) -> Account:
    fields = {"opened_on": date(2024, 1, 5), "opening": "NEW", "currency": "CNY", **fields}
    fields.setdefault("product", product())
    return Account.objects.create(
        account_no=account_no, customer=customer, outlet_id=customer.outlet_id, balance_cents=cents, **fields
    )


def contact(customer: Customer, on: date, *, kind: str = "CONTACT", outcome: str = "DONE") -> Event:
    return Event.objects.create(
        event_no=f"{customer.customer_no}-{kind}-{on}", customer=customer, outlet_id=customer.outlet_id, kind=kind,
        happened_on=on, outcome=outcome,
    )  # fmt: skip


def movement(account: Account, on: date, cents: int, *, kind: str = "TRANSFER_IN") -> Transaction:
    """One transaction; its month is opened first."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT facts_open_month(%s)", [on])
    return Transaction.objects.create(
        txn_no=f"T{on:%Y%m%d}{abs(cents)}", booked_on=on, account_id=account.pk, customer_id=account.customer_id,
        outlet_id=account.outlet_id, kind=kind, amount_cents=cents, channel="MOBILE",
    )  # fmt: skip


def published_run(by: Staff, *, period: str = "2026Q3") -> Run:
    """A published run without results: enough for standings to point at."""
    now = datetime(2026, 10, 9, 2, 0, tzinfo=UTC)
    scheme = Scheme.objects.order_by("pk").first() or Scheme.objects.create(**_scheme(by, now))
    return Run.objects.create(
        scheme=scheme, scheme_code=scheme.code, period=period, as_of=bounds(period)[1], number=1, state="PUBLISHED",
        started_by=by, started_at=now, reviewed_by=by, reviewed_at=now, published_at=now,
    )  # fmt: skip


def standing(
    customer: Customer, run: Run, *, score: float | None, change: float | None = None, **fields: object
) -> Standing:
    """Where a customer stands; a change makes a changed customer."""
    fields = {
        "tier": "MEDIUM", "computed_tier": fields.get("tier", "MEDIUM"), "tier_before": "MEDIUM",
        "movement": "EARNED", "available_weight": 1.0, "is_sufficient": True, "is_provisional": False,
        "since_on": run.as_of, **fields,
    }  # fmt: skip
    return Standing.objects.create(
        customer=customer, outlet_id=customer.outlet_id, manager_id=customer.manager_id, run=run, score=score,
        score_before=None if score is None or change is None else score - change, score_change=change,
        is_changed=bool(change), **fields,
    )  # fmt: skip


def _scheme(by: Staff, now: datetime) -> dict[str, object]:
    return {
        "code": "FULL", "name": "Full", "number": 1, "cycle": "Q", "spec": preset("full").to_dict(),
        "state": "IN_FORCE", "spec_hash": "0" * 64, "drafted_by": by, "drafted_at": now,
    }  # fmt: skip
