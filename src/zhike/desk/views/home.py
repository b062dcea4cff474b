"""The first page of the day, put together by what a person may do."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from zhike.core import formats, parameters, proposals
from zhike.core.access.guard import opens, requires
from zhike.core.access.permissions import Permission, Scope
from zhike.core.models import Approval
from zhike.core.navigation import Group, Link
from zhike.core.queries import approvals
from zhike.core.ui import Shell, answer
from zhike.desk import tables
from zhike.desk.enums import ScoreChange
from zhike.desk.queries import choices
from zhike.desk.queries import home as mine
from zhike.desk.queries.business_day import business_day
from zhike.desk.queries.shown import month_change
from zhike.loyalty.api import (
    Direction,
    FollowedTotal,
    ManagerTotal,
    changed,
    contacts_due,
    followed_totals,
    in_detail,
    manager_totals,
    open_first,
    outlet_totals,
    published_run,
    waiting_runs,
)
from zhike.loyalty.enums import Measure
from zhike.loyalty.models import Run
from zhike.staff.api import tasks_asked_of
from zhike.staff.models import Staff

CHANGES = 8
ASKED = 20
RETURNED = 20
SUMMED = ("changed_count", "fell_count", "rose_count", "new_count", "followed_count", "waiting_count")


@requires(Permission.WORK_OPEN)
@require_GET
def home(request: HttpRequest) -> HttpResponse:
    person: Staff = request.user
    run, day, today = published_run(), business_day(), timezone.localdate()
    links = Shell(request).links
    context: dict[str, Any] = {
        "today": today,
        "today_text": _("%(weekday)s, %(day)s")
        % {"weekday": date_format(today, "l"), "day": formats.day_in_words(today)},
        "day": day,
        "run": run,
        "tasks": tasks_asked_of(person).order_by("due_on", "pk")[: mine.ROWS],
        "waiting": _proposals(person) if approvals.kinds_decided_by(person) else None,
        "returned": _returned(person),
        "runs_waiting": waiting_runs(person)[: mine.ROWS],
        "system": [link for link in links if link.group is Group.SYSTEM],
    }
    if _keeps_customers(person):
        context |= _portfolio(person, run, day)
    elif person.may(Permission.CUSTOMER_READ):
        context |= _leader(person, run)
    elif person.may(Permission.RESULT_COUNT):
        context |= _totals(person, run)
    else:
        context |= _post(person, links)
    return answer(request, "desk/home.html", context)


def _proposals(person: Staff) -> list[tuple[Approval, str]]:
    rows = list(approvals.waiting_for(person)[: mine.ROWS])
    return list(zip(rows, proposals.titles(rows), strict=True))


def _returned(person: Staff) -> list[tuple[Approval, str, str]]:
    """What came back last, each with its title and where it is mended, if the person may go there."""
    rows = list(approvals.returned_to(person)[:RETURNED])
    mends = [link if link and opens(person, link) else "" for link in proposals.mend_links(rows)]
    return list(zip(rows, proposals.titles(rows), mends, strict=True))


def _keeps_customers(person: Staff) -> bool:
    reading = person.reaching(Permission.CUSTOMER_READ)
    return any(held.definition.scope is Scope.PORTFOLIO for held in reading)


def _portfolio(person: Staff, run: Run | None, day: date) -> dict[str, Any]:
    """The customers one keeps: who changed, what falls due, what leaves."""
    figures, today = mine.portfolio_figures(person, run=run, day=day), timezone.localdate()
    rows = in_detail(open_first(changed(person, run))[:CHANGES], run) if run else []
    return {
        "figures": figures,
        "month": month_change(figures.aum_cents, figures.aum_before_cents),
        "rows": rows,
        "counts": {"WAITING": sum(row.follow_up is None for row in rows)},
        "may_follow": person.may(Permission.CHANGE_FOLLOW),
        "direction": Direction.FELL,
        "watch": Measure.WATCH,
        "contacts_due": contacts_due(person, on=today)[:CHANGES],
        "maturing": mine.maturing(person, day=day, today=today)[: mine.ROWS],
        "maturing_days": parameters.value("desk.maturing_days", on=today),
        "outflows": mine.outflows(person, day=day)[: mine.ROWS],
        "outflow_percent": parameters.value("desk.outflow_percent", on=day),
    }


def _leader(person: Staff, run: Run | None) -> dict[str, Any]:
    """Those who lead: totals by outlet, each leading to its customers; by account manager for the head of one."""
    is_one = choices.outlets(person, Permission.RESULT_READ).count() == 1
    totals: list[FollowedTotal] | list[ManagerTotal] = []
    if run:
        totals = manager_totals(run, person) if is_one else followed_totals(run, person)
    title = _("Changed customers by account manager") if is_one else _("Changed customers by outlet")
    return {
        "totals": [_line(total) for total in totals],
        "totals_title": title,
        "total_heads": tables.plain(
            _("Account manager") if is_one else _("Outlet"),
            _("Changed"),
            _("Fell"),
            _("Rose"),
            _("New"),
            _("Followed up"),
            _("Waiting"),
            numbers=range(1, 7),
        ),
        "total_sums": [sum(getattr(total, name) for total in totals) for name in SUMMED],
    }


def _line(total: FollowedTotal | ManagerTotal) -> tuple[str, str, list[int]]:
    """A row of totals: whose, where its customers are listed, and the counts."""
    if isinstance(total, ManagerTotal):
        name = total.manager.name if total.manager else _("No account manager")
        chosen = f"manager={total.manager.pk if total.manager else 0}"
    else:
        name, chosen = str(total.outlet), f"outlet={total.outlet.pk}"
    url = f"{reverse('desk:customers')}?{chosen}&change={ScoreChange.CHANGED}&sort=change"
    return name, url, [getattr(total, each) for each in SUMMED]


def _totals(person: Staff, run: Run | None) -> dict[str, Any]:
    """Those who may see totals only: small cells are hidden, and nothing leads to names."""
    return {
        "counts": outlet_totals(run, person) if run else [],
        "count_heads": tables.plain(
            _("Outlet"),
            _("Customers"),
            _("Changed"),
            _("Moved up"),
            _("Moved down"),
            _("Within the tier"),
            _("New"),
            _("Lost"),
            numbers=range(1, 8),
        ),
    }


def _post(person: Staff, links: list[Link]) -> dict[str, Any]:
    """Those who open neither customers nor totals: what is asked of them, and what their post may do here."""
    return {
        "posts": person.assignments,
        "open_pages": [link for link in links if link.group is Group.ASIDE],
        "asked": tasks_asked_of(person).order_by("due_on", "pk")[:ASKED],
        "asked_heads": tables.plain(_("Task"), _("Asked by"), _("Due"), _("State")),
    }
