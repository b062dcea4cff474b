"""What a run would rest on, counted by the worker before anybody starts it (formula E.6).

The counts are kept with the scheme by date and state of the facts; those of an earlier state go with the next.
"""

from __future__ import annotations

from dataclasses import asdict
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from zhike.analytics import evaluate as analytics
from zhike.core import audit
from zhike.core.models import JobRun
from zhike.facts import api as facts
from zhike.loyalty.enums import SchemeState
from zhike.loyalty.models import Scheme
from zhike.loyalty.operations import engines, queueing
from zhike.loyalty.operations.runs import RunRefused

COUNT_JOB = "loyalty.count"

FIGURES = "unrated"
"""Names what is counted, in the key of the job: a release that counts more counts again what was counted before."""


@transaction.atomic
def ask_coverage(*, scheme_id: int, as_of: date, by: Any, now: datetime) -> JobRun:
    """Have the worker count customers with each indicator, and feeds that were not delivered, as of a day.

    Refuses a scheme that is not in force. Asked again on the same facts, it gives the job of before.
    """
    scheme = Scheme.objects.get(pk=scheme_id)
    if scheme.state != SchemeState.IN_FORCE:
        raise RunRefused(_("Only a scheme in force can be evaluated."))
    audit.record("scheme.coverage_asked", by=by, at=now, row=scheme, detail={"as_of": as_of.isoformat()})
    return queueing.enqueue(
        task="loyalty.count_coverage", job=COUNT_JOB, as_of=as_of, key=_job_key(scheme), by=by, now=now,
        scheme_id=scheme.pk,
    )  # fmt: skip


def count_coverage(*, scheme_id: int, as_of: date) -> dict[str, Any]:
    """Count what a run would rest on, and whom it could not rate for want of data; keep it with the scheme.

    The run is computed for that and thrown away. Safe to repeat; takes seconds for a million customers.
    """
    scheme = Scheme.objects.get(pk=scheme_id)
    snapshot = facts.snapshot(as_of=as_of)
    with facts.passing(engines.RESULTS_FOLDER, engines.COUNTED) as path, facts.over(snapshot) as duck:
        inputs = engines.prepare(duck, snapshot, scheme.definition, as_of)
        summary = analytics.evaluate(duck, inputs, path)
        found = asdict(analytics.covered(duck, inputs))
    found["insufficient_count"] = summary.insufficient_count
    state = _state_of(snapshot)
    with transaction.atomic():
        scheme = Scheme.objects.select_for_update().get(pk=scheme_id)
        same_facts = {key: kept for key, kept in scheme.coverage.items() if kept["facts"] == state}
        scheme.coverage = {**same_facts, as_of.isoformat(): {"facts": state, **found}}
        scheme.save(update_fields=["coverage"])
    return found


def coverage_of(scheme: Scheme, *, as_of: date) -> dict[str, Any]:
    """What was counted for a day on the facts loaded now; empty before it was asked for, and where an earlier release
    did not count whom it could not rate."""
    kept: dict[str, Any] = scheme.coverage.get(as_of.isoformat(), {})
    is_whole = "insufficient_count" in kept
    return kept if is_whole and kept["facts"] == _state_of(facts.snapshot(as_of=as_of)) else {}


def counting_of(scheme: Scheme, *, as_of: date) -> JobRun | None:
    """The job that counts for a day on the facts loaded now, if it was asked for."""
    return JobRun.objects.filter(job=COUNT_JOB, as_of=as_of, key=_job_key(scheme)).first()


def _job_key(scheme: Scheme) -> str:
    return f"{scheme.pk}.{_state_of(facts.snapshot())}.{FIGURES}"


def _state_of(snapshot: facts.Snapshot) -> int:
    """The last batch names the state of the facts: batches are only ever added."""
    return snapshot.batches[-1] if snapshot.batches else 0
