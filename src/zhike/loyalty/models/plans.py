"""The loyalty plan: what is done under each of five strategies, by whom, until when, measured by what (S-93, S-94)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from zhike.core.models import Task, TaskState
from zhike.loyalty.enums import PlanFigure, PlanState, Strategy


class LoyaltyPlan(models.Model):
    """A plan for some months. `makers` are all who had a hand in it: none of them approves it."""

    name = models.CharField(max_length=80)
    from_on = models.DateField()
    until_on = models.DateField()
    basis = models.CharField(max_length=200)
    state = models.CharField(max_length=9, choices=PlanState, default=PlanState.DRAFT)
    outcome = models.CharField(max_length=1000, blank=True)
    drafted_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    drafted_at = models.DateTimeField()
    makers = ArrayField(models.BigIntegerField(), default=list)
    version = models.IntegerField(default=0)

    class Meta:
        constraints = [
            models.CheckConstraint(name="plan_ends_after_it_begins", condition=Q(until_on__gt=F("from_on"))),
            models.CheckConstraint(
                name="plan_closed_with_outcome", condition=~Q(state="CLOSED") | ~Q(outcome="")
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def add_maker(self, person: Any) -> None:
        """Keep that a person had a hand in the plan; it is saved by the caller."""
        self.makers = sorted({*self.makers, person.pk})


class PlanItem(models.Model):
    """One thing to be done, with its owner, its day and its measure.

    Whether it is done is said by its task, which the owner has from the approval on. `base`, `target` and `reached`
    are numbers of the figure.
    """

    plan = models.ForeignKey(LoyaltyPlan, on_delete=models.PROTECT, related_name="items")
    strategy = models.CharField(max_length=9, choices=Strategy)
    aim = models.CharField(max_length=100)
    steps = models.CharField(max_length=500)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    due_on = models.DateField()
    figure = models.CharField(max_length=10, choices=PlanFigure)
    figure_name = models.CharField(max_length=60, blank=True)
    base = models.DecimalField(max_digits=14, decimal_places=2, null=True)
    target = models.DecimalField(max_digits=14, decimal_places=2)
    reached = models.DecimalField(max_digits=14, decimal_places=2, null=True)
    task = models.OneToOneField(Task, null=True, on_delete=models.PROTECT, related_name="+")
    version = models.IntegerField(default=0)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="plan_item_own_figure_is_named", condition=~Q(figure="OWN") | ~Q(figure_name="")
            ),
        ]

    def __str__(self) -> str:
        return self.aim

    @property
    def figure_label(self) -> str:
        """The figure in words."""
        return self.figure_name or str(self.get_figure_display())

    @property
    def is_done(self) -> bool:
        """Whether its owner has said what came of it."""
        return self.task is not None and self.task.state == TaskState.DONE

    def is_met_by(self, number: Decimal) -> bool:
        """Whether a number reaches the target. Of an own figure, less is better below the start."""
        falling = self.base is not None and self.target < self.base
        if self.figure != PlanFigure.OWN:
            falling = self.figure in FALLING
        return number <= self.target if falling else number >= self.target


FALLING = (PlanFigure.LOW_SHARE, PlanFigure.FELL_SHARE)
"""Figures of which less is better."""
