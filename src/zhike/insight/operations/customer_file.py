"""What the customer file adds to the portrait: traits that are no identification by themselves (M-25).

A birthday becomes an age band here and never leaves the database otherwise.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path

from django.utils.translation import gettext_lazy as _

from zhike.analytics.portrait import Dimension, Field, Kind
from zhike.customers.enums import Sex
from zhike.facts import api as facts
from zhike.insight.operations import files
from zhike.insight.queries.sources import FieldWords, Provided, Source

CODE = "CUSTOMER_FILE"
BANDS = {
    "UNDER_18": 18, "FROM_18": 25, "FROM_25": 35, "FROM_35": 45, "FROM_45": 55, "FROM_55": 65, "FROM_65": 75,
}  # fmt: skip
"""Age bands by the age at which the next one begins."""
LAST_BAND = "FROM_75"

FIELDS = (
    Field("AGE_BAND", Dimension.BASIC, Kind.CHOICE, CODE, codes=(*BANDS, LAST_BAND)),
    Field("SEX", Dimension.BASIC, Kind.CHOICE, CODE, codes=("M", "F")),
    Field("REGION", Dimension.BASIC, Kind.WORD, CODE),
    Field("OCCUPATION", Dimension.BASIC, Kind.WORD, CODE),
    Field("INDUSTRY", Dimension.BASIC, Kind.WORD, CODE),
)

WORDS = {
    "AGE_BAND": FieldWords(
        _("Age"), _("Completed years on the day of the portrait, in bands; of persons only"),
        {
            "UNDER_18": _("under 18"), "FROM_18": "18–24", "FROM_25": "25–34", "FROM_35": "35–44",
            "FROM_45": "45–54", "FROM_55": "55–64", "FROM_65": "65–74", "FROM_75": _("75 and over"),
        },
    ),
    "SEX": FieldWords(_("Sex"), _("As the customer file has it"), dict(Sex.choices)),
    "REGION": FieldWords(_("Region"), _("As the customer file has it")),
    "OCCUPATION": FieldWords(_("Occupation"), _("As the customer file has it; of persons")),
    "INDUSTRY": FieldWords(_("Industry"), _("As the customer file has it; of enterprises")),
}  # fmt: skip


def _provide(stem: Path, as_of: date) -> Provided:
    years = f"extract(year FROM age(DATE '{as_of:%Y-%m-%d}', birth_on))"
    bands = " ".join(f"WHEN {years} < {below} THEN '{code}'" for code, below in BANDS.items())
    query = f"""
        SELECT id, CASE WHEN kind <> 'INDIVIDUAL' OR birth_on IS NULL THEN NULL {bands} ELSE '{LAST_BAND}' END,
               nullif(sex, ''), nullif(region, ''), nullif(occupation, ''), nullif(industry, '')
          FROM customers_customer"""
    shape = [("customer_id", "BIGINT"), *((field.column, field.type) for field in FIELDS)]
    return Provided((files.copy_query(query, shape, facts.beside(stem, CODE.lower())),), as_of)


SOURCE = Source(CODE, _("Customer file"), FIELDS, WORDS, lambda: "", _provide)
"""These traits change by loads alone, of which the portrait knows anyhow."""
