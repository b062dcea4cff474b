"""What a study found of a habit, in words and figures for its page: models, parameters, back-test, limits (E.5)."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from zhike.analytics.habits import ALL, Habit
from zhike.analytics.purchases import Refusal
from zhike.analytics.study import Limit, ModelName
from zhike.analytics.survival import Source
from zhike.core import formats
from zhike.core.figures import Chart, lines
from zhike.customers.enums import BusinessType
from zhike.insight.models import ValueStudy

HABITS: dict[Habit, Promise] = {
    Habit.CARD: pgettext_lazy("habit", "Paying by card"),
    Habit.INVESTMENT: pgettext_lazy("habit", "Buying investments"),
}
BUSINESS_TYPES = tuple(BusinessType.values)
MODELS: dict[ModelName, str] = {ModelName.BGNBD: "BG/NBD", ModelName.PARETONBD: "Pareto/NBD"}
REFUSALS: dict[Refusal, Promise] = {
    Refusal.TOO_FEW_CUSTOMERS: gettext_lazy("Too few customers have bought again for a model."),
    Refusal.NO_REPEAT_BUYERS: gettext_lazy("Nobody has bought a second time."),
    Refusal.ALL_ALIKE: gettext_lazy("All who bought did so alike; nothing says how customers differ."),
}
LIMITS: dict[Limit, Promise] = {
    Limit.NOT_FITTED: gettext_lazy("No model: too few have bought again, here and in the bank."),
    Limit.POOLED: gettext_lazy(
        "Too few bought again in this business type; its values rest on the whole bank's."
    ),
    Limit.NOT_CONVERGED: gettext_lazy("The fit did not settle; take its parameters with care."),
    Limit.NOBODY_STOPS: gettext_lazy(
        "Nothing in the data tells of customers who stopped: everybody counts as still buying."
    ),
    Limit.NO_BETTER_THAN_NAIVE: gettext_lazy(
        "In the hold-out the model was no better than the last period once more."
    ),
    Limit.MANY_NEVER_REPEATED: gettext_lazy(
        "Half or more never bought again. BG/NBD takes all of them for still buying."
    ),
    Limit.SPEND_NOT_FITTED: gettext_lazy(
        "Too few spends for a model of this type; what a purchase is worth rests on the whole bank's, if on any."
    ),
    Limit.SPEND_HANGS_ON_FREQUENCY: gettext_lazy(
        "Who buys more often also spends otherwise, which Gamma-Gamma rules out; values lean one way."
    ),
    Limit.SPEND_HAS_NO_MEAN: gettext_lazy(
        "Spends are so uneven that a mean of all does not exist; who bought once has no value."
    ),
}
SOURCES: dict[Source, Promise] = {
    Source.OWN: pgettext_lazy("fit", "own customers"),
    Source.POOLED: pgettext_lazy("fit", "the whole bank's"),
    Source.STATED: pgettext_lazy("fit", "stated numbers: too few have left"),
}
_ORDER = ("r", "alpha", "a", "b", "s", "beta")
"""Parameters as the papers name them in order; JSON in the database keeps none."""
_MONTH, _YEAR = 365 / 12, 365
_LARGE = 1_000_000


@dataclass(frozen=True, slots=True)
class ModelRow:
    """One model as tried on the hold-out. Errors are per customer, in days with purchases."""

    name: str
    is_chosen: bool
    parameters: list[tuple[str, str, str]]  # sign, value, standard error
    meaning: list[str]
    log_likelihood: str
    mean_error: str
    total_error: str


@dataclass(frozen=True, slots=True)
class ModelPage:
    """What the page of a habit and business type shows."""

    found: Mapping[str, Any]
    refusal: str
    models: list[ModelRow]
    naive: tuple[str, str]
    course: Chart | None
    calibration: Chart | None
    frequencies: list[tuple[str, int | None, int | None, str, int | None]]
    limits: list[str]
    spend: list[tuple[str, str]]


def type_label(code: str) -> str:
    """A business type in words; ALL is the whole bank."""
    if code == ALL:
        return _("All business types")
    return str(dict(BusinessType.choices).get(code, _("not known")))


def types_of(study: ValueStudy, habit: Habit) -> list[str]:
    """The business types a habit was studied in, all of them first."""
    found = study.found["habits"][habit]["by_type"]
    return sorted(found, key=lambda code: (code != ALL, code))


def model_page(study: ValueStudy, habit: Habit, business_type: str, *, least: int) -> ModelPage | None:
    """A habit in a business type; None where nobody bought. Classes of fewer customers than `least` are not shown."""
    found = study.found["habits"][habit]["by_type"].get(business_type)
    if found is None:
        return None
    best = next((fit for fit in found["fits"] if fit["name"] == found["chosen"]), None)
    test = best["back_test"] if best else None
    return ModelPage(
        found=found,
        refusal=str(REFUSALS.get(found["refusal"], found["refusal"])) if found["refusal"] else "",
        models=[_row(fit, is_chosen=fit is best) for fit in found["fits"]],
        naive=(formats.grouped(test["naive_mean_error"], 2), _over(test["naive"], test["actual"]))
        if test
        else ("", ""),
        course=_course(study, habit, found["course"]) if found["course"] else None,
        calibration=_calibration(test, least) if test else None,
        frequencies=[
            _frequency(row, at == len(test["frequencies"]) - 1, least)
            for at, row in enumerate(test["frequencies"])
        ]
        if test
        else [],
        limits=[str(LIMITS[Limit(each)]) for each in found["limits"]],
        spend=_spend(found["spend"]) if found["spend"] else [],
    )


def _row(fit: Mapping[str, Any], *, is_chosen: bool) -> ModelRow:
    test = fit["back_test"]
    return ModelRow(
        name=MODELS[ModelName(fit["name"])],
        is_chosen=is_chosen,
        parameters=[
            (
                name,
                _figure(value),
                _figure(fit["errors"].get(name)) if name not in fit["at_bounds"] else _("at its bound"),
            )
            for name in _ORDER
            if (value := fit["parameters"].get(name)) is not None
        ],
        meaning=_meaning(fit["parameters"]),
        log_likelihood=formats.grouped(fit["log_likelihood"], 1),
        mean_error=formats.grouped(test["mean_error"], 2),
        total_error=_over(test["expected"], test["actual"]),
    )


def _meaning(given: Mapping[str, float]) -> list[str]:
    """The parameters of a model in words: pace and its spread, then how customers stop."""
    pace = given["r"] / given["alpha"] * _MONTH
    told = [
        _("While they buy: %(count)s days with purchases a month on average")
        % {"count": formats.grouped(pace, 1)},
        _("Their paces differ by %(share)s of it (standard deviation)")
        % {"share": formats.share(1 / math.sqrt(given["r"]))},
    ]
    if "a" in given:
        stop = given["a"] / (given["a"] + given["b"])
        told.append(_("After each purchase %(share)s stop for good") % {"share": formats.share(stop)})
    else:
        stop = 1 - (given["beta"] / (given["beta"] + _YEAR)) ** given["s"]
        told.append(_("In the first year %(share)s stop for good") % {"share": formats.share(stop)})
    return told


def _course(study: ValueStudy, habit: Habit, found: Mapping[str, Any]) -> Chart:
    begun, until = (
        formats.day(date.fromisoformat(study.found["habits"][habit][name]))
        for name in ("past_from", "past_until")
    )
    tried, fitted = _("day %(number)s, hold-out"), _("day %(number)s")
    words = {
        "begun": begun,
        "day": until,
        "actual": formats.grouped(found["actual"][-1]),
        "expected": formats.grouped(found["expected"][-1]),
    }
    return lines(
        label=_(
            "Repeat purchases summed up since %(begun)s: fitted until %(day)s, then tried. "
            "%(expected)s expected, %(actual)s happened."
        )
        % words,
        periods=[(tried if day > found["hold_out_from"] else fitted) % {"number": day} for day in found["days"]],
        series={
            _("Happened"): list(found["actual"]),
            _("Expected by the model"): [round(value) for value in found["expected"]],
        },
    )  # fmt: skip


def _calibration(test: Mapping[str, Any], least: int) -> Chart | None:
    classes = [row for row in test["calibration"] if row["customer_count"] >= least]
    if len(classes) < 2:
        return None
    off = sum(abs(row["chance"] - row["bought_share"]) * row["customer_count"] for row in classes)
    off /= sum(row["customer_count"] for row in classes)
    return lines(
        label=_(
            "Chance to buy in the hold-out beside the share that did, by classes of P(alive): %(off)s apart on average."
        )
        % {"off": formats.share(off)},
        periods=[_("P(alive) %(share)s") % {"share": formats.share(row["alive"])} for row in classes],
        series={
            _("Chance by the model, %"): [round(row["chance"] * 100, 1) for row in classes],
            _("Bought in the hold-out, %"): [round(row["bought_share"] * 100, 1) for row in classes],
        },
    )  # fmt: skip


def _frequency(
    row: Mapping[str, Any], is_last: bool, least: int
) -> tuple[str, int | None, int | None, str, int | None]:
    name = f"{row['repeats']}+" if is_last else str(row["repeats"])
    if row["customer_count"] < least:
        return name, None, None, "", None
    return name, row["customer_count"], row["actual"], formats.grouped(row["expected"], 1), row["naive"]


def _spend(found: Mapping[str, Any]) -> list[tuple[str, str]]:
    given = found["parameters"]
    mean = round(given["p"] * given["v"] / (given["q"] - 1)) if given["q"] > 1 else None
    return [
        (_("Model"), "Gamma-Gamma"),
        (_("Customers it rests on"), formats.grouped(found["customer_count"])),
        (_("Mean spend on a day with purchases"), formats.amount(mean)),
        (_("How much hangs on how often (correlation)"), formats.grouped(found["correlation"], 2)),
        ("p, q, v", ", ".join(_figure(given[name]) for name in ("p", "q", "v"))),
    ]


def lives_chart(study: ValueStudy) -> Chart | None:
    """How many of a hundred new customers are still here after so many years, by business type (sBG)."""
    lives = study.found["lives"]
    if not lives:
        return None
    years = len(lives[0]["curve"])
    kept = max(lives, key=lambda life: life["at_risk"])
    return lines(
        label=_("Of 100 new customers in %(type)s, %(count)s are still here after %(years)s years.")
        % {
            "type": type_label(kept["business_type"]),
            "count": formats.grouped(kept["curve"][-1] * 100),
            "years": years,
        },
        periods=[str(year) for year in range(years + 1)],
        series={
            type_label(life["business_type"]): [100, *(round(chance * 100, 1) for chance in life["curve"])]
            for life in lives
        },
    )  # fmt: skip


def lives(study: ValueStudy) -> list[tuple[str, str, str, str]]:
    """Each business type with the two parameters of its survival curve and whose losses they rest on."""
    return [
        (
            type_label(each["business_type"]),
            _figure(each["alpha"]),
            _figure(each["beta"]),
            str(SOURCES[Source(each["source"])]),
        )
        for each in study.found["lives"]
    ]


def _figure(value: float | None) -> str:
    if value is None:
        return formats.NONE
    if abs(value) >= _LARGE:
        return f"{value:.2e}"
    return formats.grouped(value, 0 if abs(value) >= 1000 else 4)


def _over(expected: float, actual: float) -> str:
    """How far a sum lay over (+) or under (-) what happened."""
    if not actual:
        return formats.NONE
    share = expected / actual - 1
    return ("+" if share > 0 else "") + formats.share(share)
