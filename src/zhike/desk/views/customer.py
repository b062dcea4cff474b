"""The 360° page: one customer, a tab for each kind of thing there is to know."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl, urlencode

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext
from django.views.decorators.http import require_GET

from zhike.core.access.guard import requires
from zhike.core.access.permissions import Permission
from zhike.core.formats import amount_unit
from zhike.core.lists import ListPage
from zhike.core.numbers import whole_number
from zhike.core.ui import answer
from zhike.customers.api import (
    Customer,
    SeenCustomer,
    mask_account,
    masked_profile,
    portfolio_history,
    relations_of,
)  # fmt: skip
from zhike.customers.enums import SHOWN_FIELDS, FilePart
from zhike.desk import tables
from zhike.desk.forms import TransactionFilter
from zhike.desk.queries import customer_page
from zhike.desk.queries.business_day import business_day
from zhike.desk.queries.position import Position, position
from zhike.desk.queries.shown import (
    Change,
    group_tone,
    month_change,
    other_changes_of,
    parts_of,
    points_change,
)
from zhike.desk.views.customers import ADDRESS_LENGTH, LIST, ListAddress, asked
from zhike.desk.views.openings import of_a_file
from zhike.insight.api import belongings, outlook, worth_of
from zhike.loyalty.api import (
    breakdown,
    change_chart,
    follow_ups_of,
    held,
    history,
    history_chart,
    viewable_runs,
)

TABS = {
    "customer": (gettext_lazy("Overview"), Permission.CUSTOMER_READ),
    "customer_holdings": (gettext_lazy("Holdings"), Permission.HOLDING_READ),
    "customer_transactions": (gettext_lazy("Transactions"), Permission.HOLDING_READ),
    "customer_events": (gettext_lazy("Events"), Permission.CUSTOMER_READ),
    "customer_loyalty": (gettext_lazy("Loyalty"), Permission.RESULT_READ),
    "customer_portfolio": (gettext_lazy("Account managers"), Permission.CUSTOMER_READ),
}
"""The tabs, each with the right that opens it; the overview shows of the others what the same rights allow.

A right counts where one of its own roles reaches the customer: what is open to no tab is not shown."""
PLACE = "n"


@requires(Permission.CUSTOMER_READ)
@require_GET
@of_a_file(FilePart.OVERVIEW)
def overview(request: HttpRequest, seen: SeenCustomer) -> HttpResponse:
    """The file in brief. Holdings and loyalty stand here only for those who may open their tabs (C.3)."""
    customer, person = seen.customer, request.user
    day = business_day()
    context = {
        "profile": masked_profile(customer, day=day),
        "relations": relations_of(customer, staff=person),
        "entries": customer_page.timeline(customer),
        "address_label": SHOWN_FIELDS["address"],
        "id_label": customer.get_id_type_display() or _("ID number"),
        "segments": belongings(customer.pk, staff=person) if person.may(Permission.SEGMENT_READ) else None,
        "outlook": outlook(customer.pk),
    }
    if seen.may(Permission.HOLDING_READ):
        holding = customer_page.holding_of(customer)
        accounts = customer_page.accounts_of(customer, day=day)
        context |= {
            "chart": customer_page.balances_chart(holding) if holding and len(holding.months) > 1 else None,
            "accounts": [(account, mask_account(account.account_no)) for account in accounts],
            "account_heads": _account_heads(),
            "balances_note": _("end of month, %(unit)s") % {"unit": amount_unit()},
        }
    if seen.may(Permission.RESULT_READ):
        made_up = breakdown(customer.pk, staff=person)
        context |= {
            "loyalty": made_up,
            "parts": parts_of(made_up),
            "other_changes": other_changes_of(made_up),
        }
    return _page(request, seen, "customer", context)


@requires(Permission.HOLDING_READ)
@require_GET
@of_a_file(FilePart.HOLDINGS)
def holdings(request: HttpRequest, seen: SeenCustomer) -> HttpResponse:
    customer = seen.customer
    day = business_day()
    opened, closed = (
        [(account, mask_account(account.account_no)) for account in find(customer, day=day)]
        for find in (customer_page.accounts_of, customer_page.closed_accounts_of)
    )
    context = {
        "accounts": opened,
        "closed": closed,
        "account_heads": _account_heads(),
        "worth": worth_of(customer.pk),
    }
    return _page(request, seen, "customer_holdings", context)


@requires(Permission.HOLDING_READ)
@require_GET
@of_a_file(FilePart.TRANSACTIONS)
def transactions(request: HttpRequest, seen: SeenCustomer) -> HttpResponse:
    customer = seen.customer
    day = business_day()
    months = customer_page.months_of(day)
    form = TransactionFilter(request.GET, months=months)
    form.is_valid()
    named = {f"{month:%Y-%m}": month for month in months}
    month = named.get(form.cleaned_data.get("month", ""), months[0])
    kind = form.cleaned_data.get("kind", "")
    rows = customer_page.movements(customer, month=month, kind=kind, day=day)
    context = {"form": form, "month": month, "list": ListPage(request, rows), "heads": _transaction_heads()}
    return _page(request, seen, "customer_transactions", context)


@requires(Permission.CUSTOMER_READ)
@require_GET
@of_a_file(FilePart.EVENTS)
def events(request: HttpRequest, seen: SeenCustomer) -> HttpResponse:
    customer = seen.customer
    rows = ListPage(request, customer_page.events_of(customer))
    names = customer_page.names_of(list(rows.page))
    context = {
        "list": rows,
        "events": [(event, names.get(event.staff_no, event.staff_no)) for event in rows.page],
        "heads": tables.plain(_("Day"), _("Kind"), _("Result"), _("Satisfaction"), _("By"), numbers=(3,)),
        "contacts": list(customer_page.follow_ups_of(customer)[:50]),
        "contact_heads": tables.plain(_("Day"), _("How"), _("Result"), _("Note"), _("Next contact"), _("By")),
    }
    return _page(request, seen, "customer_events", context)


@requires(Permission.RESULT_READ)
@require_GET
@of_a_file(FilePart.LOYALTY)
def loyalty(request: HttpRequest, seen: SeenCustomer) -> HttpResponse:
    """The make-up of the index; `?run=` shows an earlier evaluation as it was published."""
    customer = seen.customer
    run_id = whole_number(request.GET.get("run", ""))
    if run_id is not None:
        get_object_or_404(viewable_runs(request.user), pk=run_id)
    made_up = breakdown(customer.pk, staff=request.user, run_id=run_id)
    context = {
        "breakdown": made_up,
        "change_chart": change_chart(made_up) if made_up else None,
        "history_chart": history_chart(history(customer.pk, staff=request.user)),
        "follow_ups": follow_ups_of(customer.pk, request.user),
        "may_override": seen.may(Permission.OVERRIDE_PROPOSE),
    }
    return _page(request, seen, "customer_loyalty", context)


@requires(Permission.CUSTOMER_READ)
@require_GET
@of_a_file(FilePart.PORTFOLIO)
def portfolio(request: HttpRequest, seen: SeenCustomer) -> HttpResponse:
    customer = seen.customer
    context = {
        "history": list(portfolio_history(customer)),
        "heads": tables.plain(
            _("Account manager"), _("Unit"), pgettext("column", "From"), pgettext("column", "To"), _("Reason"),
            _("Handover note"), _("Entered by"),
        ),
    }  # fmt: skip
    return _page(request, seen, "customer_portfolio", context)


def _page(request: HttpRequest, seen: SeenCustomer, tab: str, context: dict[str, Any]) -> HttpResponse:
    customer, trail = seen.customer, _trail(request)
    sees_holdings, sees_results = seen.may(Permission.HOLDING_READ), seen.may(Permission.RESULT_READ)
    holding = customer_page.holding_of(customer) if sees_holdings else None
    standing = customer_page.standing_of(customer) if sees_results else None
    frame = {
        "sees_holdings": sees_holdings,
        "sees_results": sees_results,
        "customer": customer,
        "group_tone": group_tone(customer.customer_group),
        "holding": holding,
        "month_change": month_change(holding.aum_cents, holding.aum_before_cents)
        if holding
        else Change(None),
        "standing": standing,
        "held": held(standing) if standing else None,
        "score_change": points_change(standing.score_change if standing else None),
        "masked_phone": masked_profile(customer, day=business_day()).phone,
        "tabs": _tabs(seen, tab, trail),
        "place": _place(request, customer, trail),
        "back": f"{reverse('desk:customers')}?{trail.get(LIST, '')}",
        "day": business_day(),
        "may_reveal": seen.may(Permission.CUSTOMER_REVEAL),
        "may_assign": seen.may(Permission.PORTFOLIO_ASSIGN) and customer.closed_on is None,
    }
    return answer(request, f"desk/{tab}.html", {**frame, **context})


def _tabs(seen: SeenCustomer, tab: str, trail: dict[str, str]) -> list[dict[str, Any]]:
    query = f"?{urlencode(trail)}" if trail else ""
    return [
        {
            "label": label,
            "url": reverse(f"desk:{name}", args=[seen.customer.pk]) + query,
            "is_current": name == tab,
            "count": None,
        }
        for name, (label, right) in TABS.items()
        if seen.may(right)
    ]


def _trail(request: HttpRequest) -> dict[str, str]:
    """The list one came from and the place in it, as the address carries them."""
    trail = {name: request.GET[name][:ADDRESS_LENGTH] for name in (LIST, PLACE) if name in request.GET}
    return trail if trail.get(PLACE, "").isdecimal() and len(trail[PLACE]) < 7 else {}


def _place(request: HttpRequest, customer: Customer, trail: dict[str, str]) -> dict[str, Any] | None:
    """The links to the customers before and after, and where this one stands."""
    if not trail:
        return None
    came_from = QueryDict(mutable=True)
    came_from.update(dict(parse_qsl(trail.get(LIST, ""))))
    found = position(
        customer, among=asked(ListAddress(request.user, came_from)).listed, place=int(trail[PLACE])
    )
    return _links(found, trail) if found else None


def _links(found: Position, trail: dict[str, str]) -> dict[str, Any]:
    def link(customer: Customer | None, place: int) -> str:
        if customer is None:
            return ""
        query = urlencode({LIST: trail.get(LIST, ""), PLACE: place})
        return f"{reverse('desk:customer', args=[customer.pk])}?{query}"

    return {
        "place": found.place,
        "total": found.total,
        "before": link(found.before, found.place - 1),
        "after": link(found.after, found.place + 1),
    }


def _account_heads() -> list[Any]:
    return tables.plain(
        _("Product"), _("Kind"), _("Account"), _("Balance"), _("Opened"), _("Due"), numbers=(3,)
    )  # fmt: skip


def _transaction_heads() -> list[Any]:
    return tables.plain(
        _("Day"),
        _("Kind"),
        _("Amount"),
        _("Balance"),
        _("Channel"),
        _("Account"),
        _("Purpose"),
        numbers=(2, 3),
    )
