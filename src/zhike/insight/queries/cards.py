"""The card of a model: how it was learnt and tried, what it weighs, how far customers have drifted (N-17)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from zhike.analytics.drift import SCORE
from zhike.core import figures, formats, parameters
from zhike.core.figures import Chart
from zhike.insight.models import RegisteredModel, Scoring
from zhike.insight.models.foresee import ModelState
from zhike.insight.queries.model_words import input_label

_HUNDREDTHS = 100
_DIGITS = 3


@dataclass(frozen=True, slots=True)
class Compared:
    """One figure of the model beside that of the plain rule."""

    label: str
    note: str
    model: str
    beside: str


@dataclass(frozen=True, slots=True)
class Span:
    """Customers at risk on a day, and how many of them were lost until another."""

    as_of: date
    until: date
    customer_count: int
    case_count: int

    @property
    def share(self) -> float:
        """The share that was lost."""
        return self.case_count / self.customer_count


@dataclass(frozen=True, slots=True)
class Weight:
    """One input: what it does to a warning, in words, and its weight by deviation with the error."""

    label: str
    effect: str
    weight: float
    error: float | None


@dataclass(frozen=True, slots=True)
class DriftLine:
    """How far the score or an input lies from the training."""

    label: str
    index: float | None
    judgement: str
    tone: str


def period(plain: Mapping[str, Any]) -> Span:
    """One of the two periods of a card."""
    as_of, until = (date.fromisoformat(plain[name]) for name in ("as_of", "until"))
    return Span(as_of, until, plain["customer_count"], plain["case_count"])


def figures_of(card: Mapping[str, Any]) -> list[Compared]:
    """How the model and the plain rule did on the later period."""
    model, beside = card["judged"], card["beside"]
    return [
        Compared(
            _("Ranking (AUC)"), _("0.5 is chance, 1 is without error"),
            f"{model['auc']:.3f}", f"{beside['auc']:.3f}",
        ),
        Compared(
            _("Lift of the highest tenth"), _("how many times as many lost customers as by chance"),
            f"{model['lift']:.2f}", f"{beside['lift']:.2f}",
        ),
        Compared(
            _("Error of the chances (Brier)"), _("the smaller the better"),
            f"{model['brier']:.4f}", f"{beside['brier']:.4f}",
        ),
        Compared(
            _("Calibration"), _("level and slope; 0 and 1 are right"), _line(model["line"]), _line(beside["line"]),
        ),
    ]  # fmt: skip


def difference(card: Mapping[str, Any]) -> str:
    """By how much the model ranks better than the plain rule, with its interval."""
    found = card["difference"]
    return _("%(value)s (95 %%: %(low)s to %(high)s)") % {
        name: f"{found[name]:+.3f}" for name in ("value", "low", "high")
    }


def gains_chart(card: Mapping[str, Any]) -> Chart:
    """What part of the lost customers is among the highest scores, beside the plain rule and chance."""
    shares = [each["share"] for each in card["judged"]["gains"]]
    model, beside = (
        [round(_HUNDREDTHS * each["captured"], 1) for each in card[side]["gains"]]
        for side in ("judged", "beside")
    )
    label = _(
        "Among the tenth with the highest chance are %(part)s of the lost customers; by the plain rule %(rule)s."
    )
    return figures.lines(
        label=label % {"part": f"{model[0]:.0f} %", "rule": f"{beside[0]:.0f} %"},
        periods=[formats.share(each) for each in shares],
        series={
            _("Model"): model,
            _("Plain rule"): beside,
            _("Chance"): [round(_HUNDREDTHS * each, 1) for each in shares],
        },
    )


def calibration_chart(card: Mapping[str, Any]) -> Chart:
    """The chances foretold and the shares that came true, from the lowest to the highest."""
    bins = card["judged"]["bins"]
    worst = max(bins, key=lambda each: abs(each["foretold"] - each["observed"]))
    label = _("Furthest apart: foretold %(foretold)s, came true %(observed)s.")
    chart = figures.lines(
        label=label % {name: formats.share(worst[name]) for name in ("foretold", "observed")},
        periods=[str(place) for place in range(1, len(bins) + 1)],
        series={
            _("Foretold"): [round(_HUNDREDTHS * each["foretold"], 1) for each in bins],
            _("Came true"): [round(_HUNDREDTHS * each["observed"], 1) for each in bins],
        },
    )
    columns = [_("Class"), _("Customers"), _("Foretold"), _("Came true"), _("Interval")]
    rows = [
        [place, each["count"], formats.share(each["foretold"]), formats.share(each["observed"]),
         f"{formats.share(each['low'])} – {formats.share(each['high'])}"]
        for place, each in enumerate(bins, start=1)
    ]  # fmt: skip
    return figures.Chart(chart.label, chart.spec, columns, rows)


def weights(model: RegisteredModel) -> list[Weight]:
    """What the model weighs, the heaviest first; those held at nought last."""
    found = sorted(model.fitted.get("inputs", []), key=lambda each: (-abs(each["weight"]), each["code"]))
    return [
        Weight(input_label(each["code"]), _effect(each["weight"]), each["weight"], each["error"])
        for each in found
    ]


def left_out(card: Mapping[str, Any]) -> list[str]:
    """Inputs that nobody had, or that were the same for everybody."""
    return [input_label(code) for code in card.get("left_out", [])]


def drift_lines(scoring: Scoring | None, *, on: date) -> list[DriftLine]:
    """The drift of the last scoring by the limits of a day: the score first, then by how far it went."""
    if scoring is None:
        return []
    watched, alarm = (
        parameters.value(code, on=on) / _HUNDREDTHS
        for code in ("insight.drift_watched", "insight.drift_alarm")
    )
    order = sorted(scoring.drift.items(), key=lambda item: (item[0] != SCORE, -(item[1] or 0.0), item[0]))
    return [DriftLine(input_label(code), index, *_judged(index, watched, alarm)) for code, index in order]


def in_use() -> RegisteredModel | None:
    """The model that scores now."""
    return RegisteredModel.objects.filter(state=ModelState.IN_USE).first()


def last_scoring() -> Scoring | None:
    """What the model in use said last."""
    return Scoring.objects.filter(model__state=ModelState.IN_USE).order_by("-as_of").first()


def _judged(index: float | None, watched: float, alarm: float) -> tuple[str, str]:
    if index is None or index < watched:
        return _("stable"), "ok"
    return (_("to be looked into"), "danger") if index >= alarm else (_("to be watched"), "warn")


def _effect(weight: float) -> str:
    if not round(weight, _DIGITS):
        return _("changes nothing")
    return _("more of it raises the chance") if weight > 0 else _("more of it lowers the chance")


def _line(line: list[float] | None) -> str:
    return _("not to be told") if line is None else f"{line[0]:+.2f} / {line[1]:.2f}"
