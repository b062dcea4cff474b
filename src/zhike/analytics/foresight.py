"""Who may leave: a linear model of churn on what was known of each customer on a day (M-03, formula E.8).

What is read of a day stands in `sql/foresight/`; nothing of a later day is. Every input is brought to one scale,
bounded by what was seen in training, and weighed; an unknown one says nothing. So a score is a sum, and its parts are
its reasons. A weight may only point where its input's meaning allows.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import date, timedelta
from typing import Any

import numpy as np

from zhike.analytics import drift, logistic, plan
from zhike.analytics.engine import Engine, Value
from zhike.analytics.logistic import Numbers

RECENT_MONTHS = 3
YEAR_MONTHS = 12
_LOW, _HIGH = 0.005, 0.995  # beyond these quantiles of training an input counts as they do
_CLASSES = 10
_CENTS = 100.0
Columns = Mapping[str, Numbers]


@dataclass(frozen=True, slots=True)
class Input:
    """One input. `sign` says where it may point: 1, more of it never lowers a score; −1, never raises it; 0, either.
    `told` is the number a person is told of it, `scaled` the one that is weighed; unknown is not a number."""

    code: str
    sign: int
    told: Callable[[Columns], Numbers]
    scaled: Callable[[Columns], Numbers]


def _log(values: Numbers) -> Numbers:
    return np.asarray(np.log1p(np.maximum(values, 0)))


def _of(name: str) -> Callable[[Columns], Numbers]:
    return lambda columns: columns[name]


def _logged(name: str, unit: float = 1.0) -> Callable[[Columns], Numbers]:
    return lambda columns: _log(columns[name] / unit)


def _acts_change(columns: Columns) -> Numbers:
    earlier = columns["acts_earlier"] * RECENT_MONTHS / (YEAR_MONTHS - RECENT_MONTHS)
    return np.asarray(_log(columns["acts_recent"]) - _log(earlier))


def _monthly(columns: Columns) -> tuple[Numbers, Numbers]:
    with np.errstate(divide="ignore", invalid="ignore"):
        earlier = np.where(
            columns["earlier_months"] > 0, columns["earlier_cents"] / columns["earlier_months"], math.nan
        )
    return columns["recent_cents"] / columns["recent_months"], earlier


def _assets_change(columns: Columns) -> Numbers:
    recent, earlier = _monthly(columns)
    return np.asarray(_log(recent / _CENTS) - _log(earlier / _CENTS))


def _from_peak(columns: Columns) -> Numbers:
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.minimum(_monthly(columns)[0] / columns["peak_cents"], 1))


def _ratio(change: Callable[[Columns], Numbers]) -> Callable[[Columns], Numbers]:
    """A change of logarithms as what a person is told: −0.4 is two fifths less."""
    return lambda columns: np.asarray(np.expm1(np.clip(change(columns), -50, 50)))


INPUTS: dict[str, Input] = {
    each.code: each
    for each in (
        Input("RECENCY", 1, _of("idle_days"), _logged("idle_days")),
        Input("ACTS", -1, _of("acts_recent"), _logged("acts_recent")),
        Input("ACTS_CHANGE", -1, _ratio(_acts_change), _acts_change),
        Input("ACTIVE_MONTHS", -1, _of("active_months"), _of("active_months")),
        Input("SALARY_STOPPED", 1, _of("salary_stopped"), _of("salary_stopped")),
        Input("AWAY_SHARE", 1, _of("away_share"), _of("away_share")),
        Input("ASSETS", 0, lambda columns: _monthly(columns)[0], lambda columns: _log(_monthly(columns)[0] / _CENTS)),
        Input("ASSETS_CHANGE", -1, _ratio(_assets_change), _assets_change),
        Input("FROM_PEAK", -1, _from_peak, _from_peak),
        Input("CATEGORIES", -1, _of("categories_held"), _of("categories_held")),
        Input("CLOSED_ACCOUNTS", 1, _of("accounts_closed"), _logged("accounts_closed")),
        Input("MATURING", 1, _of("maturing_cents"), _logged("maturing_cents", _CENTS)),
        Input("COMPLAINTS", 1, _of("complaints"), _logged("complaints")),
        Input("CONTACT_GAP", 1, _of("contact_days"), _logged("contact_days")),
        Input("TENURE", 0, _of("months_known"), _logged("months_known")),
    )
}  # fmt: skip
"""Everything a model may weigh. A code that is published keeps its meaning."""

_COLUMNS = (
    "months_known", "idle_days", "acts_recent", "acts_earlier", "active_months", "salary_stopped", "away_share",
    "recent_cents", "earlier_cents", "earlier_months", "recent_months", "peak_cents", "categories_held",
    "accounts_closed", "maturing_cents", "complaints", "contact_days",
)  # fmt: skip
_PARTS = ("accounts", "assets", "acts", "events")
_HAS = {
    "has_accounts": "accounts", "has_balances": "balances", "has_transactions": "transactions",
    "has_complaints": "events:COMPLAINT", "has_contacts": "events:CONTACT",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Known:
    """What is known on a day of some customers: their numbers, outlets (0: none), and what is told and weighed."""

    customer_ids: tuple[int, ...]
    outlet_ids: tuple[int, ...]
    told: dict[str, Numbers]
    scaled: dict[str, Numbers]


@dataclass(frozen=True, slots=True)
class Weighted:
    """One input in a model. Values are bounded to `low`..`high`, less `mean`, by `deviation`, times `weight`. `edges`
    and `counts` are the classes of the training with the unknown last, for drift."""

    code: str
    low: float
    high: float
    mean: float
    deviation: float
    weight: float
    error: float | None
    edges: tuple[float, ...]
    counts: tuple[int, ...]

    def standard(self, values: Numbers) -> Numbers:
        """Values on the scale of the model; unknown ones at the mean of the training."""
        scaled = (np.clip(values, self.low, self.high) - self.mean) / self.deviation
        return np.asarray(np.where(np.isnan(values), 0.0, scaled))


@dataclass(frozen=True, slots=True)
class Model:
    """A model that scores: an intercept and weighted inputs, and how the scores of the training were spread."""

    intercept: float
    inputs: tuple[Weighted, ...]
    edges: tuple[float, ...]
    counts: tuple[int, ...]

    def parts(self, known: Known) -> Numbers:
        """What each input adds to the log-odds, a row a customer and a column an input."""
        columns = [each.weight * each.standard(known.scaled[each.code]) for each in self.inputs]
        return np.column_stack(columns) if columns else np.zeros((len(known.customer_ids), 0))

    def chances(self, known: Known) -> Numbers:
        """The chance of each customer to be lost within the horizon."""
        return logistic.chance(self.intercept + self.parts(known).sum(axis=1))

    def plain(self) -> dict[str, Any]:
        """As JSON has it."""
        return asdict(self)


def from_plain(plain: Mapping[str, Any]) -> Model:
    """Read a model from its plain form. Raises KeyError for an input that this release does not know."""
    inputs = [
        Weighted(**{**each, "edges": tuple(each["edges"]), "counts": tuple(each["counts"])})
        for each in plain["inputs"]
    ]
    for each in inputs:
        INPUTS[each.code]
    return Model(plain["intercept"], tuple(inputs), tuple(plain["edges"]), tuple(plain["counts"]))


def inputs_text() -> str:
    """The query of what is known of each customer on a day."""
    parts = {name: plan.text(f"foresight/{name}") for name in _PARTS}
    return plan.text("foresight/inputs").format(**parts)


def parameters(as_of: date, horizon_months: int, feeds: Collection[str]) -> dict[str, Value]:
    """Return what the texts bind. Balances are of whole months that have ended on the day."""
    ends = as_of + timedelta(1)
    last_month = plan.months_before(ends.replace(day=1), 1)
    return {
        "as_of": as_of,
        "year_from": plan.months_before(as_of, YEAR_MONTHS) + timedelta(1),
        "quarter_from": plan.months_before(as_of, RECENT_MONTHS) + timedelta(1),
        "ahead_until": plan.months_before(as_of, -horizon_months),
        "balances_from": plan.months_before(last_month, YEAR_MONTHS - 1),
        "recent_from": plan.months_before(last_month, RECENT_MONTHS - 1),
        "balances_until": last_month,
        "recent_months": RECENT_MONTHS,
        **{name: feed in feeds for name, feed in _HAS.items()},
    }


def keep_inputs(
    engine: Engine, as_of: date, *, horizon_months: int, feeds: Collection[str], name: str = "known"
) -> None:
    """Keep what is known of each customer at the end of a day, from the views of the lake."""
    engine.keep(name, inputs_text(), parameters(as_of, horizon_months, feeds))


def read_known(engine: Engine, query: str) -> Known:
    """Read customers of a query that has the columns of `keep_inputs`, in the order of their numbers."""
    names = ("customer_id", "COALESCE(outlet_id, 0) AS outlet_id", *_COLUMNS)
    found = engine.arrays(
        f"SELECT {', '.join(names)} FROM ({query}) asked ORDER BY COALESCE(customer_id, 0)", {}
    )
    columns = {
        name: np.ma.filled(np.ma.asarray(found[name], dtype=float), math.nan).astype(float)
        for name in _COLUMNS
    }
    with np.errstate(invalid="ignore"):
        told = {code: np.asarray(each.told(columns), dtype=float) for code, each in INPUTS.items()}
        scaled = {code: np.asarray(each.scaled(columns), dtype=float) for code, each in INPUTS.items()}
    return Known(
        tuple(int(each) for each in found["customer_id"]),
        tuple(int(each) for each in found["outlet_id"]),
        told,
        scaled,
    )


def learn(known: Known, outcomes: Numbers, *, ridge: float) -> Model:
    """Learn a model. An input that nobody has, or that is the same for all, is left out. Raises CannotLearn."""
    logistic.demand_classes(outcomes)
    usable = [each for code in INPUTS if (each := _scaling(code, known.scaled[code]))]
    if not usable:
        raise logistic.CannotLearn(logistic.Refusal.NO_INPUT)
    design = np.column_stack([each.standard(known.scaled[each.code]) for each in usable])
    fitted = logistic.fit(design, outcomes, ridge=ridge, signs=[INPUTS[each.code].sign for each in usable])
    model = Model(
        fitted.intercept,
        tuple(
            replace(each, weight=weight, error=error)
            for each, weight, error in zip(usable, fitted.weights, fitted.errors[1:], strict=True)
        ),
        (),
        (),
    )
    chances = model.chances(known)
    edges = _edges(chances)
    return replace(model, edges=edges, counts=counted(chances, edges))


def counted(values: Numbers, edges: tuple[float, ...]) -> tuple[int, ...]:
    """Return how many values are in each class, the unknown last. A class holds its upper edge."""
    is_known = ~np.isnan(values)
    places = np.searchsorted(np.array(edges), values[is_known], side="left")
    counts = np.bincount(places, minlength=len(edges) + 1)
    return (*(int(each) for each in counts), int((~is_known).sum()))


def drifts(model: Model, known: Known) -> dict[str, float | None]:
    """Return the stability index of the score (SCORE) and of each input between training and now (formula E.8); None
    where there is nobody."""
    if not known.customer_ids:
        return {drift.SCORE: None, **{each.code: None for each in model.inputs}}
    found = {drift.SCORE: (model.counts, counted(model.chances(known), model.edges))}
    found |= {each.code: (each.counts, counted(known.scaled[each.code], each.edges)) for each in model.inputs}
    return {code: drift.stability_index(before, now) for code, (before, now) in found.items()}


@dataclass(frozen=True, slots=True)
class Reason:
    """What raised a score: the input, what is told of it, and what it added to the log-odds beside the average."""

    code: str
    told: float
    part: float


def reasons(model: Model, known: Known, parts: Numbers, row: int, most: int = 3) -> tuple[Reason, ...]:
    """Return what raised the score of one customer most; nothing that lowered it, nothing unknown."""
    order = np.argsort(-parts[row], kind="stable")[:most]
    return tuple(
        Reason(model.inputs[at].code, float(known.told[model.inputs[at].code][row]), float(parts[row, at]))
        for at in order
        if parts[row, at] > 0
    )


def _scaling(code: str, values: Numbers) -> Weighted | None:
    seen = values[~np.isnan(values)]
    if not seen.size:
        return None
    low, high = (float(each) for each in np.quantile(seen, (_LOW, _HIGH)))
    if not low < high:  # a rare flag is still told apart
        low, high = float(seen.min()), float(seen.max())
    bounded = np.clip(seen, low, high)
    deviation = float(bounded.std())
    if not deviation > 1e-12 * max(1.0, abs(float(bounded.mean()))):
        return None
    edges = _edges(values)
    return Weighted(
        code, low, high, float(bounded.mean()), deviation, 0.0, None, edges, counted(values, edges)
    )


def _edges(values: Numbers) -> tuple[float, ...]:
    """Tenths of the known values, each edge once; the highest class is open."""
    seen = values[~np.isnan(values)]
    found = np.quantile(seen, np.linspace(0, 1, _CLASSES + 1)[1:-1], method="inverted_cdf")
    return tuple(float(each) for each in np.unique(found) if each < seen.max())
