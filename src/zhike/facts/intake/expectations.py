"""What the mapping says must come out (`[[expect]]`): row counts and sums, from a guide or a control file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from zhike.facts import contract
from zhike.facts.contract import Type
from zhike.facts.intake import quoting
from zhike.facts.intake.conditions import Column, condition
from zhike.facts.intake.expressions import Decision, compile_expression
from zhike.facts.intake.refusals import MappingFault
from zhike.facts.intake.section import Section


@dataclass(frozen=True, slots=True)
class Lookup:
    """A figure delivered by the bank: SQL of the value over the rows of a source."""

    source: str
    value: str
    where: str


@dataclass(frozen=True, slots=True)
class Expectation:
    """A count (`unit` rows) or a sum (`unit` cents) over a source or canonical table.

    `measure` and `where` are SQL. `explained` says why a difference is known; it then does not block.
    """

    name: str
    relation: str
    measure: str
    where: str
    unit: str
    equals: int | Lookup
    explained: str


@dataclass
class _SourceNames:
    columns: tuple[str, ...]
    codes: Mapping[str, Mapping[str, str]]
    decisions: Mapping[str, Decision]

    def column(self, section: Section, reference: str) -> str:
        if reference not in self.columns:
            raise section.refusal(MappingFault.UNKNOWN_NAME, value=reference)
        return quoting.name(reference)


def load_expectation(section: Section, columns: Mapping[str, tuple[str, ...]]) -> Expectation:
    """Check one `[[expect]]`; `columns` are those of each source and view. Raises MappingRefused."""
    name, explained = section.take("name", str), section.take("explained", str, "")
    table_name, source = section.take("table", str, ""), section.take("source", str, "")
    if bool(table_name) == bool(source):
        raise section.refusal(MappingFault.MISSING_KEY, "source")
    if source and source not in columns:
        raise section.refusal(MappingFault.UNKNOWN_NAME, "source", value=source)
    if table_name and table_name not in contract.TABLES:
        raise section.refusal(MappingFault.UNKNOWN_NAME, "table", value=table_name)
    column = _table_column(contract.TABLES[table_name]) if table_name else _names(columns[source]).column
    where = section.take_any("where", None)
    counts, summed = section.take("count", bool, False), section.take("sum", str, "")
    if counts == bool(summed):
        raise section.refusal(MappingFault.MISSING_KEY, "count")
    measure = "count(*)"
    if summed and source:
        measure = _sum(_cents(section, summed, columns[source]))
    elif summed:
        measure = _sum(_cents_column(section, summed, contract.TABLES[table_name]))
    expectation = Expectation(
        name=name,
        relation=source or table_name,
        measure=measure,
        where="true" if where is None else condition(section.below("where"), where, column),
        unit="cents" if summed else "rows",
        equals=_equals(section, columns, summed=bool(summed)),
        explained=explained,
    )
    section.finish()
    return expectation


def _equals(section: Section, columns: Mapping[str, tuple[str, ...]], *, summed: bool) -> int | Lookup:
    given = section.take_any("equals")
    if isinstance(given, int) and not isinstance(given, bool):
        return given
    found = section.below("equals", given)
    source, column, where = (
        found.take("source", str),
        found.take("column", str),
        found.take_any("where", None),
    )
    found.finish()
    if source not in columns:
        raise found.refusal(MappingFault.UNKNOWN_NAME, "source", value=source)
    names = _names(columns[source])
    key = "cents" if summed else "whole"
    value = compile_expression(found.below("column"), {key: column}, names).sql
    test = "true" if where is None else condition(found.below("where"), where, names.column)
    return Lookup(source, value, test)


def _names(columns: tuple[str, ...]) -> _SourceNames:
    return _SourceNames(columns, {}, {})


def _table_column(table: contract.Table) -> Column:
    def column(section: Section, reference: str) -> str:
        if reference not in table.by_name:
            raise section.refusal(MappingFault.UNKNOWN_NAME, value=reference)
        return f"CAST({quoting.name(reference)} AS VARCHAR)"

    return column


def _cents(section: Section, column: str, columns: tuple[str, ...]) -> str:
    return compile_expression(section.below("sum"), {"cents": column}, _names(columns)).sql


def _cents_column(section: Section, column: str, table: contract.Table) -> str:
    if column not in table.by_name or table.by_name[column].type is not Type.BIGINT:
        raise section.refusal(MappingFault.UNKNOWN_NAME, "sum", value=column)
    return quoting.name(column)


def _sum(sql: str) -> str:
    return f"coalesce(sum({sql}), 0)"
