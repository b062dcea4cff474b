"""Expected refusals."""

from __future__ import annotations

from zhike.core.sentences import Sentence


class DomainError(Exception):
    """A refusal the person can act on. Its text is one plain sentence in the person's language."""


class Stale(DomainError):
    """What the decision was based on has changed meanwhile.

    Of a proposal that is being approved it is said by a `sentences.Sentence`, since it is kept for others to read.
    """

    def __init__(self, said: str | Sentence) -> None:
        super().__init__(said)
        self.said = said
