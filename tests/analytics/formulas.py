"""The formulas of a run written a second time, one customer at a time: what the SQL is held against on every row.

Scores (L-38, formula E.6), tiers with hysteresis (L-40, formula E.7), value under constant retention (formula E.5).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

from zhike.analytics.tiers import Tier


@dataclass(frozen=True)
class Score:
    """A score with its make-up. `score` is None when nothing is available."""

    score: float | None
    available: int  # basis points of weight that had a value
    contributions: Mapping[str, float]  # points of the score, by indicator


def score(values: Mapping[str, float | None], weights: Mapping[str, int]) -> Score:
    """Weigh the values that are there; the weight of what is missing goes to the rest (formula E.6).

    `Σ w·v / Σ w(available)`. An indicator without a weight counts nothing.
    """
    there = {code: value for code, value in values.items() if value is not None}
    available = sum(weights.get(code, 0) for code in there)
    if not available:
        return Score(None, 0, {})
    contributions = {code: weights.get(code, 0) * value / available for code, value in there.items()}
    return Score(
        sum(weights.get(code, 0) * value for code, value in there.items()) / available,
        available,
        contributions,
    )


class TierRules(Protocol):
    """What of a scheme decides tiers; `SchemeSpec` is one."""

    @property
    def high_from(self) -> float: ...
    @property
    def medium_from(self) -> float: ...
    @property
    def hysteresis_points(self) -> float: ...
    @property
    def downgrade_runs(self) -> int: ...


@dataclass(frozen=True, slots=True)
class Standing:
    """A customer's tier after a published run, and how many runs in a row the score lay below it."""

    tier: Tier
    below_count: int = 0


def comparable(score: float) -> float:
    """Return a score at six decimals, half up: what thresholds are compared with.

    A sum of products that should be 70 may come out as 69.99999999999999; nobody loses a tier to that.
    """
    return math.floor(score * 1e6 + 0.5) / 1e6


def tier_of_score(score: float, rules: TierRules) -> Tier:
    """Return the tier a score alone would give."""
    if comparable(score) >= rules.high_from:
        return Tier.HIGH
    return Tier.MEDIUM if comparable(score) >= rules.medium_from else Tier.LOW


def step(previous: Standing, score: float | None, rules: TierRules, *, is_new: bool = False) -> Standing:
    """Return the standing after one more published run (formula E.7).

    Up at once, also by two levels. Down by one level, and only after `downgrade_runs` runs in a row more than
    the hysteresis below the tier's threshold. `score` is None when the data do not suffice: no change. A new
    customer is never below medium, and does not count toward a downgrade there.
    """
    least = Tier.MEDIUM if is_new else Tier.UNRATED
    if score is None:
        return Standing(max(previous.tier, least), previous.below_count)
    earned = max(tier_of_score(score, rules), least)
    if earned >= previous.tier:
        return Standing(earned)
    kept_from = (
        rules.high_from if previous.tier is Tier.HIGH else rules.medium_from
    ) - rules.hysteresis_points
    if comparable(score) >= kept_from:
        return Standing(previous.tier)
    below_count = previous.below_count + 1
    if below_count < rules.downgrade_runs:
        return Standing(previous.tier, below_count)
    return Standing(Tier(previous.tier - 1))


def sequence(scores: Iterable[float | None], rules: TierRules) -> list[Tier]:
    """Return the tiers of one customer over runs, from no tier at all."""
    standing = Standing(Tier.UNRATED)
    tiers = []
    for score in scores:
        standing = step(standing, score, rules)
        tiers.append(standing.tier)
    return tiers


def constant_retention_multiplier(
    retention: float, discount: float, *, horizon_years: int | None = None, first_now: bool = False
) -> float:
    """Return the same for one retention for all, over a horizon or for ever (r / (1 + d - r)).

    A check on the model above; `first_now` takes the first margin at once instead of after a year.
    """
    step = retention / (1 + discount)
    if horizon_years is None:
        return 1 / (1 - step) if first_now else step / (1 - step)
    first = 0 if first_now else 1
    return math.fsum(step**year for year in range(first, first + horizon_years))
