"""What the cast does with segments, one call a step."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

from tests.cast import Bank
from tests.loyalty import golden
from tests.loyalty.golden import NOW

from zhike.analytics.rules import Ask, Condition, Group, Join
from zhike.core.models import Approval
from zhike.core.operations import approvals
from zhike.insight.enums import SegmentScope
from zhike.insight.models import Portrait, Segment, Snapshot
from zhike.insight.operations import portraits, segments, snapshots
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
