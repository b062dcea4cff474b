"""动态监测: who has moved since publication, daily, without touching a tier (L-11, K-9)."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.db import connections, transaction

from zhike.analytics import compare as comparing
from zhike.analytics.engine import DuckEngine
from zhike.analytics.indicators import CATALOGUE
from zhike.core import audit
from zhike.facts import api as facts
from zhike.loyalty.enums import RunState
from zhike.loyalty.models import Run
from zhike.loyalty.operations import computing, drifting, engines, storing
from zhike.loyalty.queries.definitions import changed_since_approval

_COLUMNS = (
    "customer_id", "outlet_id", "run_id", "as_of", "score_published", "score_now", "score_change", "tier_published",
    "tier_ahead", "causes",
)  # fmt: skip


def refresh_early_movers(*, as_of: date, now: datetime) -> int:
    """Evaluate the published scheme on today's facts and keep who moved by enough points or over a
    threshold. Replaces the list of before, by nobody where no later facts are there or where this release defines
    an indicator otherwise than was approved: the definition would have moved them. Returns how many. Safe to
    repeat."""
    run = _published()
    snapshot = facts.snapshot(as_of=as_of)
    if run is None or as_of <= run.as_of or not snapshot.batches or changed_since_approval(run.scheme):
        _clear()
        return 0
    before = facts.full_path(run.result_path)
    with facts.passing(engines.RESULTS_FOLDER, engines.WATCHED) as current, facts.over(snapshot) as duck:
        moved = current.with_suffix(".moved")
        inputs = engines.prepare(duck, snapshot, run.scheme.definition, as_of)
        computing.evaluate_inputs(duck, inputs, previous=run, path=current)
        comparing.compare(duck, current, before, moved, least_points=computing.least_points(run))
        duck.view("watched", [current])
        duck.view("stored", [before])
        found = computing.drift_between(duck, run, before, inputs, current)
        count = _replace(duck, run, as_of)
    with transaction.atomic():
        audit.record("loyalty.watched", by=None, at=now, row=run, detail={"count": count})
        if _published() == run:
            drifting.keep_reading(run=run, as_of=as_of, found=found, now=now)
    return count


def _published() -> Run | None:
    return Run.objects.filter(state=RunState.PUBLISHED).order_by("-as_of", "-published_at").first()


def _replace(duck: DuckEngine, run: Run, as_of: date) -> int:
    # One transaction: the list of yesterday stays until the list of today is there. One watch at a time, and none
    # of a run that was replaced while it was computed: the watch of the newer one has been there, or comes.
    with transaction.atomic(using=storing.LOADER):
        with connections[storing.LOADER].cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtext('loyalty.watch'))")
        if _published() != run:
            return 0
        _clear()
        return storing.copy_in(duck, table="loyalty_earlymover", columns=_COLUMNS, query=_query(run, as_of))


def _clear() -> None:
    with connections[storing.LOADER].cursor() as cursor:
        cursor.execute("DELETE FROM loyalty_earlymover")


def _query(run: Run, as_of: date) -> str:
    parts: list[Any] = [code for code in run.indicators if code in CATALOGUE]
    points = computing.least_points(run)
    return f"""
        SELECT c.customer_id, c.outlet_id, CAST({int(run.pk)} AS BIGINT), DATE '{as_of:%Y-%m-%d}',
               c.previous_score, c.score, c.score_change,
               b.score_tier, w.score_tier, {storing.causes_column(parts)}
          FROM changes c
          JOIN watched w ON w.customer_id = c.customer_id
          JOIN stored b ON b.customer_id = c.customer_id
         WHERE w.is_sufficient AND b.is_sufficient AND c.score_change IS NOT NULL
           AND (ABS(c.score_change) >= {float(points)!r} OR b.score_tier <> w.score_tier)"""
