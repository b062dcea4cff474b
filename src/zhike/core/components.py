"""The parts pages are made of: which exist, and which attributes each takes.

`{% ui "tag" text=… tone="warn" %}` draws `ui/tag.html`. A component with a body is closed by `{% endui %}`
and may hold `{% slot "actions" %}…{% endslot %}`. An unknown component, attribute or slot, or a missing
required attribute, is a template error: a page that says something the part does not know must not pass.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Component:
    """What one part takes."""

    required: tuple[str, ...] = ()
    optional: Mapping[str, Any] = field(default_factory=dict)
    has_body: bool = False
    slots: tuple[str, ...] = ()


COMPONENTS: dict[str, Component] = {
    # the page
    "head": Component(("title",), {"tag": "", "tone": ""}, has_body=True, slots=("actions",)),
    "tabs": Component(("tabs", "label")),
    "panel": Component(
        ("title",), {"note": "", "id": "", "pad": False}, has_body=True, slots=("actions", "footer")
    ),
    "alert": Component((), {"tone": "warn", "title": "", "role": ""}, has_body=True),
    "empty": Component(("title",), {"text": "", "icon": "clipboard-check"}, has_body=True),
    "drawer": Component(("id", "title"), {}, has_body=True, slots=("footer",)),
    "confirm": Component(
        ("id", "title", "action", "verb"),
        {"tone": "primary", "fields": None, "downloads": False},
        has_body=True,
    ),
    # words and figures
    "tag": Component(("text",), {"tone": "", "icon": ""}),
    "tier": Component(("tier", "label"), {"score": None, "held": None}),
    "change": Component(("value",), {"text": "", "zero": "", "plain": False}),
    "kpis": Component(("label",), {}, has_body=True),
    "kpi": Component(("label", "value"), {"unit": "", "before": ""}, has_body=True),
    "desc": Component(("rows",)),
    "bar": Component(("value", "label"), {"maximum": 100, "wide": False, "tone": ""}),
    "track": Component(("value", "label"), {"maximum": 100, "mark": None, "target": False}),
    "indicator": Component(("name", "value"), {"maximum": 100, "mark": None, "text": "", "note": ""}),
    "chart": Component(("chart", "id"), {"size": ""}),
    "steps": Component(("steps", "label")),
    "timeline": Component(("entries", "label")),
    "skeleton": Component(("label",)),
    # lists
    "table": Component(("caption", "heads"), {"slim": False}, has_body=True, slots=("foot",)),
    "pager": Component(("list",)),
    "applied": Component(("list", "form")),
    "unread": Component(("chips",)),
    "filter": Component(("list", "form"), {"target": "results", "post": False}, has_body=True),
    # input
    "form": Component(
        ("form", "submit"),
        {
            "action": "",
            "cancel": "",
            "columns": 1,
            "guard": True,
            "kept": False,
            "upload": False,
            "tone": "primary",
        },
        has_body=True,
    ),
    "error_summary": Component(("form",)),
    "weight": Component(("id", "name", "label", "value"), {"current": None, "maximum": 100, "note": ""}),
}
"""Every part; `ui/<name>.html` draws it and the gallery shows it."""
