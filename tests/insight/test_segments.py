"""Segments: whose they are, how they come in force, and what may not be done with them."""

from __future__ import annotations

import pytest
from tests.cast import Bank
from tests.factories.people import person
from tests.insight import steps
from tests.insight.steps import BUYERS, RETAIL
from tests.loyalty.golden import NOW

from zhike.analytics.rules import Condition, Group
from zhike.core.errors import DomainError
from zhike.core.models import Approval, AuditEvent, JobRun
from zhike.core.operations import approvals
from zhike.insight.enums import SegmentScope
from zhike.insight.models import Portrait, Segment
from zhike.insight.operations import segments
from zhike.insight.operations.segments import Content, SegmentMoved, SegmentRefused
from zhike.insight.queries import reach

pytestmark = pytest.mark.django_db


def seen_by(someone: object) -> set[Segment]:
    return set(reach.visible(someone))  # type: ignore[arg-type]


def test_a_personal_segment_counts_at_once_and_asks_nobody(bank: Bank) -> None:
    made = steps.bring(steps.draft(bank.chen), bank.chen)
    assert (made.state, made.versions.get().state, made.code) == ("IN_FORCE", "IN_FORCE", f"S{made.pk:04d}")
    assert made.dimensions == ["PURCHASE"]
    assert not Approval.objects.exists()
    assert AuditEvent.objects.filter(action="segment.in_force").count() == 1


@pytest.mark.requirement("M-29")
def test_a_segment_of_the_whole_bank_counts_once_somebody_else_has_approved_it(bank: Bank) -> None:
    made = steps.bring(steps.draft(bank.zheng, scope=SegmentScope.BANK), bank.zheng)
    assert (made.state, made.versions.get().state) == ("DRAFT", "PENDING")
    with pytest.raises(DomainError, match="yourself"):
        steps.approve(made, bank.zheng)
    other = person("C003", "CRM_MANAGER", at=bank.crm, name="何静")
    assert steps.approve(made, other).state == "IN_FORCE"
    assert made.versions.get().state == "IN_FORCE"


def test_a_rejected_rule_is_edited_again_and_the_one_in_force_stays(bank: Bank) -> None:
    made = steps.of_the_bank(bank)
    changed = Content(name=made.name, rule=RETAIL)
    made = segments.change_segment(
        segment_id=made.pk, version=made.version, content=changed, by=bank.wu, now=NOW
    )
    steps.bring(made, bank.wu)
    with pytest.raises(SegmentRefused, match="waits for approval"):
        segments.change_segment(
            segment_id=made.pk, version=made.version, content=changed, by=bank.wu, now=NOW
        )
    with pytest.raises(SegmentRefused, match="waits for approval"):
        segments.retire_segment(segment_id=made.pk, by=bank.wu, now=NOW)
    waiting = Approval.objects.get(state="PENDING")
    approvals.reject(approval_id=waiting.pk, reason="太宽", by=bank.zheng, now=NOW)
    assert list(made.versions.order_by("number").values_list("number", "state")) == [
        (1, "IN_FORCE"),
        (2, "DRAFT"),
    ]
    assert segments.in_force(made).definition == BUYERS  # type: ignore[union-attr]


def test_an_approved_change_replaces_the_rule_before(bank: Bank) -> None:
    made = steps.of_the_bank(bank)
    content = Content(name="零售客户", rule=RETAIL)
    segments.change_segment(segment_id=made.pk, version=made.version, content=content, by=bank.wu, now=NOW)
    steps.approve(steps.bring(made, bank.wu), bank.zheng)
    assert list(made.versions.order_by("number").values_list("number", "state")) == [
        (1, "REPLACED"),
        (2, "IN_FORCE"),
    ]
    made.refresh_from_db()
    assert (made.name, made.dimensions) == ("零售客户", ["BASIC"])


@pytest.mark.parametrize(
    ("rule", "said"),
    [(Group(), "not complete"), (Group(parts=(Condition("AML_GRADE", BUYERS.parts[0].ask),)), "not")],  # type: ignore[union-attr]
)
def test_a_rule_with_problems_is_kept_as_a_draft_and_does_not_count(
    bank: Bank, rule: Group, said: str
) -> None:
    made = steps.draft(bank.chen, rule)
    with pytest.raises(SegmentRefused, match=said):
        steps.bring(made, bank.chen)


def test_who_saved_first_is_not_overwritten(bank: Bank) -> None:
    made = steps.draft(bank.chen)
    content = Content(name="新名", rule=BUYERS)
    segments.change_segment(segment_id=made.pk, version=made.version, content=content, by=bank.chen, now=NOW)
    with pytest.raises(SegmentMoved):
        segments.change_segment(
            segment_id=made.pk, version=made.version, content=content, by=bank.chen, now=NOW
        )


@pytest.mark.requirement("M-29")
def test_segments_of_places_stand_beside_those_of_the_bank(bank: Bank) -> None:
    whole = steps.of_the_bank(bank)
    eastern = steps.bring(steps.draft(bank.sun, scope=SegmentScope.BRANCH, unit_id=bank.east.pk), bank.sun)
    own = steps.bring(steps.draft(bank.chen), bank.chen)
    drafted = steps.draft(bank.sun, scope=SegmentScope.BRANCH, unit_id=bank.east.pk)
    assert seen_by(bank.chen) == {whole, eastern, own}
    assert seen_by(bank.lin) == {whole, eastern}
    assert seen_by(bank.sun) == {whole, eastern, drafted}
    western = person("B002", "BRANCH_HEAD", at=bank.west, name="西城行长")
    assert seen_by(western) == {whole}
    assert seen_by(bank.zheng) == {whole, eastern, drafted}


def test_whose_segments_a_person_makes_follows_the_roles(bank: Bank) -> None:
    marketing = person("M001", "MARKETING", at=bank.head_office, name="市场")
    assert [str(each) for each in reach.scopes_offered(bank.chen)] == ["OUTLET", "PERSONAL"]
    assert [str(each) for each in reach.scopes_offered(bank.sun)] == ["BRANCH", "OUTLET", "PERSONAL"]
    assert [str(each) for each in reach.scopes_offered(marketing)] == ["BANK", "BRANCH", "OUTLET", "PERSONAL"]
    for wrong in (
        {"scope": SegmentScope.BANK},
        {"scope": SegmentScope.BRANCH, "unit_id": bank.west.pk},
        {"scope": SegmentScope.OUTLET},
        {"scope": SegmentScope.PERSONAL, "unit_id": bank.donghu.pk},
        {"name": "  "},
        {"measures": ["x"] * 9},
    ):
        with pytest.raises(SegmentRefused):
            steps.draft(bank.sun, **wrong)


def test_nobody_changes_what_is_not_theirs(bank: Bank) -> None:
    made = steps.of_the_bank(bank)
    own = steps.draft(bank.lin)
    for segment, by in ((made, bank.chen), (own, bank.chen), (own, bank.zheng), (made, bank.liang)):
        with pytest.raises(SegmentRefused, match="not yours"):
            segments.retire_segment(segment_id=segment.pk, by=by, now=NOW)


def test_a_retirement_is_taken_back_to_what_was(bank: Bank, portrait: Portrait) -> None:
    made = steps.bring(steps.draft(bank.chen), bank.chen)
    drafted = steps.draft(bank.chen)
    for segment, state in ((made, "IN_FORCE"), (drafted, "DRAFT")):
        assert segments.retire_segment(segment_id=segment.pk, by=bank.chen, now=NOW).retired_at == NOW
        with pytest.raises(SegmentRefused):
            segments.retire_segment(segment_id=segment.pk, by=bank.chen, now=NOW)
        assert segments.restore_segment(segment_id=segment.pk, by=bank.chen, now=NOW).state == state
    assert JobRun.objects.filter(job="insight.snapshot").count() == 1  # the same day, asked once


def test_a_copy_is_ones_own_and_goes_its_own_way(bank: Bank) -> None:
    made = steps.of_the_bank(bank, measures=["电话关怀"])
    copied = segments.copy_segment(segment=made, by=bank.chen, now=NOW)
    assert (copied.scope, copied.owner, copied.state) == ("PERSONAL", bank.chen, "DRAFT")
    assert copied.versions.get().definition == BUYERS
    assert copied.measures == ["电话关怀"]
