from django.conf import settings
from django.db import models
from django.db.models import Q

from zhike.customers.models import Customer
from zhike.facts.enums import EventKind, EventOutcome
from zhike.facts.models.batches import ImportBatch


class PushedEvent(models.Model):
    """An event as a program pushed it: written once, under the number of its cause, and loaded by a batch.

    A correction is a row of its own with a higher `revision`; the highest one counts. `receipt` is the call it came
    with. `batch` is the load that took it; until that one is in force the event waits.
    """

    event_no = models.CharField(max_length=60)
    revision = models.IntegerField(default=1)
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="+")
    outlet_id = models.BigIntegerField()
    kind = models.CharField(max_length=20, choices=EventKind)
    happened_on = models.DateField()
    outcome = models.CharField(max_length=12, choices=EventOutcome)
    severity = models.IntegerField(null=True)
    satisfaction = models.IntegerField(null=True)
    intention = models.IntegerField(null=True)
    amount_cents = models.BigIntegerField(null=True)
    staff_no = models.CharField(max_length=20, default="")
    receipt = models.UUIDField()
    pushed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    pushed_at = models.DateTimeField()
    batch = models.ForeignKey(ImportBatch, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["event_no", "revision"], name="pushed_event_once"),
            models.CheckConstraint(name="pushed_event_revision_from_one", condition=Q(revision__gte=1)),
        ]
        indexes = [models.Index(fields=["id"], condition=Q(batch=None), name="pushed_event_waiting")]

    def __str__(self) -> str:
        return f"{self.event_no} ({self.revision})"
