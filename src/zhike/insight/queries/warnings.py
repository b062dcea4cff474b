"""Warnings of churn as far as somebody reaches the customers, and what the model says of one (M-03)."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import QuerySet

from zhike.analytics.engine import Value
from zhike.customers.models import Customer
from zhike.facts import api as facts
from zhike.insight.models import ChurnWarning, RegisteredModel, Scoring
from zhike.insight.queries import cards
from zhike.insight.queries.model_words import ReasonWords, reasons
from zhike.staff.models import Staff


@dataclass(frozen=True, slots=True)
class Outlook:
    """What the model in use says of a customer; `risk` is None of one who is not at risk or not yet scored."""

    model: RegisteredModel
    scoring: Scoring
    risk: float | None
    reasons: list[ReasonWords]
    warning: ChurnWarning | None


def visible(person: Staff) -> QuerySet[ChurnWarning]:
    """The warnings of the customers a person reaches."""
    return ChurnWarning.objects.filter(customer__in=Customer.objects.visible_to(person)).select_related(
        "customer",
        "customer__outlet",
        "customer__manager",
        "task",
        "task__owner",
        "closed_by",
        "scoring__model",
    )


def may_answer(person: Staff, warning: ChurnWarning) -> bool:
    """Whether a person was asked: by name, or as one of the unit where nobody is named."""
    if warning.task is None:
        return False
    if warning.task.owner_id is not None:
        return bool(warning.task.owner_id == person.pk)
    return warning.task.unit_id in person.unit_ids()


def outlook(customer_id: int) -> Outlook | None:
    """What is said of a customer whom the caller has looked for in scope; None without a model in use or a scoring."""
    scoring = cards.last_scoring()
    if scoring is None or not scoring.path or not facts.full_path(scoring.path).exists():
        return None
    with facts.engine() as duck:
        duck.view("scores", [facts.full_path(scoring.path)])
        rows = duck.fetch(
            "SELECT * FROM scores WHERE customer_id = :customer_id", {"customer_id": customer_id}
        )
        names = duck.columns("scores")
    warning = ChurnWarning.objects.filter(customer=customer_id).order_by("-raised_on", "-pk").first()
    if not rows:
        return Outlook(scoring.model, scoring, None, [], warning)
    found = dict(zip(names, rows[0], strict=True))
    return Outlook(scoring.model, scoring, float(found["risk"]), reasons(_kept(found)), warning)


def _kept(found: dict[str, Value]) -> list[dict[str, Value]]:
    places = [place for place in range(1, len(found)) if found.get(f"reason_{place}")]
    return [
        {"code": found[f"reason_{place}"], "told": found[f"told_{place}"], "part": found[f"part_{place}"]}
        for place in places
    ]
