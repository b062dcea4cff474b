"""What the pages of a loyalty plan show: its strategies, what is missing, its figures then and now (S-93, S-94)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import Count, Q, QuerySet

from zhike.core.access.permissions import Permission
from zhike.core.models import TaskState
from zhike.loyalty.enums import PlanFigure, PlanState, Strategy, Tier
from zhike.loyalty.models import LoyaltyPlan, PlanItem, Run
from zhike.loyalty.queries.changes import published_run
from zhike.loyalty.queries.run_figures import ALL, run_figures, step_between
from zhike.staff.models import Staff

TENTH = Decimal("0.1")


@dataclass(frozen=True, slots=True)
class ItemRow:
    """An item as shown. `now` is the figure's number of the last published evaluation, None where there is none or it
    must not be seen; of an item that is done it is what was reached."""

    item: PlanItem
    now: Decimal | None
    is_overdue: bool

    @property
    def is_met(self) -> bool:
        """Whether the target is reached."""
        return self.now is not None and self.item.is_met_by(self.now)


@dataclass(frozen=True, slots=True)
class StrategyPart:
    """One of the five strategies with its items."""

    strategy: Strategy
    rows: list[ItemRow]


def visible_plans(staff: Staff) -> QuerySet[LoyaltyPlan]:
    """The plans a person sees, with how far they are: those who draft see drafts, everybody what was approved."""
    rows = LoyaltyPlan.objects.select_related("drafted_by").exclude(state=PlanState.WITHDRAWN)
    if not staff.may(Permission.LOYALTY_PLAN_DRAFT, Permission.LOYALTY_PLAN_APPROVE):
        rows = rows.filter(state__in=(PlanState.IN_FORCE, PlanState.CLOSED))
    return rows.annotate(
        item_count=Count("items"),
        strategy_count=Count("items__strategy", distinct=True),
        done_count=Count("items", filter=Q(items__task__state=TaskState.DONE)),
    )


def parts_of(plan: LoyaltyPlan, staff: Staff, *, on: date) -> list[StrategyPart]:
    """All five strategies, those without items too."""
    numbers = figures_now(staff)
    rows: dict[str, list[ItemRow]] = {strategy: [] for strategy in Strategy}
    for item in plan.items.select_related("owner__unit", "task").order_by("due_on", "pk"):
        now = item.reached if item.is_done else numbers.get(item.figure)
        is_late = item.task is not None and not item.is_done and item.due_on < on
        rows[item.strategy].append(ItemRow(item, now, is_late))
    return [StrategyPart(strategy, rows[strategy]) for strategy in Strategy]


def missing_strategies(items: Iterable[PlanItem]) -> list[Strategy]:
    """Strategies that no item takes (S-93)."""
    there = {item.strategy for item in items}
    return [strategy for strategy in Strategy if strategy not in there]


def figures_now(staff: Staff) -> dict[str, Decimal]:
    """The figures of the last published evaluation, in per cent; those whose count this person may see."""
    run = published_run()
    if run is None or not staff.may(Permission.RESULT_READ, Permission.RESULT_COUNT):
        return {}
    seen = run_figures(run, staff)
    names = {
        PlanFigure.HIGH_SHARE: ("tier", Tier.HIGH), PlanFigure.LOW_SHARE: ("tier", Tier.LOW),
        PlanFigure.FELL_SHARE: ("downgraded", ALL),
    }  # fmt: skip
    return {
        figure: share for figure, share in figures_of(run).items() if seen.shown(*names[figure]) is not None
    }


def figures_of(run: Run) -> dict[PlanFigure, Decimal]:
    """The figures of an evaluation, in per cent of its customers; of falls only where there was one before."""
    whole = run.summary.get("customer_count", 0)
    if not whole:
        return {}
    counts = {
        PlanFigure.HIGH_SHARE: run.summary["by_tier"][Tier.HIGH],
        PlanFigure.LOW_SHARE: run.summary["by_tier"][Tier.LOW],
    }
    if run.previous_id:
        moves = run.summary.get("migration", [])
        counts[PlanFigure.FELL_SHARE] = sum(
            count for old, new, count in moves if step_between(old, new) == "down"
        )
    return {figure: (Decimal(100 * count) / whole).quantize(TENTH) for figure, count in counts.items()}
