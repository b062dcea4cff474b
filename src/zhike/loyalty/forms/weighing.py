"""Comparisons of indicators in pairs, from which weights may come (formula E.6)."""

from __future__ import annotations

from fractions import Fraction
from itertools import combinations
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from zhike.analytics.scheme import SchemeSpec
from zhike.analytics.weighing import MOST_TIMES
from zhike.loyalty.queries.sentences import indicator_label, weight_set_label

TIMES = [str(n) for n in range(MOST_TIMES, 1, -1)] + ["1"] + [f"1/{n}" for n in range(2, MOST_TIMES + 1)]


class ComparisonForm(forms.Form):
    """How many times the first indicator of each pair is as important as the second, for one weight set."""

    compared_set = forms.ChoiceField(label=_("Weight set"))

    def __init__(self, *args: Any, spec: SchemeSpec, codes: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.codes = codes
        self.fields["compared_set"].choices = [
            (each.code, weight_set_label(each.code)) for each in spec.weight_sets
        ]
        for first, second in combinations(codes, 2):
            self.fields[f"c-{first}-{second}"] = forms.ChoiceField(
                label=_("%(first)s against %(second)s")
                % {"first": indicator_label(first), "second": indicator_label(second)},
                choices=[(each, each) for each in TIMES],
                initial="1",
            )

    @property
    def pairs(self) -> list[forms.BoundField]:
        """One field a pair."""
        return [self[name] for name in self.fields if name.startswith("c-")]

    def times(self) -> dict[tuple[str, str], Fraction]:
        """The comparisons entered."""
        return {
            (first, second): Fraction(self.cleaned_data[f"c-{first}-{second}"])
            for first, second in combinations(self.codes, 2)
        }
