"""Claim: ten times the customers and facts cost at most eleven times the time.

Measured: an evaluation as in `evaluate`, compute only. Peer: the same of a tenth of the bank, in one run.
"""

from __future__ import annotations

from bench.claim import Claim, Figure, cost
from bench.evaluate import engine_over, evaluation_seconds, lake_of

TIMES = 10
TARGET = 11.0


def measure(customers: int, transactions: int) -> list[Figure]:
    small, large = (_seconds(customers // part, transactions // part) for part in (TIMES, 1))
    return [cost("growth", large, floor=small, at_most=TARGET, unit="s")]


def _seconds(customers: int, transactions: int) -> float:
    with engine_over(lake_of(customers, transactions)) as engine:
        return evaluation_seconds(engine)


CLAIM = Claim(
    "growth",
    {
        "small": {"customers": 100_000, "transactions": 2_000_000},
        "full": {"customers": 1_000_000, "transactions": 20_000_000},
    },
    measure,
)

if __name__ == "__main__":
    CLAIM.main()
