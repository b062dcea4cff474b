from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models


class Portrait(models.Model):
    """One state of the portrait: as of which day, made of what, and the file it lies in (L-10, S-54).

    `basis` is a digest of everything it was made of: the loads, the sources, the reviewed SQL; what rests on the
    same is the same. `sources` say in order what was read, as of which day. `words` are the values of fields of free
    words that may be offered. `path` is empty once the file of a later one has taken its place.
    """

    as_of = models.DateField()
    basis = models.CharField(max_length=64)
    batches = ArrayField(models.BigIntegerField(), default=list)
    feeds = ArrayField(models.CharField(max_length=40), default=list)
    sources = models.JSONField(default=list)
    words = models.JSONField(default=dict)
    known = models.JSONField(default=dict)
    path = models.CharField(max_length=200, default="")
    sha256 = models.CharField(max_length=64)
    row_count = models.BigIntegerField()
    made_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.as_of}"
