from django.db import models
from django.db.models.functions import Now

from zhike.core import actors
from zhike.core.labels import Register, label
from zhike.core.outcomes import Outcome, actions_with, outcome_of
from zhike.core.sentences import said

NAMES, LABEL_NAMES = "reason_names", "label_names"
"""Where an event's detail has what the system's own reason, and the name of what it concerns, speak of."""
STATED = frozenset({"customer.opened", "customer.revealed"})
"""Looks at a customer for a purpose that was chosen: their reason is its code."""
WHY_REFUSED = {"access.refused": "access.asks_for", "access.not_found": "access.out_of_reach"}
"""Refused access and why: for want of a right, and for want of reach."""


class AuditEvents(models.QuerySet["AuditEvent"]):
    def with_outcome(self, outcome: str) -> "AuditEvents":
        """Those of which this came: as recorded, or as the very name of the act says."""
        if outcome == Outcome.DONE:
            never_done = [*actions_with(Outcome.REFUSED), *actions_with(Outcome.FAILED)]
            return self.filter(outcome=outcome).exclude(action__in=never_done)
        return self.filter(models.Q(outcome=outcome) | models.Q(action__in=actions_with(Outcome(outcome))))


class AuditEvent(models.Model):
    """One act, look or refusal. Append-only: the application may insert and read, nothing else."""

    recorded_at = models.DateTimeField(db_default=Now())
    acted_at = models.DateTimeField(null=True)
    actor_id = models.BigIntegerField(null=True)
    actor = models.CharField(max_length=100)
    on_behalf_of = models.CharField(max_length=100, default="")
    action = models.CharField(max_length=60)
    object_type = models.CharField(max_length=60, default="")
    object_id = models.CharField(max_length=64, default="")
    object_label = models.CharField(max_length=200, default="")
    customer_id = models.BigIntegerField(null=True)
    outcome = models.CharField(max_length=8, default="DONE")
    reason = models.CharField(max_length=500, default="")
    request_id = models.UUIDField(null=True)
    address = models.GenericIPAddressField(null=True)
    detail = models.JSONField(default=dict)

    objects = AuditEvents.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["customer_id", "-id"], name="audit_customer"),
            models.Index(fields=["actor_id", "-id"], name="audit_actor"),
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.object_label}"

    @property
    def actor_in_words(self) -> str:
        """Who acted, in the reader's language where that is the system."""
        return self.actor if self.actor_id is not None else actors.in_words(self.actor)

    @property
    def reason_in_words(self) -> str:
        """The reason, in the reader's language where the system gave it or it was chosen among purposes.

        Older events name the right also where it was held, and only its reach was missing.
        """
        names = self.detail.get(NAMES)
        if names is None and self.action in STATED:
            return label(Register.PURPOSE, self.reason)
        code = WHY_REFUSED.get(self.action, self.reason) if self.reason and names is not None else self.reason
        return str(said(code, names))

    @property
    def came_of_it(self) -> Outcome:
        """What came of the act."""
        return outcome_of(self.action, self.outcome)

    @property
    def label_in_words(self) -> str:
        """What it concerns, in the reader's language where the system named it."""
        return str(said(self.object_label, self.detail.get(LABEL_NAMES)))


class AuditSeal(models.Model):
    """The hash chain over audit events, written by the sealer alone."""

    seq = models.BigIntegerField(primary_key=True)
    event = models.OneToOneField(
        AuditEvent, on_delete=models.PROTECT, related_name="seal", db_constraint=False
    )
    previous = models.BinaryField()
    hash = models.BinaryField()

    def __str__(self) -> str:
        return str(self.seq)


class AuditCheckpoint(models.Model):
    """A signed head of the chain; the same line stands in the witness file outside the database."""

    size = models.BigIntegerField(primary_key=True)
    head = models.BinaryField()
    signed_at = models.DateTimeField()
    signature = models.BinaryField()

    def __str__(self) -> str:
        return str(self.size)
