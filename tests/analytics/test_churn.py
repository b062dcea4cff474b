"""Warning of churn: nothing of a later day is read, a later period judges, and scores say their reasons (M-03)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.analytics import adverse_bank, leavers
from tests.analytics.adverse_bank import AS_OF, AdverseBank
from tests.analytics.oracle import ASSETS, add_months
from tests.analytics.sql_subset import problems

from zhike.analytics import churn, drift, foresight
from zhike.analytics.churn import Learning, Learnt
from zhike.analytics.engine import DuckEngine
from zhike.analytics.logistic import CannotLearn, Refusal

FEEDS = ("accounts", "balances", "transactions", "events:COMPLAINT", "events:CONTACT")
LEARNING = Learning(least_cases=20)
DAY = date(2026, 6, 30)


def over(bank: AdverseBank, folder: Path) -> DuckEngine:
    engine = DuckEngine(threads=2, temp_directory=folder / "spill")
    folder.mkdir(exist_ok=True)
    bank.register(engine, folder)
    return engine


def known_of(bank: AdverseBank, folder: Path, day: date) -> list[tuple[Any, ...]]:
    with over(bank, folder) as engine:
        foresight.keep_inputs(engine, day, horizon_months=6, feeds=FEEDS)
        return engine.fetch("SELECT * FROM known ORDER BY COALESCE(customer_id, 0)", {})


@pytest.fixture(scope="module")
def bank() -> AdverseBank:
    return adverse_bank.make()


@pytest.fixture(scope="module")
def leaving() -> AdverseBank:
    return leavers.make()


@pytest.fixture
def engine(leaving: AdverseBank, tmp_path: Path) -> Iterator[DuckEngine]:
    with over(leaving, tmp_path) as duck:
        yield duck


@pytest.fixture(scope="module")
def learnt(leaving: AdverseBank, tmp_path_factory: pytest.TempPathFactory) -> Learnt:
    with over(leaving, tmp_path_factory.mktemp("leavers")) as duck:
        return churn.learn(duck, leavers.AS_OF, LEARNING, feeds=FEEDS)


def test_the_text_is_portable() -> None:
    assert problems(foresight.inputs_text()) == []


@pytest.mark.requirement("M-03")
@pytest.mark.parametrize("day", [DAY, date(2026, 6, 14)], ids=["end of a month", "within a month"])
def test_nothing_of_a_later_day_is_read(bank: AdverseBank, tmp_path: Path, day: date) -> None:
    month = day.replace(day=1) if (day + timedelta(1)).day != 1 else day + timedelta(1)

    def before(row: dict[str, Any], column: str) -> bool:
        return row[column] is None or row[column] <= day

    later = AdverseBank(bank.rows | {
        "customers": [row if before(row, "closed_on") else row | {"closed_on": date(2031, 1, 1)}
                      for row in bank.rows["customers"] if before(row, "opened_on")],
        "accounts": [row | {"closed_on": None} if not before(row, "closed_on") else row
                     for row in bank.rows["accounts"] if before(row, "opened_on")],
        "balances": [row for row in bank.rows["balances"] if row["month_on"] < month],
        "transactions": [row for row in bank.rows["transactions"] if before(row, "booked_on")],
        "events": [row | {"outcome": "OPEN"} if row["kind"] == "COMPLAINT" else row
                   for row in bank.rows["events"] if before(row, "happened_on")],
    })  # fmt: skip
    found = known_of(bank, tmp_path / "whole", day)
    assert len(found) > 100
    assert known_of(later, tmp_path / "until", day) == found


@pytest.mark.requirement("M-03")
def test_the_inputs_are_those_of_a_slow_reading(bank: AdverseBank, tmp_path: Path) -> None:
    with over(bank, tmp_path) as duck:
        foresight.keep_inputs(duck, AS_OF, horizon_months=6, feeds=FEEDS)
        names = duck.columns("known")
        found = {row[0]: dict(zip(names, row, strict=True)) for row in duck.fetch("SELECT * FROM known", {})}
    category = {row["product_id"]: row["category"] for row in bank.rows["products"]}
    quarter, year = date(2026, 7, 1), date(2025, 10, 1)
    seen = set()
    for person in bank.rows["customers"]:
        number = person["customer_id"]
        is_there = person["opened_on"] and person["opened_on"] <= AS_OF
        if number is None or not is_there or (person["closed_on"] and person["closed_on"] <= AS_OF):
            assert number not in found
            continue
        of = {name: [row for row in bank.rows[name] if row["customer_id"] == number]
              for name in ("accounts", "transactions", "events")}  # fmt: skip
        acts = [row["booked_on"] for row in of["transactions"]
                if row["booked_on"] and year <= row["booked_on"] <= AS_OF
                and row["channel"] not in {"BANK", None}]  # fmt: skip
        held = [row for row in of["accounts"]
                if row["opened_on"] and row["opened_on"] <= AS_OF and row["product_id"] in category]  # fmt: skip
        mine = {
            row["account_id"]
            for row in of["accounts"]
            if row in held and category[row["product_id"]] in ASSETS
        }
        months: dict[date, int] = {}
        for row in bank.rows["balances"]:
            if row["account_id"] in mine and year <= row["month_on"] <= date(2026, 9, 1):
                months[row["month_on"]] = months.get(row["month_on"], 0) + (row["average_cents"] or 0)
        is_open = [row for row in held if row["closed_on"] is None or row["closed_on"] > AS_OF]
        expected = {
            "idle_days": (AS_OF - max(acts)).days if acts else (AS_OF - year).days + 1,
            "acts_recent": sum(day >= quarter for day in acts),
            "active_months": len({12 * (AS_OF.year - day.year) + AS_OF.month - day.month for day in acts}),
            "recent_cents": max(0, sum(cents for month, cents in months.items() if month >= quarter)),
            "recent_months": min(3, (2026 - min(months).year) * 12 + 9 - min(months).month + 1) if months else 3,
            "earlier_months": sum(month < quarter for month in months) if months else None,
            "peak_cents": max(months.values()) if months and max(months.values()) > 0 else None,
            "categories_held": len({category[row["product_id"]] for row in is_open} - {None}),
            "accounts_closed": sum(row not in is_open and row["closed_on"] >= year for row in held),
            "maturing_cents": sum(
                max(0, row["principal_cents"] or 0) for row in is_open
                if category[row["product_id"]] in ASSETS - {"DEMAND"} and row["matures_on"]
                and AS_OF < row["matures_on"] <= date(2027, 3, 31)
            ),
            "complaints": sum(
                row["kind"] == "COMPLAINT" and year <= row["happened_on"] <= AS_OF for row in of["events"]
            ),
        }  # fmt: skip
        assert {name: found[number][name] for name in expected} == expected
        seen |= {name for name, value in expected.items() if value}
    assert seen == set(expected)


@pytest.mark.requirement("M-03", "N-17")
def test_a_model_learns_on_one_period_and_is_tried_on_the_next(learnt: Learnt) -> None:
    learnt_on, tried_on = learnt.learnt_on, learnt.tried_on
    assert (learnt_on.as_of, learnt_on.until, tried_on.as_of, tried_on.until) == (
        leavers.EARLIER, leavers.LATER, leavers.LATER, leavers.AS_OF,
    )  # fmt: skip
    assert (learnt_on.customer_count, learnt_on.case_count) == (360, 60)
    assert (tried_on.customer_count, tried_on.case_count) == (300, 60)  # who was lost before is at no risk
    assert learnt.judged.auc > 0.9
    assert learnt.judged.lift > 3.5
    assert learnt.judged.brier < learnt.beside.brier
    assert abs(learnt.beside.auc - 0.5) < 0.1
    assert learnt.difference.is_better
    assert learnt.difference.value == pytest.approx(learnt.judged.auc - learnt.beside.auc)
    assert sum(each.count for each in learnt.judged.bins) == 300


def test_weights_point_only_where_their_inputs_may(learnt: Learnt) -> None:
    assert all(foresight.INPUTS[each.code].sign * each.weight >= 0 for each in learnt.model.inputs)
    assert {each.code: each.weight for each in learnt.model.inputs}["ASSETS_CHANGE"] < -0.3
    assert set(learnt.left_out) >= {"SALARY_STOPPED", "COMPLAINTS", "CATEGORIES"}  # the same for everybody


@pytest.mark.requirement("M-03")
def test_a_score_is_the_sum_of_its_parts_and_the_largest_are_its_reasons(
    engine: DuckEngine, learnt: Learnt
) -> None:
    known = churn.read_at_risk(engine, leavers.LATER, LEARNING, feeds=FEEDS)
    parts, chances = learnt.model.parts(known), learnt.model.chances(known)
    odds = np.log(chances / (1 - chances))
    assert odds == pytest.approx(learnt.model.intercept + parts.sum(axis=1))
    row = known.customer_ids.index(7)  # leaves after the later day
    told = foresight.reasons(learnt.model, known, parts, row)
    assert 1 <= len(told) <= 3
    assert [each.part for each in told] == sorted((each.part for each in told), reverse=True)
    by_code = {each.code: each.told for each in told}
    assert {"ASSETS_CHANGE", "FROM_PEAK"} & set(by_code)
    assert chances[row] > np.median(chances)
    steady = int(np.argmin(chances))
    assert all(each.part > 0 for each in foresight.reasons(learnt.model, known, parts, steady))


def test_a_model_reads_back_as_it_was_written(learnt: Learnt) -> None:
    assert foresight.from_plain(json.loads(json.dumps(learnt.model.plain()))) == learnt.model
    plain = learnt.model.plain()
    plain["inputs"] = [{**plain["inputs"][0], "code": "OF_A_LATER_RELEASE"}]
    with pytest.raises(KeyError):
        foresight.from_plain(plain)


def test_what_is_unknown_says_nothing_and_extremes_stay_bounded(engine: DuckEngine, learnt: Learnt) -> None:
    known = churn.read_at_risk(engine, leavers.LATER, LEARNING, feeds=FEEDS)
    count = len(known.customer_ids)
    nothing = replace(known, scaled={code: np.full(count, np.nan) for code in known.scaled})
    assert not learnt.model.parts(nothing).any()
    far = replace(known, scaled={code: np.full(count, 1e300) for code in known.scaled})
    ends = replace(known, scaled={each.code: np.full(count, each.high) for each in learnt.model.inputs})
    assert learnt.model.parts(far) == pytest.approx(learnt.model.parts(ends))


@given(
    code=st.sampled_from(sorted(foresight.INPUTS)),
    values=st.lists(st.floats(-1e9, 1e9), min_size=2, max_size=9),
)
@settings(max_examples=40, deadline=None)
def test_more_of_an_input_never_points_the_other_way(learnt: Learnt, code: str, values: list[float]) -> None:
    weighed = {each.code: each for each in learnt.model.inputs}
    if code in weighed and foresight.INPUTS[code].sign:
        parts = weighed[code].weight * weighed[code].standard(np.array(sorted(values)))
        assert (np.diff(parts) * foresight.INPUTS[code].sign >= 0).all()


@pytest.mark.requirement("N-17")
def test_drift_is_nought_on_the_day_of_learning_and_seen_when_customers_change(
    engine: DuckEngine, learnt: Learnt
) -> None:
    then = churn.read_at_risk(engine, leavers.EARLIER, LEARNING, feeds=FEEDS)
    found = foresight.drifts(learnt.model, then)
    assert set(found) == {drift.SCORE, *(each.code for each in learnt.model.inputs)}
    assert all(each == pytest.approx(0) for each in found.values())
    changed = replace(then, scaled=then.scaled | {"ASSETS": then.scaled["ASSETS"] + 5})
    far = foresight.drifts(learnt.model, changed)
    assert (far["ASSETS"] or 0) > 0.25
    assert far["RECENCY"] == pytest.approx(0)
    gone = replace(then, customer_ids=())
    assert set(foresight.drifts(learnt.model, gone).values()) == {None}


def test_short_facts_and_few_losses_are_refused(
    leaving: AdverseBank, engine: DuckEngine, tmp_path: Path
) -> None:
    with pytest.raises(CannotLearn) as short:
        churn.learn(engine, leavers.AS_OF, replace(LEARNING, horizon_months=9), feeds=FEEDS)
    assert short.value.code is Refusal.TOO_SHORT
    with pytest.raises(CannotLearn) as few:
        churn.learn(engine, leavers.AS_OF, replace(LEARNING, least_cases=61), feeds=FEEDS)
    assert (few.value.code, few.value.count) == (Refusal.TOO_FEW_CASES, 60)
    with over(leavers.make(60, leave=False), tmp_path / "nobody") as duck, pytest.raises(CannotLearn) as none:
        churn.learn(duck, leavers.AS_OF, LEARNING, feeds=FEEDS)
    assert none.value.code is Refusal.ONE_CLASS
    empty = AdverseBank({name: [] for name in leaving.rows})
    with over(empty, tmp_path / "empty") as duck, pytest.raises(CannotLearn) as nothing:
        churn.learn(duck, leavers.AS_OF, LEARNING, feeds=FEEDS)
    assert nothing.value.code is Refusal.TOO_SHORT


def test_origins_are_ends_of_months_with_their_whole_horizon() -> None:
    assert churn.origins(date(2026, 9, 30), 6) == (date(2025, 9, 30), date(2026, 3, 31))
    assert churn.origins(date(2026, 11, 22), 6) == (date(2025, 10, 31), date(2026, 4, 30))
    assert churn.origins(date(2026, 2, 28), 3) == (date(2025, 8, 31), date(2025, 11, 30))
    assert add_months(date(2026, 3, 31), 6) == date(2026, 9, 30)
