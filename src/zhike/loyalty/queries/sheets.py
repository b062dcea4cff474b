"""The sheet for a customer who asks why: the tier in plain words, what it rests on, and what one may ask (K-10).

Indicators, weights and values are told, as the law on personal information asks (art. 24); nothing tells of another
customer: no median, no rank.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext as _

from zhike.analytics import plan
from zhike.analytics.indicators import CATALOGUE
from zhike.analytics.scheme import SchemeSpec
from zhike.loyalty.enums import ValueState
from zhike.loyalty.queries.breakdown import Breakdown, Part
from zhike.loyalty.queries.sentences import feed_label


@dataclass(frozen=True, slots=True)
class SheetRow:
    """One thing that was looked at: what the bank saw, where it knows it from, and which way it counts."""

    name: str
    meaning: str
    seen: str
    source: str
    weight: float
    value: float
    effect: str


@dataclass(frozen=True, slots=True)
class Sheet:
    """What a customer is told. The window is the time looked at, both days included."""

    window_from: date
    window_until: date
    rows: tuple[SheetRow, ...]
    left_out: tuple[str, ...]


def sheet_of(found: Breakdown) -> Sheet:
    """The sheet of a customer's result."""
    spec = found.run.scheme.definition
    first = plan.parameters(spec, found.run.as_of)["window_from"]
    assert isinstance(first, date)
    counted = [part for part in found.parts if part.value is not None and part.weight > 0]
    return Sheet(
        window_from=first,
        window_until=found.run.as_of,
        rows=tuple(_row(part, spec) for part in counted),
        left_out=tuple(part.name for part in found.parts if part not in counted),
    )


def _row(part: Part, spec: SchemeSpec) -> SheetRow:
    needs = CATALOGUE[part.code].needs if part.code in CATALOGUE else ()
    return SheetRow(
        name=part.name,
        meaning=part.definition,
        seen=part.raw if part.state == ValueState.OBSERVED else _("nothing of yours yet"),
        source=_(", ").join(feed_label(feed) for feed in needs),
        weight=part.weight,
        value=part.value or 0.0,
        effect=_effect(part, spec),
    )


def _effect(part: Part, spec: SchemeSpec) -> str:
    value = part.value or 0.0
    if part.state != ValueState.OBSERVED:
        return _("a middle value is taken instead")
    if value >= spec.high_from:
        return _("speaks for a higher tier")
    return _("lies in the middle") if value >= spec.medium_from else _("speaks for a lower tier")
