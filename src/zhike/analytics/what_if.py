"""What other weights, thresholds and scalings would do to the customers of a computed run (L-38, L-40, L-42).

The rows of a run keep what these do not change: raw values, places among the peers, the tiers before. So the whole
bank is computed anew without reading a fact, by the texts that compute a run, and with its bits. Nothing is written.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Any

from zhike.analytics import plan
from zhike.analytics.compare import NEW
from zhike.analytics.engine import Engine, Value
from zhike.analytics.evaluate import BIN_POINTS, SchemeNotUsable, tier_warnings
from zhike.analytics.indicators import LIFETIME_VALUE, NORMALISER_PARAMETERS, Normaliser, Policy
from zhike.analytics.inputs import RunInputs
from zhike.analytics.peers import Group, Peers, group_rows, normal_shares, valued
from zhike.analytics.scheme import IndicatorUse, SchemeSpec
from zhike.analytics.scheme_problems import problems
from zhike.analytics.tiers import Tier

VALUE_CLASSES = 5
"""Into how many equal parts of their peers customers are split by lifetime value."""

_NOTHING = "CAST(NULL AS BIGINT)"
_VALUE = f"CAST(SUM(whole(s.{LIFETIME_VALUE.column}_raw * 1e2 + 0.5e0)) AS BIGINT)"


class Reason(StrEnum):
    """Why a number cannot be tried on kept rows: it changes what is read from the facts."""

    WINDOW = "WINDOW"  # which months count
    INDICATOR = "INDICATOR"  # an indicator the run has not computed
    NUMBER = "NUMBER"  # a number of the indicator's own
    MISSING_DATA = "MISSING_DATA"  # whether a missing fact is an observation


@dataclass(frozen=True, slots=True)
class Obstacle:
    """A change that needs the facts; `code` is the indicator's, and `number` the name of what was changed."""

    reason: Reason
    code: str = ""
    number: str = ""


class NeedsFacts(Exception):
    """The scheme differs from the run's in what is read from the facts; `obstacles` name all of it."""

    code = "NEEDS_FACTS"

    def __init__(self, obstacles: Sequence[Obstacle]) -> None:
        super().__init__(", ".join(f"{each.reason} {each.code} {each.number}".strip() for each in obstacles))
        self.obstacles = tuple(obstacles)


class Part(StrEnum):
    """By what the customers of a what-if are split."""

    OUTLET = "OUTLET"
    GROUP = "GROUP"  # business type and customer group
    VALUE = "VALUE"  # fifths of the peers by lifetime value, 0 the lowest


@dataclass(frozen=True)
class KeptRun:
    """A computed run to play on: where its rows are, what it was computed from, its peers and its groups."""

    path: str | Path
    inputs: RunInputs
    peers: tuple[Peers, ...]
    groups: tuple[Group, ...]


@dataclass(frozen=True)
class Figures:
    """What would be. Tiers are names; `bins` counts customers by score, `bin_points` apart.

    `moves` counts customers by (tier the run gave, tier they would have), `migration` by (tier last published or NEW,
    tier they would have). `value_cents` sums lifetime value as `moves` counts; None where the scheme has none.
    """

    customer_count: int
    by_tier: Mapping[str, int]
    by_score_tier: Mapping[str, int]
    bins: tuple[int, ...]
    bin_points: int
    moves: Mapping[tuple[str, str], int]
    migration: Mapping[tuple[str, str], int]
    value_cents: Mapping[tuple[str, str], int] | None
    provisional_count: int
    insufficient_count: int
    unscored_count: int
    warnings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Mover:
    """A customer whose tier would be another one."""

    customer_id: int
    outlet_id: int
    tier_before: str
    tier: str
    score_before: float | None
    score: float | None
    value: float | None


def obstacles(run: SchemeSpec, tried: SchemeSpec) -> tuple[Obstacle, ...]:
    """Name what keeps a scheme from being tried on the kept rows of a run under another; empty when nothing does."""
    found = [
        Obstacle(Reason.WINDOW, number=name)
        for name in ("window_months", "recent_months")
        if getattr(run, name) != getattr(tried, name)
    ]
    computed = {use.code: use for use in run.indicators}
    for use in tried.indicators:
        before = computed.get(use.code)
        if before is None:
            found.append(Obstacle(Reason.INDICATOR, use.code))
            continue
        if (before.policy is Policy.ZERO) != (use.policy is Policy.ZERO):
            found.append(Obstacle(Reason.MISSING_DATA, use.code))
        found += [
            Obstacle(Reason.NUMBER, use.code, each.name)
            for each in use.indicator.parameters
            if before.number(each.name) != use.number(each.name)
        ]
    return tuple(found)


def has_value(run: RunInputs, tried: SchemeSpec) -> bool:
    """Whether customers' lifetime value is known to a what-if: both schemes weigh it, and its feeds are loaded."""
    return all(
        any(use.indicator is LIFETIME_VALUE for use in plan.present(spec, run.feeds))
        for spec in (run.spec, tried)
    )


def figures(engine: Engine, run: KeptRun, spec: SchemeSpec) -> Figures:
    """Compute what a scheme would make of the customers of a run.

    Raises SchemeNotUsable and NeedsFacts. Reads of the rows only what the scheme asks for.
    """
    return next(iter(_split(engine, run, spec, None).values()), _nothing(spec))


def by_part(engine: Engine, run: KeptRun, spec: SchemeSpec, part: Part) -> dict[Value, Figures]:
    """Compute the same split by a property, by its values: an outlet's number, "TYPE.GROUP", a class of value.

    By value None stands for customers without one. Raises as `figures` does, and ValueError for a split by value where
    `has_value` says there is none.
    """
    if part is Part.VALUE and not has_value(run.inputs, spec):
        raise ValueError("there is no lifetime value to split by")
    return _split(engine, run, spec, part)


def together(spec: SchemeSpec, parts: Iterable[Figures]) -> Figures:
    """Return the figures of parts that do not overlap as those of one whole."""
    found = list(parts)
    if not found:
        return _nothing(spec)

    def summed(name: str) -> Counter[Any]:
        sums = Counter[Any]()
        for each in found:
            sums.update(getattr(each, name))
        return sums

    by_tier = summed("by_tier")
    return Figures(
        customer_count=sum(each.customer_count for each in found),
        by_tier=by_tier,
        by_score_tier=summed("by_score_tier"),
        bins=tuple(map(sum, zip(*(each.bins for each in found), strict=True))),
        bin_points=BIN_POINTS,
        moves=summed("moves"),
        migration=summed("migration"),
        value_cents=None if any(each.value_cents is None for each in found) else summed("value_cents"),
        provisional_count=sum(each.provisional_count for each in found),
        insufficient_count=sum(each.insufficient_count for each in found),
        unscored_count=sum(each.unscored_count for each in found),
        warnings=tier_warnings(spec, by_tier),
    )


def movers(engine: Engine, run: KeptRun, spec: SchemeSpec, *, at_most: int) -> list[Mover]:
    """Return customers whose tier would be another one, the most valuable first. Raises as `figures` does."""
    inputs = _over(engine, run, spec)
    with_value = has_value(run.inputs, spec)
    value = f"t.{LIFETIME_VALUE.column}_raw" if with_value else "CAST(NULL AS DOUBLE)"
    query = "\n".join(
        (
            _scores(run, inputs, with_value=with_value),
            plan.tiers("scored"),
            plan.text("what_if/movers").format(value=value, rows=int(at_most)),
        )
    )
    rows = engine.fetch(query, plan.parameters(spec, inputs.as_of))
    return [Mover(key, outlet, before, _tier(level), *rest) for key, outlet, before, level, *rest in rows]


def value_spread(
    engine: Engine, run: KeptRun, spec: SchemeSpec, *, weight_set: str
) -> dict[str, dict[float, int]]:
    """Return, by indicator, how many customers of a weight set have each value (points of 100, two decimals).

    Raises as `figures` does.
    """
    inputs = _over(engine, run, spec)
    there = plan.present(spec, inputs.feeds)
    if not there:
        return {}
    parts = [plan.text("what_if/values").format(code=use.code, c=use.indicator.column) for use in there]
    query = _scores(run, inputs, with_value=False) + "\n" + "\nUNION ALL\n".join(parts)
    found: dict[str, dict[float, int]] = {use.code: {} for use in there}
    bound = {**plan.parameters(spec, inputs.as_of), "weight_set": weight_set}
    for code, hundredths, count in engine.fetch(query, bound):
        found[code][hundredths / 100] = count
    return found


def _split(engine: Engine, run: KeptRun, spec: SchemeSpec, part: Part | None) -> dict[Value, Figures]:
    inputs = _over(engine, run, spec)
    with_value = has_value(run.inputs, spec)
    cells = plan.text("what_if/cells").format(
        part=_PARTS[part] if part else _NOTHING,
        value=_VALUE if with_value else _NOTHING,
    )
    query = "\n".join(
        (
            _scores(run, inputs, with_value=with_value, part=part),
            cells,
            plan.tiers("cells"),
            plan.text("what_if/figures"),
        )
    )
    rows = engine.fetch(query, {**plan.parameters(spec, inputs.as_of), "bin_points": BIN_POINTS})
    split: dict[Value, list[tuple[Any, ...]]] = {}
    for row in rows:
        split.setdefault(row[0], []).append(row[1:])
    return {name: _figures(spec, found, with_value=with_value) for name, found in split.items()}


_PARTS = {
    Part.OUTLET: "s.outlet_id",
    Part.GROUP: "s.business_type || '.' || s.customer_group",
    Part.VALUE: f"LEAST(whole(CAST({VALUE_CLASSES} * s.{LIFETIME_VALUE.column}_rank AS DOUBLE)"
    f" / CAST(2 * s.value_count AS DOUBLE)), {VALUE_CLASSES - 1})",
}


def _over(engine: Engine, run: KeptRun, spec: SchemeSpec) -> RunInputs:
    """Give the engine the kept rows and the groups with the numbers of the scheme; return the inputs to compute."""
    if blocking := [problem for problem in problems(spec) if problem.is_blocking]:
        raise SchemeNotUsable(blocking)
    if found := obstacles(run.inputs.spec, spec):
        raise NeedsFacts(found)
    statistics = dict(run.inputs.statistics)
    if any(use.normaliser is Normaliser.ZSCORE for use in spec.indicators):
        statistics["normal"] = normal_shares()
        engine.table("normal", statistics["normal"].columns, statistics["normal"].rows)
    inputs = replace(run.inputs, spec=spec, statistics=statistics)
    used = {use.code for use in spec.indicators}
    peers = [valued(each, inputs) for each in run.peers if each.code in used]
    engine.table("groups", *group_rows(inputs, run.groups, peers))
    engine.view("kept", [run.path])
    return inputs


def _scores(run: KeptRun, inputs: RunInputs, *, with_value: bool, part: Part | None = None) -> str:
    there = plan.present(inputs.spec, inputs.feeds)
    same = {use.code for use in there if _is_scaled_alike(run.inputs.spec.use(use.code), use)}
    columns = list(_columns(there, same))
    besides = []
    value = LIFETIME_VALUE.column
    if with_value:
        columns.append(f"{value}_raw")
    if part is Part.VALUE:
        columns.append(f"{value}_rank")
        besides.append(f"g.{value}_count AS value_count")
    return plan.scores(inputs, plan.kept_rows(dict.fromkeys(columns)), kept=same, besides=besides)


def _columns(there: Iterable[IndicatorUse], same: set[str]) -> Iterator[str]:
    for use in there:
        c = use.indicator.column
        if use.code in same:
            yield f"{c}_value"
            continue
        yield f"{c}_raw"
        if use.normaliser is Normaliser.PERCENTILE:
            yield f"{c}_rank"


def _is_scaled_alike(before: IndicatorUse, now: IndicatorUse) -> bool:
    """Whether an indicator's values are those the run has kept."""
    if (before.policy, before.normaliser) != (now.policy, now.normaliser):
        return False
    kinds = {None, *before.by_business_type, *now.by_business_type}
    return all(
        before.number(each.name, kind) == now.number(each.name, kind)
        for each in NORMALISER_PARAMETERS[now.normaliser]
        for kind in kinds
    )


def _figures(spec: SchemeSpec, rows: Sequence[tuple[Any, ...]], *, with_value: bool) -> Figures:
    tiers, by_score, moves, migration, worth = (
        Counter[str](),
        Counter[str](),
        Counter[Any](),
        Counter[Any](),
        Counter[Any](),
    )
    bins = [0] * (100 // BIN_POINTS)
    provisional = insufficient = unscored = 0
    for previous, before, level, score_level, at, is_provisional, is_sufficient, count, cents in rows:
        tier = _tier(level)
        tiers[tier] += count
        by_score[_tier(score_level)] += count
        moves[before, tier] += count
        worth[before, tier] += cents or 0
        migration[previous or NEW, tier] += count
        provisional += count if is_provisional else 0
        insufficient += 0 if is_sufficient else count
        if at is None:
            unscored += count
        else:
            bins[min(max(at, 0), len(bins) - 1)] += count
    by_tier = {tier.name: tiers[tier.name] for tier in reversed(Tier)}
    return Figures(
        customer_count=sum(tiers.values()),
        by_tier=by_tier,
        by_score_tier={tier.name: by_score[tier.name] for tier in reversed(Tier)},
        bins=tuple(bins),
        bin_points=BIN_POINTS,
        moves=dict(moves),
        migration=dict(migration),
        value_cents=dict(worth) if with_value else None,
        provisional_count=provisional,
        insufficient_count=insufficient,
        unscored_count=unscored,
        warnings=tier_warnings(spec, by_tier),
    )


def _nothing(spec: SchemeSpec) -> Figures:
    return _figures(spec, (), with_value=False)


def _tier(level: int) -> str:
    return Tier(level).name
