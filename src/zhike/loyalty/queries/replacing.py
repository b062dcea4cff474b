"""What is different between an evaluation and the one of the same period that it replaces (L-42)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Exists, F, OuterRef, Q, QuerySet

from zhike.customers.models import Customer
from zhike.loyalty.models import Result, Run
from zhike.loyalty.queries.causes import NOTHING, Explained, causes_between
from zhike.loyalty.queries.held import Held, held
from zhike.loyalty.queries.run_figures import step_between
from zhike.staff.models import Staff

LEAST_POINTS = 0.05
"""Below which two scores read the same."""


@dataclass(frozen=True, slots=True)
class Replaced:
    """One customer whose result is not the one of the replaced evaluation; `before` is None for a new one."""

    customer: Customer
    result: Result
    before: Result | None
    explained: Explained

    @property
    def held(self) -> Held | None:
        """Why the tier is not the one of the score, if so."""
        return held(self.result)

    @property
    def score_change(self) -> float | None:
        """Points now less points then."""
        if self.before is None or self.before.score is None or self.result.score is None:
            return None
        return self.result.score - self.before.score


def different(run: Run, staff: Staff) -> QuerySet[Result]:
    """The results of a run, of customers the person may see, that differ from the run it replaces."""
    same = Result.objects.filter(run=run.supersedes, customer_id=OuterRef("customer_id"))
    same = same.filter(tier=OuterRef("tier")).filter(
        Q(score=None)
        | Q(score__gt=OuterRef("score") - LEAST_POINTS, score__lt=OuterRef("score") + LEAST_POINTS)
    )
    rows = Result.objects.filter(~Exists(same), run_id=run.pk)
    return rows.filter(customer__in=Customer.objects.visible_to(staff)).select_related("customer__outlet")


def in_pairs(rows: Sequence[Result], run: Run) -> list[Replaced]:
    """The rows of one page beside those they replace, with the causes; one more query."""
    earlier = run.supersedes
    wanted = [row.customer_id for row in rows]
    old = {row.customer_id: row for row in Result.objects.filter(run=earlier, customer_id__in=wanted)}
    found = []
    for row in rows:
        before = old.get(row.customer_id)
        explained = causes_between(run, row, earlier, before) if before and earlier else NOTHING
        found.append(Replaced(row.customer, row, before, explained))
    return found


def tier_steps(run: Run, staff: Staff) -> dict[str, int]:
    """How many customers stand higher or lower than in the replaced evaluation."""
    earlier = Result.objects.filter(run=run.supersedes, customer_id=OuterRef("customer_id"))
    rows = different(run, staff).annotate(was=earlier.values("tier")[:1]).exclude(was=F("tier"))
    steps = dict.fromkeys(("up", "down"), 0)
    for was, tier in rows.values_list("was", "tier"):
        step = step_between(was or "", tier)
        if step in steps:
            steps[step] += 1
    return steps
