"""Expected refusals."""

from __future__ import annotations


class DomainError(Exception):
    """A refusal the person can act on. Its text is one plain sentence in the person's language."""


class Stale(DomainError):
    """What the decision was based on has changed meanwhile."""
