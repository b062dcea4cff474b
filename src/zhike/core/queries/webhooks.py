"""Webhooks as pages show them."""

from __future__ import annotations

from typing import Any

from django.db.models import Count, F, Max, Prefetch, Q, QuerySet

from zhike.core.models import Webhook, WebhookAttempt, WebhookDelivery


def webhooks() -> QuerySet[Any]:
    """Every webhook with `waiting_count`, events that are not delivered yet, and `delivered_at`, the last success."""
    return Webhook.objects.select_related("proposed_by").annotate(
        waiting_count=Count("deliveries", filter=Q(deliveries__next_at__isnull=False)),
        delivered_at=Max("deliveries__delivered_at"),
    )


def deliveries(webhook: Webhook) -> QuerySet[WebhookDelivery]:
    """A webhook's events, the latest first, each with its attempts in their order."""
    attempts = WebhookAttempt.objects.order_by("number")
    return (
        WebhookDelivery.objects.filter(webhook=webhook)
        .order_by(F("made_at").desc(), "-pk")
        .prefetch_related(Prefetch("attempts", queryset=attempts))
    )
