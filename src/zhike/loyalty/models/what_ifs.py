from __future__ import annotations

from functools import cached_property

from django.conf import settings
from django.db import models

from zhike.analytics import scheme as analytics_scheme
from zhike.loyalty.models.runs import Run


class WhatIf(models.Model):
    """Numbers tried on the customers of a computed run and kept to be compared (L-42). Nobody is judged by them.

    `spec` is the plain form of `zhike.analytics.scheme.SchemeSpec`, `figures` of `zhike.analytics.what_if.Figures`.
    `number` counts within the run.
    """

    run = models.ForeignKey(Run, on_delete=models.PROTECT, related_name="what_ifs")
    number = models.PositiveIntegerField()
    name = models.CharField(max_length=80)
    spec = models.JSONField()
    figures = models.JSONField()
    kept_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    kept_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["run", "number"], name="what_if_number_once")]

    def __str__(self) -> str:
        return f"{self.run} #{self.number}"

    @cached_property
    def definition(self) -> analytics_scheme.SchemeSpec:
        """The numbers as the computation knows them."""
        return analytics_scheme.from_dict(self.spec)
