"""Segments: draft, change, bring in force with or without approval, retire, take back, copy (M-24, M-29)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from zhike.analytics import rules
from zhike.analytics.rules import Group
from zhike.core import audit
from zhike.core.errors import DomainError, Stale
from zhike.core.models import Approval
from zhike.core.operations import approvals
from zhike.core.sentences import Sentence
from zhike.insight.enums import (
    NEXT_SEGMENT_STATE,
    NEXT_VERSION_STATE,
    SegmentScope,
    SegmentState,
    VersionState,
)
from zhike.insight.models import Segment, SegmentVersion
from zhike.insight.operations.snapshots import ask_snapshot
from zhike.insight.queries import reach
from zhike.insight.queries.sources import fields

KIND = "insight.segment"
MOST_MEASURES = 8
_COPIED_NAME = 70


class SegmentRefused(DomainError):
    """`field` names the argument that was refused, where it is one alone."""

    def __init__(self, said: str, *, field: str | None = None) -> None:
        super().__init__(said)
        self.field = field


class SegmentMoved(Stale):
    """Somebody else saved first, or the segment has moved on."""


@dataclass(frozen=True, slots=True)
class Content:
    """What people enter about a segment."""

    name: str
    rule: Group
    scope: SegmentScope = SegmentScope.PERSONAL
    unit_id: int | None = None
    about: str = ""
    measures: list[str] = field(default_factory=list)


@transaction.atomic
def draft_segment(*, content: Content, by: Any, now: datetime) -> Segment:
    """Draft a segment with the first version of its rule. Refuses a scope that is not the person's, and a missing
    name. The rule may still have problems: `bring_in_force` is where they are refused."""
    _demand_place(content, by=by)
    segment = Segment(
        scope=content.scope, unit_id=content.unit_id, owner=by, made_at=now, **_described(content)
    )
    with audit.change(segment, "segment.drafted", by=by, at=now):
        segment.save()
    _next_version(segment, content.rule, by=by, now=now)
    return segment


@transaction.atomic
def change_segment(*, segment_id: int, version: int, content: Content, by: Any, now: datetime) -> Segment:
    """Save what is entered; a rule in force stays so, and the change becomes its next version. The scope stays what it
    was. Refuses a retired segment, one whose rule waits for approval, and whoever may not; raises SegmentMoved."""
    segment = _hold(segment_id, by=by)
    if segment.version != version:
        raise SegmentMoved(_("Somebody else changed this segment meanwhile. Nothing of yours was saved."))
    if segment.state == SegmentState.RETIRED:
        raise SegmentRefused(_("This segment is retired. Take that back before you change it."))
    open_version = _open_version(segment)
    if open_version is not None and open_version.state == VersionState.PENDING:
        raise SegmentRefused(_("The rule waits for approval. Withdraw the proposal before you change it."))
    with audit.change(segment, "segment.changed", by=by, at=now):
        for name, value in _described(content).items():
            setattr(segment, name, value)
        segment.version += 1
        segment.save()
    plain = rules.to_plain(content.rule)
    if open_version is None:
        ruling = in_force(segment)
        if ruling is None or ruling.rule != plain:
            _next_version(segment, content.rule, by=by, now=now)
    elif open_version.rule != plain:
        with audit.change(open_version, "segment.rule_changed", by=by, at=now):
            open_version.rule = plain
            open_version.add_maker(by)
            open_version.version += 1
            open_version.save()
    return segment


@transaction.atomic
def bring_in_force(*, segment_id: int, reason: str, by: Any, now: datetime) -> SegmentVersion:
    """Let the edited rule count: at once, or, for one of the whole bank, once another person has approved it.

    Refuses a rule with problems and one without changes. Members are recorded by the worker afterwards.
    """
    segment = _hold(segment_id, by=by)
    version = _open_version(segment)
    if version is None or version.state != VersionState.DRAFT:
        raise SegmentRefused(_("There is no edited rule to bring in force."))
    if rules.problems(version.definition, fields()):
        raise SegmentRefused(_("The rule is not complete. Mend the conditions that are marked first."))
    if segment.scope != SegmentScope.BANK:
        return _rule_from_now(segment, version, by=by, now=now)
    with audit.change(version, "segment.submitted", by=by, at=now, reason=reason):
        _move(version, VersionState.PENDING)
        version.add_maker(by)
        version.version += 1
        version.save()
        approvals.propose(
            kind=KIND, subject=version, payload={"rule": version.rule, "number": version.number}, reason=reason,
            makers=version.makers, by=by, now=now,
        )  # fmt: skip
    return version


@transaction.atomic
def segment_approved(*, approval: Approval, by: Any, now: datetime) -> SegmentVersion:
    """Carry out an approved rule of the whole bank. Raises Stale when it is not the one that was proposed."""
    version = SegmentVersion.objects.select_for_update().get(pk=approval.subject_id)
    segment = Segment.objects.select_for_update().get(pk=version.segment_id)
    is_same = version.state == VersionState.PENDING and version.rule == approval.payload["rule"]
    if not is_same or segment.state == SegmentState.RETIRED:
        raise Stale(Sentence("segment.changed_meanwhile"))
    return _rule_from_now(segment, version, by=by, now=now, reason=approval.decision)


@transaction.atomic
def proposal_rejected(*, approval: Approval, by: Any, now: datetime) -> SegmentVersion | None:
    """Give a rejected, withdrawn or overtaken rule back to be edited. Hears of every kind of proposal."""
    if approval.kind != KIND:
        return None
    version = SegmentVersion.objects.select_for_update().get(pk=approval.subject_id)
    if version.state != VersionState.PENDING:
        return None
    with audit.change(version, "segment.returned", by=by, at=now, reason=approval.decision):
        _move(version, VersionState.DRAFT)
        version.version += 1
        version.save()
    return version


@transaction.atomic
def retire_segment(*, segment_id: int, by: Any, now: datetime) -> Segment:
    """End a segment; who was in it when stays on record, and nobody is added. `restore_segment` takes it back.

    Refuses one whose rule waits for approval.
    """
    segment = _hold(segment_id, by=by)
    open_version = _open_version(segment)
    if open_version is not None and open_version.state == VersionState.PENDING:
        raise SegmentRefused(_("The rule waits for approval. Withdraw the proposal first."))
    _demand_next(segment, SegmentState.RETIRED)
    with audit.change(segment, "segment.retired", by=by, at=now):
        segment.state, segment.retired_at = SegmentState.RETIRED, now
        segment.version += 1
        segment.save()
    return segment


@transaction.atomic
def restore_segment(*, segment_id: int, by: Any, now: datetime) -> Segment:
    """Take a retirement back: in force where a rule is in force, else a draft."""
    segment = _hold(segment_id, by=by)
    state = SegmentState.IN_FORCE if in_force(segment) else SegmentState.DRAFT
    _demand_next(segment, state)
    with audit.change(segment, "segment.restored", by=by, at=now):
        segment.state, segment.retired_at = state, None
        segment.version += 1
        segment.save()
    if state == SegmentState.IN_FORCE:
        ask_snapshot(segment=segment, now=now)
    return segment


@transaction.atomic
def copy_segment(*, segment: Segment, by: Any, now: datetime) -> Segment:
    """Draft a personal segment with the rule of one that the person sees; the caller has looked."""
    latest = segment.versions.order_by("-number")[0]
    name = _("Copy of %(name)s") % {"name": segment.name[:_COPIED_NAME]}
    content = Content(name=name, rule=latest.definition, about=segment.about, measures=list(segment.measures))
    return draft_segment(content=content, by=by, now=now)


def in_force(segment: Segment) -> SegmentVersion | None:
    """The version that counts now."""
    return segment.versions.filter(state=VersionState.IN_FORCE).first()


def _described(content: Content) -> dict[str, Any]:
    name = content.name.strip()
    if not name:
        raise SegmentRefused(_("Give the segment a name."), field="name")
    if len(content.measures) > MOST_MEASURES:
        raise SegmentRefused(
            _("At most %(count)s measures, one a line.") % {"count": MOST_MEASURES}, field="measures"
        )
    known = fields()
    used = {known[code].dimension for code in rules.fields_used(content.rule) if code in known}
    return {
        "name": name,
        "about": content.about.strip(),
        "measures": [measure.strip() for measure in content.measures if measure.strip()],
        "dimensions": sorted(str(dimension) for dimension in used),
    }


def _demand_place(content: Content, *, by: Any) -> None:
    if content.scope not in reach.scopes_offered(by):
        raise SegmentRefused(_("Your roles do not include segments of this scope."), field="scope")
    needs_unit = content.scope in {SegmentScope.BRANCH, SegmentScope.OUTLET}
    if needs_unit != (content.unit_id is not None):
        raise SegmentRefused(
            _("Name the unit for one of a branch or outlet, and for no other."), field="unit"
        )
    if needs_unit and not reach.units_offered(by, content.scope).filter(pk__in=[content.unit_id]).exists():
        raise SegmentRefused(_("This unit is not yours to make segments of."), field="unit")


def _hold(segment_id: int, *, by: Any) -> Segment:
    segment = (
        Segment.objects.select_for_update(of=("self",)).select_related("unit", "owner").get(pk=segment_id)
    )
    if not reach.may_change(by, segment):
        raise SegmentRefused(_("This segment is not yours to change. Copy it to have one of your own."))
    return segment


def _open_version(segment: Segment) -> SegmentVersion | None:
    is_open = segment.versions.select_for_update().filter(
        state__in=[VersionState.DRAFT, VersionState.PENDING]
    )
    return is_open.first()


def _next_version(segment: Segment, rule: Group, *, by: Any, now: datetime) -> SegmentVersion:
    last = segment.versions.order_by("-number").first()
    version = SegmentVersion(
        segment=segment, number=last.number + 1 if last else 1, rule=rules.to_plain(rule), makers=[by.pk],
        made_by=by, made_at=now,
    )  # fmt: skip
    with audit.change(version, "segment.version_drafted", by=by, at=now):
        version.save()
    return version


def _rule_from_now(
    segment: Segment, version: SegmentVersion, *, by: Any, now: datetime, reason: str | Sentence = ""
) -> SegmentVersion:
    before = in_force(segment)
    if before is not None:
        with audit.change(before, "segment.rule_replaced", by=by, at=now):
            _move(before, VersionState.REPLACED)
            before.save(update_fields=["state"])
    with audit.change(version, "segment.in_force", by=by, at=now, reason=reason):
        _move(version, VersionState.IN_FORCE)
        version.in_force_at = now
        version.version += 1
        version.save()
    if segment.state == SegmentState.DRAFT:
        with audit.change(segment, "segment.began", by=by, at=now):
            segment.state = SegmentState.IN_FORCE
            segment.version += 1
            segment.save()
    ask_snapshot(segment=segment, now=now)
    return version


def _move(version: SegmentVersion, state: VersionState) -> None:
    if state not in NEXT_VERSION_STATE[VersionState(version.state)]:
        raise SegmentRefused(_("The rule of this segment has moved on meanwhile."))
    version.state = state


def _demand_next(segment: Segment, state: SegmentState) -> None:
    if state not in NEXT_SEGMENT_STATE[SegmentState(segment.state)]:
        raise SegmentRefused(
            _("This does not fit the state of the segment: %(state)s.")
            % {"state": segment.get_state_display()}
        )
