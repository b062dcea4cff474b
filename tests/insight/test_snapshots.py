"""Who was in a segment on a day stays known, whatever comes later (B.5 #13)."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from tests.cast import Bank
from tests.insight import steps
from tests.insight.steps import EVERY_KIND, RETAIL
from tests.loyalty import golden
from tests.loyalty.golden import NOW, Q4

from zhike.core.models import JobRun
from zhike.customers.models import Customer
from zhike.insight.enums import SegmentScope
from zhike.insight.models import Membership, Portrait, Segment, Snapshot
from zhike.insight.operations import segments, snapshots
from zhike.insight.operations.segments import Content
from zhike.insight.queries.memberships import on_day

pytestmark = [pytest.mark.django_db, pytest.mark.requirement("M-30")]
JANUARY, FEBRUARY = date(2027, 1, 31), date(2027, 2, 28)


def names(segment: Segment, day: date) -> set[str]:
    return set(Customer.objects.filter(pk__in=on_day(segment, day)).values_list("name", flat=True))


def without(rows: golden.Rows, customer: Customer) -> golden.Rows:
    """The same facts, but for what this customer took."""
    return {**rows, "accounts": [row for row in rows["accounts"] if row["customer_id"] != customer.pk]}


@pytest.fixture
def moved(golden_bank: Bank, portrait: Portrait, lake: Path) -> tuple[Segment, Bank]:
    """One of the bank, recorded on two days: 张伟 is gone on the second."""
    segment = steps.of_the_bank(golden_bank)
    steps.recorded(segment)
    rows = without(golden.golden_rows(golden_bank), golden_bank.zhang_wei)
    steps.facts_of(rows, lake, digest="january", on=JANUARY)
    steps.recorded(segment)
    return segment, golden_bank


def test_who_was_in_it_on_a_day_is_answered_after_later_days(moved: tuple[Segment, Bank]) -> None:
    segment, bank = moved
    before, after = names(segment, Q4), names(segment, JANUARY)
    assert before - after == {"张伟"}
    assert after - before == set()
    assert names(segment, date(2026, 12, 30)) == set()
    found = list(
        Snapshot.objects.order_by("as_of").values_list("as_of", "member_count", "came_count", "left_count")
    )
    assert found == [(Q4, len(before), len(before), 0), (JANUARY, len(after), 0, 1)]
    by_outlet = Snapshot.objects.get(as_of=JANUARY).outlets
    assert by_outlet[str(bank.donghu.pk)][2] == 1


def test_who_comes_back_has_two_times(moved: tuple[Segment, Bank], lake: Path) -> None:
    segment, bank = moved
    steps.facts_of(golden.golden_rows(bank), lake, digest="february", on=FEBRUARY)
    steps.recorded(segment)
    his = Membership.objects.filter(customer=bank.zhang_wei).order_by("from_on")
    assert list(his.values_list("from_on", "to_on")) == [(Q4, JANUARY), (FEBRUARY, None)]


def test_a_day_recorded_again_counts_once(moved: tuple[Segment, Bank]) -> None:
    segment, _bank = moved
    before = list(Membership.objects.order_by("customer_id", "from_on").values())
    again = steps.recorded(segment)
    assert (again.came_count, again.left_count) == (0, 1)
    assert [{**row, "id": 0} for row in Membership.objects.order_by("customer_id", "from_on").values()] == [
        {**row, "id": 0} for row in before
    ]


def test_a_new_rule_of_the_same_day_replaces_what_was_recorded_that_day(
    golden_bank: Bank, portrait: Portrait
) -> None:
    segment = steps.bring(steps.draft(golden_bank.wu), golden_bank.wu)
    steps.recorded(segment)
    content = Content(name="零售", rule=RETAIL)
    segments.change_segment(
        segment_id=segment.pk, version=segment.version, content=content, by=golden_bank.wu, now=NOW
    )
    steps.recorded(steps.bring(segment, golden_bank.wu))
    assert set(Membership.objects.values_list("number", "from_on", "to_on")) == {(2, Q4, None)}
    assert Snapshot.objects.get().number == 2


def test_a_change_of_rule_is_seen_in_the_times(moved: tuple[Segment, Bank], lake: Path) -> None:
    segment, bank = moved
    segment.refresh_from_db()
    content = Content(name=segment.name, rule=EVERY_KIND)
    segments.change_segment(
        segment_id=segment.pk, version=segment.version, content=content, by=bank.wu, now=NOW
    )
    steps.approve(steps.bring(segment, bank.wu), bank.zheng)
    steps.facts_of(golden.golden_rows(bank), lake, digest="february", on=FEBRUARY)
    made = steps.recorded(segment)
    hers = Membership.objects.filter(customer=bank.li_na).order_by("from_on")
    assert list(hers.values_list("number", "from_on", "to_on")) == [(1, Q4, FEBRUARY), (2, FEBRUARY, None)]
    assert made.came_count == 2  # 张伟 is back, and the enterprise nobody sells to


def test_a_segment_of_an_outlet_has_the_customers_there(golden_bank: Bank, portrait: Portrait) -> None:
    made = steps.draft(golden_bank.liu, RETAIL, scope=SegmentScope.OUTLET, unit_id=golden_bank.donghu.pk)
    made = steps.bring(made, golden_bank.liu)
    steps.recorded(made)
    outlets = Customer.objects.filter(pk__in=on_day(made, Q4)).values_list("outlet", flat=True)
    assert set(outlets) == {golden_bank.donghu.pk}


def test_an_earlier_day_is_not_recorded_after_a_later_one(moved: tuple[Segment, Bank]) -> None:
    segment, _bank = moved
    Snapshot.objects.filter(as_of=JANUARY).update(as_of=FEBRUARY)
    assert snapshots.take_snapshot(segment_id=segment.pk, now=NOW) is None


def test_what_is_retired_or_drafted_is_not_recorded(golden_bank: Bank, portrait: Portrait) -> None:
    drafted = steps.draft(golden_bank.chen)
    retired = steps.bring(steps.draft(golden_bank.chen), golden_bank.chen)
    segments.retire_segment(segment_id=retired.pk, by=golden_bank.chen, now=NOW)
    for each in (drafted, retired):
        assert snapshots.take_snapshot(segment_id=each.pk, now=NOW) is None


def test_a_new_portrait_has_every_segment_in_force_recorded(
    golden_bank: Bank, portrait: Portrait, lake: Path
) -> None:
    steps.bring(steps.draft(golden_bank.chen), golden_bank.chen)
    steps.draft(golden_bank.chen)
    steps.facts_of(golden.golden_rows(golden_bank), lake, digest="again", on=JANUARY)
    asked = JobRun.objects.filter(job="insight.snapshot").order_by("as_of")
    assert [run.as_of for run in asked] == [Q4, JANUARY]


def test_a_customer_who_moves_takes_the_memberships_along(moved: tuple[Segment, Bank]) -> None:
    _segment, bank = moved
    Customer.objects.filter(pk=bank.li_na.pk).update(outlet=bank.west)
    snapshots.follow_moves(customer_ids=[bank.li_na.pk], using="default")
    assert set(Membership.objects.filter(customer=bank.li_na).values_list("outlet_id", flat=True)) == {
        bank.west.pk
    }


def test_the_loader_writes_members_and_nobody_else(address_of: Any, golden_bank: Bank) -> None:
    import psycopg

    from zhike.run import roles

    for role, may in ((roles.LOADER, True), (roles.APP, False), (roles.WORKER, False)):
        with psycopg.connect(address_of(role)) as session:
            found = session.execute("SELECT has_table_privilege('insight_membership', 'INSERT')").fetchone()
            assert found == (may,)
