from __future__ import annotations

from functools import cached_property
from typing import Any

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from zhike.analytics.inputs import RunInputs
from zhike.loyalty.enums import OPEN_RUNS, RunState
from zhike.loyalty.models.schemes import Scheme


def _person() -> Any:
    return models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")


class Run(models.Model):
    """One evaluation of a period (L-39). Everything needed to compute it again bit for bit stands here.

    `inputs` is the text of `analytics.inputs.RunInputs`, kept as text so that no digit is lost. `previous`
    is the published run it was compared with; `supersedes` the one of the same period it is to replace, under
    whichever scheme: a period has one official result (L-39). Who restarted a run started it too.
    """

    scheme = models.ForeignKey(Scheme, on_delete=models.PROTECT, related_name="runs")
    scheme_code = models.CharField(max_length=30)
    period = models.CharField(max_length=6)
    as_of = models.DateField()
    number = models.PositiveIntegerField()
    state = models.CharField(max_length=12, choices=RunState, default=RunState.QUEUED)
    attempt = models.PositiveIntegerField(default=1)
    reason = models.CharField(max_length=500, default="")
    previous = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="+")
    supersedes = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="+")
    batches = ArrayField(models.BigIntegerField(), default=list)
    coverage = models.JSONField(default=dict)
    inputs = models.TextField(default="")
    indicators = ArrayField(models.CharField(max_length=30), default=list)
    result_path = models.CharField(max_length=200, default="")
    result_sha256 = models.CharField(max_length=64, default="")
    result_hash = models.CharField(max_length=64, default="")
    summary = models.JSONField(default=dict)
    warnings = ArrayField(models.CharField(max_length=40), default=list)
    statements = models.JSONField(default=list)
    customer_count = models.BigIntegerField(default=0)
    changed_count = models.BigIntegerField(default=0)
    started_by = _person()
    started_at = models.DateTimeField()
    restarted_by = _person()
    restarted_at = models.DateTimeField(null=True)
    computed_at = models.DateTimeField(null=True)
    reviewed_by = _person()
    reviewed_at = models.DateTimeField(null=True)
    review_note = models.CharField(max_length=500, default="")
    publish_asked_by = _person()
    publish_asked_at = models.DateTimeField(null=True)
    published_by = _person()
    published_at = models.DateTimeField(null=True)
    voided_by = _person()
    voided_at = models.DateTimeField(null=True)
    void_reason = models.CharField(max_length=500, default="")
    version = models.IntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["scheme_code", "period", "number"], name="run_number_once"),
            models.UniqueConstraint(
                fields=["period"], condition=Q(state="PUBLISHED"), name="run_one_published_per_period"
            ),
            # A quarter and a half-year may end on one day.
            models.UniqueConstraint(
                fields=["as_of"], condition=Q(state="PUBLISHED"), name="run_one_published_per_date"
            ),
            models.UniqueConstraint(
                fields=["period"],
                condition=Q(state__in=[str(state) for state in OPEN_RUNS]),
                name="run_one_open_per_period",
            ),
            models.CheckConstraint(
                name="run_published_at_matches_state",
                condition=Q(state__in=["PUBLISHED", "SUPERSEDED"], published_at__isnull=False)
                | (~Q(state__in=["PUBLISHED", "SUPERSEDED"]) & Q(published_at__isnull=True)),
            ),
            models.CheckConstraint(
                name="run_voided_at_matches_state",
                condition=Q(state="VOID", voided_at__isnull=False)
                | (~Q(state="VOID") & Q(voided_at__isnull=True)),
            ),
            models.CheckConstraint(
                name="run_published_after_its_review",
                condition=Q(published_at__isnull=True) | Q(reviewed_at__isnull=False),
            ),
            models.CheckConstraint(
                name="run_published_by_another",
                condition=Q(published_by__isnull=True) | ~Q(published_by=F("started_by")),
            ),
            models.CheckConstraint(
                name="run_published_by_none_who_restarted",
                condition=Q(published_by__isnull=True) | ~Q(published_by=F("restarted_by")),
            ),
            # A time without a person is the system's own act; a person without a time is nobody's.
            models.CheckConstraint(
                name="run_persons_have_their_times",
                condition=(Q(reviewed_by__isnull=True) | Q(reviewed_at__isnull=False))
                & (Q(restarted_by__isnull=True) | Q(restarted_at__isnull=False))
                & (Q(publish_asked_by__isnull=True) | Q(publish_asked_at__isnull=False))
                & (Q(published_by__isnull=True) | Q(published_at__isnull=False))
                & (Q(voided_by__isnull=True) | Q(voided_at__isnull=False)),
            ),
        ]
        indexes = [models.Index(fields=["state", "-as_of"], name="run_state_as_of")]

    def __str__(self) -> str:
        return f"{self.scheme_code} {self.period}-{self.number}"

    def is_started_by(self, staff: Any) -> bool:
        """Whether a person has started this run or started it again, and so does not publish it (G28)."""
        return staff.pk in {self.started_by_id, self.restarted_by_id}

    @property
    def is_viewable(self) -> bool:
        """Whether it was once published, so that everybody may look at it."""
        return self.published_at is not None

    @cached_property
    def run_inputs(self) -> RunInputs:
        """The frozen inputs. Raises SchemeTouched when they do not carry their own hash, FrozenByAnotherRelease
        when an indicator has another meaning by now."""
        return RunInputs.from_json(self.inputs)
