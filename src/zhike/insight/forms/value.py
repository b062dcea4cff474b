"""What is chosen on the pages of value."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from zhike.insight.queries.value_models import HABITS, type_label

_APPLY = {"data-apply": True}


class ValueFilter(forms.Form):
    """A business type, and on the page of models a habit. What cannot be chosen is the first."""

    habit = forms.ChoiceField(label=_("Habit"), required=False, widget=forms.Select(attrs=_APPLY))
    business_type = forms.ChoiceField(
        label=_("Business type"), required=False, widget=forms.Select(attrs=_APPLY)
    )

    def __init__(self, data: Any, *, types: Sequence[str], has_habit: bool = False) -> None:
        super().__init__(data)
        self.fields["business_type"].choices = [(code, type_label(code)) for code in types]
        self.fields["habit"].choices = [(str(habit), label) for habit, label in HABITS.items()]
        if not has_habit:
            del self.fields["habit"]
        self.is_valid()
        self.initial = {name: self.chosen(name) for name in self.fields}

    def chosen(self, name: str) -> str:
        """What is chosen, else the first."""
        first = next((code for code, _label in self.fields[name].choices), "")
        return str(self.cleaned_data.get(name) or first)
