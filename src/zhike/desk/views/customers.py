"""The customer list and its export."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from zhike.core.access.guard import requires
from zhike.core.access.permissions import Permission
from zhike.core.errors import DomainError
from zhike.core.lists import PAGE, SIZE, SORT, ListPage, chips, misread, understood
from zhike.core.ui import answer, say
from zhike.customers.api import Customer
from zhike.desk import tables
from zhike.desk.forms import CustomerFilter, ExportForm, MoreFilters, ViewForm
from zhike.desk.operations.export_requests import ask_for_export
from zhike.desk.operations.exports import Workbook, export_customers, needs_approval
from zhike.desk.queries import choices
from zhike.desk.queries.business_day import business_day
from zhike.desk.queries.customer_list import BY_NAME, DEFAULT_SORT, ListedCustomers, bands, customers_matching
from zhike.desk.queries.figures import figures_shown
from zhike.desk.queries.saved_views import default_of, kept_query, views_of
from zhike.desk.queries.shown import Change, group_tone, month_change, points_change
from zhike.desk.queries.whole_numbers import SealedText, holds_whole_number, opened, seal
from zhike.facts.models import Holding
from zhike.insight.api import segments_offered
from zhike.loyalty.api import Held, held
from zhike.loyalty.models import Standing
from zhike.staff.models import Staff

TEXT, NUMBER = "q", "number"
"""What the address calls a text one looks for: as it was typed, or sealed because it holds a whole number."""
CARRIED = (*CustomerFilter.base_fields, *MoreFilters.base_fields, SORT, SIZE)
LEFT_OUT = frozenset({TEXT, NUMBER, SIZE, PAGE})
"""What a saved view does not keep: whom somebody looked for, and where in the list one stood."""
LIST = "list"
"""What other addresses call the list one came from, and how much of it they carry."""
ADDRESS_LENGTH = 2000
MOST_HANDED_OVER = 300
"""Customers handed over in one go: a whole portfolio, and few enough for one transaction and one form."""
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the list: the customer, where the name leads, and what may be missing."""

    customer: Customer
    url: str
    may_assign: bool
    holding: Holding | None
    standing: Standing | None

    @property
    def average_cents(self) -> int | None:
        return self.holding.average_cents if self.holding else None

    @property
    def month(self) -> Change:
        held = self.holding
        return month_change(held.aum_cents, held.aum_before_cents) if held else month_change(None, None)

    @property
    def held(self) -> Held | None:
        return held(self.standing) if self.standing else None

    @property
    def score_change(self) -> Change:
        return points_change(self.standing.score_change if self.standing else None)

    @property
    def group_tone(self) -> str:
        return group_tone(self.customer.customer_group)


@dataclass(frozen=True)
class ListAddress:
    """An address of the list and who reads it: a request is one, and so is what somebody has kept."""

    user: Staff
    GET: QueryDict

    @property
    def path(self) -> str:
        return reverse("desk:customers")


class FilterNotUnderstood(DomainError):
    pass


@dataclass(frozen=True, slots=True)
class Asked:
    """What an address asks for: the filters, the result in its order, the page of it, of which day."""

    main: CustomerFilter
    more: MoreFilters
    listed: ListedCustomers
    page: ListPage
    day: date
    number: SealedText | None
    figures: frozenset[Permission]

    @property
    def is_unreadable(self) -> bool:
        """Whether the address holds a number that somebody else sealed."""
        return self.number is not None and not self.number.text

    @property
    def chosen(self) -> list[tuple[str, str]]:
        """The filters in force in words; what was not understood is none."""
        return [(chip.label, chip.text) for part in (self.main, self.more) for chip in chips(self.page, part)]

    def demand_understood(self) -> None:
        """Refuse an address of which a filter was not understood: more would leave or move than was meant.

        Raises FilterNotUnderstood.
        """
        unread = [chip.label for part in (self.main, self.more) for chip in misread(self.page, part)]
        if unread:
            raise FilterNotUnderstood(
                _("Not understood: %(filters)s. Correct or take off these filters first.")
                % {"filters": _(", ").join(unread)}
            )


@requires(Permission.CUSTOMER_READ)
@require_http_methods(["GET", "POST"])
def customer_list(request: HttpRequest) -> HttpResponse:
    """The list of this address. Filters are sent in a form and answered with their address (G25)."""
    if request.method == "POST" or holds_whole_number(request.GET.get(TEXT, "")):
        return redirect(list_address(request.POST or request.GET, by=request.user))
    if not request.GET and _arrives(request) and (default := default_of(request.user)):
        return redirect(f"{request.path}?{default.query}")
    return _show(request, asked(request))


def _arrives(request: HttpRequest) -> bool:
    """Whether somebody comes to the list from elsewhere, rather than from the list by taking its filters off."""
    before = urlsplit(request.headers.get("Referer", "")).path
    return not request.htmx and not before.startswith(request.path)  # type: ignore[attr-defined]


def list_address(entered: Mapping[str, str], *, by: Staff) -> str:
    """The address of the list for what was entered. A whole phone or ID number stands in it sealed for `by`."""
    query = {name: text for name in CARRIED if (text := entered.get(name, ""))}
    typed = query.get(TEXT, "")
    if typed.strip():
        query.pop(NUMBER, None)
    if holds_whole_number(typed):
        query[NUMBER] = seal(query.pop(TEXT), by=by)
    path = reverse("desk:customers")
    return f"{path}?{urlencode(query)}" if query else path


@requires(Permission.CUSTOMER_EXPORT)
@require_POST
def customer_export(request: HttpRequest) -> HttpResponse:
    """The list of this address as an Excel workbook, or a request for it where it is longer."""
    wanted = asked(request, right=Permission.CUSTOMER_EXPORT)
    form = ExportForm(request.POST)
    if not form.is_valid():
        return _show(request, asked(request), export=form)
    now = timezone.now()
    order = {
        "listed": wanted.listed, "filters": wanted.chosen, "by": request.user, "now": now, **form.cleaned_data
    }  # fmt: skip
    try:
        wanted.demand_understood()
        if needs_approval(wanted.listed, on=timezone.localdate(now)):
            ask_for_export(query=request.GET.urlencode(), **order)
        else:
            return workbook(export_customers(**order))
    except DomainError as refusal:
        form.add_error(None, str(refusal))
        return _show(request, asked(request), export=form)
    say(request, _("Asked for. You can fetch the list here once it is allowed."))
    return redirect("desk:exports")


def workbook(book: Workbook) -> HttpResponse:
    """The file as an answer."""
    response = HttpResponse(book.content, content_type=XLSX)
    response["Content-Disposition"] = (
        f"attachment; filename=\"customers.xlsx\"; filename*=UTF-8''{quote(book.name)}"
    )
    return response


def asked(request: HttpRequest | ListAddress, *, right: Permission = Permission.CUSTOMER_READ) -> Asked:
    """Read the address, for the customers whom `right` reaches.

    What is not on offer is never passed on; the page says which filter was left out.
    """
    staff, day = request.user, business_day()
    token = request.GET.get(NUMBER, "")
    number = opened(token, by=staff) if token else None
    figures = figures_shown(staff, right)
    main = CustomerFilter(request.GET, number=number, figures=figures)
    more = MoreFilters(
        request.GET,
        figures=figures,
        outlets=choices.outlets(staff, right),
        managers=choices.managers(
            staff, right, day=day, outlet=request.GET.get("outlet", ""), chosen=request.GET.get("manager", "")
        ),
        bands=bands(day),
        segments=segments_offered(staff) if staff.may(Permission.SEGMENT_READ) else (),
    )
    filters: dict[str, Any] = {}
    for form in (main, more):
        filters |= understood(form)
    filters |= {TEXT: number.text} if number else {}
    rows = customers_matching(filters, staff=staff, day=day, right=right)
    default = DEFAULT_SORT if Permission.HOLDING_READ in figures else BY_NAME
    columns = tables.customers(figures)
    sort = ListPage(request, (), columns=columns, default=default).sort
    listed = ListedCustomers(rows.none() if number and not number.text else rows, sort)
    page = ListPage(request, listed, columns=columns, default=default, total=len(listed))
    return Asked(main=main, more=more, listed=listed, page=page, day=day, number=number, figures=figures)


def rows_of(wanted: Asked, request: HttpRequest) -> list[Row]:
    """The lines of the page; each name leads to the customer and remembers the list and the place in it."""
    first = wanted.page.page.start_index()
    trail, assignable = _trail(request), _assignable(request.user, wanted.page.page)
    return [
        Row(
            customer=customer,
            url=f"{reverse('desk:customer', args=[customer.pk])}?{urlencode({LIST: trail, 'n': place})}",
            may_assign=customer.pk in assignable,
            holding=getattr(customer, "holding", None),
            standing=getattr(customer, "loyalty", None),
        )
        for place, customer in enumerate(wanted.page.page, first)
    ]


def _assignable(person: Staff, rows: Iterable[Customer]) -> set[int]:
    """Whom of these one may hand over: a role that reads need not assign."""
    numbers = [row.pk for row in rows]
    if _reaches_alike(person, Permission.PORTFOLIO_ASSIGN):
        return set(numbers)
    if not person.may(Permission.PORTFOLIO_ASSIGN):
        return set()
    reached = Customer.objects.visible_to(person, Permission.PORTFOLIO_ASSIGN).filter(pk__in=numbers)
    return set(reached.values_list("pk", flat=True))


def _reaches_alike(person: Staff, right: Permission) -> bool:
    """Whether a right comes from the very roles by which one reads the list."""
    return person.reaching(right) == person.reaching(Permission.CUSTOMER_READ)


def _reached(request: HttpRequest, wanted: Asked, right: Permission) -> ListedCustomers:
    """The part of the list whom another right reaches; nothing is asked again where that is the whole."""
    return wanted.listed if _reaches_alike(request.user, right) else asked(request, right=right).listed


def _trail(request: HttpRequest) -> str:
    """The list of this address, whichever page of it one looks at."""
    query = request.GET.copy()
    for name in (PAGE, SIZE):
        query.pop(name, None)
    return query.urlencode()


def _show(request: HttpRequest, wanted: Asked, *, export: ExportForm | None = None) -> HttpResponse:
    person: Staff = request.user
    may_export, may_assign = person.may(Permission.CUSTOMER_EXPORT), person.may(Permission.PORTFOLIO_ASSIGN)
    leaving = _reached(request, wanted, Permission.CUSTOMER_EXPORT) if may_export else None
    moving = _reached(request, wanted, Permission.PORTFOLIO_ASSIGN) if may_assign else None
    is_long = leaving is not None and needs_approval(leaving, on=timezone.localdate())
    context = {
        "list": wanted.page,
        "listed": wanted.listed,
        "rows": rows_of(wanted, request),
        "is_unreadable": wanted.is_unreadable,
        "filter": wanted.main,
        "more": wanted.more,
        "more_is_open": any(wanted.more[name].value() for name in wanted.more.fields),
        "is_filtered": any(form[name].value() for form in (wanted.main, wanted.more) for name in form.fields),
        "total_cents": wanted.listed.average_cents(),
        "columns_before": 3 if Permission.RESULT_READ in wanted.figures else 1,
        "export_url": f"{reverse('desk:customer_export')}?{request.GET.urlencode()}",
        "export": export or ExportForm(),
        "export_verb": _("Ask for it") if is_long else _("Export"),
        "needs_approval": is_long,
        "fetches": not is_long,
        "may_export": may_export,
        "leaving_count": len(leaving) if leaving is not None and leaving is not wanted.listed else None,
        "may_assign": may_assign,
        "moving_count": len(moving) if moving is not None else 0,
        "sees_holdings": Permission.HOLDING_READ in wanted.figures,
        "sees_results": Permission.RESULT_READ in wanted.figures,
        "all_url": f"{reverse('desk:hand_over')}?{urlencode({LIST: _trail(request)})}",
        "most": MOST_HANDED_OVER,
        "day": wanted.day,
        "views": views_of(person),
        "view_query": (query := kept_query(request.GET.lists(), LEFT_OUT)),
        "view_form": ViewForm(initial={"query": query}),
    }
    form = export if export is not None and export.errors else None
    return answer(request, "desk/customer_list.html", context, form=form, fragment="desk/_customers.html")
