"""Proof of a published run: its stored inputs and the same facts give the same rows, bit for bit (L-42)."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path

from zhike.analytics import evaluate as analytics
from zhike.facts import api as facts
from zhike.loyalty.models import Run
from zhike.loyalty.operations import computing, engines


@dataclass(frozen=True, slots=True)
class Verification:
    """Hashes as stored and as found now. The file may be written differently; its rows may not.

    `release` and `sql_sha256` of the run are compared with today's: another release may say other things of
    the same facts, and that is no proof of a changed result.
    """

    run: str
    release: str
    is_same_release: bool
    stored_hash: str
    computed_hash: str
    file_is_intact: bool

    @property
    def is_equal(self) -> bool:
        """Whether every bit of every row is as it was, and the file as it was written."""
        return self.stored_hash == self.computed_hash and self.file_is_intact

    @property
    def is_comparable(self) -> bool:
        """Whether a difference would tell: the same release and the same formulas compute again."""
        return self.is_same_release or self.is_equal


def recompute_run(*, run_id: int) -> Verification:
    """Compute a run again from its stored inputs; nothing is written. Raises LookupError without its facts."""
    run = Run.objects.select_related("previous").get(pk=run_id)
    stored = engines.full_path(run.result_path)
    with (
        engines.over(facts.snapshot_of(tuple(run.batches))) as duck,
        tempfile.TemporaryDirectory(dir=engines.spill_folder()) as folder,
    ):
        again = Path(folder) / "again.parquet"
        inputs = run.run_inputs
        computing.evaluate_inputs(duck, inputs, previous=run.previous, path=again)
        return Verification(
            run=str(run),
            release=inputs.code_version,
            is_same_release=analytics.is_of_this_release(inputs),
            stored_hash=run.result_hash,
            computed_hash=analytics.fingerprint(duck, again),
            file_is_intact=stored.is_file() and engines.sha256_of(stored) == run.result_sha256,
        )
