from __future__ import annotations

from datetime import date

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from zhike.staff.models import Unit

VIEW_NAME, VIEW_QUERY = 40, 2000
"""Longest name and longest address of a saved view."""


class ExportState(models.TextChoices):
    WAITING = "WAITING", _("Waiting for approval")
    ALLOWED = "ALLOWED", _("May be fetched")
    REFUSED = "REFUSED", _("Not allowed")


class ExportRequest(models.Model):
    """A longer list than anybody may take alone: which one, what for, and how long it may be fetched (L-33).

    The rows are not kept. Whoever asked fetches the list of this address as it is then, in the own scope.
    """

    query = models.CharField(max_length=2000)
    filters = models.JSONField(default=list)
    row_count = models.PositiveIntegerField()
    reason = models.CharField(max_length=200)
    state = models.CharField(max_length=10, choices=ExportState, default=ExportState.WAITING)
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    until = models.DateField(null=True)
    fetched_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="export_until_matches_state",
                condition=Q(state="ALLOWED", until__isnull=False)
                | (~Q(state="ALLOWED") & Q(until__isnull=True)),
            )
        ]
        indexes = [models.Index(fields=["asked_by", "-asked_at"], name="export_asked_by")]

    def __str__(self) -> str:
        return str(self.row_count)

    def may_be_fetched(self, on: date) -> bool:
        """Whether the list may be taken on a day."""
        return self.state == ExportState.ALLOWED and self.until is not None and on <= self.until


class SavedView(models.Model):
    """Filters and order of the customer list under a name: the address, never the rows.

    One with a unit is offered to everybody in it and below. Whoever opens it sees the customers in the own reach.
    """

    name = models.CharField(max_length=VIEW_NAME)
    query = models.CharField(max_length=VIEW_QUERY)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    unit = models.ForeignKey(Unit, null=True, on_delete=models.PROTECT, related_name="+")
    is_default = models.BooleanField(default=False)
    made_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["owner", "name"], name="saved_view_named_once"),
            models.UniqueConstraint(
                fields=["owner"], condition=Q(is_default=True), name="saved_view_one_default"
            ),
        ]

    def __str__(self) -> str:
        return self.name
