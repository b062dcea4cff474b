"""Under the top bar: the figures are old, said to those who can do something about it."""

from __future__ import annotations

from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import ngettext

from zhike.core import calendar, formats, parameters
from zhike.core.access.permissions import Permission
from zhike.desk.queries.business_day import business_day


def old_figures_notice(request: HttpRequest) -> str:
    """The day the figures are of, once it lies more than `desk.data_age_days` working days back.

    Nothing before the first load, and nothing where the calendar does not reach: that has a notice of its own.
    """
    if not request.user.is_authenticated or not request.user.may(Permission.IMPORT_LOAD):
        return ""
    today, day = timezone.localdate(), business_day()
    allowed = parameters.value("desk.data_age_days", on=today)
    try:
        is_old = day < today and calendar.nth_working_day_after(day, allowed) < today
    except calendar.CalendarMissing:
        return ""
    if not is_old:
        return ""
    return ngettext(
        "The figures are of %(day)s, more than %(count)s working day old. Load the latest extracts, or see why "
        "the load did not come.",
        "The figures are of %(day)s, more than %(count)s working days old. Load the latest extracts, or see why "
        "the load did not come.",
        allowed,
    ) % {"day": formats.day(day), "count": allowed}
