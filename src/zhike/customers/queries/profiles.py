"""What the file says of one customer, masked as it may stand on a screen."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.db.models import Q

from zhike.core.access.permissions import Permission
from zhike.customers import masking
from zhike.customers.models import Customer, Relation
from zhike.customers.sealed import opened
from zhike.staff.models import Staff


@dataclass(frozen=True, slots=True)
class Profile:
    """The masked personal values. The date of birth is shown as an age: beside a masked ID it would undo it."""

    phone: str
    id_no: str
    email: str
    address: str
    age: int | None


def masked_profile(customer: Customer, *, day: date) -> Profile:
    """The personal values of one customer behind their masks. Opens them, so never for a list."""
    return Profile(
        phone=masking.mask_phone(opened(customer, "phone")),
        id_no=masking.mask_id(opened(customer, "id_no"), id_type=customer.id_type),
        email=masking.mask_email(opened(customer, "email")),
        address=masking.mask_address(opened(customer, "address")),
        age=masking.age_on(customer.birth_on, day),
    )


def masked_field(customer: Customer, field: str, *, day: date) -> str:
    """One value behind its mask, as `masked_profile` shows it."""
    profile = masked_profile(customer, day=day)
    return str(profile.age) if field == "birth_on" else getattr(profile, field)


@dataclass(frozen=True, slots=True)
class RelationSeen:
    """A relation from one customer's point of view; `other` is None where the other one is out of scope."""

    relation: Relation
    other: Customer | None
    is_from: bool


def relations_of(customer: Customer, *, staff: Staff) -> list[RelationSeen]:
    """Relations from and to a customer. A join would drop those whose other end the person may not see."""
    rows = list(Relation.objects.filter(Q(customer=customer) | Q(other=customer)).order_by("kind", "id"))
    ends = {row.other_id if row.customer_id == customer.pk else row.customer_id for row in rows}
    seen = Customer.objects.visible_to(staff, Permission.CUSTOMER_READ).in_bulk(ends)
    found = []
    for row in rows:
        is_from = row.customer_id == customer.pk
        found.append(RelationSeen(row, seen.get(row.other_id if is_from else row.customer_id), is_from))
    return found
