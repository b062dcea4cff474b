"""The inputs of a model, its reasons and refusals in words (M-03, N-17)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from zhike.analytics.drift import SCORE
from zhike.analytics.logistic import Refusal
from zhike.core import formats

YEAR_DAYS = 365

INPUT_LABELS: dict[str, Promise] = {
    SCORE: gettext_lazy("Chance to be lost"),
    "RECENCY": gettext_lazy("Days since the last act"),
    "ACTS": gettext_lazy("Acts in three months"),
    "ACTS_CHANGE": gettext_lazy("Change of the acts"),
    "ACTIVE_MONTHS": gettext_lazy("Active months of twelve"),
    "SALARY_STOPPED": gettext_lazy("Salary has stopped"),
    "AWAY_SHARE": gettext_lazy("Outflow to other banks"),
    "ASSETS": gettext_lazy("Assets with us"),
    "ASSETS_CHANGE": gettext_lazy("Change of the assets"),
    "FROM_PEAK": gettext_lazy("Assets against the best month"),
    "CATEGORIES": gettext_lazy("Kinds of products held"),
    "CLOSED_ACCOUNTS": gettext_lazy("Accounts closed"),
    "MATURING": gettext_lazy("Money falling due"),
    "COMPLAINTS": gettext_lazy("Complaints"),
    "CONTACT_GAP": gettext_lazy("Days since our last contact"),
    "TENURE": gettext_lazy("Months as a customer"),
}


def _days(told: float) -> str:
    return (
        _("more than a year") if told > YEAR_DAYS else _("%(count)s days") % {"count": formats.grouped(told)}
    )


def _change(told: float) -> str:
    return f"{told:+.0%}"


_Told = tuple[Promise, Callable[[float], str]]
_SENTENCES: dict[str, _Told] = {
    "RECENCY": (gettext_lazy("No act of the customer's own for %(told)s"), _days),
    "ACTS": (gettext_lazy("Acts of the customer's own in three months: %(told)s"), formats.grouped),
    "ACTS_CHANGE": (gettext_lazy("Acts against the months before: %(told)s"), _change),
    "ACTIVE_MONTHS": (gettext_lazy("Active in %(told)s of twelve months"), formats.grouped),
    "SALARY_STOPPED": (gettext_lazy("The salary has stopped coming in"), formats.grouped),
    "AWAY_SHARE": (gettext_lazy("Of what went out, %(told)s went to other banks"), formats.share),
    "ASSETS": (gettext_lazy("Assets with us: %(told)s"), lambda told: formats.amount(round(told))),
    "ASSETS_CHANGE": (gettext_lazy("Assets against the months before: %(told)s"), _change),
    "FROM_PEAK": (gettext_lazy("Assets at %(told)s of the best month"), formats.share),
    "CATEGORIES": (gettext_lazy("Kinds of products held: %(told)s"), formats.grouped),
    "CLOSED_ACCOUNTS": (gettext_lazy("Accounts closed within a year: %(told)s"), formats.grouped),
    "MATURING": (gettext_lazy("Falling due soon: %(told)s"), lambda told: formats.amount(round(told))),
    "COMPLAINTS": (gettext_lazy("Complaints within a year: %(told)s"), formats.grouped),
    "CONTACT_GAP": (gettext_lazy("No contact by us for %(told)s"), _days),
    "TENURE": (gettext_lazy("A customer for %(told)s months"), formats.grouped),
}
REFUSALS: dict[str, Promise] = {
    Refusal.NOBODY: gettext_lazy("There were no customers at risk on the day of learning."),
    Refusal.ONE_CLASS: gettext_lazy(
        "Nobody, or everybody, was lost within the horizon: there is nothing to learn."
    ),
    Refusal.SEPARATED: gettext_lazy(
        "The inputs tell the lost customers without error, which points to a fault."
    ),
    Refusal.TOO_FEW_CASES: gettext_lazy(
        "Only %(count)s customers were lost within the horizon: too few to learn from."
    ),
    Refusal.TOO_SHORT: gettext_lazy(
        "The facts do not reach back far enough: two horizons and the year before them are needed."
    ),
    Refusal.NO_INPUT: gettext_lazy("No input differs between customers."),
}


@dataclass(frozen=True, slots=True)
class ReasonWords:
    """A reason in words, and how much it added to the log of the odds."""

    code: str
    words: str
    part: float


def input_label(code: str) -> str:
    """What an input is called; one of another release by its code."""
    return str(INPUT_LABELS.get(code, code))


def reason(code: str, told: float) -> str:
    """One reason in words."""
    if code not in _SENTENCES:
        return input_label(code)
    words, shown = _SENTENCES[code]
    return str(words) % {"told": shown(told)}


def reasons(kept: Sequence[Mapping[str, Any]]) -> list[ReasonWords]:
    """Kept reasons in words, in their order."""
    return [ReasonWords(each["code"], reason(each["code"], each["told"]), each["part"]) for each in kept]


def refusal(code: str, count: int) -> str:
    """Why a model could not be learnt."""
    return str(REFUSALS.get(code, code)) % {"count": formats.grouped(count)}
