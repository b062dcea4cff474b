"""The weight sets of a draft: one for customers who have none of their own yet, and one taken away.

Either saves what else was entered, so that no weight typed beside it is lost.
"""

from __future__ import annotations

from functools import partial

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from zhike.core.access.guard import requires
from zhike.core.access.permissions import Permission
from zhike.core.ui import say
from zhike.loyalty.forms.steps import WeightSetForm
from zhike.loyalty.models import Scheme
from zhike.loyalty.queries.scheme_versions import listed
from zhike.loyalty.queries.sentences import weight_set_label
from zhike.loyalty.queries.weight_sets import (
    customers_in_words,
    split_customers,
    weight_set_code,
    with_set_for,
    without_set,
)
from zhike.loyalty.views.scheme_editor import save_entered


@requires(Permission.SCHEME_DRAFT)
@require_POST
def weight_set_add(request: HttpRequest, pk: int) -> HttpResponse:
    """Save what was entered, with a weight set for a business type and group that has none."""
    found = get_object_or_404(listed(), pk=pk)
    form = WeightSetForm(request.POST, spec=found.definition)
    asked = request.POST.get("customers", "")
    if not form.is_valid():
        if asked in WeightSetForm.every():
            words = {"customers": customers_in_words(*split_customers(asked))}
            say(request, _("There is already a weight set for: %(customers)s.") % words)
        return save_entered(request, found)
    added = weight_set_code(*split_customers(asked))

    def tell(_saved: Scheme) -> None:
        words = {"name": weight_set_label(added)}
        say(request, _("Added with the default weights: %(name)s. The draft is saved.") % words)

    change = partial(with_set_for, customers=asked)
    return save_entered(request, found, change=change, then=tell, anchor=f"#weights-{added}")


@requires(Permission.SCHEME_DRAFT)
@require_POST
def weight_set_remove(request: HttpRequest, pk: int, code: str) -> HttpResponse:
    """Save what was entered, without one of the weight sets; the default one stays."""
    found = get_object_or_404(listed(), pk=pk)

    if code not in {each.code for each in found.definition.weight_sets} - {
        found.definition.default_weight_set
    }:
        return save_entered(request, found)

    def tell(_saved: Scheme) -> None:
        say(request, _("Removed: %(name)s. The draft is saved.") % {"name": weight_set_label(code)})

    return save_entered(request, found, change=partial(without_set, code=code), then=tell)
