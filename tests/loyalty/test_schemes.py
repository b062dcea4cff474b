"""Schemes from draft to retirement, with every refusal and the step beside it that passes."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from tests.cast import Bank
from tests.factories.people import person
from tests.loyalty import golden, steps
from tests.loyalty.golden import NOW, Q3, Q4

from zhike.analytics.scheme import SchemeSpec
from zhike.core.access.decisions import DECIDED_WITH
from zhike.core.models import Approval, AuditEvent
from zhike.core.operations import approvals
from zhike.core.operations.approvals import ApprovalRefused
from zhike.core.queries.approvals import waiting_for
from zhike.loyalty.enums import NEXT_RUN_STATE, NEXT_SCHEME_STATE, SchemeState
from zhike.loyalty.models import Run, Scheme
from zhike.loyalty.operations import schemes
from zhike.loyalty.operations.schemes import DraftMoved, SchemeHasProblems, SchemeRefused
from zhike.staff.models import RoleAssignment


def changed(made: Scheme, bank: Bank, **changes: Any) -> Scheme:
    """Save a draft with some things other than they stand."""
    entered = {
        "version": made.version, "spec": made.spec, "name": made.name, "basis": made.basis,
        "reason": made.reason, "valid_from": made.valid_from, **changes,
    }  # fmt: skip
    return schemes.change_draft(scheme_id=made.pk, now=NOW, **{"by": bank.zheng, **entered})


def submit(made: Scheme, bank: Bank) -> Scheme:
    return schemes.submit_scheme(scheme_id=made.pk, version=made.version, by=bank.zheng, now=NOW)


def lighter(spec: SchemeSpec) -> SchemeSpec:
    """The first weight set with 5 % less satisfaction: 95 % in all."""
    first, *rest = spec.weight_sets
    weights = {**first.weights, "SATISFACTION": first.weights["SATISFACTION"] - 500}
    return replace(spec, weight_sets=(replace(first, weights=weights), *rest))


def waiting(made: Scheme) -> Approval:
    return Approval.objects.get(kind=schemes.KIND, subject_id=made.pk, state="PENDING")


@pytest.mark.parametrize("table", [NEXT_SCHEME_STATE, NEXT_RUN_STATE])
def test_every_state_has_a_row_and_a_path_from_the_first(table: Any) -> None:
    kind = type(next(iter(table)))
    assert set(table) == set(kind)
    reached, edge = {next(iter(kind))}, [next(iter(kind))]
    while edge:
        fresh = table[edge.pop()] - reached
        reached |= fresh
        edge += fresh
    assert reached == set(kind)


@pytest.mark.requirement("L-38")
def test_weights_of_95_percent_are_refused_with_their_sum(golden_bank: Bank) -> None:
    made = steps.draft(lighter(golden.golden_spec()), golden_bank)
    with pytest.raises(SchemeHasProblems, match="95%"):
        submit(made, golden_bank)
    with pytest.raises(SchemeHasProblems, match="95%"):
        schemes.ask_trial(scheme_id=made.pk, by=golden_bank.zheng, now=NOW)
    assert steps.submitted(golden.golden_spec("OTHER"), golden_bank).state == SchemeState.PENDING


@pytest.mark.requirement("L-40")
@pytest.mark.parametrize("medium", [70.0, 71.0])
def test_a_high_threshold_not_above_the_medium_one_is_refused(golden_bank: Bank, medium: float) -> None:
    made = steps.draft(replace(golden.golden_spec(), medium_from=medium), golden_bank)
    with pytest.raises(SchemeHasProblems, match="70"):
        submit(made, golden_bank)


@pytest.mark.requirement("L-02", "L-42")
@pytest.mark.parametrize(
    ("missing", "words"), [("basis", "依据|basis"), ("reason", "原因|理由|reason"), ("valid_from", "日|day")]
)
def test_a_scheme_without_basis_reason_or_day_is_refused(golden_bank: Bank, missing: str, words: str) -> None:
    made = steps.draft(golden.golden_spec(), golden_bank)
    schemes.try_scheme(scheme_id=made.pk, as_of=Q3, by=golden_bank.zheng, now=NOW)
    made = changed(made, golden_bank, **{missing: None if missing == "valid_from" else " "})
    with pytest.raises(SchemeRefused, match=words):
        submit(made, golden_bank)


def test_a_scheme_is_submitted_only_with_a_trial_of_these_numbers(golden_bank: Bank) -> None:
    made = steps.draft(golden.golden_spec(), golden_bank)
    with pytest.raises(SchemeRefused):
        submit(made, golden_bank)
    schemes.try_scheme(scheme_id=made.pk, as_of=Q3, by=golden_bank.zheng, now=NOW)
    other = changed(made, golden_bank, spec={**made.spec, "high_from": 72})
    with pytest.raises(SchemeRefused):
        submit(other, golden_bank)
    same = changed(other, golden_bank, spec=made.spec)
    assert submit(same, golden_bank).state == SchemeState.PENDING


def test_a_trial_says_what_it_rests_on_and_publishes_nothing(golden_bank: Bank) -> None:
    made = steps.draft(golden.golden_spec(), golden_bank)
    schemes.try_scheme(scheme_id=made.pk, as_of=Q3, by=golden_bank.zheng, now=NOW)
    made.refresh_from_db()
    assert made.trial["customer_count"] == 6
    observed = {each["code"]: each["observed_count"] for each in made.trial["coverage"]["indicators"]}
    assert observed["SATISFACTION"] == 2
    assert "TOO_FEW_HIGH" in made.trial["warnings"]
    assert not Run.objects.exists()


@pytest.mark.requirement("L-42")
@pytest.mark.goal("G28")
def test_nobody_approves_the_own_scheme(golden_bank: Bank) -> None:
    made = steps.submitted(golden.golden_spec(), golden_bank)
    proposal = waiting(made)
    with pytest.raises(ApprovalRefused):
        approvals.approve(approval_id=proposal.pk, reason="", by=golden_bank.zheng, now=NOW)
    with pytest.raises(ApprovalRefused):
        approvals.approve(approval_id=proposal.pk, reason="", by=golden_bank.wu, now=NOW)
    approvals.approve(approval_id=proposal.pk, reason="同意", by=golden_bank.liang, now=NOW)
    made.refresh_from_db()
    assert made.state == SchemeState.IN_FORCE


def test_a_rejected_scheme_goes_back_to_its_author(golden_bank: Bank) -> None:
    made = steps.submitted(golden.golden_spec(), golden_bank)
    approvals.reject(approval_id=waiting(made).pk, reason="依据不足", by=golden_bank.liang, now=NOW)
    made.refresh_from_db()
    assert (made.state, made.spec_hash) == (SchemeState.DRAFT, "")
    changed(made, golden_bank, reason="补充依据")


@pytest.mark.requirement("L-42")
def test_numbers_stand_still_from_submission_on(golden_bank: Bank) -> None:
    made = steps.submitted(golden.golden_spec(), golden_bank)
    with pytest.raises(SchemeRefused):
        changed(made, golden_bank, spec={**made.spec, "high_from": 60})
    with pytest.raises(IntegrityError, match="frozen"), transaction.atomic():
        Scheme.objects.filter(pk=made.pk).update(spec={**made.spec, "high_from": 60})


def test_a_stale_save_shows_both_versions_and_loses_nothing(golden_bank: Bank) -> None:
    made = steps.draft(golden.golden_spec(), golden_bank)
    first = changed(made, golden_bank, name="先保存的")
    with pytest.raises(DraftMoved) as moved:
        changed(made, golden_bank, name="后保存的")
    assert moved.value.kept.name == first.name == "先保存的"


def test_a_draft_that_cannot_be_read_is_refused(golden_bank: Bank) -> None:
    made = steps.draft(golden.golden_spec(), golden_bank)
    with pytest.raises(SchemeRefused):
        changed(made, golden_bank, spec={**made.spec, "window_months": "twelve"})
    with pytest.raises(SchemeRefused):
        changed(made, golden_bank, name="  ")


def test_the_next_version_in_force_retires_the_one_before(golden_scheme: Scheme, golden_bank: Bank) -> None:
    second = schemes.draft_next_version(scheme_id=golden_scheme.pk, by=golden_bank.zheng, now=NOW)
    second = changed(second, golden_bank, reason="市场变化", valid_from=steps.TOMORROW.date())
    schemes.try_scheme(scheme_id=second.pk, as_of=Q3, by=golden_bank.zheng, now=NOW)
    submit(second, golden_bank)
    steps.approve(second, golden_bank)
    second = schemes.bring_in_force(scheme_id=second.pk, by=None, now=steps.TOMORROW)
    golden_scheme.refresh_from_db()
    assert (second.number, second.state) == (2, SchemeState.IN_FORCE)
    assert (golden_scheme.state, golden_scheme.retired_on) == (SchemeState.RETIRED, steps.TOMORROW.date())


@pytest.mark.requirement("L-38")
def test_another_scheme_in_force_ends_the_one_before(golden_scheme: Scheme, golden_bank: Bank) -> None:
    other = steps.in_force_next_day(golden.golden_spec("OTHER"), golden_bank)
    golden_scheme.refresh_from_db()
    assert (other.state, golden_scheme.state) == (SchemeState.IN_FORCE, SchemeState.RETIRED)
    assert golden_scheme.retired_on == steps.TOMORROW.date()
    with pytest.raises(IntegrityError, match="scheme_one_in_force"), transaction.atomic():
        Scheme.objects.filter(pk=golden_scheme.pk).update(state="IN_FORCE", retired_on=None)


@pytest.mark.requirement("L-42")
def test_a_scheme_rules_from_the_next_day_on_unless_it_is_the_first(golden_bank: Bank) -> None:
    first = steps.draft(golden.golden_spec(), golden_bank, valid_from=date(2020, 1, 1))
    schemes.try_scheme(scheme_id=first.pk, as_of=Q3, by=golden_bank.zheng, now=NOW)
    with pytest.raises(SchemeRefused, match="8 Oct 2026"):
        submit(first, golden_bank)
    first = changed(first, golden_bank, valid_from=NOW.date())
    submit(first, golden_bank)
    steps.approve(first, golden_bank)
    second = steps.draft(golden.golden_spec(), golden_bank)
    schemes.try_scheme(scheme_id=second.pk, as_of=Q3, by=golden_bank.zheng, now=NOW)
    with pytest.raises(SchemeRefused, match="9 Oct 2026"):
        submit(second, golden_bank)
    second = changed(second, golden_bank, valid_from=steps.TOMORROW.date())
    assert submit(second, golden_bank).state == SchemeState.PENDING


@pytest.mark.requirement("L-42")
def test_a_scheme_rules_after_the_last_published_period(
    golden_bank: Bank, golden_scheme: Scheme, published: Run
) -> None:
    steps.publish(steps.compute(golden_scheme, golden_bank, as_of=Q4), golden_bank)
    second = steps.draft(golden.golden_spec(), golden_bank, valid_from=Q4)
    schemes.try_scheme(scheme_id=second.pk, as_of=Q3, by=golden_bank.zheng, now=NOW)
    with pytest.raises(SchemeRefused, match="1 Jan 2027"):
        submit(second, golden_bank)


@pytest.mark.requirement("L-42")
def test_a_scheme_approved_after_its_day_rules_from_its_approval_on(golden_bank: Bank) -> None:
    made = steps.submitted(golden.golden_spec(), golden_bank)
    late = NOW + timedelta(days=3)
    approvals.approve(approval_id=waiting(made).pk, reason="同意", by=golden_bank.liang, now=late)
    made.refresh_from_db()
    assert (made.state, made.valid_from) == (SchemeState.IN_FORCE, late.date())


def test_a_scheme_approved_for_a_later_day_waits_for_it(golden_bank: Bank) -> None:
    made = steps.draft(golden.golden_spec(), golden_bank)
    made = changed(made, golden_bank, valid_from=NOW.date() + timedelta(days=5))
    schemes.try_scheme(scheme_id=made.pk, as_of=Q3, by=golden_bank.zheng, now=NOW)
    submit(made, golden_bank)
    steps.approve(made, golden_bank)
    assert made.state == SchemeState.APPROVED
    with pytest.raises(SchemeRefused):
        schemes.bring_in_force(scheme_id=made.pk, by=None, now=NOW)
    ruling = schemes.bring_in_force(scheme_id=made.pk, by=None, now=NOW + timedelta(days=5))
    assert ruling.state == SchemeState.IN_FORCE


@pytest.mark.requirement("L-42")
def test_proposals_tried_against_the_scheme_before_go_back_to_their_authors(golden_bank: Bank) -> None:
    first = steps.submitted(golden.golden_spec("FIRST"), golden_bank)
    second = steps.submitted(golden.golden_spec("SECOND"), golden_bank)
    proposal = waiting(second)
    steps.approve(first, golden_bank)
    proposal.refresh_from_db()
    second.refresh_from_db()
    assert (proposal.state, proposal.decided_by) == ("STALE", None)
    assert str(first) in proposal.decision_names.values()
    assert (second.state, second.spec_hash, second.trial) == (SchemeState.DRAFT, "", {})
    second = changed(second, golden_bank, valid_from=steps.TOMORROW.date())
    with pytest.raises(SchemeRefused, match="Try these numbers"):
        submit(second, golden_bank)
    schemes.try_scheme(scheme_id=second.pk, as_of=Q3, by=golden_bank.zheng, now=NOW)
    assert submit(second, golden_bank).state == SchemeState.PENDING


def test_a_scheme_is_retired_with_a_reason_only(golden_scheme: Scheme, golden_bank: Bank) -> None:
    with pytest.raises(SchemeRefused):
        schemes.retire_scheme(scheme_id=golden_scheme.pk, reason=" ", by=golden_bank.zheng, now=NOW)
    ended = schemes.retire_scheme(scheme_id=golden_scheme.pk, reason="停用", by=golden_bank.zheng, now=NOW)
    assert ended.state == SchemeState.RETIRED
    with pytest.raises(SchemeRefused):
        schemes.retire_scheme(scheme_id=golden_scheme.pk, reason="停用", by=golden_bank.zheng, now=NOW)


@pytest.mark.parametrize("code", ["", "a", "low", "X Y", "A" * 31])
def test_a_code_that_is_no_code_is_refused(golden_bank: Bank, code: str) -> None:
    with pytest.raises(SchemeRefused):
        schemes.draft_scheme(preset="full", code=code, name="x", by=golden_bank.zheng, now=NOW)


def test_each_step_of_a_scheme_is_in_the_audit(golden_scheme: Scheme) -> None:
    found = AuditEvent.objects.filter(object_type="loyalty.scheme").values_list("action", flat=True)
    assert sorted(found) == [
        "scheme.approved", "scheme.changed", "scheme.drafted", "scheme.in_force", "scheme.submitted",
        "scheme.tried",
    ]  # fmt: skip


@pytest.mark.requirement("L-42")
@pytest.mark.goal("G28")
@pytest.mark.parametrize("hand", ["drafted", "changed", "submitted before"])
def test_whoever_had_a_hand_in_a_scheme_does_not_approve_it(golden_bank: Bank, hand: str) -> None:
    """Somebody else presses submit, and whoever made the numbers decides in an executive's place."""
    maker = golden_bank.zheng if hand == "submitted before" else golden_bank.liang
    other = golden_bank.liang if hand == "submitted before" else golden_bank.zheng
    made = steps.draft(golden.golden_spec(), golden_bank, by=maker if hand == "drafted" else other)
    if hand == "changed":
        made = changed(made, golden_bank, by=maker, reason="第三季度评估")
    schemes.try_scheme(scheme_id=made.pk, as_of=Q3, by=other, now=NOW)
    if hand == "submitted before":
        schemes.submit_scheme(scheme_id=made.pk, version=made.version, by=maker, now=NOW)
        approvals.withdraw(approval_id=waiting(made).pk, by=maker, now=NOW)
        made.refresh_from_db()
        RoleAssignment.objects.create(
            staff=maker, role="EXECUTIVE", unit=golden_bank.head_office, valid_from=date(2020, 1, 1)
        )
    schemes.submit_scheme(scheme_id=made.pk, version=made.version, by=other, now=NOW)
    proposal = waiting(made)
    maker = type(maker).objects.get(pk=maker.pk)
    assert maker.may(DECIDED_WITH[schemes.KIND])
    assert proposal not in waiting_for(maker)
    for decide in (approvals.approve, approvals.reject):
        with pytest.raises(ApprovalRefused, match="a hand in this"):
            decide(approval_id=proposal.pk, reason="同意", by=maker, now=NOW)
    another = person("E002", "EXECUTIVE", at=golden_bank.head_office, name="另一高管")
    assert proposal in waiting_for(another)
    assert approvals.approve(approval_id=proposal.pk, reason="同意", by=another, now=NOW).state == "APPROVED"


def test_the_numbers_of_a_version_make_nobody_a_maker_of_the_next(golden_bank: Bank) -> None:
    first = steps.in_force(golden.golden_spec(), golden_bank)
    second = schemes.draft_next_version(scheme_id=first.pk, by=golden_bank.wu, now=NOW)
    assert (first.makers, second.makers) == ([golden_bank.zheng.pk], [golden_bank.wu.pk])


def test_a_trial_that_fails_leaves_no_scores_of_anybody(
    golden_bank: Bank, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    made = steps.draft(golden.golden_spec(), golden_bank)
    monkeypatch.setattr("zhike.analytics.evaluate.covered", lambda *_given: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        schemes.try_scheme(scheme_id=made.pk, as_of=Q3, by=golden_bank.zheng, now=NOW)
    assert list((Path(settings.LAKE) / "loyalty").iterdir()) == []
