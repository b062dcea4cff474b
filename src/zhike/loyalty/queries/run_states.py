"""Where a run stands in the words of those who work on it, and whose turn it is."""

from __future__ import annotations

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from zhike.core.access.permissions import Permission
from zhike.loyalty.enums import VIEWABLE_RUNS, RunState
from zhike.loyalty.models import Run
from zhike.staff.models import Staff

PEOPLE_OF_RUNS = (Permission.RUN_START, Permission.RUN_REVIEW, Permission.RUN_PUBLISH)


def viewable_runs(staff: Staff) -> QuerySet[Run]:
    """Every run for those who work on runs, those that are or were published for everybody else."""
    found = Run.objects.select_related(
        "scheme", "previous__scheme", "supersedes", "started_by", "published_by"
    )
    return found if staff.may(*PEOPLE_OF_RUNS) else found.filter(state__in=VIEWABLE_RUNS)


def accountable_for(run: Run) -> Staff | None:
    """Who answers for the evaluation; one published from the command line is its scheme's author's."""
    return run.published_by or run.started_by or run.scheme.drafted_by  # type: ignore[no-any-return]


def state_label(run: Run) -> str:
    """The state in words; a run to be reviewed is one to be published once its review is finished."""
    if run.state == RunState.REVIEW and run.reviewed_at is not None:
        return _("Being published") if run.publish_asked_at else _("To be published")
    return str(RunState(run.state).label)


def waiting_runs(staff: Staff) -> QuerySet[Run]:
    """The runs that wait for this person: to be reviewed, or to be published by another than who started."""
    asked = Q()
    if staff.may(Permission.RUN_REVIEW):
        asked |= Q(reviewed_at=None)
    if staff.may(Permission.RUN_PUBLISH):
        asked |= (
            Q(reviewed_at__isnull=False, publish_asked_at=None)
            & ~Q(started_by=staff.pk)
            & ~Q(restarted_by=staff.pk)
        )
    if not asked:
        return Run.objects.none()
    rows = Run.objects.filter(asked, state=RunState.REVIEW).select_related("scheme", "started_by")
    return rows.order_by("as_of", "pk")
