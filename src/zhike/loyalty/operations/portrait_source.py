"""What loyalty adds to the portrait of the customers: where each stands by the last published evaluation."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from django.utils.translation import gettext_lazy as _

from zhike.analytics.portrait import Dimension, Field, Kind, Unit
from zhike.facts import api as facts
from zhike.insight.api import FieldWords, Provided, Source, copy_query
from zhike.loyalty.enums import Movement, RunState, Tier
from zhike.loyalty.models import Run

CODE = "LOYALTY"
FIELDS = (
    Field("TIER", Dimension.LOYALTY, Kind.CHOICE, CODE, codes=tuple(Tier.values)),
    Field("SCORE", Dimension.LOYALTY, Kind.POINTS, CODE, Unit.POINTS),
    Field("SCORE_CHANGE", Dimension.LOYALTY, Kind.POINTS, CODE, Unit.POINTS),
    Field("MOVEMENT", Dimension.LOYALTY, Kind.CHOICE, CODE, codes=tuple(Movement.values)),
    Field("TIER_MONTHS", Dimension.LOYALTY, Kind.NUMBER, CODE, Unit.MONTHS),
)
WORDS = {
    "TIER": FieldWords(
        _("Loyalty tier"), _("By the last published evaluation, with tiers set by hand"), dict(Tier.choices)
    ),
    "SCORE": FieldWords(_("Loyalty score"), _("0 to 100, by the last published evaluation")),
    "SCORE_CHANGE": FieldWords(_("Change of the score"), _("Points against the evaluation before")),
    "MOVEMENT": FieldWords(
        _("How the tier came about"), _("By the last published evaluation"), dict(Movement.choices)
    ),
    "TIER_MONTHS": FieldWords(_("Months at this tier"), _("Completed months since the tier was reached")),
}


def _published() -> Run | None:
    return Run.objects.filter(state=RunState.PUBLISHED).order_by("-as_of", "-published_at").first()


def _state() -> str:
    run = _published()
    return str(run.pk) if run else ""


def _provide(stem: Path, as_of: date) -> Provided:
    run = _published()
    if run is None or run.as_of > as_of:
        return Provided()  # of an earlier day the standings of today say nothing
    since = f"age(GREATEST(DATE '{as_of:%Y-%m-%d}', since_on), since_on)"
    query = f"""
        SELECT customer_id, tier, score, score_change, movement,
               extract(year FROM {since})::bigint * 12 + extract(month FROM {since})::bigint
          FROM loyalty_standing"""
    shape = [("customer_id", "BIGINT"), *((field.column, field.type) for field in FIELDS)]
    return Provided((copy_query(query, shape, facts.beside(stem, CODE.lower())),), run.as_of, run.period)


SOURCE = Source(CODE, _("Loyalty evaluation"), FIELDS, WORDS, _state, _provide)
