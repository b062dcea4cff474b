"""The search of every page (Ctrl K): customers as one types."""

from __future__ import annotations

from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET

from zhike.core.access.guard import requires
from zhike.core.access.permissions import Permission
from zhike.customers.api import FoundBy, search
from zhike.desk.queries.customer_list import numbers_in

LONGEST = 120


@requires(Permission.WORK_OPEN)
@require_GET
def palette(request: HttpRequest) -> HttpResponse:
    """Options for the palette; without JavaScript the customer list answers."""
    text = request.GET.get("q", "")[:LONGEST]
    if not request.htmx:
        return redirect(f"{reverse('desk:customers')}?{urlencode({'q': text})}")
    person = request.user
    hits = (
        search(text, staff=person, numbers=numbers_in(text)) if person.may(Permission.CUSTOMER_READ) else []
    )
    sounds_only = bool(hits) and all(hit.found_by is FoundBy.SOUND for hit in hits)
    response = render(request, "desk/_palette.html", {"hits": hits, "sounds_only": sounds_only})
    response["Vary"] = "HX-Request, Cookie"
    return response
