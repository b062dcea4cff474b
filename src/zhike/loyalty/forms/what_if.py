"""The form of a what-if: the numbers of a scheme that can be tried without reading the facts again."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from zhike.analytics.indicators import CATALOGUE, NORMALISER_PARAMETERS, Policy
from zhike.analytics.what_if import Part
from zhike.core.forms import OnceForm
from zhike.core.operations.submissions import FORM_ID
from zhike.loyalty.forms.numbers import IndicatorFields, NumbersForm, WeightRow, decimal_of, note_beside

TRIED = (
    "medium_from", "high_from", "hysteresis_points", "downgrade_runs", "new_customer_months", "minimum_available",
)  # fmt: skip
PART_LABELS = {
    Part.OUTLET: _("By outlet"),
    Part.GROUP: _("By customer group"),
    Part.VALUE: _("By lifetime value"),
}


class WhatIfForm(OnceForm, NumbersForm):
    """Weights, thresholds, rules of the tiers and scalings of the indicators that a run has computed."""

    def __init__(self, *args: Any, parts: tuple[Part, ...], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        wanted = {FORM_ID, *TRIED, *self._wanted()}
        for name in [name for name in self.fields if name not in wanted]:
            del self.fields[name]
        for use in self.spec.indicators:
            self._narrow_policies(use.code, use.policy)
        self.fields["part"] = forms.ChoiceField(
            label=_("Split"), choices=[(part.value, PART_LABELS[part]) for part in parts], required=False,
            initial=parts[0], widget=forms.RadioSelect,
        )  # fmt: skip

    @property
    def part(self) -> Part:
        """By what the outcome is split."""
        entered = self.cleaned_data.get("part") if self.is_bound else ""
        return Part(entered or self.fields["part"].initial)

    @property
    def used(self) -> list[str]:
        """The indicators of the scheme: a weight of nought takes one out."""
        return self._codes

    @property
    def threshold_rows(self) -> list[WeightRow]:
        """Where tiers begin, as sliders, with the limits in force beside."""
        return [self._threshold(name) for name in ("high_from", "medium_from")]

    @property
    def rules(self) -> list[forms.BoundField]:
        """How a customer comes from a score to a tier."""
        return [self[name] for name in TRIED if name not in {"medium_from", "high_from"}]

    @property
    def scalings(self) -> list[IndicatorFields]:
        """What can be tried of each indicator besides its weight."""
        return [each for each in self.indicator_fields if each.is_used]

    def with_weights(self, weight_set: str, weights: Mapping[str, int]) -> Any:
        """What was entered, with these weights (basis points) in one set."""
        data = self.data.copy()
        for code, weight in weights.items():
            data[f"w-{weight_set}-{code}"] = f"{weight / 100:g}"
        return data

    def _threshold(self, name: str) -> WeightRow:
        current = Decimal(str(getattr(self.ruling or self.spec, name)))
        value = decimal_of(self[name].value())
        return WeightRow(
            self[name], str(self[name].label), f"{value:g}", current, note_beside(current, value, unit="")
        )

    @property
    def _codes(self) -> list[str]:
        own = {use.code for use in self.spec.indicators}
        return [code for code in CATALOGUE if code in own]

    def _entered_codes(self) -> list[str]:
        return self._codes

    def _wanted(self) -> set[str]:
        wanted = {
            f"w-{weight_set.code}-{code}" for weight_set in self.spec.weight_sets for code in self._codes
        }
        for code in self._codes:
            wanted |= {f"policy-{code}", f"scale-{code}"}
            for scale in CATALOGUE[code].normalisers:
                wanted |= {f"p-{code}-{each.name}" for each in NORMALISER_PARAMETERS[scale]}
        return wanted

    def _narrow_policies(self, code: str, policy: Policy) -> None:
        """Whether a missing fact is an observation is read with the facts; among the rest one may choose."""
        field = self.fields[f"policy-{code}"]
        field.choices = [
            choice for choice in field.choices if (choice[0] is Policy.ZERO) == (policy is Policy.ZERO)
        ]
