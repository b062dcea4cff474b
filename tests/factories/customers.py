from __future__ import annotations

from datetime import date

from zhike.customers.models import Customer
from zhike.staff.models import Staff, Unit


def customer(customer_no: str, *, outlet: Unit, manager: Staff | None = None, **fields: object) -> Customer:
    fields = {
        "kind": "INDIVIDUAL", "name": customer_no, "name_sort": customer_no, "business_type": "RETAIL",
        "customer_group": "GENERAL", "opened_on": date(2020, 1, 1), **fields,
    }  # fmt: skip
    return Customer.objects.create(customer_no=customer_no, outlet=outlet, manager=manager, **fields)
