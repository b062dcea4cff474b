"""Proposals that came back to their author."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db import models
from django.utils import timezone

from zhike.core.models import Approval
from zhike.customers.models import Customer
from zhike.loyalty.models import Override, Run
from zhike.staff.models import Staff


def returned(kind: str, subject: models.Model, *, by: Staff, to: Staff, **payload: Any) -> Approval:
    """A proposal of `to` about a row, rejected by `by`."""
    return Approval.objects.create(
        kind=kind, subject_type=subject._meta.label_lower, subject_id=subject.pk, subject_label=str(subject),
        payload=payload, reason="工作需要", state="REJECTED", proposed_by=to, proposed_at=timezone.now(),
        decided_by=by, decided_at=timezone.now(), decision_reason="请附材料",
    )  # fmt: skip


def returned_stand_in(
    absent: Staff, substitute: Staff, *, by: Staff, to: Staff, last_in_days: int = 7
) -> Approval:
    """A rejected stand-in of which the last day lies so many days ahead."""
    last = timezone.localdate() + timedelta(days=last_in_days)
    days = {"from_on": (last - timedelta(days=7)).isoformat(), "until_on": last.isoformat()}
    return returned("staff.stand_in", absent, by=by, to=to, substitute_id=substitute.pk, **days)


def returned_override(customer: Customer, run: Run, *, by: Staff, to: Staff) -> Approval:
    """A rejected tier of a customer who has a standing of the run."""
    override = Override.objects.create(
        customer=customer, outlet_id=customer.outlet_id, run=run, tier_before="MEDIUM", tier="HIGH",
        reason="长期客户", expires_on=timezone.localdate() + timedelta(days=30), proposed_by=to,
        proposed_at=timezone.now(),
    )  # fmt: skip
    tiers = {"tier_before": "MEDIUM", "tier": "HIGH", "customer_no": customer.customer_no}
    return returned("loyalty.override", override, by=by, to=to, run_id=run.pk, **tiers)
