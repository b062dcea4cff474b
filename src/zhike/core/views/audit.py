"""The audit trail: who did, saw or was refused what; and whether the chain holds."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any

from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from zhike.core.access.guard import requires
from zhike.core.access.permissions import Permission
from zhike.core.forms import AuditFilter
from zhike.core.lists import Column, ListPage, understood
from zhike.core.models import AuditCheckpoint, AuditEvent
from zhike.core.models.audit import LABEL_NAMES, NAMES, AuditEvents
from zhike.core.queries.audit_problems import sentences_of
from zhike.core.queries.audit_words import changes_of, told
from zhike.core.ui import answer

SHOWN_APART = {"changes", "problems", NAMES, LABEL_NAMES}
"""Parts of an event's detail that have a place of their own on its page."""
COLUMNS = [
    Column("when", _("When"), sort=("id",)),
    Column("actor", _("Person")),
    Column("action", _("Action")),
    Column("object", _("Concerning")),
    Column("outcome", _("Outcome")),
    Column("reason", _("Reason")),
]


@requires(Permission.AUDIT_READ)
def trail(request: HttpRequest) -> HttpResponse:
    form = AuditFilter(request.GET)
    chosen = understood(form)
    list_page = ListPage(request, _matching(chosen), columns=COLUMNS, default="-when")
    context = {
        "list": list_page,
        "rows": told(list_page.page),
        "filter": form,
        "checkpoint": AuditCheckpoint.objects.order_by("-size").first(),
        "verified": AuditEvent.objects.filter(action="audit.verified").order_by("-id").first(),
    }
    return answer(request, "core/audit.html", context, fragment="core/_audit.html")


@requires(Permission.AUDIT_READ)
def event(request: HttpRequest, pk: int) -> HttpResponse:
    row = get_object_or_404(AuditEvent.objects.select_related("seal"), pk=pk)
    others = {name: value for name, value in row.detail.items() if name not in SHOWN_APART}
    context = {
        "event": row,
        "told": told([row])[0],
        "changes": changes_of(row),
        "problems": sentences_of(row.detail.get("problems", [])),
        "others": others,
        "seal": getattr(row, "seal", None),
    }
    return answer(request, "core/audit_event.html", context)


def _matching(chosen: dict[str, Any]) -> AuditEvents:
    rows = AuditEvent.objects.all()
    if chosen.get("actor"):
        rows = rows.filter(actor__icontains=chosen["actor"])
    if chosen.get("action"):
        rows = rows.filter(action=chosen["action"])
    if chosen.get("customer"):
        rows = rows.filter(_about(chosen["customer"]))
    if chosen.get("outcome"):
        rows = rows.with_outcome(chosen["outcome"])
    if chosen.get("first"):
        rows = rows.filter(recorded_at__gte=_midnight(chosen["first"]))
    if chosen.get("last"):
        rows = rows.filter(recorded_at__lt=_midnight(chosen["last"] + timedelta(days=1)))
    return rows


def _about(number: str) -> Q:
    """Events of a customer, whom the audit knows by an inner number and by what its own events are named."""
    named = AuditEvent.objects.filter(object_type="customers.customer", object_label=number)
    return Q(customer_id__in=named.values("customer_id")) | Q(object_label__startswith=number)


def _midnight(day: Any) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))
