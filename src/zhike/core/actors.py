"""Who acts: a person of the bank by number and name, or the system."""

from __future__ import annotations

from django.utils.translation import gettext as _

SYSTEM = "system"
"""Who acts where no person of the bank does; behind it may stand the account of an operator on the machine."""


def in_words(actor: str) -> str:
    """An actor as recorded, in the reader's language where it is the system."""
    if actor.partition(" ")[0] != SYSTEM:
        return actor
    return _("the system") + actor.removeprefix(SYSTEM)
