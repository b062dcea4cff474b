"""How figures that stand on several pages of the desk read: changes with their text, parts of an index."""

from __future__ import annotations

from dataclasses import dataclass

from zhike.core import formats
from zhike.customers.enums import CustomerGroup
from zhike.loyalty.api import Breakdown, Part

GOLD_GROUPS = frozenset({CustomerGroup.WEALTH, CustomerGroup.PRIVATE})
PPM = 1_000_000
SHOWN_DIGITS = -2
"""Rates show two decimals of a percent: what rounds to nothing there is unchanged."""


@dataclass(frozen=True, slots=True)
class Change:
    """A change and how its size reads; the sign is shown by triangle and colour."""

    value: float | None
    text: str = ""


@dataclass(frozen=True, slots=True)
class ShownPart:
    """One indicator of an index with the texts of its row."""

    part: Part
    text: str
    change: Change


def month_change(now_cents: int | None, before_cents: int | None) -> Change:
    """AUM against the month before as a percentage; nothing where there was nothing to compare with."""
    if now_cents is None or not before_cents:
        return Change(None)
    ppm = round((now_cents - before_cents) * PPM / before_cents, SHOWN_DIGITS)
    return Change(ppm, formats.rate(abs(ppm)))


def points_change(points: float | None) -> Change:
    """A difference of index points with one decimal; what rounds to nothing is unchanged."""
    if points is None:
        return Change(None)
    shown = round(points, 1)
    return Change(shown, formats.grouped(abs(shown), 1))


def parts_of(breakdown: Breakdown | None) -> list[ShownPart]:
    """The indicators of an index, ready for a row each."""
    return [
        ShownPart(part, formats.grouped(part.value, 1), points_change(part.change))
        for part in (breakdown.parts if breakdown else ())
    ]


def other_changes_of(breakdown: Breakdown | None) -> list[tuple[str, Change]]:
    """What changed an index besides its indicators, such as weights shared out anew, by name."""
    return [(name, points_change(points)) for name, points in (breakdown.other_changes if breakdown else ())]


def group_tone(group: str) -> str:
    """Gold is for wealth and private banking only."""
    return "gold" if group in GOLD_GROUPS else ""
