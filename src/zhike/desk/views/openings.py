"""Opening a customer's file: recorded once a day for each part, and for a purpose where one is due."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from zhike.core.access.guard import requires
from zhike.core.access.permissions import Permission
from zhike.core.ui import answer
from zhike.customers.api import SeenCustomer, record_opening, seen_customer
from zhike.customers.enums import FilePart
from zhike.desk.forms import FilePurposeForm

PURPOSES = "purposes"
"""What the session calls the purposes stated in it, by customer."""
REMEMBERED = 200
"""Purposes a session remembers; of a file opened longer ago it is asked again."""
TO = "to"
FileView = Callable[[HttpRequest, SeenCustomer], HttpResponse]


def of_a_file(part: FilePart) -> Callable[[FileView], Callable[..., HttpResponse]]:
    """Give a view the customer of its address, and record that this part of the file was opened (L-36).

    404 out of scope, as if there were none. Those who state a purpose are asked for it first.
    """

    def decorate(view: FileView) -> Callable[..., HttpResponse]:
        @wraps(view)
        def opened(request: HttpRequest, pk: int) -> HttpResponse:
            seen = seen_or_404(request, pk)
            purpose = request.session.get(PURPOSES, {}).get(str(pk), "")
            if not purpose and seen.wants_purpose(*request.user.rights_in_use):
                query = urlencode({TO: request.get_full_path()})
                return redirect(f"{reverse('desk:file_purpose', args=[pk])}?{query}")
            response = view(request, seen)
            record_opening(seen, part=part, purpose=purpose, by=request.user, now=timezone.now())
            return response

        return opened

    return decorate


@requires(Permission.CUSTOMER_READ)
@require_http_methods(["GET", "POST"])
def file_purpose(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask what a file is opened for, once in a session, and go on to the part of it that was asked for."""
    seen = seen_or_404(request, pk)
    form = FilePurposeForm(request.POST or None)
    file = reverse("desk:customer", args=[pk])
    if form.is_valid():
        stated = [*request.session.get(PURPOSES, {}).items(), (str(pk), form.cleaned_data["purpose"])]
        request.session[PURPOSES] = dict(stated[-REMEMBERED:])
        to = request.GET.get(TO, "")
        return redirect(to if to.startswith(file) else file)
    context = {
        "customer_no": seen.customer.customer_no,
        "cancel": reverse("desk:customers"),
        "title": _("Open the file"),
    }
    return answer(request, "desk/file_purpose.html", context, form=form)


def seen_or_404(request: HttpRequest, pk: int) -> SeenCustomer:
    """The customer as the rights in use reach them, or 404 as if there were none."""
    seen = seen_customer(pk, staff=request.user)
    if seen is None:
        raise Http404
    return seen
