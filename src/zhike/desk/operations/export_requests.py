"""Longer lists leave by another person's decision: asked for, allowed for some days, fetched (L-33)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from zhike.core import audit, parameters
from zhike.core.models import Approval
from zhike.core.operations import approvals
from zhike.desk.models import ExportRequest, ExportState
from zhike.desk.operations.exports import ExportRefused, Workbook, demand_reason, demand_whole, write_list
from zhike.desk.queries.customer_list import ListedCustomers
from zhike.staff.models import Staff

KIND = "desk.export"


@transaction.atomic
def ask_for_export(
    *,
    query: str,
    listed: ListedCustomers,
    filters: Sequence[tuple[str, str]],
    reason: str,
    by: Staff,
    now: datetime,
) -> ExportRequest:
    """Put a list that is longer than `export.approval_rows` before whoever may allow it.

    Refuses an empty reason, and a list that is longer than anybody can page through.
    """
    demand_reason(reason)
    demand_whole(listed)
    request = ExportRequest(
        query=query, filters=[list(pair) for pair in filters], row_count=len(listed), reason=reason.strip(),
        asked_by=by, asked_at=now,
    )  # fmt: skip
    with audit.change(request, "export.asked", by=by, at=now, reason=reason):
        request.save()
    payload = {"rows": request.row_count, "filters": request.filters}
    approvals.propose(kind=KIND, subject=request, payload=payload, reason=reason, by=by, now=now)
    return request


def allow_export(*, approval: Approval, by: Staff, now: datetime) -> ExportRequest:
    """Carry out an approved request: from now on, for `export.valid_days`, the list may be fetched."""
    request = ExportRequest.objects.select_for_update().get(pk=approval.subject_id)
    today = timezone.localdate(now)
    with audit.change(request, "export.allowed", by=by, at=now):
        request.state = ExportState.ALLOWED
        request.until = today + timedelta(days=parameters.value("export.valid_days", on=today))
        request.save()
    return request


def refuse_export(*, approval: Approval, by: Staff, now: datetime) -> None:
    """Hear of a rejected or withdrawn proposal; of other kinds too, which concern nobody here."""
    if approval.kind != KIND:
        return
    request = ExportRequest.objects.select_for_update().get(pk=approval.subject_id)
    with audit.change(request, "export.refused", by=by, at=now):
        request.state = ExportState.REFUSED
        request.save()


@transaction.atomic
def fetch_export(*, request_id: int, listed: ListedCustomers, by: Staff, now: datetime) -> Workbook:
    """The allowed list as it is now, as often as needed until its last day; each time is recorded.

    Refuses a request that is not allowed or whose days are over, and a list that has become longer than
    what was allowed.
    """
    request = ExportRequest.objects.select_for_update().get(pk=request_id, asked_by=by)
    if not request.may_be_fetched(timezone.localdate(now)):
        raise ExportRefused(_("This list may not be fetched, or not any more. Ask again."))
    if len(listed) > request.row_count:
        raise ExportRefused(
            _("The list now has %(now)s rows, and %(allowed)s were allowed. Ask again.")
            % {"now": len(listed), "allowed": request.row_count}
        )
    request.fetched_at = now
    request.save(update_fields=["fetched_at"])
    filters = [(label, text) for label, text in request.filters]
    return write_list(listed=listed, filters=filters, reason=request.reason, by=by, now=now)
