"""What a study of value adds to the portrait, so that segments may ask for it (L-29, T-27, T-28, M-27)."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from django.utils.translation import gettext_lazy as _

from zhike.analytics.portrait import Dimension, Field, Kind, Unit
from zhike.facts import api as facts
from zhike.insight.enums import RfmCell, Standing
from zhike.insight.queries import value_studies
from zhike.insight.queries.sources import FieldWords, Provided, Source

CODE = "VALUE"
_PPM = "whole(CAST({} * 1e6 + 0.5e0 AS DOUBLE))"
_TIMES = "whole(CAST({} + 0.5e0 AS DOUBLE))"
_COLUMNS = {
    "CLV": "CASE WHEN card_value_cents IS NOT NULL OR investment_value_cents IS NOT NULL"
    " THEN COALESCE(card_value_cents, 0) + COALESCE(investment_value_cents, 0) END",
    "CARD_ALIVE": _PPM.format("card_alive"),
    "CARD_EXPECTED": _TIMES.format("card_expected_count"),
    "INVESTMENT_ALIVE": _PPM.format("investment_alive"),
    "INVESTMENT_EXPECTED": _TIMES.format("investment_expected_count"),
    "RFM_CELL": "cell",
    "RFM_CODE": "r_class * 100 + f_class * 10 + m_class",
    "AUM_BAND": "end_band",
    "STANDING": "state",
}
FIELDS = (
    Field("CLV", Dimension.PURCHASE, Kind.MONEY, CODE),
    Field("CARD_ALIVE", Dimension.PURCHASE, Kind.SHARE, CODE),
    Field("CARD_EXPECTED", Dimension.PURCHASE, Kind.NUMBER, CODE, Unit.TIMES),
    Field("INVESTMENT_ALIVE", Dimension.PURCHASE, Kind.SHARE, CODE),
    Field("INVESTMENT_EXPECTED", Dimension.PURCHASE, Kind.NUMBER, CODE, Unit.TIMES),
    Field("RFM_CELL", Dimension.PURCHASE, Kind.CHOICE, CODE, codes=tuple(RfmCell.values)),
    Field("RFM_CODE", Dimension.PURCHASE, Kind.NUMBER, CODE),
    Field("AUM_BAND", Dimension.ACCOUNT, Kind.NUMBER, CODE),
    Field("STANDING", Dimension.ACCOUNT, Kind.CHOICE, CODE, codes=tuple(Standing.values)),
)
_CHANCE = _("Of those who have ever bought; by the model of the last study of value")
_AHEAD = _("Days with a purchase within a year, as the model expects")
WORDS = {
    "CLV": FieldWords(
        _("Value still to come"),
        _("Of card payments and investments: expected purchases times spend and margin, discounted"),
    ),
    "CARD_ALIVE": FieldWords(_("Chance to be still paying by card"), _CHANCE),
    "CARD_EXPECTED": FieldWords(_("Days with card payments expected in a year"), _AHEAD),
    "INVESTMENT_ALIVE": FieldWords(_("Chance to be still buying investments"), _CHANCE),
    "INVESTMENT_EXPECTED": FieldWords(_("Days with investments bought expected in a year"), _AHEAD),
    "RFM_CELL": FieldWords(
        _("RFM cell"),
        _("How lately, how often and how much, each against the mean of the business type"),
        dict(RfmCell.choices),
    ),
    "RFM_CODE": FieldWords(
        _("RFM code"), _("Classes of recency, frequency and money, 111 to 555; fifths of the business type")
    ),
    "AUM_BAND": FieldWords(
        _("Asset band"), _("1 is the lowest; the bounds stand on the page of value under how customers stand")
    ),
    "STANDING": FieldWords(
        _("How the customer stands"),
        _("Against a year before, by the gravest that is true"),
        dict(Standing.choices),
    ),
}


def _state() -> str:
    study = value_studies.current()
    return str(study.pk) if study else ""


def _provide(stem: Path, as_of: date) -> Provided:
    study = value_studies.current()
    if study is None or study.as_of > as_of or not facts.full_path(study.path).exists():
        return Provided()  # of an earlier day the values of today say nothing
    columns = ", ".join(f"CAST({_COLUMNS[field.code]} AS {field.type}) AS {field.column}" for field in FIELDS)
    written = facts.beside(stem, CODE.lower())
    with facts.engine() as duck:
        duck.view("kept", [facts.full_path(study.path)])
        duck.write(f"SELECT customer_id, {columns} FROM kept", {}, written)
    return Provided((written,), study.as_of, "")


SOURCE = Source(CODE, _("Study of value"), FIELDS, WORDS, _state, _provide)
