"""What stands in the sidebar, in the phone's bottom bar and in the palette.

Each room registers its entries beside its addresses (`urls.py`); a person sees those whose right they hold,
in one order. A page is current when its address begins with the entry's, the longest winning.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from zhike.core.access.permissions import Permission

TABS = 4


class Group(StrEnum):
    """Where an entry stands: daily work first, running the system below.

    ASIDE holds pages within those pages: not in the sidebar, but found by the palette and on the list of all pages.
    """

    WORK = "WORK"
    SYSTEM = "SYSTEM"
    ASIDE = "ASIDE"


GROUP_LABELS: dict[Group, Promise] = {
    Group.WORK: _("Work"),
    Group.SYSTEM: _("Running the system"),
    Group.ASIDE: _("Pages within those"),
}


@dataclass(frozen=True, slots=True)
class Entry:
    """One page of the navigation. `go` is the letter after G; `count` says how much waits there."""

    url_name: str
    label: Promise
    icon: str
    permissions: tuple[Permission, ...]
    order: int
    group: Group = Group.WORK
    go: str = ""
    count: Callable[[HttpRequest], int] | None = None


@dataclass(frozen=True, slots=True)
class Link:
    """An entry as one person sees it on one page."""

    label: str
    icon: str
    url: str
    go: str
    is_current: bool
    count: int
    group: Group


Notice = Callable[[HttpRequest], str]
_entries: dict[str, Entry] = {}
_notices: list[Notice] = []
_sources: list[str] = []


def register_navigation(*entries: Entry) -> None:
    """Add a room's entries; registering an address again replaces it."""
    _entries.update({entry.url_name: entry for entry in entries})


def register_notice(notice: Notice) -> None:
    """Add a line that may stand under the top bar of every page; it answers with text or ''."""
    if notice not in _notices:
        _notices.append(notice)


def register_palette(url_name: str) -> None:
    """Name the page that answers the palette's search (`q` in a form) with groups of options."""
    _sources[:] = [url_name]


def palette_source() -> str:
    """The address that answers the palette, or ''."""
    return reverse(_sources[0]) if _sources else ""


def notices(request: HttpRequest) -> list[str]:
    """The lines under the top bar on this page."""
    return [text for notice in _notices if (text := notice(request))]


def links(request: HttpRequest) -> list[Link]:
    """The navigation of the person who asks, in order, with the current page marked."""
    if not request.user.is_authenticated:
        return []
    seen = [entry for entry in _entries.values() if request.user.may(*entry.permissions)]
    seen.sort(key=lambda entry: (list(Group).index(entry.group), entry.order))
    urls = {entry.url_name: reverse(entry.url_name) for entry in seen}
    stand = [urls[entry.url_name] for entry in seen if entry.group is not Group.ASIDE]
    current = max((url for url in stand if _covers(url, request.path)), key=len, default="")
    return [
        Link(
            label=str(entry.label),
            icon=entry.icon,
            url=urls[entry.url_name],
            go=entry.go,
            is_current=urls[entry.url_name] == current,
            count=entry.count(request) if entry.count else 0,
            group=entry.group,
        )
        for entry in seen
    ]


def _covers(url: str, path: str) -> bool:
    return path == url or (url != "/" and path.startswith(url))
