"""A loyalty evaluation: freeze the inputs, look at the coverage, compute, reconcile (L-37 to L-42).

`prepare` is the only step that fits anything; `evaluate` on stored inputs and the same facts gives the same
rows bit for bit, on either engine.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import date
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np

from zhike.analytics import plan
from zhike.analytics.engine import Engine
from zhike.analytics.indicators import LIFETIME_VALUE, SATISFACTION, Normaliser, State
from zhike.analytics.inputs import FeedTotal, RunInputs, Statistic
from zhike.analytics.peers import Peers, group_rows, measure_peers, normal_shares
from zhike.analytics.scheme import WHOLE_WEIGHT, SchemeSpec
from zhike.analytics.scheme_problems import Problem, problems
from zhike.analytics.slices import slices
from zhike.analytics.survival import Fit, fit_by_type, multiplier
from zhike.analytics.tiers import Tier

STAGES = ("MEASURES", "PEERS", "RESULTS", "CHECK")
"""What `progress` is told when each begins."""

BIN_POINTS = 5
"""Width of the bars of the distribution shown."""
_GAP_ALLOWED = 1e-9  # contributions against their score, in points
_PREVIOUS = (("customer_id", "BIGINT"), ("score", "DOUBLE"), ("tier", "VARCHAR"), ("below_count", "BIGINT"))
_DAYS_A_MONTH = 365.25 / 12


class SchemeNotUsable(Exception):
    """The scheme has blocking problems; `problems` holds them."""

    code = "SCHEME_NOT_USABLE"

    def __init__(self, found: Sequence[Problem]) -> None:
        super().__init__(", ".join(str(problem.code) for problem in found))
        self.problems = tuple(found)


@dataclass(frozen=True, slots=True)
class IndicatorCoverage:
    """One indicator before a run: customers who have it, and the feeds it lacks, if any."""

    code: str
    observed_count: int
    absent_feeds: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Coverage:
    """What a run would rest on (formula E.6: no feed is not zero)."""

    customer_count: int
    indicators: tuple[IndicatorCoverage, ...]


@dataclass(frozen=True, slots=True)
class Bin:
    """Customers whose score lies in [from_points, from_points + width)."""

    from_points: int
    customer_count: int


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """Figures that must agree before a run may be published."""

    customers_in: int
    rows_out: int
    distinct_customers: int
    largest_score_gap: float
    largest_weight_gap: float
    least_score: float | None
    most_score: float | None

    @property
    def is_ok(self) -> bool:
        """Every customer once, contributions sum to scores, weights to one, scores within 0 and 100."""
        scores = (self.least_score, self.most_score)
        return (
            self.customers_in == self.rows_out == self.distinct_customers
            and max(self.largest_score_gap, self.largest_weight_gap) <= _GAP_ALLOWED
            and all(each is None or -_GAP_ALLOWED <= each <= 100 + _GAP_ALLOWED for each in scores)
        )


@dataclass(frozen=True)
class Summary:
    """A finished run in figures. `states` counts customers by indicator and state, `groups` by business type and
    customer group; `warnings` are codes."""

    inputs_sha256: str
    customer_count: int
    by_tier: dict[str, int]
    by_score_tier: dict[str, int]
    provisional_count: int
    insufficient_count: int
    unscored_count: int
    bins: tuple[Bin, ...]
    bin_points: int
    states: dict[str, dict[str, int]]
    peers: tuple[Peers, ...]
    groups: tuple[tuple[str, str, int], ...]
    reconciliation: Reconciliation
    warnings: tuple[str, ...]


def prepare(
    engine: Engine,
    spec: SchemeSpec,
    as_of: date,
    *,
    batches: Sequence[str] = (),
    delivered: Collection[str] = (),
) -> RunInputs:
    """Freeze the inputs of a run as of the end of a day. The engine has the views of the lake.

    `batches` name the facts for the record. A feed is loaded when it has a row within the window, or was
    `delivered` for it, be it empty; one that stopped before the window is absent, whatever it once held (formula
    E.6). Fits the survival model. Raises SchemeNotUsable.
    """
    blocking = [problem for problem in problems(spec) if problem.is_blocking]
    if blocking:
        raise SchemeNotUsable(blocking)
    bound = plan.parameters(spec, as_of)
    totals = tuple(FeedTotal(*row) for row in sorted(engine.fetch(plan.text("feeds"), bound)))
    loaded = {total.feed for total in totals if total.row_count} | set(delivered)
    fits, statistics = _statistics(engine, spec, as_of)
    return RunInputs(
        spec=spec,
        as_of=as_of,
        batches=tuple(batches),
        feeds=tuple(sorted(loaded)),
        totals=totals,
        fits=fits,
        statistics=statistics,
        code_version=metadata.version("zhike"),
        sql_sha256=plan.sql_sha256(),
    )


def is_of_this_release(inputs: RunInputs) -> bool:
    """Whether inputs were frozen by this release: the same version and the same reviewed SQL."""
    return (inputs.code_version, inputs.sql_sha256) == (metadata.version("zhike"), plan.sql_sha256())


def coverage(engine: Engine, inputs: RunInputs) -> Coverage:
    """Count, before a run, the customers who have each indicator of the scheme, and name absent feeds."""
    _raws(engine, inputs)
    return covered(engine, inputs)


def covered(engine: Engine, inputs: RunInputs) -> Coverage:
    """The coverage of the evaluation just made on this engine, from what it has kept: no fact is read again."""
    there = plan.present(inputs.spec, inputs.feeds)
    customer_count, *counts = engine.fetch(plan.observed(there), {})[0]
    observed = dict(zip((use.code for use in there), counts, strict=True))
    return Coverage(
        customer_count,
        tuple(
            IndicatorCoverage(
                use.code,
                observed.get(use.code, 0),
                tuple(feed for feed in use.indicator.needs if feed not in inputs.feeds),
            )
            for use in inputs.spec.indicators
        ),
    )


def evaluate(
    engine: Engine,
    inputs: RunInputs,
    out_path: str | Path,
    *,
    previous: str | None = None,
    progress: Callable[[str], None] | None = None,
) -> Summary:
    """Compute a run into Parquet, one wide row a customer, and return its figures.

    `previous` names a view of the last published run (customer_id, score, tier, below_count) for the
    hysteresis. Columns of the result: see `sql/results.sql` and `sql/output.sql`. Running it again on the
    same inputs and facts writes the same rows.
    """
    tell = progress or (lambda stage: None)
    bound = plan.parameters(inputs.spec, inputs.as_of)
    tell("MEASURES")
    _raws(engine, inputs)
    tell("PEERS")
    engine.keep("spread", plan.spread(inputs), bound)
    peers = measure_peers(engine, inputs)
    groups = engine.fetch(plan.text("groups"), {})
    engine.table("groups", *group_rows(inputs, ((kind, group) for kind, group, _ in groups), peers))
    if previous is None:
        engine.table("previous", _PREVIOUS, ())
    else:
        engine.keep("previous", plan.last_published(previous), {})
    tell("RESULTS")
    engine.write(plan.results(inputs), bound, out_path)
    tell("CHECK")
    engine.view("results", [out_path])
    return _summary(engine, inputs, peers, groups)


def fingerprint(engine: Engine, results_path: str | Path) -> str:
    """Return one sha256 over every row and bit of a result, whatever the engine, file layout or row order.

    Each column is hashed down the customers, its gaps apart from its values; then the columns' hashes together.
    """
    engine.view("fingerprinted", [results_path])
    digests: dict[str, tuple[Any, Any]] = {}
    words: dict[str, tuple[str, ...]] = {}
    for part in slices(engine, "fingerprinted", key="customer_id"):
        for name, column in part.items():
            gaps, values = digests.setdefault(name, (hashlib.sha256(), hashlib.sha256()))
            gaps.update(np.ascontiguousarray(column.is_null))
            values.update(np.ascontiguousarray(column.values))
            words[name] = column.words
    whole = hashlib.sha256()
    for name in engine.columns("fingerprinted"):
        said = [name, *words.get(name, ()), *(digest.hexdigest() for digest in digests.get(name, ()))]
        whole.update("\0".join(said).encode() + b"\n")
    return whole.hexdigest()


def _raws(engine: Engine, inputs: RunInputs) -> None:
    """Keep `measures` and `raws`: the only steps that read the facts."""
    for name, statistic in inputs.statistics.items():
        engine.table(name, statistic.columns, statistic.rows)
    bound = plan.parameters(inputs.spec, inputs.as_of)
    engine.keep("measures", plan.measures(inputs), bound)
    engine.keep("raws", plan.raws(inputs), bound)


def _statistics(
    engine: Engine, spec: SchemeSpec, as_of: date
) -> tuple[tuple[Fit, ...], dict[str, Statistic]]:
    """Fit and compute what SQL joins: survival multipliers, fading of answers, the normal distribution."""
    fits: tuple[Fit, ...] = ()
    statistics: dict[str, Statistic] = {}
    for use in spec.indicators:
        if use.indicator is LIFETIME_VALUE:
            fits, statistics["survival"] = _survival(engine, spec, as_of)
        if use.indicator is SATISFACTION:
            days = (as_of - plan.months_before(as_of, spec.window_months)).days
            half_life_days = use.number("half_life_months") * _DAYS_A_MONTH
            statistics["fading"] = Statistic(
                (("days", "BIGINT"), ("share", "DOUBLE")),
                tuple((day, 0.5 ** (day / half_life_days)) for day in range(days + 1)),
            )
        if use.normaliser is Normaliser.ZSCORE:
            statistics["normal"] = normal_shares()
    return fits, statistics


def _survival(engine: Engine, spec: SchemeSpec, as_of: date) -> tuple[tuple[Fit, ...], Statistic]:
    """Fit retention by business type; one multiplier for each type and age in whole years that occurs."""
    counts: dict[str, list[tuple[int, int | None, int]]] = {}
    oldest = 0
    for business_type, years, stayed, customers in engine.fetch(plan.text("retention"), {"as_of": as_of}):
        counts.setdefault(business_type, []).append((years, stayed, customers))
        oldest = max(oldest, years)
    number = spec.use(LIFETIME_VALUE.code).number
    fits = fit_by_type(
        counts,
        least_losses=int(number("least_losses")),
        stated=(number("stated_alpha"), number("stated_beta")),
    )
    horizon, discount = int(number("horizon_years")), number("discount")
    rows = tuple(
        (
            fit.business_type,
            age,
            multiplier(fit.alpha, fit.beta, age=age, horizon_years=horizon, discount=discount),
        )
        for fit in fits
        for age in range(oldest + 1)
    )
    columns = (("business_type", "VARCHAR"), ("age_years", "BIGINT"), ("multiplier", "DOUBLE"))
    return fits, Statistic(columns, rows)


def _summary(
    engine: Engine, inputs: RunInputs, peers: tuple[Peers, ...], groups: Sequence[tuple[str, str, int]]
) -> Summary:
    spec = inputs.spec
    customers_in = engine.fetch("SELECT COUNT(*) FROM measures", {})[0][0]
    reconciliation = Reconciliation(customers_in, *engine.fetch(plan.check(spec), {})[0])
    by_tier = {tier.name: 0 for tier in reversed(Tier)}
    by_score_tier = dict(by_tier)
    bins = dict.fromkeys(range(100 // BIN_POINTS), 0)
    provisional = insufficient = unscored = 0
    for row in engine.fetch(plan.text("distribution"), {"bin_points": BIN_POINTS}):
        tier, score_tier, at, count, provisional_count, insufficient_count = row
        by_tier[tier] += count
        by_score_tier[score_tier] += count
        provisional += provisional_count
        insufficient += insufficient_count
        if at is None:
            unscored += count
        else:
            bins[min(max(at, 0), max(bins))] += count  # 100 belongs to the last bar
    cells = iter(engine.fetch(plan.states(spec), {})[0])
    return Summary(
        inputs_sha256=inputs.sha256,
        customer_count=reconciliation.rows_out,
        by_tier=by_tier,
        by_score_tier=by_score_tier,
        provisional_count=provisional,
        insufficient_count=insufficient,
        unscored_count=unscored,
        bins=tuple(Bin(at * BIN_POINTS, count) for at, count in sorted(bins.items())),
        bin_points=BIN_POINTS,
        states={use.code: {str(state): next(cells) for state in State} for use in spec.indicators},
        peers=peers,
        groups=tuple(sorted(groups)),
        reconciliation=reconciliation,
        warnings=tier_warnings(spec, by_tier),
    )


def tier_warnings(spec: SchemeSpec, by_tier: dict[str, int]) -> tuple[str, ...]:
    """Say when a scheme judges too many low or too few high (formula E.6). Shares are of rated customers."""
    rated = sum(count for tier, count in by_tier.items() if tier != Tier.UNRATED.name)
    if not rated:
        return ()
    found = []
    if by_tier[Tier.LOW.name] * WHOLE_WEIGHT > spec.warn_low_share * rated:
        found.append("TOO_MANY_LOW")
    if by_tier[Tier.HIGH.name] * WHOLE_WEIGHT < spec.warn_high_share * rated:
        found.append("TOO_FEW_HIGH")
    return tuple(found)
