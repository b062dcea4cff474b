"""What the cast does with schemes and runs, one call a step."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from tests.cast import Bank
from tests.loyalty.golden import NOW, Q3

from zhike.analytics.scheme import SchemeSpec
from zhike.core.models import Approval
from zhike.core.operations import approvals
from zhike.loyalty.enums import SchemeState
from zhike.loyalty.models import Run, Scheme
from zhike.loyalty.operations import computing, publishing, runs, schemes
from zhike.loyalty.queries import scheme_versions

TODAY = NOW.date()
TOMORROW = NOW + timedelta(days=1)


def draft(spec: SchemeSpec, bank: Bank, *, by: Any = None, valid_from: date = TODAY) -> Scheme:
    """A draft with these numbers, complete but not submitted."""
    maker = by or bank.zheng
    before = scheme_versions.listed().filter(code=spec.code).order_by("-number").first()
    made = (
        schemes.draft_next_version(scheme_id=before.pk, by=maker, now=NOW)
        if before
        else schemes.draft_scheme(preset="full", code=spec.code, name="零售忠诚度", by=maker, now=NOW)
    )
    return schemes.change_draft(
        scheme_id=made.pk, version=made.version, spec=spec.to_dict(), name="零售忠诚度",
        basis="《客户忠诚度管理规章》四.2", reason="三季度评估", valid_from=valid_from,
        by=maker, now=NOW,
    )  # fmt: skip


def submitted(spec: SchemeSpec, bank: Bank, *, valid_from: date = TODAY) -> Scheme:
    made = draft(spec, bank, valid_from=valid_from)
    schemes.try_scheme(scheme_id=made.pk, as_of=Q3, by=bank.zheng, now=NOW)
    return schemes.submit_scheme(scheme_id=made.pk, version=made.version, by=bank.zheng, now=NOW)


def in_force(spec: SchemeSpec, bank: Bank) -> Scheme:
    """A scheme drafted by the CRM manager and approved by the executive."""
    made = submitted(spec, bank)
    approve(made, bank)
    assert made.state == SchemeState.IN_FORCE
    return made


def in_force_next_day(spec: SchemeSpec, bank: Bank) -> Scheme:
    """Another scheme for a bank that has one: it rules from tomorrow on."""
    made = submitted(spec, bank, valid_from=TOMORROW.date())
    approve(made, bank)
    return schemes.bring_in_force(scheme_id=made.pk, by=None, now=TOMORROW)


def approve(made: Scheme, bank: Bank) -> None:
    waiting = Approval.objects.get(kind=schemes.KIND, subject_id=made.pk, state="PENDING")
    approvals.approve(approval_id=waiting.pk, reason="同意", by=bank.liang, now=NOW)
    made.refresh_from_db()


def compute(scheme: Scheme, bank: Bank, *, as_of: date, reason: str = "") -> Run:
    run = runs.start_run(scheme_id=scheme.pk, as_of=as_of, reason=reason, by=bank.wu, now=NOW)
    return carry_out(run)


def carry_out(run: Run, tell: Callable[[str], None] = lambda step: None) -> Run:
    return computing.compute_run(run_id=run.pk, tell=tell, clock=lambda: NOW)


def publish(run: Run, bank: Bank) -> Run:
    runs.waive_review(run_id=run.pk, reason="test", now=NOW)
    return publishing.publish_run(run_id=run.pk, by=bank.zheng, now=NOW)
