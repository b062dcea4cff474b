from __future__ import annotations

from functools import cached_property
from typing import Any

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext as _

from zhike.analytics import scheme as analytics_scheme
from zhike.loyalty.enums import Cycle, SchemeState


class Scheme(models.Model):
    """One version of an evaluation scheme (L-38, L-42). From submission on its numbers never change.

    `spec` is the plain form of `zhike.analytics.scheme.SchemeSpec`; `spec_hash` freezes it, and
    `indicator_versions` keeps by code what each of its indicators meant when it was submitted. `makers` are all
    who drafted, changed or submitted it: none of them approves it. A scheme evaluates every customer of the bank,
    each by one weight set; so one scheme at a time is in force.
    """

    code = models.CharField(max_length=30)
    name = models.CharField(max_length=80)
    number = models.PositiveIntegerField()
    cycle = models.CharField(max_length=1, choices=Cycle)
    state = models.CharField(max_length=10, choices=SchemeState, default=SchemeState.DRAFT)
    spec = models.JSONField()
    spec_hash = models.CharField(max_length=64, default="")
    indicator_versions = models.JSONField(default=dict)
    trial = models.JSONField(default=dict)
    coverage = models.JSONField(default=dict)
    basis = models.CharField(max_length=300, default="")
    reason = models.CharField(max_length=500, default="")
    valid_from = models.DateField(null=True)
    retired_on = models.DateField(null=True)
    drafted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    drafted_at = models.DateTimeField()
    makers = ArrayField(models.BigIntegerField(), default=list)
    version = models.IntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["code", "number"], name="scheme_version_once"),
            models.UniqueConstraint(
                fields=["state"], condition=Q(state="IN_FORCE"), name="scheme_one_in_force"
            ),
            models.CheckConstraint(
                name="scheme_frozen_from_submission",
                condition=Q(state__in=["DRAFT", "WITHDRAWN"], spec_hash="")
                | (~Q(state__in=["DRAFT", "WITHDRAWN"]) & ~Q(spec_hash="")),
            ),
            models.CheckConstraint(
                name="scheme_retired_on_matches_state",
                condition=Q(state="RETIRED", retired_on__isnull=False)
                | (~Q(state="RETIRED") & Q(retired_on__isnull=True)),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} v{self.number}"  # kept by records, so in no reader's language

    @property
    def title(self) -> str:
        """Name and version in words, for a page."""
        return _("%(name)s, version %(number)s") % {"name": self.name, "number": self.number}

    def add_maker(self, person: Any) -> None:
        """Keep that a person had a hand in this version; it is saved by the caller."""
        self.makers = sorted({*self.makers, person.pk})

    @cached_property
    def definition(self) -> analytics_scheme.SchemeSpec:
        """The scheme as the computation knows it."""
        return analytics_scheme.from_dict(self.spec)
