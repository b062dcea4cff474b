"""The scheme editor's form: a whole scheme, its numbers and what stands above them."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from zhike.core.forms import date_input
from zhike.loyalty.forms.numbers import NumbersForm


class SchemeForm(NumbersForm):
    """A draft. Whether it makes sense is for `submit_scheme` to say, so it may be wrong."""

    version = forms.IntegerField(widget=forms.HiddenInput)
    name = forms.CharField(label=_("Name"), max_length=80)
    basis = forms.CharField(
        label=_("Basis"), max_length=300, required=False,
        help_text=_("Law, supervisory rule or internal document with its number."),
    )  # fmt: skip
    reason = forms.CharField(
        label=_("Reason"), max_length=500, required=False, widget=forms.Textarea(attrs={"rows": 2})
    )
    valid_from = forms.DateField(label=_("In force from"), required=False, widget=date_input())

    @property
    def heading(self) -> list[forms.BoundField]:
        """Name, basis, reason, day."""
        return [self[name] for name in ("name", "basis", "reason", "valid_from")]
