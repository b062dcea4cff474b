"""What following up did: fallen customers who were contacted against those nobody contacted (L-11, L-41).

Who is called is not drawn by lot, so the groups are also compared like with like: by the tier they fell to and by how
far they fell. It remains an observation, and the page says so.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import (
    Avg,
    Case,
    Count,
    Exists,
    F,
    FloatField,
    IntegerField,
    OuterRef,
    Q,
    QuerySet,
    StdDev,
    Subquery,
    Value,
    When,
)

from zhike.analytics.difference import Difference, Sample, mean_difference, stratified_difference
from zhike.core.access.permissions import Permission
from zhike.customers.models import Customer
from zhike.loyalty.models import FollowUp, Result, Run
from zhike.loyalty.queries.changes import DIRECTIONS, Direction
from zhike.staff.models import Staff

FALLS = (5.0, 10.0, 20.0)
"""Points at which one stratum of falls ends and the next begins."""
FEWEST_PARAMETER = "analytics.few_customers"
"""How many each of the groups must have for a comparison to tell anything."""


@dataclass(frozen=True, slots=True)
class Group:
    """Fallen customers of one kind and what became of them by the next evaluation.

    `fall` and `change` are means in points; `recovered_count` reached the score they fell from.
    """

    count: int
    lost_count: int
    recovered_count: int
    fall: float | None
    change: float | None

    @property
    def recovered_share(self) -> float | None:
        """The share of those still there who reached the score they fell from."""
        stayed = self.count - self.lost_count
        return self.recovered_count / stayed if stayed else None


@dataclass(frozen=True, slots=True)
class Effect:
    """Contacted customers beside the others, the difference of their changes, and the same like with like."""

    contacted: Group
    others: Group
    difference: Difference | None
    like_with_like: Difference | None

    def is_thin(self, fewest: int) -> bool:
        """Whether one of the groups is smaller than this, so that nothing can be told."""
        return min(self.contacted.count, self.others.count) < fewest


def effect(staff: Staff, *, before: Run, after: Run) -> Effect:
    """Compare those who fell in one evaluation by what they scored in the next, among the customers a person sees."""
    cells = _cells(_fallen(staff, before, after))
    contacted = [cell for cell in cells if cell["is_contacted"]]
    others = [cell for cell in cells if not cell["is_contacted"]]
    by_stratum = {(cell["tier"], cell["fall_class"]): cell for cell in others}
    strata = [
        (_sample(cell), _sample(by_stratum[cell["tier"], cell["fall_class"]]))
        for cell in contacted
        if (cell["tier"], cell["fall_class"]) in by_stratum
    ]
    whole = {bool(row["is_contacted"]): row for row in _whole(_fallen(staff, before, after))}
    difference = mean_difference(_sample(whole[True]), _sample(whole[False])) if len(whole) > 1 else None
    return Effect(
        _group(whole.get(True, {})), _group(whole.get(False, {})), difference, stratified_difference(strata)
    )


def _fallen(staff: Staff, before: Run, after: Run) -> QuerySet[Any]:
    later = Result.objects.filter(run_id=after.pk, customer_id=OuterRef("customer_id"))
    made = FollowUp.objects.filter(
        customer_id=OuterRef("customer_id"), period=before.period, withdrawn_at__isnull=True
    )
    classes = [When(score_change__gt=-limit, then=Value(at)) for at, limit in enumerate(FALLS)]
    return (
        Result.objects.filter(DIRECTIONS[Direction.FELL], run_id=before.pk, is_changed=True)
        .filter(customer__in=Customer.objects.visible_to(staff, Permission.RESULT_READ))
        .annotate(
            is_contacted=Exists(made),
            later_score=Subquery(later.values("score")[:1], output_field=FloatField()),
            fall_class=Case(*classes, default=Value(len(FALLS)), output_field=IntegerField()),
        )
    )


def _aggregates() -> dict[str, Any]:
    moved = F("later_score") - F("score")
    return {
        "count": Count("customer_id"),
        "told": Count("later_score"),
        "recovered": Count("customer_id", filter=Q(later_score__gte=F("score_before"))),
        "fall": Avg("score_change"),
        "change": Avg(moved),
        "deviation": StdDev(moved, sample=True),
    }


def _cells(rows: QuerySet[Any]) -> list[dict[str, Any]]:
    return list(rows.values("is_contacted", "tier", "fall_class").annotate(**_aggregates()).order_by())


def _whole(rows: QuerySet[Any]) -> list[dict[str, Any]]:
    return list(rows.values("is_contacted").annotate(**_aggregates()).order_by())


def _sample(row: dict[str, Any]) -> Sample:
    return Sample(row["told"], row["change"] or 0.0, row["deviation"] or 0.0)


def _group(row: dict[str, Any]) -> Group:
    count = row.get("count", 0)
    return Group(
        count, count - row.get("told", 0), row.get("recovered", 0), row.get("fall"), row.get("change")
    )
