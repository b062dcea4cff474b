"""Claim: BG/NBD is fitted at least ten times as fast as `lifetimes` 0.11.3 fits it to the same customers.

Measured: from three columns of a customer (repeat purchases, day of the last, days watched) to parameters with
their standard errors, grouping included. Peer: `lifetimes` on the same three columns, in the same run; its time on
our distinct rows with weights stands beside. `parameters` holds the largest difference between the two fits, which
must agree to three digits.

`lifetimes` is nobody's dependency here: it and what it needs go into an environment of their own, made once in the
folder of the data sets, by the pip that installed the product.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import venv
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.claim import Claim, Figure, least_seconds, speed, within
from bench.data_sets import kept
from zhike.analytics import bgnbd
from zhike.analytics.purchases import Purchases

Numbers = NDArray[np.float64]

TARGET = 10.0
THREE_DIGITS = 5e-4
PEER = "lifetimes==0.11.3"
SEED = 20260930
TRUTH = bgnbd.BetaGeometric(r=0.9, alpha=120.0, a=0.8, b=4.0)
SHORTEST_DAYS, LONGEST_DAYS = 30, 730

_PEER_FIT = """
import json, sys, time, warnings
import numpy
warnings.simplefilter("ignore")
from lifetimes import BetaGeoFitter
answers = []
for name, weights in (("rows", False), ("grouped", True)):
    columns = numpy.load(f"{sys.argv[1]}/{name}.npy")
    start = time.perf_counter()
    fitted = BetaGeoFitter().fit(*columns[:3], weights=columns[3] if weights else None)
    answers.append({"seconds": time.perf_counter() - start, "parameters": dict(fitted.params_)})
print(json.dumps(answers))
"""


def make(customers: int) -> tuple[Numbers, Numbers, Numbers]:
    """Customers as BG/NBD says they are, in whole days: purchases of one day are one. Always the same."""
    draw = np.random.default_rng(SEED)
    age = draw.integers(SHORTEST_DAYS, LONGEST_DAYS, customers).astype(float)
    rate = draw.gamma(TRUTH.r, 1 / TRUTH.alpha, customers)
    chance = draw.beta(TRUTH.a, TRUTH.b, customers)
    x, last, now = np.zeros(customers), np.zeros(customers), np.zeros(customers)
    here = np.arange(customers)
    while len(here):
        now[here] += draw.exponential(1 / np.maximum(rate[here], 1e-12))
        here = here[now[here] <= age[here]]
        day = np.ceil(now[here])
        is_new = day > last[here]
        x[here[is_new]] += 1
        last[here[is_new]] = day[is_new]
        here = here[draw.random(len(here)) >= chance[here]]
    return x, last, age


def peer_python() -> Path:
    """The interpreter of the peer's own environment; it is made now if it is not there."""

    def install(folder: Path) -> None:
        venv.create(folder, with_pip=False)
        packages = (PEER, f"numpy=={np.__version__}", "setuptools")
        command = [sys.executable, "-m", "pip", "--python", str(folder / "bin" / "python"), "install", "-qq"]
        subprocess.run([*command, "--disable-pip-version-check", *packages], check=True, stdout=sys.stderr)

    version = f"{np.__version__}-{sys.version_info.major}.{sys.version_info.minor}"
    return kept(PEER.replace("==", "-"), version, install) / "bin" / "python"


def peer_fits(rows: tuple[Numbers, ...], grouped: Purchases, work: Path) -> list[dict[str, Any]]:
    """Seconds and parameters of the peer: on the rows, and on the distinct rows with weights."""
    np.save(work / "rows.npy", np.stack(rows))
    columns = (grouped.repeats, grouped.recency, grouped.age, grouped.customers)
    np.save(work / "grouped.npy", np.stack(columns))
    command = [str(peer_python()), "-c", _PEER_FIT, str(work)]
    answer = subprocess.run(command, check=True, capture_output=True, text=True)
    return list(json.loads(answer.stdout.splitlines()[-1]))


def largest_difference(one: dict[str, float], other: dict[str, float]) -> float:
    """The largest relative difference of a parameter."""
    return max(abs(one[name] / other[name] - 1) for name in other)


def measure(customers: int) -> list[Figure]:
    rows = make(customers)
    grouped = Purchases.of(*rows)
    found = bgnbd.fit(grouped)
    seconds = least_seconds(lambda: bgnbd.fit(Purchases.of(*rows)))
    with tempfile.TemporaryDirectory(prefix="zhike-bench-") as work:
        by_rows, by_groups = peer_fits(rows, grouped, Path(work))
    parameters = {name: getattr(found.model, name) for name in found.errors}
    difference = largest_difference(parameters, by_rows["parameters"])
    notes = {"distinct": grouped.distinct_count, "peer_seconds_grouped": round(by_groups["seconds"], 3)}
    return [
        speed(
            "fit",
            customers / seconds,
            peer=customers / by_rows["seconds"],
            at_least=TARGET,
            unit="customers/s",
            **notes,
        ),
        within("parameters", difference, limit=THREE_DIGITS, unit="relative difference"),
    ]


CLAIM = Claim("clv", {"small": {"customers": 300_000}, "full": {"customers": 1_000_000}}, measure)

if __name__ == "__main__":
    CLAIM.main()
