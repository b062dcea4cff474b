"""Loyalty tiers in order (L-40). How a customer comes to one, with hysteresis, is `sql/results.sql` (formula E.7)."""

from __future__ import annotations

from enum import IntEnum


class Tier(IntEnum):
    """Tiers in order. UNRATED: the data never sufficed, so no statement is made."""

    UNRATED = 0
    LOW = 1
    MEDIUM = 2
    HIGH = 3
