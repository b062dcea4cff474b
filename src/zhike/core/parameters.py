"""Dated parameters: every number that comes from a rule, a regulation or a default of ours (A.6).

`value(code, on=day)` answers with what was in force on that day. The shipped rows stand in
`data/parameters.toml`; they are loaded once and changed only by an approved proposal.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from datetime import date, datetime
from importlib.resources import files
from typing import Any

from zhike.core.models import Parameter


class UnknownParameter(LookupError):
    """No row of this code is in force on the day: a bug in the caller or a hole in the register."""


@dataclass(frozen=True, slots=True)
class Shipped:
    """One row of the register as it is shipped."""

    code: str
    value: Any
    unit: str
    source: str = ""
    scope: str = ""
    least: int = 1
    most: int | None = None


def shipped() -> list[Shipped]:
    """The register that comes with the product, in the order of the file."""
    text = files("zhike.core").joinpath("data/parameters.toml").read_text("utf-8")
    return [Shipped(**row) for row in tomllib.loads(text)["parameter"]]


def range_of(code: str) -> tuple[int, int | None]:
    """The least value a parameter may take, and the most, if there is one. Raises UnknownParameter."""
    for row in shipped():
        if row.code == code:
            return row.least, row.most
    raise UnknownParameter(code)


def load_shipped(*, now: datetime) -> int:
    """Add the shipped rows that are not there yet; rows the bank has changed stay. Returns how many."""
    known = set(Parameter.objects.values_list("code", "scope"))
    rows = [
        Parameter(
            code=row.code, scope=row.scope, valid_from=date(2000, 1, 1), value=row.value, unit=row.unit,
            source=row.source, changed_at=now,
        )
        for row in shipped()
        if (row.code, row.scope) not in known
    ]  # fmt: skip
    Parameter.objects.bulk_create(rows)
    return len(rows)


def value(code: str, *, on: date, scope: str = "") -> Any:
    """The value in force on a day, the scope's own before the general one. Raises UnknownParameter."""
    row = (
        Parameter.objects.filter(code=code, scope__in={scope, ""}, valid_from__lte=on)
        .order_by("-scope", "-valid_from", "-id")
        .values_list("value", flat=True)
        .first()
    )
    if row is None:
        raise UnknownParameter(code)
    return row
