"""What is different between two versions of a scheme (L-42)."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from django.db.models import QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from zhike.analytics.scheme import IndicatorUse, SchemeSpec
from zhike.core import formats
from zhike.loyalty.enums import Cycle, SchemeState
from zhike.loyalty.models import Scheme
from zhike.loyalty.queries.sentences import (
    NORMALISER_LABELS,
    PARAMETER_LABELS,
    POLICY_LABELS,
    indicator_label,
    weight_set_label,
)

NUMBERS: dict[str, Promise] = {
    "cycle": _("Cycle"),
    "window_months": _("Window (months)"),
    "recent_months": _("Recent months"),
    "new_customer_months": _("New customer for (months)"),
    "high_from": _("High from"),
    "medium_from": _("Medium from"),
    "hysteresis_points": _("Tolerance (points)"),
    "downgrade_runs": _("Evaluations below before a downgrade"),
    "minimum_available": _("Least weight with data"),
    "warn_low_share": _("Warn when low exceeds"),
    "warn_high_share": _("Warn when high is under"),
}
SHARES = frozenset({"minimum_available", "warn_low_share", "warn_high_share"})


@dataclass(frozen=True, slots=True)
class Difference:
    """One number that is not the same. '' where one side has none."""

    label: str
    before: str
    after: str


def listed() -> QuerySet[Scheme]:
    """Every scheme but the drafts that were deleted. Whatever offers or compares schemes begins here."""
    return Scheme.objects.exclude(state=SchemeState.WITHDRAWN)


def in_force(code: str) -> Scheme | None:
    """The version of a scheme that rules today."""
    return Scheme.objects.filter(code=code, state=SchemeState.IN_FORCE).first()


def compared_with(scheme: Scheme) -> Scheme | None:
    """The version to compare one with: the one in force, or the last before it that was no draft."""
    ruling = in_force(scheme.code)
    if ruling is not None and ruling.pk != scheme.pk:
        return ruling
    older = listed().filter(code=scheme.code, number__lt=scheme.number)
    return older.exclude(state=SchemeState.DRAFT).order_by("-number").first()


def differences(before: SchemeSpec, after: SchemeSpec) -> list[Difference]:
    """Every difference in words, numbers first, then weights, then indicators."""
    found = [
        Difference(str(label), number_in_words(name, before), number_in_words(name, after))
        for name, label in NUMBERS.items()
        if getattr(before, name) != getattr(after, name)
    ]
    return found + _weights(before, after) + _indicators(before, after)


def percent(basis_points: int | None) -> str:
    """3000 basis points as '30%'."""
    if basis_points is None:
        return ""
    return f"{formats.grouped(Decimal(basis_points) / 100, 0 if basis_points % 100 == 0 else 2)}%"


def number_in_words(name: str, spec: SchemeSpec) -> str:
    """One of `NUMBERS` of a scheme as it is shown."""
    value = getattr(spec, name)
    if name in SHARES:
        return percent(value)
    return (
        str(Cycle(value).label)
        if name == "cycle"
        else formats.grouped(value, 0 if value == int(value) else 1)
    )


def _weights(before: SchemeSpec, after: SchemeSpec) -> list[Difference]:
    old = {each.code: each.weights for each in before.weight_sets}
    new = {each.code: each.weights for each in after.weight_sets}
    found = []
    for code in dict.fromkeys((*old, *new)):
        was, now = old.get(code, {}), new.get(code, {})
        for indicator in dict.fromkeys((*was, *now)):
            if was.get(indicator) != now.get(indicator):
                label = f"{weight_set_label(code)} · {indicator_label(indicator)}"
                found.append(Difference(label, percent(was.get(indicator)), percent(now.get(indicator))))
    return found


def _indicators(before: SchemeSpec, after: SchemeSpec) -> list[Difference]:
    old = {use.code: use for use in before.indicators}
    new = {use.code: use for use in after.indicators}
    found = []
    for code in dict.fromkeys((*old, *new)):
        was, now = _lines(old.get(code)), _lines(new.get(code))
        for name in dict.fromkeys((*was, *now)):
            if was.get(name) != now.get(name):
                label = f"{indicator_label(code)} · {name}"
                found.append(Difference(label, was.get(name, ""), now.get(name, "")))
    return found


def _lines(use: IndicatorUse | None) -> dict[str, str]:
    if use is None:
        return {}
    found = {
        str(_("Missing data")): str(POLICY_LABELS[use.policy]),
        str(_("Scaling")): str(NORMALISER_LABELS[use.normaliser]),
    }
    for name, value in use.parameters.items():
        found[str(PARAMETER_LABELS.get(name, name))] = f"{value:g}"
    for kind, numbers in use.by_business_type.items():
        for name, value in numbers.items():
            found[f"{PARAMETER_LABELS.get(name, name)} {weight_set_label(kind)}"] = f"{value:g}"
    return found
