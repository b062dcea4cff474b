"""Runs from start to publication, with every refusal; hysteresis; recomputation; a publication that dies."""

from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from tests.cast import Bank
from tests.conftest import WorkerAt
from tests.loyalty import golden, steps
from tests.loyalty.golden import NOW, Q3, Q4

from zhike.core import hearing
from zhike.core.models import JobRun, Webhook, WebhookDelivery
from zhike.facts.models import ImportBatch
from zhike.loyalty.enums import RunState
from zhike.loyalty.models import Result, Run, SampleCheck, Scheme, Standing
from zhike.loyalty.operations import publishing, recomputing, runs
from zhike.loyalty.operations.runs import RunRefused
from zhike.loyalty.queries import sampling
from zhike.staff.models import RoleAssignment, Staff

ENDS = [date(2025, 12, 31), date(2026, 3, 31), date(2026, 6, 30), Q3]


def publish(run: Run, by: Any) -> Run:
    return publishing.publish_run(run_id=run.pk, by=by, now=NOW)


@pytest.mark.requirement("L-39")
def test_publishing_switches_every_standing(golden_bank: Bank, published: Run) -> None:
    assert published.state == RunState.PUBLISHED
    standing = Standing.objects.get(pk=golden_bank.zhang_wei.pk)
    assert (standing.run_id, standing.tier, round(standing.score, 2)) == (published.pk, "MEDIUM", 64.40)
    assert (standing.manager_id, standing.since_on) == (golden_bank.chen.pk, Q3)
    assert Standing.objects.count() == 6


@pytest.mark.requirement("L-39")
def test_a_run_cannot_be_published_twice(golden_bank: Bank, published: Run) -> None:
    with pytest.raises(RunRefused):
        publish(published, golden_bank.zheng)


@pytest.mark.goal("G11")
def test_programs_are_told_of_a_publication_and_of_none_that_failed(
    golden_bank: Bank, computed: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    Webhook.objects.create(
        name="x", url="https://x.example/", state="ACTIVE", proposed_by=golden_bank.wu, proposed_at=NOW
    )
    runs.waive_review(run_id=computed.pk, reason="test", now=NOW)
    with monkeypatch.context() as failing, pytest.raises(ZeroDivisionError):
        failing.setattr(publishing.hearing, "tell", lambda *_words, **_more: 1 / 0)
        publish(computed, golden_bank.zheng)
    assert not WebhookDelivery.objects.exists()
    publish(computed, golden_bank.zheng)
    told = json.loads(WebhookDelivery.objects.get().body)
    assert told["type"] == "loyalty.tiers_published"
    assert told["data"] == {
        "run": computed.pk, "period": "2026Q3", "as_of": "2026-09-30", "replaces": None, "is_current": True,
        "changed": "/api/v1/scores?changed=true",
    }  # fmt: skip


@pytest.mark.goal("G28")
def test_whoever_started_a_run_does_not_publish_it(golden_bank: Bank, computed: Run) -> None:
    runs.waive_review(run_id=computed.pk, reason="test", now=NOW)
    with pytest.raises(RunRefused):
        publish(computed, golden_bank.wu)
    with pytest.raises(IntegrityError, match="run_published_by_another"), transaction.atomic():
        Run.objects.filter(pk=computed.pk).update(
            state="PUBLISHED", published_by=golden_bank.wu, published_at=NOW
        )
    assert publish(computed, golden_bank.zheng).published_by == golden_bank.zheng


@pytest.mark.goal("G28")
def test_whoever_restarted_a_run_does_not_publish_it(golden_bank: Bank, computed: Run) -> None:
    Run.objects.filter(pk=computed.pk).update(state=RunState.BLOCKED)
    again = steps.carry_out(runs.restart_run(run_id=computed.pk, by=golden_bank.zheng, now=NOW))
    runs.waive_review(run_id=again.pk, reason="test", now=NOW)
    with pytest.raises(RunRefused):
        publishing.ask_publication(run_id=again.pk, by=golden_bank.zheng, now=NOW)
    with pytest.raises(IntegrityError, match="run_published_by_none_who_restarted"), transaction.atomic():
        Run.objects.filter(pk=again.pk).update(
            state="PUBLISHED", published_by=golden_bank.zheng, published_at=NOW
        )


@pytest.mark.goal("G27")
def test_the_right_to_publish_is_asked_again_when_the_job_runs(golden_bank: Bank, computed: Run) -> None:
    runs.waive_review(run_id=computed.pk, reason="test", now=NOW)
    asked = publishing.ask_publication(run_id=computed.pk, by=golden_bank.zheng, now=NOW)
    RoleAssignment.objects.filter(staff=golden_bank.zheng).delete()
    with pytest.raises(RunRefused):
        publish(asked, Staff.objects.get(pk=golden_bank.zheng.pk))
    computed.refresh_from_db()
    assert computed.state == RunState.REVIEW


def test_a_sample_that_was_not_drawn_is_refused(golden_bank: Bank, computed: Run) -> None:
    drawn = {row.customer_id for row in sampling.samples(computed, staff=golden_bank.zheng, on=Q3)}
    others = Result.objects.filter(run_id=computed.pk).exclude(customer_id__in=drawn)
    assert (len(drawn), others.count()) == (3, 3)
    with pytest.raises(RunRefused):
        runs.check_sample(
            run_id=computed.pk,
            customer_id=others[0].customer_id,
            verdict="RIGHT",
            by=golden_bank.zheng,
            now=NOW,
        )
    assert not SampleCheck.objects.exists()


def test_an_unreviewed_run_is_not_published(golden_bank: Bank, computed: Run) -> None:
    with pytest.raises(RunRefused):
        publishing.ask_publication(run_id=computed.pk, by=golden_bank.zheng, now=NOW)
    runs.waive_review(run_id=computed.pk, reason="test", now=NOW)
    asked = publishing.ask_publication(run_id=computed.pk, by=golden_bank.zheng, now=NOW)
    assert asked.state == RunState.REVIEW
    assert JobRun.objects.filter(job=publishing.PUBLISH_JOB, key=str(computed.pk)).exists()


def test_a_review_needs_its_samples_and_an_answer_to_doubts(golden_bank: Bank, computed: Run) -> None:
    def check(customer_id: int, verdict: str, note: str = "") -> None:
        runs.check_sample(
            run_id=computed.pk,
            customer_id=customer_id,
            verdict=verdict,
            note=note,
            by=golden_bank.zheng,
            now=NOW,
        )

    with pytest.raises(RunRefused):
        runs.review_run(run_id=computed.pk, by=golden_bank.zheng, now=NOW)
    first, second, third = (
        row.customer_id for row in sampling.samples(computed, staff=golden_bank.zheng, on=Q3)
    )
    with pytest.raises(RunRefused):
        check(first, "DOUBTFUL")
    check(first, "DOUBTFUL", "投诉是否重复登记")
    check(second, "RIGHT")
    check(third, "RIGHT")
    with pytest.raises(RunRefused):
        runs.review_run(run_id=computed.pk, by=golden_bank.zheng, now=NOW)
    reviewed = runs.review_run(run_id=computed.pk, note="已核对，无误", by=golden_bank.zheng, now=NOW)
    assert reviewed.reviewed_by == golden_bank.zheng
    assert SampleCheck.objects.count() == 3
    with pytest.raises(RunRefused):
        check(first, "RIGHT")


@pytest.mark.requirement("L-39")
def test_a_published_period_is_evaluated_again_only_with_a_reason(
    golden_bank: Bank, golden_scheme: Scheme, published: Run, lake: Path
) -> None:
    with pytest.raises(RunRefused):
        steps.compute(golden_scheme, golden_bank, as_of=Q3)
    rows = golden.golden_rows(golden_bank)
    rows["events"].append(
        golden.event(golden_bank.zhang_wei.pk, "COMPLAINT", "FOUNDED", on=date(2026, 9, 1), severity=2)
    )
    golden.load(rows, lake=lake, digest="late")
    again = steps.compute(golden_scheme, golden_bank, as_of=Q3, reason="投诉迟报")
    assert (again.number, again.supersedes_id) == (2, published.pk)
    old = Result.objects.get(run_id=published.pk, customer_id=golden_bank.zhang_wei.pk)

    steps.publish(again, golden_bank)
    published.refresh_from_db()
    assert published.state == RunState.SUPERSEDED
    standing = Standing.objects.get(pk=golden_bank.zhang_wei.pk)
    assert standing.run_id == again.pk
    assert standing.score < old.score
    kept = Result.objects.get(run_id=published.pk, customer_id=golden_bank.zhang_wei.pk)
    assert (kept.score, kept.contributions) == (old.score, old.contributions)
    assert recomputing.recompute_run(run_id=published.pk).is_equal


def test_one_period_has_one_open_run(golden_bank: Bank, golden_scheme: Scheme, computed: Run) -> None:
    with pytest.raises(RunRefused):
        steps.compute(golden_scheme, golden_bank, as_of=date(2026, 8, 31))
    runs.void_run(run_id=computed.pk, reason="口径有误", by=golden_bank.wu, now=NOW)
    assert steps.compute(golden_scheme, golden_bank, as_of=Q3).number == 2


def test_a_run_becomes_void_with_a_reason_and_before_publication_only(
    golden_bank: Bank, computed: Run
) -> None:
    with pytest.raises(RunRefused):
        runs.void_run(run_id=computed.pk, reason=" ", by=golden_bank.wu, now=NOW)
    steps.publish(computed, golden_bank)
    with pytest.raises(RunRefused):
        runs.void_run(run_id=computed.pk, reason="太迟", by=golden_bank.wu, now=NOW)


def test_only_a_scheme_in_force_is_evaluated(golden_bank: Bank) -> None:
    made = steps.draft(golden.golden_spec(), golden_bank)
    with pytest.raises(RunRefused):
        steps.compute(made, golden_bank, as_of=Q3)


@pytest.mark.requirement("L-39")
def test_another_scheme_evaluates_a_published_period_only_to_replace_its_result(
    golden_bank: Bank, published: Run
) -> None:
    other = steps.in_force_next_day(golden.golden_spec("OTHER"), golden_bank)
    with pytest.raises(RunRefused, match="2026Q3"):
        steps.compute(other, golden_bank, as_of=Q3)
    again = steps.compute(other, golden_bank, as_of=Q3, reason="口径变更")
    assert (again.supersedes_id, again.previous_id) == (published.pk, None)
    with pytest.raises(IntegrityError, match="run_one_published_per_period"), transaction.atomic():
        Run.objects.filter(pk=again.pk).update(
            state="PUBLISHED", reviewed_at=NOW, published_by=golden_bank.zheng, published_at=NOW
        )
    steps.publish(again, golden_bank)
    published.refresh_from_db()
    assert published.state == RunState.SUPERSEDED
    assert Run.objects.filter(period="2026Q3", state="PUBLISHED").count() == 1


@pytest.mark.requirement("L-39")
@pytest.mark.parametrize(
    ("as_of", "words"),
    [(date(2027, 3, 31), "31 Dec 2026"), (date(2026, 9, 29), "30 Sep 2026"), (date(2026, 8, 31), "2026Q3")],
)
def test_only_a_whole_period_that_the_facts_reach_is_evaluated(
    golden_bank: Bank, golden_scheme: Scheme, as_of: date, words: str
) -> None:
    with pytest.raises(RunRefused, match=words):
        steps.compute(golden_scheme, golden_bank, as_of=as_of)
    assert not Run.objects.exists()
    assert steps.compute(golden_scheme, golden_bank, as_of=Q4).state == RunState.REVIEW


@pytest.mark.requirement("L-39")
def test_nothing_is_evaluated_before_facts_are_loaded(golden_bank: Bank, golden_scheme: Scheme) -> None:
    ImportBatch.objects.update(state="DISCARDED", loaded_at=None, load_no=None)
    with pytest.raises(RunRefused):
        steps.compute(golden_scheme, golden_bank, as_of=Q3)


@pytest.mark.parametrize("state", ["READING", "LOADING", "REFUSED"])
def test_no_run_starts_on_facts_that_are_not_settled(
    golden_bank: Bank, golden_scheme: Scheme, state: str
) -> None:
    batch = ImportBatch.objects.create(
        mapping="golden", digest="next", state=state, asked_by="test", asked_at=NOW
    )
    with pytest.raises(RunRefused):
        steps.compute(golden_scheme, golden_bank, as_of=Q3)
    ImportBatch.objects.filter(pk=batch.pk).update(state="DISCARDED")
    assert steps.compute(golden_scheme, golden_bank, as_of=Q3).state == RunState.REVIEW


def test_a_run_that_works_is_not_restarted_under_its_worker(
    golden_bank: Bank, golden_scheme: Scheme, worker_at: WorkerAt
) -> None:
    run = runs.start_run(scheme_id=golden_scheme.pk, as_of=Q3, by=golden_bank.wu, now=NOW)
    Run.objects.filter(pk=run.pk).update(state=RunState.COMPUTING)
    JobRun.objects.filter(job=runs.COMPUTE_JOB).update(state="RUNNING", alive_at=NOW)
    with worker_at(JobRun.objects.get(job=runs.COMPUTE_JOB)), pytest.raises(RunRefused):
        runs.restart_run(run_id=run.pk, by=golden_bank.wu, now=NOW + timedelta(minutes=1))
    again = runs.restart_run(run_id=run.pk, by=golden_bank.wu, now=NOW + timedelta(minutes=1))
    assert (again.state, again.attempt) == (RunState.QUEUED, 2)


@pytest.mark.requirement("L-40")
def test_four_past_runs_hold_a_tier_until_the_second_run_below_the_tolerance(
    bank: Bank, lake: Path, loader_here: None
) -> None:
    scores = dict(zip(ENDS, (72.0, 69.0, 66.9, 66.0), strict=True))
    golden.load(golden.wallet_rows([bank.zhang_wei], scores), lake=lake, digest="scores")
    scheme = steps.in_force(golden.wallet_spec(), bank)
    tiers = []
    for end in ENDS:
        steps.publish(steps.compute(scheme, bank, as_of=end), bank)
        standing = Standing.objects.get(pk=bank.zhang_wei.pk)
        tiers.append((round(standing.score, 1), standing.tier, standing.movement))
    assert tiers == [
        (72.0, "HIGH", "EARNED"), (69.0, "HIGH", "KEPT"), (66.9, "HIGH", "WARNED"), (66.0, "MEDIUM", "LOWERED"),
    ]  # fmt: skip
    assert Standing.objects.get(pk=bank.zhang_wei.pk).since_on == Q3


@pytest.mark.requirement("L-42")
def test_a_published_run_is_computed_again_bit_for_bit(golden_bank: Bank, published: Run, lake: Path) -> None:
    found = recomputing.recompute_run(run_id=published.pk)
    assert found.is_equal
    with (lake / published.result_path).open("ab") as file:
        file.write(b"!")
    assert not recomputing.recompute_run(run_id=published.pk).is_equal


@pytest.mark.requirement("L-42")
def test_a_run_of_another_release_is_not_called_changed(
    golden_bank: Bank, published: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert recomputing.recompute_run(run_id=published.pk).is_same_release
    monkeypatch.setattr("zhike.analytics.plan.sql_sha256", lambda: "another")
    monkeypatch.setattr("zhike.analytics.evaluate.fingerprint", lambda *_: "different")
    found = recomputing.recompute_run(run_id=published.pk)
    assert (found.is_equal, found.is_same_release, found.is_comparable) == (False, False, False)
    monkeypatch.undo()
    monkeypatch.setattr("zhike.analytics.evaluate.fingerprint", lambda *_: "different")
    assert recomputing.recompute_run(run_id=published.pk).is_comparable


@pytest.mark.requirement("L-42")
def test_other_weights_for_the_next_quarter_leave_this_one_as_it_is(
    golden_bank: Bank, golden_scheme: Scheme, published: Run
) -> None:
    from zhike.loyalty.operations import schemes

    second = schemes.draft_next_version(scheme_id=golden_scheme.pk, by=golden_bank.zheng, now=NOW)
    spec = dict(second.spec)
    spec["weight_sets"][0]["weights"] |= {"REPEAT_PURCHASE": 2000, "SATISFACTION": 3000}
    second = schemes.change_draft(
        scheme_id=second.pk, version=second.version, spec=spec, name=second.name, basis=second.basis,
        reason="市场变化", valid_from=steps.TOMORROW.date(), by=golden_bank.zheng, now=NOW,
    )  # fmt: skip
    schemes.try_scheme(scheme_id=second.pk, as_of=Q3, by=golden_bank.zheng, now=NOW)
    schemes.submit_scheme(scheme_id=second.pk, version=second.version, by=golden_bank.zheng, now=NOW)
    steps.approve(second, golden_bank)
    schemes.bring_in_force(scheme_id=second.pk, by=None, now=steps.TOMORROW)
    steps.publish(steps.compute(second, golden_bank, as_of=Q4), golden_bank)
    found = recomputing.recompute_run(run_id=published.pk)
    assert (found.is_equal, found.stored_hash) == (True, published.result_hash)


@pytest.mark.goal("G15")
def test_a_publication_killed_half_way_leaves_the_old_standing(
    golden_bank: Bank, golden_scheme: Scheme, published: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    following = steps.compute(golden_scheme, golden_bank, as_of=Q4)
    runs.waive_review(run_id=following.pk, reason="test", now=NOW)

    def dies(**facts: Any) -> None:
        assert Standing.objects.filter(run_id=following.pk).exists()  # the switch had happened
        raise KeyboardInterrupt

    monkeypatch.setitem(hearing._topics, publishing.PUBLISHED, [dies])
    with pytest.raises(KeyboardInterrupt):
        publish(following, golden_bank.zheng)
    following.refresh_from_db()
    assert following.state == RunState.REVIEW
    assert set(Standing.objects.values_list("run_id", flat=True)) == {published.pk}
    monkeypatch.setitem(hearing._topics, publishing.PUBLISHED, [])
    assert publish(following, golden_bank.zheng).state == RunState.PUBLISHED


def test_rooms_above_hear_of_a_publication(
    golden_bank: Bank, computed: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard = []
    monkeypatch.setitem(hearing._topics, publishing.PUBLISHED, [lambda run, now: heard.append(run.pk)])
    steps.publish(computed, golden_bank)
    assert heard == [computed.pk]


def test_a_customer_who_has_gone_stands_no_longer(
    golden_bank: Bank, golden_scheme: Scheme, published: Run, lake: Path
) -> None:
    rows = golden.golden_rows(golden_bank)
    for row in rows["customers"]:
        if row["customer_id"] == golden_bank.li_na.pk:
            row["closed_on"] = date(2026, 11, 1)
    golden.load(rows, lake=lake, digest="gone")
    following = steps.publish(steps.compute(golden_scheme, golden_bank, as_of=Q4), golden_bank)
    assert not Standing.objects.filter(pk=golden_bank.li_na.pk).exists()
    assert [1 for before, after, _ in following.summary["migration"] if after == "GONE"] == [1]
