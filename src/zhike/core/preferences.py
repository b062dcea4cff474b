"""How a person wants to see and use the pages.

Language, large print and row height belong to the account; before signing in, and for what concerns the
device rather than the person (keyboard, colours of change), a cookie without personal data keeps them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from django.http import HttpRequest, HttpResponse
from django.utils.translation import get_language

PRINT_COOKIE = "zhike_print"
SHORTCUTS_COOKIE = "zhike_shortcuts"
RISES_COOKIE = "zhike_rises"
YEAR_SECONDS = 365 * 24 * 3600
TAGS = {"zh-hans": "zh-Hans", "zh-hant": "zh-Hant"}


@dataclass(frozen=True, slots=True)
class Preferences:
    """What the frame of a page needs to know."""

    language: str
    large_print: bool
    compact_rows: bool
    shortcuts: bool
    rises: str


def preferences(request: HttpRequest) -> Preferences:
    """The preferences in force for this request: the account's own, else the device's."""
    person = request.user
    device = device_preferences(request)
    if not person.is_authenticated:
        return device
    return replace(device, large_print=person.large_print, compact_rows=person.compact_rows)


def device_preferences(request: HttpRequest) -> Preferences:
    """What cookies alone say; asks no database, so an error page may use it."""
    language = get_language() or "zh-hans"
    suggested = "red" if language.startswith("zh") else "green"
    rises = request.COOKIES.get(RISES_COOKIE, suggested)
    return Preferences(
        language=TAGS.get(language, language),
        large_print=request.COOKIES.get(PRINT_COOKIE) == "large",
        compact_rows=False,
        shortcuts=request.COOKIES.get(SHORTCUTS_COOKIE) != "off",
        rises=rises if rises in {"red", "green"} else suggested,
    )


def remember(response: HttpResponse, name: str, value: str, *, secure: bool) -> None:
    """Keep a device's preference for a year."""
    response.set_cookie(name, value, max_age=YEAR_SECONDS, httponly=True, samesite="Lax", secure=secure)
