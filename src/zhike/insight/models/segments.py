from __future__ import annotations

from functools import cached_property
from typing import Any

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from zhike.analytics import rules
from zhike.customers.models import Customer
from zhike.insight.enums import SegmentScope, SegmentState, VersionState
from zhike.staff.models import Unit


class Segment(models.Model):
    """A group of customers described by a rule (M-24, M-29). Its rule stands in its versions.

    One of a branch or outlet is of the customers there and stands beside those of the whole bank; a personal one is
    seen by its owner alone. `measures` are what suits these customers, one line each (M-31).
    """

    name = models.CharField(max_length=80)
    about = models.CharField(max_length=300, default="", blank=True)
    scope = models.CharField(max_length=8, choices=SegmentScope)
    unit = models.ForeignKey(Unit, null=True, on_delete=models.PROTECT, related_name="+")
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    state = models.CharField(max_length=8, choices=SegmentState, default=SegmentState.DRAFT)
    measures = ArrayField(models.CharField(max_length=200), default=list)
    dimensions = ArrayField(models.CharField(max_length=12), default=list)
    made_at = models.DateTimeField()
    retired_at = models.DateTimeField(null=True)
    version = models.IntegerField(default=0)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="segment_unit_matches_scope",
                condition=Q(scope__in=["BRANCH", "OUTLET"], unit__isnull=False)
                | (~Q(scope__in=["BRANCH", "OUTLET"]) & Q(unit__isnull=True)),
            ),
            models.CheckConstraint(
                name="segment_retired_at_matches_state",
                condition=Q(state="RETIRED", retired_at__isnull=False)
                | (~Q(state="RETIRED") & Q(retired_at__isnull=True)),
            ),
        ]
        indexes = [models.Index(fields=["owner"], name="segment_owner")]

    def __str__(self) -> str:
        return f"{self.code} {self.name}"

    @property
    def code(self) -> str:
        """What addresses and lists call it."""
        return f"S{self.pk:04d}"


class SegmentVersion(models.Model):
    """One rule of a segment, in the plain form of `zhike.analytics.rules`. From its submission on it never changes.

    `makers` are all who had a hand in it: none of them approves it.
    """

    segment = models.ForeignKey(Segment, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    rule = models.JSONField()
    state = models.CharField(max_length=8, choices=VersionState, default=VersionState.DRAFT)
    makers = ArrayField(models.BigIntegerField(), default=list)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField()
    in_force_at = models.DateTimeField(null=True)
    version = models.IntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["segment", "number"], name="segment_version_once"),
            models.UniqueConstraint(
                fields=["segment"], condition=Q(state="IN_FORCE"), name="segment_one_version_in_force"
            ),
            models.UniqueConstraint(
                fields=["segment"],
                condition=Q(state__in=["DRAFT", "PENDING"]),
                name="segment_one_version_open",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.segment} v{self.number}"

    @cached_property
    def definition(self) -> rules.Group:
        """The rule as the computation knows it. Raises RuleUnreadable for one of a later release."""
        return rules.from_plain(self.rule)

    def add_maker(self, person: Any) -> None:
        """Keep that a person had a hand in this version; it is saved by the caller."""
        self.makers = sorted({*self.makers, person.pk})


class Membership(models.Model):
    """A customer in a segment from a day on, by which version of its rule (M-30). Written only by the loader.

    `to_on` is the first day no more: on a day d are those with from_on ≤ d < to_on. A change of version ends one and
    begins the next on the same day.
    """

    segment = models.ForeignKey(Segment, on_delete=models.PROTECT, related_name="+", db_index=False)
    customer = models.ForeignKey(
        Customer, on_delete=models.DO_NOTHING, related_name="+", db_constraint=False, db_index=False
    )
    outlet_id = models.BigIntegerField()
    number = models.PositiveIntegerField()
    from_on = models.DateField()
    to_on = models.DateField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="membership_lasts_a_day", condition=Q(to_on__isnull=True) | Q(to_on__gt=F("from_on"))
            ),
            models.UniqueConstraint(
                fields=["segment", "customer"],
                condition=Q(to_on__isnull=True),
                include=["outlet_id"],
                name="membership_open_once",
            ),
        ]
        indexes = [models.Index(fields=["customer", "segment"], name="membership_customer")]

    def __str__(self) -> str:
        return f"{self.segment_id} {self.customer_id} {self.from_on}"


class Snapshot(models.Model):
    """Who was in a segment on a day, in numbers: how many, how many came and left since the snapshot before.

    `outlets` gives the three by the outlet's number, so that whoever reaches some outlets sees theirs.
    """

    segment = models.ForeignKey(Segment, on_delete=models.PROTECT, related_name="snapshots")
    number = models.PositiveIntegerField()
    as_of = models.DateField()
    member_count = models.BigIntegerField()
    came_count = models.BigIntegerField()
    left_count = models.BigIntegerField()
    outlets = models.JSONField(default=dict)
    made_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["segment", "as_of"], name="segment_snapshot_once")]

    def __str__(self) -> str:
        return f"{self.segment_id} {self.as_of}"
