"""An evaluation beside the one of the same period that it replaces."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext_lazy

from zhike.core.access.guard import requires
from zhike.core.access.permissions import Permission
from zhike.core.lists import Column, ListPage
from zhike.core.ui import answer
from zhike.loyalty.queries import replacing
from zhike.loyalty.queries.run_states import viewable_runs

COLUMNS = [
    Column("customer", gettext_lazy("Customer"), sort=("customer__name_sort",)),
    Column("outlet", gettext_lazy("Outlet")),
    Column("before", gettext_lazy("Replaced"), number=True),
    Column("now", gettext_lazy("Now"), sort=("score",), number=True),
    Column("change", gettext_lazy("Difference"), number=True),
    Column("tier", gettext_lazy("Tier")),
    Column("causes", gettext_lazy("Main causes")),
]


@requires(Permission.RESULT_READ)
def run_against(request: HttpRequest, pk: int) -> HttpResponse:
    """Every customer whose score or tier is not the one of the replaced evaluation, with the causes."""
    run = get_object_or_404(viewable_runs(request.user), pk=pk)
    if run.supersedes is None or not run.summary:
        raise Http404
    rows = replacing.different(run, request.user)
    page = ListPage(request, rows, columns=COLUMNS, default="now", tie="customer_id")
    context = {
        "run": run,
        "earlier": run.supersedes,
        "list": page,
        "rows": replacing.in_pairs(list(page.page), run),
        "steps": replacing.tier_steps(run, request.user),
    }
    return answer(request, "loyalty/run_against.html", context)
