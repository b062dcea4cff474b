"""The body of a run: read, compute, reconcile, store. Safe to run again from any point (L-37 to L-42)."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from zhike.analytics import compare as comparing
from zhike.analytics import drift as drifting
from zhike.analytics import evaluate as analytics
from zhike.analytics.engine import DuckEngine, Engine
from zhike.analytics.indicators import CATALOGUE
from zhike.analytics.inputs import RunInputs
from zhike.analytics.spark import Spark
from zhike.core import audit, parameters
from zhike.core.errors import Stale
from zhike.core.operations import jobs
from zhike.facts import api as facts
from zhike.loyalty.enums import NEXT_RUN_STATE, RunState
from zhike.loyalty.models import Run
from zhike.loyalty.operations import engines, reconciling, storing
from zhike.loyalty.operations.runs import demand_approved_definitions

STEPS = ("READ", "MEASURES", "PEERS", "RESULTS", "CHECK", "RECONCILE", "STORE")
"""What the operations page and the run's page are told, in order."""

MOVER_PARAMETER = "loyalty.mover_points"


class RunMoved(Stale):
    """The run is no longer in the state this step needs: made void, or done by another worker."""


@dataclass(frozen=True)
class Computed:
    """A run as computed, before it is reconciled and stored."""

    inputs: RunInputs
    coverage: analytics.Coverage
    summary: analytics.Summary
    comparison: comparing.Comparison | None
    drift: list[drifting.Drift]
    path: str
    fingerprint: str
    least_points: float
    engine: dict[str, str]


def compute_run(
    *, run_id: int, tell: Callable[[str], None], clock: Callable[[], datetime], spark: Spark | None = None
) -> Run:
    """Carry a queued run to its review, or to BLOCKED when a figure does not agree.

    `tell` hears each step of `STEPS` as it begins; `clock` says when a step ended, since this takes
    minutes in a large bank. With `spark` the facts are read and the rows computed there; they are compared and stored
    from here. Raises RunMoved when the run was made void meanwhile.
    """
    run = _move(run_id, RunState.COMPUTING, "run.computing", now=clock())
    snapshot = facts.snapshot_of(tuple(run.batches))
    with facts.over(snapshot) as duck:
        tell("READ")
        engine = engines.over_facts(duck, snapshot, spark)
        computed = _compute(duck, engine, run, snapshot, tell)
        run = _record(run.pk, computed, now=clock())
        tell("RECONCILE")
        statements = reconciling.read_against_committed(engine, snapshot)
        statements += reconciling.made_against_read(computed.summary.reconciliation)
        if all(each.is_ok for each in statements):
            tell("STORE")
            statements.append(_store(duck, run, computed))
        return _settle(run.pk, statements, now=clock())


def perform_run(
    *,
    job_run_id: int,
    run_id: int,
    clock: Callable[[], datetime],
    tell: Callable[[str], None] = lambda step: None,
    spark: Spark | None = None,
) -> bool:
    """Do the job of a queued run, its course shown on the operations page; False if another has it."""

    def work(progress: jobs.Progress) -> None:
        def step(name: str) -> None:
            tell(name)
            progress.step(name, done=STEPS.index(name), total=len(STEPS))

        with spark.explaining() if spark else nullcontext():
            compute_run(run_id=run_id, tell=step, clock=clock, spark=spark)

    return jobs.perform(job_run_id, work)


def least_points(run: Run) -> float:
    """From how many points on a customer counts as changed, on the day of the run (L-11)."""
    return float(parameters.value(MOVER_PARAMETER, on=run.as_of))


def evaluate_inputs(
    engine: Engine, inputs: RunInputs, *, previous: Run | None, path: Path,
    tell: Callable[[str], None] | None = None,
) -> analytics.Summary:  # fmt: skip
    """Compute frozen inputs into a file, with the tiers of the run before for the hysteresis."""
    if previous is not None:
        engine.view("last_published", [facts.full_path(previous.result_path)])
    view = "last_published" if previous is not None else None
    return analytics.evaluate(engine, inputs, path, previous=view, progress=tell)


def drift_between(
    duck: DuckEngine, run: Run, before: Path, inputs: RunInputs, now: Path
) -> list[drifting.Drift]:
    """How far the customers of a later computation lie from those of a run, by indicator (formula E.8)."""
    duck.view("drift_before", [before])
    duck.view("drift_now", [now])
    codes = [use.code for use in inputs.spec.indicators]
    return drifting.drifts(
        drifting.spreads(duck, "drift_before", [code for code in run.indicators if code in CATALOGUE]),
        drifting.spreads(duck, "drift_now", codes),
    )


def _compute(
    duck: DuckEngine, engine: Engine, run: Run, snapshot: facts.Snapshot, tell: Callable[[str], None]
) -> Computed:
    demand_approved_definitions(run.scheme)  # the release may have changed while the run was queued
    inputs = engines.prepare(engine, snapshot, run.scheme.definition, run.as_of, batches=run.batches)
    path = engines.result_path(run.pk, run.attempt)
    target = facts.full_path(path)

    def compute(into: Path) -> analytics.Summary:
        return evaluate_inputs(engine, inputs, previous=run.previous, path=into, tell=tell)

    summary = engines.kept(duck, engine, target, compute)
    coverage = analytics.covered(engine, inputs)
    points = least_points(run)
    comparison, drift = None, []
    if run.previous is not None:
        before = facts.full_path(run.previous.result_path)
        drift = drift_between(duck, run.previous, before, inputs, target)
        changes = facts.full_path(engines.result_path(run.pk, run.attempt, "changes"))
        comparison = comparing.compare(duck, target, before, changes, least_points=points)
    fingerprint = analytics.fingerprint(duck, target)
    return Computed(
        inputs, coverage, summary, comparison, drift, path, fingerprint, points, engines.name_of(engine)
    )


def _store(duck: DuckEngine, run: Run, computed: Computed) -> reconciling.Statement:
    """Copy rows, peers and totals by outlet into the database."""
    moved = _moved_indicators(run) if computed.comparison is not None else ()
    storing.store_results(
        duck, run=run, result_path=facts.full_path(computed.path), least_points=computed.least_points,
        moved=moved,
    )  # fmt: skip
    with transaction.atomic():
        storing.store_peers(run, computed.summary)
        storing.store_units(duck, run=run, least_points=computed.least_points, is_compared=bool(moved))
    return reconciling.stored_against_made(
        made=computed.summary.customer_count, stored=storing.stored_count(run.pk)
    )


def _moved_indicators(run: Run) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*run.indicators, *(run.previous.indicators if run.previous else ()))))


def _record(run_id: int, computed: Computed, *, now: datetime) -> Run:
    """Keep what was computed and from what; from here on the run can be computed again."""
    with transaction.atomic():
        run = Run.objects.select_for_update(of=("self",)).select_related("scheme", "previous").get(pk=run_id)
        _demand_next(run, RunState.RECONCILING)
        run.state = RunState.RECONCILING
        run.inputs = computed.inputs.to_json()
        run.indicators = [use.code for use in computed.inputs.spec.indicators]
        run.coverage = asdict(computed.coverage)
        run.result_path = computed.path
        run.result_sha256 = facts.sha256_of(facts.full_path(computed.path))
        run.result_hash = computed.fingerprint
        run.summary = _summary(computed)
        run.warnings = _warnings(computed)
        run.customer_count = computed.summary.customer_count
        run.changed_count = computed.comparison.changed_count if computed.comparison else 0
        run.computed_at = now
        run.version += 1
        run.save()
        detail = {"result_hash": run.result_hash, "engine": computed.engine}
        audit.record("run.computed", by=None, at=now, row=run, detail=detail)
    return run


def _settle(run_id: int, statements: list[reconciling.Statement], *, now: datetime) -> Run:
    """Open the run for review, or block it with the figures that differ."""
    with transaction.atomic():
        run = Run.objects.select_for_update().get(pk=run_id)
        is_ok = all(each.is_ok for each in statements)
        _demand_next(run, RunState.REVIEW if is_ok else RunState.BLOCKED)
        run.state = RunState.REVIEW if is_ok else RunState.BLOCKED
        run.statements = [each.plain() for each in statements]
        run.version += 1
        run.save()
        differences = [each.plain() for each in statements if not each.is_ok]
        action = "run.reconciled" if is_ok else "run.blocked"
        audit.record(action, by=None, at=now, row=run, detail={"differences": differences})
    return run


def _summary(computed: Computed) -> dict[str, Any]:
    """The figures of a run's page, without names."""
    summary, comparison = computed.summary, computed.comparison
    plain = {
        "customer_count": summary.customer_count,
        "by_tier": summary.by_tier,
        "by_score_tier": summary.by_score_tier,
        "bins": [each.customer_count for each in summary.bins],
        "bin_points": summary.bin_points,
        "states": summary.states,
        "groups": summary.groups,
        "provisional_count": summary.provisional_count,
        "insufficient_count": summary.insufficient_count,
        "unscored_count": summary.unscored_count,
        "inputs_sha256": summary.inputs_sha256,
        "least_points": computed.least_points,
        "fits": [{**asdict(fit), "source": str(fit.source)} for fit in computed.inputs.fits],
        "migration": [],
        "engine": computed.engine,
        "drift": [asdict(each) for each in computed.drift],
    }
    if comparison is not None:
        plain |= {
            "migration": [[before, after, count] for (before, after), count in comparison.migration.items()],
            "risen_count": comparison.risen_count,
            "fallen_count": comparison.fallen_count,
            "upgraded_count": comparison.upgraded_count,
            "downgraded_count": comparison.downgraded_count,
            "mean_changes": dict(comparison.mean_changes),
        }
    return plain


def _warnings(computed: Computed) -> list[str]:
    found = list(computed.summary.warnings)
    if any(each.absent_feeds for each in computed.coverage.indicators):
        found.append("FEED_ABSENT")
    return found


def _move(run_id: int, state: RunState, action: str, *, now: datetime) -> Run:
    """Take a run into the next state; a run already there was left by a worker that died, and is retaken."""
    with transaction.atomic():
        run = Run.objects.select_for_update(of=("self",)).select_related("scheme", "previous").get(pk=run_id)
        if run.state not in {state, RunState.RECONCILING}:
            _demand_next(run, state)
        run.state = state
        run.version += 1
        run.save(update_fields=["state", "version"])
        audit.record(action, by=None, at=now, row=run)
    return run


def _demand_next(run: Run, state: RunState) -> None:
    if state not in NEXT_RUN_STATE[RunState(run.state)]:
        raise RunMoved(_("This run has moved on meanwhile."))
