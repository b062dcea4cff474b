"""Claim: trying other numbers on a whole bank costs at most three times reading its kept indicator table.

Measured: new weights and thresholds, and new scalings besides, from the kept rows of a computed run to the figures of
who would move. Floor: DuckDB reading, in the same run, every column of these rows that a what-if may ask for; the
notes say what reading only the columns asked for takes.
"""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path

from bench import bank
from bench.claim import Claim, Figure, cost, least_seconds
from bench.evaluate import engine_over, lake_of
from zhike.analytics import evaluate, scheme, what_if
from zhike.analytics.engine import DuckEngine
from zhike.analytics.indicators import Normaliser
from zhike.analytics.scheme import SchemeSpec, WeightSet
from zhike.analytics.what_if import KeptRun

TARGET = 3.0
TRIES = 9

_STANDING = ("business_type", "customer_group", "previous_tier", "tier")
_NUMBERS = ("outlet_id", "months_known", "previous_below_count", "previous_score", "score")
_PARTS = ("_raw", "_value", "_rank")


def computed(customers: int, transactions: int, folder: Path) -> KeptRun:
    """A run of the made-up bank that follows another, as kept."""
    with engine_over(lake_of(customers, transactions)) as engine:
        inputs = evaluate.prepare(engine, scheme.preset("full"), bank.AS_OF)
        evaluate.evaluate(engine, inputs, folder / "before.parquet")
        engine.view("before", [folder / "before.parquet"])
        path = folder / "run.parquet"
        summary = evaluate.evaluate(engine, inputs, path, previous="before")
    groups = tuple((business_type, group) for business_type, group, _ in summary.groups)
    return KeptRun(path, inputs, summary.peers, groups)


def reweighed(spec: SchemeSpec) -> SchemeSpec:
    """The scheme with other weights in every set, and other thresholds."""
    return replace(
        spec,
        weight_sets=tuple(_turned(each) for each in spec.weight_sets),
        high_from=spec.high_from - 4,
        medium_from=spec.medium_from + 3,
    )


def rescaled(spec: SchemeSpec) -> SchemeSpec:
    """The same, and every indicator with a bound of its scale moved."""
    moved = {
        Normaliser.FIXED: lambda use: {"high": use.number("high") * 1.1 + 0.1},
        Normaliser.RATIO: lambda use: {"target": use.number("target") * 1.1},
        Normaliser.PERCENTILE: lambda use: {"floor": use.number("floor") + 1},
    }
    uses = tuple(
        replace(use, parameters={**use.parameters, **moved[use.normaliser](use)}, by_business_type={})
        for use in spec.indicators
    )
    return replace(reweighed(spec), indicators=uses)


def read_table(engine: DuckEngine, columns: list[str]) -> None:
    """Read columns of the kept rows and keep nothing of them."""
    asked = [f"count({name})" if name in _STANDING else f"sum({name})" for name in columns]
    engine.fetch(f"SELECT {', '.join(asked)} FROM kept", {})


def measure(customers: int, transactions: int) -> list[Figure]:
    with tempfile.TemporaryDirectory(prefix="zhike-bench-") as folder, DuckEngine() as engine:
        run = computed(customers, transactions, Path(folder))
        engine.view("kept", [run.path])
        parts = [name for name in engine.columns("kept") if name.endswith(_PARTS)]
        values = [name for name in parts if name.endswith("_value")]
        needed = ["months_known", "previous_below_count", *_STANDING]
        floor = least_seconds(lambda: read_table(engine, [*_STANDING, *_NUMBERS, *parts]), tries=TRIES)
        bare = least_seconds(lambda: read_table(engine, [*needed, *values]), tries=TRIES)
        spec = run.inputs.spec
        figures = []
        for name, tried in (("weights and thresholds", reweighed(spec)), ("scalings too", rescaled(spec))):
            seconds = least_seconds(lambda tried=tried: what_if.figures(engine, run, tried), tries=TRIES)
            figures.append(
                cost(name, seconds, floor=floor, at_most=TARGET, unit="s", asked_columns_alone=bare)
            )
        return figures


def _turned(weight_set: WeightSet) -> WeightSet:
    """The same weights, each given to the next indicator."""
    codes = list(weight_set.weights)
    weights = list(weight_set.weights.values())
    return replace(weight_set, weights=dict(zip(codes, [*weights[1:], weights[0]], strict=True)))


CLAIM = Claim(
    "whatif",
    {
        "small": {"customers": 200_000, "transactions": 1_000_000},
        "full": {"customers": 1_000_000, "transactions": 20_000_000},
    },
    measure,
)

if __name__ == "__main__":
    CLAIM.main()
