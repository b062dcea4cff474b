"""Pages by an opaque mark: where the last page ended, so that page 10,000 costs what page 1 costs."""

from __future__ import annotations

import re
from typing import Annotated, Any

from django.db.models import QuerySet
from ninja import Schema
from pydantic import BeforeValidator, Field, WithJsonSchema

from zhike.rest.views.marks import N_

SIZE, LARGEST = 50, 100
_MARK = re.compile(r"a([1-9][0-9]{0,17})")


def mark_after(pk: int) -> str:
    """The mark of a page that ended with this row."""
    return f"a{pk}"


def _read_mark(text: Any) -> int | None:
    """The row a mark names. Raises ValueError, which becomes a 422 that names the parameter."""
    if text is None:
        return None
    found = _MARK.fullmatch(str(text))
    if found is None:
        raise ValueError("not a mark of this API")
    return int(found[1])


Mark = Annotated[
    int | None,
    BeforeValidator(_read_mark),
    WithJsonSchema({"type": "string", "pattern": f"^{_MARK.pattern}$"}),
]


class PageQuery(Schema):
    """Which page."""

    size: int = Field(SIZE, ge=1, le=LARGEST, description=N_("Rows on a page."))
    after: Mark = Field(
        None, description=N_("The “next” of the page before; leave it out for the first page.")
    )


def page_of(
    rows: QuerySet, query: PageQuery, *, key: str = "pk", newest_first: bool = False
) -> tuple[list, str | None]:
    """The rows of a page and the mark of the next one, or None. `key` is the unique number they go by."""
    if query.after is not None:
        rows = rows.filter(**{f"{key}__{'lt' if newest_first else 'gt'}": query.after})
    found = list(rows.order_by(f"-{key}" if newest_first else key)[: query.size + 1])
    if len(found) <= query.size:
        return found, None
    shown = found[: query.size]
    return shown, mark_after(getattr(shown[-1], key))
