"""What keeps a scheme from being approved, and what its author should hear (L-38, L-39, L-40, S-92).

Problems are typed: a code, where it is, and the figures to show. The words belong to the screens.
"""

from __future__ import annotations

import math
import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from importlib import resources

from zhike.analytics.indicators import (
    CATALOGUE,
    NORMALISER_PARAMETERS,
    Nature,
    Normaliser,
    Policy,
)
from zhike.analytics.scheme import WHOLE_WEIGHT, IndicatorUse, SchemeSpec


class Code(StrEnum):
    """Every problem there is."""

    NO_INDICATOR = "NO_INDICATOR"
    UNKNOWN_INDICATOR = "UNKNOWN_INDICATOR"
    REPEATED_INDICATOR = "REPEATED_INDICATOR"
    POLICY_NOT_PERMITTED = "POLICY_NOT_PERMITTED"
    NORMALISER_NOT_PERMITTED = "NORMALISER_NOT_PERMITTED"
    MEAN_HAS_NO_RANK = "MEAN_HAS_NO_RANK"
    UNKNOWN_PARAMETER = "UNKNOWN_PARAMETER"
    PARAMETER_OUT_OF_RANGE = "PARAMETER_OUT_OF_RANGE"
    BOUNDS_ORDER = "BOUNDS_ORDER"
    WEIGHTS_NOT_WHOLE = "WEIGHTS_NOT_WHOLE"
    WEIGHT_OF_UNUSED_INDICATOR = "WEIGHT_OF_UNUSED_INDICATOR"
    NEGATIVE_WEIGHT = "NEGATIVE_WEIGHT"
    AMBIGUOUS_WEIGHT_SET = "AMBIGUOUS_WEIGHT_SET"
    REPEATED_WEIGHT_SET = "REPEATED_WEIGHT_SET"
    NO_DEFAULT_WEIGHT_SET = "NO_DEFAULT_WEIGHT_SET"
    CYCLE_NOT_ALLOWED = "CYCLE_NOT_ALLOWED"
    WINDOW_TOO_SHORT = "WINDOW_TOO_SHORT"
    RECENT_NOT_WITHIN_WINDOW = "RECENT_NOT_WITHIN_WINDOW"
    THRESHOLDS_ORDER = "THRESHOLDS_ORDER"
    NUMBER_OUT_OF_RANGE = "NUMBER_OUT_OF_RANGE"
    NO_ATTITUDE = "NO_ATTITUDE"
    NO_BEHAVIOUR = "NO_BEHAVIOUR"


@dataclass(frozen=True, slots=True)
class Limits:
    """What the rules demand of every scheme. `limits.toml` ships; a bank's dated parameters replace it."""

    minimum_window_months: int
    cycles: tuple[str, ...]

    @classmethod
    def shipped(cls) -> Limits:
        """Return the limits of `limits.toml`."""
        plain = tomllib.loads(resources.files("zhike.analytics").joinpath("limits.toml").read_text("utf-8"))
        return cls(int(plain["minimum_window_months"]), tuple(plain["cycles"]))


@dataclass(frozen=True)
class Problem:
    """One problem. `where` is an indicator or weight set; `figures` go into the sentence shown."""

    code: Code
    where: str = ""
    figures: Mapping[str, float | int | str] = field(default_factory=dict)
    is_blocking: bool = True


def problems(spec: SchemeSpec, limits: Limits | None = None) -> tuple[Problem, ...]:
    """Return everything wrong with a scheme, blocking ones first; () when it may go to approval."""
    found = [
        *_of_indicators(spec),
        *_of_weights(spec),
        *_of_numbers(spec, limits or Limits.shipped()),
        *_of_nature(spec),
    ]
    return tuple(sorted(found, key=lambda problem: not problem.is_blocking))


def _of_indicators(spec: SchemeSpec) -> Iterator[Problem]:
    if not spec.indicators:
        yield Problem(Code.NO_INDICATOR)
    for code, count in Counter(use.code for use in spec.indicators).items():
        if count > 1:
            yield Problem(Code.REPEATED_INDICATOR, code)
        if code not in CATALOGUE:
            yield Problem(Code.UNKNOWN_INDICATOR, code)
    for use in spec.indicators:
        if use.code in CATALOGUE:
            yield from _of_use(use)


def _of_use(use: IndicatorUse) -> Iterator[Problem]:
    if use.policy not in use.indicator.policies:
        yield Problem(Code.POLICY_NOT_PERMITTED, use.code, {"policy": use.policy})
    if use.normaliser not in use.indicator.normalisers:
        yield Problem(Code.NORMALISER_NOT_PERMITTED, use.code, {"normaliser": use.normaliser})
    if use.policy is Policy.GROUP_MEAN and use.normaliser is Normaliser.PERCENTILE:
        yield Problem(Code.MEAN_HAS_NO_RANK, use.code)
    own = {parameter.name: parameter for parameter in use.indicator.parameters}
    bounds = {parameter.name: parameter for parameter in NORMALISER_PARAMETERS[use.normaliser]}
    for known, given in (
        (own | bounds, use.parameters),
        *((bounds, numbers) for numbers in use.by_business_type.values()),
    ):
        for name, value in given.items():
            if name not in known:
                yield Problem(Code.UNKNOWN_PARAMETER, use.code, {"parameter": name})
            elif not known[name].minimum <= value <= known[name].maximum:  # also refuses NaN
                least, most = known[name].minimum, known[name].maximum
                yield Problem(
                    Code.PARAMETER_OUT_OF_RANGE,
                    use.code,
                    {"parameter": name, "value": value, "minimum": least, "maximum": most},
                )
    if use.normaliser is Normaliser.FIXED:
        for business_type in (None, *use.by_business_type):
            low, high = use.number("low", business_type), use.number("high", business_type)
            if not low < high:
                yield Problem(Code.BOUNDS_ORDER, use.code, {"low": low, "high": high})


def _of_weights(spec: SchemeSpec) -> Iterator[Problem]:
    used = {use.code for use in spec.indicators}
    for each in spec.weight_sets:
        total = sum(each.weights.values())
        if total != WHOLE_WEIGHT:
            yield Problem(Code.WEIGHTS_NOT_WHOLE, each.code, {"sum": total})
        for code, weight in each.weights.items():
            if code not in used:
                yield Problem(Code.WEIGHT_OF_UNUSED_INDICATOR, each.code, {"indicator": code})
            if weight < 0:
                yield Problem(Code.NEGATIVE_WEIGHT, each.code, {"indicator": code, "weight": weight})
    for code, count in Counter(each.code for each in spec.weight_sets).items():
        if count > 1:
            yield Problem(Code.REPEATED_WEIGHT_SET, code)
    if spec.default_weight_set not in {each.code for each in spec.weight_sets}:
        yield Problem(Code.NO_DEFAULT_WEIGHT_SET, spec.default_weight_set)
    claims = Counter(
        (each.business_type, group)
        for each in spec.weight_sets
        if each.business_type is not None
        for group in each.customer_groups or ("",)
    )
    for (business_type, group), count in claims.items():
        if count > 1:
            yield Problem(Code.AMBIGUOUS_WEIGHT_SET, f"{business_type}/{group}")


def _of_numbers(spec: SchemeSpec, limits: Limits) -> Iterator[Problem]:
    if spec.cycle not in limits.cycles:
        yield Problem(Code.CYCLE_NOT_ALLOWED, figures={"cycle": spec.cycle})
    if spec.window_months < limits.minimum_window_months:
        figures = {"months": spec.window_months, "minimum": limits.minimum_window_months}
        yield Problem(Code.WINDOW_TOO_SHORT, figures=figures)
    if not 0 < spec.recent_months < spec.window_months:
        yield Problem(Code.RECENT_NOT_WITHIN_WINDOW, figures={"months": spec.recent_months})
    if not 0 < spec.medium_from < spec.high_from <= 100:
        thresholds = {"high": spec.high_from, "medium": spec.medium_from}
        yield Problem(Code.THRESHOLDS_ORDER, figures=thresholds)
    ranges = {
        "hysteresis_points": (0, 100),
        "downgrade_runs": (1, 12),
        "new_customer_months": (0, spec.window_months),
        "minimum_available": (1, WHOLE_WEIGHT),
        "warn_low_share": (0, WHOLE_WEIGHT),
        "warn_high_share": (0, WHOLE_WEIGHT),
    }
    for name, (least, most) in ranges.items():
        value = getattr(spec, name)
        if not (math.isfinite(value) and least <= value <= most):
            yield Problem(
                Code.NUMBER_OUT_OF_RANGE,
                figures={"number": name, "value": value, "minimum": least, "maximum": most},
            )


def _of_nature(spec: SchemeSpec) -> Iterator[Problem]:
    """Loyalty is attitude and behaviour (S-92). A bank without answers may run on behaviour, and is told."""
    natures = {use.indicator.nature for use in spec.indicators if use.code in CATALOGUE}
    if Nature.ATTITUDE not in natures:
        yield Problem(Code.NO_ATTITUDE, is_blocking=False)
    if Nature.BEHAVIOUR not in natures:
        yield Problem(Code.NO_BEHAVIOUR, is_blocking=False)
