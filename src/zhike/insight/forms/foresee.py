"""What people enter about models and warnings."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from zhike.core.forms import OnceForm
from zhike.insight.models.foresee import NEXT_WARNING_STATE, WarningState
from zhike.insight.operations.warnings import NOTE_LENGTH


class ProposeForm(OnceForm):
    """Why a model is to be used."""

    reason = forms.CharField(label=_("Reason"), max_length=500, widget=forms.Textarea(attrs={"rows": 3}))


class AnswerForm(OnceForm):
    """What came of a warning, or why it is wrong."""

    state = forms.ChoiceField(
        label=_("What came of it"),
        choices=[
            (str(state), state.label)
            for state in WarningState
            if state in NEXT_WARNING_STATE[WarningState.OPEN]
        ],
        widget=forms.RadioSelect,
        help_text=_("Set aside: the warning is wrong. No further one is raised for a while."),
    )
    note = forms.CharField(
        label=_("What was found"), max_length=NOTE_LENGTH, widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Say also why, where a warning is set aside. It is kept with your name."),
    )  # fmt: skip


class WarningFilter(forms.Form):
    """Which warnings to see."""

    state = forms.ChoiceField(
        label=pgettext_lazy("warning", "State"),
        required=False,
        choices=[
            ("", pgettext_lazy("warning", "Open")),
            *((str(each), each.label) for each in WarningState if each != WarningState.OPEN),
        ],
        widget=forms.Select(attrs={"data-apply": True}),
    )
