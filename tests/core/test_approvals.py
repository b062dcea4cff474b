from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import IntegrityError, transaction

from tests.cast import Bank
from tests.factories.people import person
from zhike.core import parameters
from zhike.core.access.decisions import DECIDED_WITH
from zhike.core.access.permissions import ROLES
from zhike.core.models import Approval, ApprovalState, AuditEvent, Parameter
from zhike.core.models.approvals import MAKERS
from zhike.core.operations import approvals
from zhike.core.operations.parameters import ParameterRefused, propose_parameter
from zhike.core.operations.tasks import TaskRefused, ask_task
from zhike.core.queries import parameters as queries
from zhike.core.queries.approvals import waiting_for
from zhike.core.sentences import Sentence

pytestmark = pytest.mark.goal("G28")
NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
TODAY = NOW.date()
MEANWHILE = Sentence("parameter.changed_meanwhile")


def parameter() -> Parameter:
    return Parameter.objects.get(code="export.approval_rows")


def proposed(bank: Bank, value: int = 300) -> Approval:
    return propose_parameter(
        parameter_id=parameter().pk, value=value, valid_from=TODAY, reason="更严", by=bank.zheng, now=NOW
    )


def test_an_approved_parameter_is_in_force_from_its_day(bank: Bank) -> None:
    approval = propose_parameter(
        parameter_id=parameter().pk,
        value=300,
        valid_from=TODAY + timedelta(days=2),
        reason="更严",
        by=bank.zheng,
        now=NOW,
    )
    assert parameters.value("export.approval_rows", on=TODAY) == 500
    approvals.approve(approval_id=approval.pk, reason="", by=bank.shen, now=NOW)
    assert parameters.value("export.approval_rows", on=TODAY) == 500
    assert parameters.value("export.approval_rows", on=TODAY + timedelta(days=2)) == 300
    assert AuditEvent.objects.filter(action="parameter.changed", actor="K001 沈洁").count() == 1


def test_approve_refuses_the_proposer(bank: Bank) -> None:
    approval = proposed(bank)
    with pytest.raises(approvals.ApprovalRefused, match="yourself"):
        approvals.approve(approval_id=approval.pk, reason="", by=bank.zheng, now=NOW)


def test_approve_refuses_somebody_without_the_right(bank: Bank) -> None:
    approval = proposed(bank)
    with pytest.raises(approvals.ApprovalRefused, match="roles"):
        approvals.approve(approval_id=approval.pk, reason="", by=bank.chen, now=NOW)
    assert parameters.value("export.approval_rows", on=TODAY) == 500


def test_approve_refuses_a_decided_proposal(bank: Bank) -> None:
    approval = proposed(bank)
    approvals.approve(approval_id=approval.pk, reason="", by=bank.shen, now=NOW)
    with pytest.raises(approvals.ApprovalRefused, match="already decided"):
        approvals.approve(approval_id=approval.pk, reason="", by=bank.shen, now=NOW)


def test_reject_needs_a_reason_and_changes_nothing(bank: Bank) -> None:
    approval = proposed(bank)
    with pytest.raises(approvals.ApprovalRefused, match="reason"):
        approvals.reject(approval_id=approval.pk, reason=" ", by=bank.shen, now=NOW)
    approvals.reject(approval_id=approval.pk, reason="不同意", by=bank.shen, now=NOW)
    assert Approval.objects.get().state == ApprovalState.REJECTED
    assert parameters.value("export.approval_rows", on=TODAY) == 500


def test_only_the_proposer_withdraws(bank: Bank) -> None:
    approval = proposed(bank)
    with pytest.raises(approvals.ApprovalRefused, match="Only the person"):
        approvals.withdraw(approval_id=approval.pk, by=bank.shen, now=NOW)
    assert (
        approvals.withdraw(approval_id=approval.pk, by=bank.zheng, now=NOW).state == ApprovalState.WITHDRAWN
    )


def test_a_second_proposal_for_the_same_thing_waits_its_turn(bank: Bank) -> None:
    proposed(bank)
    with pytest.raises(approvals.ApprovalRefused, match="still waiting"):
        proposed(bank, value=200)
    assert Approval.objects.count() == 1


def test_a_proposal_whose_subject_moved_is_kept_as_stale(bank: Bank) -> None:
    approval = proposed(bank)
    old = parameter()
    Parameter.objects.create(code=old.code, valid_from=date(2026, 1, 1), value=400, changed_at=NOW)
    decided = approvals.approve(approval_id=approval.pk, reason="", by=bank.shen, now=NOW)
    assert decided.state == ApprovalState.STALE
    assert parameters.value("export.approval_rows", on=TODAY) == 400


@pytest.mark.parametrize(
    ("value", "days", "words"),
    [(500, 0, "present value"), (300, -1, "past"), ("300", 0, "same kind"), (-1, 0, "at least")],
)
def test_propose_parameter_refuses_what_makes_no_sense(
    bank: Bank, value: object, days: int, words: str
) -> None:
    with pytest.raises(ParameterRefused, match=words):
        propose_parameter(
            parameter_id=parameter().pk, value=value, valid_from=TODAY + timedelta(days=days), reason="x",
            by=bank.zheng, now=NOW,
        )  # fmt: skip


def test_propose_refuses_an_empty_reason(bank: Bank) -> None:
    with pytest.raises(approvals.ApprovalRefused, match="reason"):
        propose_parameter(
            parameter_id=parameter().pk, value=1, valid_from=TODAY, reason="  ", by=bank.zheng, now=NOW
        )


def test_an_overtaken_proposal_ends_with_the_reason_and_by_nobodys_decision(bank: Bank) -> None:
    approval = proposed(bank)
    asked = {"proposals": Approval.objects.all(), "reason": MEANWHILE, "by": bank.shen, "now": NOW}
    assert approvals.overtake(**asked) == [approval]
    approval.refresh_from_db()
    assert (approval.state, approval.decided_by, approval.decided_at) == (ApprovalState.STALE, None, NOW)
    assert approval.decision == MEANWHILE
    told = AuditEvent.objects.get(action="approval.overtaken")
    assert (told.actor, told.reason_in_words) == ("K001 沈洁", str(MEANWHILE))
    assert approvals.overtake(**asked) == []
    assert proposed(bank).state == ApprovalState.PENDING  # another may be made


def test_a_decision_is_somebodys_and_only_an_overtaken_proposal_has_none(bank: Bank) -> None:
    approval = proposed(bank)
    with pytest.raises(IntegrityError, match="approval_decided_at_matches_state"), transaction.atomic():
        Approval.objects.filter(pk=approval.pk).update(state="APPROVED", decided_at=NOW)
    with pytest.raises(IntegrityError, match="approval_decided_at_matches_state"), transaction.atomic():
        Approval.objects.filter(pk=approval.pk).update(state="STALE")


@pytest.mark.parametrize(
    ("code", "value", "message"),
    [
        ("auth.lock_failures", 0, "at least 1"),
        ("auth.idle_minutes", 0, "at least 1"),
        ("auth.password_classes", 5, "at most 4"),
        ("aum.bands", [5, 4, 3], "must rise"),
        ("aum.bands", [0, 20], "at least 1"),
        ("aum.bands", [5, 10**30], "at most"),
        ("auth.password_days", 99_999_999, "at most 730"),
    ],
)
def test_propose_parameter_refuses_a_value_out_of_range(
    code: str, value: object, message: str, bank: Bank
) -> None:
    row = Parameter.objects.get(code=code)
    with pytest.raises(ParameterRefused, match=message):
        propose_parameter(
            parameter_id=row.pk, value=value, valid_from=NOW.date(), reason="试", by=bank.zheng, now=NOW
        )


def test_a_value_that_has_left_the_range_is_refused_at_its_approval(bank: Bank) -> None:
    approval = proposed(bank)
    Approval.objects.filter(pk=approval.pk).update(payload={**approval.payload, "new": 10**30})
    with pytest.raises(ParameterRefused, match="at most"):
        approvals.approve(approval_id=approval.pk, reason="", by=bank.shen, now=NOW)
    assert parameters.value("export.approval_rows", on=TODAY) == 500


def test_a_stored_value_beyond_its_range_is_passed_over(bank: Bank) -> None:
    Parameter.objects.create(
        code="export.approval_rows", valid_from=date(2026, 1, 1), value=10**30, changed_at=NOW
    )
    assert parameters.value("export.approval_rows", on=TODAY) == 500
    (line,) = [line for line in queries.register(on=TODAY) if line.current.code == "export.approval_rows"]
    assert line.current.value == 500


@pytest.mark.goal("G36")
def test_the_bank_s_day_begins_at_its_own_midnight(bank: Bank) -> None:
    early = datetime(2026, 11, 22, 17, 0, tzinfo=UTC)  # one o'clock on the 23rd in Shanghai
    row = Parameter.objects.get(code="auth.idle_minutes")
    with pytest.raises(ParameterRefused, match="not in the past"):
        propose_parameter(
            parameter_id=row.pk, value=20, valid_from=early.date(), reason="试", by=bank.zheng, now=early
        )
    with pytest.raises(TaskRefused, match="past"):
        ask_task(title="试", unit_id=bank.donghu.pk, due_on=early.date(), by=bank.zheng, now=early)


@pytest.mark.parametrize("kind", sorted(DECIDED_WITH))
def test_a_proposal_of_every_kind_waits_for_whoever_decides_it(bank: Bank, kind: str) -> None:
    row = Approval.objects.create(
        kind=kind, subject_id=1, subject_version=0, payload={}, reason="更严", proposed_by=bank.outsider,
        proposed_at=NOW,
    )  # fmt: skip
    decider = person(
        "D001", next(role for role in ROLES if DECIDED_WITH[kind] in ROLES[role].permissions), at=bank.crm
    )
    assert row in waiting_for(decider)
    assert row not in waiting_for(bank.outsider)
    row.payload = {MAKERS: [decider.pk]}
    row.save()
    assert row not in waiting_for(decider)
