"""People, their roles, and who stands in for whom, as screens show them."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from django.db.models import Prefetch, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from zhike.core.access.permissions import clash
from zhike.core.errors import DomainError
from zhike.core.labels import Register
from zhike.core.sentences import Sentence
from zhike.staff.models import ActingFor, RoleAssignment, Staff, Unit

STAND_IN_KIND = "staff.stand_in"
"""Proposals that somebody stand in for somebody else."""


class UnknownPerson(DomainError):
    pass


@dataclass(slots=True)
class Branch:
    """A unit with the units below it and how many people work in it."""

    unit: Unit
    people_count: int
    below: list[Branch] = field(default_factory=list)


def people(
    *, on: date, text: str = "", unit: Unit | None = None, role: str = "", with_closed: bool = False
) -> QuerySet[Staff]:
    """People with their unit and the roles in force on a day."""
    rows = Staff.objects.select_related("unit").prefetch_related(
        Prefetch(
            "roles",
            queryset=RoleAssignment.objects.in_force(on).select_related("unit").order_by("id"),
            to_attr="roles_now",
        )
    )
    if not with_closed:
        rows = rows.filter(is_active=True)
    if text:
        rows = rows.filter(Q(name__icontains=text) | Q(staff_no__istartswith=text))
    if unit:
        rows = rows.filter(unit=unit)
    if role:
        rows = rows.filter(pk__in=RoleAssignment.objects.in_force(on).filter(role=role).values("staff_id"))
    return rows


def person_with_number(staff_no: str) -> Staff:
    """The person of a staff number. Raises UnknownPerson."""
    person = Staff.objects.filter(staff_no=staff_no).first()
    if person is None:
        raise UnknownPerson(_("Nobody has the staff number %(number)s.") % {"number": staff_no})
    return person


def is_made_up_bank() -> bool:
    """Whether people of the demo have accounts here, whose passwords and codes are shown to everybody."""
    return Staff.objects.filter(is_made_up=True).exists()


def tree() -> list[Branch]:
    """The units as a tree, from the head office down."""
    counts: dict[int, int] = defaultdict(int)
    for unit_id in Staff.objects.filter(is_active=True).values_list("unit_id", flat=True):
        counts[unit_id] += 1
    branches = {unit.pk: Branch(unit, counts[unit.pk]) for unit in Unit.objects.order_by("code")}
    roots: list[Branch] = []
    for branch in branches.values():
        parent = branches.get(branch.unit.parent_id or 0)
        (parent.below if parent else roots).append(branch)
    return roots


def stand_ins(*, on: date) -> QuerySet[ActingFor]:
    """Who stands in for whom on a day or later."""
    rows = ActingFor.objects.not_over(on).select_related("absent__unit", "substitute__unit")
    return rows.order_by("from_on", "id")


def roles_at_hand(person_id: int, *, on: date) -> set[str]:
    """Every role somebody acts under on a day or later: the own ones, and those of whom they stand in for."""
    absent = ActingFor.objects.not_over(on).filter(substitute=person_id).values("absent")
    held = RoleAssignment.objects.not_over(on).filter(Q(staff=person_id) | Q(staff__in=absent))
    return set(held.values_list("role", flat=True))


def substitutes_of(person_id: int, *, on: date) -> QuerySet[Staff]:
    """Who stands in for somebody on a day or later."""
    rows = ActingFor.objects.not_over(on).filter(absent=person_id)
    return Staff.objects.filter(pk__in=rows.values("substitute")).order_by("staff_no")


def absent_today(person: Staff, *, on: date) -> list[ActingFor]:
    """Those the person stands in for on a day."""
    rows = ActingFor.objects.filter(substitute=person, from_on__lte=on, until_on__gte=on)
    return list(rows.select_related("absent").order_by("until_on"))


def clash_in_words(person: Staff, roles: set[str]) -> Sentence | None:
    """Which two of the roles somebody would act under, standing in included, clash (C.4); None if none do."""
    pair = clash(roles)
    if pair is None:
        return None
    role, other = ({Register.ROLE.value: code} for code in pair)
    return Sentence("role.clash", {"name": person.name, "role": role, "other": other})


def hold_people(*ids: int, on: date) -> Staff:
    """Hold the rows of people and of whoever stands in for them, lowest first; answers the first named.

    What these people may do together is decided by one at a time.
    """
    stand_ins = ActingFor.objects.not_over(on).filter(absent__in=ids)
    everybody = {*ids, *stand_ins.values_list("substitute_id", flat=True)}
    held = Staff.objects.select_for_update().filter(pk__in=everybody).order_by("pk")
    return {person.pk: person for person in held}[ids[0]]


def last_whole_day(first: date, *, now: datetime) -> date:
    """The last day of what began, or was to begin, on `first` and ends now: yesterday, or none of its own."""
    return max(first, timezone.localdate(now)) - timedelta(days=1)
