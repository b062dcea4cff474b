"""What people enter about themselves and about others."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import Any

from django import forms
from django.conf import settings
from django.contrib.auth.password_validation import password_validators_help_texts
from django.db.models import QuerySet
from django.forms.models import ModelChoiceIterator
from django.urls import reverse_lazy
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from zhike.core.access.permissions import ROLES
from zhike.core.forms import OnceForm, date_input
from zhike.core.numbers import whole_number
from zhike.staff.enums import AccountState
from zhike.staff.models import Staff, Unit
from zhike.staff.provider import SUBJECT_LENGTH

ONE_TIME_CODE = {
    "inputmode": "numeric",
    "autocomplete": "one-time-code",
    "maxlength": "7",
    "class": "zk-code-input",
}


def role_choices() -> list[tuple[str, Promise]]:
    """Every role of the permission table."""
    return [(code, role.label) for code, role in ROLES.items()]


def _people() -> QuerySet[Staff]:
    return Staff.objects.filter(is_active=True).select_related("unit").order_by("unit__code", "staff_no")


class ByUnit(ModelChoiceIterator):
    """People under the names of their units; those of the field's `first_unit` stand first."""

    def __iter__(self) -> Iterator[Any]:
        if self.field.empty_label is not None:
            yield "", self.field.empty_label
        rows = sorted(self.queryset, key=lambda person: person.unit_id != self.field.first_unit)
        for (_code, name), group in groupby(rows, key=lambda person: (person.unit.code, person.unit.name)):
            yield name, [self.choice(person) for person in group]


class PersonField(forms.ModelChoiceField):
    """Somebody who works for the bank, found under the unit."""

    iterator = ByUnit
    first_unit: int | None = None

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(_people(), **kwargs)

    def label_from_instance(self, obj: Any) -> str:
        return f"{obj.name} {obj.staff_no}"


def _renews(field: str, *, at: str) -> dict[str, Any]:
    """Attributes of a field on whose choice another one's choices depend: that one is fetched anew."""
    return {
        "hx-get": reverse_lazy(at), "hx-trigger": "change", "hx-target": f"#id_{field}",
        "hx-select": f"#id_{field}", "hx-swap": "outerHTML",
    }  # fmt: skip


def _chosen(form: forms.Form, field: str) -> Any:
    """The row chosen in a field, before the form is checked; None if there is none."""
    number = whole_number(str(form[field].value()))
    return form.fields[field].queryset.filter(pk=number).first() if number is not None else None


class LoginForm(forms.Form):
    """Staff number and password; pasting and password managers are welcome (WCAG 3.3.8)."""

    staff_no = forms.CharField(
        label=_("Staff number"), max_length=20,
        widget=forms.TextInput(attrs={"autocomplete": "username", "autofocus": True}),
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


class SecondFactorForm(forms.Form):
    """What proves that an authenticator may be replaced, and that the new one works."""

    password = forms.CharField(
        label=_("Present password"), strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )  # fmt: skip
    present_code = forms.CharField(
        label=_("Code of the present authenticator"), max_length=7,
        widget=forms.TextInput(attrs=ONE_TIME_CODE),
    )  # fmt: skip
    code = forms.CharField(
        label=_("Code of the new authenticator"), max_length=7, widget=forms.TextInput(attrs=ONE_TIME_CODE)
    )

    def __init__(self, *args: Any, replaces: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not replaces:
            del self.fields["present_code"]


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


class PeopleFilter(forms.Form):
    """Which people to see."""

    q = forms.CharField(
        label=_("Name or number"), required=False, widget=forms.TextInput(attrs={"data-shortcut": "/"})
    )
    unit = forms.ModelChoiceField(
        Unit.objects.order_by("code"), label=_("Unit"), required=False, empty_label=_("All"),
        widget=forms.Select(attrs={"data-apply": True}),
    )  # fmt: skip
    role = forms.ChoiceField(
        label=_("Role"), required=False, widget=forms.Select(attrs={"data-apply": True}),
        choices=lambda: [("", _("All")), *role_choices()],
    )  # fmt: skip
    left = forms.BooleanField(label=_("Closed accounts too"), required=False)


class AccountFilter(forms.Form):
    """Which accounts to see."""

    q = forms.CharField(
        label=_("Name or number"), required=False, widget=forms.TextInput(attrs={"data-shortcut": "/"})
    )
    unit = forms.ModelChoiceField(
        Unit.objects.order_by("code"), label=_("Unit"), required=False, empty_label=_("All"),
        widget=forms.Select(attrs={"data-apply": True}),
    )  # fmt: skip
    state = forms.ChoiceField(
        label=_("Account"), required=False, widget=forms.Select(attrs={"data-apply": True}),
        choices=[("", _("All")), *AccountState.choices],
    )  # fmt: skip
    second_factor = forms.ChoiceField(
        label=_("Second factor"), required=False, widget=forms.Select(attrs={"data-apply": True}),
        choices=[("", _("All")), ("set", _("set up")), ("missing", _("needed, not set up"))],
    )  # fmt: skip


class RoleForm(forms.Form):
    """A role for somebody, from a day on."""

    role = forms.ChoiceField(label=_("Role"), choices=lambda: [("", "--"), *role_choices()])
    unit = forms.ModelChoiceField(Unit.objects.order_by("code"), label=_("Unit"), empty_label="--")
    valid_from = forms.DateField(label=_("From"), widget=date_input())
    reason = forms.CharField(label=_("Reason"), max_length=500)


class ReasonForm(forms.Form):
    """Why something ends."""

    reason = forms.CharField(label=_("Reason"), max_length=200)


class AccountForm(ReasonForm):
    """Why something is done to an account, and which version of it the page showed."""

    version = forms.IntegerField(widget=forms.HiddenInput)


class BindAccountForm(AccountForm):
    """Which person of the bank's sign-in service opens an account, and why."""

    subject = forms.CharField(
        label=_("Identifier there"), max_length=SUBJECT_LENGTH,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
        help_text=_(
            "The sign-in service's own, lasting identifier of the person (sub); never a name or an e-mail address."
        ),
    )  # fmt: skip
    field_order = ("subject", "reason")


class CloseAccountForm(AccountForm):
    """Why an account is closed, and the day of leaving if the person leaves."""

    left_on = forms.DateField(
        label=_("Day of leaving"), required=False, widget=date_input(),
        help_text=_("Empty where the person is only away and will come back with the same roles."),
    )  # fmt: skip


class StandInForm(OnceForm):
    """Who acts for whom between two days. Whoever asks is neither; people of the same unit stand first."""

    absent = PersonField(label=_("Absent"), empty_label="--")
    substitute = PersonField(label=_("Stands in"), empty_label="--")
    from_on = forms.DateField(label=_("From"), widget=date_input())
    until_on = forms.DateField(label=_("To"), widget=date_input())
    reason = forms.CharField(label=_("Reason"), max_length=200)

    def __init__(self, *args: Any, by: Staff, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        absent, substitute = self.fields["absent"], self.fields["substitute"]
        absent.widget.attrs |= _renews("substitute", at="staff:stand_in")
        for field in (absent, substitute):
            field.queryset = field.queryset.exclude(pk=by.pk)
            field.first_unit = by.unit_id
        if away := _chosen(self, "absent"):
            substitute.queryset = substitute.queryset.exclude(pk=away.pk)
            substitute.first_unit = away.unit_id


class TaskForm(OnceForm):
    """What is asked of whom, until when. Once a unit is chosen only its people can be."""

    title = forms.CharField(label=_("What is to be done"), max_length=200)
    unit = forms.ModelChoiceField(
        Unit.objects.order_by("code"), label=_("Unit"), empty_label="--",
        widget=forms.Select(attrs=_renews("owner", at="staff:task_ask")),
    )  # fmt: skip
    owner = PersonField(
        label=_("Person"), required=False, empty_label=_("the unit as a whole"),
        error_messages={"invalid_choice": _("This person works in another unit.")},
    )  # fmt: skip
    due_on = forms.DateField(label=_("Due"), widget=date_input())
    text = forms.CharField(label=_("Details"), required=False, widget=forms.Textarea(attrs={"rows": 4}))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if unit := _chosen(self, "unit"):
            self.fields["owner"].queryset = self.fields["owner"].queryset.filter(unit=unit)


class ResultForm(forms.Form):
    """What came of a task."""

    result = forms.CharField(label=_("What came of it"), widget=forms.Textarea(attrs={"rows": 4}))
