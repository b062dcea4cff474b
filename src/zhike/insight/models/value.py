from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models


class ValueStudy(models.Model):
    """One study of what customers are worth and how they stand (M-04, N-03, T-27, T-28): as of which day, by which
    rules and release, what was found, and the file with one row a customer.

    `basis` is a digest of everything it rests on; what rests on the same is the same. `path` is empty once the file of
    a later one has taken its place; what was found stays.
    """

    as_of = models.DateField()
    basis = models.CharField(max_length=64)
    batches = ArrayField(models.BigIntegerField(), default=list)
    code_version = models.CharField(max_length=40)
    rules = models.JSONField()
    found = models.JSONField()
    path = models.CharField(max_length=200, default="")
    sha256 = models.CharField(max_length=64)
    row_count = models.BigIntegerField()
    made_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.as_of}"
