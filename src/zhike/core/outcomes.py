"""What came of an act that the audit records. Each room says which of its acts are refusals by their very name."""

from __future__ import annotations

from collections.abc import Mapping

from django.db import models
from django.utils.translation import gettext_lazy as _


class Outcome(models.TextChoices):
    DONE = "DONE", _("Done")
    REFUSED = "REFUSED", _("Refused")
    FAILED = "FAILED", _("Failed")


_of_actions: dict[str, Outcome] = {}


def register_outcomes(outcomes: Mapping[str, Outcome]) -> None:
    """Say what came of acts that are never simply done, such as a sign-in that was refused."""
    _of_actions.update(outcomes)


def outcome_of(action: str, recorded: str = Outcome.DONE) -> Outcome:
    """What came of an act: what is recorded of it, unless that is "done" and its name says otherwise."""
    return _of_actions.get(action, Outcome.DONE) if recorded == Outcome.DONE else Outcome(recorded)


def actions_with(outcome: Outcome) -> list[str]:
    """The acts whose name alone says that this came of them."""
    return [action for action, known in _of_actions.items() if known == outcome]
