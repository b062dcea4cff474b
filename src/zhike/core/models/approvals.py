from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from zhike.core.sentences import Sentence, said


class ApprovalState(models.TextChoices):
    PENDING = "PENDING", _("Waiting for approval")
    APPROVED = "APPROVED", _("Approved")
    REJECTED = "REJECTED", _("Rejected")
    WITHDRAWN = "WITHDRAWN", _("Withdrawn")
    STALE = "STALE", _("Overtaken by another change")


NEXT_APPROVAL_STATE: dict[ApprovalState, frozenset[ApprovalState]] = {
    ApprovalState.PENDING: frozenset(
        {ApprovalState.APPROVED, ApprovalState.REJECTED, ApprovalState.WITHDRAWN, ApprovalState.STALE}
    ),
    ApprovalState.APPROVED: frozenset(),
    ApprovalState.REJECTED: frozenset(),
    ApprovalState.WITHDRAWN: frozenset(),
    ApprovalState.STALE: frozenset(),
}

MAKERS = "makers"
"""Where a proposal's payload names the persons besides the proposer who made what is proposed."""

RETURNED = (ApprovalState.REJECTED, ApprovalState.STALE)
"""The proposals that came back to their author, for a reason."""


class Approval(models.Model):
    """A proposal that takes effect only by another person's decision.

    One that something else has overtaken is `STALE`: found so by whoever meant to approve it, or by nobody.
    `given_up_at` says that its author lets one that came back rest; what was proposed and decided stays as it is.
    """

    kind = models.CharField(max_length=40)
    subject_type = models.CharField(max_length=60)
    subject_id = models.BigIntegerField()
    subject_label = models.CharField(max_length=200)
    subject_version = models.IntegerField(default=0)
    payload = models.JSONField(default=dict)
    reason = models.CharField(max_length=500)
    state = models.CharField(max_length=10, choices=ApprovalState, default=ApprovalState.PENDING)
    proposed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField()
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    decided_at = models.DateTimeField(null=True)
    decision_reason = models.CharField(max_length=500, default="")
    decision_names = models.JSONField(null=True)
    given_up_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="approval_decided_by_another",
                condition=Q(decided_by__isnull=True) | Q(state="WITHDRAWN") | ~Q(decided_by=F("proposed_by")),
            ),
            models.CheckConstraint(
                name="approval_decided_at_matches_state",
                condition=Q(state="PENDING", decided_at__isnull=True, decided_by__isnull=True)
                | Q(state="STALE", decided_at__isnull=False)
                | (
                    ~Q(state__in=["PENDING", "STALE"]) & Q(decided_at__isnull=False, decided_by__isnull=False)
                ),
            ),
            models.CheckConstraint(
                name="approval_given_up_came_back",
                condition=Q(given_up_at__isnull=True) | Q(state__in=["REJECTED", "STALE"]),
            ),
            models.UniqueConstraint(
                fields=["kind", "subject_type", "subject_id"],
                condition=Q(state="PENDING"),
                name="approval_one_pending_per_subject",
            ),
        ]

    def __str__(self) -> str:
        return self.subject_label

    @property
    def decision(self) -> str | Sentence:
        """Why it was decided so: what the person wrote, or what the system says of one that is overtaken."""
        return said(self.decision_reason, self.decision_names)

    def is_made_by(self, person: Any) -> bool:
        """Whether a person has proposed this or made what is proposed, and so does not decide it (C.4, G28)."""
        return person.pk in {self.proposed_by_id, *self.payload.get(MAKERS, ())}
