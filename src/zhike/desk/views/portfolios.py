"""管户: who has no account manager, who was handed over, and handing over."""

from __future__ import annotations

from django.core.exceptions import BadRequest
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext
from django.views.decorators.http import require_GET, require_http_methods

from zhike.core import formats
from zhike.core.access.guard import requires
from zhike.core.access.permissions import Permission
from zhike.core.errors import DomainError
from zhike.core.lists import Column, ListPage
from zhike.core.ui import UNPROCESSABLE, answer
from zhike.customers.api import Customer, hand_over_many, keepers, recent_hand_overs, unassigned
from zhike.desk import tables
from zhike.desk.forms import HandOverForm
from zhike.desk.views.customers import (
    ADDRESS_LENGTH,
    LIST,
    MOST_HANDED_OVER,
    FilterNotUnderstood,
    ListAddress,
    asked,
)


class ListTooLong(DomainError):
    pass


UNASSIGNED = [
    Column("name", gettext_lazy("Customer"), sort=("name_sort",)),
    Column("type", gettext_lazy("Business type")),
    Column("outlet", gettext_lazy("Outlet")),
    Column("opened", gettext_lazy("Customer since"), sort=("opened_on",)),
]


@requires(Permission.PORTFOLIO_ASSIGN)
@require_GET
def portfolios(request: HttpRequest) -> HttpResponse:
    """Customers without an owner."""
    rows = ListPage(request, unassigned(request.user), columns=UNASSIGNED, default="-opened")
    return answer(request, "desk/portfolios.html", {"list": rows, "tabs": _tabs("portfolios")})


@requires(Permission.PORTFOLIO_ASSIGN)
@require_GET
def portfolio_changes(request: HttpRequest) -> HttpResponse:
    """The latest changes of owner."""
    heads = tables.plain(
        _("Customer"),
        _("Account manager"),
        pgettext("column", "From"),
        pgettext("column", "To"),
        _("Reason"),
        _("Handover note"),
        _("Entered by"),
    )
    rows = ListPage(request, recent_hand_overs(request.user))
    context = {"list": rows, "heads": heads, "tabs": _tabs("portfolio_changes")}
    return answer(request, "desk/portfolio_changes.html", context)


@requires(Permission.PORTFOLIO_ASSIGN)
@require_http_methods(["GET", "POST"])
def hand_over(request: HttpRequest) -> HttpResponse:
    """One form for one customer or many: to whom, why, and what the next manager must know.

    Without a choice it says how to make one; a choice out of scope is 404.
    """
    person, now = request.user, timezone.now()
    try:
        versions = _chosen(request)
    except (FilterNotUnderstood, ListTooLong) as refusal:
        back = f"{reverse('desk:customers')}?{request.GET[LIST]}"
        return _refused(request, str(refusal), back=back)
    if not versions:
        context = {"title": _("Hand over")}
        return render(request, "desk/hand_over_unchosen.html", context)
    customers = list(
        Customer.objects.visible_to(person, Permission.PORTFOLIO_ASSIGN)
        .filter(pk__in=versions)
        .select_related("manager", "outlet")
        .order_by("name_sort")
    )
    if not customers:
        raise Http404
    seen = {row.pk: row.version if versions[row.pk] is None else versions[row.pk] for row in customers}
    form = HandOverForm(
        request.POST or None,
        keepers=keepers(person, day=timezone.localdate(now)),
        needs_note=any(row.manager_id for row in customers),
    )
    context = {
        "customers": [(row, seen[row.pk]) for row in customers],
        "form": form,
        "cancel": reverse("desk:portfolios"),
        "heads": tables.plain(_("Customer"), _("Outlet"), _("Account manager")),
        "title": _title(len(customers)),
    }
    if form.is_valid():
        entered = form.cleaned_data
        try:
            result = hand_over_many(
                versions=seen, manager_id=int(entered["manager"]), reason=entered["reason"], note=entered["note"],
                by=person, now=now,
            )  # fmt: skip
        except DomainError as refusal:
            form.add_error(None, str(refusal))
        else:
            return render(request, "desk/hand_over_result.html", {"result": result})
    return answer(request, "desk/hand_over.html", context, form=form)


def _chosen(request: HttpRequest) -> dict[int, int | None]:
    """The customers of the address or form, `id` or `id:version seen`, or those of a whole list."""
    if request.method == "GET" and LIST in request.GET:
        return _listed(request)
    source = request.POST if request.method == "POST" else request.GET
    chosen: dict[int, int | None] = {}
    for text in source.getlist("c")[:MOST_HANDED_OVER]:
        pk, _colon, version = text.partition(":")
        if not (
            pk.isdecimal() and len(pk) < 19 and (not version or (version.isdecimal() and len(version) < 9))
        ):
            raise BadRequest
        chosen[int(pk)] = int(version) if version else None
    return chosen


def _listed(request: HttpRequest) -> dict[int, int | None]:
    """Everybody on the list of an address, in the own scope, as they are now.

    Raises FilterNotUnderstood, and ListTooLong for more than `MOST_HANDED_OVER`.
    """
    query = request.GET[LIST]
    if len(query) > ADDRESS_LENGTH:
        raise BadRequest
    wanted = asked(ListAddress(request.user, QueryDict(query)), right=Permission.PORTFOLIO_ASSIGN)
    wanted.demand_understood()
    if len(wanted.listed) > MOST_HANDED_OVER:
        raise ListTooLong(
            _("A whole list is handed over at once up to %(count)s customers; a filter narrows it.")
            % {"count": formats.grouped(MOST_HANDED_OVER)}
        )
    return {row.pk: row.version for row in wanted.listed[0 : len(wanted.listed)]}


def _refused(request: HttpRequest, reason: str, *, back: str) -> HttpResponse:
    context = {"reason": reason, "back": back, "title": _("Hand over")}
    return render(request, "desk/hand_over_refused.html", context, status=UNPROCESSABLE)


def _title(count: int) -> str:
    return ngettext("Hand over %(count)s customer", "Hand over %(count)s customers", count) % {"count": count}


def _tabs(current: str) -> list[dict[str, object]]:
    labels = {
        "portfolios": _("Without an account manager"),
        "portfolio_changes": _("Changes of account manager"),
    }
    return [
        {"label": label, "url": reverse(f"desk:{name}"), "is_current": name == current, "count": None}
        for name, label in labels.items()
    ]
