"""Who is in a rule: counted with the split of those who are, or written out, over a view named `portrait`."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from zhike.analytics import rules
from zhike.analytics.engine import Engine, Value
from zhike.analytics.portrait import Field
from zhike.analytics.rules import Group

VIEW = "portrait"


@dataclass(frozen=True, slots=True)
class Cell:
    """One combination of the columns of a split: how many customers are in the rule, and how many there are."""

    key: tuple[object, ...]
    count: int
    of_count: int


@dataclass(frozen=True, slots=True)
class Asked:
    """A rule as of a day, asked of the customers of some outlets; None is of all."""

    rule: Group
    fields: Mapping[str, Field]
    as_of: date
    outlets: Collection[int] | None = None


def counted(engine: Engine, asked: Asked) -> int:
    """How many customers are in. Raises RuleHasProblems."""
    inside, bound = _where(engine, asked)
    return int(engine.fetch(f"SELECT COUNT(*) FROM {VIEW} WHERE {inside}", bound)[0][0])


def split(engine: Engine, asked: Asked, by: Collection[str]) -> list[Cell]:
    """Count by columns, in one pass: who is in beside who there is. Raises RuleHasProblems."""
    test, bound = rules.compiled(asked.rule, asked.fields, asked.as_of)
    keys = ", ".join(by)
    rows = engine.fetch(
        f"SELECT {keys}, CAST(SUM(CASE WHEN {test} THEN 1 ELSE 0 END) AS BIGINT) AS inside, COUNT(*) AS whole"
        f" FROM {VIEW} WHERE {_among(engine, asked.outlets)} GROUP BY {keys}",
        bound,
    )
    return [Cell(tuple(row[:-2]), int(row[-2]), int(row[-1])) for row in rows]


def written(engine: Engine, asked: Asked, path: str | Path) -> None:
    """Write who is in, with the outlet, to Parquet. Raises RuleHasProblems."""
    inside, bound = _where(engine, asked)
    engine.write(f"SELECT customer_id, outlet_id FROM {VIEW} WHERE {inside}", bound, path)


def _where(engine: Engine, asked: Asked) -> tuple[str, dict[str, Value]]:
    test, bound = rules.compiled(asked.rule, asked.fields, asked.as_of)
    return f"{_among(engine, asked.outlets)} AND {test}", bound


def _among(engine: Engine, outlets: Collection[int] | None) -> str:
    """The condition of the outlets, which are rows of a small table: there may be hundreds."""
    if outlets is None:
        return "TRUE"
    engine.table("outlets_asked", (("outlet_id", "BIGINT"),), [(outlet,) for outlet in sorted(outlets)])
    return "outlet_id IN (SELECT outlet_id FROM outlets_asked)"
