"""What a person enters for a token."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from zhike.core.access.permissions import Permission
from zhike.core.forms import date_input
from zhike.rest.enums import SCOPES


class TokenForm(forms.Form):
    """Another token: what for, which rights, how long."""

    name = forms.CharField(
        label=_("What it is for"),
        max_length=60,
        help_text=_("So that you know it again: “Month-end report”."),
    )
    scopes = forms.MultipleChoiceField(
        label=_("Rights"), widget=forms.CheckboxSelectMultiple,
        help_text=_("As few as the program needs. A right you lose is lost to the token at once."),
    )  # fmt: skip
    expires_on = forms.DateField(label=_("Ends on"), widget=date_input())

    def __init__(self, *args: Any, open_scopes: list[Permission], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["scopes"].choices = [(str(right), SCOPES[right]) for right in open_scopes]
