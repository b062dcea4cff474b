"""Retention, churn, ties, bands and RFM: golden figures, a slow reading, and what must hold (formulas E.8 to E.11)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.analytics import buyers
from tests.analytics.adverse_bank import AS_OF, AdverseBank
from tests.analytics.sql_subset import problems
from tests.analytics.standing_oracle import StandingOracle

from zhike.analytics import cohorts, keeping, plan, rfm
from zhike.analytics.engine import DuckEngine
from zhike.analytics.habits import ALL
from zhike.analytics.keeping import Keeping, Rules, Standing
from zhike.analytics.rfm import Cell

START_ON = date(2026, 3, 31)
FEEDS = ("accounts", "balances", "transactions", "events:HOLDINGS_ELSEWHERE")
TIGHT = Rules(
    recent_months=2, sleeping_months=2, sleeping_below_cents=2_000_000, asset_loss=0.3, partial_loss=0.1
)
Engine = DuckEngine


@pytest.fixture(scope="module")
def buying(bank: AdverseBank) -> AdverseBank:
    return buyers.with_purchases(bank)


@pytest.fixture
def engine(buying: AdverseBank, tmp_path: Path) -> Iterator[DuckEngine]:
    with DuckEngine(threads=2, temp_directory=tmp_path / "spill") as duck:
        buying.register(duck, tmp_path)
        yield duck


@pytest.mark.requirement("N-03", "M-04")
@pytest.mark.parametrize("rules", [Rules(), TIGHT], ids=["default", "tight"])
def test_the_standing_of_every_customer_is_that_of_a_slow_reading(
    rules: Rules, engine: Engine, buying: AdverseBank
) -> None:
    keeping.keep_standing(engine, START_ON, AS_OF, rules, feeds=FEEDS)
    oracle = StandingOracle(buying, START_ON, AS_OF, rules)
    expected = {
        row["customer_id"]: found for row in buying.rows["customers"] if (found := oracle.standing(row))
    }
    names = engine.columns("standing")
    rows = [dict(zip(names, row, strict=True)) for row in engine.fetch("SELECT * FROM standing", {})]
    found = {row["customer_id"]: {key: row[key] for key in expected[row["customer_id"]]} for row in rows}
    assert found == expected
    assert len(rows) == len(expected)
    states = Counter(each["state"] for each in expected.values())
    assert set(states) >= {"LEFT", "PARTLY_LOST", "KEPT", "NEW"}


def test_figures_sum_to_the_bank_and_every_starter_has_one_state(engine: Engine) -> None:
    keeping.keep_standing(engine, START_ON, AS_OF, TIGHT, feeds=FEEDS)
    figures = {
        (each.business_type, each.customer_group): each for each in keeping.read_figures(engine, TIGHT)
    }
    bank = figures[ALL, ALL]
    parts = [each for key, each in figures.items() if ALL not in key]
    assert bank.keeping.starter_count == sum(each.keeping.starter_count for each in parts)
    assert bank.keeping.end_cents == sum(each.keeping.end_cents for each in parts)
    assert bank.ties.customer_count == sum(each.ties.customer_count for each in parts)
    counted = engine.fetch("SELECT COUNT(*) FROM standing WHERE is_starter", {})[0][0]
    assert bank.keeping.starter_count == counted
    assert bank.keeping.retention == pytest.approx(1 - (bank.keeping.churn or 0))
    assert 0 < (bank.ties.share_of_wallet or 0) < 1
    assert 0 < (bank.ties.stickiness or 0) < 1


def test_what_rests_on_a_missing_feed_is_unknown(engine: Engine) -> None:
    keeping.keep_standing(engine, START_ON, AS_OF, Rules(), feeds=("accounts",))
    unknown = engine.fetch("SELECT COUNT(idle_days), COUNT(end_band), COUNT(start_cents) FROM standing", {})[
        0
    ]
    assert unknown == (0, 0, 0)
    states = {row[0] for row in engine.fetch("SELECT DISTINCT state FROM standing", {})}
    assert states <= {"LEFT", "PARTLY_LOST", "KEPT", "NEW"}


@pytest.mark.requirement("N-03")
def test_retention_of_the_example_is_89_per_cent() -> None:
    # 1,000 at the start, 950 at the end, of whom 60 are new (formula E.8).
    found = Keeping({Standing.KEPT: 700, Standing.SLEEPING: 190, Standing.LEFT: 110}, 60, 500, 400)
    assert (found.starter_count, found.end_count) == (1000, 950)
    assert found.retention == 0.89
    assert found.churn == 0.11
    assert found.value_retention == 0.8
    nobody = Keeping({}, 3, 0, 0)
    assert (nobody.retention, nobody.churn, nobody.value_retention) == (None, None, None)


@pytest.mark.parametrize(
    ("yuan", "band"),
    [
        (0, 1), (-5, 1), (49_999.99, 1), (50_000, 2), (200_000, 3), (499_999.99, 3), (500_000, 4),
        (1_999_999.99, 4), (2_000_000, 5), (6_000_000, 6), (9_999_999.99, 6), (10_000_000, 7), (10**12, 7),
    ],
)  # fmt: skip
def test_bands_are_left_closed(yuan: float, band: int) -> None:
    assert Rules().band_of(round(yuan * 100)) == band


def test_rules_out_of_order_are_refused() -> None:
    for wrong in (
        {"bands_cents": (5, 10)}, {"bands_cents": ()}, {"bands_cents": (0, 9, 4)}, {"asset_loss": 0.1},
        {"partial_loss": 0.0}, {"recent_months": 0},
    ):  # fmt: skip
        with pytest.raises(ValueError, match=r"bands|loss|counted"):
            Rules(**wrong)  # type: ignore[arg-type]


def test_raised_shares_are_of_customers_in_the_lower_band_at_the_start(engine: Engine) -> None:
    assert keeping.raised_shares({(1, 1): 6, (1, 2): 3, (1, None): 1, (2, 1): 4, (None, 5): 9}) == {
        1: 0.3,
        2: 0.0,
    }
    keeping.keep_standing(engine, START_ON, AS_OF, Rules(), feeds=FEEDS)
    moves = keeping.read_moves(engine)
    assert sum(moves[ALL].values()) == engine.fetch("SELECT COUNT(*) FROM standing", {})[0][0]
    assert all(0 <= share <= 1 for share in keeping.raised_shares(moves[ALL]).values())


def test_stickiness_counts_what_is_known_of_seven_and_share_of_wallet_what_there_is() -> None:
    assert keeping.stickiness([True, True, None, False, True, False, False]) == pytest.approx(3 / 7)
    with pytest.raises(ValueError, match="7 ties"):
        keeping.stickiness([True])
    assert keeping.share_of_wallet(300, 700) == 0.3
    assert (keeping.share_of_wallet(0, 0), keeping.share_of_wallet(-5, 10), keeping.share_of_wallet(5, 0)) == (
        None, 0, 1,
    )  # fmt: skip


@pytest.mark.requirement("N-03")
def test_churn_by_month_is_of_who_was_there_at_its_beginning(engine: Engine, buying: AdverseBank) -> None:
    starts = [date(2026, month, 1) for month in range(4, 10)]
    found = keeping.read_monthly(engine, starts)
    for start, following in zip(starts, [*starts[1:], date(2026, 10, 1)], strict=True):
        there = [
            row for row in buying.rows["customers"]
            if row["customer_id"] is not None and row["opened_on"] and row["opened_on"] < start
            and (not row["closed_on"] or row["closed_on"] >= start)
        ]  # fmt: skip
        rows = [row for row in found if row.month_on == start]
        assert sum(row.starter_count for row in rows) == len(there)
        assert sum(row.left_count for row in rows) == sum(
            bool(r["closed_on"] and r["closed_on"] < following) for r in there
        )
    assert sum(row.left_count for row in found) > 0
    assert keeping.read_monthly(engine, []) == ()


@pytest.mark.requirement("T-27")
def test_rfm_classes_are_those_of_a_slow_reading(engine: Engine) -> None:
    keeping.keep_standing(engine, START_ON, AS_OF, Rules(), feeds=FEEDS)
    rfm.keep_rfm(engine)
    rows = engine.fetch(
        "SELECT business_type, customer_id, -idle_days, active_months, end_cents, category_count FROM standing"
        " WHERE is_here", {},
    )  # fmt: skip
    found = {
        row[0]: row[1:]
        for row in engine.fetch("SELECT customer_id, r_class, f_class, m_class, p_class FROM rfm", {})
    }
    cells = rfm.read_cells(engine)
    assert len(found) == len(rows)
    for business_type in {row[0] for row in rows}:
        own = sorted(row for row in rows if row[0] == business_type)
        classes = list(zip(*(rfm.classes_of([row[at] for row in own]) for at in range(2, 6)), strict=True))
        assert [found[row[1]] for row in own] == classes
        means = tuple(sum(each[at] for each in classes) / len(classes) for at in range(3))
        expected = Counter(rfm.cell_of(*each[:3], means) for each in classes)
        assert {cell: count for cell, count in cells[business_type].items() if count} == expected
    assert sum(cells[ALL].values()) == len(rows)


@pytest.mark.requirement("T-27")
def test_the_code_and_the_eight_cells_of_rfm() -> None:
    assert rfm.code(5, 4, 3) == 543
    with pytest.raises(ValueError, match="1 to 9"):
        rfm.code(0, 4, 3)
    high_low = (5, 1)
    cells = [rfm.cell_of(r, f, m, (3, 3, 3)) for m in high_low for r in high_low for f in high_low]
    assert cells == list(Cell)
    assert rfm.cell_of(3, 3, 3, (3, 3, 3)) is Cell.IMPORTANT_VALUE  # at the mean counts as above
    assert rfm.classes_of([10, 20, 30, 40, 50]) == [1, 2, 3, 4, 5]
    assert rfm.classes_of([7, 7, 7]) == [5, 5, 5]
    assert rfm.classes_of([1, 1, 1, 9, 9]) == [3, 3, 3, 5, 5]


@given(
    st.lists(st.integers(-50, 50), min_size=1, max_size=60),
    st.integers(1, 9),
    st.randoms(use_true_random=False),
)
def test_classes_rise_with_the_value_whatever_order_or_scale(
    values: list[int], classes: int, order: object
) -> None:
    found = dict(zip(values, rfm.classes_of(values, classes), strict=True))
    assert [found[value] for value in sorted(found)] == sorted(found.values())
    assert set(found.values()) <= set(range(1, classes + 1))
    assert found[max(values)] == classes
    scaled = rfm.classes_of([value * 7 + 1000 for value in values], classes)
    assert scaled == [found[value] for value in values]
    shuffled = list(values)
    order.shuffle(shuffled)  # type: ignore[attr-defined]
    assert rfm.classes_of(shuffled, classes) == [found[value] for value in shuffled]


@pytest.mark.requirement("N-03")
def test_cohorts_tell_only_periods_that_have_passed_for_all(engine: Engine, buying: AdverseBank) -> None:
    epoch = date(2010, 1, 1)
    found = [each for each in cohorts.read_cohorts(engine, AS_OF, epoch=epoch) if each.business_type == ALL]
    assert [len(each.kept) - 1 for each in found] == [max(0, 2025 - each.from_on.year) for each in found]
    for cohort in found:
        own = [
            row for row in buying.rows["customers"]
            if row["customer_id"] is not None and row["opened_on"] and row["opened_on"].year == cohort.from_on.year
            and row["opened_on"] <= AS_OF
        ]  # fmt: skip
        assert cohort.size == len(own)
        assert list(cohort.kept) == sorted(cohort.kept, reverse=True)
    still = sum(
        not row["closed_on"] or row["closed_on"] > AS_OF
        for row in buying.rows["customers"]
        if row["opened_on"]
    )
    assert found[0].kept[-1] <= still
    with pytest.raises(ValueError, match="first of one"):
        cohorts.read_cohorts(engine, AS_OF, epoch=date(2010, 1, 2))


def test_a_triangle_counts_who_stayed_at_least_so_long() -> None:
    assert cohorts.triangle_row([(None, 5), (0, 2), (1, 3), (4, 1)], 3) == (11, 9, 6, 6)
    cohort = cohorts.Cohort("RETAIL", date(2020, 1, 1), (11, 9))
    assert (cohort.retention(1), cohort.retention(2)) == (9 / 11, None)


def test_a_standing_between_days_in_the_wrong_order_is_refused(engine: Engine) -> None:
    with pytest.raises(ValueError, match="first day"):
        keeping.keep_standing(engine, AS_OF, AS_OF, Rules(), feeds=FEEDS)


def test_every_text_of_the_standing_is_portable() -> None:
    names = ("figures", "moves", "monthly", "cohorts", "rfm_spread", "rfm", "rfm_cells")
    texts = {name: plan.text(f"keeping/{name}") for name in names} | {"standing": keeping.standing_text()}
    assert {name: problems(text) for name, text in texts.items() if problems(text)} == {}
