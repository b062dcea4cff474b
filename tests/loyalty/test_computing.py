"""A run from the queue to its review: golden figures, reconciliation, and what is stored."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from tests.cast import Bank
from tests.loyalty import golden
from tests.loyalty.golden import NOW, Q3
from tests.loyalty.steps import carry_out, compute

from zhike.facts.models import LakeFile
from zhike.loyalty import jobs
from zhike.loyalty.enums import RunState
from zhike.loyalty.models import Result, Run, RunPeer, RunUnit, Scheme
from zhike.loyalty.operations import counting, runs


def result_of(run: Run, customer_id: int) -> Result:
    return Result.objects.get(run_id=run.pk, customer_id=customer_id)


@pytest.mark.requirement("L-38", "L-40")
def test_the_golden_facts_give_the_golden_scores(golden_bank: Bank, computed: Run) -> None:
    assert computed.state == RunState.REVIEW
    found = {
        name: round(result_of(computed, each.pk).score, 9)
        for name, each in (
            ("张伟", golden_bank.zhang_wei), ("企业", golden_bank.western), ("李娜", golden_bank.li_na),
        )
    }  # fmt: skip
    assert found == {"张伟": 64.40, "企业": 68.00, "李娜": 60.00}


@pytest.mark.requirement("L-38", "L-42")
def test_every_part_of_a_score_is_stored_and_sums_to_it(golden_bank: Bank, computed: Run) -> None:
    row = result_of(computed, golden_bank.zhang_wei.pk)
    assert computed.indicators == [
        "REPEAT_PURCHASE", "REFERRAL", "COMPLAINT", "SATISFACTION", "LIFETIME_VALUE",
    ]  # fmt: skip
    assert row.states == "OOOOO"
    assert row.raws == pytest.approx([3, 1 / 3, 1, 4, 9720])
    assert row.values == pytest.approx([60, 100 / 3, 200 / 3, 82, 75])
    assert row.weights == pytest.approx([0.3, 0.15, 0.15, 0.2, 0.2])
    assert sum(row.contributions) == pytest.approx(row.score, abs=1e-9)
    assert (row.tier, row.tier_before, row.weight_set) == ("MEDIUM", "", "RETAIL_GENERAL")


@pytest.mark.requirement("L-38")
def test_a_missing_answer_leaves_the_score_on_eighty_percent_of_the_weight(
    golden_bank: Bank, computed: Run
) -> None:
    row = result_of(computed, golden_bank.li_na.pk)
    assert (row.available_weight, row.is_sufficient, row.states[3]) == (0.8, True, "N")


def test_peers_and_totals_by_outlet_are_stored(golden_bank: Bank, computed: Run) -> None:
    peer = RunPeer.objects.get(
        run=computed, indicator="COMPLAINT", business_type="RETAIL", customer_group="GENERAL"
    )
    assert peer.customer_count == 4
    totals = dict(
        RunUnit.objects.filter(run=computed, outlet_id=golden_bank.donghu.pk).values_list(
            "tier", "customer_count"
        )
    )
    assert sum(totals.values()) == 4


def test_the_steps_are_told_in_order(golden_bank: Bank, golden_scheme: Scheme) -> None:
    run = runs.start_run(scheme_id=golden_scheme.pk, as_of=Q3, by=golden_bank.wu, now=NOW)
    heard: list[str] = []
    carry_out(run, heard.append)
    assert heard == ["READ", "MEASURES", "PEERS", "RESULTS", "CHECK", "RECONCILE", "STORE"]


@pytest.mark.requirement("T-23", "L-39")
def test_a_control_total_off_by_one_cent_blocks_the_run_with_the_difference(
    golden_bank: Bank, golden_scheme: Scheme
) -> None:
    file = LakeFile.objects.get(table="balances")
    file.sum_cents += 1
    file.save()
    run = compute(golden_scheme, golden_bank, as_of=Q3)
    assert run.state == RunState.BLOCKED
    wrong = [each for each in run.statements if not each["is_ok"]]
    assert [(each["table"], each["unit"], each["expected"] - each["found"]) for each in wrong] == [
        ("balances", "CENTS", 1)
    ]
    assert not Result.objects.filter(run_id=run.pk).exists()

    file.sum_cents -= 1
    file.save()
    runs.restart_run(run_id=run.pk, by=golden_bank.wu, now=NOW)
    assert carry_out(run).state == RunState.REVIEW


def test_a_lost_row_blocks_the_run(golden_bank: Bank, golden_scheme: Scheme) -> None:
    LakeFile.objects.filter(table="events").update(row_count=99)
    run = compute(golden_scheme, golden_bank, as_of=Q3)
    assert [each["table"] for each in run.statements if not each["is_ok"]] == ["events"]


def test_a_run_taken_over_from_a_dead_worker_stores_every_row_once(golden_bank: Bank, computed: Run) -> None:
    Run.objects.filter(pk=computed.pk).update(state=RunState.RECONCILING)
    again = carry_out(computed)
    assert again.state == RunState.REVIEW
    assert Result.objects.filter(run_id=computed.pk).count() == 6
    assert again.result_hash == computed.result_hash


def test_a_reviewed_run_takes_no_results_any_more(computed: Run) -> None:
    with (
        pytest.raises(DatabaseError, match="does not take results"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute("SELECT loyalty_open_run(%s)", [computed.pk])


@pytest.mark.requirement("L-42")
def test_a_published_run_cannot_be_rewritten(published: Run) -> None:
    published.result_hash = "0" * 64
    with pytest.raises(IntegrityError, match="stands still"), transaction.atomic():
        published.save()


def test_coverage_is_counted_by_the_worker_and_kept_for_these_facts(
    golden_bank: Bank, golden_scheme: Scheme, lake: Path
) -> None:
    assert counting.coverage_of(golden_scheme, as_of=golden.Q3) == {}
    asked = counting.ask_coverage(
        scheme_id=golden_scheme.pk, as_of=golden.Q3, by=golden_bank.wu, now=golden.NOW
    )
    again = counting.ask_coverage(
        scheme_id=golden_scheme.pk, as_of=golden.Q3, by=golden_bank.wu, now=golden.NOW
    )
    assert asked == again == counting.counting_of(golden_scheme, as_of=golden.Q3)
    jobs.count_coverage.func(asked.pk, golden_scheme.pk)
    golden_scheme.refresh_from_db()
    kept = counting.coverage_of(golden_scheme, as_of=golden.Q3)
    observed = {each["code"]: each["observed_count"] for each in kept["indicators"]}
    assert (kept["customer_count"], observed["SATISFACTION"]) == (6, 2)
    golden.load(golden.golden_rows(golden_bank), lake=lake, digest="later")
    assert counting.coverage_of(golden_scheme, as_of=golden.Q3) == {}


@pytest.mark.requirement("L-39")
def test_a_feed_that_stopped_counts_for_nobody_and_an_empty_delivery_does(
    golden_bank: Bank, golden_scheme: Scheme, lake: Path
) -> None:
    rows = golden.golden_rows(golden_bank)
    rows["events"] = [row for row in rows["events"] if row["kind"] != "COMPLAINT"]
    rows["events"].append(
        golden.event(golden_bank.zhang_wei.pk, "COMPLAINT", "FOUNDED", on=date(2019, 5, 1), severity=3)
    )
    batch = golden.load(rows, lake=lake, digest="stopped")
    run = compute(golden_scheme, golden_bank, as_of=golden.Q3)
    assert "events:COMPLAINT" not in run.run_inputs.feeds
    assert (run.summary["states"]["COMPLAINT"]["ABSENT"], run.warnings.count("FEED_ABSENT")) == (6, 1)
    runs.void_run(run_id=run.pk, reason="test", by=golden_bank.wu, now=golden.NOW)
    batch.counts = {"events": {"offered": 0, "feeds": ["events", "events:COMPLAINT"]}}
    batch.save()
    delivered = compute(golden_scheme, golden_bank, as_of=golden.Q3)
    assert delivered.summary["states"]["COMPLAINT"]["OBSERVED"] == 6
