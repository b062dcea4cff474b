"""What an approver sees of a segment of the whole bank before deciding."""

from __future__ import annotations

from collections.abc import Sequence

from django.db.models import Exists, OuterRef, Q
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from zhike.analytics import rules
from zhike.core.models import Approval
from zhike.core.proposals import Kind, Lines, register_proposal_kind
from zhike.insight.enums import VersionState
from zhike.insight.models import SegmentVersion
from zhike.insight.operations.segments import KIND
from zhike.insight.queries import rule_words


def _titles(approvals: Sequence[Approval]) -> list[str]:
    found = SegmentVersion.objects.select_related("segment").in_bulk([each.subject_id for each in approvals])
    return [
        _("%(name)s, version %(number)s")
        % {"name": found[each.subject_id].segment.name, "number": each.payload["number"]}
        for each in approvals
    ]


def _lines(approval: Approval) -> Lines:
    version = SegmentVersion.objects.select_related("segment").get(pk=approval.subject_id)
    before = version.segment.versions.filter(state=VersionState.IN_FORCE).first()
    found = [(_("Rule"), rule_words.in_words(rules.from_plain(approval.payload["rule"])))]
    if before is not None and before.pk != version.pk:
        found.append((_("Rule in force"), rule_words.in_words(before.definition)))
    if version.segment.about:
        found.insert(0, (_("What it is for"), version.segment.about))
    return found


def _address(approval: Approval) -> str:
    version = SegmentVersion.objects.get(pk=approval.subject_id)
    return reverse("insight:segment", args=[version.segment_id])


register_proposal_kind(
    KIND,
    Kind(
        label=gettext_lazy("Segment of the whole bank"),
        titles=_titles,
        lines=_lines,
        link=_address,
        settled=lambda: (
            ~Q(Exists(SegmentVersion.objects.filter(pk=OuterRef("subject_id"), state=VersionState.DRAFT)))
        ),
    ),
)
