"""Publishing: where customers stand is switched in one transaction, or not at all (L-39, L-40)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.utils.translation import gettext as _

from zhike.core import audit, hearing
from zhike.loyalty.enums import NEXT_RUN_STATE, RunState
from zhike.loyalty.models import Run
from zhike.loyalty.operations import queueing
from zhike.loyalty.operations.runs import RunRefused

PUBLISHED = hearing.topic("loyalty.published")
"""Told with `run` and `now` when a run has been published, in its transaction."""

PUBLISH_JOB = "loyalty.publish"


@transaction.atomic
def ask_publication(*, run_id: int, by: Any, now: datetime) -> Run:
    """Decide that a reviewed run is published; the worker then does it.

    Refuses an unreviewed run, the person who started it, and a period that is already published unless
    this run was started to replace that one.
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

    Refuses as `ask_publication` does. Standings are switched by the worker's role only.
    """
    run = Run.objects.select_for_update(of=("self",)).select_related("supersedes").get(pk=run_id)
    _demand_publishable(run, by=by)
    if run.supersedes is not None:
        _supersede(run, by=by, now=now)
    with audit.change(run, "run.published", by=by, at=now, reason=run.reason):
        run.state, run.published_by, run.published_at = RunState.PUBLISHED, by, now
        run.version += 1
        run.save(update_fields=["state", "published_by", "published_at", "version"])
    if not _is_overtaken(run):
        _switch_standings(run)
    hearing.tell(PUBLISHED, run=run, now=now)
    return run


def _supersede(run: Run, *, by: Any, now: datetime) -> None:
    assert run.supersedes_id is not None  # the caller has looked
    before = Run.objects.select_for_update().get(pk=run.supersedes_id)
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
    if by is not None and by.pk == run.started_by_id:
        raise RunRefused(_("You started this run yourself; another person must publish it."))
    same = Run.objects.filter(
        scheme_code=run.scheme_code, period=run.period, state=RunState.PUBLISHED
    ).exclude(pk=run.supersedes_id or 0)
    if same.exists():
        raise RunRefused(_("%(period)s is already published.") % {"period": run.period})


def _is_overtaken(run: Run) -> bool:
    """Whether a run of a later date is published: an old period evaluated again moves nobody today."""
    return Run.objects.filter(state=RunState.PUBLISHED, as_of__gt=run.as_of).exists()


def _switch_standings(run: Run) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_GONE, [run.pk])
        cursor.execute(_SWITCH, {"run": run.pk, "as_of": run.as_of})


_GONE = """
DELETE FROM loyalty_standing s
 WHERE NOT EXISTS (SELECT 1 FROM loyalty_result r WHERE r.run_id = %s AND r.customer_id = s.customer_id)
"""

# An override that has not expired by the date of the run goes on; it changes the tier shown, nothing else.
_SWITCH = """
INSERT INTO loyalty_standing AS s (
    customer_id, outlet_id, manager_id, run_id, score, score_before, score_change, available_weight, tier,
    computed_tier, tier_before, movement, is_sufficient, is_provisional, is_changed, causes, since_on, override_id)
SELECT r.customer_id, c.outlet_id, c.manager_id, r.run_id, r.score, r.score_before, r.score_change,
       r.available_weight, COALESCE(o.tier, r.tier), r.tier, r.tier_before, r.movement, r.is_sufficient,
       r.is_provisional, r.is_changed, r.causes, %(as_of)s, o.id
  FROM loyalty_result r
  JOIN customers_customer c ON c.id = r.customer_id
  LEFT JOIN (
       SELECT DISTINCT ON (v.customer_id) v.customer_id, v.id, v.tier
         FROM loyalty_override v JOIN core_approval a ON a.id = v.approval_id
        WHERE a.state = 'APPROVED' AND v.expires_on > %(as_of)s
        ORDER BY v.customer_id, a.decided_at DESC
  ) o ON o.customer_id = r.customer_id
 WHERE r.run_id = %(run)s
ON CONFLICT (customer_id) DO UPDATE SET
    outlet_id = EXCLUDED.outlet_id, manager_id = EXCLUDED.manager_id, run_id = EXCLUDED.run_id,
    score = EXCLUDED.score, score_before = EXCLUDED.score_before, score_change = EXCLUDED.score_change,
    available_weight = EXCLUDED.available_weight, tier = EXCLUDED.tier,
    computed_tier = EXCLUDED.computed_tier, tier_before = EXCLUDED.tier_before,
    movement = EXCLUDED.movement, is_sufficient = EXCLUDED.is_sufficient,
    is_provisional = EXCLUDED.is_provisional, is_changed = EXCLUDED.is_changed, causes = EXCLUDED.causes,
    override_id = EXCLUDED.override_id,
    since_on = CASE WHEN s.tier = EXCLUDED.tier THEN s.since_on ELSE EXCLUDED.since_on END
"""
