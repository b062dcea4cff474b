"""The weight sets of a draft: one for customers who have none of their own yet, and one taken away."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from zhike.core.access.guard import requires
from zhike.core.access.permissions import Permission
from zhike.core.errors import DomainError
from zhike.core.ui import say
from zhike.loyalty.forms.steps import WeightSetForm
from zhike.loyalty.models import Scheme
from zhike.loyalty.operations import schemes
from zhike.loyalty.queries.weight_sets import customers_in_words, split_customers, weight_set_code


@requires(Permission.SCHEME_DRAFT)
@require_POST
def weight_set_add(request: HttpRequest, pk: int) -> HttpResponse:
    """Add a weight set for a business type and group that has none, with the weights of the default set."""
    found = get_object_or_404(Scheme, pk=pk)
    form = WeightSetForm(request.POST, spec=found.definition)
    if form.is_valid():
        kind, group = split_customers(form.cleaned_data["customers"])
        plain = found.spec
        default = next(each for each in plain["weight_sets"] if each["code"] == plain["default_weight_set"])
        added = {
            **default,
            "code": weight_set_code(kind, group),
            "business_type": kind,
            "customer_groups": [group] if group else [],
        }
        _change_sets(request, found, [*plain["weight_sets"], added])
    elif (asked := request.POST.get("customers", "")) in WeightSetForm.every():
        words = {"customers": customers_in_words(*split_customers(asked))}
        say(request, _("There is already a weight set for: %(customers)s.") % words)
    return redirect("loyalty:scheme", pk)


@requires(Permission.SCHEME_DRAFT)
@require_POST
def weight_set_remove(request: HttpRequest, pk: int, code: str) -> HttpResponse:
    found = get_object_or_404(Scheme, pk=pk)
    left = [each for each in found.spec["weight_sets"] if each["code"] != code]
    if code != found.spec["default_weight_set"] and left:
        _change_sets(request, found, left)
    return redirect("loyalty:scheme", pk)


def _change_sets(request: HttpRequest, found: Scheme, weight_sets: list[dict[str, Any]]) -> None:
    try:
        schemes.change_draft(
            scheme_id=found.pk, version=found.version, spec={**found.spec, "weight_sets": weight_sets},
            name=found.name, basis=found.basis, reason=found.reason, valid_from=found.valid_from,
            by=request.user, now=timezone.now(),
        )  # fmt: skip
    except DomainError as refusal:
        say(request, str(refusal))
