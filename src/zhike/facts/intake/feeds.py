"""Which feeds a delivery holds, be they empty: no complaint delivered is not the same as no delivery (formula E.6)."""

from __future__ import annotations

from collections.abc import Collection

from zhike.facts import contract
from zhike.facts.intake import quoting
from zhike.facts.intake.mapping import Feed, Mapping


def feeds_of(mapping: Mapping, sources: Collection[str]) -> tuple[str, ...]:
    """The feeds that a mapping makes of the sources that were there: tables, and of events each kind it knows.

    A feed from a view counts as there: the view stands for whatever it reads.
    """
    found = set()
    for feed in mapping.feeds:
        if feed.source and feed.source in mapping.sources and feed.source not in sources:
            continue
        found.add(feed.table.name)
        if feed.table is contract.EVENTS:
            found.update(f"{contract.EVENTS.name}:{kind}" for kind in _kinds(feed))
    if mapping.running_balance is not None and mapping.running_balance.derive_balances:
        found.add(contract.BALANCES.name)
    return tuple(sorted(found))


def _kinds(feed: Feed) -> list[str]:
    """The kinds of event that the mapping writes for its column, by a constant or by a table of codes."""
    made = [feed.columns["kind"].sql] if "kind" in feed.columns else []
    made += [row["kind"].sql for row in feed.rows if "kind" in row]
    return [kind for kind in contract.EVENT_KINDS if any(quoting.literal(kind) in sql for sql in made)]
