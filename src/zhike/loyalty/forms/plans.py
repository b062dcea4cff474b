"""What people enter about a loyalty plan."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from zhike.core.forms import DAYS_OF_OURS, OnceForm, date_input
from zhike.loyalty.enums import PlanFigure, PlanState, Strategy
from zhike.loyalty.models import LoyaltyPlan
from zhike.staff.models import Staff

NUMBER = {"max_digits": 14, "decimal_places": 2}


class PlanForm(OnceForm):
    """The head of a plan."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=80)
    from_on = forms.DateField(label=gettext_lazy("First day"), widget=date_input(), validators=DAYS_OF_OURS)
    until_on = forms.DateField(label=gettext_lazy("Last day"), widget=date_input(), validators=DAYS_OF_OURS)
    basis = forms.CharField(
        label=gettext_lazy("Basis"),
        max_length=200,
        help_text=gettext_lazy("The rule or decision the plan rests on."),
    )
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)


class NewPlanForm(PlanForm):
    """A new plan, empty or with the items of an earlier one."""

    like = forms.ModelChoiceField(
        LoyaltyPlan.objects.none(), label=gettext_lazy("Take over the items of"), required=False
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        earlier = LoyaltyPlan.objects.filter(state__in=(PlanState.IN_FORCE, PlanState.CLOSED))
        self.fields["like"].queryset = earlier.order_by("-from_on")
        self.fields["like"].empty_label = _("None: begin with an empty plan")
        del self.fields["version"]


class SubmitForm(OnceForm):
    """Why the plan is to be approved, with the version that was seen."""

    reason = forms.CharField(
        label=gettext_lazy("Reason"), max_length=500, widget=forms.Textarea(attrs={"rows": 3})
    )
    version = forms.IntegerField(widget=forms.HiddenInput)


class PlanItemForm(OnceForm):
    """One thing to be done: under which strategy, by whom, until when, measured by what."""

    strategy = forms.ChoiceField(label=gettext_lazy("Strategy"), choices=Strategy.choices)
    aim = forms.CharField(label=gettext_lazy("Aim"), max_length=100)
    steps = forms.CharField(
        label=gettext_lazy("What is done"), max_length=500, widget=forms.Textarea(attrs={"rows": 3})
    )
    owner = forms.ModelChoiceField(Staff.objects.none(), label=gettext_lazy("Owner"), empty_label="--")
    due_on = forms.DateField(label=gettext_lazy("Due"), widget=date_input(), validators=DAYS_OF_OURS)
    figure = forms.ChoiceField(label=gettext_lazy("Measured by"), choices=PlanFigure.choices)
    figure_name = forms.CharField(
        label=gettext_lazy("Name of its own figure"),
        max_length=60,
        required=False,
        help_text=gettext_lazy("With its unit, such as: average waiting time, minutes."),
    )
    base = forms.DecimalField(
        label=gettext_lazy("Now, of its own figure"),
        required=False,
        help_text=gettext_lazy("A figure of the evaluations is read from the last published one."),
        **NUMBER,
    )
    target = forms.DecimalField(label=gettext_lazy("To reach"), **NUMBER)
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        people = Staff.objects.filter(is_active=True).select_related("unit")
        self.fields["owner"].queryset = people.order_by("unit__code", "staff_no")
        self.fields["owner"].label_from_instance = lambda one: f"{one.name} {one.staff_no}, {one.unit.name}"

    def clean_target(self) -> Any:
        """A share lies within 0 and 100."""
        target = self.cleaned_data["target"]
        if self.data.get("figure") != PlanFigure.OWN and not 0 <= target <= 100:
            raise forms.ValidationError(_("A share lies between 0 and 100 %."))
        return target


class ResultForm(OnceForm):
    """What came of an item."""

    said = forms.CharField(
        label=gettext_lazy("What came of it"), max_length=500, widget=forms.Textarea(attrs={"rows": 3})
    )
    reached = forms.DecimalField(label=gettext_lazy("Figure reached"), **NUMBER)

    def __init__(self, *args: Any, figure: str, figure_label: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if figure == PlanFigure.OWN:
            self.fields["reached"].label = figure_label
        else:
            del self.fields["reached"]


class CloseForm(OnceForm):
    """What came of a whole plan."""

    outcome = forms.CharField(
        label=gettext_lazy("What came of the plan"), max_length=1000, widget=forms.Textarea(attrs={"rows": 4})
    )
