from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class JobState(models.TextChoices):
    QUEUED = "QUEUED", _("Queued")
    RUNNING = "RUNNING", _("Running")
    DONE = "DONE", _("Done")
    FAILED = "FAILED", _("Failed")


NEXT_JOB_STATE: dict[JobState, frozenset[JobState]] = {
    JobState.QUEUED: frozenset({JobState.RUNNING}),
    # What a dead worker left is begun anew.
    JobState.RUNNING: frozenset({JobState.RUNNING, JobState.DONE, JobState.FAILED}),
    JobState.DONE: frozenset(),
    JobState.FAILED: frozenset({JobState.QUEUED}),
}


class JobRun(models.Model):
    """One run of one job for one business date; unique, so that a second start does nothing."""

    job = models.CharField(max_length=60)
    as_of = models.DateField()
    key = models.CharField(max_length=60, default="")
    state = models.CharField(max_length=8, choices=JobState, default=JobState.QUEUED)
    asked_by = models.CharField(max_length=100, default="")
    asked_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True)
    alive_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    total_count = models.BigIntegerField(default=0)
    done_count = models.BigIntegerField(default=0)
    failed_count = models.BigIntegerField(default=0)
    step = models.CharField(max_length=60, default="")
    error = models.TextField(default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["job", "as_of", "key"], name="job_run_once"),
            models.CheckConstraint(
                name="job_run_finished_at_matches_state",
                condition=Q(state__in=["DONE", "FAILED"], finished_at__isnull=False)
                | Q(state__in=["QUEUED", "RUNNING"], finished_at__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.job} {self.as_of}"


class Idempotency(models.Model):
    """The committed answer to a keyed write; the same key with the same body answers the same for ever."""

    scope = models.CharField(max_length=80)
    key = models.CharField(max_length=80)
    body_hash = models.BinaryField()
    status = models.IntegerField()
    answer = models.JSONField()
    made_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["scope", "key"], name="idempotency_once")]

    def __str__(self) -> str:
        return self.key
