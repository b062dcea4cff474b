"""Reconciliation: what came out against what the bank, a guide or a control file says (T-23)."""

from __future__ import annotations

from dataclasses import dataclass

import duckdb

from zhike.facts.intake import quoting
from zhike.facts.intake.expectations import Expectation, Lookup
from zhike.facts.intake.figures import single_row


@dataclass(frozen=True, slots=True)
class Statement:
    """One figure: expected, found, in rows or cents. `expected` is None where no control row gives it."""

    name: str
    unit: str
    expected: int | None
    found: int
    explained: str = ""

    @property
    def is_equal(self) -> bool:
        """Expected and found agree to the row, to the cent."""
        return self.expected == self.found

    @property
    def blocks(self) -> bool:
        """A difference that nobody has explained blocks the load."""
        return not self.is_equal and not self.explained


def reconcile(
    connection: duckdb.DuckDBPyConnection, expectations: tuple[Expectation, ...]
) -> tuple[Statement, ...]:
    """Compute every `[[expect]]` of a mapping over its sources and the canonical tables."""
    return tuple(
        Statement(
            expectation.name,
            expectation.unit,
            _expected(connection, expectation.equals),
            _figure(connection, expectation.measure, expectation.relation, expectation.where) or 0,
            expectation.explained,
        )
        for expectation in expectations
    )


def _expected(connection: duckdb.DuckDBPyConnection, equals: int | Lookup) -> int | None:
    if isinstance(equals, int):
        return equals
    single = f"CASE WHEN count(*) = 1 THEN max({equals.value}) END"  # two control rows are none
    return _figure(connection, single, equals.source, equals.where)


def _figure(connection: duckdb.DuckDBPyConnection, measure: str, relation: str, where: str) -> int | None:
    value: int | None = single_row(
        connection, f"SELECT {measure} FROM {quoting.name(relation)} WHERE {where}"
    )[0]
    return value
