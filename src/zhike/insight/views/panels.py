"""What the pages of this room share."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from zhike.core.access.permissions import Permission

SECTIONS = {
    "insight:segments": gettext_lazy("Segments"),
    "insight:fields": gettext_lazy("Fields and their origin"),
    "insight:warnings": gettext_lazy("Churn warnings"),
    "insight:models": gettext_lazy("Models"),
}
_NEEDS = {
    "insight:segments": Permission.SEGMENT_READ,
    "insight:fields": Permission.SEGMENT_READ,
    "insight:warnings": Permission.CUSTOMER_READ,
    "insight:models": Permission.MODEL_READ,
}
"""What a tab needs where it is not what every page of its part needs."""


VALUE_SECTIONS = {
    "insight:value": gettext_lazy("Models and worth"),
    "insight:value_keeping": gettext_lazy("How customers stand"),
    "insight:value_rfm": gettext_lazy("RFM"),
    "insight:value_cohorts": gettext_lazy("Cohorts"),
}


def sections(request: HttpRequest, labels: Mapping[str, Promise] = SECTIONS) -> list[dict[str, Any]]:
    """The tabs of a part of the room that the person may open; the one whose address is asked for is current."""
    urls = {name: reverse(name) for name in labels if name not in _NEEDS or request.user.may(_NEEDS[name])}
    current = max((url for url in urls.values() if request.path.startswith(url)), key=len, default="")
    return [
        {"label": label, "url": urls[name], "is_current": urls[name] == current, "count": None}
        for name, label in labels.items()
        if name in urls
    ]
