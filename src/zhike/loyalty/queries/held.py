"""Why a tier stands beside a score that does not give it: set by hand, or held by the rules of the scheme."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import pgettext, pgettext_lazy

from zhike.loyalty.enums import Movement
from zhike.loyalty.models import Result, Standing

_WORDS: dict[Movement, Promise] = {
    Movement.KEPT: pgettext_lazy("tier", "kept"),
    Movement.WARNED: pgettext_lazy("tier", "kept once more"),
    Movement.LOWERED: pgettext_lazy("tier", "one step down"),
    Movement.UNSTATED: pgettext_lazy("tier", "unchanged for want of data"),
}


@dataclass(frozen=True, slots=True)
class Held:
    """The mark beside the tier and the sentence behind it."""

    mark: str
    reason: str


def held(row: Standing | Result, *, is_by_hand: bool = False) -> Held | None:
    """The mark of a tier that the score alone does not give; None where it does (formula E.7, K-10)."""
    if is_by_hand or (isinstance(row, Standing) and row.override_id is not None):
        return Held(
            _("set by hand"), _("Set by hand with an executive's approval; the score stays as it is.")
        )
    if row.is_provisional:
        return Held(
            pgettext("tier", "provisional"),
            _("A new customer has medium loyalty for the time being; the score alone would not give it."),
        )
    movement = Movement(row.movement)
    mark = _WORDS.get(movement)
    return None if mark is None else Held(str(mark), str(movement.label))
