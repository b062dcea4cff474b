from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class WebhookState(models.TextChoices):
    PROPOSED = "PROPOSED", _("Waiting for approval")
    ACTIVE = "ACTIVE", _("In use")
    PAUSED = "PAUSED", _("Paused")
    FAILED = "FAILED", _("Stopped after failures")
    ENDED = "ENDED", _("Ended")


NEXT_WEBHOOK_STATE: dict[WebhookState, frozenset[WebhookState]] = {
    WebhookState.PROPOSED: frozenset({WebhookState.ACTIVE, WebhookState.ENDED}),
    WebhookState.ACTIVE: frozenset({WebhookState.PAUSED, WebhookState.FAILED, WebhookState.ENDED}),
    WebhookState.PAUSED: frozenset({WebhookState.ACTIVE, WebhookState.ENDED}),
    WebhookState.FAILED: frozenset({WebhookState.ACTIVE, WebhookState.ENDED}),
    WebhookState.ENDED: frozenset(),
}


class Webhook(models.Model):
    """A program of the bank that is told when something happens, at its own address.

    `failing_since` is the first failure after the last success.
    """

    name = models.CharField(max_length=60)
    url = models.CharField(max_length=500)
    secret = models.BinaryField(default=bytes)
    state = models.CharField(max_length=10, choices=WebhookState, default=WebhookState.PROPOSED)
    failing_since = models.DateTimeField(null=True)
    proposed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField()
    version = models.IntegerField(default=0)

    AUDIT_PRIVATE = frozenset({"secret"})

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["url"], condition=~Q(state="ENDED"), name="webhook_one_per_address"
            )
        ]

    def __str__(self) -> str:
        return self.name


class WebhookDelivery(models.Model):
    """One event for one webhook: the outbox. `body` is what is sent, the same bytes at every attempt.

    `key` lets the receiver know an event that comes again; `source` lets us make it once.
    """

    webhook = models.ForeignKey(Webhook, on_delete=models.PROTECT, related_name="deliveries")
    event = models.CharField(max_length=40)
    source = models.CharField(max_length=60)
    key = models.CharField(max_length=40, unique=True)
    body = models.TextField()
    made_at = models.DateTimeField()
    attempt_count = models.IntegerField(default=0)
    next_at = models.DateTimeField(null=True)
    delivered_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["webhook", "event", "source"], name="delivery_made_once"),
            models.CheckConstraint(
                name="delivery_waits_or_is_done",
                condition=Q(next_at__isnull=True, delivered_at__isnull=False)
                | Q(next_at__isnull=False, delivered_at__isnull=True),
            ),
        ]
        indexes = [
            models.Index(fields=["next_at", "id"], condition=Q(next_at__isnull=False), name="delivery_due")
        ]

    def __str__(self) -> str:
        return self.key


class WebhookAttempt(models.Model):
    """One time an event was sent. Without `ended_at` it is on its way, or the worker died on it.

    `status` is the answer's, `fault` says why there was none.
    """

    delivery = models.ForeignKey(WebhookDelivery, on_delete=models.PROTECT, related_name="attempts")
    number = models.IntegerField()
    begun_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    status = models.PositiveSmallIntegerField(null=True)
    fault = models.CharField(max_length=20, default="")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["delivery", "number"], name="attempt_numbered")]

    def __str__(self) -> str:
        return f"{self.delivery_id} {self.number}"
