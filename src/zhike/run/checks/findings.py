"""What a check says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Level(StrEnum):
    OK = "OK"
    WARNING = "WARNING"
    FAILURE = "FAILURE"


@dataclass(frozen=True)
class Finding:
    """One checked fact. `claim` and `advice` are sentences with %(name)s places for `details`."""

    code: str
    level: Level
    claim: str
    advice: str = ""
    details: Mapping[str, object] = field(default_factory=dict)

    def sentence(self) -> str:
        return self.claim % self.details

    def what_to_do(self) -> str:
        return self.advice % self.details


@dataclass(frozen=True)
class Check:
    """What should be so, what is said when it is not, and what to do then."""

    code: str
    claim: str
    otherwise: str
    advice: str
    fails: Level = Level.FAILURE

    def judge(self, holds: bool, **details: object) -> Finding:
        if holds:
            return Finding(self.code, Level.OK, self.claim, details=details)
        return Finding(self.code, self.fails, self.otherwise, self.advice, details)
