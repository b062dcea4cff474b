"""What the last study says of one customer, with its reasons, for the customer's own page (L-29)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.utils.translation import gettext as _

from zhike.analytics.habits import Habit
from zhike.analytics.keeping import TIES, share_of_wallet
from zhike.analytics.value import KEPT
from zhike.core import formats
from zhike.facts import api as facts
from zhike.insight.enums import RfmCell, Standing
from zhike.insight.queries import value_studies
from zhike.insight.queries.value_figures import band_label, rules_of
from zhike.insight.queries.value_models import HABITS

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Worth:
    """The value still to come of a customer as of a day, None where no model knows any, and what it rests on."""

    as_of: date
    horizon_months: int
    value_cents: int | None
    reasons: list[tuple[str, str]]


def worth_of(customer_id: int) -> Worth | None:
    """A customer by the last study; None before the first, and of who is not in it. The caller has looked at the
    customer."""
    study = value_studies.current()
    if study is None or not facts.full_path(study.path).exists():
        return None
    with facts.engine() as duck:
        duck.view(KEPT, [facts.full_path(study.path)])
        columns = duck.columns(KEPT)
        rows = duck.fetch(
            f"SELECT * FROM {KEPT} WHERE customer_id = :customer_id", {"customer_id": customer_id}
        )
    if not rows:
        return None
    row = dict(zip(columns, rows[0], strict=True))
    values = [row[f"{habit.lower()}_value_cents"] for habit in Habit]
    known = [value for value in values if value is not None]
    reasons = [told for habit in Habit if (told := _habit(row, habit, study.as_of))]
    bounds = rules_of(study).bands_cents
    return Worth(
        as_of=study.as_of,
        horizon_months=int(study.rules["habits"][Habit.CARD]["horizon_months"]),
        value_cents=sum(known) if known else None,
        reasons=[*reasons, *_standing(row, bounds)],
    )


def _habit(row: Row, habit: Habit, as_of: date) -> tuple[str, str] | None:
    """One habit in words: what was bought, and what the model makes of it."""
    name = habit.lower()
    if row[f"{name}_alive"] is None:
        return None
    last = as_of - timedelta(row[f"{name}_age_days"] - row[f"{name}_recency_days"])
    words = {
        "days": formats.grouped(row[f"{name}_repeats"] + 1),
        "last": formats.day(last),
        "alive": formats.share(row[f"{name}_alive"]),
        "expected": formats.grouped(row[f"{name}_expected_count"], 1),
        "value": formats.amount(row[f"{name}_value_cents"]),
    }
    told = _(
        "Bought on %(days)s days, last on %(last)s. Still buying: %(alive)s. Expected in a year: %(expected)s days. "
        "Worth %(value)s."
    )
    return str(HABITS[habit]), told % words


def _standing(row: Row, bounds: tuple[int, ...]) -> list[tuple[str, str]]:
    told = []
    if row["state"]:
        told.append((_("Against a year ago"), str(Standing(row["state"]).label)))
    if row["end_band"]:
        text = band_label(bounds, row["end_band"])
        if row["start_band"] and row["start_band"] != row["end_band"]:
            text = _("%(now)s, a year ago %(before)s") % {
                "now": text, "before": band_label(bounds, row["start_band"]),
            }  # fmt: skip
        told.append((_("Asset band"), text))
    if row["cell"]:
        classes = {letter: row[f"{letter}_class"] for letter in "rfmp"}
        words = _("%(cell)s: recency %(r)s, frequency %(f)s, money %(m)s, products %(p)s (of 5)")
        told.append((_("RFM"), words % {"cell": RfmCell(row["cell"]).label, **classes}))
    if row["ties"] is not None:
        told.append(
            (_("Stickiness"), _("%(count)s of %(whole)s ties in use") % {"count": row["ties"], "whole": TIES})
        )
    if row["elsewhere_cents"] is not None:
        words = _("%(share)s, by what was declared on %(day)s")
        share = share_of_wallet(row["end_cents"] or 0, row["elsewhere_cents"])
        told.append(
            (
                _("Share of wallet"),
                words % {"share": formats.share(share), "day": formats.day(row["elsewhere_on"])},
            )
        )
    return told
