"""Loyalty tiers with hysteresis (L-40, formula E.7) as plain functions.

The run does the same arithmetic in SQL for every customer at once (`sql/results.sql`); the tests hold
the two against each other on every row.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum
from typing import Protocol


class Tier(IntEnum):
    """Tiers in order. UNRATED: the data never sufficed, so no statement is made."""

    UNRATED = 0
    LOW = 1
    MEDIUM = 2
    HIGH = 3


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
