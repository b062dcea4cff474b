"""What other rooms may use of the facts."""

from zhike.facts.intake.judging import EventFault, Offered
from zhike.facts.intake.refusals import MappingRefused
from zhike.facts.intake.room import is_disk_full
from zhike.facts.operations.imports import (
    ImportRefused,
    blocking,
    discard_batch,
    load_batch,
    read_extracts,
    take_in,
    take_rejects,
)
from zhike.facts.operations.loading import LOADED, MOVED
from zhike.facts.operations.passing import beside, passing
from zhike.facts.operations.pushes import Receipt, record_events
from zhike.facts.operations.rejects import first_rejects
from zhike.facts.operations.sweeping import sweep_too
from zhike.facts.queries.engines import attach, engine, over, sha256_of, spill_folder
from zhike.facts.queries.lake import (
    OldTransaction,
    Snapshot,
    full_path,
    snapshot,
    snapshot_of,
    transactions_of,
)
from zhike.facts.queries.mappings import path_of
from zhike.facts.queries.uploads import evaluation_waits
from zhike.facts.wording import mapping_words, reason_words, refusal_words, reject_words, waiting_words

__all__ = [
    "LOADED",
    "MOVED",
    "EventFault",
    "ImportRefused",
    "MappingRefused",
    "Offered",
    "OldTransaction",
    "Receipt",
    "Snapshot",
    "attach",
    "beside",
    "blocking",
    "discard_batch",
    "engine",
    "evaluation_waits",
    "first_rejects",
    "full_path",
    "is_disk_full",
    "load_batch",
    "mapping_words",
    "over",
    "passing",
    "path_of",
    "read_extracts",
    "reason_words",
    "record_events",
    "refusal_words",
    "reject_words",
    "sha256_of",
    "snapshot",
    "snapshot_of",
    "spill_folder",
    "sweep_too",
    "take_in",
    "take_rejects",
    "transactions_of",
    "waiting_words",
]
