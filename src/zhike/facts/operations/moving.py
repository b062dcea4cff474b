"""The one place where a batch changes its state: by the table of what may follow, or not at all."""

from __future__ import annotations

from django.utils.translation import gettext as _

from zhike.core.errors import DomainError
from zhike.facts.enums import NEXT_BATCH_STATE, BatchState
from zhike.facts.models import ImportBatch


class MoveRefused(DomainError):
    """The batch is in a state from which it cannot come to the one asked for."""


def may_move(batch: ImportBatch, state: BatchState) -> bool:
    """Whether the table lets the batch come to this state."""
    return state in NEXT_BATCH_STATE[BatchState(batch.state)]


def move(batch: ImportBatch, state: BatchState) -> None:
    """Give the batch its next state; the caller saves it. Raises MoveRefused where the table forbids it."""
    if not may_move(batch, state):
        raise MoveRefused(
            _("This does not fit the state of the import: %(state)s.") % {"state": batch.get_state_display()}
        )
    batch.state = state
