"""Which rights somebody has over one customer: those of the roles in whose scope the customer is (C.2)."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import BooleanField, ExpressionWrapper, OuterRef, TextField, Value
from django.db.models.expressions import Combinable
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Concat
from django.utils import timezone

from zhike.core.access.permissions import Permission
from zhike.core.models import AuditEvent
from zhike.customers.models import Customer, reach_of
from zhike.staff.models import RoleAssignment, Staff

OPENED = "customer.opened"
"""The act of opening a part of a customer's file, as the audit names it."""


@dataclass(frozen=True, slots=True)
class SeenCustomer:
    """A customer as somebody may see them: `by` are the role assignments that reach this very customer.

    `opened_today` are the parts of the file this person has opened today, as `PART:PURPOSE`.
    """

    customer: Customer
    by: tuple[RoleAssignment, ...]
    opened_today: frozenset[str]

    def may(self, *rights: Permission) -> bool:
        """Whether one of `rights` reaches this customer: a right of one role is not used in another's scope."""
        return any(held.definition.permissions.intersection(rights) for held in self.by)

    def wants_purpose(self, *rights: Permission) -> bool:
        """Whether `rights` come from roles alone that look into a file for a stated purpose only (C.3)."""
        giving = [held for held in self.by if held.definition.permissions.intersection(rights)]
        return all(held.definition.states_purpose for held in giving)


def seen_customer(customer_id: int, *, staff: Staff) -> SeenCustomer | None:
    """The customer whom the rights in use reach, with every role that reaches them; None out of scope."""
    rows = Customer.objects.visible_to(staff).select_related("outlet", "manager")
    marks = {f"reached_{held.pk}": held for held in staff.assignments}
    if len(marks) > 1:  # one alone is the one that reaches, if any does
        rows = rows.annotate(**{mark: _reaches(held) for mark, held in marks.items()})
    found = rows.annotate(opened_today=_opened_today(staff)).filter(pk=customer_id).first()
    if found is None:
        return None
    reaching = tuple(held for mark, held in marks.items() if getattr(found, mark, True))
    return SeenCustomer(found, reaching, frozenset(found.opened_today))  # type: ignore[attr-defined]


def _reaches(held: RoleAssignment) -> Combinable:
    reach = reach_of([held])
    return Value(True) if reach is None else ExpressionWrapper(reach, output_field=BooleanField())


def _opened_today(staff: Staff) -> ArraySubquery:
    today = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
    events = AuditEvent.objects.filter(
        customer_id=OuterRef("pk"), actor_id=staff.pk, action=OPENED, recorded_at__gte=today
    )
    opened = Concat(KeyTextTransform("part", "detail"), Value(":"), "reason", output_field=TextField())
    return ArraySubquery(events.values_list(opened))
