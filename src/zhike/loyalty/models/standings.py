from __future__ import annotations

from datetime import date

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from zhike.core.models import Approval, ApprovalState
from zhike.customers.models import Customer
from zhike.loyalty.enums import TIER_LEVEL, Movement, Tier
from zhike.loyalty.models.runs import Run


class Overrides(models.QuerySet["Override"]):
    def in_force(self, day: date) -> Overrides:
        """Approved ones that have not expired on a day."""
        return self.filter(approval__state=ApprovalState.APPROVED, expires_on__gt=day)


class Override(models.Model):
    """A tier set by hand, with a reason, another person's approval and an end (K-10).

    Whether it counts is said by its approval and its end; there is no state beside them.
    """

    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="+", db_constraint=False)
    outlet_id = models.BigIntegerField()
    run = models.ForeignKey(Run, on_delete=models.PROTECT, related_name="+")
    tier_before = models.CharField(max_length=8, choices=Tier)
    tier = models.CharField(max_length=8, choices=Tier)
    reason = models.CharField(max_length=500)
    expires_on = models.DateField()
    approval = models.ForeignKey(Approval, null=True, on_delete=models.PROTECT, related_name="+")
    proposed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField()

    objects = Overrides.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(name="override_changes_the_tier", condition=~Q(tier=F("tier_before"))),
        ]
        indexes = [models.Index(fields=["customer"], name="override_customer")]

    def __str__(self) -> str:
        return f"{self.customer.customer_no} {self.tier_before} → {self.tier}"


def tier_fell(path: str = "") -> Q:
    """The standings with a lower tier than before their run; `path` leads to them from another table.

    An index holds just these rows: queries ask in these words, or it cannot answer.
    """
    found = Q()
    for tier, level in TIER_LEVEL.items():
        if higher := [str(other) for other, above in TIER_LEVEL.items() if above > level]:
            found |= Q(**{f"{path}tier": str(tier), f"{path}tier_before__in": higher})
    return found


class Standing(models.Model):
    """Where a customer stands by the last published run: what lists, cards and rooms above read.

    `computed_tier` is the run's own; `tier` differs from it only while an override is in force.
    """

    customer = models.OneToOneField(
        Customer, on_delete=models.PROTECT, primary_key=True, related_name="loyalty", db_constraint=False
    )
    outlet_id = models.BigIntegerField()
    manager_id = models.BigIntegerField(null=True)
    run = models.ForeignKey(
        Run, on_delete=models.PROTECT, related_name="+", db_constraint=False, db_index=False
    )
    score = models.FloatField(null=True)
    score_before = models.FloatField(null=True)
    score_change = models.FloatField(null=True)
    available_weight = models.FloatField()
    tier = models.CharField(max_length=8, choices=Tier)
    computed_tier = models.CharField(max_length=8, choices=Tier)
    tier_before = models.CharField(max_length=8, choices=Tier, default="")
    movement = models.CharField(max_length=8, choices=Movement)
    is_sufficient = models.BooleanField()
    is_provisional = models.BooleanField()
    is_changed = models.BooleanField()
    causes = ArrayField(models.CharField(max_length=30), default=list)
    since_on = models.DateField()
    override = models.ForeignKey(
        Override, null=True, on_delete=models.PROTECT, related_name="+", db_constraint=False
    )

    class Meta:
        indexes = [
            models.Index(fields=["outlet_id", "score"], name="standing_outlet_score"),
            models.Index(fields=["tier", "score"], name="standing_tier_score"),
            models.Index(fields=["score"], name="standing_score"),
            # Lists join these with customers by number, and count inside the index.
            models.Index(fields=["tier", "customer"], include=["outlet_id"], name="standing_tier_listed"),
            models.Index(fields=["tier", "outlet_id", "customer"], name="standing_tier_outlet_listed"),
            models.Index(
                fields=["customer"], include=["outlet_id"], name="standing_tier_fell", condition=tier_fell()
            ),
            models.Index(
                fields=["manager_id", "score_change"],
                name="standing_manager_change",
                condition=Q(is_changed=True),
            ),
            models.Index(
                fields=["outlet_id", "score_change"],
                name="standing_outlet_change",
                condition=Q(is_changed=True),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.customer_id} {self.tier}"

    @property
    def audit_label(self) -> str:
        """The audit's readers know a customer by number."""
        return f"{self.customer.customer_no} {self.tier}"

    @property
    def is_partial(self) -> bool:
        """资料不全: enough for a score, but not every weight had data."""
        return self.is_sufficient and self.available_weight < 1
