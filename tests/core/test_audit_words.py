"""The audit is read in words: purposes, tiers and rights, a customer's own number, and what truly came of an act."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone, translation

from tests.cast import Bank
from zhike.core import audit
from zhike.core.models import AuditEvent, Parameter
from zhike.core.operations.parameters import propose_parameter
from zhike.core.outcomes import Outcome
from zhike.core.queries.audit_words import changes_of, told

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
INNER = 2241
ASKED = 16
"""Queries of the page, however many events it lists."""
pytestmark = pytest.mark.django_db


def recorded(action: str, **columns: Any) -> AuditEvent:
    """An event as some release has written it."""
    return AuditEvent.objects.create(actor="system", action=action, **columns)


@pytest.mark.requirement("L-36")
@pytest.mark.parametrize("action", ["customer.opened", "customer.revealed"])
def test_a_purpose_is_read_in_words(bank: Bank, client_of: Callable[[Any], Client], action: str) -> None:
    event = recorded(action, reason="CHECK", customer_id=bank.li_na.pk, object_type="customers.customer")
    page = client_of(bank.shen).get(reverse("core:audit")).content.decode()
    assert "Compliance check" in page
    assert "CHECK" not in page
    with translation.override("zh-hans"):
        assert event.reason_in_words == "合规检查"


def test_what_an_event_concerns_is_named_in_words_and_by_the_customer_s_number() -> None:
    """The first is as the audit knows a customer, the others as releases before this one named what changed."""
    recorded(
        "customer.opened", object_type="customers.customer", object_label="8000002241", customer_id=INNER
    )
    for object_type, label in (
        ("loyalty.standing", "2241 HIGH"),
        ("loyalty.override", "8000002241 MEDIUM → HIGH"),
        ("loyalty.followup", "2241 NOT_REACHED"),
        ("loyalty.samplecheck", "7 2241 DOUBTFUL"),
    ):
        recorded("test.done", object_type=object_type, object_label=label, customer_id=INNER)
    recorded("role.granted", object_type="staff.roleassignment", object_label="陈晓 TELLER")
    recorded("parameter.changed", object_type="core.parameter", object_label="auth.idle_minutes")
    recorded("login.done", object_type="staff.staff", object_label="HIGH TELLER")  # a name is nobody's code
    events = AuditEvent.objects.order_by("pk")
    assert [row.concerning for row in told(events)] == [
        "8000002241", "8000002241 High loyalty", "8000002241 Medium loyalty → High loyalty", "8000002241 Not reached",
        "7 8000002241 Doubtful", "陈晓 Teller", "How long a session lasts without activity", "HIGH TELLER",
    ]  # fmt: skip
    assert {row.customer_no for row in told(events[:5])} == {"8000002241"}


def test_a_customer_whom_the_audit_has_never_named_keeps_the_inner_number() -> None:
    (row,) = told(
        [recorded("override.applied", object_type="loyalty.standing", object_label="7 LOW", customer_id=7)]
    )
    assert (row.concerning, row.customer_no) == ("7 Low loyalty", "7")


def test_a_proposal_is_named_by_what_it_proposes_to_change(bank: Bank) -> None:
    parameter = Parameter.objects.get(code="auth.idle_minutes")
    propose_parameter(
        parameter_id=parameter.pk, value=20, valid_from=timezone.localdate(), reason="午休较长", by=bank.zheng,
        now=timezone.now(),
    )  # fmt: skip
    (row,) = told(AuditEvent.objects.filter(action="approval.proposed"))
    assert row.concerning == "How long a session lasts without activity"


def test_a_change_is_read_with_the_words_of_its_choices() -> None:
    changed = {"tier": ["MEDIUM", "HIGH"], "reason": [None, "HIGH"], "outlet_id": [1, 2]}
    event = recorded("override.proposed", object_type="loyalty.override", detail={"changes": changed})
    assert changes_of(event) == [
        ("tier", "Medium loyalty", "High loyalty"),
        ("reason", None, "HIGH"),
        ("outlet_id", 1, 2),
    ]
    gone = recorded("gone.done", object_type="gone.table", detail={"changes": {"tier": ["MEDIUM", "HIGH"]}})
    assert changes_of(gone) == [("tier", "MEDIUM", "HIGH")]


@pytest.mark.requirement("L-32")
def test_a_refusal_is_never_told_as_done(bank: Bank, client_of: Callable[[Any], Client]) -> None:
    older = recorded("import.refused", object_label="delivery of before")
    with transaction.atomic():
        newer = audit.record("login.refused", by=bank.chen, at=NOW)
    assert (older.outcome, older.came_of_it, newer.outcome) == ("DONE", Outcome.REFUSED, "REFUSED")
    visitor = client_of(bank.shen)
    refused, done = (
        visitor.get(reverse("core:audit"), {"outcome": outcome, "first": "2026-01-01"}).content.decode()
        for outcome in ("REFUSED", "DONE")
    )
    assert ("delivery of before" in refused, "delivery of before" in done) == (True, False)


@pytest.mark.requirement("L-32")
def test_who_has_the_right_is_told_that_it_does_not_reach_so_far(
    bank: Bank, client_of: Callable[[Any], Client]
) -> None:
    client_of(bank.liu).get(f"{reverse('desk:hand_over')}?c={bank.western.pk}:0")
    event = AuditEvent.objects.get(action="access.not_found")
    assert event.reason_in_words.startswith("Not among what this right reaches: ")
    older = recorded(event.action, reason="access.asks_for", detail=event.detail)
    assert older.reason_in_words == event.reason_in_words
    bare = recorded(event.action)
    assert bare.reason_in_words == ""


def test_the_page_asks_as_often_for_many_events_as_for_few(
    bank: Bank, client_of: Callable[[Any], Client], django_assert_num_queries: Any
) -> None:
    visitor = client_of(bank.shen)
    address = reverse("core:audit")
    recorded("portfolio.assigned", object_type="customers.customer", object_label="6001", customer_id=INNER)
    with django_assert_num_queries(ASKED):
        visitor.get(address)
    for number in range(8):
        recorded(
            "test.done", object_type="loyalty.standing", object_label=f"{number} LOW", customer_id=number
        )
    with django_assert_num_queries(ASKED):
        visitor.get(address)
