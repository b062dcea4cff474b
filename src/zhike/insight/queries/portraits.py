"""The portrait there is now, and whether it is of the newest facts."""

from __future__ import annotations

import hashlib
import json
from datetime import date

from zhike.analytics import portrait
from zhike.facts import api as facts
from zhike.insight.models import Portrait
from zhike.insight.queries.sources import registered


def current() -> Portrait | None:
    """The latest portrait; None before the first was made."""
    return Portrait.objects.exclude(path="").order_by("-pk").first()


def rests_on(snapshot: facts.Snapshot, as_of: date) -> str:
    """A digest of what a portrait of a day made now would rest on: the loads, every source's state, the SQL."""
    state = {
        "as_of": as_of.isoformat(),
        "batches": snapshot.batches,
        "sources": {
            source.code: [source.state(), *(each.code for each in source.fields)] for source in registered()
        },
        "sql": portrait.sql_sha256(),
    }
    return hashlib.sha256(json.dumps(state, sort_keys=True).encode()).hexdigest()


def is_outdated(kept: Portrait | None) -> bool:
    """Whether newer facts, or newer findings of a source, wait to be taken in."""
    snapshot = facts.snapshot()
    day = snapshot.business_on
    return day is not None and (kept is None or kept.basis != rests_on(snapshot, day))
