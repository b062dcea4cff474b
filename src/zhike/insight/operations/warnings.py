"""Warnings of churn: raised with a task for whoever looks after the customer, answered or set aside by a person (M-03).

Nothing is decided about a customer by a score: a warning asks a person to look, and the person says what came of it
(PIPL art. 24).
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import numpy as np
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from zhike.analytics import foresight
from zhike.analytics.foresight import Known, Model
from zhike.analytics.logistic import Numbers
from zhike.core import audit, calendar, parameters
from zhike.core.errors import DomainError
from zhike.core.models import Task, TaskState
from zhike.core.operations import tasks
from zhike.core.sentences import Sentence
from zhike.customers.models import Customer
from zhike.insight.models import ChurnWarning, Scoring
from zhike.insight.models.foresee import NEXT_WARNING_STATE, WarningState
from zhike.insight.queries.warnings import may_answer

SOURCE = "insight.churn"
NOTE_LENGTH = 500
_PERCENT = 100
_AT_ONCE = 5_000


class WarningRefused(DomainError):
    pass


@dataclass(frozen=True, slots=True)
class Scored:
    """The customers at risk with their chances, in one order."""

    model: Model
    known: Known
    chances: Numbers


@transaction.atomic
def raise_warnings(*, scoring: Scoring, scored: Scored, now: datetime) -> int:
    """Warn of the customers whose chance reaches `insight.churn_threshold`, the highest first: at most
    `insight.churn_tasks` a run for one person, or for an outlet where nobody looks after them. Returns how many.

    Nobody is warned of while a warning is open, nor within `insight.churn_quiet_days` of one that was closed.
    """
    on = timezone.localdate(now)
    threshold = parameters.value("insight.churn_threshold", on=on) / _PERCENT
    most = int(parameters.value("insight.churn_tasks", on=on))
    quiet = _quiet_since(on, now)
    parts = scored.model.parts(scored.known)
    rows = [
        int(row) for row in np.argsort(-scored.chances, kind="stable") if scored.chances[row] >= threshold
    ]
    asked: Counter[tuple[int | None, int]] = Counter()
    count = 0
    for at in range(0, len(rows), _AT_ONCE):
        few = {scored.known.customer_ids[row]: row for row in rows[at : at + _AT_ONCE]}
        people = Customer.objects.filter(closed_on=None).select_related("manager").in_bulk(few)
        for customer_id, row in few.items():
            customer = people.get(customer_id)
            if customer is None or customer_id in quiet:
                continue
            whose = (customer.manager_id, 0 if customer.manager_id else customer.outlet_id)
            if asked[whose] < most:
                asked[whose] += 1
                reasons = foresight.reasons(scored.model, scored.known, parts, row)
                _warn(customer, scoring, float(scored.chances[row]), reasons, now=now)
                count += 1
    return count


@transaction.atomic
def answer_warning(*, warning_id: int, state: str, note: str, by: Any, now: datetime) -> ChurnWarning:
    """Record what came of a warning, or set it aside because it is wrong; its task is answered with it.

    Refuses an empty note, an unknown result, a closed warning, and whoever was not asked.
    """
    warning = ChurnWarning.objects.select_for_update().get(pk=warning_id)
    if state not in WarningState.values or state == WarningState.OPEN:
        raise WarningRefused(_("Choose what came of it."))
    if WarningState(state) not in NEXT_WARNING_STATE[WarningState(warning.state)]:
        raise WarningRefused(_("This warning is already closed."))
    if not may_answer(by, warning):
        raise WarningRefused(_("Only who was asked says what came of a warning."))
    if not note.strip():
        raise WarningRefused(_("Say what was found, or why the warning is wrong."))
    if len(note.strip()) > NOTE_LENGTH:
        raise WarningRefused(_("A note has at most %(count)s characters.") % {"count": NOTE_LENGTH})
    action = "churn_warning.set_aside" if state == WarningState.SET_ASIDE else "churn_warning.answered"
    with audit.change(warning, action, by=by, at=now):
        warning.state, warning.note = state, note.strip()
        warning.closed_by, warning.closed_at = by, now
        warning.version += 1
        warning.save()
    if warning.task_id and Task.objects.filter(pk=warning.task_id, state=TaskState.OPEN).exists():
        words = f"{WarningState(state).label}: {note.strip()}"
        tasks.close_task(task_id=warning.task_id, result=words, by=by, now=now)
    return warning


def _quiet_since(on: date, now: datetime) -> set[int]:
    days = int(parameters.value("insight.churn_quiet_days", on=on))
    still = ChurnWarning.objects.filter(state=WarningState.OPEN) | ChurnWarning.objects.filter(
        closed_at__gt=now - timedelta(days=days)
    )
    return set(still.values_list("customer_id", flat=True))


def _warn(
    customer: Customer, scoring: Scoring, risk: float, reasons: tuple[foresight.Reason, ...], *, now: datetime
) -> None:
    on, by = timezone.localdate(now), scoring.model.used_by
    warning = ChurnWarning(
        customer=customer, outlet_id=customer.outlet_id, scoring=scoring, risk=risk, raised_on=on,
        reasons=[{"code": each.code, "told": each.told, "part": each.part} for each in reasons],
    )  # fmt: skip
    with audit.change(warning, "churn_warning.raised", by=None, at=now):
        warning.save()
    warning.task = tasks.ask_task(
        title=Sentence("churn.keep", {"customer": customer.customer_no, "risk": f"{risk:.0%}"}),
        text=Sentence("churn.why", {"reasons": {"INPUT": [each.code for each in reasons]}}),
        unit_id=customer.outlet_id, owner=customer.manager, customer_id=customer.pk,
        due_on=calendar.due_day(on, parameters.value("insight.churn_due_days", on=on)),
        source_key=f"{SOURCE}:{warning.pk}", by=by, now=now,
    )  # fmt: skip
    warning.save(update_fields=["task"])
