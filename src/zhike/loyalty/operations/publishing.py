"""Publishing: where customers stand is switched in one transaction, or not at all (L-39, L-40).

The locks on runs leave their keys alone, so that a follow-up or a proposal that names a run does not wait for a
publication, and the publication not for it.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from zhike.core import audit, hearing
from zhike.core.access.permissions import Permission
from zhike.core.operations import webhooks
from zhike.loyalty.enums import NEXT_RUN_STATE, RunState
from zhike.loyalty.models import EarlyMover, Run
from zhike.loyalty.operations import overrides, queueing
from zhike.loyalty.operations.runs import RunRefused

PUBLISHED = hearing.topic("loyalty.published")
"""Told with `run` and `now` when a run has been published, in its transaction. Readers of standings wait meanwhile."""

TIERS_PUBLISHED = "loyalty.tiers_published"
CHANGED = "/api/v1/scores?changed=true"
PUBLISH_JOB = "loyalty.publish"
WATCH_TASK = "loyalty.watch_facts"
WORK_MEMORY = "64MB"
"""What the database may use for each join while standings are filled."""


@transaction.atomic
def ask_publication(*, run_id: int, by: Any, now: datetime) -> Run:
    """Decide that a reviewed run is published; the worker then does it.

    Refuses an unreviewed run, whoever started or restarted it or may not publish, and a period that is already
    published unless this run was started to replace that one.
    """
    run = Run.objects.select_for_update().get(pk=run_id)
    _demand_publishable(run, by=by)
    with audit.change(run, "run.publication_asked", by=by, at=now):
        run.publish_asked_by, run.publish_asked_at = by, now
        run.version += 1
        run.save(update_fields=["publish_asked_by", "publish_asked_at", "version"])
    queueing.enqueue(
        task="loyalty.publish_run", job=PUBLISH_JOB, as_of=run.as_of, key=str(run.pk), by=by, now=now,
        run_id=run.pk,
    )  # fmt: skip
    return run


@transaction.atomic
def publish_run(*, run_id: int, by: Any, now: datetime) -> Run:
    """Publish: replace the earlier run of the period, switch every standing, tell the rooms above.

    Refuses as `ask_publication` does, and asks all of it again: between the decision and the switch a right may
    have ended (G27). Standings are switched by the worker's role only.
    """
    _hold_standings()
    locked = Run.objects.select_for_update(of=("self",), no_key=True)
    run = locked.select_related("supersedes").get(pk=run_id)
    _demand_publishable(run, by=by)
    if run.supersedes is not None:
        _supersede(run, by=by, now=now)
    with audit.change(run, "run.published", by=by, at=now, reason=run.reason):
        run.state, run.published_by, run.published_at = RunState.PUBLISHED, by, now
        run.version += 1
        run.save(update_fields=["state", "published_by", "published_at", "version"])
    if not _is_overtaken(run):
        _switch_standings(run)
        EarlyMover.objects.all().delete()  # they had moved from what no longer stands
        queueing.enqueue_plain(task=WATCH_TASK)  # and who has moved since is not known before the night else
        overrides.end_overtaken(run=run, by=by, now=now)
    hearing.tell(PUBLISHED, run=run, now=now)
    webhooks.emit(event=TIERS_PUBLISHED, source=f"run:{run.pk}", data=_told(run), now=now)
    return run


def _told(run: Run) -> dict[str, Any]:
    """What programs outside are told: which run, and where their rights let them read who changed. No customer."""
    return {
        "run": run.pk,
        "period": run.period,
        "as_of": run.as_of.isoformat(),
        "replaces": run.supersedes_id,
        "is_current": not _is_overtaken(run),
        "changed": CHANGED,
    }


def _supersede(run: Run, *, by: Any, now: datetime) -> None:
    assert run.supersedes_id is not None  # the caller has looked
    before = Run.objects.select_for_update(no_key=True).get(pk=run.supersedes_id)
    if RunState.SUPERSEDED not in NEXT_RUN_STATE[RunState(before.state)]:
        raise RunRefused(_("The run this one was to replace has been replaced already."))
    with audit.change(before, "run.superseded", by=by, at=now, reason=run.reason):
        before.state = RunState.SUPERSEDED
        before.version += 1
        before.save(update_fields=["state", "version"])


def _demand_publishable(run: Run, *, by: Any) -> None:
    if run.state in {RunState.PUBLISHED, RunState.SUPERSEDED}:
        raise RunRefused(_("This run is already published."))
    if RunState.PUBLISHED not in NEXT_RUN_STATE[RunState(run.state)]:
        raise RunRefused(
            _("This does not fit the state of the run: %(state)s.") % {"state": run.get_state_display()}
        )
    if run.reviewed_at is None:
        raise RunRefused(_("The review is not finished yet."))
    if by is not None and run.is_started_by(by):
        raise RunRefused(_("You started this run yourself; another person must publish it."))
    if by is not None and not by.may(Permission.RUN_PUBLISH):
        raise RunRefused(_("Your roles do not include publishing evaluations."))
    same = Run.objects.filter(Q(period=run.period) | Q(as_of=run.as_of), state=RunState.PUBLISHED)
    if same.exclude(pk=run.supersedes_id or 0).exists():
        raise RunRefused(_("%(period)s is already published.") % {"period": run.period})


def _is_overtaken(run: Run) -> bool:
    """Whether a run of a later date is published: an old period evaluated again moves nobody today."""
    return Run.objects.filter(state=RunState.PUBLISHED, as_of__gt=run.as_of).exists()


def _hold_standings() -> None:
    """One publication at a time: until the end of the transaction others read standings and change none.

    Taken before any row is locked. Whoever changes standings locks them before reading, so that nobody who waits
    here stands in the way of the switch.
    """
    with connection.cursor() as cursor:
        cursor.execute("LOCK TABLE loyalty_standing IN EXCLUSIVE MODE")


def _switch_standings(run: Run) -> None:
    """Fill the next standings apart and exchange them for those that were; readers wait for the exchange alone."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('work_mem', %s, true)", [WORK_MEMORY])
        cursor.execute("SELECT loyalty_open_standings(%s)", [run.pk])
        cursor.execute(_FILL.format(part=int(run.pk)), {"run": run.pk, "as_of": run.as_of})
        cursor.execute("SELECT loyalty_switch_standings(%s)", [run.pk])


# An override that has not expired by the date of the run goes on; it changes the tier shown, nothing else.
_FILL = """
INSERT INTO loyalty_standing_{part} (
    customer_id, outlet_id, manager_id, run_id, score, score_before, score_change, available_weight, tier,
    computed_tier, tier_before, movement, is_sufficient, is_provisional, is_changed, causes, since_on, override_id)
SELECT r.customer_id, c.outlet_id, c.manager_id, r.run_id, r.score, r.score_before, r.score_change,
       r.available_weight, COALESCE(o.tier, r.tier), r.tier, r.tier_before, r.movement, r.is_sufficient,
       r.is_provisional, r.is_changed, r.causes,
       CASE WHEN s.tier = COALESCE(o.tier, r.tier) THEN s.since_on ELSE %(as_of)s END, o.id
  FROM loyalty_result r
  JOIN customers_customer c ON c.id = r.customer_id
  LEFT JOIN loyalty_standing s ON s.customer_id = r.customer_id
  LEFT JOIN (
       SELECT DISTINCT ON (v.customer_id) v.customer_id, v.id, v.tier
         FROM loyalty_override v JOIN core_approval a ON a.id = v.approval_id
        WHERE a.state = 'APPROVED' AND v.expires_on > %(as_of)s
        ORDER BY v.customer_id, a.decided_at DESC
  ) o ON o.customer_id = r.customer_id
 WHERE r.run_id = %(run)s
"""
