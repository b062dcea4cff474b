"""Every operation writes to the audit, or stands here with the reason why it needs none (G30)."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.architecture.auditing import Sources
from tests.architecture.sources import PACKAGE

READS = "reads only"
JOB_ROW = "its own row of the job table records it"
LOADING = "a step of a load, which records import.loaded in the same transaction"
RUNNING = "a step of a run, which records run.computed in the same transaction"
AUDIT = "keeps the audit itself"
NEEDS_NONE = {
    "zhike.staff.operations.sessions.forget_expired": "their time is over, and they open nothing any more",
    "zhike.core.operations.delivering": "an attempt is its own record, by nobody; stopping a webhook is recorded",
    "zhike.core.operations.jobs.is_worked_on": READS,
    "zhike.core.operations.jobs.once_a_day": JOB_ROW,
    "zhike.core.operations.jobs.perform": JOB_ROW,
    "zhike.core.operations.jobs.queue_run": JOB_ROW,
    "zhike.core.operations.jobs.take": JOB_ROW,
    "zhike.core.operations.reaping.reap": JOB_ROW,
    "zhike.core.operations.sealing.canonical": AUDIT,
    "zhike.core.operations.sealing.chain": AUDIT,
    "zhike.core.operations.sealing.sealed_up_to": AUDIT,
    "zhike.core.operations.sealing.seal": AUDIT,
    "zhike.core.operations.sealing.verify": AUDIT,
    "zhike.core.operations.submissions.once": "what it lets happen once is recorded there",
    "zhike.core.operations.webhooks.demand_address": READS,
    "zhike.core.operations.webhooks.emit": "the event in the outbox is the record, beside that of what it tells of",
    "zhike.core.operations.webhooks.may_connect": READS,
    "zhike.desk.operations.exports.demand_reason": READS,
    "zhike.desk.operations.exports.demand_whole": READS,
    "zhike.desk.operations.exports.fields": READS,
    "zhike.desk.operations.exports.needs_approval": READS,
    "zhike.customers.operations.portfolio_grants.align_grants": "the hand-over or load that calls for it is recorded",
    "zhike.core.operations.witness": "keeps the audit's own witness, outside the database",
    "zhike.facts.operations.imports.blocking": READS,
    "zhike.facts.operations.imports.rejects_file": "read to be masked; take_rejects records what leaves",
    "zhike.facts.operations.imports.work_folder": READS,
    "zhike.facts.operations.lake": LOADING,
    "zhike.facts.operations.loading.hold_off_loads": "takes a lock; writes no row",
    "zhike.facts.operations.moving": "the caller saves and records the move",
    "zhike.facts.operations.numbering": LOADING,
    "zhike.facts.operations.passing": "names files that are gone afterwards; writes no row",
    "zhike.facts.operations.personal": LOADING,
    "zhike.facts.operations.rejects": "read to be masked; take_rejects records what leaves",
    "zhike.facts.operations.sweeping.sweep_too": "remembers a pattern at start; the sweep itself is recorded",
    "zhike.facts.operations.tables": LOADING,
    "zhike.facts.operations.upserts": LOADING,
    "zhike.insight.operations.files": "names files; writes no row",
    "zhike.insight.operations.portraits.ask_portrait": JOB_ROW,
    "zhike.insight.operations.registering.card_of": READS,
    "zhike.insight.operations.registering.feeds_of": READS,
    "zhike.insight.operations.registering.learning_of": READS,
    "zhike.insight.operations.segments.in_force": READS,
    "zhike.insight.operations.snapshots.ask_snapshot": JOB_ROW,
    "zhike.insight.operations.snapshots.ask_snapshots": JOB_ROW,
    "zhike.insight.operations.snapshots.follow_moves": LOADING,
    "zhike.insight.operations.value_studies.ask_study": JOB_ROW,
    "zhike.loyalty.operations.computing.evaluate_inputs": RUNNING,
    "zhike.loyalty.operations.computing.least_points": READS,
    "zhike.loyalty.operations.binary_rows": "puts bytes together; touches no row",
    "zhike.loyalty.operations.counting.count_coverage": "whoever asked for it has been recorded",
    "zhike.loyalty.operations.counting.counting_of": READS,
    "zhike.loyalty.operations.counting.coverage_of": READS,
    "zhike.loyalty.operations.engines": "opens an engine over the lake; writes no row",
    "zhike.loyalty.operations.holding.hold_customer": "takes a lock; writes no row",
    "zhike.loyalty.operations.computing.drift_between": READS,
    "zhike.loyalty.operations.moving.follow_moves": LOADING,
    "zhike.loyalty.operations.overrides.override_approved": "the worker records override.applied",
    "zhike.loyalty.operations.queueing": "whoever enqueues has recorded why",
    "zhike.loyalty.operations.realigning.realign_standings": "copies a hand-over that the customer file has recorded",
    "zhike.loyalty.operations.recomputing.recompute_run": READS,
    "zhike.loyalty.operations.reconciling": RUNNING,
    "zhike.loyalty.operations.runs.computation_of": READS,
    "zhike.loyalty.operations.runs.demand_approved_definitions": READS,
    "zhike.loyalty.operations.schemes.demand_next": READS,
    "zhike.loyalty.operations.runs.is_stuck": READS,
    "zhike.loyalty.operations.runs.published_result": READS,
    "zhike.loyalty.operations.runs.scheme_in_force": READS,
    "zhike.loyalty.operations.runs.start_refusal": READS,
    "zhike.loyalty.operations.schemes.day_refusal": READS,
    "zhike.loyalty.operations.schemes.earliest_day": READS,
    "zhike.loyalty.operations.schemes.latest_day": READS,
    "zhike.loyalty.operations.storing": RUNNING,
    "zhike.loyalty.operations.trial_moves.moves_against": READS,
    "zhike.loyalty.operations.what_ifs.entropy_weights": READS,
    "zhike.loyalty.operations.what_ifs.parts_of": READS,
    "zhike.loyalty.operations.what_ifs.play": READS,
    "zhike.loyalty.operations.what_ifs.playable_refusal": READS,
    "zhike.rest.operations.answers.answer_once": "the work it does once records itself",
    "zhike.rest.operations.tokens.admit": "counts a call; issuing and revoking are recorded",
    "zhike.staff.operations.signing_in.code_in_demo": READS,
    "zhike.staff.operations.signing_in.give_second_factor": "part of setting up an account, recorded by its caller",
    "zhike.staff.operations.signing_in.must_change_password": READS,
    "zhike.staff.operations.signing_in.new_secret": READS,
}
"""Functions, and modules of functions, that write nothing to the audit themselves."""


def unaudited(sources: Sources) -> set[str]:
    """What writes nothing, as it would be listed: the function, or its module where that is listed whole."""
    silent = {name for name in sources.operations() if not sources.audits(name)}
    return {module if (module := name.rpartition(".")[0]) in NEEDS_NONE else name for name in silent}


@pytest.fixture(scope="module")
def sources() -> Sources:
    return Sources(PACKAGE)


@pytest.mark.goal("G30")
def test_every_operation_is_audited_or_says_why_not(sources: Sources) -> None:
    assert unaudited(sources) - NEEDS_NONE.keys() == set()


def test_no_reason_outlives_its_operation(sources: Sources) -> None:
    assert NEEDS_NONE.keys() - unaudited(sources) == set()


def test_calls_are_followed_through_functions_modules_and_doors(sources: Sources) -> None:
    assert sources.audits("zhike.core.operations.approvals.propose")
    assert sources.audits("zhike.core.operations.parameters.propose_parameter"), "through another module"
    assert sources.audits("zhike.facts.operations.imports.take_in"), "through functions of its own module"
    assert sources.audits("zhike.staff.api.grant_role"), "through an api"


def test_an_operation_that_forgets_the_audit_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tests.architecture import auditing

    folder = tmp_path / "attic" / "operations"
    folder.mkdir(parents=True)
    (folder / "boxes.py").write_text(
        "from zhike.core import audit\n"
        "def open_box(*, by, now):\n    _note(by, now)\n"
        "def _note(by, now):\n    audit.record('box.opened', by=by, at=now)\n"
        "def drop_box(*, by, now):\n    audit.look(by)\n",
        encoding="utf-8",
    )
    monkeypatch.setattr(auditing, "module_of", lambda path: f"zhike.attic.operations.{path.stem}")
    assert unaudited(Sources(tmp_path)) == {"zhike.attic.operations.boxes.drop_box"}
