"""Dated parameters: every number that comes from a rule, a regulation or a default of ours (A.6).

`value(code, on=day)` answers with what was in force on that day. The shipped rows stand in
`data/parameters.toml`; they are loaded once and changed only by an approved proposal. Each has its least and its
most: a stored value beyond them is passed over, so that no number in the register can stop the bank.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from importlib.resources import files
from typing import Any

from django.db import transaction

from zhike.core.models import Parameter, ParameterRange


class UnknownParameter(LookupError):
    """No row of this code is in force on the day: a bug in the caller or a hole in the register."""


@dataclass(frozen=True, slots=True)
class Shipped:
    """One row of the register as it is shipped."""

    code: str
    value: Any
    unit: str
    most: int
    source: str = ""
    scope: str = ""
    least: int = 1


@cache
def shipped() -> tuple[Shipped, ...]:
    """The register that comes with the product, in the order of the file."""
    text = files("zhike.core").joinpath("data/parameters.toml").read_text("utf-8")
    return tuple(Shipped(**row) for row in tomllib.loads(text)["parameter"])


@cache
def _ranges() -> dict[str, tuple[int, int]]:
    return {row.code: (row.least, row.most) for row in shipped()}


def range_of(code: str) -> tuple[int, int]:
    """The least value a parameter may take, and the most. Raises UnknownParameter."""
    if code not in _ranges():
        raise UnknownParameter(code)
    return _ranges()[code]


def numbers_in(value: Any) -> list[int | float]:
    """The numbers a value consists of; none where it is made of words."""
    parts = value if isinstance(value, list) else [value]
    return [part for part in parts if isinstance(part, int | float) and not isinstance(part, bool)]


def is_in_range(code: str, value: Any) -> bool:
    """Whether every number of a value lies between the least and the most of its parameter."""
    least, most = _ranges().get(code, (float("-inf"), float("inf")))
    return all(least <= number <= most for number in numbers_in(value))


@transaction.atomic
def load_shipped(*, now: datetime) -> int:
    """Add the shipped rows that are not there yet; rows the bank has changed stay. Returns how many.

    The database learns every range anew, for `zhike doctor`, which knows no room.
    """
    ParameterRange.objects.all().delete()
    ParameterRange.objects.bulk_create(
        ParameterRange(code=code, least=least, most=most) for code, (least, most) in _ranges().items()
    )
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
    rows = Parameter.objects.filter(code=code, scope__in={scope, ""}, valid_from__lte=on).order_by(
        "-scope", "-valid_from", "-id"
    )
    newest = rows.values_list("value", flat=True).first()
    if newest is not None and not is_in_range(code, newest):
        newest = next((row.value for row in rows if is_in_range(code, row.value)), None)
    if newest is None:
        raise UnknownParameter(code)
    return newest
