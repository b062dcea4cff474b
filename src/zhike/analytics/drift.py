"""How far the customers of two evaluations lie apart, indicator by indicator: the population stability index (E.8).

Σ (b − a) · ln(b / a) over the tenths of the scale and the customers without an observed value. Below 0.1 is called
stable, above 0.25 a reason to act; which numbers hold is for the caller.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from zhike.analytics import plan
from zhike.analytics.engine import Engine, identifier
from zhike.analytics.indicators import CATALOGUE

SCORE = "SCORE"
"""In the place of an indicator: the loyalty index itself."""
BANDS = 10
_LEAST_SHARE = 1e-4  # of an empty class beside a filled one, so that no logarithm is without end


@dataclass(frozen=True, slots=True)
class Spread:
    """Customers by tenth of the scale, and those without an observed value. `mean` is of the observed, in points."""

    bands: tuple[int, ...]
    missing: int
    mean: float | None

    @property
    def customer_count(self) -> int:
        """All customers."""
        return sum(self.bands) + self.missing

    @property
    def missing_share(self) -> float:
        """The share without an observed value; 0 where there is no customer."""
        return self.missing / self.customer_count if self.customer_count else 0.0


@dataclass(frozen=True, slots=True)
class Drift:
    """One indicator before and now. `index` is the population stability index; None where either side is empty."""

    code: str
    before: Spread
    now: Spread
    index: float | None


def stability_index(before: Sequence[float], now: Sequence[float]) -> float:
    """Return the population stability index of two counts, or shares, of the same classes.

    A class empty on one side counts as a ten-thousandth there, one empty on both not at all. Raises ValueError for
    counts of different classes, below nought, or of nobody.
    """
    if len(before) != len(now):
        raise ValueError("two counts of different classes")
    if min((*before, *now), default=-1) < 0 or not sum(before) or not sum(now):
        raise ValueError("counts of nobody, or below nought")
    parts = []
    for was, is_now in zip(before, now, strict=True):
        if not was and not is_now:
            continue
        a, b = max(was / sum(before), _LEAST_SHARE), max(is_now / sum(now), _LEAST_SHARE)
        parts.append((b - a) * math.log(b / a))
    return math.fsum(parts)


def spreads(engine: Engine, view: str, codes: Iterable[str]) -> dict[str, Spread]:
    """Return how the customers of an evaluation are spread, by indicator and for the score, from its rows in a view."""
    name = identifier(view)
    parts = [plan.text("drift/scores").format(code=SCORE, view=name)]
    parts += [
        plan.text("drift/bands").format(code=code, c=CATALOGUE[code].column, view=name) for code in codes
    ]
    found: dict[str, list[tuple[int, int, int]]] = {SCORE: [], **{code: [] for code in codes}}
    for code, band, count, hundredths in engine.fetch("\nUNION ALL\n".join(parts), {}):
        found[code].append((band, count, hundredths))
    return {code: _spread(rows) for code, rows in found.items()}


def drifts(before: Mapping[str, Spread], now: Mapping[str, Spread]) -> list[Drift]:
    """Return the drift of everything that both evaluations have, the score first."""
    return [
        Drift(code, before[code], now[code], _index(before[code], now[code]))
        for code in now
        if code in before
    ]


def _spread(rows: Iterable[tuple[int, int, int]]) -> Spread:
    bands = [0] * BANDS
    missing = total = 0
    for band, count, hundredths in rows:
        if band < 0:
            missing += count
        else:
            bands[band] += count
            total += hundredths
    observed = sum(bands)
    return Spread(tuple(bands), missing, total / observed / 100 if observed else None)


def _index(before: Spread, now: Spread) -> float | None:
    if not before.customer_count or not now.customer_count:
        return None
    return stability_index((*before.bands, before.missing), (*now.bands, now.missing))
