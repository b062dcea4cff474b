from django.db import models
from django.db.models import Q

from zhike.facts.enums import BatchState


class ImportBatch(models.Model):
    """One reading of one set of extracts. What a committed batch names is loaded; nothing else is.

    `load_no` counts the loads in the order in which they took effect, which is not that of the readings.
    """

    mapping = models.CharField(max_length=60)
    digest = models.CharField(max_length=64)
    state = models.CharField(max_length=10, choices=BatchState, default=BatchState.READING)
    business_on = models.DateField(null=True)
    files = models.JSONField(default=list)
    counts = models.JSONField(default=dict)
    statements = models.JSONField(default=list)
    chain = models.JSONField(default=dict)
    reject_count = models.IntegerField(default=0)
    rejects = models.BinaryField(default=bytes)
    refusal = models.JSONField(default=dict)
    asked_by = models.CharField(max_length=100)
    asked_at = models.DateTimeField()
    loaded_at = models.DateTimeField(null=True)
    load_no = models.BigIntegerField(null=True, unique=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["mapping", "digest"], condition=Q(state="LOADED"), name="import_same_files_once"
            ),
            models.CheckConstraint(
                name="import_load_matches_state",
                condition=Q(state="LOADED", loaded_at__isnull=False, load_no__isnull=False)
                | (~Q(state="LOADED") & Q(loaded_at__isnull=True, load_no__isnull=True)),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.mapping} {self.digest[:8]}"

    @property
    def has_only_events(self) -> bool:
        """Whether it brings events and nothing else: nobody and nothing the bank keeps is another for it."""
        return {table for table, counts in self.counts.items() if counts["offered"]} == {"events"}


class LakeFile(models.Model):
    """One Parquet file of the lake, of one table and, for facts, one month. Readers see only these.

    A month that a later batch restates is written anew as a whole; `replaced_by` says from which batch on
    the old file is no longer read, so any past state can be read again.
    """

    batch = models.ForeignKey(ImportBatch, on_delete=models.PROTECT, related_name="lake_files")
    table = models.CharField(max_length=20)
    month_on = models.DateField(null=True)
    replaced_by = models.ForeignKey(ImportBatch, null=True, on_delete=models.PROTECT, related_name="replaced")
    path = models.CharField(max_length=200, unique=True)
    row_count = models.BigIntegerField()
    sum_cents = models.BigIntegerField(null=True)
    sha256 = models.CharField(max_length=64)

    class Meta:
        indexes = [models.Index(fields=["table", "month_on"], name="lake_file_table_month")]

    def __str__(self) -> str:
        return self.path
