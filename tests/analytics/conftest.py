"""The adverse bank on disk, engines over it, and the schemes the tests run."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from tests.analytics import adverse_bank
from tests.analytics.adverse_bank import AdverseBank

from zhike.analytics import scheme
from zhike.analytics.engine import DuckEngine
from zhike.analytics.indicators import Normaliser, Policy
from zhike.analytics.scheme import IndicatorUse, SchemeSpec, WeightSet

COSTS = {"counter_cost": 15, "remote_cost": 0.5}


@pytest.fixture(scope="session")
def bank() -> AdverseBank:
    return adverse_bank.make()


@pytest.fixture(scope="session")
def bank_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("adverse")


@pytest.fixture
def duck(bank: AdverseBank, bank_folder: Path, tmp_path: Path) -> Iterator[DuckEngine]:
    with DuckEngine(threads=2, temp_directory=tmp_path / "spill") as engine:
        bank.register(engine, bank_folder)
        yield engine


@pytest.fixture(scope="session")
def everything() -> SchemeSpec:
    """A scheme of all ten indicators, each normaliser and each policy in use at least once."""
    uses = {
        "REPEAT_PURCHASE": (Policy.REDISTRIBUTE, Normaliser.FIXED, {"by_amount": 1, "count_rolled": 1}),
        "REFERRAL": (Policy.GROUP_MEDIAN, Normaliser.PERCENTILE, {"target": 2}),
        "COMPLAINT": (
            Policy.ZERO,
            Normaliser.FIXED,
            {"low": 0, "high": 4, "cap": 4, "objection_weight": 0.75},
        ),
        "SATISFACTION": (Policy.GROUP_MEAN, Normaliser.ZSCORE, {"half_life_months": 6}),
        "LIFETIME_VALUE": (
            Policy.ZERO,
            Normaliser.ZSCORE,
            {"horizon_years": 7, "product_fee_share": 0.25, **COSTS},
        ),
        "TENURE": (Policy.ZERO, Normaliser.RATIO, {"target": 10}),
        "PRODUCT_BREADTH": (Policy.ZERO, Normaliser.PERCENTILE, {"floor": 5, "ceiling": 90}),
        "BALANCE_TREND": (Policy.GROUP_MEDIAN, Normaliser.FIXED, {"low": 0.5, "high": 1.5}),
        "DIGITAL_ACTIVITY": (Policy.ZERO, Normaliser.ZSCORE, {}),
        "SHARE_OF_WALLET": (Policy.REDISTRIBUTE, Normaliser.PERCENTILE, {}),
    }
    special = {"COMPLAINT": {"MICRO": {"high": 2}}, "TENURE": {"CORPORATE": {"target": 5}}}
    indicators = tuple(
        IndicatorUse(
            code, policy, normaliser, {k: float(v) for k, v in numbers.items()}, special.get(code, {})
        )
        for code, (policy, normaliser, numbers) in uses.items()
    )
    even = WeightSet("EVEN", "RETAIL", (), dict.fromkeys(uses, 1000))
    value = dict.fromkeys(uses, 500) | {"LIFETIME_VALUE": 5500}
    voice = {"SATISFACTION": 4000, "REFERRAL": 3000, "SHARE_OF_WALLET": 3000}
    return replace(
        scheme.preset("full"),
        code="EVERYTHING",
        indicators=indicators,
        weight_sets=(
            even,
            WeightSet("WEALTH", "RETAIL", ("WEALTH", "PRIVATE"), value),
            WeightSet("MICRO", "MICRO", ("CARD", "GENERAL"), voice),
            WeightSet("REST", None, (), voice),
        ),
        default_weight_set="REST",
    )
