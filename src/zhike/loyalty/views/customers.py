"""One customer's loyalty: the make-up of the index, the explanation, and a tier set by hand."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from zhike.core.access.guard import requires
from zhike.core.access.permissions import Permission
from zhike.core.errors import DomainError
from zhike.core.numbers import whole_number
from zhike.core.ui import answer, say
from zhike.customers.api import SeenCustomer, record_opening, seen_customer
from zhike.customers.enums import FilePart
from zhike.loyalty.forms.steps import OverrideForm
from zhike.loyalty.models import Standing
from zhike.loyalty.operations import overrides
from zhike.loyalty.queries import breakdown as make_up
from zhike.loyalty.queries import changes, charts
from zhike.loyalty.queries.held import held
from zhike.loyalty.queries.periods import next_end
from zhike.loyalty.queries.places import file_address, loyalty_address
from zhike.loyalty.queries.run_states import viewable_runs


@requires(Permission.RESULT_READ)
def customer(request: HttpRequest, pk: int) -> HttpResponse:
    """What the customer's index is made of; `?run=` shows an earlier evaluation as it was published.

    It is a part of the customer's file: opening it is recorded, and who states a purpose is led to the
    same part and evaluation in the file, which asks for it.
    """
    seen = _seen_or_404(request, pk)
    run_id = whole_number(request.GET.get("run", ""))
    if seen.wants_purpose(*request.user.rights_in_use):
        query = f"?{urlencode({'run': run_id})}" if run_id is not None else ""
        return redirect(loyalty_address(pk) + query)
    if run_id is not None:
        get_object_or_404(viewable_runs(request.user), pk=run_id)
    found = make_up.breakdown(pk, staff=request.user, run_id=run_id)
    if found is None:
        raise Http404
    record_opening(seen, part=FilePart.LOYALTY, purpose="", by=request.user, now=timezone.now())
    return answer(
        request,
        "loyalty/customer.html",
        breakdown_context(request, found),
        fragment="loyalty/_breakdown.html",
    )


def breakdown_context(request: HttpRequest, found: make_up.Breakdown) -> dict[str, Any]:
    """What `loyalty/_breakdown.html` shows."""
    return {
        "breakdown": found,
        "file_url": file_address(found.customer.pk) if request.user.may(Permission.CUSTOMER_READ) else "",
        "change_chart": charts.change(found),
        "history_chart": charts.over_time(make_up.history(found.customer.pk, staff=request.user)),
        "follow_ups": changes.follow_ups_of(found.customer.pk, request.user),
        "may_override": request.user.may(Permission.OVERRIDE_PROPOSE) and make_up.viewable(found.run),
    }


@requires(Permission.OVERRIDE_PROPOSE)
@require_http_methods(["GET", "POST"])
def override(request: HttpRequest, pk: int) -> HttpResponse:
    """Propose another tier; an executive decides. Tier and score show here, so it opens that part of the file."""
    seen = _seen_or_404(request, pk)
    if seen.wants_purpose(*request.user.rights_in_use):
        return redirect(loyalty_address(pk))
    if not seen.may(Permission.OVERRIDE_PROPOSE):
        raise Http404
    standing = get_object_or_404(Standing.objects.select_related("run"), pk=pk)
    latest = next_end(standing.run.period)
    form = OverrideForm(request.POST or None, present=standing.tier, initial={"expires_on": latest})
    if form.is_valid():
        try:
            overrides.propose_override(
                customer_id=pk, by=request.user, now=timezone.now(), **form.cleaned_data
            )
        except DomainError as refusal:
            form.add_error(None, str(refusal))
        else:
            say(request, _("Proposed. An executive decides."))
            return redirect("loyalty:customer", pk)
    record_opening(seen, part=FilePart.LOYALTY, purpose="", by=request.user, now=timezone.now())
    context = {"customer": seen.customer, "standing": standing, "held": held(standing), "latest": latest}
    return answer(request, "loyalty/override.html", context, form=form)


def _seen_or_404(request: HttpRequest, pk: int) -> SeenCustomer:
    seen = seen_customer(pk, staff=request.user)
    if seen is None:
        raise Http404
    return seen
