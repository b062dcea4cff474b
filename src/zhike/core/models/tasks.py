from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from zhike.core.sentences import Sentence, said


class TaskState(models.TextChoices):
    OPEN = "OPEN", _("Open")
    DONE = "DONE", _("Done")
    CANCELLED = "CANCELLED", _("Cancelled")


NEXT_TASK_STATE: dict[TaskState, frozenset[TaskState]] = {
    TaskState.OPEN: frozenset({TaskState.DONE, TaskState.CANCELLED}),
    TaskState.DONE: frozenset(),
    TaskState.CANCELLED: frozenset(),
}


class Task(models.Model):
    """Something one unit or person asks of another, with a due date and an answer (L-12, L-20)."""

    title = models.CharField(max_length=200)
    text = models.TextField(default="")
    names = models.JSONField(null=True)
    customer_id = models.BigIntegerField(null=True)
    unit_id = models.BigIntegerField()
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    due_on = models.DateField()
    state = models.CharField(max_length=10, choices=TaskState, default=TaskState.OPEN)
    source_key = models.CharField(max_length=100, unique=True)
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    escalated_at = models.DateTimeField(null=True)
    result = models.TextField(default="")
    closed_at = models.DateTimeField(null=True)
    closed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    version = models.IntegerField(default=0)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="task_closed_matches_state",
                condition=Q(state="OPEN", closed_at__isnull=True, closed_by__isnull=True)
                | (~Q(state="OPEN") & Q(closed_at__isnull=False, closed_by__isnull=False) & ~Q(result="")),
            )
        ]
        indexes = [models.Index(fields=["unit_id", "state", "due_on"], name="task_unit_due")]

    @property
    def title_in_words(self) -> str:
        """What is asked, in the reader's language where the system asks."""
        return str(said(self.title, self.names))

    @property
    def text_in_words(self) -> str:
        """The details of what is asked, in the reader's language where the system asks."""
        return str(said(self.text, self.names))

    @property
    def audit_label(self) -> str | Sentence:
        """What the audit calls it."""
        return said(self.title, self.names)

    @property
    def is_escalated(self) -> bool:
        """Open, overdue, and known to those who oversee the unit."""
        return self.state == TaskState.OPEN and self.escalated_at is not None

    def __str__(self) -> str:
        return self.title_in_words
