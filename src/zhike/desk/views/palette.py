"""The search of every page (Ctrl K): customers as one types."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from zhike.core.access.guard import requires
from zhike.core.access.permissions import Permission
from zhike.customers.api import FoundBy, search
from zhike.desk.queries.customer_list import numbers_in
from zhike.desk.views.customers import list_address

LONGEST = 120


@requires(Permission.WORK_OPEN)
@require_http_methods(["GET", "POST"])
def palette(request: HttpRequest) -> HttpResponse:
    """Options for the palette, for a text sent in a form; without JavaScript the customer list answers."""
    typed = request.POST if request.method == "POST" else request.GET
    text = typed.get("q", "")[:LONGEST]
    if not request.htmx:
        return redirect(list_address({"q": text}, by=request.user))
    person = request.user
    hits = (
        search(text, staff=person, numbers=numbers_in(text)) if person.may(Permission.CUSTOMER_READ) else []
    )
    sounds_only = bool(hits) and all(hit.found_by is FoundBy.SOUND for hit in hits)
    response = render(request, "desk/_palette.html", {"hits": hits, "sounds_only": sounds_only})
    response["Vary"] = "HX-Request, Cookie"
    return response
