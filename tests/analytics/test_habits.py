"""Pasts of customers read from facts: equal to a slow reading in Python, and made of portable text (formula E.5)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest
from tests.analytics import buyers
from tests.analytics.adverse_bank import AS_OF, AdverseBank
from tests.analytics.sql_subset import problems

from zhike.analytics import habits, plan
from zhike.analytics.engine import DuckEngine
from zhike.analytics.habits import ALL, Habit, Reading
from zhike.analytics.purchases import CannotFit, Purchases

HOLD_OUT = Reading(buyers.BOUGHT_FROM, date(2026, 5, 31), AS_OF)
TODAY = Reading(buyers.BOUGHT_FROM, AS_OF, AS_OF)


@pytest.fixture(scope="module")
def buying(bank: AdverseBank) -> AdverseBank:
    return buyers.with_purchases(bank)


@pytest.fixture
def engine(buying: AdverseBank, tmp_path: Path) -> Iterator[DuckEngine]:
    with DuckEngine(threads=2, temp_directory=tmp_path / "spill") as duck:
        buying.register(duck, tmp_path)
        yield duck


@pytest.mark.requirement("T-28")
@pytest.mark.parametrize("habit", Habit)
@pytest.mark.parametrize("reading", [HOLD_OUT, TODAY], ids=["hold-out", "today"])
def test_pasts_are_those_of_a_slow_reading(
    habit: Habit, reading: Reading, engine: DuckEngine, buying: AdverseBank
) -> None:
    habits.keep_pasts(engine, habit, reading)
    expected = buyers.pasts_of(buying, habit, reading)
    assert len(expected) > 25
    assert set(engine.fetch("SELECT * FROM pasts", {})) == expected


def test_grouped_pasts_count_every_customer_once_by_type_and_in_all(
    engine: DuckEngine, buying: AdverseBank
) -> None:
    habits.keep_pasts(engine, Habit.CARD, HOLD_OUT)
    expected = buyers.pasts_of(buying, Habit.CARD, HOLD_OUT)
    found = habits.read_pasts(engine)
    by_type = Counter(row[1] for row in expected)
    assert {name: int(each.customers.sum()) for name, each in found.items()} == by_type | {ALL: len(expected)}
    assert int(found[ALL].further @ found[ALL].customers) == sum(row[9] for row in expected)
    purchases = found[ALL].purchases()
    same = Purchases.of(*np.array([row[4:7] for row in expected], dtype=float).T)
    assert purchases.customers.tolist() == same.customers.tolist()
    assert purchases.recency.tolist() == same.recency.tolist()


def test_spending_keeps_the_sums_and_the_means_at_three_digits(
    engine: DuckEngine, buying: AdverseBank
) -> None:
    habits.keep_pasts(engine, Habit.CARD, TODAY)
    repeaters = [row for row in buyers.pasts_of(buying, Habit.CARD, TODAY) if row[4] and row[7]]
    found = habits.read_spending(engine)[ALL]
    assert found.customer_count == len(repeaters)
    assert found.repeats * found.mean_spend @ found.customers == pytest.approx(
        sum(row[7] for row in repeaters)
    )
    exact = sorted(row[7] / row[4] for row in repeaters)
    listed = np.sort(np.repeat(found.mean_spend, found.customers.astype(int)))
    assert listed == pytest.approx(exact, rel=0.011)


def test_tracked_purchases_are_the_repeats_before_the_date_and_after(
    engine: DuckEngine, buying: AdverseBank
) -> None:
    habits.keep_pasts(engine, Habit.CARD, HOLD_OUT)
    expected = buyers.pasts_of(buying, Habit.CARD, HOLD_OUT)
    tracked = habits.read_tracked(engine, HOLD_OUT)[ALL]
    past_days = (HOLD_OUT.as_of - HOLD_OUT.bought_from).days
    assert tracked[: past_days + 1].sum() == sum(row[4] for row in expected)
    assert tracked[past_days + 1 :].sum() == sum(row[9] for row in expected)


def test_a_bank_without_purchases_has_no_pasts(engine: DuckEngine) -> None:
    nobody = Reading(date(2001, 1, 1), date(2001, 6, 30), date(2001, 12, 31))
    habits.keep_pasts(engine, Habit.CARD, nobody)
    assert (habits.read_pasts(engine), habits.read_spending(engine), habits.read_tracked(engine, nobody)) == (
        {}, {}, {},
    )  # fmt: skip


def test_a_reading_begins_before_its_date_and_ends_no_sooner() -> None:
    for as_of, until in ((buyers.BOUGHT_FROM, AS_OF), (AS_OF, AS_OF - timedelta(1))):
        with pytest.raises(ValueError, match="a reading begins"):
            Reading(buyers.BOUGHT_FROM, as_of, until)


def test_every_text_of_a_reading_is_portable() -> None:
    texts = {
        name: plan.text(f"purchases/{name}")
        for name in ("card", "investment", "grouped", "spending", "tracked")
    }
    texts["pasts"] = habits.pasts_text()
    texts["valued"] = plan.text("purchases/valued")
    assert {name: problems(text) for name, text in texts.items() if problems(text)} == {}


def test_pasts_of_nobody_who_repeats_cannot_be_fitted() -> None:
    with pytest.raises(CannotFit):
        Purchases.of([0.0], [0.0], [9.0]).require(1)
