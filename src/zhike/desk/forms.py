"""What people enter at the desk: filters, the purpose of a look, a handover."""

from __future__ import annotations

from collections.abc import Container, Iterable
from datetime import date
from typing import Any

from django import forms
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from zhike.core import formats
from zhike.core.access.permissions import Permission
from zhike.core.forms import OnceForm, date_input
from zhike.customers.enums import BusinessType, CustomerGroup, FilePurpose, RevealPurpose
from zhike.desk.enums import ScoreChange, Silence, Standing, ViewStep
from zhike.desk.models import VIEW_NAME, VIEW_QUERY
from zhike.desk.queries.choices import Managers
from zhike.desk.queries.customer_list import Band
from zhike.desk.queries.whole_numbers import SealedText
from zhike.facts.enums import TransactionKind
from zhike.insight.models import Segment
from zhike.loyalty.enums import Tier
from zhike.staff.models import Staff, Unit

ALL = ("", pgettext_lazy("filter", "All"))
APPLY = {"data-apply": True}


def _select(label: Any, choices: Iterable[tuple[Any, Any]]) -> forms.ChoiceField:
    return forms.ChoiceField(
        label=label, required=False, choices=[ALL, *choices], widget=forms.Select(attrs=APPLY)
    )


def _withhold(form: forms.Form, *names: str) -> None:
    """Offer nothing to choose in these fields: whatever an address asks for there is not understood."""
    for name in names:
        form.fields[name].choices, form.fields[name].widget = [], forms.HiddenInput()  # type: ignore[attr-defined]


def _day(label: Any) -> forms.DateField:
    return forms.DateField(label=label, required=False, widget=date_input())


class CustomerFilter(forms.Form):
    """The four filters that always show. `number` stands for a whole number that was typed into `q`."""

    q = forms.CharField(
        label=_("Customer"), required=False, strip=False, max_length=60,
        widget=forms.TextInput(
            attrs={"data-shortcut": "/", "placeholder": _("Name, pinyin, number"), "autocomplete": "off"}
        ),
    )  # fmt: skip
    tier = _select(_("Loyalty"), Tier.choices)
    change = _select(_("Since last evaluation"), ScoreChange.choices)
    silence = _select(_("Last contact"), Silence.choices)
    number = forms.ChoiceField(label=_("Customer"), required=False, widget=forms.HiddenInput)

    def __init__(
        self, *args: Any, figures: Container[Permission], number: SealedText | None = None, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        if Permission.RESULT_READ not in figures:
            _withhold(self, "tier", "change")
        if number is not None:
            self.fields["number"].choices = [(number.token, number.masked)]

    @property
    def number_again(self) -> SafeString:
        """The sealed number once more, to take its field's place; the field it was typed into is emptied."""
        drawn = self["number"].as_widget(attrs={"hx-swap-oob": "true"})
        return drawn + self["q"].as_widget(attrs={"hx-swap-oob": "true"}) if self["number"].value() else drawn


class MoreFilters(forms.Form):
    """The filters behind "More". Outlets, managers and bands are given by the view."""

    business_type = _select(_("Business type"), BusinessType.choices)
    customer_group = _select(_("Customer group"), CustomerGroup.choices)
    band = _select(_("AUM, daily average of the month"), ())
    segment = _select(_("Segment"), ())
    outlet = _select(_("Outlet"), ())
    manager = _select(_("Account manager"), ())
    standing = forms.ChoiceField(
        label=_("Relationship"), required=False,
        choices=[("", Standing.WITH_US.label), *[item for item in Standing.choices if item[0] != Standing.WITH_US]],
        widget=forms.Select(attrs=APPLY),
    )  # fmt: skip
    opened_from = _day(_("Customer since, from"))
    opened_to = _day(_("Customer since, to"))

    def __init__(
        self,
        *args: Any,
        outlets: Iterable[Unit],
        managers: Managers,
        bands: Iterable[Band],
        segments: Iterable[Segment],
        figures: Container[Permission],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.by_outlet = managers.by_outlet
        self.fields["outlet"].choices = [ALL, *[(unit.pk, unit.name) for unit in outlets]]
        self.segments = {segment.code: segment for segment in segments}
        self.fields["segment"].choices = [ALL, *((code, each.name) for code, each in self.segments.items())]
        people = [(person.pk, f"{person.name} {person.staff_no}") for person in managers.people]
        self.fields["manager"].choices = [ALL, ("0", _("None yet")), *people]
        if managers.by_outlet:
            self.fields["manager"].help_text = _("Those of the outlet, once one is chosen.")
        self.fields["band"].choices = [ALL, *[(band.number, band_label(band)) for band in bands]]
        if Permission.HOLDING_READ not in figures:
            _withhold(self, "band")

    def clean_segment(self) -> Segment | None:
        """The segment of the code."""
        return self.segments.get(self.cleaned_data["segment"])

    @property
    def manager_again(self) -> str:
        """The account managers once more, to take the field's place when another outlet was chosen."""
        return self["manager"].as_widget(attrs={**APPLY, "hx-swap-oob": "true"})


class ExportForm(forms.Form):
    """Why a list leaves the system; it stands in the audit."""

    reason = forms.CharField(label=_("What the list is needed for"), max_length=200)


class RevealForm(forms.Form):
    """Why a value is shown in the clear."""

    purpose = forms.ChoiceField(label=_("What do you need it for?"), choices=RevealPurpose.choices)


class FilePurposeForm(forms.Form):
    """Why a file is opened by somebody who keeps no customers."""

    purpose = forms.ChoiceField(
        label=_("What do you need it for?"), choices=[("", "--"), *FilePurpose.choices]
    )


class TransactionFilter(forms.Form):
    """Which transactions to show: one month, one kind."""

    month = forms.ChoiceField(label=_("Month"), required=False, widget=forms.Select(attrs=APPLY))
    kind = _select(_("Kind"), TransactionKind.choices)

    def __init__(self, *args: Any, months: Iterable[date], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["month"].choices = [(f"{month:%Y-%m}", f"{month:%Y-%m}") for month in months]


class HandOverForm(forms.Form):
    """To whom customers go, why, and what the next manager must know."""

    manager = forms.ChoiceField(label=_("New account manager"))
    reason = forms.CharField(label=_("Reason"), max_length=200)
    note = forms.CharField(
        label=_("Handover note"), max_length=2000, required=False, widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("What the next manager must know: promises made, open matters, preferences, taboos."),
    )  # fmt: skip

    def __init__(self, *args: Any, keepers: Iterable[Staff], needs_note: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        names = [(person.pk, f"{person.name} {person.staff_no}, {person.unit.name}") for person in keepers]
        self.fields["manager"].choices = [("", "--"), *names]
        self.fields["note"].required = needs_note


class ViewForm(OnceForm):
    """A name for the filters in force, whose address comes with it."""

    name = forms.CharField(label=_("Name of the view"), max_length=VIEW_NAME)
    query = forms.CharField(max_length=VIEW_QUERY, required=False, widget=forms.HiddenInput)


class ViewStepForm(forms.Form):
    """What is to become of a saved view, and its new name where it is renamed."""

    step = forms.ChoiceField(choices=[(step, step) for step in ViewStep])
    name = forms.CharField(max_length=VIEW_NAME, required=False)


def band_label(band: Band) -> str:
    """A band in the unit of its language: '50–200万元', 'CNY 500k to 2m' is written 'CNY 10k: 50–200'."""
    low, high = (
        formats.grouped(limit // 1_000_000) if limit is not None else ""
        for limit in (band.floor, band.ceiling)
    )
    words = formats.chinese()
    closed = f"{low}–{high}" if high else f"≥ {low}"
    text = closed if low else f"< {high}"
    return f"{text}{words.ten_thousand}" if words else f"{formats.amount_unit()}: {text}"
