"""What people enter about themselves and about others."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.contrib.auth.password_validation import password_validators_help_texts
from django.utils.translation import gettext_lazy as _

ONE_TIME_CODE = {
    "inputmode": "numeric",
    "autocomplete": "one-time-code",
    "maxlength": "7",
    "class": "zk-code-input",
}


class LoginForm(forms.Form):
    """Staff number and password; pasting and password managers are welcome (WCAG 3.3.8)."""

    staff_no = forms.CharField(
        label=_("Staff number"), max_length=20,
        widget=forms.TextInput(attrs={"autocomplete": "username", "autofocus": True, "autocapitalize": "none"}),
    )  # fmt: skip
    password = forms.CharField(
        label=_("Password"), strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )  # fmt: skip


class CodeForm(forms.Form):
    """The six digits of an authenticator."""

    code = forms.CharField(
        label=_("Six-digit code"), max_length=7,
        widget=forms.TextInput(attrs={**ONE_TIME_CODE, "autofocus": True}),
    )  # fmt: skip


class PasswordForm(forms.Form):
    """The present password and the new one; the rules stand beside the field before anything is typed."""

    old = forms.CharField(
        label=_("Present password"), strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )  # fmt: skip
    new = forms.CharField(
        label=_("New password"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    again = forms.CharField(
        label=_("New password again"), strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["new"].help_text = " ".join(password_validators_help_texts())

    def clean(self) -> dict[str, Any]:
        entered = super().clean() or {}
        if entered.get("new") and entered.get("again") and entered["new"] != entered["again"]:
            self.add_error("again", _("The two new passwords differ."))
        return entered


class SettingsForm(forms.Form):
    """How a person wants to see and use the pages."""

    language = forms.ChoiceField(label=_("Language"), choices=settings.LANGUAGES)
    large_print = forms.BooleanField(label=_("Large print: text of 18 points and more"), required=False)
    compact_rows = forms.BooleanField(label=_("Compact rows: more lines on a screen"), required=False)
    shortcuts = forms.BooleanField(
        label=_("Single-letter shortcuts"), required=False,
        help_text=_("Kept in this browser. Ctrl K, Ctrl Enter and Esc always work."),
    )  # fmt: skip
    rises = forms.ChoiceField(
        label=_("Colour of a rise"), widget=forms.RadioSelect,
        choices=[("red", _("Red rises, green falls")), ("green", _("Green rises, red falls"))],
        help_text=_("Kept in this browser."),
    )  # fmt: skip
