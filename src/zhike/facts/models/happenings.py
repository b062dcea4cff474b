from django.db import models

from zhike.customers.models import Customer
from zhike.facts.enums import Channel, EventKind, EventOutcome, TransactionKind


class Transaction(models.Model):
    """A recent movement of an account; older ones are read from the lake. Partitioned by month.

    The key is the transaction number, as in the lake; the day stands in it only because partitions need it.
    """

    pk = models.CompositePrimaryKey("booked_on", "txn_no")
    txn_no = models.CharField(max_length=40)
    booked_on = models.DateField()
    account_id = models.BigIntegerField()
    customer = models.ForeignKey(
        Customer, on_delete=models.DO_NOTHING, related_name="+", db_constraint=False, db_index=False
    )
    outlet_id = models.BigIntegerField()
    kind = models.CharField(max_length=16, choices=TransactionKind)
    amount_cents = models.BigIntegerField()
    channel = models.CharField(max_length=8, choices=Channel)
    balance_cents = models.BigIntegerField(null=True)
    purpose = models.CharField(max_length=120, default="")

    class Meta:
        managed = False  # partitioned: made by hand in the migration
        db_table = "facts_transaction"

    def __str__(self) -> str:
        return self.txn_no


class Event(models.Model):
    """Something that happened between a customer and the bank, keyed by its cause; its last delivery counts."""

    event_no = models.CharField(max_length=60, unique=True)
    customer = models.ForeignKey(
        Customer, on_delete=models.PROTECT, related_name="events", db_constraint=False, db_index=False
    )
    outlet_id = models.BigIntegerField()
    kind = models.CharField(max_length=20, choices=EventKind)
    happened_on = models.DateField()
    outcome = models.CharField(max_length=12, choices=EventOutcome)
    severity = models.IntegerField(null=True)
    satisfaction = models.IntegerField(null=True)
    intention = models.IntegerField(null=True)
    amount_cents = models.BigIntegerField(null=True)
    staff_no = models.CharField(max_length=20, default="")

    class Meta:
        indexes = [
            models.Index(fields=["customer", "-happened_on"], name="event_customer"),
            # Who has not been spoken to since a day: asked of thousands at once, so no row is opened for it.
            models.Index(
                fields=["customer", "kind", "-happened_on"], include=["outlet_id"], name="event_last_of_kind"
            ),
        ]

    def __str__(self) -> str:
        return self.event_no
