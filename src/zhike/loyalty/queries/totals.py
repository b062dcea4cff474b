"""Totals of runs: for the run's page, by outlet, and for those who may see no names."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Count, Exists, OuterRef, Q

from zhike.analytics.compare import GONE
from zhike.core.access.permissions import Permission, Scope
from zhike.customers.models import Customer
from zhike.loyalty.enums import Tier
from zhike.loyalty.models import FollowUp, Run, Standing
from zhike.loyalty.queries.changes import DIRECTIONS, Direction
from zhike.loyalty.queries.run_figures import (
    ALL,
    SEEN,
    STEPS,
    TIERS,
    WHOLE_BANK,
    RunFigures,
    run_figures,
    smallest_cell,
)
from zhike.staff.models import Staff, Unit


@dataclass(frozen=True, slots=True)
class TierCount:
    """Customers of a tier in a run and in the one before."""

    tier: Tier
    count: int | None
    before: int | None
    share: float | None

    @property
    def change(self) -> int | None:
        """More or fewer than before; None where either is not shown."""
        return None if self.before is None or self.count is None else self.count - self.before


@dataclass(frozen=True, slots=True)
class Moves:
    """Customers of a run by what became of them. None: too few to be shown.

    Changed ones are upgraded, downgraded, moved by points within their tier, or new; lost ones have no result
    and are counted apart.
    """

    customer_count: int | None
    changed_count: int | None
    upgraded_count: int | None
    downgraded_count: int | None
    within_count: int | None
    new_count: int | None
    lost_count: int | None


@dataclass(frozen=True, slots=True)
class OutletTotal:
    """One outlet's customers in a run, by what became of them."""

    outlet: Unit
    moves: Moves


@dataclass(frozen=True, slots=True, kw_only=True)
class Followed:
    """Changed customers and what has been done about them: fallen, risen and new add up."""

    changed_count: int
    fell_count: int
    rose_count: int
    new_count: int
    followed_count: int

    @property
    def waiting_count(self) -> int:
        """Not yet followed."""
        return self.changed_count - self.followed_count


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowedTotal(Followed):
    """Those of one outlet."""

    outlet: Unit


@dataclass(frozen=True, slots=True, kw_only=True)
class ManagerTotal(Followed):
    """Those of one account manager; None stands for the customers nobody keeps."""

    manager: Staff | None


def tier_counts(figures: RunFigures) -> list[TierCount]:
    """The tiers of a run beside those of the run it was compared with."""
    total = sum(figures.counts["tier", tier] for tier in TIERS) or 1
    has_before = ("before", Tier.HIGH) in figures.counts
    found = []
    for tier in TIERS:
        count = figures.shown("tier", tier)
        before = figures.shown("before", tier) if has_before else None
        found.append(TierCount(tier, count, before, None if count is None else count / total))
    return found


def score_tier_counts(figures: RunFigures) -> list[TierCount]:
    """The tiers as the score alone gives them; empty where they are the tiers themselves."""
    return [
        TierCount(tier, figures.shown("score", tier), None, None)
        for tier in TIERS
        if figures.counts.get(("score", tier))
    ]


def migration(run: Run) -> dict[tuple[str, str], int]:
    """Customers by tier before and after; NEW and GONE stand for none."""
    return {(before, after): count for before, after, count in run.summary.get("migration", [])}


def figures_for(run: Run, staff: Staff) -> RunFigures:
    """All counts of a run as this person may see them, with those of the outlets in scope."""
    return run_figures(
        run, staff, outlets=None if staff.scopes() & WHOLE_BANK else frozenset(_outlets(staff))
    )


def outlet_totals(run: Run, staff: Staff) -> list[OutletTotal]:
    """By outlet, as far as the person's scope reaches, from what the run has stored; most downgrades first."""
    return outlets_of(figures_for(run, staff))


def outlets_of(figures: RunFigures) -> list[OutletTotal]:
    """The outlets among the counts of a run; most downgrades first."""
    units = Unit.objects.in_bulk({name[1] for name in figures.counts if name[0] == "customer"} - {ALL, SEEN})
    found = [OutletTotal(unit, moves_at(figures, pk)) for pk, unit in units.items()]
    return sorted(found, key=lambda total: (-(total.moves.downgraded_count or 0), total.outlet.code))


def moves_at(figures: RunFigures, outlet: int = ALL) -> Moves:
    """What became of the customers of an outlet, or of the whole run."""
    return Moves(*(figures.shown(name, outlet) for name in STEPS))


def moves_seen(figures: RunFigures) -> Moves:
    """What became of the customers of all outlets that are shown: the foot of their table."""
    return moves_at(figures, SEEN if ("customer", SEEN) in figures.counts else ALL)


def changed_count(run: Run, staff: Staff) -> int | None:
    """Changed customers of a run without the lost ones; None where this person must not see it."""
    if smallest_cell(staff, run):
        return figures_for(run, staff).shown("changed", ALL)
    return run.changed_count - lost_count(run)


def lost_count(run: Run) -> int:
    """Customers of the run before who have left: they are among `Run.changed_count` and have no result."""
    return sum(count for (_before, after), count in migration(run).items() if after == GONE)


def followed_totals(run: Run, staff: Staff) -> list[FollowedTotal]:
    """By outlet: changed, followed, not yet. Only customers the person may see are counted."""
    found = _followed(run, staff, by="outlet_id")
    units: dict[int | None, Unit] = {**Unit.objects.in_bulk(list(found))}
    return [FollowedTotal(outlet=units[pk], **counts) for pk, counts in found.items()]


def manager_totals(run: Run, staff: Staff) -> list[ManagerTotal]:
    """By account manager, most fallen first: what the head of one outlet asks after (L-41)."""
    found = _followed(run, staff, by="customer__manager_id")
    people: dict[int | None, Staff | None] = {None: None, **Staff.objects.in_bulk(list(found))}
    return [ManagerTotal(manager=people[pk], **counts) for pk, counts in found.items()]


def _followed(run: Run, staff: Staff, *, by: str) -> dict[int | None, dict[str, int]]:
    """Counts of changed customers the person may see, by a column; most fallen first."""
    made = FollowUp.objects.filter(customer_id=OuterRef("pk"), period=run.period, withdrawn_at=None)
    rows = (
        Standing.objects.filter(is_changed=True, run_id=run.pk)
        .filter(customer__in=Customer.objects.visible_to(staff, Permission.RESULT_READ))
        .annotate(is_followed=Exists(made))
        .values(by)
        .annotate(
            changed_count=Count("pk"),
            followed_count=Count("pk", filter=Q(is_followed=True)),
            **{f"{each.lower()}_count": Count("pk", filter=DIRECTIONS[each]) for each in _PARTS},
        )
        .order_by("-fell_count", by)
    )
    return {row.pop(by): row for row in rows}


_PARTS = (Direction.FELL, Direction.ROSE, Direction.NEW)


def _outlets(staff: Staff) -> set[int]:
    found: set[int] = set()
    for held in staff.reaching():
        found |= held.unit.and_below() if held.definition.scope == Scope.TREE else {held.unit_id}
    return found
