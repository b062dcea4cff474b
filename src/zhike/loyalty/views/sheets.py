"""The sheet for a customer who asks why, and the request that a person looks again (K-10, F-2)."""

from __future__ import annotations

from functools import partial

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from zhike.core import parameters
from zhike.core.access.guard import requires
from zhike.core.access.permissions import Permission
from zhike.core.errors import DomainError
from zhike.core.operations.submissions import once
from zhike.core.ui import answer, say
from zhike.customers.api import record_opening, seen_customer
from zhike.customers.enums import FilePart
from zhike.loyalty.forms.steps import ReviewForm
from zhike.loyalty.operations import reviews
from zhike.loyalty.queries.breakdown import breakdown
from zhike.loyalty.queries.places import loyalty_address
from zhike.loyalty.queries.reviews import open_review
from zhike.loyalty.queries.sheets import sheet_of

ASKERS = (Permission.CHANGE_FOLLOW, Permission.OVERRIDE_PROPOSE)


@requires(Permission.RESULT_READ)
@require_http_methods(["GET", "POST"])
def sheet(request: HttpRequest, pk: int) -> HttpResponse:
    """What to hand to the customer, for paper; below it, on screen only, the request for a review."""
    seen = seen_customer(pk, staff=request.user)
    if seen is None:
        raise Http404
    if seen.wants_purpose(*request.user.rights_in_use):
        return redirect(loyalty_address(pk))
    found = breakdown(pk, staff=request.user)
    if found is None:
        raise Http404
    may_ask = seen.may(*ASKERS)
    if request.method == "POST" and not may_ask:
        raise Http404
    form = ReviewForm(request.POST or None)
    now = timezone.now()
    if form.is_valid():
        ask = partial(
            reviews.ask_review, customer_id=pk, run_id=found.run.pk, words=form.cleaned_data["words"],
            by=request.user, now=now,
        )  # fmt: skip
        try:
            once(ask, sent=request.POST, to=request.path, by=request.user, now=now)
        except DomainError as refusal:
            form.add_error("words", str(refusal))
        else:
            say(request, _("Asked. The customer department looks at it."))
            return redirect("loyalty:sheet", pk)
    record_opening(seen, part=FilePart.LOYALTY, purpose="", by=request.user, now=now)
    context = {
        "breakdown": found,
        "sheet": sheet_of(found),
        "may_ask": may_ask,
        "waiting": open_review(pk),
        "days": parameters.value(reviews.DAYS_PARAMETER, on=timezone.localdate(now)),
        "today": timezone.localdate(now),
    }
    return answer(request, "loyalty/sheet.html", context, form=form)
