"""What the pages of this room share."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy

SECTIONS = {
    "insight:segments": gettext_lazy("Segments"),
    "insight:fields": gettext_lazy("Fields and their origin"),
}


def sections(request: HttpRequest) -> list[dict[str, Any]]:
    """The tabs of the room; the one whose address is asked for is current."""
    urls = {name: reverse(name) for name in SECTIONS}
    current = max((url for url in urls.values() if request.path.startswith(url)), key=len, default="")
    return [
        {"label": label, "url": urls[name], "is_current": urls[name] == current, "count": None}
        for name, label in SECTIONS.items()
    ]
