"""Proof of a published run: its stored inputs and the same facts give the same rows, bit for bit (L-42)."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path

from django.utils.translation import gettext as _

from zhike.analytics import evaluate as analytics
from zhike.analytics.inputs import FrozenByAnotherRelease, RunInputs
from zhike.analytics.spark import Spark
from zhike.facts import api as facts
from zhike.loyalty.models import Run
from zhike.loyalty.operations import computing, engines


@dataclass(frozen=True, slots=True)
class Verification:
    """Hashes as stored and as found now. The file may be written differently; its rows may not.

    `release` and `sql_sha256` of the run are compared with today's: another release may say other things of
    the same facts, and that is no proof of a changed result. `computed_hash` is empty where this release cannot
    compute the run, since an indicator of its scheme has another meaning by now.
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


def recompute_run(*, run_id: int, spark: Spark | None = None) -> Verification:
    """Compute a run again from its stored inputs, on either engine; nothing is written.

    Raises LookupError without its facts or without a computed run of this number, and SchemeTouched where the
    stored scheme is not the one that was frozen.
    """
    run = Run.objects.select_related("previous").exclude(inputs="").filter(pk=run_id).first()
    if run is None:
        raise LookupError(_("There is no computed evaluation with this number."))
    stored = facts.full_path(run.result_path)
    is_intact = stored.is_file() and facts.sha256_of(stored) == run.result_sha256
    try:
        inputs = run.run_inputs
    except FrozenByAnotherRelease as other:
        return Verification(
            run=str(run), release=other.release, is_same_release=False, stored_hash=run.result_hash,
            computed_hash="", file_is_intact=is_intact,
        )  # fmt: skip
    return Verification(
        run=str(run), release=inputs.code_version, is_same_release=analytics.is_of_this_release(inputs),
        stored_hash=run.result_hash, computed_hash=_hash_again(run, inputs, spark), file_is_intact=is_intact,
    )  # fmt: skip


def _hash_again(run: Run, inputs: RunInputs, spark: Spark | None) -> str:
    snapshot = facts.snapshot_of(tuple(run.batches))
    with (
        facts.over(snapshot) as duck,
        tempfile.TemporaryDirectory(dir=facts.spill_folder()) as folder,
    ):
        again = Path(folder) / "again.parquet"
        engine = engines.over_facts(duck, snapshot, spark)

        def compute(into: Path) -> analytics.Summary:
            return computing.evaluate_inputs(engine, inputs, previous=run.previous, path=into)

        engines.kept(duck, engine, again, compute)
        return analytics.fingerprint(duck, again)
