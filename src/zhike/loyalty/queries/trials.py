"""What a trial found, in words."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from zhike.core import formats
from zhike.loyalty.queries.run_figures import step_between


def tier_changes_in_words(trial: dict[str, Any]) -> str:
    """How many customers would change tier against the version in force; '' where there was none to compare."""
    moves = trial.get("moves")
    if moves is None:
        return ""
    steps = dict.fromkeys(("up", "down"), 0)
    for before, after, count in moves:
        step = step_between(before, after)
        if step in steps:
            steps[step] += count
    words = {name: formats.grouped(count) for name, count in steps.items()}
    words["all"] = formats.grouped(sum(steps.values()))
    return _("%(all)s customers would change tier: %(up)s up, %(down)s down.") % words
