"""Customers and what they hold."""

from __future__ import annotations

from django.db.models import F
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.utils import timezone
from ninja import Query, Router

from zhike.core.access.permissions import Permission
from zhike.customers import api as customers
from zhike.customers.models import Customer
from zhike.facts.models import Account, Holding
from zhike.rest.operations.reads import record_list, record_read
from zhike.rest.views import schemas
from zhike.rest.views.bearer import granted
from zhike.rest.views.marks import N_
from zhike.rest.views.paging import page_of
from zhike.rest.views.problems import Problem
from zhike.rest.views.schemas import CustomerNumber

ACCOUNTS_SHOWN = 200
LISTED = {200: schemas.CustomerPage, (400, 401, 403, 422, 429, 500, 503): Problem}
ONE_ERRORS = {(400, 401, 403, 404, 422, 429, 500, 503): Problem}
router = Router(tags=["customers"])


@router.get(
    "/customers", response=LISTED, operation_id="customers_list", summary=N_("List customers"),
    description=N_("Customers in scope, by filters, page by page. Names are masked."),
)  # fmt: skip
@granted(Permission.CUSTOMER_READ)
def customer_list(request: HttpRequest, query: Query[schemas.CustomerQuery]) -> schemas.CustomerPage:
    rows = Customer.objects.visible_to(request.auth.staff).select_related("outlet", "manager")
    exact = {
        "outlet__code": query.outlet, "manager__staff_no": query.manager, "kind": query.kind,
        "business_type": query.business_type, "customer_group": query.customer_group,
    }  # fmt: skip
    rows = rows.filter(**{name: value for name, value in exact.items() if value is not None})
    if not query.with_closed:
        rows = rows.filter(closed_on=None)
    found, after = page_of(rows, query)
    record_list(
        (row.customer_no for row in found), what="customers", asked=request.GET.dict(),
        by=request.auth.staff, now=timezone.now(),
    )  # fmt: skip
    return schemas.CustomerPage(items=[schemas.Customer(**_brief(row)) for row in found], next=after)


@router.get(
    "/customers/{customer_no}", response={200: schemas.CustomerDetail, **ONE_ERRORS},
    operation_id="customers_one", summary=N_("Read a customer"),
    description=N_("One customer in scope. Personal values are masked; this API never shows them in the clear."),
)  # fmt: skip
@granted(Permission.CUSTOMER_READ)
def customer_detail(request: HttpRequest, customer_no: CustomerNumber) -> schemas.CustomerDetail:
    row = _in_scope(request, customer_no)
    record_read(row, what="file", by=request.auth.staff, now=timezone.now())
    profile = customers.masked_profile(row, day=timezone.localdate())
    return schemas.CustomerDetail(
        **_brief(row), outlet_name=row.outlet.name, region=row.region, occupation=row.occupation,
        industry=row.industry, age=profile.age, id_type=row.id_type, id_no=profile.id_no,
        phone=profile.phone, email=profile.email, address=profile.address,
    )  # fmt: skip


@router.get(
    "/customers/{customer_no}/holdings", response={200: schemas.Holdings, **ONE_ERRORS},
    operation_id="customers_holdings", summary=N_("Read what a customer holds"),
    description=N_("Totals of the latest month and the accounts. Account numbers are masked."),
)  # fmt: skip
@granted(Permission.HOLDING_READ)
def holdings(request: HttpRequest, customer_no: CustomerNumber) -> schemas.Holdings:
    row = _in_scope(request, customer_no)
    record_read(row, what="holdings", by=request.auth.staff, now=timezone.now())
    totals = Holding.objects.filter(customer=row).first()
    accounts = Account.objects.filter(customer=row).select_related("product")
    shown = accounts.order_by(F("closed_on").desc(nulls_first=True), "opened_on", "id")[:ACCOUNTS_SHOWN]
    return schemas.Holdings(
        customer_no=row.customer_no,
        totals=totals and schemas.HoldingTotals.from_orm(totals),
        accounts=[_account(account) for account in shown],
        account_count=accounts.count(),
    )


def _in_scope(request: HttpRequest, customer_no: str) -> Customer:
    rows = Customer.objects.visible_to(request.auth.staff).select_related("outlet", "manager")
    return get_object_or_404(rows, customer_no=customer_no)


def _brief(row: Customer) -> dict[str, object]:
    return {
        "customer_no": row.customer_no, "name": customers.mask_name(row.name, kind=row.kind), "kind": row.kind,
        "business_type": row.business_type, "customer_group": row.customer_group,
        "outlet_code": row.outlet.code, "manager_no": row.manager.staff_no if row.manager else None,
        "opened_on": row.opened_on, "closed_on": row.closed_on,
    }  # fmt: skip


def _account(account: Account) -> schemas.Account:
    return schemas.Account(
        account_no=customers.mask_account(account.account_no), product_code=account.product.code,
        product_name=account.product.name, category=account.product.category, currency=account.currency,
        principal_cents=account.principal_cents, balance_cents=account.balance_cents,
        opened_on=account.opened_on, opening=account.opening, matures_on=account.matures_on,
        closed_on=account.closed_on,
    )  # fmt: skip
