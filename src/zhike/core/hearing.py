"""How a lower room tells a higher one: named lists of handlers, filled once by `zhike.config.wiring`.

A handler runs in the teller's transaction. The names are declared by the room that speaks, so a typing
error in the wiring stops the start, not a night's job.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Handler = Callable[..., Any]

_topics: dict[str, list[Handler]] = {}


def topic(name: str) -> str:
    """Declare a name that handlers may be attached to."""
    _topics.setdefault(name, [])
    return name


def attach(name: str, handler: Handler) -> None:
    """Let `handler` hear of `name`. Raises KeyError for a name nobody declared."""
    if handler not in _topics[name]:
        _topics[name].append(handler)


def tell(name: str, **facts: Any) -> list[Any]:
    """Call every handler of `name` in the order of the wiring; their answers are returned."""
    return [handler(**facts) for handler in _topics[name]]
