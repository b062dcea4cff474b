"""Sending what the outbox of the webhooks holds, at least once.

Each attempt is noted before it is made and ended after it; between the two nothing is held open in the database.
A worker that dies in between leaves an attempt without an end, and the event comes again after a while with the
same key. Bytes, headers and signature follow Standard Webhooks 1.0.
"""

from __future__ import annotations

import base64
import random
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from zhike.core import audit, keys, outgoing, parameters
from zhike.core.keys import ciphers
from zhike.core.models import Webhook, WebhookAttempt, WebhookDelivery, WebhookState
from zhike.core.operations import tasks
from zhike.core.operations.webhooks import MARK, SEALED, WebhookRefused, demand_address, may_connect
from zhike.core.sentences import Sentence

MOST_BYTES = 64 * 1024
"""What is read of a receiver's answer; its words are not kept."""
GRACE = timedelta(minutes=1)
"""Beyond the time limit of an attempt, until its worker counts as dead."""
JITTER = (0.8, 1.2)
"""So that what failed together does not come back together."""
_chance = random.SystemRandom()


@dataclass(frozen=True, slots=True)
class Parcel:
    """One attempt that is to be made."""

    attempt_id: int
    url: str
    key: str
    body: bytes
    secret: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of an attempt: the answer's status, or why there was none."""

    status: int | None = None
    fault: str = ""

    @property
    def is_taken(self) -> bool:
        """Whether the receiver has the event: it said so with a status of the 200s."""
        return self.status is not None and 200 <= self.status < 300


def deliver_due(*, most: int = 1000) -> int:
    """Send what is due, one after the other; answers how many attempts were made."""
    for count in range(most):
        parcel = claim(now=timezone.now())
        if parcel is None:
            return count
        note(attempt_id=parcel.attempt_id, outcome=attempt(parcel, now=timezone.now()), now=timezone.now())
    return most


@transaction.atomic
def claim(*, now: datetime) -> Parcel | None:
    """Take the event that is due longest of a webhook in use, and note the attempt; None if there is none."""
    due = WebhookDelivery.objects.filter(next_at__lte=now, webhook__state=WebhookState.ACTIVE)
    delivery = (
        due.select_for_update(skip_locked=True, of=("self",))
        .select_related("webhook")
        .order_by("next_at", "id")
        .first()
    )
    if delivery is None:
        return None
    seconds = parameters.value("webhook.timeout_seconds", on=timezone.localdate(now))
    delivery.attempt_count += 1
    delivery.next_at = now + timedelta(seconds=seconds) + GRACE
    delivery.save(update_fields=["attempt_count", "next_at"])
    made = WebhookAttempt.objects.create(delivery=delivery, number=delivery.attempt_count, begun_at=now)
    webhook = delivery.webhook
    secret = keys.unseal(webhook.secret, purpose=SEALED.purpose, place=SEALED.place(webhook.pk))
    return Parcel(made.pk, webhook.url, delivery.key, delivery.body.encode(), secret)


def attempt(parcel: Parcel, *, now: datetime) -> Outcome:
    """Send one event. Whatever goes wrong is an outcome; a redirection is a refusal."""
    stamp = str(int(now.timestamp()))
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "Zhike-Webhooks/1",
        "webhook-id": parcel.key,
        "webhook-timestamp": stamp,
        "webhook-signature": signature(parcel.secret, key=parcel.key, stamp=stamp, body=parcel.body),
    }
    try:
        demand_address(parcel.url)
        reply = outgoing.send(
            outgoing.Request(parcel.url, "POST", headers, parcel.body),
            seconds=parameters.value("webhook.timeout_seconds", on=timezone.localdate(now)),
            most_bytes=MOST_BYTES,
            may_connect=may_connect,
        )
    except WebhookRefused:
        return Outcome(fault="REFUSED_ADDRESS")
    except outgoing.NoReply as failure:
        return Outcome(fault=failure.code)
    return Outcome(status=reply.status)


def signature(secret: str, *, key: str, stamp: str, body: bytes) -> str:
    """What proves where an event comes from: HMAC-SHA256 (v1); under the national profile HMAC-SM3 beside it."""
    shared = base64.b64decode(secret.removeprefix(MARK))
    signed = b".".join((key.encode(), stamp.encode(), body))
    found = [("v1", ciphers.SHA256)]
    if ciphers.profile().digest == ciphers.SM3:
        found.append(("v1sm3", ciphers.SM3))
    return " ".join(
        f"{name},{base64.b64encode(ciphers.keyed(digest, shared, signed)).decode()}" for name, digest in found
    )


@transaction.atomic
def note(*, attempt_id: int, outcome: Outcome, now: datetime) -> WebhookDelivery:
    """End an attempt: the event is delivered, or comes again after a while that grows.

    A webhook whose receiver has failed for `webhook.failing_days` is stopped, and who proposed it is asked to look.
    """
    made = WebhookAttempt.objects.select_related("delivery").get(pk=attempt_id)
    webhook = Webhook.objects.select_for_update().get(pk=made.delivery.webhook_id)
    delivery = WebhookDelivery.objects.select_for_update().get(pk=made.delivery_id)
    made.ended_at, made.status, made.fault = now, outcome.status, outcome.fault
    made.save(update_fields=["ended_at", "status", "fault"])
    if outcome.is_taken:
        delivery.delivered_at, delivery.next_at, webhook.failing_since = now, None, None
    else:
        webhook.failing_since = webhook.failing_since or made.begun_at
        delivery.next_at = now + wait_after(made.number, now=now)
    if not (delivery.delivered_at and not outcome.is_taken):  # an attempt that was given up may yet end late
        delivery.save(update_fields=["delivered_at", "next_at"])
    webhook.save(update_fields=["failing_since"])
    days = parameters.value("webhook.failing_days", on=timezone.localdate(now))
    if webhook.failing_since and now - webhook.failing_since >= timedelta(days=days):
        _stop(webhook, days=days, now=now)
    return delivery


def wait_after(number: int, *, now: datetime) -> timedelta:
    """How long an event waits after its attempt of this number: twice as long each time, up to a most, by chance a
    little more or less."""
    today = timezone.localdate(now)
    first = parameters.value("webhook.first_wait_seconds", on=today)
    most = parameters.value("webhook.most_wait_minutes", on=today) * 60
    # Beyond that the most is reached from any first wait; larger powers would only be larger numbers.
    grown = first * 2 ** min(number - 1, most.bit_length())
    return timedelta(seconds=min(grown, most) * _chance.uniform(*JITTER))


def _stop(webhook: Webhook, *, days: int, now: datetime) -> None:
    if webhook.state != WebhookState.ACTIVE:
        return
    with audit.change(webhook, "webhook.failed", by=None, at=now):
        webhook.state = WebhookState.FAILED
        webhook.version += 1
        webhook.save(update_fields=["state", "version"])
    asker = webhook.proposed_by
    tasks.ask_task(
        title=Sentence("webhook.task", {"name": webhook.name, "days": days}),
        text=Sentence("webhook.task_text", {"name": webhook.name}),
        unit_id=asker.unit_id,
        owner=asker if asker.is_active else None,
        due_on=timezone.localdate(now) + timedelta(days=days),
        source_key=f"webhook:{webhook.pk}:{webhook.version}",
        by=asker,
        now=now,
    )
