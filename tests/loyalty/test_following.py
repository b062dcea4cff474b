"""What is done about changed customers: causes, measures, records, overrides, early movers."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse
from tests.cast import Bank
from tests.loyalty import golden, steps
from tests.loyalty.golden import NOW, Q3, Q4

from zhike.core.access.acting import acting_as
from zhike.core.models import Approval, AuditEvent, Task
from zhike.core.operations import approvals
from zhike.core.operations.approvals import ApprovalRefused
from zhike.core.queries import approvals as queries
from zhike.loyalty.enums import Measure, Tier, Trigger
from zhike.loyalty.models import EarlyMover, FollowUp, Result, Run, Scheme, Standing, TierPolicy
from zhike.loyalty.operations import early_movers, following, overrides, realigning
from zhike.loyalty.operations.following import FollowUpRefused, PolicyMoved
from zhike.loyalty.operations.overrides import OverrideRefused
from zhike.loyalty.queries import breakdown as make_up
from zhike.loyalty.queries import changes, totals
from zhike.loyalty.queries.changes import Direction


@pytest.fixture
def fallen(golden_bank: Bank, golden_scheme: Scheme, published: Run, lake: Path) -> Run:
    """The fourth quarter, published: 张伟 has complained with reason, severity 2."""
    rows = golden.golden_rows(golden_bank)
    rows["events"].append(
        golden.event(golden_bank.zhang_wei.pk, "COMPLAINT", "FOUNDED", on=date(2026, 11, 3), severity=2)
    )
    golden.load(rows, lake=lake, digest="fourth", business_on=Q4)
    return steps.publish(steps.compute(golden_scheme, golden_bank, as_of=Q4), golden_bank)


def changed_of(bank: Bank, run: Run, staff: Any, direction: Direction = Direction.FELL) -> list[Any]:
    rows = changes.open_first(changes.changed(staff, run, direction=direction))
    return changes.in_detail(list(rows), run)


@pytest.mark.requirement("L-11", "L-41")
def test_a_manager_sees_the_own_fallen_customers_with_cause_and_measure(
    golden_bank: Bank, fallen: Run
) -> None:
    (row,) = changed_of(golden_bank, fallen, golden_bank.chen)
    assert row.customer == golden_bank.zhang_wei
    assert row.explained.causes[0].code == "COMPLAINT"
    assert row.explained.causes[0].points == pytest.approx(-10)
    assert (row.trigger, row.policy.measure) == (Trigger.SCORE_FELL, Measure.CALL_FIND_CAUSE)
    assert "投诉" in row.explained.sentences[0] or "omplaint" in row.explained.sentences[0]
    assert row.follow_up is None
    assert changed_of(golden_bank, fallen, golden_bank.outsider) == []


@pytest.mark.parametrize(
    ("before", "tier", "change", "expected"),
    [
        ("", "HIGH", None, Trigger.FIRST_RATED),
        ("UNRATED", "LOW", 1.0, Trigger.FIRST_RATED),
        ("HIGH", "MEDIUM", -9.0, Trigger.TIER_FELL),
        ("LOW", "HIGH", 30.0, Trigger.TIER_ROSE),
        ("HIGH", "HIGH", -6.0, Trigger.SCORE_FELL),
        ("LOW", "LOW", 6.0, Trigger.SCORE_ROSE),
    ],
)
def test_the_trigger_follows_the_tiers_and_the_score(
    before: str, tier: str, change: float | None, expected: Trigger
) -> None:
    from zhike.loyalty.queries.causes import trigger_of

    assert trigger_of(before, tier, change) == expected


def test_every_tier_and_trigger_that_can_occur_has_a_measure(db: None) -> None:
    known = set(TierPolicy.objects.values_list("tier", "trigger"))
    rated = [Tier.HIGH, Tier.MEDIUM, Tier.LOW]
    wanted = {(str(tier), str(trigger)) for tier in rated for trigger in Trigger}
    assert wanted - known == {("HIGH", "TIER_FELL")}


@pytest.mark.requirement("L-41")
def test_a_record_is_kept_and_can_be_taken_back_within_minutes(golden_bank: Bank, fallen: Run) -> None:
    made = following.record_follow_up(
        customer_id=golden_bank.zhang_wei.pk, kind="CALL", outcome="WILLING", note="已致歉",
        next_on=NOW.date() + timedelta(days=3), by=golden_bank.chen, now=NOW,
    )  # fmt: skip
    (row,) = changed_of(golden_bank, fallen, golden_bank.chen)
    assert row.follow_up == made
    with pytest.raises(FollowUpRefused):
        following.withdraw_follow_up(follow_up_id=made.pk, by=golden_bank.lin, now=NOW)
    with pytest.raises(FollowUpRefused):
        following.withdraw_follow_up(
            follow_up_id=made.pk, by=golden_bank.chen, now=NOW + timedelta(minutes=11)
        )
    following.withdraw_follow_up(follow_up_id=made.pk, by=golden_bank.chen, now=NOW + timedelta(minutes=9))
    with pytest.raises(FollowUpRefused):
        following.withdraw_follow_up(
            follow_up_id=made.pk, by=golden_bank.chen, now=NOW + timedelta(minutes=9)
        )
    (row,) = changed_of(golden_bank, fallen, golden_bank.chen)
    assert row.follow_up is None
    assert FollowUp.objects.get().withdrawn_by == golden_bank.chen


@pytest.mark.parametrize(
    "wrong",
    [
        {"outcome": ""},
        {"outcome": "DONE"},
        {"kind": "PIGEON"},
        {"note": "字" * 501},
        {"next_on": NOW.date() - timedelta(days=1)},
    ],
)
def test_a_record_that_makes_no_sense_is_refused(golden_bank: Bank, published: Run, wrong: Any) -> None:
    entered = {"kind": "CALL", "outcome": "DECLINED", "note": "", **wrong}
    with pytest.raises(FollowUpRefused):
        following.record_follow_up(
            customer_id=golden_bank.zhang_wei.pk, by=golden_bank.chen, now=NOW, **entered
        )
    assert not FollowUp.objects.exists()


def test_a_double_click_records_once(golden_bank: Bank, published: Run) -> None:
    entered = {
        "customer_id": golden_bank.li_na.pk,
        "kind": "CALL",
        "outcome": "WILLING",
        "by": golden_bank.lin,
    }
    following.record_follow_up(now=NOW, **entered)
    with pytest.raises(FollowUpRefused):
        following.record_follow_up(now=NOW + timedelta(seconds=2), **entered)
    following.record_follow_up(now=NOW + timedelta(minutes=2), **entered)


def test_a_note_never_reaches_the_audit(golden_bank: Bank, published: Run) -> None:
    following.record_follow_up(
        customer_id=golden_bank.li_na.pk,
        kind="CALL",
        outcome="WILLING",
        note="女儿要出国",
        by=golden_bank.lin,
        now=NOW,
    )
    event = AuditEvent.objects.get(action="follow_up.recorded")
    assert event.detail["changes"]["note"] == ["***", "***"]


def test_the_audit_names_what_concerns_a_customer_by_the_customer_s_number(
    golden_bank: Bank, published: Run
) -> None:
    following.record_follow_up(
        customer_id=golden_bank.li_na.pk, kind="CALL", outcome="WILLING", by=golden_bank.lin, now=NOW
    )
    override = _proposed(golden_bank, tier="HIGH")
    proposal = Approval.objects.get(kind=overrides.KIND)
    approvals.approve(approval_id=proposal.pk, reason="同意", by=golden_bank.liang, now=NOW)
    overrides.apply_override(override_id=override.pk, now=NOW)
    named = dict(AuditEvent.objects.values_list("action", "object_label"))
    assert named["follow_up.recorded"] == f"{golden_bank.li_na.customer_no} WILLING"
    assert named["override.applied"] == f"{golden_bank.zhang_wei.customer_no} HIGH"


@pytest.mark.requirement("L-41")
def test_totals_by_outlet_count_changed_followed_and_not_yet(golden_bank: Bank, fallen: Run) -> None:
    (total,) = totals.followed_totals(fallen, golden_bank.liu)
    assert (total.changed_count, total.followed_count, total.waiting_count) == (1, 0, 1)
    following.record_follow_up(
        customer_id=golden_bank.zhang_wei.pk, kind="CALL", outcome="WILLING", by=golden_bank.chen, now=NOW
    )
    (total,) = totals.followed_totals(fallen, golden_bank.zheng)
    assert (total.outlet, total.followed_count, total.waiting_count) == (golden_bank.donghu, 1, 0)
    assert totals.followed_totals(fallen, golden_bank.outsider) == []


def test_the_make_up_of_an_index_names_everything_it_is_made_of(golden_bank: Bank, fallen: Run) -> None:
    found = make_up.breakdown(golden_bank.zhang_wei.pk, staff=golden_bank.chen)
    assert found is not None
    assert [part.code for part in found.parts] == fallen.indicators
    assert sum(part.contribution for part in found.parts) == pytest.approx(found.result.score, abs=1e-9)
    complaint = found.parts[2]
    assert (complaint.change, complaint.value, complaint.value_median) == (
        pytest.approx(-10), pytest.approx(0), pytest.approx(100),
    )  # fmt: skip
    assert make_up.breakdown(golden_bank.zhang_wei.pk, staff=golden_bank.outsider) is None
    assert [period for period, _, _ in make_up.history(golden_bank.zhang_wei.pk, staff=golden_bank.chen)] == [
        "2026Q3", "2026Q4",
    ]  # fmt: skip


def test_incomplete_and_insufficient_data_are_flagged(golden_bank: Bank, published: Run) -> None:
    partial = make_up.breakdown(golden_bank.li_na.pk, staff=golden_bank.lin)
    assert partial is not None
    assert partial.result.is_sufficient
    assert len(partial.flags) == 1
    assert "80.0%" in partial.flags[0]


@pytest.mark.goal("G28")
def test_a_tier_set_by_hand_needs_another_person_and_ends(golden_bank: Bank, published: Run) -> None:
    override = _proposed(golden_bank, tier="HIGH")
    proposal = Approval.objects.get(kind=overrides.KIND)
    with pytest.raises(ApprovalRefused):
        approvals.approve(approval_id=proposal.pk, reason="", by=golden_bank.chen, now=NOW)
    with pytest.raises(OverrideRefused):
        _proposed(golden_bank, tier="LOW")
    with acting_as(golden_bank.liang.pk):  # who sees no customer at all
        approvals.approve(approval_id=proposal.pk, reason="同意", by=golden_bank.liang, now=NOW)
    overrides.apply_override(override_id=override.pk, now=NOW)
    standing = Standing.objects.get(pk=golden_bank.zhang_wei.pk)
    assert (standing.tier, standing.computed_tier, round(standing.score, 2)) == ("HIGH", "MEDIUM", 64.40)
    assert overrides.end_overrides(now=NOW) == 0
    assert overrides.end_overrides(now=NOW + timedelta(days=90)) == 1
    standing.refresh_from_db()
    assert (standing.tier, standing.override_id) == ("MEDIUM", None)


def test_an_override_survives_a_new_run_of_the_period_and_no_later_one(
    golden_bank: Bank, golden_scheme: Scheme, published: Run
) -> None:
    override = _proposed(golden_bank, tier="HIGH", expires_on=Q4)
    approvals.approve(approval_id=override.approval_id, reason="同意", by=golden_bank.liang, now=NOW)
    again = steps.compute(golden_scheme, golden_bank, as_of=Q3, reason="补数")
    steps.publish(again, golden_bank)
    assert Standing.objects.get(pk=golden_bank.zhang_wei.pk).tier == "HIGH"
    steps.publish(steps.compute(golden_scheme, golden_bank, as_of=Q4), golden_bank)
    assert Standing.objects.get(pk=golden_bank.zhang_wei.pk).tier == "MEDIUM"


def test_an_override_overtaken_by_a_run_waits_no_longer(
    golden_bank: Bank, golden_scheme: Scheme, published: Run, client_of: Callable[[Any], Client]
) -> None:
    override = _proposed(golden_bank, tier="HIGH")
    steps.publish(steps.compute(golden_scheme, golden_bank, as_of=Q4), golden_bank)
    ended = Approval.objects.get(pk=override.approval_id)
    assert (ended.state, ended.decided_by) == ("STALE", None)
    assert str(ended.decision) == "The customer has been evaluated again meanwhile."
    for either in (golden_bank.chen, golden_bank.liang):
        page = client_of(either).get(reverse("core:approval", args=[ended.pk])).content.decode()
        assert str(ended.decision) in page
    assert ended in queries.decided(golden_bank.liang)
    assert ended not in queries.waiting_for(golden_bank.liang)
    with pytest.raises(ApprovalRefused, match="Overtaken by another change"):
        approvals.approve(approval_id=ended.pk, reason="同意", by=golden_bank.liang, now=NOW)
    assert overrides.apply_override(override_id=override.pk, now=NOW) is None


def test_an_override_whose_end_has_come_waits_no_longer(golden_bank: Bank, published: Run) -> None:
    override = _proposed(golden_bank, tier="HIGH", expires_on=date(2026, 12, 1))
    overrides.end_overrides(now=NOW)
    assert Approval.objects.get(pk=override.approval_id).state == "PENDING"
    overrides.end_overrides(now=NOW + timedelta(days=60))
    assert Approval.objects.get(pk=override.approval_id).state == "STALE"


def test_whoever_proposed_hears_that_a_later_run_has_overtaken_it(
    golden_bank: Bank, golden_scheme: Scheme, published: Run
) -> None:
    override = _proposed(golden_bank, tier="HIGH")
    again = steps.compute(golden_scheme, golden_bank, as_of=Q3, reason="补数")
    steps.publish(again, golden_bank)
    told = Task.objects.get(owner=golden_bank.chen)
    assert (told.customer_id, told.due_on) == (golden_bank.zhang_wei.pk, date(2026, 10, 14))
    assert override.reason in told.text_in_words
    assert _proposed(golden_bank, tier="HIGH").run == again  # and may propose anew


@pytest.mark.requirement("L-41")
def test_a_later_run_of_the_period_keeps_what_was_followed(
    golden_bank: Bank, golden_scheme: Scheme, fallen: Run, lake: Path
) -> None:
    made = following.record_follow_up(
        customer_id=golden_bank.zhang_wei.pk, kind="CALL", outcome="WILLING", by=golden_bank.chen, now=NOW
    )
    again = steps.publish(steps.compute(golden_scheme, golden_bank, as_of=Q4, reason="补数"), golden_bank)
    (row,) = changed_of(golden_bank, again, golden_bank.chen)
    assert (row.follow_up, row.is_changed_since) == (made, False)
    assert changes.counts(golden_bank.chen, again)["FOLLOWED"] == 1
    assert totals.followed_totals(again, golden_bank.liu)[0].followed_count == 1
    rows = golden.golden_rows(golden_bank)
    for at in range(3):
        number = golden.event(golden_bank.zhang_wei.pk, "REFERRAL", "QUALIFIED", on=date(2026, 11, 3 + at))
        rows["events"].append(number)
    rows["events"] = [row for row in rows["events"] if row["kind"] != "COMPLAINT"] + [
        golden.event(golden_bank.li_na.pk, "COMPLAINT", "FOUNDED", severity=1)
    ]
    golden.load(rows, lake=lake, digest="risen")
    risen = steps.publish(steps.compute(golden_scheme, golden_bank, as_of=Q4, reason="投诉撤销"), golden_bank)
    rows_now = changed_of(golden_bank, risen, golden_bank.chen, Direction.ROSE)
    (row,) = [each for each in rows_now if each.customer == golden_bank.zhang_wei]
    assert (row.follow_up, row.is_changed_since) == (made, True)


@pytest.mark.parametrize(
    "wrong",
    [
        {"tier": "MEDIUM"},
        {"tier": "UNRATED"},
        {"reason": " "},
        {"expires_on": NOW.date()},
        {"expires_on": date(2027, 1, 1)},
    ],
)
def test_an_override_that_makes_no_sense_is_refused(golden_bank: Bank, published: Run, wrong: Any) -> None:
    with pytest.raises(OverrideRefused):
        _proposed(golden_bank, **{"tier": "HIGH", **wrong})


@pytest.mark.requirement("L-11")
def test_early_movers_are_listed_and_no_tier_moves(
    golden_bank: Bank, golden_scheme: Scheme, published: Run, lake: Path
) -> None:
    rows = golden.golden_rows(golden_bank)
    rows["events"].append(
        golden.event(golden_bank.zhang_wei.pk, "COMPLAINT", "FOUNDED", on=date(2026, 10, 20), severity=2)
    )
    golden.load(rows, lake=lake, digest="october", business_on=date(2026, 10, 21))
    count = early_movers.refresh_early_movers(as_of=date(2026, 10, 21), now=NOW)
    mover = EarlyMover.objects.get(pk=golden_bank.zhang_wei.pk)
    assert (round(mover.score_change, 6), mover.causes[0], mover.tier_published) == (
        -10,
        "COMPLAINT",
        "MEDIUM",
    )
    assert EarlyMover.objects.count() == count
    assert Standing.objects.get(pk=golden_bank.zhang_wei.pk).tier == "MEDIUM"
    assert early_movers.refresh_early_movers(as_of=date(2026, 10, 21), now=NOW) == count
    assert set(EarlyMover.objects.values_list("run_id", flat=True)) == {published.pk}


@pytest.mark.requirement("L-11")
def test_a_publication_ends_the_list_of_early_movers(
    golden_bank: Bank, golden_scheme: Scheme, published: Run
) -> None:
    mover = EarlyMover(
        customer=golden_bank.zhang_wei, outlet_id=golden_bank.donghu.pk, run=published, as_of=Q4,
        score_change=-10, tier_published="HIGH", tier_ahead="MEDIUM",
    )  # fmt: skip
    mover.save()
    steps.publish(steps.compute(golden_scheme, golden_bank, as_of=Q4), golden_bank)
    assert not EarlyMover.objects.exists()
    mover.save(force_insert=True)
    assert early_movers.refresh_early_movers(as_of=Q4, now=NOW) == 0  # nothing later than the run itself
    assert not EarlyMover.objects.exists()


def test_a_stale_change_of_a_measure_is_refused(golden_bank: Bank) -> None:
    policy = TierPolicy.objects.get(tier="LOW", trigger="TIER_FELL")
    entered = {
        "measure": "CALL_CARE", "contact": "CALL", "contacts_per_year": 12, "due_working_days": 2,
        "by": golden_bank.zheng, "now": NOW,
    }  # fmt: skip
    following.change_policy(policy_id=policy.pk, version=policy.version, **entered)
    with pytest.raises(PolicyMoved):
        following.change_policy(policy_id=policy.pk, version=policy.version, **entered)


def test_standings_follow_a_hand_over(golden_bank: Bank, published: Run) -> None:
    golden_bank.zhang_wei.manager = golden_bank.lin
    golden_bank.zhang_wei.save()
    assert realigning.realign_standings() == 1
    assert Standing.objects.get(pk=golden_bank.zhang_wei.pk).manager_id == golden_bank.lin.pk
    assert realigning.realign_standings() == 0


@pytest.mark.requirement("L-32")
@pytest.mark.goal("G23")
def test_results_are_protected_without_any_filter_of_ours(golden_bank: Bank, published: Run) -> None:
    def seen(staff: Any, table: str) -> int:
        with acting_as(staff.pk), connection.cursor() as cursor:
            cursor.execute(f"SELECT COUNT(*) FROM {table}")
            return cursor.fetchone()[0]

    for table in ("loyalty_result", "loyalty_standing"):
        assert [
            seen(each, table) for each in (golden_bank.chen, golden_bank.zheng, golden_bank.outsider)
        ] == [4, 6, 0]
    assert Result.objects.filter(run_id=published.pk).count() == 6


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE loyalty_result SET score = 100",
        "DELETE FROM loyalty_result",
        "UPDATE loyalty_standing SET tier = 'HIGH'",
        "DELETE FROM loyalty_run",
        "DELETE FROM loyalty_followup",
        "SELECT loyalty_open_run(1)",
        "SELECT loyalty_close_run(1)",
        "SELECT loyalty_open_standings(1)",
        "SELECT loyalty_switch_standings(1)",
    ],
)
@pytest.mark.goal("G6")
def test_the_application_cannot_touch_results(golden_bank: Bank, published: Run, statement: str) -> None:
    from django.db import ProgrammingError

    with (
        pytest.raises(ProgrammingError, match="permission denied"),
        acting_as(golden_bank.zheng.pk),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)


def test_small_cells_are_hidden_from_those_who_see_no_customer(golden_bank: Bank, published: Run) -> None:
    least = totals.smallest_cell(golden_bank.liang, published)
    assert (least, totals.smallest_cell(golden_bank.zheng, published)) == (5, 0)
    assert all(
        total.moves.customer_count is None for total in totals.outlet_totals(published, golden_bank.liang)
    )


def _proposed(bank: Bank, *, tier: str, reason: str = "代发企业主，已签长期协议", **fields: Any) -> Any:
    return overrides.propose_override(
        customer_id=bank.zhang_wei.pk, tier=tier, reason=reason,
        expires_on=fields.get("expires_on", date(2026, 12, 1)), by=bank.chen, now=NOW,
    )  # fmt: skip
