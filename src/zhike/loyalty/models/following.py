from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from zhike.customers.models import Customer
from zhike.loyalty.enums import ContactKind, Measure, Outcome, Tier, Trigger
from zhike.loyalty.models.runs import Run


class TierPolicy(models.Model):
    """What is done when a customer comes to a tier in a certain way (L-41)."""

    tier = models.CharField(max_length=8, choices=Tier)
    trigger = models.CharField(max_length=12, choices=Trigger)
    measure = models.CharField(max_length=20, choices=Measure)
    contact = models.CharField(max_length=8, choices=ContactKind)
    contacts_per_year = models.PositiveSmallIntegerField()
    due_working_days = models.PositiveSmallIntegerField()
    version = models.IntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tier", "trigger"], name="tier_policy_once")]

    def __str__(self) -> str:
        return f"{self.tier} {self.trigger} {self.measure}"


class FollowUp(models.Model):
    """What somebody did about a changed customer and what came of it. Withdrawn ones stay, marked.

    It belongs to the customer and the period: a later run of the period keeps it. `run`, `tier` and `trigger` say
    what it was made about, so that a run that says otherwise can be told.
    """

    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="+", db_constraint=False)
    outlet_id = models.BigIntegerField()
    run = models.ForeignKey(Run, on_delete=models.PROTECT, related_name="+")
    period = models.CharField(max_length=6)
    tier = models.CharField(max_length=8, choices=Tier, default="")
    trigger = models.CharField(max_length=12, choices=Trigger, default="")
    kind = models.CharField(max_length=8, choices=ContactKind)
    outcome = models.CharField(max_length=12, choices=Outcome)
    note = models.CharField(max_length=500, default="")
    next_on = models.DateField(null=True)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField()
    withdrawn_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    withdrawn_at = models.DateTimeField(null=True)

    AUDIT_PRIVATE = frozenset({"note"})

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="follow_up_withdrawn_by_and_at",
                condition=Q(withdrawn_at__isnull=True, withdrawn_by__isnull=True)
                | Q(withdrawn_at__isnull=False, withdrawn_by__isnull=False),
            )
        ]
        indexes = [models.Index(fields=["customer", "period", "-made_at"], name="follow_up_customer_period")]

    def __str__(self) -> str:
        return f"{self.customer_id} {self.outcome}"

    @property
    def audit_label(self) -> str:
        """The audit's readers know a customer by number."""
        return f"{self.customer.customer_no} {self.outcome}"


class EarlyMover(models.Model):
    """A customer whose score has moved since publication; the tier stays until the next run (L-11, K-9).

    `run` is the published one it has moved from; the next publication ends the list.
    """

    customer = models.OneToOneField(
        Customer, on_delete=models.PROTECT, primary_key=True, related_name="+", db_constraint=False
    )
    outlet_id = models.BigIntegerField()
    run = models.ForeignKey(
        Run, on_delete=models.PROTECT, related_name="+", db_constraint=False, db_index=False
    )
    as_of = models.DateField()
    score_published = models.FloatField(null=True)
    score_now = models.FloatField(null=True)
    score_change = models.FloatField()
    tier_published = models.CharField(max_length=8, choices=Tier)
    tier_ahead = models.CharField(max_length=8, choices=Tier)
    causes = ArrayField(models.CharField(max_length=30), default=list)

    class Meta:
        indexes = [models.Index(fields=["outlet_id", "score_change"], name="early_mover_outlet")]

    def __str__(self) -> str:
        return f"{self.customer_id} {self.score_change:+.1f}"


class DriftReading(models.Model):
    """How far the customers of a day lay from the evaluation published last, by indicator (L-11, formula E.8).

    `drift` has the plain forms of `zhike.analytics.drift.Drift`; `alarmed` names what an alarm was raised for.
    """

    run = models.ForeignKey(Run, on_delete=models.PROTECT, related_name="drift_readings")
    as_of = models.DateField()
    drift = models.JSONField()
    alarmed = ArrayField(models.CharField(max_length=30), default=list)
    made_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["run", "as_of"], name="drift_reading_once")]

    def __str__(self) -> str:
        return f"{self.run} {self.as_of}"
