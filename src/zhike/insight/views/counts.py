"""How many are in a rule, drawn beside it and while it is written."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from zhike.analytics.rules import Group, RuleHasProblems
from zhike.insight.queries import counting, field_words, portraits, reach
from zhike.insight.queries.sources import fields
from zhike.staff.models import Staff

_MOST_OUTLETS = 20


def count_context(rule: Group, person: Staff, *, outlets: frozenset[int] | None = None) -> dict[str, Any]:
    """Number and split of a rule for somebody, for `insight/_count.html`. Without a portrait, or of a rule that is not
    complete, there is none, and the page says which."""
    mine = reach.reach_of(person, on=timezone.localdate())
    try:
        found = counting.count(rule, reach=mine, outlets=outlets)
    except RuleHasProblems:
        return {"count": None, "is_incomplete": True, "has_portrait": True}
    return {
        "count": found,
        "is_incomplete": False,
        "is_nobody": mine.is_nobody,
        "has_portrait": portraits.current() is not None,
        "is_limited": mine.outlets is not None,
        "splits": _splits(found) if found else [],
    }


def _splits(found: counting.Count) -> list[tuple[str, list[counting.Part], int]]:
    """The splits with their titles and how many lines of each are left out."""
    titles = {
        "customer_group": field_words.label_of("CUSTOMER_GROUP"),
        "tier": field_words.label_of("TIER"),
        "outlet_id": _("Outlet"),
    }
    told = []
    for name, title in titles.items():
        parts = [_named(name, part) for part in found.splits[name]]
        if name == "tier" and all(part.code is None for part in parts):
            continue  # nothing has been published yet
        told.append((title, parts[:_MOST_OUTLETS], max(0, len(parts) - _MOST_OUTLETS)))
    return told


def _named(split: str, part: counting.Part) -> counting.Part:
    code = {field.column: field.code for field in fields().values()}.get(split)
    if part.code is None:
        label = _("not known")
    else:
        label = field_words.choice_of(code, str(part.code)) if code else part.label or _("not known")
    return counting.Part(part.code, part.count, part.of_count, label)
