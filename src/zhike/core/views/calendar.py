"""The working calendar: a year at a glance, loading a year, correcting a day."""

from __future__ import annotations

from datetime import date, timedelta

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext_lazy
from django.views.decorators.http import require_http_methods

from zhike.core import calendar, formats, parameters
from zhike.core.access.guard import requires
from zhike.core.access.permissions import Permission
from zhike.core.errors import DomainError
from zhike.core.forms import DayForm, YearForm
from zhike.core.models import WorkDay
from zhike.core.operations.calendar import change_day, load_year
from zhike.core.queries.calendar import Sheet, Year, year_loaded
from zhike.core.ui import answer, say

# Translators: first letters of the days of the week, Monday first
WEEKDAYS = (
    pgettext_lazy("weekday", "Mo"), pgettext_lazy("weekday", "Tu"), pgettext_lazy("weekday", "We"),
    pgettext_lazy("weekday", "Th"), pgettext_lazy("weekday", "Fr"), pgettext_lazy("weekday", "Sa"),
    pgettext_lazy("weekday", "Su"),
)  # fmt: skip


def missing_year_notice(request: HttpRequest) -> str:
    """For whoever keeps the calendar: this year is not loaded, or the next is near and not loaded."""
    if not request.user.is_authenticated or not request.user.may(Permission.CALENDAR_CHANGE):
        return ""
    today = timezone.localdate()
    ahead = today + timedelta(days=parameters.value("calendar.alarm_days", on=today))
    for year in range(today.year, ahead.year + 1):
        if not calendar.is_loaded(year):
            return _(
                "The working calendar of %(year)s is not loaded yet; due dates of that year stay open."
            ) % {"year": year}
    return ""


@requires(Permission.WORK_OPEN)
def year(request: HttpRequest, number: int | None = None) -> HttpResponse:
    today = timezone.localdate()
    number = today.year if number is None else number
    if not date.min.year <= number <= date.max.year:
        raise Http404
    years = calendar.years_loaded()
    context = {
        "number": number,
        "year": year_loaded(number),
        "years": years,
        "following": max(years, default=today.year - 1) + 1,
        "weekdays": WEEKDAYS,
        "today": today,
        "may_change": request.user.may(Permission.CALENDAR_CHANGE),
    }
    return answer(request, "core/calendar.html", context)


@requires(Permission.CALENDAR_CHANGE)
@require_http_methods(["GET", "POST"])
def load(request: HttpRequest) -> HttpResponse:
    """Read the arrangement, show what it would make of the year, and load it once it is confirmed."""
    loaded = calendar.years_loaded()
    form = YearForm(
        request.POST or None, request.FILES or None, initial={"year": max(loaded, default=2025) + 1}
    )
    preview = None
    if form.is_valid():
        entered = form.cleaned_data
        preview = _preview(entered["year"], entered["exceptions"])
        if "confirm" in request.POST:
            try:
                count = load_year(
                    year=entered["year"], exceptions=entered["exceptions"], source=entered["source"],
                    by=request.user, now=timezone.now(),
                )  # fmt: skip
            except DomainError as refusal:
                form.add_error(None, str(refusal))
            else:
                text = ngettext(
                    "%(year)s is loaded: %(count)s working day.",
                    "%(year)s is loaded: %(count)s working days.",
                    count,
                )
                say(request, text % {"year": entered["year"], "count": count})
                return redirect("core:calendar_year", entered["year"])
    return answer(request, "core/calendar_load.html", {"preview": preview, "weekdays": WEEKDAYS}, form=form)


@requires(Permission.CALENDAR_CHANGE)
@require_http_methods(["GET", "POST"])
def day(request: HttpRequest, iso: str) -> HttpResponse:
    try:
        row = get_object_or_404(WorkDay, pk=date.fromisoformat(iso))
    except ValueError as error:
        raise Http404 from error
    form = DayForm(
        request.POST or None, initial={"is_working": "1" if row.is_working else "0", "name": row.name}
    )
    if form.is_valid():
        try:
            change_day(day=row.day, by=request.user, now=timezone.now(), **form.cleaned_data)
        except DomainError as refusal:
            form.add_error(None, str(refusal))
        else:
            say(request, _("%(day)s is corrected.") % {"day": formats.day(row.day)})
            return redirect("core:calendar_year", row.day.year)
    return answer(request, "core/calendar_day.html", {"row": row}, form=form)


def _preview(number: int, exceptions: dict[date, tuple[bool, str]]) -> Year:
    first = date(number, 1, 1)
    days = [first + timedelta(days=n) for n in range((date(number + 1, 1, 1) - first).days)]
    return Sheet(number, {day: exceptions.get(day, (day.weekday() < 5, "")) for day in days}).lay_out()
