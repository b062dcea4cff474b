"""Webhooks over real connections: at least once with one key, signed, retried, bounded, and nowhere else."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address, ip_network
from typing import Any

import pytest

from tests.cast import Bank
from tests.core.receivers import Receiver, listening, verified
from tests.factories.people import person
from zhike.core import keys, outgoing
from zhike.core.keys import ciphers
from zhike.core.models import AuditEvent, Task, Webhook, WebhookAttempt, WebhookDelivery
from zhike.core.operations import approvals, delivering, webhooks

NOW = datetime.now(UTC)
DATA = {"run": 7}


@pytest.fixture
def receiver(settings: Any) -> Iterator[Receiver]:
    with listening() as found:
        settings.WEBHOOK_HOSTS = [found.address.split("/")[2]]
        settings.WEBHOOK_NETWORKS = [ip_network("127.0.0.1/32")]
        yield found


@pytest.fixture
def proposed(bank: Bank, receiver: Receiver) -> webhooks.Proposed:
    by = person("W001", "CRM_ANALYST", at=bank.crm)
    return webhooks.propose_webhook(name="营销平台", url=receiver.address, reason="同步等级", by=by, now=NOW)


@pytest.fixture
def webhook(bank: Bank, proposed: webhooks.Proposed) -> Webhook:
    return approved(proposed.webhook, bank)


def approved(webhook: Webhook, bank: Bank) -> Webhook:
    from zhike.core.models import Approval

    approval = Approval.objects.get(kind=webhooks.KIND, subject_id=webhook.pk)
    by = person("W002", "COMPLIANCE", at=bank.head_office)
    assert approvals.approve(approval_id=approval.pk, reason="", by=by, now=NOW).state == "APPROVED"
    webhook.refresh_from_db()
    return webhook


def emit(source: str = "run:7", now: datetime = NOW) -> int:
    return webhooks.emit(event="loyalty.tiers_published", source=source, data=DATA, now=now)


def tried(*, at: datetime) -> delivering.Outcome | None:
    """One attempt of what is due at a moment."""
    parcel = delivering.claim(now=at)
    if parcel is None:
        return None
    outcome = delivering.attempt(parcel, now=datetime.now(UTC))
    delivering.note(attempt_id=parcel.attempt_id, outcome=outcome, now=at)
    return outcome


def test_an_event_arrives_signed_and_names_no_customer(
    webhook: Webhook, proposed: webhooks.Proposed, receiver: Receiver
) -> None:
    assert emit() == 1
    assert delivering.deliver_due() == 1
    ((headers, body),) = receiver.got
    told = json.loads(body)
    assert (told["type"], told["data"], told["id"]) == (
        "loyalty.tiers_published",
        DATA,
        headers["webhook-id"],
    )
    assert verified(proposed.secret, headers, body)
    assert not verified(proposed.secret, headers, body + b" ")
    assert not verified("whsec_" + "A" * 43 + "=", headers, body)
    assert not verified(proposed.secret, {**headers, "webhook-timestamp": "1000000000"}, body)
    assert WebhookDelivery.objects.get().delivered_at is not None
    assert delivering.deliver_due() == 0


def test_the_signature_is_that_of_the_published_scheme() -> None:
    """The example of Standard Webhooks 1.0."""
    found = delivering.signature(
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", key="msg_p5jXN8AQM9LWM0D4loKWxJek", stamp="1614265330",
        body=b'{"test": 2432232314}',
    )  # fmt: skip
    assert found == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_the_national_profile_signs_by_sm3_beside(settings: Any) -> None:
    settings.CRYPTOGRAPHY = "national"
    secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    first, second = delivering.signature(secret, key="k", stamp="1", body=b"x").split(" ")
    assert (first[:3], second[:6]) == ("v1,", "v1sm3,")
    assert len(ciphers.keyed(ciphers.SM3, b"k", b"x")) == 32


def test_the_secret_is_sealed_and_shown_once(proposed: webhooks.Proposed) -> None:
    row = Webhook.objects.get()
    assert proposed.secret.encode() not in bytes(row.secret)
    place = webhooks.SEALED.place(row.pk)
    assert keys.unseal(row.secret, purpose=webhooks.SEALED.purpose, place=place) == proposed.secret
    assert proposed.secret not in str(list(AuditEvent.objects.values_list("detail", flat=True)))


def test_what_happens_twice_is_told_once_and_what_is_undone_never(webhook: Webhook) -> None:
    from django.db import transaction

    emit()
    emit()
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        emit("run:8")
        raise ZeroDivisionError
    assert WebhookDelivery.objects.count() == 1


@pytest.mark.goal("G3")
def test_a_worker_that_dies_after_sending_sends_again_with_the_same_key(
    webhook: Webhook, receiver: Receiver
) -> None:
    emit()
    parcel = delivering.claim(now=NOW)
    assert parcel is not None
    assert delivering.attempt(parcel, now=datetime.now(UTC)).is_taken  # and dies before it notes that
    assert delivering.claim(now=NOW + timedelta(seconds=65)) is None
    assert tried(at=NOW + timedelta(seconds=75)).is_taken
    assert len(set(receiver.keys())) == 1
    assert receiver.got[0][1] == receiver.got[1][1]
    assert [row.ended_at is None for row in WebhookAttempt.objects.order_by("number")] == [True, False]


def test_a_failing_receiver_is_asked_again_ever_more_seldom(webhook: Webhook, receiver: Receiver) -> None:
    receiver.statuses = [500, 503, 404, 200]
    emit()
    at, waits = NOW, []
    for _ in range(4):
        outcome = tried(at=at)
        assert outcome is not None
        row = WebhookDelivery.objects.get()
        if row.next_at:
            waits.append((row.next_at - at).total_seconds())
            assert delivering.claim(now=at + timedelta(seconds=waits[-1] - 1)) is None
            at = row.next_at
    assert [24 <= waits[0] <= 36, 48 <= waits[1] <= 72, 96 <= waits[2] <= 144] == [True] * 3
    assert outcome.is_taken
    assert Webhook.objects.get().failing_since is None
    assert [row.status for row in WebhookAttempt.objects.order_by("number")] == [500, 503, 404, 200]


def test_the_wait_has_a_most_and_no_number_is_too_large(webhook: Webhook) -> None:
    longest = [delivering.wait_after(number, now=NOW) for number in (12, 100, 10**6)]
    assert all(timedelta(hours=4.8) <= wait <= timedelta(hours=7.2) for wait in longest)


def test_a_receiver_that_fails_for_days_is_left_alone_and_somebody_asked(
    webhook: Webhook, receiver: Receiver, bank: Bank
) -> None:
    receiver.statuses = [500]
    emit()
    tried(at=NOW)
    tried(at=NOW + timedelta(days=4, hours=23))
    assert Webhook.objects.get().state == "ACTIVE"
    tried(at=NOW + timedelta(days=6))
    assert Webhook.objects.get().state == "FAILED"
    task = Task.objects.get()
    assert (task.owner_id, "failed for 5 days" in task.title_in_words) == (webhook.proposed_by_id, True)
    emit("run:8")
    assert delivering.claim(now=NOW + timedelta(days=9)) is None
    receiver.statuses = [200]
    later = NOW + timedelta(days=10)
    webhooks.resume_webhook(webhook_id=webhook.pk, by=webhook.proposed_by, now=later)
    assert [tried(at=later).is_taken, tried(at=later).is_taken, tried(at=later)] == [True, True, None]


@pytest.mark.parametrize(
    ("behaviour", "fault"),
    [
        ({"seconds": 3.0}, "TOO_SLOW"),
        ({"drips": True, "statuses": [200]}, "TOO_SLOW"),
        ({"size": delivering.MOST_BYTES + 1, "statuses": [200]}, "TOO_LARGE"),
    ],
)
def test_a_receiver_that_hangs_or_talks_too_much_is_cut_off(
    behaviour: dict[str, Any], fault: str, webhook: Webhook, receiver: Receiver, monkeypatch: Any
) -> None:
    real = delivering.parameters.value
    monkeypatch.setattr(
        delivering.parameters, "value",
        lambda code, **more: 1 if code == "webhook.timeout_seconds" else real(code, **more),
    )  # fmt: skip
    vars(receiver).update(behaviour)
    emit()
    begun = time.monotonic()
    assert tried(at=NOW) == delivering.Outcome(fault=fault)
    assert time.monotonic() - begun < 2.5


def test_a_redirection_is_not_followed(webhook: Webhook, receiver: Receiver) -> None:
    receiver.statuses, receiver.location = [302], receiver.address
    emit()
    outcome = tried(at=NOW)
    assert (outcome.status, outcome.is_taken, len(receiver.got)) == (302, False, 1)


def test_a_paused_webhook_sends_nothing_and_afterwards_everything(
    webhook: Webhook, receiver: Receiver
) -> None:
    by = webhook.proposed_by
    webhooks.pause_webhook(webhook_id=webhook.pk, by=by, now=NOW)
    emit()
    assert delivering.claim(now=NOW + timedelta(days=1)) is None
    webhooks.resume_webhook(webhook_id=webhook.pk, by=by, now=NOW)
    assert tried(at=NOW).is_taken
    webhooks.resend(delivery_id=WebhookDelivery.objects.get().pk, by=by, now=NOW)
    assert tried(at=NOW).is_taken
    assert len(receiver.got) == 2
    assert len(set(receiver.keys())) == 1
    webhooks.end_webhook(webhook_id=webhook.pk, by=by, now=NOW)
    assert emit("run:9") == 0


def test_nothing_is_sent_before_another_person_has_approved(
    proposed: webhooks.Proposed, bank: Bank, receiver: Receiver
) -> None:
    from zhike.core.models import Approval

    assert emit() == 0
    approval = Approval.objects.get()
    with pytest.raises(approvals.ApprovalRefused, match="yourself"):
        approvals.approve(approval_id=approval.pk, reason="", by=proposed.webhook.proposed_by, now=NOW)
    with pytest.raises(webhooks.WebhookRefused, match="approval"):
        webhooks.resume_webhook(webhook_id=proposed.webhook.pk, by=proposed.webhook.proposed_by, now=NOW)
    by = person("W002", "COMPLIANCE", at=bank.head_office)
    approvals.reject(approval_id=approval.pk, reason="no need", by=by, now=NOW)
    assert Webhook.objects.get().state == "ENDED"


@pytest.mark.parametrize(
    "url",
    [
        "http://hooks.bank.example/", "https://other.example/", "https://hooks.bank.example:444/",
        "https://hooks.bank.example.evil.example/", "https://user@hooks.bank.example/",
        "https://hooks.bank.example/#x", "https://hooks.bank.example/\n", "https://[::1", "ftp://hooks.bank.example/",
        "https://hooks.bank.example:99999/", "//hooks.bank.example/", "https://hooks.bank.example\\@evil.example/", "",
    ],
)  # fmt: skip
def test_an_address_that_is_not_listed_or_odd_is_refused(url: str, settings: Any) -> None:
    settings.WEBHOOK_HOSTS = ["hooks.bank.example"]
    webhooks.demand_address("https://hooks.bank.example/events?tenant=1")
    with pytest.raises(webhooks.WebhookRefused):
        webhooks.demand_address(url)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.0.0.1", "192.168.1.1", "172.16.0.1", "169.254.169.254", "100.64.0.1", "0.0.0.0",
        "224.0.0.1", "255.255.255.255", "::1", "::", "fe80::1", "fc00::1", "ff02::1", "2002:7f00:1::",
        "64:ff9b::7f00:1",
    ],
)  # fmt: skip
def test_machines_inside_are_called_only_where_the_operator_listed_their_network(
    address: str, settings: Any
) -> None:
    settings.WEBHOOK_NETWORKS = []
    assert not webhooks.may_connect(ip_address(address))
    settings.WEBHOOK_NETWORKS = [ip_network(address)]
    assert webhooks.may_connect(ip_address(address))


def test_a_listed_name_that_means_a_machine_inside_leads_nowhere(
    webhook: Webhook, receiver: Receiver, settings: Any, monkeypatch: Any
) -> None:
    settings.WEBHOOK_NETWORKS = []
    emit()
    assert tried(at=NOW) == delivering.Outcome(fault="REFUSED_ADDRESS")
    mapped = [(socket.AF_INET6, 1, 6, "", ("::ffff:10.0.0.1", 443, 0, 0))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_words, **_more: mapped)
    with pytest.raises(outgoing.NoReply, match="REFUSED_ADDRESS"):
        outgoing.send(
            outgoing.Request("https://hooks.bank.example/"), seconds=1, most_bytes=1,
            may_connect=webhooks.may_connect,
        )  # fmt: skip
    assert receiver.got == []


def test_a_host_that_is_no_longer_listed_is_not_called(
    webhook: Webhook, receiver: Receiver, settings: Any
) -> None:
    settings.WEBHOOK_HOSTS = []
    emit()
    assert tried(at=NOW) == delivering.Outcome(fault="REFUSED_ADDRESS")
    assert receiver.got == []


def test_nobody_listens(webhook: Webhook, settings: Any) -> None:
    Webhook.objects.update(url="http://127.0.0.1:9/")
    settings.WEBHOOK_HOSTS = ["127.0.0.1:9"]
    emit()
    assert tried(at=NOW) == delivering.Outcome(fault="NO_CONNECTION")
