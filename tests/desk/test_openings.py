"""Opening a customer's file: who opened which part is recorded, and who keeps no customers says what for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone
from tests.cast import Bank
from tests.factories.holdings import holding
from tests.factories.people import person

from zhike.core.access.acting import acting_as
from zhike.core.access.permissions import ROLES, Permission
from zhike.core.models import AuditEvent
from zhike.customers.api import OpeningRefused, record_opening, seen_customer
from zhike.customers.enums import FilePart
from zhike.desk.views import openings
from zhike.staff.models import RoleAssignment, Staff

ClientOf = Callable[[Staff], Client]
TABS = {
    "": "OVERVIEW", "holdings/": "HOLDINGS", "transactions/": "TRANSACTIONS", "events/": "EVENTS",
    "loyalty/": "LOYALTY", "portfolio/": "PORTFOLIO",
}  # fmt: skip

pytestmark = pytest.mark.requirement("L-36")


def opened() -> list[tuple[str, str, str]]:
    """Person, part and purpose of every recorded opening."""
    rows = AuditEvent.objects.filter(action="customer.opened").order_by("id")
    return [(row.actor[:4], row.detail["part"], row.reason) for row in rows]


def test_each_part_of_a_file_is_recorded_once_a_day(bank: Bank, client_of: ClientOf) -> None:
    holding(bank.zhang_wei, 123_456_789)
    caller = client_of(bank.chen)
    for _again in range(2):
        for tab in TABS:
            assert caller.get(f"/customers/{bank.zhang_wei.pk}/{tab}").status_code == 200
    assert opened() == [("A001", part, "") for part in TABS.values()]
    event = AuditEvent.objects.filter(action="customer.opened").first()
    assert event is not None
    assert (event.customer_id, event.object_label, event.detail) == (
        bank.zhang_wei.pk,
        "6001",
        {"part": "OVERVIEW"},
    )
    with connection.cursor() as cursor:  # yesterday's openings; the audit lets nobody change them
        cursor.execute("ALTER TABLE core_auditevent DISABLE TRIGGER USER")
        cursor.execute("UPDATE core_auditevent SET recorded_at = recorded_at - interval '1 day'")
    client_of(bank.chen).get(f"/customers/{bank.zhang_wei.pk}/")
    assert len(opened()) == len(TABS) + 1


def test_what_was_not_found_was_not_opened(bank: Bank, client_of: ClientOf) -> None:
    assert client_of(bank.chen).get(f"/customers/{bank.li_na.pk}/").status_code == 404
    assert opened() == []


@pytest.mark.parametrize("role", ["COMPLIANCE", "INTERNAL_AUDIT"])
def test_who_keeps_no_customers_opens_a_file_for_a_purpose(
    bank: Bank, client_of: ClientOf, role: str
) -> None:
    caller = client_of(person("K009", role, at=bank.head_office))
    file = f"/customers/{bank.zhang_wei.pk}/"
    asked: Any = caller.get(f"{file}holdings/?n=1")
    assert asked.status_code == 302
    assert (caller.get(asked.url).status_code, opened()) == (200, [])
    assert "张伟" not in caller.get(asked.url).content.decode()
    for unsaid in ("", "BECAUSE"):
        assert caller.post(asked.url, {"purpose": unsaid}).status_code == 422
    answer: Any = caller.post(asked.url, {"purpose": "CHECK"})
    assert answer.url == f"{file}holdings/?n=1"
    assert caller.get(answer.url).status_code == 200
    assert caller.get(file).status_code == 200
    assert opened() == [("K009", "HOLDINGS", "CHECK"), ("K009", "OVERVIEW", "CHECK")]
    assert caller.get(f"/customers/{bank.li_na.pk}/").status_code == 302
    assert client_of(Staff.objects.get(staff_no="K009")).get(file).status_code == 302


def test_the_purpose_leads_back_into_the_file_and_nowhere_else(bank: Bank, client_of: ClientOf) -> None:
    address = f"/customers/{bank.zhang_wei.pk}/purpose/?to="
    for foreign in ("https://x.example/", "//x.example", "/customers/", ""):
        answer: Any = client_of(bank.shen).post(address + foreign, {"purpose": "CHECK"})
        assert answer.url == f"/customers/{bank.zhang_wei.pk}/"


def test_who_keeps_the_customer_by_another_role_needs_no_purpose(bank: Bank, client_of: ClientOf) -> None:
    for both in ("ACCOUNT_MANAGER", "INTERNAL_AUDIT"):
        RoleAssignment.objects.get_or_create(
            staff=bank.chen, role=both, unit=bank.donghu, defaults={"valid_from": "2020-01-01"}
        )
    caller = client_of(bank.chen)
    assert caller.get(f"/customers/{bank.zhang_wei.pk}/").status_code == 200
    assert caller.get(f"/customers/{bank.li_na.pk}/").status_code == 302


def test_a_session_remembers_the_latest_purposes_and_another_purpose_is_recorded_too(
    bank: Bank, client_of: ClientOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(openings, "REMEMBERED", 1)
    caller = client_of(bank.shen)
    for one, purpose in ((bank.zhang_wei, "CHECK"), (bank.li_na, "CHECK"), (bank.zhang_wei, "AUTHORITY")):
        assert caller.get(f"/customers/{one.pk}/").status_code == 302
        caller.post(f"/customers/{one.pk}/purpose/", {"purpose": purpose})
        assert caller.get(f"/customers/{one.pk}/").status_code == 200
    assert [purpose for _who, _part, purpose in opened()] == ["CHECK", "CHECK", "AUTHORITY"]
    assert list(caller.session[openings.PURPOSES]) == [str(bank.zhang_wei.pk)]


def test_no_opening_is_recorded_without_the_purpose_that_is_due(bank: Bank) -> None:
    with acting_as(bank.shen.pk):
        bank.shen.rights_in_use = frozenset({Permission.CUSTOMER_READ})
        seen = seen_customer(bank.zhang_wei.pk, staff=bank.shen)
        assert seen is not None
        for unsaid in ("", "BECAUSE"):
            with pytest.raises(OpeningRefused):
                record_opening(seen, part=FilePart.OVERVIEW, purpose=unsaid, by=bank.shen, now=timezone.now())
    assert opened() == []


def test_those_who_look_into_any_file_and_keep_none_state_a_purpose() -> None:
    assert {code for code, role in ROLES.items() if role.states_purpose} == {"COMPLIANCE", "INTERNAL_AUDIT"}
