"""Customers with everything a file holds: encrypted values, blind indexes, search terms, an interval of 管户."""

from __future__ import annotations

from datetime import date

from tests.factories.customers import customer
from zhike.core import keys
from zhike.customers.models import Customer, Portfolio, SearchTerm
from zhike.customers.names import name_sort, phone_tail_term, search_terms
from zhike.customers.sealed import PURPOSE, place_of
from zhike.staff.models import Staff, Unit


def filed(customer_no: str, *, outlet: Unit, manager: Staff | None = None, **fields: object) -> Customer:
    """A customer as the import writes one. `phone`, `id_no`, `email` and `address` are given in the clear."""
    clear = {name: str(fields.pop(name, "")) for name in ("phone", "id_no", "email", "address")}
    name = str(fields.get("name", customer_no))
    made = customer(customer_no, outlet=outlet, manager=manager, **{"name_sort": name_sort(name), **fields})
    file_away(made, **clear)
    if manager is not None:
        Portfolio.objects.create(
            customer=made, outlet_id=outlet.pk, manager=manager, from_on=date(2020, 1, 1), reason="loaded",
            assigned_by="system",
        )  # fmt: skip
    return made


def file_away(made: Customer, **clear: str) -> None:
    """Seal the given values and write the terms under which the customer is found."""
    for field, value in clear.items():
        if value:
            place = place_of(made.pk, field)
            setattr(made, field, keys.seal(value, purpose=PURPOSE, place=place))
            if field in ("phone", "id_no"):
                setattr(made, f"{field}_index", keys.blind(field, value))
    made.save()
    terms = search_terms(name=made.name, customer_no=made.customer_no)
    if clear.get("phone"):
        terms.append(phone_tail_term(clear["phone"]))
    SearchTerm.objects.bulk_create(
        [SearchTerm(customer=made, outlet_id=made.outlet_id, term=term) for term in terms]
    )
