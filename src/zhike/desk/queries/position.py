"""Where a customer stands in the list one came from: the ones before and after, and how many there are."""

from __future__ import annotations

from dataclasses import dataclass

from zhike.customers.api import Customer
from zhike.desk.queries.customer_list import ListedCustomers


@dataclass(frozen=True, slots=True)
class Position:
    """A place in a list, counted from 1; `before` and `after` are None at its ends."""

    place: int
    total: int
    before: Customer | None
    after: Customer | None


def position(customer: Customer, *, among: ListedCustomers, place: int) -> Position | None:
    """The position, or None where the list has changed meanwhile and the place is another customer's."""
    if place < 1:
        return None
    first = max(0, place - 2)
    rows = among[first : place + 1]
    here = next((number for number, row in enumerate(rows) if row.pk == customer.pk), None)
    if here is None:
        return None
    return Position(
        place=first + here + 1,
        total=len(among),
        before=rows[here - 1] if here else None,
        after=rows[here + 1] if here + 1 < len(rows) else None,
    )
