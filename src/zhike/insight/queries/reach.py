"""Whose segments a person sees and may change, and of which customers their counts are."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from django.db.models import Q, QuerySet
from django.utils import timezone

from zhike.core import parameters
from zhike.core.access.permissions import REACH, Permission, Scope
from zhike.insight.enums import SegmentScope, SegmentState
from zhike.insight.models import Segment
from zhike.staff.enums import UnitKind
from zhike.staff.models import Staff, Unit

OUTLETS = (UnitKind.OUTLET, UnitKind.DIRECT_OUTLET)
BRANCHES = (UnitKind.BRANCH, UnitKind.SUB_BRANCH)
_TOTALS = frozenset({Scope.NONE, Scope.GRANTED})


@dataclass(frozen=True, slots=True)
class Reach:
    """The outlets whose customers a person's counts are of, None being all; below `least` a count is hidden."""

    outlets: frozenset[int] | None
    least: int

    @property
    def is_nobody(self) -> bool:
        """Whether no count is this person's to see."""
        return self.outlets is not None and not self.outlets

    def within(self, outlets: frozenset[int] | None) -> frozenset[int] | None:
        """These outlets, as far as they are reached."""
        if self.outlets is None or outlets is None:
            return outlets if self.outlets is None else self.outlets
        return self.outlets & outlets


def reach_of(person: Staff, *, on: date) -> Reach:
    """How far a person's counts go: as far as the roles that read segments; those who plan by totals see the whole
    bank's, without the smallest (C.2, AGG)."""
    scopes = {held.definition.scope for held in person.reaching(Permission.SEGMENT_READ)}
    least = 0 if scopes - _TOTALS else int(parameters.value("analytics.min_cell", on=on))
    if Scope.NONE in scopes:
        return Reach(None, least)
    return Reach(person.units_reached(Permission.SEGMENT_READ), least)


def outlets_of(segment: Segment) -> frozenset[int] | None:
    """The outlets a segment is of, None being the whole bank: those of its unit, or of what its owner reaches."""
    if segment.unit is not None:
        return frozenset(segment.unit.and_below())
    if segment.scope == SegmentScope.PERSONAL:
        return reach_of(segment.owner, on=timezone.localdate(segment.made_at)).outlets
    return None


def visible(person: Staff) -> QuerySet[Segment]:
    """The segments a person may see: in force those of the bank and of the own places, drafts where they may change
    them or decide about them, and all of their own."""
    tree = Tree()
    seen = (
        Q(owner=person)
        | (_of_places(person, tree) & ~Q(state=SegmentState.DRAFT))
        | _changeable(person, tree)
    )
    if person.may(Permission.SEGMENT_APPROVE):
        seen |= Q(scope=SegmentScope.BANK)
    return Segment.objects.filter(seen).select_related("unit", "owner")


def in_force(person: Staff) -> QuerySet[Segment]:
    """Those of them that count: of the bank, of the own places, and the person's own."""
    seen = Q(owner=person) | _of_places(person, Tree())
    return Segment.objects.filter(seen, state=SegmentState.IN_FORCE)


def _of_places(person: Staff, tree: Tree) -> Q:
    places = tree.places(person, Permission.SEGMENT_READ)
    return Q(scope=SegmentScope.BANK) | (
        Q(unit__isnull=False) if places is None else Q(unit__in=tree.above(places))
    )


def may_change(person: Staff, segment: Segment) -> bool:
    """Whether a person may change this segment: the owner, and whoever makes segments where it belongs."""
    if not person.may(Permission.SEGMENT_DRAFT):
        return False
    return Segment.objects.filter(Q(owner=person) | _changeable(person, Tree()), pk=segment.pk).exists()


def units_offered(person: Staff, scope: SegmentScope) -> QuerySet[Unit]:
    """The units a person may make segments of: branches or outlets, as far as the right to make them reaches."""
    places = Tree().places(person, Permission.SEGMENT_DRAFT)
    kinds = BRANCHES if scope == SegmentScope.BRANCH else OUTLETS
    units = Unit.objects.filter(kind__in=kinds).order_by("code")
    return units if places is None else units.filter(pk__in=places)


def scopes_offered(person: Staff) -> list[SegmentScope]:
    """Whose segments a person may make."""
    found = [SegmentScope.BANK] if Tree().places(person, Permission.SEGMENT_DRAFT) is None else []
    found += [
        each for each in (SegmentScope.BRANCH, SegmentScope.OUTLET) if units_offered(person, each).exists()
    ]
    return [*found, SegmentScope.PERSONAL]


def _changeable(person: Staff, tree: Tree) -> Q:
    if not person.may(Permission.SEGMENT_DRAFT):
        return Q(pk__in=[])
    places = tree.places(person, Permission.SEGMENT_DRAFT)
    if places is None:
        return ~Q(scope=SegmentScope.PERSONAL)
    return Q(unit__in=places)


class Tree:
    """The units above each other, read once for all that is asked of them, and only where something is."""

    @cached_property
    def parents(self) -> dict[int, int | None]:
        return dict(Unit.objects.values_list("pk", "parent_id"))

    def places(self, person: Staff, right: Permission) -> frozenset[int] | None:
        """The units a right reaches, as `Staff.units_reached` has them; None is the whole bank, which planning by
        totals counts as."""
        found: set[int] = set()
        for held in person.reaching(right):
            scope = held.definition.scope
            if scope is Scope.NONE or REACH[scope] == "ALL":
                return None
            if REACH[scope] != "NONE":
                found |= {held.unit_id} if scope is Scope.OUTLET else self.below(held.unit_id)
        return frozenset(found)

    def below(self, unit_id: int) -> set[int]:
        """A unit and all below it."""
        return {unit for unit in self.parents if unit_id in self.above({unit})}

    def above(self, units: Collection[int]) -> set[int]:
        """Units and all above them."""
        found: set[int] = set()
        for unit in units:
            up: int | None = unit
            while up is not None and up not in found:
                found.add(up)
                up = self.parents.get(up)
        return found
