"""What the cast does with segments, one call a step."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any

from tests.cast import Bank
from tests.loyalty import golden
from tests.loyalty.golden import NOW

from zhike.analytics.rules import Ask, Condition, Group, Join
from zhike.core.models import Approval, Parameter
from zhike.core.operations import approvals
from zhike.insight.enums import SegmentScope
from zhike.insight.models import Portrait, Segment, Snapshot, ValueStudy
from zhike.insight.operations import portraits, segments, snapshots, value_studies
from zhike.insight.operations.segments import Content

BUYERS = Group(parts=(Condition("PURCHASES_12M", Ask.BETWEEN, 2, None),))
RETAIL = Group(parts=(Condition("BUSINESS_TYPE", Ask.IN, values=("RETAIL",)),))
EVERY_KIND = Group(Join.ANY, (*BUYERS.parts, Group(parts=RETAIL.parts, is_not=True)))


def draft(by: Any, rule: Group = BUYERS, **content: Any) -> Segment:
    made = Content(**{"name": "近年常购", "rule": rule, **content})
    return segments.draft_segment(content=made, by=by, now=NOW)


def bring(segment: Segment, by: Any) -> Segment:
    """In force; one of the whole bank waits for `approve`."""
    segments.bring_in_force(segment_id=segment.pk, reason="试点", by=by, now=NOW)
    segment.refresh_from_db()
    return segment


def approve(segment: Segment, by: Any) -> Segment:
    waiting = Approval.objects.get(kind=segments.KIND, state="PENDING")
    approvals.approve(approval_id=waiting.pk, reason="同意", by=by, now=NOW)
    segment.refresh_from_db()
    return segment


def of_the_bank(bank: Bank, rule: Group = BUYERS, **content: Any) -> Segment:
    """One of the whole bank, drafted by the analyst and approved by the CRM manager."""
    return approve(bring(draft(bank.wu, rule, scope=SegmentScope.BANK, **content), bank.wu), bank.zheng)


def recorded(segment: Segment) -> Snapshot:
    made = snapshots.take_snapshot(segment_id=segment.pk, now=NOW)
    assert made is not None
    return made


def facts_of(rows: golden.Rows, lake: Path, *, digest: str, on: date) -> Portrait:
    """Load other facts, of a later day, and make the portrait of them."""
    golden.load(rows, lake=lake, digest=digest, business_on=on)
    made = portraits.build_portrait(now=NOW)
    assert made is not None
    return made


def card_users(bank: Bank, count: int = 40) -> golden.Rows:
    """The golden facts, and made-up customers of the two outlets who pay by card: a third of them put it away."""
    rows = golden.golden_rows(bank)
    first = date(2025, 2, 1)
    for number in range(count):
        customer_id = 900_000 + number
        outlet = bank.donghu if number % 2 else bank.west
        rows["customers"].append(
            {
                "customer_id": customer_id, "kind": "INDIVIDUAL", "business_type": "RETAIL", "customer_group": "CARD",
                "outlet_id": outlet.pk, "opened_on": date(2015 + number % 9, 3, 1),
                "closed_on": date(2026, 6, 1) if number % 20 == 0 else None,
            }
        )  # fmt: skip
        step, stops = 25 + number * 7 % 60, 250 if number % 3 == 0 else 690
        for day in range(number % 25, stops, step):
            rows["transactions"].append(
                {
                    "customer_id": customer_id, "account_id": customer_id, "booked_on": first + timedelta(day),
                    "kind": "CARD_PURCHASE", "amount_cents": -(1_000 + 97 * ((number * day) % 300)), "channel": "POS",
                }
            )  # fmt: skip
    return rows


def studied(rows: golden.Rows, lake: Path) -> ValueStudy:
    """A study of these facts, by rules under which a handful of buyers is enough."""
    Parameter.objects.filter(code__in=["value.least_repeaters", "value.least_losses"]).update(value=20)
    golden.load(rows, lake=lake, digest="cards")
    made = value_studies.study_value(now=NOW)
    assert made is not None
    return made
