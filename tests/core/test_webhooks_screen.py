"""Webhooks on the pages: proposed, approved, watched, sent again; and who may."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from django.test import Client

from tests.cast import Bank
from tests.factories.people import person
from zhike.core.models import Approval, Webhook, WebhookDelivery
from zhike.core.operations import delivering, webhooks
from zhike.staff.models import Staff

ClientOf = Callable[[Staff], Client]
NOW = datetime.now(UTC)
SENT = {
    "name": "营销平台",
    "url": "https://hooks.bank.example/events",
    "reason": "同步等级",
    "form_id": "a-1",
}


@pytest.fixture(autouse=True)
def _listed(settings: Any) -> None:
    settings.WEBHOOK_HOSTS = ["hooks.bank.example"]


@pytest.fixture
def analyst(bank: Bank) -> Staff:
    return person("W001", "CRM_ANALYST", at=bank.crm)


@pytest.fixture
def officer(bank: Bank) -> Staff:
    return person("W002", "COMPLIANCE", at=bank.head_office)


def page_of(answer: Any) -> str:
    return re.sub(r"\s+", " ", answer.content.decode())


def test_a_webhook_from_its_proposal_to_an_event_sent_again(
    analyst: Staff, officer: Staff, client_of: ClientOf
) -> None:
    mine, other = client_of(analyst), client_of(officer)
    assert "No program is told of anything" in page_of(mine.get("/webhooks/"))
    shown = page_of(mine.post("/webhooks/new/", SENT))
    secret = re.search(r'value="(whsec_[^"]+)"', shown)[1]
    assert mine.post("/webhooks/new/", SENT).url == "/webhooks/"
    webhook = Webhook.objects.get()
    address = f"/webhooks/{webhook.pk}/"
    assert "waits for its approval" in page_of(mine.get(address))
    assert secret not in page_of(mine.get(address))
    approval = Approval.objects.get()
    assert SENT["url"] in page_of(other.get(f"/approvals/{approval.pk}/"))
    other.post(f"/approvals/{approval.pk}/approve/", {"reason": ""})
    webhooks.emit(event="loyalty.tiers_published", source="run:7", data={"run": 7}, now=NOW)
    parcel = delivering.claim(now=NOW)
    delivering.note(attempt_id=parcel.attempt_id, outcome=delivering.Outcome(status=500), now=NOW)
    page = page_of(mine.get(address))
    assert all(
        said in page for said in ("1. ", ": 500", "Waits", "Send again", "The receiver has failed since")
    )
    delivery = WebhookDelivery.objects.get()
    assert mine.post(f"{address}deliveries/{delivery.pk}/resend/").url == address
    assert "within a minute, with the same key" in page_of(mine.get(address))
    for act, said in (("pause", "Paused"), ("resume", "In use"), ("end", "Ended")):
        assert mine.post(f"{address}{act}/").url == address
        assert said in page_of(mine.get(address))
    assert "does not fit the state" in page_of(mine.post(f"{address}resume/", follow=True))


def test_who_decides_sees_and_changes_nothing(analyst: Staff, officer: Staff, client_of: ClientOf) -> None:
    client_of(analyst).post("/webhooks/new/", SENT)
    pk = Webhook.objects.get().pk
    assert client_of(officer).get(f"/webhooks/{pk}/").status_code == 200
    for address in ("/webhooks/new/", f"/webhooks/{pk}/pause/", f"/webhooks/{pk}/end/"):
        assert client_of(officer).post(address, SENT).status_code == 403


@pytest.mark.parametrize("url", ["https://evil.example/", "javascript:alert(1)", "x" * 501])
def test_an_address_that_may_not_be_called_is_refused_on_the_form(
    url: str, analyst: Staff, client_of: ClientOf
) -> None:
    assert client_of(analyst).post("/webhooks/new/", {**SENT, "url": url}).status_code == 422
    assert not Webhook.objects.exists()


def test_the_pages_ask_the_database_no_oftener_for_more_events(
    analyst: Staff, client_of: ClientOf, django_assert_max_num_queries: Any
) -> None:
    client = client_of(analyst)
    client.post("/webhooks/new/", SENT)
    webhook = Webhook.objects.get()
    Webhook.objects.update(state="ACTIVE")
    for number in range(15):
        webhooks.emit(event="loyalty.tiers_published", source=f"run:{number}", data={}, now=NOW)
        parcel = delivering.claim(now=NOW)
        delivering.note(attempt_id=parcel.attempt_id, outcome=delivering.Outcome(status=204), now=NOW)
    with django_assert_max_num_queries(22):
        assert page_of(client.get(f"/webhooks/{webhook.pk}/")).count("Delivered") >= 15
    with django_assert_max_num_queries(20):
        client.get("/webhooks/")
