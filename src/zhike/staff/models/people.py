from __future__ import annotations

from datetime import date, timedelta
from functools import cached_property

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from zhike.core.access.permissions import REACH, ROLES, Permission, Role, Scope
from zhike.staff.models.units import Unit


class StaffPeople(BaseUserManager["Staff"]):
    """Lookup by staff number, as signing in needs it."""


class Staff(AbstractBaseUser):
    """A person who works for the bank, and the account they sign in with.

    Rights come from role assignments alone; there is no superuser and no staff flag. The demo's people are
    `is_made_up`: their codes are shown at sign-in. An account may be bound to a person of the bank's sign-in
    service: the issuer, and its own name of that person.
    """

    staff_no = models.CharField(max_length=20, unique=True)
    name = models.CharField(max_length=60)
    post = models.CharField(max_length=30)
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="people")
    hired_on = models.DateField(null=True)
    left_on = models.DateField(null=True)
    is_active = models.BooleanField(default=True)
    language = models.CharField(max_length=10, default="", blank=True)
    large_print = models.BooleanField(default=False)
    compact_rows = models.BooleanField(default=False)
    failure_count = models.PositiveSmallIntegerField(default=0)
    locked_until = models.DateTimeField(null=True)
    password_set_at = models.DateTimeField(null=True)
    must_change_password = models.BooleanField(default=False)
    second_factor = models.BinaryField(default=bytes)
    second_factor_step = models.BigIntegerField(default=0)
    second_factor_set_at = models.DateTimeField(null=True)
    dormant_at = models.DateTimeField(null=True)
    is_made_up = models.BooleanField(db_default=False, default=False)
    provider_issuer = models.CharField(max_length=500, db_default="", default="")
    provider_subject = models.CharField(max_length=255, db_default="", default="")
    version = models.IntegerField(default=0)

    rights_in_use: frozenset[Permission] = frozenset()
    """The rights that the page asks for; `requires` sets them for the rest of the request. None in use is all."""

    AUDIT_PRIVATE = frozenset({"password", "second_factor"})
    USERNAME_FIELD = "staff_no"
    REQUIRED_FIELDS = ["name"]
    objects = StaffPeople()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="staff_who_left_is_not_active", condition=Q(left_on__isnull=True) | Q(is_active=False)
            ),
            models.UniqueConstraint(
                fields=["provider_issuer", "provider_subject"],
                condition=~Q(provider_subject=""),
                name="staff_bound_once",
            ),
            models.CheckConstraint(
                name="staff_bound_to_an_issuer", condition=Q(provider_subject="") | ~Q(provider_issuer="")
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @cached_property
    def assignments(self) -> list[RoleAssignment]:
        """The role assignments in force today, those of people one stands in for included."""
        today = timezone.localdate()
        absent = ActingFor.objects.filter(substitute=self, from_on__lte=today, until_on__gte=today)
        people = [self.pk, *absent.values_list("absent_id", flat=True)]
        return list(
            RoleAssignment.objects.in_force(today)
            .filter(staff__in=people)
            .select_related("unit")
            .order_by("id")
        )

    @cached_property
    def permissions(self) -> frozenset[Permission]:
        """Every right the assignments give."""
        return frozenset().union(*(held.definition.permissions for held in self.assignments))

    def may(self, *permissions: Permission) -> bool:
        """Whether one of the rights is held, by an account that is still active."""
        return self.is_active and not self.permissions.isdisjoint(permissions)

    def reaching(self, *rights: Permission) -> list[RoleAssignment]:
        """The assignments that give one of `rights`, else of those in use: only they say how far these reach.

        Whoever holds two roles, or stands in for somebody, has each right where its own role has it (C.2).
        """
        wanted = frozenset(rights) or self.rights_in_use
        return [held for held in self.assignments if not wanted or wanted & held.definition.permissions]

    def units_reached(self, *rights: Permission) -> frozenset[int] | None:
        """The units that one of `rights` reaches, else those in use; None is the whole bank.

        As wide as row-level security, which knows places and no portfolios, but for a role in one outlet: that
        reaches nothing below it.
        """
        found: set[int] = set()
        for held in self.reaching(*rights):
            scope = held.definition.scope
            if REACH[scope] == "ALL":
                return None
            if REACH[scope] != "NONE":
                found |= {held.unit_id} if scope is Scope.OUTLET else held.unit.and_below()
        return frozenset(found)

    def scopes(self) -> set[Scope]:
        """The data scopes of the rights in use."""
        return {held.definition.scope for held in self.reaching()}

    def unit_ids(self) -> set[int]:
        """The units one acts for: the own one and those of the assignments."""
        return {self.unit_id, *(held.unit_id for held in self.assignments)}

    @cached_property
    def must_confirm(self) -> bool:
        """Whether signing in needs the second factor: one of the roles approves."""
        return any(held.definition.approves for held in self.assignments)


class RoleAssignments(models.QuerySet["RoleAssignment"]):
    def in_force(self, day: date) -> RoleAssignments:
        """Assignments valid on a day, of people who are active."""
        return self.not_over(day).filter(valid_from__lte=day, staff__is_active=True)

    def not_over(self, day: date) -> RoleAssignments:
        """Assignments valid on a day or later."""
        begun = Q(valid_to__gte=F("valid_from"))
        return self.filter(Q(valid_to__isnull=True) | (Q(valid_to__gte=day) & begun))

    def over(self, day: date) -> RoleAssignments:
        """Assignments that ended before a day, or before they had begun."""
        return self.filter(Q(valid_to__lt=day) | Q(valid_to__lt=F("valid_from")))


class RoleAssignment(models.Model):
    """A role held by a person in a unit from a day on.

    `valid_to` is its last whole day: one ended on the day it began, or before, has none and ends the day
    before `valid_from`.
    """

    staff = models.ForeignKey(Staff, on_delete=models.PROTECT, related_name="roles")
    role = models.CharField(max_length=32)
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="+")
    valid_from = models.DateField()
    valid_to = models.DateField(null=True)

    objects = RoleAssignments.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="role_ends_at_once_or_later",
                condition=Q(valid_to__isnull=True) | Q(valid_to__gte=F("valid_from") - timedelta(days=1)),
            ),
            models.UniqueConstraint(
                fields=["staff", "role", "unit"], condition=Q(valid_to__isnull=True), name="role_held_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.staff.name} {self.role}"

    @property
    def definition(self) -> Role:
        """What the permission table says of this role."""
        return ROLES[self.role]

    @property
    def lasted_no_day(self) -> bool:
        """Whether it ended before a day of it was over."""
        return self.valid_to is not None and self.valid_to < self.valid_from


class StandIns(models.QuerySet["ActingFor"]):
    def between(self, first: date, last: date) -> StandIns:
        """Those in force on one of the days."""
        return self.filter(from_on__lte=last, until_on__gte=first).filter(until_on__gte=F("from_on"))

    def not_over(self, day: date) -> StandIns:
        """Those in force on a day or later."""
        return self.between(day, date.max)


class ActingFor(models.Model):
    """Somebody stands in for somebody else between two days; it shows on every record made so.

    Ended early, `until_on` is the last whole day, as with roles.
    """

    absent = models.ForeignKey(Staff, on_delete=models.PROTECT, related_name="substitutes")
    substitute = models.ForeignKey(Staff, on_delete=models.PROTECT, related_name="absentees")
    from_on = models.DateField()
    until_on = models.DateField()
    reason = models.CharField(max_length=500)

    objects = StandIns.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(name="acting_for_another", condition=~Q(absent=F("substitute"))),
            models.CheckConstraint(
                name="acting_ends_at_once_or_later",
                condition=Q(until_on__gte=F("from_on") - timedelta(days=1)),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.substitute.name} → {self.absent.name}"
