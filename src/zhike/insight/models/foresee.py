from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from zhike.core.models import Task
from zhike.customers.models import Customer


class ModelState(models.TextChoices):
    TRAINING = "TRAINING", _("Being trained")
    TRAINED = "TRAINED", _("Trained")
    REFUSED = "REFUSED", _("Could not be trained")
    PROPOSED = "PROPOSED", _("Waiting for approval")
    APPROVED = "APPROVED", pgettext_lazy("model", "Approved")
    IN_USE = "IN_USE", pgettext_lazy("model", "In use")
    RETIRED = "RETIRED", pgettext_lazy("model", "Retired")


NEXT_MODEL_STATE: dict[ModelState, frozenset[ModelState]] = {
    ModelState.TRAINING: frozenset({ModelState.TRAINED, ModelState.REFUSED}),
    ModelState.TRAINED: frozenset({ModelState.PROPOSED, ModelState.RETIRED}),
    ModelState.REFUSED: frozenset(),
    ModelState.PROPOSED: frozenset({ModelState.TRAINED, ModelState.APPROVED}),
    ModelState.APPROVED: frozenset({ModelState.IN_USE, ModelState.RETIRED}),
    ModelState.IN_USE: frozenset({ModelState.RETIRED}),
    ModelState.RETIRED: frozenset(),
}
"""One comes into use only after another person has approved it; the one before it retires then."""


class WarningState(models.TextChoices):
    OPEN = "OPEN", pgettext_lazy("warning", "Open")
    RETAINED = "RETAINED", _("Customer stays")
    LOST = "LOST", _("Customer leaves")
    SET_ASIDE = "SET_ASIDE", _("Warning set aside")


NEXT_WARNING_STATE: dict[WarningState, frozenset[WarningState]] = {
    WarningState.OPEN: frozenset({WarningState.RETAINED, WarningState.LOST, WarningState.SET_ASIDE}),
    WarningState.RETAINED: frozenset(),
    WarningState.LOST: frozenset(),
    WarningState.SET_ASIDE: frozenset(),
}


class RegisteredModel(models.Model):
    """A model that warns of churn, with what it was learnt from and how it was tried (N-17, M-03).

    `definition` says how it is learnt (`zhike.analytics.churn.Learning`), `fitted` what it weighs
    (`zhike.analytics.foresight.Model`), `card` how it did on a later period beside the plain rule. From its training
    on none of them changes. `refusal` says why it could not be learnt.
    """

    state = models.CharField(max_length=10, choices=ModelState, default=ModelState.TRAINING)
    definition = models.JSONField()
    fitted = models.JSONField(default=dict)
    card = models.JSONField(default=dict)
    refusal = models.CharField(max_length=30, default="")
    refusal_count = models.BigIntegerField(default=0)
    as_of = models.DateField()
    batches = ArrayField(models.BigIntegerField(), default=list)
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    trained_at = models.DateTimeField(null=True)
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    approved_at = models.DateTimeField(null=True)
    used_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    used_at = models.DateTimeField(null=True)
    retired_at = models.DateTimeField(null=True)
    version = models.IntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["state"], condition=Q(state="IN_USE"), name="registered_model_one_in_use"
            ),
            models.CheckConstraint(
                name="registered_model_used_after_approval",
                condition=Q(used_at__isnull=True) | Q(approved_at__isnull=False),
            ),
            models.CheckConstraint(
                name="registered_model_approved_by_and_at",
                condition=Q(approved_by__isnull=True, approved_at__isnull=True)
                | Q(approved_by__isnull=False, approved_at__isnull=False),
            ),
            models.CheckConstraint(
                name="registered_model_used_by_and_at",
                condition=Q(used_by__isnull=True, used_at__isnull=True)
                | Q(used_by__isnull=False, used_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"M{self.pk:04d}" if self.pk else "M"

    @property
    def code(self) -> str:
        """What lists and the audit call it."""
        return str(self)

    @property
    def is_better(self) -> bool:
        """Whether it told more than the plain rule on the later period, beyond what chance gives."""
        return bool(self.card) and self.card["difference"]["low"] > 0


class Scoring(models.Model):
    """What the model in use said of the customers on a day: the file of scores, and how far they have drifted.

    `counts` are customers by tenth of the chance; `drift` the stability index of the score and of each input;
    `alarmed` names what an alarm was raised for. `path` is empty once a later file has taken its place.
    """

    model = models.ForeignKey(RegisteredModel, on_delete=models.PROTECT, related_name="scorings")
    as_of = models.DateField()
    path = models.CharField(max_length=200, default="")
    sha256 = models.CharField(max_length=64)
    row_count = models.BigIntegerField()
    counts = ArrayField(models.BigIntegerField(), default=list)
    drift = models.JSONField(default=dict)
    alarmed = ArrayField(models.CharField(max_length=30), default=list)
    warned_count = models.BigIntegerField(default=0)
    made_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["model", "as_of"], name="scoring_once_a_day")]

    def __str__(self) -> str:
        return f"{self.model} {self.as_of}"


class ChurnWarning(models.Model):
    """A customer who may leave, with the reasons and the task to keep him or her (M-03). One open at a time.

    `reasons` are the largest parts of the score, largest first: code, what is told of it, what it added. Nothing is
    decided about a customer by it; a person answers the task, or sets the warning aside with a reason.
    """

    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="+", db_constraint=False)
    outlet_id = models.BigIntegerField()
    scoring = models.ForeignKey(Scoring, on_delete=models.PROTECT, related_name="+")
    risk = models.FloatField()
    reasons = models.JSONField(default=list)
    state = models.CharField(max_length=10, choices=WarningState, default=WarningState.OPEN)
    task = models.ForeignKey(Task, null=True, on_delete=models.PROTECT, related_name="+")
    raised_on = models.DateField()
    note = models.CharField(max_length=500, default="")
    closed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    closed_at = models.DateTimeField(null=True)
    version = models.IntegerField(default=0)

    AUDIT_PRIVATE = frozenset({"note"})

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["customer"], condition=Q(state="OPEN"), name="churn_warning_one_open"
            ),
            models.CheckConstraint(
                name="churn_warning_closed_with_result",
                condition=Q(state="OPEN", closed_at__isnull=True, closed_by__isnull=True)
                | (~Q(state="OPEN") & Q(closed_at__isnull=False, closed_by__isnull=False) & ~Q(note="")),
            ),
        ]
        indexes = [models.Index(fields=["customer", "-raised_on"], name="churn_warning_customer")]

    def __str__(self) -> str:
        return f"{self.customer_id} {self.raised_on}"

    @property
    def audit_label(self) -> str:
        """The audit's readers know a customer by number."""
        return f"{self.customer.customer_no} {self.raised_on}"
