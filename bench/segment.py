"""Claim: counting a segment of five conditions costs at most three times DuckDB's bare filter of the same columns.

Measured: the number, and the number with its split by outlet and group, as the editor asks for them while somebody
writes, over the portrait in Parquet. Floor: the same filter written by hand in DuckDB, counted, in the same run.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

from bench import bank
from bench.claim import Claim, Figure, cost, least_seconds
from bench.data_sets import HERE, SOURCES, kept, version_of
from bench.evaluate import engine_over, lake_of
from zhike.analytics import members, portrait
from zhike.analytics.engine import DuckEngine
from zhike.analytics.members import Asked
from zhike.analytics.rules import Ask, Condition, Group, Join

TARGET = 3.0
TRIES = 15
RULE = Group(
    parts=(
        Condition("CUSTOMER_GROUP", Ask.IN, values=("GENERAL", "WEALTH")),
        Condition("PURCHASES_12M", Ask.BETWEEN, 1, None),
        Group(
            Join.ANY,
            (
                Condition("BALANCE", Ask.BETWEEN, 1_000_000, None),
                Condition("MOBILE_SHARE", Ask.BETWEEN, 500_000, None),
            ),
        ),
        Condition("COMPLAINTS_12M", Ask.BETWEEN, 1, None, is_not=True),
    )
)
FLOOR = """
SELECT COUNT(*) FROM portrait
 WHERE customer_group IN ('GENERAL', 'WEALTH') AND purchases_12m >= 1
   AND (balance_cents >= 1000000 OR mobile_ppm >= 500000) AND NOT complaints_12m >= 1"""
SPLIT = ("outlet_id", "customer_group")


def portrait_of(customers: int, transactions: int) -> Path:
    """The portrait of a made-up bank."""

    def make(folder: Path) -> None:
        with engine_over(lake_of(customers, transactions)) as engine:
            feeds = portrait.feeds_of(engine, bank.AS_OF)
            portrait.build(engine, bank.AS_OF, folder / "portrait.parquet", feeds=feeds)

    parts = (
        HERE / "bank.py",
        SOURCES / "analytics" / "portrait.py",
        *(SOURCES / "analytics" / "sql" / "portrait").iterdir(),
    )
    return kept(f"portrait-{customers}-{transactions}", version_of(*parts), make) / "portrait.parquet"


def measure(customers: int, transactions: int) -> list[Figure]:
    path = portrait_of(customers, transactions)
    asked = Asked(RULE, portrait.FIELDS, bank.AS_OF)
    with (
        tempfile.TemporaryDirectory(prefix="zhike-bench-") as spill,
        DuckEngine(temp_directory=spill) as engine,
    ):
        engine.view(members.VIEW, [path])
        inside = members.counted(engine, asked)
        if [(inside,)] != engine.fetch(FLOOR, {}):
            raise AssertionError("the rule and the floor do not count the same customers")

        def seconds(work: Callable[[], object]) -> float:
            return least_seconds(work, tries=TRIES)

        floor = seconds(lambda: engine.fetch(FLOOR, {}))
        counted = seconds(lambda: members.counted(engine, asked))
        split = seconds(lambda: members.split(engine, asked, SPLIT))
    return [
        cost("count", counted, floor=floor, at_most=TARGET, unit="s", members=inside),
        cost("split", split, floor=floor, at_most=TARGET, unit="s"),
    ]


CLAIM = Claim(
    "segment",
    {
        "small": {"customers": 50_000, "transactions": 1_000_000},
        "full": {"customers": 1_000_000, "transactions": 20_000_000},
    },
    measure,
)

if __name__ == "__main__":
    CLAIM.main()
