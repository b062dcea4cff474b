"""The shape of the made-up population: how long customers stay, how wealth is spread, the seasons."""

from __future__ import annotations

from datetime import date, timedelta
from fractions import Fraction
from itertools import pairwise

LIFE_ALPHA = Fraction(45, 100)
LIFE_BETA = Fraction(48, 10)
"""Parameters of the shifted beta geometric lives: one in twelve leaves in the first year, then fewer."""

MONTHS = 24
YEARS_OF_LIFE = 60

WEALTH_KNOTS: dict[str, tuple[tuple[int, int], ...]] = {
    # Rank in the population (parts per million) and money with the bank (yuan), straight between.
    "INDIVIDUAL": (
        (0, 200), (150_000, 1_000), (350_000, 6_000), (500_000, 20_000), (650_000, 60_000),
        (780_000, 180_000), (880_000, 450_000), (950_000, 1_300_000), (982_000, 4_000_000),
        (993_000, 8_000_000), (1_000_000, 26_000_000),
    ),
    "ENTERPRISE": (
        (0, 5_000), (300_000, 100_000), (600_000, 800_000), (850_000, 4_000_000), (970_000, 16_000_000),
        (1_000_000, 90_000_000),
    ),
}  # fmt: skip

SEASON_PERMILLE = (1_250, 1_200, 950, 940, 1_000, 980, 920, 930, 980, 1_150, 1_300, 1_100)
"""Spending by calendar month: the New Year months, National Day, 双11, the year's end."""


def lifetimes() -> list[tuple[int, int]]:
    """(from_mark, years_lived): a draw of 32 bits at or above from_mark, below the next, lives so long.

    P(T = 1) = a / (a + b), hazard a / (a + b + t - 1) (Fader and Hardie, "How to project customer
    retention", 2007), in exact arithmetic; the few past sixty years live sixty-one.
    """
    rows = []
    surviving = Fraction(1)
    for year in range(1, YEARS_OF_LIFE + 2):
        rows.append((int((1 - surviving) * 2**32), year))
        surviving *= 1 - LIFE_ALPHA / (LIFE_ALPHA + LIFE_BETA + year - 1)
    return rows


def wealth_scale() -> list[tuple[str, int, int, int, int]]:
    """(kind, from_rank, to_rank, from_cents, to_cents) for each stretch between two knots."""
    return [
        (kind, low, high, poor * 100, rich * 100)
        for kind, knots in WEALTH_KNOTS.items()
        for (low, poor), (high, rich) in pairwise(knots)
    ]


def month_starts(business_date: date) -> list[date]:
    """First days of the 24 months that end with the month of `business_date`."""
    last = business_date.year * 12 + business_date.month - 1
    return [date(number // 12, number % 12 + 1, 1) for number in range(last - MONTHS + 1, last + 1)]


def months(business_date: date) -> list[tuple[int, date, int, int]]:
    """(position, month_on, days, season): days up to the business date, season in permille."""
    rows = []
    for position, first in enumerate(month_starts(business_date)):
        following = (first + timedelta(days=31)).replace(day=1)
        end = min(following - timedelta(days=1), business_date)
        rows.append((position, first, (end - first).days + 1, SEASON_PERMILLE[first.month - 1]))
    return rows
