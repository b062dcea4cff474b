"""What people enter on the loyalty screens, as typed values."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from zhike.analytics.scheme import SchemeSpec, preset_names
from zhike.core.forms import OnceForm, date_input
from zhike.loyalty.enums import ContactKind, Measure, Outcome, ReportFormat, Tier, Verdict
from zhike.loyalty.models import Scheme
from zhike.loyalty.queries.changes import Direction
from zhike.loyalty.queries.weight_sets import every_combination, open_combinations

APPLIES = {"data-apply": True}
REASON = forms.Textarea(attrs={"rows": 3})

PRESETS = {"full": _("The five indicators of the rules"), "core_banking": _("Core banking facts only")}
DIRECTION_LABELS = {
    Direction.FELL: _("Fell"),
    Direction.ROSE: _("Rose"),
    Direction.NEW: _("New"),
    Direction.ALL: _("All"),
}


class DraftForm(OnceForm):
    """A new scheme from one that ships."""

    ENTERED = ("preset", "code", "name")
    preset = forms.ChoiceField(label=_("Start from"))
    code = forms.RegexField(
        r"^[A-Z][A-Z0-9_]{1,29}$",
        label=_("Code"),
        max_length=30,
        help_text=_("2 to 30 capital letters, digits and underscores, a letter first, such as RETAIL_2026."),
        error_messages={
            "invalid": _(
                "Only capital letters, digits and underscores, a letter first: RETAIL_2026, for instance."
            )
        },
    )
    name = forms.CharField(label=_("Name"), max_length=80)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["preset"].choices = [(name, PRESETS.get(name, name)) for name in preset_names()]


class WeightSetForm(forms.Form):
    """Which customers a new weight set is for: those who have none of their own yet."""

    customers = forms.ChoiceField(label=_("Business type and group"))

    def __init__(self, *args: Any, spec: SchemeSpec, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["customers"].choices = open_combinations(spec)

    @staticmethod
    def every() -> list[str]:
        """What could be chosen in a scheme without any set."""
        return every_combination()


class StartForm(forms.Form):
    """Which scheme is evaluated as of which day."""

    scheme = forms.ModelChoiceField(label=_("Scheme"), queryset=Scheme.objects.none(), empty_label=None)
    as_of = forms.DateField(label=_("As of"), widget=date_input())
    reason = forms.CharField(
        label=_("Reason, if the period is already published"), max_length=500, required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["scheme"].queryset = Scheme.objects.filter(state="IN_FORCE").order_by("code")
        self.fields["scheme"].label_from_instance = lambda scheme: scheme.title


class ReasonForm(forms.Form):
    """A reason, compulsory."""

    reason = forms.CharField(label=_("Reason"), max_length=500, widget=REASON)


class NoteForm(forms.Form):
    """A note, optional."""

    note = forms.CharField(label=_("Note"), max_length=500, required=False, widget=REASON)


class ReviewForm(OnceForm):
    """What a customer asks, in the customer's words."""

    words = forms.CharField(
        label=_("What the customer asks"), max_length=500, widget=forms.Textarea(attrs={"rows": 3})
    )


class SampleForm(forms.Form):
    """What a sample check found; nothing is preselected."""

    customer = forms.IntegerField(widget=forms.HiddenInput)
    verdict = forms.ChoiceField(label=_("Result"), choices=Verdict.choices)
    note = forms.CharField(label=_("Note"), max_length=200, required=False)


class RunChangeFilter(forms.Form):
    """Which changed customers of a run to see."""

    move = forms.ChoiceField(
        label=_("Movement"), required=False, widget=forms.Select(attrs=APPLIES),
        choices=[("", _("All")), ("down", _("Fell a tier")), ("up", _("Rose a tier")), ("score", _("Same tier")),
                 ("new", _("New"))],
    )  # fmt: skip
    tier = forms.ChoiceField(
        label=_("Tier now"), required=False, widget=forms.Select(attrs=APPLIES),
        choices=[("", _("All")), *Tier.choices],
    )  # fmt: skip
    outlet = forms.ChoiceField(label=_("Outlet"), required=False, widget=forms.Select(attrs=APPLIES))
    search = forms.CharField(
        label=_("Customer"), required=False, max_length=40,
        widget=forms.TextInput(attrs={"type": "search", "data-shortcut": "/"}),
    )  # fmt: skip

    def __init__(self, *args: Any, outlets: list[tuple[int, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["outlet"].choices = [("", _("All")), *((str(pk), name) for pk, name in outlets)]


class ChangesFilter(forms.Form):
    """Which changed customers of one's own scope to see."""

    direction = forms.ChoiceField(
        required=False, choices=[(str(key), label) for key, label in DIRECTION_LABELS.items()]
    )
    open = forms.BooleanField(required=False)
    outlet = forms.IntegerField(required=False)


NEXT_DAYS = {"1": _("Tomorrow"), "3": _("In 3 days"), "7": _("In a week")}


class FollowUpForm(OnceForm):
    """What was done, what came of it, and when next: in some days or on a day. No outcome is preselected."""

    ENTERED = ("kind", "outcome", "next_on", "note")
    kind = forms.ChoiceField(choices=ContactKind.choices)
    outcome = forms.ChoiceField(
        choices=Outcome.choices, error_messages={"required": _("Choose what came of it.")}
    )
    next = forms.ChoiceField(required=False, choices=NEXT_DAYS.items())
    next_on = forms.DateField(
        required=False, widget=date_input(**{"class": "zk-input", "aria-label": _("Next contact on")})
    )
    note = forms.CharField(required=False, max_length=500)

    def clean_next_on(self) -> date | None:
        """The day of the next contact, also where it was chosen as a number of days. Refuses both at once."""
        day, days = self.cleaned_data["next_on"], self.cleaned_data.get("next")
        if day and days:
            raise ValidationError(_("Choose one next contact: in some days, or a date."))
        return timezone.localdate() + timedelta(days=int(days)) if days else day


class OverrideForm(forms.Form):
    """Another tier, with a reason and an end."""

    tier = forms.ChoiceField(label=_("Tier"), widget=forms.RadioSelect)
    reason = forms.CharField(label=_("Reason"), max_length=500, widget=REASON)
    expires_on = forms.DateField(label=_("Until"), widget=date_input())

    def __init__(self, *args: Any, present: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["tier"].choices = [
            choice for choice in Tier.choices if choice[0] not in {present, Tier.UNRATED}
        ]


class PolicyForm(forms.Form):
    """What a tier asks for."""

    version = forms.IntegerField(widget=forms.HiddenInput)
    measure = forms.ChoiceField(label=_("Measure"), choices=Measure.choices)
    contact = forms.ChoiceField(label=_("Contact"), choices=ContactKind.choices)
    contacts_per_year = forms.IntegerField(label=_("Contacts a year"), min_value=0, max_value=366)
    due_working_days = forms.IntegerField(label=_("Due in working days"), min_value=0, max_value=250)


class ReportForm(forms.Form):
    """As which file the report is wanted."""

    format = forms.ChoiceField(label=_("Format"), choices=ReportFormat.choices)
