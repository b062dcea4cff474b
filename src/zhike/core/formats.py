"""How numbers, amounts, days and times read in each language.

Amounts come in whole cents, rates in parts per million. `--` stands for "not there"; zero is written.
The unit of a column stands in its head, so the listed forms carry none.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import ROUND_HALF_EVEN, Decimal

from django.utils import timezone
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

NONE = "--"
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
TEN_THOUSAND = 10_000
HUNDRED_MILLION = 100_000_000
SIGNS = {"CNY": "¥", "HKD": "HK$", "TWD": "NT$", "MOP": "MOP$", "USD": "US$"}


@dataclass(frozen=True, slots=True)
class Figure:
    """An amount for a headline: words before, the number, words after."""

    before: str
    number: str
    after: str


@dataclass(frozen=True, slots=True)
class Chinese:
    """The units that Chinese counts in."""

    yuan: str
    ten_thousand: str
    hundred_million: str
    points: str


SIMPLIFIED = Chinese("元", "万元", "亿元", "个百分点")
TRADITIONAL = Chinese("元", "萬元", "億元", "個百分點")


def chinese() -> Chinese | None:
    """The Chinese units of the active language; None for English."""
    language = (get_language() or "").lower()
    if not language.startswith("zh"):
        return None
    return TRADITIONAL if language.startswith("zh-hant") else SIMPLIFIED


def grouped(value: int | float | Decimal | None, digits: int = 0) -> str:
    """1284.6, 2 → '1,284.60'."""
    return NONE if value is None else f"{_rounded(value, digits):,}"


def amount(cents: int | None, currency: str = "CNY") -> str:
    """In full, with the currency: '¥1,200,000.00' or 'CNY 1,200,000.00'."""
    if cents is None:
        return NONE
    number = f"{_rounded(Decimal(abs(cents)) / 100, 2):,}"
    sign = "-" if cents < 0 else ""
    return f"{sign}{SIGNS.get(currency, currency)}{number}" if chinese() else f"{sign}{currency} {number}"


def stated(figure: int | None, unit: str) -> str:
    """A total over a file: rows, or cents as an amount that names no currency, for a file may hold several."""
    if figure is None or unit != "cents":
        return grouped(figure)
    return grouped(Decimal(figure) / 100, 2)


def amount_listed(cents: int | None) -> str:
    """In ten thousands, without the unit, for a column headed by `amount_unit`."""
    return NONE if cents is None else grouped(Decimal(cents) / 100 / TEN_THOUSAND, 2)


def amount_unit(currency: str = "CNY") -> str:
    """The unit of `amount_listed`, for the head of its column."""
    words = chinese()
    return words.ten_thousand if words else f"{currency} 10k"


def amount_figure(cents: int | None, currency: str = "CNY") -> Figure:
    """For a headline: 4.86 亿元, or CNY 486m."""
    if cents is None:
        return Figure("", NONE, "")
    yuan = Decimal(cents) / 100
    size = abs(yuan)
    if words := chinese():
        if size >= HUNDRED_MILLION:
            return Figure("", grouped(yuan / HUNDRED_MILLION, 2), words.hundred_million)
        if size >= TEN_THOUSAND:
            return Figure("", grouped(yuan / TEN_THOUSAND, 2), words.ten_thousand)
        return Figure("", grouped(yuan, 2), words.yuan)
    for limit, unit, letter in ((10**9, 10**9, "bn"), (10**6, 10**6, "m"), (10**4, 10**3, "k")):
        if size >= limit:
            digits = 2 if size < 10 * unit else 1 if size < 100 * unit else 0  # three figures in all
            return Figure(currency, grouped(yuan / unit, digits), letter)
    return Figure(currency, grouped(yuan, 2), "")


def rate(ppm: int | float | None) -> str:
    """Parts per million as percent with two decimals: 13200 → '1.32%'."""
    return NONE if ppm is None else f"{grouped(Decimal(str(ppm)) / TEN_THOUSAND, 2)}%"


def share(fraction: float | Decimal | None) -> str:
    """A share of a whole as percent with one decimal: 0.212 → '21.2%'."""
    return NONE if fraction is None else f"{grouped(Decimal(str(fraction)) * 100, 1)}%"


def points(value: float | Decimal | None) -> str:
    """A difference of percentages: '2.1个百分点', '2.1 pp'."""
    if value is None:
        return NONE
    words = chinese()
    return f"{grouped(value, 1)}{words.points}" if words else f"{grouped(value, 1)} pp"


def day(value: date | None) -> str:
    """'2026-11-26'; in English '26 Nov 2026'."""
    if value is None:
        return NONE
    value = _local(value)
    month_and_year = f"{MONTHS[value.month - 1]} {value.year:04}"
    return f"{value.year:04}-{value:%m-%d}" if chinese() else f"{value.day} {month_and_year}"


def day_in_words(value: date | None) -> str:
    """Within a sentence: '11月26日'; in English '26 Nov'."""
    if value is None:
        return NONE
    value = _local(value)
    return f"{value.month}月{value.day}日" if chinese() else f"{value.day} {MONTHS[value.month - 1]}"


def month(value: date | None) -> str:
    """'2026-11'; in English 'Nov 2026'."""
    if value is None:
        return NONE
    return f"{value.year:04}-{value.month:02}" if chinese() else f"{MONTHS[value.month - 1]} {value.year:04}"


def clock(value: datetime | None) -> str:
    """'09:30' on the bank's clock."""
    return NONE if value is None else timezone.localtime(value).strftime("%H:%M")


def moment(value: datetime | None) -> str:
    """Day and time on the bank's clock."""
    return NONE if value is None else f"{day(value)} {clock(value)}"


def instant(value: datetime | None) -> str:
    """Day and time to the second, where the order of acts matters."""
    return NONE if value is None else f"{day(value)} {timezone.localtime(value):%H:%M:%S}"


def span(first: date | None, last: date | None) -> str:
    """A range of days; an open end is left open."""
    if first is None:
        return NONE
    if last is None:
        return _("from %(day)s") % {"day": day(first)}
    return f"{day(first)} ～ {day(last)}" if chinese() else f"{day(first)} to {day(last)}"


def ago(value: datetime | None, now: datetime) -> str:
    """'just now', 'N minutes ago', 'N hours ago' within a day, then the day and time."""
    if value is None:
        return NONE
    minutes = int((now - value).total_seconds() // 60)
    if minutes < 0 or minutes >= 24 * 60:
        return moment(value)
    if minutes == 0:
        return _("just now")
    if minutes < 60:
        return ngettext("%(count)s minute ago", "%(count)s minutes ago", minutes) % {"count": minutes}
    hours = minutes // 60
    return ngettext("%(count)s hour ago", "%(count)s hours ago", hours) % {"count": hours}


def duration(start: datetime | None, end: datetime | None) -> str:
    """How long something took: '8 s', '3 min 20 s', '2 h 5 min'."""
    if start is None or end is None:
        return NONE
    seconds = max(0, round((end - start).total_seconds()))
    if seconds < 60:
        return _("%(seconds)s s") % {"seconds": seconds}
    if seconds < 3600:
        return _("%(minutes)s min %(seconds)s s") % {"minutes": seconds // 60, "seconds": seconds % 60}
    return _("%(hours)s h %(minutes)s min") % {"hours": seconds // 3600, "minutes": seconds % 3600 // 60}


def _rounded(value: int | float | Decimal, digits: int) -> Decimal:
    rounded = Decimal(str(value)).quantize(Decimal(1).scaleb(-digits), rounding=ROUND_HALF_EVEN)
    return abs(rounded) if rounded == 0 else rounded


def _local(value: date) -> date:
    return timezone.localtime(value) if isinstance(value, datetime) and timezone.is_aware(value) else value
