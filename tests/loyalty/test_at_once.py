"""Two hands at the same customer in the same moment: one is written, the other hears why not."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import date
from pathlib import Path
from threading import Barrier, BrokenBarrierError
from typing import Any

import pytest
from django.db import IntegrityError, connection, connections, transaction
from tests.cast import Bank, make_bank
from tests.loyalty import golden, steps
from tests.loyalty.golden import NOW
from tests.loyalty.test_loading import _furnish as furnish

from zhike.core.errors import DomainError
from zhike.core.models import Approval
from zhike.loyalty.models import FollowUp, Override
from zhike.loyalty.operations import following, overrides

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "loader"])
MEET = 1.5
"""Seconds in which all would meet between looking and writing, were they let in together."""


@pytest.fixture
def evaluated(tmp_path: Path, settings: Any) -> Iterator[Bank]:
    """The golden bank with a published run, its rows committed."""
    settings.LAKE = str(tmp_path)
    furnish()
    bank = make_bank()
    golden.load(golden.golden_rows(bank), lake=tmp_path, digest="golden")
    run = steps.compute(steps.in_force(golden.golden_spec(), bank), bank, as_of=golden.Q3)
    steps.publish(run, bank)
    yield bank
    connections["loader"].close()
    with connections["default"].cursor() as cursor:
        cursor.execute("TRUNCATE loyalty_result")


def together(act: Callable[[], Any]) -> list[bool]:
    """Do it twice at once; who was let through."""

    def tried(_at: int) -> bool:
        try:
            act()
        except DomainError:
            return False
        finally:
            connections.close_all()
        return True

    with ThreadPoolExecutor(2) as pool:
        return sorted(pool.map(tried, range(2)))


def meeting(monkeypatch: pytest.MonkeyPatch, module: Any, name: str) -> None:
    """Let everybody wait for the other where the look is over and nothing is written yet."""
    door, inside = Barrier(2), getattr(module, name)

    def wait(*values: Any, **named: Any) -> Any:
        with suppress(BrokenBarrierError):
            door.wait(MEET)
        return inside(*values, **named)

    monkeypatch.setattr(module, name, wait)


def test_two_overrides_at_once_leave_one_waiting(evaluated: Bank, monkeypatch: pytest.MonkeyPatch) -> None:
    meeting(monkeypatch, overrides, "_parts")
    done = together(
        lambda: overrides.propose_override(
            customer_id=evaluated.zhang_wei.pk, tier="HIGH", reason="已签长期协议", expires_on=date(2026, 12, 1),
            by=evaluated.chen, now=NOW,
        )
    )  # fmt: skip
    assert done == [False, True]
    assert (Override.objects.count(), Approval.objects.filter(kind=overrides.KIND).count()) == (1, 1)


def test_a_double_click_at_once_records_once(evaluated: Bank, monkeypatch: pytest.MonkeyPatch) -> None:
    meeting(monkeypatch, following, "trigger_of")
    done = together(
        lambda: following.record_follow_up(
            customer_id=evaluated.li_na.pk, kind="CALL", outcome="WILLING", by=evaluated.lin, now=NOW
        )
    )
    assert (done, FollowUp.objects.count()) == ([False, True], 1)


def test_the_database_itself_keeps_a_customer_to_one_waiting_override(evaluated: Bank) -> None:
    overrides.propose_override(
        customer_id=evaluated.zhang_wei.pk, tier="HIGH", reason="已签长期协议", expires_on=date(2026, 12, 1),
        by=evaluated.chen, now=NOW,
    )  # fmt: skip
    copy = "INSERT INTO core_approval (kind, subject_type, subject_id, subject_label, subject_version, payload, reason,"
    copy += " state, proposed_by_id, proposed_at, decision_reason) SELECT kind, subject_type, subject_id + 1,"
    copy += " subject_label, subject_version, payload, reason, state, proposed_by_id, proposed_at, decision_reason"
    with (
        pytest.raises(IntegrityError, match="override_one_pending_per_customer"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(f"{copy} FROM core_approval WHERE kind = 'loyalty.override'")
