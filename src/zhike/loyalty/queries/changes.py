"""本期变化客户: who changed, why, what is asked, and what has been done (L-11, L-40, L-41)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.functional import cached_property

from zhike.core.access.permissions import Permission
from zhike.core.calendar import CalendarMissing, nth_working_day_after
from zhike.customers.api import unlisted
from zhike.customers.models import Customer
from zhike.loyalty.enums import Measure, RunState, Tier, Trigger
from zhike.loyalty.models import FollowUp, Result, Run, Standing, TierPolicy
from zhike.loyalty.queries.causes import NOTHING, Explained, explain, trigger_of
from zhike.loyalty.queries.held import Held, held
from zhike.loyalty.queries.sentences import ADVICE
from zhike.staff.models import Staff


class Direction(StrEnum):
    """Which changed customers are meant."""

    FELL = "FELL"
    ROSE = "ROSE"
    NEW = "NEW"
    ALL = "ALL"


_NEW = Q(tier_before="")
_LOWER = Q(tier_before="HIGH", tier__in=["MEDIUM", "LOW", "UNRATED"])
_LOWER |= Q(tier_before="MEDIUM", tier__in=["LOW", "UNRATED"]) | Q(tier_before="LOW", tier="UNRATED")
_FELL = _LOWER | Q(tier_before=F("tier"), score_change__lt=0)
DIRECTIONS: dict[Direction, Q] = {
    Direction.FELL: _FELL,
    Direction.ROSE: ~_NEW & ~_FELL,
    Direction.NEW: _NEW,
    Direction.ALL: Q(),
}
"""Every changed customer goes in exactly one direction: a tier outweighs points. Lost customers are not among
them; they have no row in the run and are counted apart."""


@dataclass(frozen=True)
class ChangedCustomer:
    """One row of the list, ready to be shown."""

    customer: Customer
    standing: Standing
    trigger: Trigger
    explained: Explained
    policy: TierPolicy | None
    due_on: date | None
    follow_up: FollowUp | None

    @property
    def tier_before_label(self) -> str:
        """The tier before in words, or '' for a new customer."""
        return str(Tier(self.standing.tier_before).label) if self.standing.tier_before else ""

    @property
    def has_moved_tier(self) -> bool:
        """Whether the tier itself changed."""
        return self.standing.tier_before not in {"", self.standing.tier}

    @property
    def is_changed_since(self) -> bool:
        """Whether a later run of the period says otherwise than what the record was made about."""
        made = self.follow_up
        if made is None or not made.trigger:
            return False
        return (made.tier, made.trigger) != (self.standing.tier, self.trigger)

    @property
    def advice(self) -> str:
        """What to begin the contact with, by the largest cause that lowered the score (L-46)."""
        worst = next((cause for cause in self.explained.shown if cause.lowers and cause.code in ADVICE), None)
        return str(ADVICE[worst.code]) if worst else ""

    @property
    def held(self) -> Held | None:
        """Why the tier is not the one of the score, if so."""
        return held(self.standing)

    def is_overdue(self, today: date) -> bool:
        """Whether the measure was due and nothing has been recorded."""
        return self.follow_up is None and self.due_on is not None and self.due_on < today


def published_run() -> Run | None:
    """The run that customers stand by today."""
    found = Run.objects.filter(state=RunState.PUBLISHED).select_related("scheme", "previous")
    return found.order_by("-as_of", "-published_at").first()


def changed(staff: Staff, run: Run, *, direction: Direction = Direction.FELL) -> QuerySet[Standing]:
    """The changed customers a person may see, those who fell furthest first."""
    return (
        Standing.objects.filter(DIRECTIONS[direction], is_changed=True, run_id=run.pk)
        .filter(customer__in=Customer.objects.visible_to(staff, Permission.RESULT_READ))
        .select_related("customer", "customer__manager", "customer__outlet")
        .defer(*unlisted("customer__"))
    )


def counts(staff: Staff, run: Run) -> dict[str, int]:
    """How many changed in which direction, and how many of those who fell nobody has followed yet."""
    rows = with_follow_up(
        Standing.objects.filter(is_changed=True, run_id=run.pk).filter(
            customer__in=Customer.objects.visible_to(staff, Permission.RESULT_READ)
        )
    )
    asked = {str(each): Count("pk", filter=condition) for each, condition in DIRECTIONS.items() if condition}
    fell = DIRECTIONS[Direction.FELL]
    return rows.aggregate(
        **asked, ALL=Count("pk"), WAITING=Count("pk", filter=fell & Q(is_followed=False)),
        FOLLOWED=Count("pk", filter=Q(is_followed=True)),
    )  # fmt: skip


def with_follow_up(rows: QuerySet[Standing]) -> QuerySet[Standing]:
    """Annotate whether something has been recorded for the period (`is_followed`)."""
    made = FollowUp.objects.filter(
        customer_id=OuterRef("pk"), period=OuterRef("run__period"), withdrawn_at=None
    )
    return rows.annotate(is_followed=Exists(made))


def open_first(rows: QuerySet[Standing]) -> QuerySet[Standing]:
    """Not yet followed first, then those who fell furthest."""
    return with_follow_up(rows).order_by("is_followed", "score_change", "pk")


def in_detail(rows: Sequence[Standing], run: Run) -> list[ChangedCustomer]:
    """Causes, measure and record of the rows of one page, in their order; a fixed number of queries."""
    explained = explain(run, (row.pk for row in rows))
    policies = {(policy.tier, policy.trigger): policy for policy in TierPolicy.objects.all()}
    latest = _latest_follow_ups(run, [row.pk for row in rows])
    due = DueDates(timezone.localdate(run.published_at) if run.published_at else run.as_of)
    found = []
    for row in rows:
        trigger = trigger_of(row.tier_before, row.tier, row.score_change)
        policy = policies.get((row.tier, trigger))
        asks = policy is not None and policy.measure != Measure.WATCH
        found.append(
            ChangedCustomer(
                row.customer, row, trigger, explained.get(row.pk, NOTHING), policy,
                due.after(policy.due_working_days) if policy and asks else None, latest.get(row.pk),
            )
        )  # fmt: skip
    return found


class DueDates:
    """Due days counted once for each number of working days; None while a calendar year is missing."""

    def __init__(self, start: date) -> None:
        self.start = start
        self._known: dict[int, date | None] = {}

    def after(self, days: int) -> date | None:
        """The day so many working days after the start."""
        if days not in self._known:
            try:
                self._known[days] = nth_working_day_after(self.start, days)
            except CalendarMissing:
                self._known[days] = None
        return self._known[days]


@dataclass(frozen=True)
class RunChange:
    """One changed customer of any run, published or not, for the run's own page."""

    result: Result
    customer: Customer
    explained: Explained

    @cached_property
    def trigger(self) -> Trigger:
        return trigger_of(self.result.tier_before, self.result.tier, self.result.score_change)

    @property
    def held(self) -> Held | None:
        return held(self.result)

    @property
    def tier_before_label(self) -> str:
        return str(Tier(self.result.tier_before).label) if self.result.tier_before else ""

    @property
    def has_moved_tier(self) -> bool:
        return self.result.tier_before not in {"", self.result.tier}


def changed_in(run: Run, staff: Staff) -> QuerySet[Result]:
    """The changed customers of a run that a person may see."""
    return (
        Result.objects.filter(run_id=run.pk, is_changed=True)
        .filter(customer__in=Customer.objects.visible_to(staff, Permission.RESULT_READ))
        .select_related("customer", "customer__manager", "customer__outlet")
        .defer(*unlisted("customer__"))
    )


def run_changes(rows: Sequence[Result], run: Run) -> list[RunChange]:
    """The rows of one page with their causes."""
    explained = explain(run, (row.customer_id for row in rows))
    return [RunChange(row, row.customer, explained.get(row.customer_id, NOTHING)) for row in rows]


def follow_ups_of(customer_id: int, staff: Staff, *, limit: int = 20) -> QuerySet[FollowUp]:
    """What has been done about a customer, newest first, for whoever may see the customer."""
    seen = Customer.objects.visible_to(staff, Permission.RESULT_READ).filter(pk=customer_id)
    rows = FollowUp.objects.filter(customer__in=seen, withdrawn_at=None).select_related("made_by", "run")
    return rows.order_by("-made_at")[:limit]


def _latest_follow_ups(run: Run, customer_ids: Iterable[int]) -> dict[int, FollowUp]:
    rows = FollowUp.objects.filter(period=run.period, customer_id__in=list(customer_ids), withdrawn_at=None)
    found: dict[int, FollowUp] = {}
    for row in rows.select_related("made_by").order_by("customer_id", "-made_at"):
        found.setdefault(row.customer_id, row)
    return found
