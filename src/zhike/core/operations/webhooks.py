"""Webhooks: programs of the bank that are told when something happens (the outbox of what is sent).

An event is written in the transaction of what it tells of, once for each webhook, so that neither happens without
the other; `operations.delivering` sends it. An address is proposed by one person and approved by another, lies on
a host that the operator has listed, and is looked at again each time something is sent.
"""

from __future__ import annotations

import base64
import json
import secrets
import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from zhike.core import audit, keys
from zhike.core.errors import DomainError, Stale
from zhike.core.keys import register
from zhike.core.models import Approval, Webhook, WebhookDelivery, WebhookState
from zhike.core.models.webhooks import NEXT_WEBHOOK_STATE
from zhike.core.operations import approvals
from zhike.core.outgoing import Address
from zhike.core.sentences import Sentence

KIND = "core.webhook"
SEALED = register.column("core_webhook", "secret")
SECRET_BYTES, MARK = 32, "whsec_"


class WebhookRefused(DomainError):
    pass


@dataclass(frozen=True, slots=True)
class Proposed:
    """A new webhook and its secret, which nobody can see again."""

    webhook: Webhook
    secret: str


@transaction.atomic
def propose_webhook(*, name: str, url: str, reason: str, by: Any, now: datetime) -> Proposed:
    """Propose that a program be told of events; somebody else decides, since it tells of the bank's customers.

    Refuses an address that may not be called, or that has a webhook already.
    """
    demand_address(url)
    webhook = Webhook(name=name.strip(), url=url, proposed_by=by, proposed_at=now)
    secret = MARK + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()
    try:
        with transaction.atomic(), audit.change(webhook, "webhook.proposed", by=by, at=now, reason=reason):
            webhook.save()
            webhook.secret = keys.seal(secret, purpose=SEALED.purpose, place=SEALED.place(webhook.pk))
            webhook.save(update_fields=["secret"])
    except IntegrityError as error:
        raise WebhookRefused(_("This address has a webhook already.")) from error
    approvals.propose(kind=KIND, subject=webhook, payload={"url": url}, reason=reason, by=by, now=now)
    return Proposed(webhook, secret)


@transaction.atomic
def webhook_approved(*, approval: Approval, by: Any, now: datetime) -> Webhook:
    """Let events go out, as approved. Raises Stale where the address may not be called any more."""
    webhook = Webhook.objects.select_for_update().get(pk=approval.subject_id)
    try:
        demand_address(webhook.url)
    except WebhookRefused as refusal:
        raise Stale(Sentence("webhook.address_closed")) from refusal
    return _move(webhook, WebhookState.ACTIVE, "webhook.approved", by=by, now=now)


@transaction.atomic
def proposal_rejected(*, approval: Approval, by: Any, now: datetime) -> None:
    """A webhook that was not approved ends; other proposals are none of ours."""
    if approval.kind == KIND:
        webhook = Webhook.objects.select_for_update().get(pk=approval.subject_id)
        _move(webhook, WebhookState.ENDED, "webhook.ended", by=by, now=now)


@transaction.atomic
def pause_webhook(*, webhook_id: int, by: Any, now: datetime) -> Webhook:
    """Send nothing for a while; what happens meanwhile waits."""
    return _move(_held(webhook_id), WebhookState.PAUSED, "webhook.paused", by=by, now=now)


@transaction.atomic
def resume_webhook(*, webhook_id: int, by: Any, now: datetime) -> Webhook:
    """Send again, what has waited first. Refuses one that nobody has approved."""
    webhook = _held(webhook_id)
    if webhook.state == WebhookState.PROPOSED:
        raise WebhookRefused(_("This webhook waits for its approval."))
    webhook.failing_since = None
    _move(webhook, WebhookState.ACTIVE, "webhook.resumed", by=by, now=now)
    WebhookDelivery.objects.filter(webhook=webhook, next_at__isnull=False).update(next_at=now)
    return webhook


@transaction.atomic
def end_webhook(*, webhook_id: int, by: Any, now: datetime) -> Webhook:
    """End a webhook for good. Refuses one whose proposal still waits: that is decided or withdrawn."""
    webhook = _held(webhook_id)
    if webhook.state == WebhookState.PROPOSED:
        raise WebhookRefused(_("This webhook waits for its approval."))
    return _move(webhook, WebhookState.ENDED, "webhook.ended", by=by, now=now)


@transaction.atomic
def resend(*, delivery_id: int, by: Any, now: datetime) -> WebhookDelivery:
    """Send an event again, or at once what waits; it keeps its key. Refuses a webhook that is not in use."""
    delivery = WebhookDelivery.objects.select_for_update().select_related("webhook").get(pk=delivery_id)
    if delivery.webhook.state != WebhookState.ACTIVE:
        raise WebhookRefused(_("Only a webhook in use sends."))
    with audit.change(delivery, "webhook.resent", by=by, at=now):
        delivery.next_at, delivery.delivered_at = now, None
        delivery.save(update_fields=["next_at", "delivered_at"])
    return delivery


@transaction.atomic
def emit(*, event: str, source: str, data: dict[str, Any], now: datetime) -> int:
    """Put an event into the outbox of every webhook, in the transaction of what it tells of; answers how many.

    The same `source` of an event is told once. `data` names no person: programs ask for those by the API, where
    their rights hold.
    """
    made = []
    for webhook in Webhook.objects.exclude(state__in=[WebhookState.PROPOSED, WebhookState.ENDED]).order_by(
        "pk"
    ):
        key = f"evt_{uuid.uuid4().hex}"
        body = {"id": key, "type": event, "timestamp": now.isoformat(), "data": data}
        made.append(
            WebhookDelivery(
                webhook=webhook,
                event=event,
                source=source,
                key=key,
                made_at=now,
                next_at=now,
                body=json.dumps(body, ensure_ascii=False, separators=(",", ":")),
            )
        )
    WebhookDelivery.objects.bulk_create(made, ignore_conflicts=True)
    return len(made)


def demand_address(url: str) -> None:
    """Refuse an address that may not be called: not on a listed host, not over TLS, or with odd parts."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError as error:
        raise WebhookRefused(_("This is no address that can be called.")) from error
    if (
        parts.username is not None
        or parts.fragment
        or not url.isascii()
        or not url.isprintable()
        or " " in url
    ):
        raise WebhookRefused(_("This is no address that can be called."))
    is_here = host in {"localhost", "127.0.0.1", "::1"}
    if parts.scheme != "https" and not (parts.scheme == "http" and is_here):
        raise WebhookRefused(_("The address must begin with https://."))
    listed = host if port is None else f"{host}:{port}"
    if listed not in settings.WEBHOOK_HOSTS:
        raise WebhookRefused(
            _("The host %(host)s is not listed; the operator lists it in ZHIKE_WEBHOOK_HOSTS.")
            % {"host": listed}
        )


def may_connect(address: Address) -> bool:
    """Whether a machine may be called: one of the public network, or of a network that the operator has listed.

    A name on a listed host that suddenly means a machine inside the bank leads nowhere.
    """
    return any(address in network for network in settings.WEBHOOK_NETWORKS) or (
        address.is_global and not address.is_multicast and not _wraps_another(address)
    )


def _wraps_another(address: Address) -> bool:
    """Whether an address of IPv6 stands for one of IPv4 that a gateway makes of it."""
    if address.version == 4:
        return False
    return (
        address.sixtofour is not None
        or address.teredo is not None
        or address.packed[:4] == b"\x00\x64\xff\x9b"
    )


def _held(webhook_id: int) -> Webhook:
    return Webhook.objects.select_for_update().get(pk=webhook_id)


def _move(webhook: Webhook, state: WebhookState, action: str, *, by: Any, now: datetime) -> Webhook:
    if state not in NEXT_WEBHOOK_STATE[WebhookState(webhook.state)]:
        raise WebhookRefused(
            _("This does not fit the state of the webhook: %(state)s.")
            % {"state": webhook.get_state_display()}
        )
    with audit.change(webhook, action, by=by, at=now):
        webhook.state = state
        webhook.version += 1
        webhook.save(update_fields=["state", "failing_since", "version"])
    return webhook
