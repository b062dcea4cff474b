"""One personal value in the clear: first the purpose, then the value, after a while the mask again."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from zhike.core.access.guard import requires
from zhike.core.access.permissions import Permission
from zhike.core.ui import answer
from zhike.customers.api import RevealRefused, masked_field, reveal
from zhike.customers.enums import SHOWN_FIELDS
from zhike.desk.forms import RevealForm
from zhike.desk.queries.business_day import business_day
from zhike.desk.views.openings import seen_or_404


@requires(Permission.CUSTOMER_REVEAL)
@require_http_methods(["GET", "POST"])
def field_reveal(request: HttpRequest, pk: int, field: str) -> HttpResponse:
    """Ask for the purpose; with one, show the value and record it in the same transaction."""
    customer = seen_or_404(request, pk).customer
    if field not in SHOWN_FIELDS:
        raise Http404
    form = RevealForm(request.POST or None)
    context = {
        "customer": customer,
        "field": field,
        "label": SHOWN_FIELDS[field],
        "form": form,
        "where": _where(request),
        "cancel": reverse("desk:customer", args=[customer.pk]),
    }
    if form.is_valid():
        try:
            shown = reveal(
                customer_id=customer.pk, field=field, by=request.user, now=timezone.now(), **form.cleaned_data
            )
        except RevealRefused as refusal:
            form.add_error(None, str(refusal))
        else:
            return answer(
                request, "desk/reveal.html", {**context, "shown": shown}, fragment="desk/_revealed.html"
            )
    return answer(request, "desk/reveal.html", context, form=form, fragment="desk/_reveal.html")


@requires(Permission.CUSTOMER_READ)
@require_GET
def field_masked(request: HttpRequest, pk: int, field: str) -> HttpResponse:
    """The value behind its mask: what a revealed one turns back into."""
    seen = seen_or_404(request, pk)
    customer = seen.customer
    if field not in SHOWN_FIELDS:
        raise Http404
    context = {
        "customer": customer,
        "field": field,
        "label": SHOWN_FIELDS[field],
        "value": masked_field(customer, field, day=business_day()),
        "may_reveal": seen.may(Permission.CUSTOMER_REVEAL),
        "where": _where(request),
    }
    return answer(request, "desk/reveal.html", context, fragment="desk/_masked.html")


def _where(request: HttpRequest) -> str:
    """Which of two places on the page asks; the same value may stand in both."""
    return "head" if request.GET.get("where") == "head" else "file"
