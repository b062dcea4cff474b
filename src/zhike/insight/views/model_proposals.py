"""What an approver sees of a model before deciding."""

from __future__ import annotations

from django.db.models import Exists, OuterRef, Q
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from zhike.core.models import Approval
from zhike.core.proposals import Kind, Lines, Table, each, register_proposal_kind
from zhike.insight.models import RegisteredModel
from zhike.insight.models.foresee import ModelState
from zhike.insight.operations.registering import KIND
from zhike.insight.queries import cards


def _lines(approval: Approval) -> Lines:
    model = RegisteredModel.objects.get(pk=approval.subject_id)
    better = (
        _("yes, beyond what chance gives")
        if model.is_better
        else _("no: it told no more than the plain rule. An approval needs a reason.")
    )
    return [
        (_("Better than the plain rule"), better),
        (_("Difference of the ranking"), cards.difference(model.card)),
    ]


def _tables(approval: Approval) -> list[Table]:
    model = RegisteredModel.objects.get(pk=approval.subject_id)
    rows = [[each.label, each.model, each.beside] for each in cards.figures_of(model.card)]
    return [Table(_("On the later period"), [_("Yardstick"), _("Model"), _("Plain rule")], rows)]


register_proposal_kind(
    KIND,
    Kind(
        label=gettext_lazy("Model"),
        titles=each(lambda approval: approval.subject_label),
        lines=_lines,
        tables=_tables,
        link=lambda approval: reverse("insight:model", args=[approval.subject_id]),
        settled=lambda: (
            ~Q(Exists(RegisteredModel.objects.filter(pk=OuterRef("subject_id"), state=ModelState.TRAINED)))
        ),
    ),
)
