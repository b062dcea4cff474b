"""What people enter on the shared screens."""

from __future__ import annotations

import csv
import re
from datetime import date, timedelta
from typing import Any
from uuid import uuid4

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from zhike.core.labels import Register, in_order
from zhike.core.models import JobState, WorkDay
from zhike.core.numbers import whole_number
from zhike.core.outcomes import Outcome

DAY = re.compile(r"^(\d{4})[-/.年]?(\d{1,2})[-/.月]?(\d{1,2})日?$")
WORKS = {"1": True, "yes": True, "work": True, "班": True, "上班": True}
RESTS = {"0": False, "no": False, "rest": False, "休": False, "放假": False}
LONGEST_RANGE = 31
SHOWN_OF_LINE = 80
DAYS_OF_OURS = [MinValueValidator(date(1990, 1, 1)), MaxValueValidator(date(2199, 12, 31))]
"""Days that a moment can be made of in every time zone, and that a bank may mean."""


def date_input(**attrs: Any) -> forms.DateInput:
    """The entry of a day, everywhere the same: the browser's own, with its calendar, its keys and what it says to a
    screen reader. It shows the day as the browser's language does, and sends it as 2026-11-23."""
    return forms.DateInput(format="%Y-%m-%d", attrs={"type": "date", **attrs})


class OnceForm(forms.Form):
    """A form that makes something; `core.operations.submissions.once` lets it do so once however often it is sent."""

    form_id = forms.CharField(max_length=36, required=False, widget=forms.HiddenInput, initial=uuid4)

    def renew(self) -> None:
        """Another number: what this form made is gone, and sending it again is meant to make it anew."""
        self.data = self.data.copy()
        self.data[self.add_prefix("form_id")] = str(uuid4())


class DecisionForm(forms.Form):
    """An approver's reason; `needs_reason` makes it compulsory."""

    reason = forms.CharField(
        label=gettext_lazy("Reason"), max_length=500, required=False, widget=forms.Textarea(attrs={"rows": 3})
    )

    def __init__(self, *args: Any, needs_reason: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reason"].required = needs_reason


class ParameterForm(forms.Form):
    """Another value for a parameter, from a day on. The value keeps the kind of the present one."""

    value = forms.CharField(label=gettext_lazy("New value"), max_length=200)
    valid_from = forms.DateField(
        label=gettext_lazy("In force from"), widget=date_input(), validators=DAYS_OF_OURS
    )
    reason = forms.CharField(
        label=gettext_lazy("Reason"), max_length=500, widget=forms.Textarea(attrs={"rows": 3})
    )

    def __init__(self, *args: Any, present: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.present = present
        if isinstance(present, list):
            self.fields["value"].help_text = _("Numbers, separated by commas.")

    def clean_value(self) -> Any:
        text = self.cleaned_data["value"].strip()
        try:
            return _read(text, like=self.present)
        except ValueError as error:
            raise ValidationError(_("This does not read as a value of the same kind.")) from error


class WebhookForm(OnceForm):
    """A program that is to be told of events."""

    name = forms.CharField(label=gettext_lazy("Program"), max_length=60)
    url = forms.CharField(
        label=gettext_lazy("Receiving address"), max_length=500,
        widget=forms.URLInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
        help_text=gettext_lazy("Where the program takes events; redirections are not followed."),
    )  # fmt: skip
    reason = forms.CharField(
        label=gettext_lazy("Reason"), max_length=500, widget=forms.Textarea(attrs={"rows": 3})
    )


class YearForm(forms.Form):
    """A year's arrangement: one line per exception, from a file or pasted."""

    year = forms.IntegerField(label=gettext_lazy("Year"), min_value=2000, max_value=2100)
    source = forms.CharField(
        label=gettext_lazy("Source"), max_length=60,
        help_text=gettext_lazy("The notice this comes from, with its number."),
    )  # fmt: skip
    text = forms.CharField(
        label=gettext_lazy("Exceptions"), required=False,
        widget=forms.Textarea(attrs={"rows": 12, "spellcheck": "false"}),
        help_text=gettext_lazy(
            "One line each: day or first～last day, 休 or 班 (0 or 1), name. "
            "Example: 2027-02-06～2027-02-12,休,春节. Plain weekends need no line."
        ),
    )  # fmt: skip
    file = forms.FileField(label=gettext_lazy("Or a CSV file"), required=False)

    def clean(self) -> dict[str, Any]:
        entered = super().clean() or {}
        if entered.get("file"):
            entered["text"] = _decoded(entered["file"].read(64 * 1024))
            self.data = self.data.copy()
            self.data["text"] = entered["text"]
        if not entered.get("text", "").strip():
            self.add_error("text", _("Paste the exceptions or choose a file."))
        elif "year" in entered:
            try:
                entered["exceptions"] = read_exceptions(entered["text"])
            except ValidationError as error:
                self.add_error("text", error)
        return entered


class DayForm(forms.Form):
    """A correction of one day."""

    is_working = forms.TypedChoiceField(
        label=gettext_lazy("This day is"), widget=forms.RadioSelect, coerce=lambda value: value == "1",
        choices=[("1", gettext_lazy("a working day")), ("0", gettext_lazy("a day off"))],
    )  # fmt: skip
    name = forms.CharField(label=gettext_lazy("Name of the holiday"), max_length=40, required=False)
    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=500)


class AuditFilter(forms.Form):
    """Who, what, about whom, when."""

    actor = forms.CharField(
        label=gettext_lazy("Person"), required=False, widget=forms.TextInput(attrs={"data-shortcut": "/"})
    )
    action = forms.ChoiceField(
        label=gettext_lazy("Action"), required=False, widget=forms.Select(attrs={"data-apply": True})
    )
    customer = forms.CharField(label=gettext_lazy("Customer number"), required=False, max_length=40)
    first = forms.DateField(
        label=gettext_lazy("From"), required=False, widget=date_input(), validators=DAYS_OF_OURS
    )
    last = forms.DateField(
        label=gettext_lazy("To"), required=False, widget=date_input(), validators=DAYS_OF_OURS
    )
    outcome = forms.ChoiceField(
        label=gettext_lazy("Outcome"), required=False, widget=forms.Select(attrs={"data-apply": True}),
        choices=[("", gettext_lazy("All")), *Outcome.choices],
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["action"].choices = [("", _("All")), *in_order(Register.ACTION)]


class RunFilter(forms.Form):
    """Which runs to see."""

    state = forms.ChoiceField(
        label=gettext_lazy("State"), required=False, widget=forms.Select(attrs={"data-apply": True}),
        choices=[("", gettext_lazy("All")), *JobState.choices],
    )  # fmt: skip


def read_exceptions(text: str) -> dict[date, tuple[bool, str]]:
    """Lines of "day[～day],works,name" as a mapping. Raises ValidationError with the line and what to write."""
    found: dict[date, tuple[bool, str]] = {}
    problems = []
    for number, line in enumerate(text.splitlines(), start=1):
        try:
            cells = _cells(line)
            if not any(cells) or cells[0].lower() in {"date", "日期"}:
                continue
            days, works, name = _days(cells[0]), {**WORKS, **RESTS}[cells[1].lower()], _name(cells[2:3])
        except (ValueError, KeyError, IndexError):
            shown = line.replace("\0", "").strip()[:SHOWN_OF_LINE]
            problems.append(_("Line %(number)s cannot be read: %(line)s") % {"number": number, "line": shown})
            continue
        if clash := [day for day in days if day in found]:
            problems.append(
                _("Line %(number)s names %(day)s a second time.") % {"number": number, "day": clash[0]}
            )
        found |= dict.fromkeys(days, (works, name))
    if problems:
        raise ValidationError(problems[:5])
    return found


def _cells(line: str) -> list[str]:
    """The cells of one line. Raises ValueError for what is no line of a table."""
    try:
        rows = list(csv.reader([line.replace("，", ",").replace("\t", ",")], strict=True))
    except csv.Error as error:
        raise ValueError(line) from error
    return [cell.strip() for cell in rows[0]] if rows else []


def _name(cells: list[str]) -> str:
    """The name of a holiday, if there is one. Raises ValueError for what the calendar cannot keep."""
    name = cells[0] if cells else ""
    if "\0" in name or len(name) > (WorkDay._meta.get_field("name").max_length or 0):
        raise ValueError(name)
    return name


def _days(text: str) -> list[date]:
    first, *rest = re.split(r"\s*(?:～|~|至|\.\.)\s*", text)
    start, end = _day(first), _day(rest[0] if rest else first)
    count = (end - start).days + 1
    if not 1 <= count <= LONGEST_RANGE:
        raise ValueError(text)
    return [start + timedelta(days=n) for n in range(count)]


def _day(text: str) -> date:
    match = DAY.match(text)
    if match is None:
        raise ValueError(text)
    return date(*(int(part) for part in match.groups()))


def _decoded(content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("gb18030", errors="replace")


def _read(text: str, *, like: Any) -> Any:
    if isinstance(like, bool):
        return {"1": True, "0": False, "true": True, "false": False}[text.lower()] if text else like
    if isinstance(like, int):
        digits = text.replace(",", "")
        number = whole_number(digits.removeprefix("-"))
        if number is None:
            raise ValueError(text)
        return -number if digits.startswith("-") else number
    if isinstance(like, float):
        return float(text.replace(",", ""))
    if isinstance(like, list):
        return [_read(part.strip(), like=like[0]) for part in text.replace("，", ",").split(",")]
    return text
