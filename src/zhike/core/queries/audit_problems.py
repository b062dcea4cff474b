"""What may be wrong with the audit, as codes with figures, and their sentences in the reader's language."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class Fault(StrEnum):
    """What verification can find."""

    SEAL_MISSING = "SEAL_MISSING"
    EVENT_MISSING = "EVENT_MISSING"
    EVENT_DIFFERS = "EVENT_DIFFERS"
    EVENT_BACKDATED = "EVENT_BACKDATED"
    EVENT_AHEAD = "EVENT_AHEAD"
    EVENT_NUMBER = "EVENT_NUMBER"
    EVENT_UNSEALED = "EVENT_UNSEALED"
    CHECKPOINT_SIGNATURE = "CHECKPOINT_SIGNATURE"
    CHECKPOINT_HEAD = "CHECKPOINT_HEAD"
    CHECKPOINT_LOST = "CHECKPOINT_LOST"
    CHECKPOINT_UNWITNESSED = "CHECKPOINT_UNWITNESSED"
    WITNESS_SIGNATURE = "WITNESS_SIGNATURE"
    WITNESS_HEAD = "WITNESS_HEAD"
    WITNESS_UNREADABLE = "WITNESS_UNREADABLE"
    WITNESS_MISSING = "WITNESS_MISSING"


SENTENCES: dict[Fault, Promise] = {
    Fault.SEAL_MISSING: _("Seal %(seal)s is missing."),
    Fault.EVENT_MISSING: _("Event %(event)s of seal %(seal)s is missing."),
    Fault.EVENT_DIFFERS: _("Seal %(seal)s does not match event %(event)s."),
    Fault.EVENT_BACKDATED: _("Event %(event)s of seal %(seal)s says it is older than it can be."),
    Fault.EVENT_AHEAD: _("Event %(event)s of seal %(seal)s says it is later than its own seal."),
    Fault.EVENT_NUMBER: _("Event %(event)s has a number that was never given out."),
    Fault.EVENT_UNSEALED: _("Event %(event)s has not been sealed for more than a minute."),
    Fault.CHECKPOINT_SIGNATURE: _("The signature of the checkpoint of %(size)s events is wrong."),
    Fault.CHECKPOINT_HEAD: _("The checkpoint of %(size)s events does not match the chain."),
    Fault.CHECKPOINT_LOST: _(
        "The checkpoint of %(size)s events that the witness has is not in the database."
    ),
    Fault.CHECKPOINT_UNWITNESSED: _("The checkpoint of %(size)s events has no witness."),
    Fault.WITNESS_SIGNATURE: _("The signature of the witness of %(size)s events is wrong."),
    Fault.WITNESS_HEAD: _("The witness of %(size)s events does not match the chain."),
    Fault.WITNESS_UNREADABLE: _("Line %(line)s of the witness file cannot be read."),
    Fault.WITNESS_MISSING: _("The witness file is missing."),
}


@dataclass(frozen=True, slots=True)
class AuditProblem:
    """One thing that is wrong with the audit, and the numbers of the rows concerned."""

    fault: Fault
    figures: Mapping[str, int] = field(default_factory=dict)

    def sentence(self) -> str:
        """What is wrong, in the language in force."""
        return str(SENTENCES[self.fault]) % self.figures

    def as_detail(self) -> dict[str, Any]:
        """As the audit keeps it, without a language."""
        return {"fault": self.fault.value, **self.figures}


def sentences_of(kept: list[Any]) -> list[str]:
    """The sentences of problems that an event of the audit keeps; older events keep English sentences."""
    return [_read(one).sentence() if isinstance(one, dict) else str(one) for one in kept]


def _read(kept: Mapping[str, Any]) -> AuditProblem:
    return AuditProblem(Fault(kept["fault"]), {name: kept[name] for name in kept if name != "fault"})
