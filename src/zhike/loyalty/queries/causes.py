"""Why a score moved: this run's row of a customer against the row of the run before (L-11)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from zhike.analytics.compare import CAUSES_SHOWN
from zhike.loyalty.enums import TIER_LEVEL, Tier, Trigger
from zhike.loyalty.models import Result, Run
from zhike.loyalty.queries.cause_words import Cause, CauseKind, cause_in_words

LEAST_POINTS = 0.05


@dataclass(frozen=True)
class Explained:
    """Why one customer's score changed: the points of `causes` add up to its change.

    An indicator that came or went stands first, then what its coming did to the weights, then the values of
    the others by size.
    """

    causes: tuple[Cause, ...]

    def points_of(self, code: str) -> float:
        """What one indicator did to the score, without what the weights did that moved with it."""
        return sum(cause.points for cause in self.causes if cause.code == code)

    @property
    def shown(self) -> tuple[Cause, ...]:
        """The causes worth a word: who came or went, whatever its points, and everything above a rounding."""
        return tuple(cause for cause in self.causes if _is_shown(cause))

    @property
    def sentences(self) -> list[str]:
        """The leading causes in words."""
        return [cause_in_words(cause) for cause in self.shown[:CAUSES_SHOWN]]


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
    """Points by cause between two rows of a customer.

    The change of an indicator counted in both is split into its value's part, at the mean of both weights,
    and its weight's part, at the mean of both values; the weights' parts are one cause together, since no
    weight moves alone.
    """
    now = {code: at for at, code in enumerate(run.indicators)}
    before = {code: at for at, code in enumerate(previous.indicators)}
    come_or_gone, of_value = [], []
    reweighed = 0.0
    for code in dict.fromkeys((*now, *before)):
        here, there = _cell(row, now.get(code)), _cell(row_before, before.get(code))
        points = here.contribution - there.contribution
        if here.is_counted and there.is_counted:
            by_value = (here.points - there.points) * (here.weight + there.weight) / 2
            reweighed += points - by_value
            of_value.append(_cause(CauseKind.VALUE, code, by_value, (here, there), lowers=by_value < 0))
        elif here.is_counted:
            lowers = row_before.score is not None and here.points < row_before.score
            come_or_gone.append(_cause(CauseKind.COUNTED, code, points, (here, there), lowers=lowers))
        elif there.is_counted:
            come_or_gone.append(_cause(CauseKind.LEFT_OUT, code, points, (here, there), lowers=False))
    weights = [Cause(CauseKind.REWEIGHED, reweighed)] if reweighed else []
    if not come_or_gone:
        of_value, weights = [*of_value, *weights], []
    return Explained((*_by_size(come_or_gone), *weights, *_by_size(of_value)))


def trigger_of(tier_before: str, tier: str, change: float | None) -> Trigger:
    """In which way a customer changed, for the tier policy."""
    if tier_before == "" or (tier_before == Tier.UNRATED and tier != Tier.UNRATED):
        return Trigger.FIRST_RATED
    step = TIER_LEVEL[Tier(tier)] - TIER_LEVEL[Tier(tier_before)]
    if step < 0:
        return Trigger.TIER_FELL
    if step > 0:
        return Trigger.TIER_ROSE
    return Trigger.SCORE_FELL if (change or 0) < 0 else Trigger.SCORE_ROSE


@dataclass(frozen=True, slots=True)
class _Cell:
    """One indicator of one row; an indicator that is not in the scheme weighs nothing."""

    raw: float | None = None
    state: str = ""
    value: float | None = None
    weight: float = 0.0
    contribution: float = 0.0

    @property
    def is_counted(self) -> bool:
        return self.value is not None and self.weight > 0

    @property
    def points(self) -> float:
        return self.value or 0.0


def _cell(row: Result, at: int | None) -> _Cell:
    if at is None:
        return _Cell()
    return _Cell(row.raws[at], row.states[at], row.values[at], row.weights[at], row.contributions[at])


def _cause(kind: CauseKind, code: str, points: float, cells: tuple[_Cell, _Cell], *, lowers: bool) -> Cause:
    here, there = cells
    return Cause(kind, points, code, here.raw, there.raw, here.state, there.state, here.weight, lowers)


def _by_size(causes: Iterable[Cause]) -> list[Cause]:
    return sorted(causes, key=lambda cause: -abs(cause.points))


def _is_shown(cause: Cause) -> bool:
    return cause.kind in {CauseKind.COUNTED, CauseKind.LEFT_OUT} or abs(cause.points) >= LEAST_POINTS
