"""Drift of the indicators in words: how far customers lie from where they lay, and whether that matters (E.8)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from zhike.analytics.drift import SCORE
from zhike.core import figures, formats, parameters
from zhike.core.figures import Chart
from zhike.loyalty.models import DriftReading
from zhike.loyalty.queries.sentences import indicator_label

FEWEST_DAYS, MOST_LINES = 2, 4
WATCHED, ALARM = "loyalty.drift_watched", "loyalty.drift_alarm"
_HUNDREDTHS = 100


class Level(StrEnum):
    """What a drift asks for."""

    STABLE = "STABLE"
    WATCHED = "WATCHED"
    ALARM = "ALARM"


LEVEL_LABELS: dict[Level, Promise] = {
    Level.STABLE: gettext_lazy("stable"),
    Level.WATCHED: gettext_lazy("to be watched"),
    Level.ALARM: gettext_lazy("to be looked into"),
}
TONES = {Level.STABLE: "ok", Level.WATCHED: "warn", Level.ALARM: "danger"}


@dataclass(frozen=True, slots=True)
class DriftRow:
    """One indicator: means in points, shares of customers without an observed value, and the stability index."""

    code: str
    label: str
    mean_before: float | None
    mean: float | None
    missing_before: float | None
    missing: float | None
    index: float | None
    level: Level

    @property
    def level_label(self) -> Promise:
        """What the drift asks for, in words."""
        return LEVEL_LABELS[self.level]

    @property
    def tone(self) -> str:
        """The colour of its tag."""
        return TONES[self.level]


def drift_rows(kept: Iterable[Mapping[str, Any]], *, on: date, least: int = 0) -> list[DriftRow]:
    """The kept drift of an evaluation, judged by the limits of a day: the score first, then by how far it went.

    Where fewer than `least` customers have no data, or all but so few, their share is not shown.
    """
    watched, alarm = (parameters.value(code, on=on) / _HUNDREDTHS for code in (WATCHED, ALARM))
    rows = [_row(each, watched=watched, alarm=alarm, least=least) for each in kept]
    return sorted(rows, key=lambda row: (row.code != SCORE, -(row.index or 0.0), row.label))


def _row(kept: Mapping[str, Any], *, watched: float, alarm: float, least: int) -> DriftRow:
    index = kept["index"]
    level = Level.STABLE
    if index is not None and index >= watched:
        level = Level.ALARM if index >= alarm else Level.WATCHED
    return DriftRow(
        code=kept["code"],
        label=_label(kept["code"]),
        mean_before=kept["before"]["mean"],
        mean=kept["now"]["mean"],
        missing_before=_missing(kept["before"], least),
        missing=_missing(kept["now"], least),
        index=index,
        level=level,
    )


def _missing(spread: Mapping[str, Any], least: int) -> float | None:
    missing, total = spread["missing"], sum(spread["bands"]) + spread["missing"]
    if 0 < missing < least or 0 < total - missing < least:
        return None
    return missing / total if total else 0.0


def over_time(readings: Iterable[DriftReading]) -> Chart | None:
    """The stability index of each indicator over the days since an evaluation; None with fewer than two days."""
    days = list(readings)
    if len(days) < FEWEST_DAYS:
        return None
    indices = [{each["code"]: each["index"] for each in day.drift} for day in days]
    furthest = sorted(indices[-1], key=lambda code: -(indices[-1][code] or 0.0))[:MOST_LINES]
    series = {_label(code): [_shown(index.get(code)) for index in indices] for code in furthest}
    label = _("How far the customers lie from the evaluation, over %(count)s days.") % {"count": len(days)}
    return figures.lines(label=label, periods=[formats.day(day.as_of) for day in days], series=series)


def _shown(index: float | None) -> float | None:
    return None if index is None else round(index, 3)


def _label(code: str) -> str:
    return _("Loyalty index") if code == SCORE else indicator_label(code)
