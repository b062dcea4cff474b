"""What people enter about a segment beside its rule."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from zhike.core.forms import OnceForm
from zhike.insight.enums import SegmentScope, SegmentState
from zhike.insight.operations.segments import MOST_MEASURES
from zhike.insight.queries import reach
from zhike.insight.queries.field_words import DIMENSIONS
from zhike.staff.models import Staff

_LONGEST_MEASURE = 200
ALL = ("", pgettext_lazy("filter", "All"))
APPLY = {"data-apply": True}


class SegmentForm(OnceForm):
    """Name, purpose and measures; of a new one also whose it is."""

    name = forms.CharField(label=_("Name"), max_length=80)
    about = forms.CharField(label=_("What it is for"), max_length=300, required=False)
    scope = forms.ChoiceField(label=_("Whose segment"), choices=SegmentScope.choices)
    unit = forms.ChoiceField(
        label=_("Branch or outlet"), required=False, help_text=_("Only for a segment of a branch or outlet.")
    )
    measures = forms.CharField(
        label=_("Suitable measures"), required=False, max_length=2000, widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("What suits these customers, one measure a line."),
    )  # fmt: skip

    def __init__(self, *args: Any, person: Staff, is_new: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.person, self.is_new = person, is_new
        if not is_new:
            del self.fields["scope"], self.fields["unit"]
            return
        offered = reach.scopes_offered(person)
        self.fields["scope"].choices = [(str(scope), scope.label) for scope in reversed(offered)]
        units = [
            (scope.label, [(unit.pk, unit.name) for unit in reach.units_offered(person, scope)])
            for scope in (SegmentScope.BRANCH, SegmentScope.OUTLET)
            if scope in offered
        ]
        self.fields["unit"].choices = [("", "--"), *units]
        if not units:
            del self.fields["unit"]

    def clean_measures(self) -> list[str]:
        """One measure a line."""
        lines = [line.strip() for line in self.cleaned_data["measures"].splitlines() if line.strip()]
        if len(lines) > MOST_MEASURES:
            raise forms.ValidationError(
                _("At most %(count)s measures, one a line."), params={"count": MOST_MEASURES}
            )
        if any(len(line) > _LONGEST_MEASURE for line in lines):
            raise forms.ValidationError(
                _("A measure has at most %(count)s characters."), params={"count": _LONGEST_MEASURE}
            )
        return lines


class SubmitForm(OnceForm):
    """Why a segment of the whole bank is to count."""

    reason = forms.CharField(label=_("Reason"), max_length=500)


class SegmentFilter(forms.Form):
    """Which segments to see."""

    q = forms.CharField(
        label=_("Name"), required=False, max_length=80, widget=forms.TextInput(attrs={"data-shortcut": "/"})
    )
    scope = forms.ChoiceField(label=_("Whose segment"), required=False, widget=forms.Select(attrs=APPLY))
    dimension = forms.ChoiceField(label=_("Dimension"), required=False, widget=forms.Select(attrs=APPLY))
    state = forms.ChoiceField(label=_("State"), required=False, widget=forms.Select(attrs=APPLY))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["scope"].choices = [ALL, *SegmentScope.choices]
        self.fields["dimension"].choices = [ALL, *((str(code), label) for code, label in DIMENSIONS.items())]
        self.fields["state"].choices = [("", _("All but retired")), *SegmentState.choices]


class CompareForm(forms.Form):
    """Two recorded days, the earlier first."""

    first = forms.ChoiceField(label=pgettext_lazy("comparison", "From"), required=False)
    last = forms.ChoiceField(label=pgettext_lazy("comparison", "To"), required=False)

    def __init__(self, *args: Any, days: Sequence[date], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.days = {day.isoformat(): day for day in days}
        for name in self.fields:
            self.fields[name].choices = [(day, day) for day in reversed(self.days)]
        if len(days) > 1:
            self.initial = {"first": days[-2].isoformat(), "last": days[-1].isoformat()}

    @property
    def span(self) -> tuple[date, date] | None:
        """The two days, in order; those of the last two recordings where none are asked for."""
        said = self.cleaned_data if self.is_bound and self.is_valid() else self.initial
        chosen = [self.days[said[name]] for name in ("first", "last") if said.get(name) in self.days]
        return (min(chosen), max(chosen)) if len(chosen) == 2 else None
