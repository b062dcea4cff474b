"""Where a form says to go on once it is done."""

from __future__ import annotations

from django.http import HttpRequest
from django.utils.http import url_has_allowed_host_and_scheme


def own_address(request: HttpRequest, asked: str) -> str:
    """The address asked for if it is one of these pages, written from the root; else ''.

    What does not begin with a stroke would be taken for the name of a page, and there is none of most names.
    """
    is_ours = asked.startswith("/") and url_has_allowed_host_and_scheme(
        asked, {request.get_host()}, require_https=request.is_secure()
    )
    return asked if is_ours else ""
