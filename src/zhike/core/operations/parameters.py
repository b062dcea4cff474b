"""Changing a rule's number: proposed with a reason and a day, in force only by another person's approval."""

from __future__ import annotations

from datetime import date, datetime
from itertools import pairwise
from typing import Any

from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from zhike.core import audit, parameters
from zhike.core.errors import DomainError, Stale
from zhike.core.models import Approval, Parameter, ParameterOrigin
from zhike.core.operations import approvals
from zhike.core.sentences import Sentence

KIND = "core.parameter"


class ParameterRefused(DomainError):
    pass


@transaction.atomic
def propose_parameter(
    *, parameter_id: int, value: Any, valid_from: date, reason: str, by: Any, now: datetime
) -> Approval:
    """Propose another value from a day on. Refuses a day in the past, the same value, and another type."""
    current = Parameter.objects.get(pk=parameter_id)
    if valid_from < timezone.localdate(now):
        raise ParameterRefused(_("A value can change from today on, not in the past."))
    if type(value) is not type(current.value):
        raise ParameterRefused(_("The new value must be of the same kind as the present one."))
    if value == current.value:
        raise ParameterRefused(_("This is the present value."))
    _demand_in_range(value, code=current.code)
    payload = {"old": current.value, "new": value, "valid_from": valid_from.isoformat()}
    return approvals.propose(kind=KIND, subject=current, payload=payload, reason=reason, by=by, now=now)


def _demand_in_range(value: Any, *, code: str) -> None:
    least, most = parameters.range_of(code)
    numbers = parameters.numbers_in(value)
    if not all(number >= least for number in numbers):
        raise ParameterRefused(_("The value must be at least %(least)s.") % {"least": least})
    if not all(number <= most for number in numbers):
        raise ParameterRefused(_("The value must be at most %(most)s.") % {"most": most})
    if any(following <= number for number, following in pairwise(numbers)):
        raise ParameterRefused(_("The numbers must rise from one to the next."))


@transaction.atomic
def change_parameter(*, approval: Approval, by: Any, now: datetime) -> Parameter:
    """Carry out an approved proposal: a new dated row; the old row stays. Raises Stale.

    Refuses a value that has left the range since it was proposed.
    """
    current = Parameter.objects.get(pk=approval.subject_id)
    _demand_in_range(approval.payload["new"], code=current.code)
    _lock(current.code)
    newest = (
        Parameter.objects.filter(code=current.code, scope=current.scope)
        .order_by("-valid_from", "-id")
        .first()
    )
    if newest is None or newest.pk != current.pk or current.value != approval.payload["old"]:
        raise Stale(Sentence("parameter.changed_meanwhile"))
    row = Parameter(
        code=current.code, scope=current.scope, unit=current.unit, source=current.source,
        origin=ParameterOrigin.BANK, value=approval.payload["new"],
        valid_from=date.fromisoformat(approval.payload["valid_from"]),
        reason=approval.reason, changed_by=f"{approval.proposed_by.staff_no} {approval.proposed_by.name}",
        changed_at=now,
    )  # fmt: skip
    with audit.change(row, "parameter.changed", by=by, at=now, reason=approval.reason):
        row.save()
    return row


def _lock(code: str) -> None:
    # The register is append-only: nobody may lock its rows, so two changes of one code queue up here.
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [f"core.parameter:{code}"])
