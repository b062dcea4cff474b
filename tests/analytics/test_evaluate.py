"""The SQL of a run against a slow independent computation, row by row, on a bank of all that goes wrong."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from datetime import date
from importlib import metadata
from pathlib import Path

import pytest
from tests.analytics import formulas
from tests.analytics.adverse_bank import AS_OF, AdverseBank, Row
from tests.analytics.formulas import Standing, step, tier_of_score
from tests.analytics.oracle import Oracle

from bench import bank as made_up
from zhike.analytics import evaluate, plan, scheme, scheme_problems
from zhike.analytics.engine import DuckEngine
from zhike.analytics.indicators import CATALOGUE
from zhike.analytics.inputs import FrozenByAnotherRelease, RunInputs, SchemeTouched
from zhike.analytics.scheme import SchemeSpec
from zhike.analytics.tiers import Tier
from zhike.facts.contract import LAKE_COLUMNS

QUARTER_BEFORE = date(2026, 6, 30)


def results(engine: DuckEngine) -> dict[int, Row]:
    names = engine.columns("results")
    rows = [dict(zip(names, row, strict=True)) for row in engine.fetch("SELECT * FROM results", {})]
    return {row["customer_id"]: row for row in rows}


def assert_same(found: dict[int, Row], expected: dict[int, Row], *, points: float) -> None:
    """Rows agree: words exactly, raw values to 1e-9 of their size, values and scores to `points`."""
    assert found.keys() == expected.keys()
    for key, row in expected.items():
        for column, cell in row.items():
            got = found[key][column]
            if isinstance(cell, float) and got is not None:
                tolerance = 1e-9 * max(abs(cell), 1) if column.endswith("_raw") else points
                assert math.isclose(got, cell, rel_tol=0, abs_tol=tolerance), (key, column, got, cell)
            else:
                assert got == cell, (key, column, got, cell)


@pytest.mark.requirement("L-37", "L-38", "L-40")
@pytest.mark.parametrize("name", ["full", "core_banking"])
def test_evaluate_agrees_with_the_slow_computation_for_the_shipped_schemes(
    name: str, duck: DuckEngine, bank: AdverseBank, tmp_path: Path
) -> None:
    inputs = evaluate.prepare(duck, scheme.preset(name), AS_OF)
    summary = evaluate.evaluate(duck, inputs, tmp_path / "results.parquet")
    assert summary.reconciliation.is_ok
    assert_same(results(duck), Oracle(bank, inputs).results(), points=1e-9)


@pytest.mark.requirement("L-37", "L-38")
def test_evaluate_agrees_with_the_slow_computation_for_every_indicator(
    everything: SchemeSpec, duck: DuckEngine, bank: AdverseBank, tmp_path: Path
) -> None:
    assert scheme_problems.problems(everything) == ()
    inputs = evaluate.prepare(duck, everything, AS_OF)
    summary = evaluate.evaluate(duck, inputs, tmp_path / "results.parquet")
    assert summary.reconciliation.is_ok
    # The normal distribution is read at thousandths of a deviation: up to 0.02 points beside the exact one.
    assert_same(results(duck), Oracle(bank, inputs).results(), points=0.03)


@pytest.mark.requirement("L-39", "L-40", "L-42")
def test_evaluate_steps_tiers_from_the_last_published_run(
    duck: DuckEngine, bank: AdverseBank, tmp_path: Path
) -> None:
    spec = replace(scheme.preset("full"), high_from=62.0, medium_from=55.0, hysteresis_points=1.0)
    previous: dict[int, Row] = {}
    for run, as_of in enumerate((date(2025, 12, 31), date(2026, 3, 31), QUARTER_BEFORE, AS_OF)):
        inputs = evaluate.prepare(duck, spec, as_of)
        evaluate.evaluate(
            duck, inputs, tmp_path / f"{run}.parquet", previous=f"run_{run - 1}" if run else None
        )
        assert_same(results(duck), Oracle(bank, inputs, previous).results(), points=1e-9)
        duck.view(f"run_{run}", [tmp_path / f"{run}.parquet"])
        previous = results(duck)
    assert {"EARNED", "KEPT", "WARNED", "LOWERED"} <= {row["movement"] for row in previous.values()}


def test_every_row_is_what_the_plain_functions_make_of_it(
    everything: SchemeSpec, duck: DuckEngine, tmp_path: Path
) -> None:
    inputs = evaluate.prepare(duck, everything, AS_OF)
    evaluate.evaluate(duck, inputs, tmp_path / "results.parquet")
    for row in results(duck).values():
        weights = everything.weight_set_for(row["business_type"], row["customer_group"]).weights
        values = {use.code: row[f"{use.indicator.column}_value"] for use in everything.indicators}
        score = formulas.score(values, weights)
        assert row["score"] == score.score
        assert row["available_weight"] == score.available / 10_000
        enough = score.available >= everything.minimum_available
        standing = step(
            Standing(Tier.UNRATED), score.score if enough else None, everything, is_new=row["is_new"]
        )
        assert (row["tier"], row["below_count"]) == (standing.tier.name, standing.below_count)
        assert row["score_tier"] == (
            tier_of_score(score.score, everything).name if enough and score.score is not None else "UNRATED"
        )


@pytest.mark.requirement("L-42")
def test_evaluate_gives_the_same_bits_from_stored_inputs(
    everything: SchemeSpec, duck: DuckEngine, bank: AdverseBank, bank_folder: Path, tmp_path: Path
) -> None:
    inputs = evaluate.prepare(duck, everything, AS_OF, batches=["2026-09"])
    first = evaluate.evaluate(duck, inputs, tmp_path / "first.parquet")
    stored = RunInputs.from_json(inputs.to_json())
    assert stored == inputs
    assert stored.sha256 == inputs.sha256 == first.inputs_sha256
    with DuckEngine(threads=1) as other:
        bank.register(other, bank_folder)
        assert evaluate.evaluate(other, stored, tmp_path / "again.parquet") == first
    assert evaluate.fingerprint(duck, tmp_path / "first.parquet") == evaluate.fingerprint(
        duck, tmp_path / "again.parquet"
    )


def test_evaluate_does_not_fit_again(everything: SchemeSpec, duck: DuckEngine, tmp_path: Path) -> None:
    inputs = evaluate.prepare(duck, everything, AS_OF)
    survival = inputs.statistics["survival"]
    doubled = replace(survival, rows=tuple((kind, age, 2 * x) for kind, age, x in survival.rows))
    evaluate.evaluate(duck, inputs, tmp_path / "a.parquet")
    before = {key: row["lifetime_value_raw"] for key, row in results(duck).items()}
    other = replace(inputs, statistics={**inputs.statistics, "survival": doubled})
    evaluate.evaluate(duck, other, tmp_path / "b.parquet")
    after = {key: row["lifetime_value_raw"] for key, row in results(duck).items()}
    assert after == {key: 2 * value for key, value in before.items()}
    assert any(before.values())


def test_a_stored_scheme_that_was_touched_is_refused(everything: SchemeSpec, duck: DuckEngine) -> None:
    text = evaluate.prepare(duck, everything, AS_OF).to_json()
    with pytest.raises(ValueError, match="hash"):
        RunInputs.from_json(text.replace('"medium_from":45.0', '"medium_from":44.0'))


@pytest.mark.requirement("L-42")
def test_inputs_of_other_meanings_are_told_from_touched_ones(
    everything: SchemeSpec, duck: DuckEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = evaluate.prepare(duck, everything, AS_OF).to_json()
    moved = replace(CATALOGUE["COMPLAINT"], version=CATALOGUE["COMPLAINT"].version + 1)
    monkeypatch.setitem(CATALOGUE, "COMPLAINT", moved)
    with pytest.raises(FrozenByAnotherRelease) as found:
        RunInputs.from_json(text)
    assert found.value.release == metadata.version("zhike")
    with pytest.raises(SchemeTouched):
        RunInputs.from_json(text.replace('"medium_from":45.0', '"medium_from":44.0'))


def test_inputs_from_before_versions_were_kept_beside_the_hash_are_of_another_release(
    everything: SchemeSpec, duck: DuckEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = json.loads(evaluate.prepare(duck, everything, AS_OF).to_json())
    del plain["indicator_versions"]
    assert RunInputs.from_json(json.dumps(plain)).spec == everything
    moved = replace(CATALOGUE["COMPLAINT"], version=CATALOGUE["COMPLAINT"].version + 1)
    monkeypatch.setitem(CATALOGUE, "COMPLAINT", moved)
    with pytest.raises(FrozenByAnotherRelease):
        RunInputs.from_json(json.dumps(plain))


def test_a_feed_never_loaded_is_absent_for_everybody_and_not_zero(
    duck: DuckEngine, bank: AdverseBank, tmp_path: Path
) -> None:
    spec = scheme.preset("full")
    feeds = ("accounts", "balances", "customers", "events:REFERRAL", "transactions")
    inputs = replace(evaluate.prepare(duck, spec, AS_OF), feeds=feeds)
    coverage = {each.code: each for each in evaluate.coverage(duck, inputs).indicators}
    assert coverage["COMPLAINT"].absent_feeds == ("events:COMPLAINT",)
    assert coverage["SATISFACTION"].absent_feeds == ("events:ANSWER",)
    assert coverage["SATISFACTION"].observed_count == 0
    summary = evaluate.evaluate(duck, inputs, tmp_path / "results.parquet")
    assert summary.states["COMPLAINT"]["ABSENT"] == summary.customer_count
    assert all(row["complaint_contribution"] == 0 for row in results(duck).values())
    assert_same(results(duck), Oracle(bank, inputs).results(), points=1e-9)


def test_a_feed_counts_as_loaded_by_its_rows_in_the_window_or_by_its_delivery(duck: DuckEngine) -> None:
    spec = scheme.preset("full")
    assert "events:COMPLAINT" in evaluate.prepare(duck, spec, AS_OF).feeds
    long_after = date(2032, 9, 30)
    assert not [feed for feed in evaluate.prepare(duck, spec, long_after).feeds if ":" in feed]
    delivered = evaluate.prepare(duck, spec, long_after, delivered=["events", "events:COMPLAINT"])
    assert "events:COMPLAINT" in delivered.feeds


def test_prepare_refuses_a_scheme_with_a_blocking_problem(duck: DuckEngine) -> None:
    broken = replace(scheme.preset("full"), window_months=6)
    with pytest.raises(evaluate.SchemeNotUsable) as refusal:
        evaluate.prepare(duck, broken, AS_OF)
    assert [problem.code for problem in refusal.value.problems] == ["WINDOW_TOO_SHORT"]


def test_a_customer_twice_in_the_facts_does_not_reconcile(
    duck: DuckEngine, bank_folder: Path, tmp_path: Path
) -> None:
    path = bank_folder / "customers.parquet"
    once = f"SELECT * FROM read_parquet('{path}')"
    duck.relation("customers", f"{once} UNION ALL {once} WHERE customer_id = 1")
    inputs = evaluate.prepare(duck, scheme.preset("full"), AS_OF)
    summary = evaluate.evaluate(duck, inputs, tmp_path / "results.parquet")
    assert summary.reconciliation.rows_out == summary.reconciliation.distinct_customers + 1
    assert not summary.reconciliation.is_ok


def test_a_bank_without_any_fact_gives_an_empty_result(tmp_path: Path) -> None:
    with DuckEngine() as engine:
        for name, columns in LAKE_COLUMNS.items():
            engine.view(name, [], columns)
        inputs = evaluate.prepare(engine, scheme.preset("full"), AS_OF)
        assert inputs.feeds == ()
        summary = evaluate.evaluate(engine, inputs, tmp_path / "results.parquet")
    assert (summary.customer_count, summary.warnings, summary.reconciliation.is_ok) == (0, (), True)


@pytest.mark.requirement("L-40")
def test_summary_warns_of_a_scheme_that_judges_too_many_low(duck: DuckEngine, tmp_path: Path) -> None:
    spec = replace(scheme.preset("full"), high_from=99.0, medium_from=95.0)
    inputs = evaluate.prepare(duck, spec, AS_OF)
    summary = evaluate.evaluate(duck, inputs, tmp_path / "results.parquet")
    assert summary.warnings == ("TOO_MANY_LOW", "TOO_FEW_HIGH")


def test_summary_counts_are_those_of_the_rows(duck: DuckEngine, tmp_path: Path) -> None:
    stages: list[str] = []
    inputs = evaluate.prepare(duck, scheme.preset("full"), AS_OF)
    summary = evaluate.evaluate(duck, inputs, tmp_path / "results.parquet", progress=stages.append)
    rows = results(duck).values()
    assert tuple(stages) == evaluate.STAGES
    assert summary.customer_count == len(rows) == sum(summary.by_tier.values())
    assert summary.by_tier["HIGH"] == sum(row["tier"] == "HIGH" for row in rows)
    assert summary.provisional_count == sum(row["is_provisional"] for row in rows)
    assert sum(each.customer_count for each in summary.bins) == len(rows) - summary.unscored_count
    assert summary.states["REFERRAL"]["IMPUTED"] == sum(row["referral_state"] == "IMPUTED" for row in rows)


def test_prepare_gives_control_totals_of_the_window(duck: DuckEngine, bank: AdverseBank) -> None:
    inputs = evaluate.prepare(duck, scheme.preset("full"), AS_OF)
    since = plan.parameters(inputs.spec, AS_OF)["window_from"]
    booked = [r for r in bank.rows["transactions"] if r["booked_on"] and since <= r["booked_on"] <= AS_OF]
    total = next(each for each in inputs.totals if each.feed == "transactions")
    assert (total.row_count, total.sum_cents) == (len(booked), sum(r["amount_cents"] or 0 for r in booked))


def test_a_memory_limit_changes_the_time_and_not_the_result(tmp_path: Path) -> None:
    made_up.make(tmp_path, customers=80_000, transactions=600_000)
    files = made_up.files_in(tmp_path)
    spilled: list[int] = []
    prints = []
    for memory_limit in (None, "72MB"):
        spill = tmp_path / f"spill-{memory_limit}"
        with DuckEngine(memory_limit=memory_limit, threads=2, temp_directory=spill) as engine:
            for name, columns in LAKE_COLUMNS.items():
                engine.view(name, files[name], columns)
            inputs = evaluate.prepare(engine, scheme.preset("full"), made_up.AS_OF)
            evaluate.evaluate(engine, inputs, tmp_path / f"{memory_limit}.parquet")
            spilled.append(engine.fetch("SELECT COUNT(*) FROM duckdb_temporary_files()", {})[0][0])
            prints.append(evaluate.fingerprint(engine, tmp_path / f"{memory_limit}.parquet"))
    assert prints[0] == prints[1]
    assert (spilled[0] == 0, spilled[1] > 0) == (True, True)  # else the limit was not felt


def test_result_columns_are_those_of_the_file(
    everything: SchemeSpec, duck: DuckEngine, tmp_path: Path
) -> None:
    inputs = evaluate.prepare(duck, everything, AS_OF)
    evaluate.evaluate(duck, inputs, tmp_path / "results.parquet")
    described = duck.fetch("SELECT column_name, column_type FROM (DESCRIBE results)", {})
    assert tuple(described) == plan.result_columns(everything)
