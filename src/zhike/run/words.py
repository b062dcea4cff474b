"""What is said on the terminal, in the language of whoever sits at it, also before Django is there.

`said` and `counted` translate at once, by the catalogues of the two rooms that speak there; a text
keeps its %(name)s places, also where values are put in. `marked` and `marked_counts` only mark what is
translated later.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import cache
from gettext import GNUTranslations, NullTranslations
from importlib.resources import files

ROOMS = ("run", "cli")
LOCALES = {"zh-hans": "zh_Hans", "zh-hant": "zh_Hant", "en": "en"}
"""Folder of each language's catalogue."""
DOMAIN = "django"
"""Name of the catalogues' files: one name in all rooms."""


def operators_language(environ: Mapping[str, str]) -> str:
    """The language asked for in ZHIKE_LANG, else that of the terminal's locale; English where that is none of ours.

    So a service, a job of a scheduler and whatever else has no locale write English, whoever set them up.
    """
    asked = (environ.get(name) for name in ("ZHIKE_LANG", "LC_ALL", "LC_MESSAGES", "LANG"))
    place = next(filter(None, asked), "").partition(".")[0].replace("-", "_").lower()
    if not place.startswith("zh"):
        return "en"
    return "zh-hant" if place.startswith(("zh_tw", "zh_hk", "zh_mo", "zh_hant")) else "zh-hans"


def said(text: str, **values: object) -> str:
    """The text in the operator's language, with its values where some are given."""
    words = _catalogue(operators_language(os.environ)).gettext(text)
    return words % values if values else words


def counted(one: str, many: str, number: int, /, **values: object) -> str:
    """The text for this many, in the operator's language, with the number at %(count)s."""
    words = _catalogue(operators_language(os.environ)).ngettext(one, many, number)
    return words % {"count": f"{number:,}", **values}


def marked(text: str) -> str:
    """The text itself, marked for the catalogues."""
    return text


def marked_counts(one: str, many: str) -> tuple[str, str]:
    """The texts for one and for many, marked for the catalogues."""
    return one, many


@cache
def _catalogue(language: str) -> NullTranslations:
    """The rooms' texts in a language. What no catalogue has is said in English."""
    found = NullTranslations()
    for room in ROOMS:
        path = files("zhike") / room / "locale" / LOCALES[language] / "LC_MESSAGES" / f"{DOMAIN}.mo"
        if path.is_file():
            with path.open("rb") as file:
                later = GNUTranslations(file)
            later.add_fallback(found)
            found = later
    return found
