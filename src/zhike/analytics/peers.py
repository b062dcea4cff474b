"""What a customer is compared with: the same business type and customer group.

Group statistics come out of SQL as whole numbers and observed values; what is derived from them here is
plain arithmetic, so both engines and every recomputation see the same numbers.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

import numpy as np
from scipy.special import ndtr

from zhike.analytics import index, plan
from zhike.analytics.engine import Engine, Value
from zhike.analytics.indicators import CATALOGUE, Normaliser, Policy
from zhike.analytics.inputs import RunInputs, Statistic
from zhike.analytics.scheme import IndicatorUse

_MILLION = 1_000_000
_NORMAL_EDGE = 4_000  # thousandths of a deviation; beyond it the normal share is 0 or 1 to four digits

Group = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Peers:
    """One indicator among one group: how many have it, their mean and lower median, and the median's value.

    `median_rank` is the median's own place among them, as points of 100; `median_value` the 0 to 100 that the median
    comes to, in the indicator's direction. `deviation` is of the sample; None where all values are equal, or no
    scheme may scale the indicator by it.
    """

    code: str
    business_type: str
    customer_group: str
    customer_count: int
    mean_raw: float
    deviation: float | None
    median_raw: float
    median_rank: float
    median_value: float


def normal_shares() -> Statistic:
    """Return the normal distribution by thousandths of a deviation, the table `normal`."""
    thousandths = np.arange(-_NORMAL_EDGE, _NORMAL_EDGE + 1)
    shares = ndtr(thousandths / 1e3)
    rows = tuple((int(at), float(share)) for at, share in zip(thousandths, shares, strict=True))
    return Statistic((("thousandths", "BIGINT"), ("share", "DOUBLE")), rows)


def measure_peers(engine: Engine, inputs: RunInputs) -> tuple[Peers, ...]:
    """Read the group statistics of every present indicator from the kept table `spread`."""
    rows = sorted(engine.fetch(plan.text("peers"), {}))
    deviations = _deviations(engine, rows)
    found = []
    for code, business_type, group, count, total, _, _, median, upto, below in rows:
        peers = Peers(
            code, business_type, group, count,
            mean_raw=total / count / _MILLION,
            deviation=deviations.get((code, business_type, group)),
            median_raw=median,
            median_rank=index.percentile(below, upto - below, count),
            median_value=math.nan,
        )  # fmt: skip
        found.append(valued(peers, inputs))
    return tuple(found)


def valued(peers: Peers, inputs: RunInputs) -> Peers:
    """Return the same peers with the value their median comes to under the scheme of `inputs`."""
    value = _value_of(inputs.spec.use(peers.code), inputs, peers)
    return replace(peers, median_value=value(peers.median_raw, peers.median_rank))


def group_rows(
    inputs: RunInputs, groups: Iterable[Group], peers: Iterable[Peers]
) -> tuple[tuple[tuple[str, str], ...], list[tuple[Value, ...]]]:
    """Return columns and rows of the table `groups`: each group with its weights, bounds and peers."""
    uses = plan.present(inputs.spec, inputs.feeds)
    columns = (
        ("business_type", "VARCHAR"),
        ("customer_group", "VARCHAR"),
        ("weight_set", "VARCHAR"),
        *(column for use in uses for column in plan.group_columns(use)),
    )
    by_key = {(each.code, each.business_type, each.customer_group): each for each in peers}
    rows = []
    for business_type, group in sorted(groups):
        weight_set = inputs.spec.weight_set_for(business_type, group)
        row: list[Value] = [business_type, group, weight_set.code]
        for use in uses:
            known = by_key.get((use.code, business_type, group))
            row += [weight_set.weights.get(use.code, 0), *_bounds(use, business_type)]
            row += _standing(use, inputs, known)
        rows.append(tuple(row))
    return columns, rows


def _standing(use: IndicatorUse, inputs: RunInputs, known: Peers | None) -> list[Value]:
    """Fill value, count, mean and deviation of one indicator in one group."""
    if known is None:
        return [None, 0, 0.0, 1.0]
    fill = None
    if use.policy is Policy.GROUP_MEDIAN:
        fill = known.median_value
    elif use.policy is Policy.GROUP_MEAN:
        # A mean has no rank; `problems` refuses the pair.
        fill = _value_of(use, inputs, known)(known.mean_raw, math.nan)
    return [fill, known.customer_count, known.mean_raw, known.deviation or 1.0]


def _bounds(use: IndicatorUse, business_type: str) -> tuple[float, float]:
    if use.normaliser is Normaliser.FIXED:
        return use.number("low", business_type), use.number("high", business_type)
    if use.normaliser is Normaliser.RATIO:
        return 0.0, use.number("target", business_type)
    if use.normaliser is Normaliser.PERCENTILE:
        return use.number("floor", business_type), use.number("ceiling", business_type)
    return 0.0, 100.0


def _value_of(use: IndicatorUse, inputs: RunInputs, peers: Peers) -> Callable[[float, float], float]:
    """Return the normaliser of one group: (raw, percentile of that raw) to 0..100 in the right direction."""
    low, high = _bounds(use, peers.business_type)
    direction = use.indicator.direction
    shares = inputs.statistics["normal"].numbers("share") if use.normaliser is Normaliser.ZSCORE else ()

    def value(raw: float, rank: float) -> float:
        if use.normaliser is Normaliser.PERCENTILE:
            return index.directed(min(max(rank, low), high), direction)
        if use.normaliser is Normaliser.ZSCORE:
            z = min(max((raw - peers.mean_raw) / (peers.deviation or 1.0), -4.0), 4.0)
            at = math.floor(z * 1e3 + 0.5) + _NORMAL_EDGE
            return index.directed(100.0 * shares[at], direction)
        return index.directed(index.fixed(raw, low, high), direction)

    return value


def _deviations(engine: Engine, rows: list[tuple[Any, ...]]) -> Mapping[tuple[str, str, str], float]:
    """Return sample deviations of the indicators that a scheme may scale by them, be it only in a what-if."""
    wanted = {code for code, each in CATALOGUE.items() if Normaliser.ZSCORE in each.normalisers}
    centres = {
        (code, business_type, group): (total / count / _MILLION, most - least, count)
        for code, business_type, group, count, total, least, most, *_ in rows
        if code in wanted and most > least
    }
    if not centres:
        return {}
    columns = (
        ("code", "VARCHAR"), ("business_type", "VARCHAR"), ("customer_group", "VARCHAR"),
        ("mean", "DOUBLE"), ("width", "DOUBLE"),
    )  # fmt: skip
    engine.table("centres", columns, [(*key, mean, width) for key, (mean, width, _) in centres.items()])
    found = {}
    for code, business_type, group, squares in engine.fetch(plan.text("deviations"), {}):
        _, width, count = centres[code, business_type, group]
        variance = int(Decimal(squares)) / (count - 1)
        found[code, business_type, group] = math.sqrt(variance) * width / _MILLION
    return found
