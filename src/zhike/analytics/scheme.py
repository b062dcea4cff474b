"""An evaluation scheme as data: which indicators count, for whom how much, where tiers begin (L-38, L-42).

A scheme version is frozen by its canonical JSON and the sha256 of it, and a run stores it whole. Weights are
basis points (10,000 = 100 %), so that their sum is exact. `problems` in `scheme_problems` says what
keeps a scheme from being approved.
"""

from __future__ import annotations

import hashlib
import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from importlib import resources
from types import MappingProxyType
from typing import Any

from zhike.analytics.indicators import CATALOGUE, NORMALISER_PARAMETERS, Indicator, Normaliser, Policy

WHOLE_WEIGHT = 10_000
"""100 % in basis points."""


def _floats(numbers: Mapping[str, float]) -> Mapping[str, float]:
    """One spelling for one number: 3 and 3.0 freeze to the same form."""
    return MappingProxyType({name: float(value) for name, value in numbers.items()})


class UnknownPreset(Exception):
    """There is no preset of this name."""

    code = "UNKNOWN_PRESET"


@dataclass(frozen=True)
class IndicatorUse:
    """One indicator in a scheme. `by_business_type` overrides numbers of the normaliser only."""

    code: str
    policy: Policy
    normaliser: Normaliser
    parameters: Mapping[str, float] = field(default_factory=dict)
    by_business_type: Mapping[str, Mapping[str, float]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        special = {kind: _floats(numbers) for kind, numbers in self.by_business_type.items()}
        object.__setattr__(self, "parameters", _floats(self.parameters))
        object.__setattr__(self, "by_business_type", MappingProxyType(special))

    @property
    def indicator(self) -> Indicator:
        """The catalogue's entry. Raises KeyError for an unknown code, which `problems` reports."""
        return CATALOGUE[self.code]

    def number(self, name: str, business_type: str | None = None) -> float:
        """Return a parameter: for the business type, else for the scheme, else the catalogue's default."""
        special = self.by_business_type.get(business_type or "", {})
        if name in special:
            return special[name]
        if name in self.parameters:
            return self.parameters[name]
        known = (*self.indicator.parameters, *NORMALISER_PARAMETERS[self.normaliser])
        return next(parameter.default for parameter in known if parameter.name == name)


@dataclass(frozen=True)
class WeightSet:
    """Weights in basis points by indicator, for one business type and these groups of it.

    No group: the default of the business type. No business type: chosen only as the scheme's default.
    """

    code: str
    business_type: str | None
    customer_groups: tuple[str, ...]
    weights: Mapping[str, int]

    def __post_init__(self) -> None:
        object.__setattr__(self, "weights", MappingProxyType(dict(self.weights)))


@dataclass(frozen=True)
class SchemeSpec:
    """A loyalty scheme, whole. Thresholds and hysteresis are points of 100; windows are months."""

    code: str
    version: int
    cycle: str  # Q or H (K-9)
    window_months: int
    recent_months: int  # the "now" that a trend compares with the rest of the window
    new_customer_months: int  # younger than this is never below medium (formula E.7)
    high_from: float
    medium_from: float
    hysteresis_points: float
    downgrade_runs: int
    minimum_available: int  # basis points of weight below which the data do not suffice (formula E.6)
    warn_low_share: int  # basis points of customers; more in the low tier warns
    warn_high_share: int  # basis points of customers; fewer in the high tier warns
    indicators: tuple[IndicatorUse, ...]
    weight_sets: tuple[WeightSet, ...]
    default_weight_set: str

    def use(self, code: str) -> IndicatorUse:
        """Return the use of an indicator. Raises KeyError if the scheme does not use it."""
        for use in self.indicators:
            if use.code == code:
                return use
        raise KeyError(code)

    def weight_set_for(self, business_type: str, customer_group: str) -> WeightSet:
        """Return the one weight set of a customer: exact pair, business type, scheme default (L-38)."""
        default = None
        for weight_set in self.weight_sets:
            if weight_set.business_type == business_type:
                if customer_group in weight_set.customer_groups:
                    return weight_set
                if not weight_set.customer_groups:
                    default = weight_set
        return default or next(each for each in self.weight_sets if each.code == self.default_weight_set)

    def to_dict(self) -> dict[str, Any]:
        """Return plain data, the form `from_dict` and the presets' TOML have."""
        return {
            "code": self.code,
            "version": self.version,
            "cycle": self.cycle,
            **{name: getattr(self, name) for name in _MONTHS_AND_SHARES},
            **{name: float(getattr(self, name)) for name in _POINTS},
            "default_weight_set": self.default_weight_set,
            "indicators": [
                {
                    "code": use.code,
                    "policy": str(use.policy),
                    "normaliser": str(use.normaliser),
                    "parameters": dict(use.parameters),
                    "by_business_type": {key: dict(value) for key, value in use.by_business_type.items()},
                }
                for use in self.indicators
            ],
            "weight_sets": [
                {
                    "code": each.code,
                    "business_type": each.business_type,
                    "customer_groups": list(each.customer_groups),
                    "weights": dict(each.weights),
                }
                for each in self.weight_sets
            ],
        }

    @property
    def indicator_versions(self) -> dict[str, int]:
        """What each indicator in use means in this release, by code."""
        return {use.code: use.indicator.version for use in self.indicators}

    def canonical_json(self, versions: Mapping[str, int] | None = None) -> str:
        """Return the frozen form: one spelling for one scheme, with the versions of its indicators.

        `versions` are those of another release; without them, this release's.
        """
        frozen = self.to_dict()
        frozen["indicator_versions"] = dict(self.indicator_versions if versions is None else versions)
        return json.dumps(frozen, sort_keys=True, separators=(",", ":"), ensure_ascii=True)

    @cached_property
    def sha256(self) -> str:
        """The hash of the canonical form, in hex: equal exactly when the schemes are equal."""
        return self.sha256_under(self.indicator_versions)

    def sha256_under(self, versions: Mapping[str, int]) -> str:
        """The hash this scheme had in a release that gave its indicators these versions."""
        return hashlib.sha256(self.canonical_json(versions).encode()).hexdigest()


_MONTHS_AND_SHARES = (
    "window_months", "recent_months", "new_customer_months", "downgrade_runs",
    "minimum_available", "warn_low_share", "warn_high_share",
)  # fmt: skip
_POINTS = ("high_from", "medium_from", "hysteresis_points")


def from_dict(plain: Mapping[str, Any]) -> SchemeSpec:
    """Build a scheme from plain data (TOML, JSON, a form). Raises KeyError or ValueError where it is not one.

    A normaliser, policy or number of the right kind but a wrong value is left for `problems`.
    """
    return SchemeSpec(
        code=str(plain["code"]),
        version=int(plain["version"]),
        cycle=str(plain["cycle"]),
        window_months=int(plain["window_months"]),
        recent_months=int(plain["recent_months"]),
        new_customer_months=int(plain["new_customer_months"]),
        high_from=float(plain["high_from"]),
        medium_from=float(plain["medium_from"]),
        hysteresis_points=float(plain["hysteresis_points"]),
        downgrade_runs=int(plain["downgrade_runs"]),
        minimum_available=int(plain["minimum_available"]),
        warn_low_share=int(plain["warn_low_share"]),
        warn_high_share=int(plain["warn_high_share"]),
        indicators=tuple(_use(each) for each in plain["indicators"]),
        weight_sets=tuple(_weight_set(each) for each in plain["weight_sets"]),
        default_weight_set=str(plain["default_weight_set"]),
    )


def _use(plain: Mapping[str, Any]) -> IndicatorUse:
    return IndicatorUse(
        code=str(plain["code"]),
        policy=Policy(plain["policy"]),
        normaliser=Normaliser(plain["normaliser"]),
        parameters=plain.get("parameters", {}),
        by_business_type=plain.get("by_business_type", {}),
    )


def _weight_set(plain: Mapping[str, Any]) -> WeightSet:
    return WeightSet(
        code=str(plain["code"]),
        business_type=plain.get("business_type"),
        customer_groups=tuple(plain.get("customer_groups", ())),
        weights={code: int(weight) for code, weight in plain["weights"].items()},
    )


def preset_names() -> tuple[str, ...]:
    """Return the names of the schemes that ship, in order."""
    files = resources.files("zhike.analytics").joinpath("presets").iterdir()
    return tuple(sorted(file.name.removesuffix(".toml") for file in files if file.name.endswith(".toml")))


def preset(name: str) -> SchemeSpec:
    """Return a scheme that ships: "full" or "core_banking". Raises UnknownPreset."""
    if name not in preset_names():
        raise UnknownPreset(name)
    text = resources.files("zhike.analytics").joinpath(f"presets/{name}.toml").read_text("utf-8")
    return from_dict(tomllib.loads(text))
