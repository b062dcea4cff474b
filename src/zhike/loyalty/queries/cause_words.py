"""One cause of a change of the index, and how it is said."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from django.utils.translation import gettext as _
from django.utils.translation import pgettext_lazy

from zhike.analytics.indicators import CATALOGUE, Direction
from zhike.core import formats
from zhike.loyalty.enums import ValueState
from zhike.loyalty.queries.sentences import indicator_label, raw_in_words


class CauseKind(StrEnum):
    """What moved the index: an indicator that came or went, all weights together, or an indicator's value."""

    COUNTED = "COUNTED"
    LEFT_OUT = "LEFT_OUT"
    REWEIGHED = "REWEIGHED"
    VALUE = "VALUE"


@dataclass(frozen=True, slots=True)
class Cause:
    """What one indicator did to a customer's score since the run before; REWEIGHED stands for all weights.

    Points are of 100, weights shares of one. `lowers` says whether the customer stands worse for it: an
    indicator newly counted below the score before does, though its own points are never negative.
    """

    kind: CauseKind
    points: float
    code: str = ""
    raw: float | None = None
    raw_before: float | None = None
    state: str = ""
    state_before: str = ""
    weight: float = 0.0
    lowers: bool = False

    @property
    def is_of_raw(self) -> bool:
        """Whether the customer's own figure moved the way the score did."""
        if self.raw is None or self.raw_before is None or self.raw == self.raw_before:
            return False
        better = 1 if CATALOGUE[self.code].direction is Direction.UP else -1
        return (self.raw - self.raw_before) * better * self.points > 0


def cause_name(cause: Cause) -> str:
    """The cause in a few words, as under a bar of a chart."""
    match cause.kind:
        case CauseKind.COUNTED:
            return _("%(name)s, newly counted") % {"name": indicator_label(cause.code)}
        case CauseKind.LEFT_OUT:
            return _("%(name)s, no longer counted") % {"name": indicator_label(cause.code)}
        case CauseKind.REWEIGHED:
            return _("Weights shared out anew")
    return indicator_label(cause.code)


def cause_in_words(cause: Cause) -> str:
    """One cause as a clause: which indicator, from what to what, how many points."""
    words = {"name": indicator_label(cause.code), "points": _points(cause.points)}
    match cause.kind:
        case CauseKind.COUNTED:
            words["weight"] = formats.share(cause.weight)
            words["value"] = _state(cause.state) if cause.raw is None else raw_in_words(cause.code, cause.raw)
            return _("%(name)s: newly counted at %(weight)s of the index, %(value)s (%(points)s)") % words
        case CauseKind.LEFT_OUT:
            words["state"] = _state(cause.state)
            return _("%(name)s: no longer counted, %(state)s (%(points)s)") % words
        case CauseKind.REWEIGHED:
            return _("The weights of the others were shared out anew (%(points)s)") % words
    return _value_in_words(cause, words)


def _value_in_words(cause: Cause, words: dict[str, str]) -> str:
    if cause.state != cause.state_before:
        between = {"before": _state(cause.state_before), "after": _state(cause.state)}
        return _("%(name)s: %(before)s, now %(after)s (%(points)s)") % {**words, **between}
    if cause.is_of_raw:
        before, after = (raw_in_words(cause.code, raw) for raw in (cause.raw_before, cause.raw))
        return _("%(name)s: %(before)s → %(after)s (%(points)s)") % {
            **words,
            "before": before,
            "after": after,
        }
    if cause.points < 0:
        return _("%(name)s: others of the group have done better (%(points)s)") % words
    return _("%(name)s: others of the group have done worse (%(points)s)") % words


def _points(points: float) -> str:
    shown = formats.grouped(abs(points), 1)
    return shown if round(points, 1) == 0 else f"{'+' if points > 0 else '-'}{shown}"


def _state(letter: str) -> str:
    return str(_STATES[ValueState(letter)]) if letter else _("not in the scheme")


_STATES = {
    ValueState.OBSERVED: pgettext_lazy("in a sentence", "observed"),
    ValueState.IMPUTED: pgettext_lazy("in a sentence", "estimated from the group"),
    ValueState.NOT_APPLICABLE: pgettext_lazy("in a sentence", "does not apply"),
    ValueState.ABSENT: pgettext_lazy("in a sentence", "never loaded"),
}
