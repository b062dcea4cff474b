from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models

from zhike.customers.models import Customer
from zhike.loyalty.enums import Movement, Tier, Verdict
from zhike.loyalty.models.runs import Run


class Result(models.Model):
    """What one run found about one customer, one wide row. Partitioned by run; written only by the loader.

    The arrays follow `Run.indicators`; `states` has one letter for each (`ValueState`). `outlet_id`
    follows the customer: it says who may see the row. Where customers were on the date of the run is in `RunUnit`.
    """

    pk = models.CompositePrimaryKey("run_id", "customer_id")
    run = models.ForeignKey(
        Run, on_delete=models.DO_NOTHING, related_name="results", db_constraint=False, db_index=False
    )
    customer = models.ForeignKey(
        Customer, on_delete=models.DO_NOTHING, related_name="+", db_constraint=False, db_index=False
    )
    outlet_id = models.BigIntegerField()
    business_type = models.CharField(max_length=10)
    customer_group = models.CharField(max_length=10)
    weight_set = models.CharField(max_length=30)
    score = models.FloatField(null=True)
    score_before = models.FloatField(null=True)
    score_change = models.FloatField(null=True)
    available_weight = models.FloatField()
    tier = models.CharField(max_length=8, choices=Tier)
    tier_before = models.CharField(max_length=8, choices=Tier, default="")
    score_tier = models.CharField(max_length=8, choices=Tier)
    movement = models.CharField(max_length=8, choices=Movement)
    below_count = models.IntegerField()
    is_sufficient = models.BooleanField()
    is_provisional = models.BooleanField()
    is_changed = models.BooleanField()
    causes = ArrayField(models.CharField(max_length=30), default=list)
    raws = ArrayField(models.FloatField(null=True), default=list)
    states = models.CharField(max_length=20)
    values = ArrayField(models.FloatField(null=True), default=list)
    weights = ArrayField(models.FloatField(), default=list)
    contributions = ArrayField(models.FloatField(), default=list)

    class Meta:
        managed = False  # partitioned: made by hand in the migration
        db_table = "loyalty_result"

    def __str__(self) -> str:
        return f"{self.run_id} {self.customer_id}"


class RunPeer(models.Model):
    """One indicator among one group of one run: what a customer is compared with.

    `deviation` and `median_rank` are what a what-if needs besides (`analytics.peers.Peers`).
    """

    run = models.ForeignKey(Run, on_delete=models.PROTECT, related_name="peers")
    indicator = models.CharField(max_length=30)
    business_type = models.CharField(max_length=10)
    customer_group = models.CharField(max_length=10)
    customer_count = models.BigIntegerField()
    mean_raw = models.FloatField()
    deviation = models.FloatField(null=True)
    median_raw = models.FloatField()
    median_rank = models.FloatField(null=True)
    median_value = models.FloatField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["run", "business_type", "customer_group", "indicator"], name="run_peer_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.run_id} {self.business_type} {self.customer_group} {self.indicator}"


class RunUnit(models.Model):
    """Customers of one outlet by tier before and after: totals for those who may see no names."""

    run = models.ForeignKey(Run, on_delete=models.PROTECT, related_name="units")
    outlet_id = models.BigIntegerField()
    tier_before = models.CharField(max_length=8)
    tier = models.CharField(max_length=8)
    customer_count = models.BigIntegerField()
    changed_count = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["run", "outlet_id", "tier_before", "tier"], name="run_unit_once")
        ]

    def __str__(self) -> str:
        return f"{self.run_id} {self.outlet_id} {self.tier_before}-{self.tier}"


class SampleCheck(models.Model):
    """A reviewer looked at one customer's result before publication and says whether it is right."""

    run = models.ForeignKey(Run, on_delete=models.PROTECT, related_name="checks")
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="+", db_constraint=False)
    outlet_id = models.BigIntegerField()
    verdict = models.CharField(max_length=8, choices=Verdict)
    note = models.CharField(max_length=200, default="")
    checked_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    checked_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["run", "customer"], name="sample_check_once")]

    def __str__(self) -> str:
        return f"{self.run_id} {self.customer_id} {self.verdict}"

    @property
    def audit_label(self) -> str:
        """The audit's readers know a customer by number."""
        return f"{self.run} {self.customer.customer_no} {self.verdict}"
