"""A customer asks that a person looks at the tier again (K-10; Personal Information Protection Law, art. 24)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from zhike.core import audit, calendar, formats, parameters
from zhike.core.errors import DomainError
from zhike.core.models import Task
from zhike.core.operations import tasks
from zhike.core.sentences import Sentence
from zhike.customers.models import Customer
from zhike.loyalty.models import Run
from zhike.loyalty.operations.holding import hold_customer
from zhike.loyalty.queries.reviews import open_review, review_key
from zhike.loyalty.queries.run_states import accountable_for

DAYS_PARAMETER = "loyalty.review_days"


class ReviewRefused(DomainError):
    pass


@transaction.atomic
def ask_review(*, customer_id: int, run_id: int, words: str, by: Any, now: datetime) -> Task:
    """Ask the department that answers for the evaluation to look at a customer's tier again, in the customer's words.

    The task is due in `loyalty.review_days` working days. Refuses empty words, and a second request while one is open.
    """
    if not words.strip():
        raise ReviewRefused(_("Write down what the customer asks."))
    hold_customer(customer_id)
    if waiting := open_review(customer_id):
        raise ReviewRefused(
            _("A review is asked already; it is due on %(day)s.") % {"day": formats.day(waiting.due_on)}
        )
    run = Run.objects.get(pk=run_id)
    customer = Customer.objects.get(pk=customer_id)
    answers = accountable_for(run)
    if answers is None or answers.unit_id is None:
        raise ReviewRefused(_("Nobody answers for this evaluation; ask the customer department."))
    on = timezone.localdate(now)
    audit.record("review.asked", by=by, at=now, row=run, customer_id=customer_id)
    return tasks.ask_task(
        title=Sentence("review.asked", {"customer": customer.customer_no, "period": run.period}),
        text=Sentence("review.words", {"words": words.strip()}),
        unit_id=answers.unit_id, customer_id=customer_id,
        due_on=calendar.due_day(on, parameters.value(DAYS_PARAMETER, on=on)),
        source_key=f"{review_key(customer_id)}{now.timestamp():.0f}", by=by, now=now,
    )  # fmt: skip
