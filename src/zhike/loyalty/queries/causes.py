"""Why a score moved: this run's row of a customer against the row of the run before (L-11)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from zhike.analytics.compare import CAUSES_SHOWN, causes
from zhike.loyalty.enums import TIER_LEVEL, Tier, Trigger
from zhike.loyalty.models import Result, Run
from zhike.loyalty.queries.sentences import Cause, cause_in_words


@dataclass(frozen=True, slots=True)
class Explained:
    """Causes of one customer's change, the largest first, and what the shown ones leave over."""

    causes: tuple[Cause, ...]

    @property
    def sentences(self) -> list[str]:
        """The largest causes in words."""
        return [cause_in_words(cause) for cause in self.causes[:CAUSES_SHOWN]]


NOTHING = Explained(())


def explain(run: Run, customer_ids: Iterable[int]) -> dict[int, Explained]:
    """Causes by customer, for the rows of one page: two queries, whatever their number.

    A customer without a row in the run before, or in a first run, has no causes.
    """
    wanted = list(customer_ids)
    if run.previous is None or not wanted:
        return {}
    rows = Result.objects.filter(run_id__in=[run.pk, run.previous.pk], customer_id__in=wanted)
    by_run: dict[int, dict[int, Result]] = {run.pk: {}, run.previous.pk: {}}
    for row in rows:
        by_run[row.run_id][row.customer_id] = row
    now, before = by_run[run.pk], by_run[run.previous.pk]
    return {
        customer: causes_between(run, now[customer], run.previous, before[customer])
        for customer in now.keys() & before.keys()
    }


def causes_between(run: Run, row: Result, previous: Run, row_before: Result) -> Explained:
    """Points by indicator between two rows; an indicator of only one scheme counts whole."""
    now = {code: at for at, code in enumerate(run.indicators)}
    before = {code: at for at, code in enumerate(previous.indicators)}
    moved = {
        code: _at(row.contributions, now.get(code), 0.0)
        - _at(row_before.contributions, before.get(code), 0.0)
        for code in dict.fromkeys((*now, *before))
    }
    found = []
    for code in causes(moved):
        here, there = now.get(code), before.get(code)
        found.append(
            Cause(
                code, moved[code], _at(row.raws, here, None), _at(row_before.raws, there, None),
                _at(row.states, here, ""), _at(row_before.states, there, ""),
                _at(row.values, here, None), _at(row_before.values, there, None),
                _at(row.weights, here, 0.0), _at(row_before.weights, there, 0.0),
            )
        )  # fmt: skip
    return Explained(tuple(found))


def trigger_of(tier_before: str, tier: str, change: float | None) -> Trigger:
    """In which way a customer changed, for the tier policy."""
    if tier_before in {"", Tier.UNRATED}:
        return Trigger.FIRST_RATED
    step = TIER_LEVEL[Tier(tier)] - TIER_LEVEL[Tier(tier_before)]
    if step < 0:
        return Trigger.TIER_FELL
    if step > 0:
        return Trigger.TIER_ROSE
    return Trigger.SCORE_FELL if (change or 0) < 0 else Trigger.SCORE_ROSE


def _at(values: Any, at: int | None, missing: Any) -> Any:
    return missing if at is None else values[at]
