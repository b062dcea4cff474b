"""高忠诚度客户无客户经理: the list for those who assign managers and those who watch over it (L-49)."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy

from zhike.core import parameters
from zhike.core.access.guard import requires
from zhike.core.access.permissions import Permission
from zhike.core.lists import Column, ListPage
from zhike.core.ui import answer
from zhike.loyalty.queries import unkept as gaps
from zhike.loyalty.queries.places import file_address
from zhike.loyalty.views.panels import sections

COLUMNS = [
    Column("customer", gettext_lazy("Customer"), sort=("customer__name_sort",)),
    Column("outlet", gettext_lazy("Outlet")),
    Column("manager", gettext_lazy("Account manager")),
    Column("score", gettext_lazy("Loyalty index"), sort=("score",), number=True),
    Column("since", gettext_lazy("Without a manager since"), sort=("unkept_from",)),
    Column("file", gettext_lazy("Customer file")),
]


@requires(Permission.RESULT_READ)
def unkept(request: HttpRequest) -> HttpResponse:
    """The customers of the highest tier in scope whom nobody looks after, the longest first."""
    today = timezone.localdate()
    page = ListPage(request, gaps.unkept(request.user, on=today), columns=COLUMNS, default="since")
    limit = gaps.overdue_before(today)
    context = {
        "list": page,
        "rows": [
            (row, file_address(row.pk), limit is not None and row.unkept_from < limit)  # type: ignore[attr-defined]
            for row in page.page
        ],
        "days": parameters.value(gaps.GAP_PARAMETER, on=today),
        "sections": sections(request),
    }
    return answer(request, "loyalty/unkept.html", context)
