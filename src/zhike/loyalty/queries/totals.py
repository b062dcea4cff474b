"""Totals of runs: for the run's page, by outlet, and for those who may see no names."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Count, Exists, OuterRef, Q

from zhike.analytics.compare import GONE, NEW
from zhike.core import parameters
from zhike.core.access.permissions import Permission, Scope
from zhike.customers.models import Customer
from zhike.loyalty.enums import TIER_LEVEL, Tier
from zhike.loyalty.models import FollowUp, Run, RunUnit, Standing
from zhike.loyalty.queries.changes import DIRECTIONS, Direction
from zhike.staff.models import Staff, Unit

WHOLE_BANK = frozenset({Scope.ALL, Scope.INDIVIDUALS, Scope.ENTERPRISES, Scope.NONE})
"""Scopes whose totals are of the whole bank; with NONE the smallest cells are hidden."""


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


@dataclass(frozen=True, slots=True)
class FollowedTotal:
    """Changed customers of one outlet and what has been done about them: fallen, risen and new add up."""

    outlet: Unit
    changed_count: int
    fell_count: int
    rose_count: int
    new_count: int
    followed_count: int

    @property
    def waiting_count(self) -> int:
        """Not yet followed."""
        return self.changed_count - self.followed_count


def tier_counts(run: Run, *, least: int = 0) -> list[TierCount]:
    """The tiers of a run beside those of the run it was compared with; counts below `least` are hidden."""
    by_tier = run.summary.get("by_tier", {})
    before = run.previous.summary.get("by_tier", {}) if run.previous else {}
    total = sum(by_tier.values()) or 1
    found = []
    for tier in (Tier.HIGH, Tier.MEDIUM, Tier.LOW, Tier.UNRATED):
        count = shown(by_tier.get(tier, 0), least)
        was = shown(before.get(tier, 0), least) if before else None
        found.append(TierCount(tier, count, was, None if count is None else count / total))
    return found


def score_tier_counts(run: Run, *, least: int = 0) -> list[TierCount]:
    """The tiers as the score alone gives them; empty where they are the tiers themselves."""
    by_score = run.summary.get("by_score_tier", {})
    if by_score == run.summary.get("by_tier", {}):
        return []
    return [
        TierCount(tier, shown(by_score.get(tier, 0), least), None, None)
        for tier in (Tier.HIGH, Tier.MEDIUM, Tier.LOW, Tier.UNRATED)
        if by_score.get(tier)
    ]


def migration(run: Run) -> dict[tuple[str, str], int]:
    """Customers by tier before and after; NEW and GONE stand for none."""
    return {(before, after): count for before, after, count in run.summary.get("migration", [])}


def smallest_cell(staff: Staff, run: Run) -> int:
    """Below which count a total is hidden from this person: none for those who may see the customers."""
    if staff.scopes() - {Scope.NONE, Scope.GRANTED}:
        return 0
    return int(parameters.value("analytics.min_cell", on=run.as_of))


def shown(count: int | None, least: int) -> int | None:
    """A count, or None where it is too small to be shown; zero is shown."""
    return None if count is None or 0 < count < least else count


def outlet_totals(run: Run, staff: Staff) -> list[OutletTotal]:
    """By outlet, as far as the person's scope reaches, from what the run has stored; most downgrades first."""
    rows = RunUnit.objects.filter(run=run)
    if not staff.scopes() & WHOLE_BANK:
        rows = rows.filter(outlet_id__in=_outlets(staff))
    by_outlet: dict[int, list[RunUnit]] = {}
    for row in rows:
        by_outlet.setdefault(row.outlet_id, []).append(row)
    units = Unit.objects.in_bulk(by_outlet)
    least = smallest_cell(staff, run)
    found = [OutletTotal(units[pk], _moves(cells, least)) for pk, cells in by_outlet.items() if pk in units]
    return sorted(found, key=lambda total: -(total.moves.downgraded_count or 0))


def run_moves(run: Run, *, least: int = 0) -> Moves:
    """The whole run by what became of its customers."""
    return _moves(list(RunUnit.objects.filter(run=run)), least)


def total_moves(totals: list[OutletTotal]) -> Moves:
    """The sum of a list of outlets; hidden where one of them is, since the difference would tell."""
    return Moves(*(_sum_of(name, totals) for name in Moves.__dataclass_fields__))


def lost_count(run: Run) -> int:
    """Customers of the run before who have left: they are among `Run.changed_count` and have no result."""
    return sum(count for (_before, after), count in migration(run).items() if after == GONE)


def followed_totals(run: Run, staff: Staff) -> list[FollowedTotal]:
    """By outlet: changed, followed, not yet. Only customers the person may see are counted."""
    made = FollowUp.objects.filter(customer_id=OuterRef("pk"), period=run.period, withdrawn_at=None)
    rows = (
        Standing.objects.filter(is_changed=True, run_id=run.pk)
        .filter(customer__in=Customer.objects.visible_to(staff, Permission.RESULT_READ))
        .annotate(is_followed=Exists(made))
        .values("outlet_id")
        .annotate(
            changed_count=Count("pk"),
            followed_count=Count("pk", filter=Q(is_followed=True)),
            **{f"{each.lower()}_count": Count("pk", filter=DIRECTIONS[each]) for each in _PARTS},
        )
        .order_by("-fell_count")
    )
    found = list(rows)
    units = Unit.objects.in_bulk([row["outlet_id"] for row in found])
    return [FollowedTotal(outlet=units[row.pop("outlet_id")], **row) for row in found]


_PARTS = (Direction.FELL, Direction.ROSE, Direction.NEW)


def _moves(cells: list[RunUnit], least: int) -> Moves:
    sums = dict.fromkeys(("all", "changed", "up", "down", "same", "new", "lost"), 0)
    for cell in cells:
        step = step_between(cell.tier_before, cell.tier)
        sums[step] += cell.customer_count if step == "lost" else cell.changed_count
        if step != "lost":
            sums["all"] += cell.customer_count
            sums["changed"] += cell.changed_count
    return Moves(*(shown(count, least) for count in sums.values()))


def _sum_of(name: str, totals: list[OutletTotal]) -> int | None:
    counts = [getattr(total.moves, name) for total in totals]
    return None if None in counts else sum(counts)


def _outlets(staff: Staff) -> set[int]:
    found: set[int] = set()
    for held in staff.reaching():
        found |= held.unit.and_below() if held.definition.scope == Scope.TREE else {held.unit_id}
    return found


def step_between(before: str, after: str) -> str:
    """What became of a customer between two runs: up, down, same, new or lost; unrated is below every tier."""
    if after == GONE:
        return "lost"
    if before in {NEW, ""}:
        return "new"
    step = TIER_LEVEL[Tier(after)] - TIER_LEVEL[Tier(before)]
    return "up" if step > 0 else "down" if step < 0 else "same"
