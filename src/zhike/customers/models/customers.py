from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from zhike.core.access.permissions import Permission, Scope
from zhike.core.models import AccessGrant
from zhike.customers.enums import BusinessType, CustomerGroup, CustomerKind, IdType, RelationKind, Sex
from zhike.staff.models import RoleAssignment, Staff, Unit

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


class CustomerQuerySet(models.QuerySet["Customer"]):
    def visible_to(self, staff: Staff, *rights: Permission) -> CustomerQuerySet:
        """The customers whom one of `rights` reaches, else those in use: finer than row-level security (C.2)."""
        roles = staff.reaching(*rights)
        reach = reach_of(roles)
        if reach is None:
            return self
        return self.filter(reach) if roles else self.none()


def reach_of(roles: Sequence[RoleAssignment]) -> Q | None:
    """The condition of the customers whom one of these assignments reaches; None is the whole bank."""
    reaches = [_reach(held) for held in roles]
    if None in reaches:
        return None
    granted = list(
        AccessGrant.objects.filter(Q(until=None) | Q(until__gt=Now()), staff__in={held.staff_id for held in roles})
        .values_list("customer_id", flat=True)
    )  # fmt: skip
    if granted:
        reaches.append(Q(pk__in=granted))
    return _any(reaches)


def outlets_reached(staff: Staff, *rights: Permission) -> frozenset[int] | None:
    """The outlets whose customers are all that `visible_to` shows; None where outlets alone do not say it.

    A condition on the customer's own row cannot be looked up in the index of another table; this one can.
    """
    found: set[int] = set()
    roles = staff.reaching(*rights)
    for held in roles:
        match held.definition.scope:
            case Scope.TREE:
                found |= held.unit.and_below()
            case Scope.OUTLET:
                found.add(held.unit_id)
            case Scope.NONE:
                pass
            case _:
                return None
    granted = AccessGrant.objects.filter(staff__in={held.staff_id for held in roles})
    return None if granted.exists() else frozenset(found)


def _reach(held: RoleAssignment) -> Q | None:
    """The condition of one assignment; None is the whole bank."""
    match held.definition.scope:
        case Scope.ALL:
            return None
        case Scope.INDIVIDUALS:
            return Q(kind=CustomerKind.INDIVIDUAL)
        case Scope.ENTERPRISES:
            return Q(kind=CustomerKind.ENTERPRISE)
        case Scope.TREE:
            return Q(outlet__in=held.unit.and_below())
        case Scope.OUTLET:
            return Q(outlet=held.unit_id)
        case Scope.TEAM:
            return Q(manager__in=Staff.objects.filter(unit__in=held.unit.and_below()).values("pk"))
        case Scope.PORTFOLIO:
            return Q(manager=held.staff_id)
        case Scope.GRANTED | Scope.NONE:
            return Q(pk__in=[])


def _any(conditions: Iterable[Q | None]) -> Q:
    found = Q(pk__in=[])
    for condition in conditions:
        if condition is not None:
            found |= condition
    return found


def _listed(name: str, *before: str) -> models.Index:
    """An index of customers by number, `before` that by other columns, holding all that lists ask of one.

    Lists join customers with figures of other tables by number. What scopes, filters and row-level security
    ask stands in the index, so that counting thousands opens no row.
    """
    asked = ["outlet", "manager", "kind", "business_type", "customer_group", "opened_on", "closed_on"]
    return models.Index(
        fields=[*before, "id"], include=[one for one in asked if one not in before], name=name
    )


class Customer(models.Model):
    """A customer: a person or an enterprise with a business relationship (L-05).

    Identity number, phone, e-mail and address are ciphertext (`zhike.core.keys`); the `_index` columns
    find them exactly. The name stays readable, because staff search it by part, pinyin and initials.
    """

    customer_no = models.CharField(max_length=32, unique=True)
    kind = models.CharField(max_length=10, choices=CustomerKind)
    name = models.CharField(max_length=120, default="")
    name_sort = models.CharField(max_length=200, default="")
    sex = models.CharField(max_length=1, choices=Sex, default="")
    birth_on = models.DateField(null=True)
    id_type = models.CharField(max_length=12, choices=IdType, default="")
    id_no = models.BinaryField(default=bytes)
    id_no_index = models.BinaryField(default=bytes)
    phone = models.BinaryField(default=bytes)
    phone_index = models.BinaryField(default=bytes)
    email = models.BinaryField(default=bytes)
    address = models.BinaryField(default=bytes)
    personal_digest = models.BinaryField(default=bytes)
    region = models.CharField(max_length=60, default="")
    occupation = models.CharField(max_length=60, default="")
    industry = models.CharField(max_length=60, default="")
    business_type = models.CharField(max_length=10, choices=BusinessType)
    customer_group = models.CharField(max_length=10, choices=CustomerGroup)
    outlet = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="+", db_index=False)
    manager = models.ForeignKey(Staff, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    opened_on = models.DateField()
    closed_on = models.DateField(null=True)
    version = models.IntegerField(default=0)

    AUDIT_PRIVATE = frozenset(
        {"id_no", "id_no_index", "phone", "phone_index", "email", "address", "personal_digest", "birth_on"}
    )
    objects = CustomerQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="customer_closes_after_it_opens",
                condition=Q(closed_on__isnull=True) | Q(closed_on__gte=F("opened_on")),
            )
        ]
        indexes = [
            _listed("customer_listed"),
            _listed("customer_outlet_listed", "outlet"),
            _listed("customer_group_listed", "customer_group"),
            _listed("customer_type_listed", "business_type"),
            models.Index(fields=["outlet", "name_sort"], name="customer_outlet_name"),
            models.Index(fields=["manager", "name_sort"], name="customer_manager_name"),
            models.Index(fields=["name_sort"], name="customer_name"),
            models.Index(fields=["opened_on"], name="customer_opened"),
            models.Index(fields=["id_no_index"], name="customer_id_no", condition=~Q(id_no_index=b"")),
            models.Index(fields=["phone_index"], name="customer_phone", condition=~Q(phone_index=b"")),
        ]

    def __str__(self) -> str:
        return self.name or self.customer_no

    @property
    def audit_label(self) -> str:
        """The audit's readers see no customer: it knows them by number."""
        return self.customer_no


class SearchTerm(models.Model):
    """One way to find a customer: a part of the name, its pinyin or initials, or the customer number.

    Terms are stored from every starting point, so a prefix scan of one index finds any part, also a part
    of one or two characters, and the planner may use it under row-level security.
    """

    customer = models.ForeignKey(
        Customer, on_delete=models.CASCADE, related_name="+", db_constraint=False, db_index=False
    )
    outlet_id = models.BigIntegerField()
    term = models.CharField(max_length=120, db_collation="C")

    class Meta:
        indexes = [
            models.Index(fields=["term", "customer"], name="search_term_prefix"),
            models.Index(fields=["customer", "term"], include=["outlet_id"], name="search_term_of_customer"),
        ]

    def __str__(self) -> str:
        return self.term


class Relation(models.Model):
    """How two customers belong together."""

    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="relations")
    other = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="+")
    outlet_id = models.BigIntegerField()
    kind = models.CharField(max_length=24, choices=RelationKind)
    since_on = models.DateField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["customer", "other", "kind"], name="relation_once"),
            models.CheckConstraint(name="relation_to_another", condition=~Q(customer=F("other"))),
        ]
        indexes = [models.Index(fields=["other"], name="relation_other")]

    def __str__(self) -> str:
        return f"{self.customer_id} {self.kind} {self.other_id}"
