"""Totals of runs: for the run's page, by outlet, and for those who may see no names."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Count, Exists, OuterRef, Q

from zhike.core import parameters
from zhike.core.access.permissions import Scope
from zhike.customers.models import Customer
from zhike.loyalty.enums import TIER_LEVEL, Tier
from zhike.loyalty.models import FollowUp, Run, RunUnit, Standing
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
class OutletTotal:
    """Changed customers of one outlet and what has been done about them. None: hidden or not asked."""

    outlet: Unit
    customer_count: int | None
    changed_count: int | None
    upgraded_count: int | None
    downgraded_count: int | None
    followed_count: int | None = None

    @property
    def waiting_count(self) -> int | None:
        """Not yet followed."""
        if self.changed_count is None or self.followed_count is None:
            return None
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
    """Totals by outlet, as far as the person's scope reaches, from what the run has stored."""
    rows = RunUnit.objects.filter(run=run)
    if not staff.scopes() & WHOLE_BANK:
        rows = rows.filter(outlet_id__in=_outlets(staff))
    least = smallest_cell(staff, run)
    sums: dict[int, dict[str, int]] = {}
    for row in rows:
        found = sums.setdefault(row.outlet_id, dict.fromkeys(("all", "changed", "up", "down"), 0))
        if row.tier != "GONE":
            found["all"] += row.customer_count
        found["changed"] += row.changed_count
        found[_step(row.tier_before, row.tier)] = (
            found.get(_step(row.tier_before, row.tier), 0) + row.customer_count
        )
    units = Unit.objects.in_bulk(sums)
    return sorted(
        (
            OutletTotal(
                units[pk], shown(sums[pk]["all"], least), shown(sums[pk]["changed"], least),
                shown(sums[pk]["up"], least), shown(sums[pk]["down"], least),
            )
            for pk in sums if pk in units
        ),
        key=lambda total: -(total.downgraded_count or 0),
    )  # fmt: skip


def followed_totals(run: Run, staff: Staff) -> list[OutletTotal]:
    """By outlet: changed, followed, not yet. Only customers the person may see are counted."""
    made = FollowUp.objects.filter(customer_id=OuterRef("pk"), period=run.period, withdrawn_at=None)
    rows = (
        Standing.objects.filter(is_changed=True, run_id=run.pk)
        .filter(customer__in=Customer.objects.visible_to(staff))
        .annotate(is_followed=Exists(made))
        .values("outlet_id")
        .annotate(
            changed_count=Count("pk"),
            followed_count=Count("pk", filter=Q(is_followed=True)),
            up=Count("pk", filter=Q(score_change__gt=0)),
            down=Count("pk", filter=Q(score_change__lt=0)),
        )
        .order_by("-down")
    )
    found = list(rows)
    units = Unit.objects.in_bulk([row["outlet_id"] for row in found])
    return [
        OutletTotal(
            units[row["outlet_id"]], None, row["changed_count"], row["up"], row["down"], row["followed_count"]
        )
        for row in found
    ]


def _outlets(staff: Staff) -> set[int]:
    found: set[int] = set()
    for held in staff.assignments:
        found |= held.unit.and_below() if held.definition.scope == Scope.TREE else {held.unit_id}
    return found


def _step(before: str, after: str) -> str:
    if before not in TIER_LEVEL or after not in TIER_LEVEL or Tier.UNRATED in (before, after):
        return "none"
    levels = TIER_LEVEL[Tier(before)], TIER_LEVEL[Tier(after)]
    return "up" if levels[1] > levels[0] else "down" if levels[1] < levels[0] else "none"
