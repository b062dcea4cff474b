"""Builds 天华银行 as canonical tables in a DuckDB database.

The generator is a chain of set-based SQL files (`sql/`) over working tables in a schema of its own,
which is dropped at the end. Facts are posted in slices of customers, so memory stays bounded at any size.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import astuple, dataclass
from datetime import date
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

from zhike.facts.contract import TABLES, Table
from zhike.facts.demo import cast, shape
from zhike.facts.demo.checks import create_checks
from zhike.facts.demo.draws import create_draws
from zhike.facts.demo.organisation import organise
from zhike.facts.demo.players import insert_characters
from zhike.facts.demo.tables import fill, make
from zhike.facts.demo.words import create_words

if TYPE_CHECKING:
    from collections.abc import Iterator

DEFAULT_CUSTOMERS = 3_000
DEFAULT_SEED = 20_260_930
FEWEST_CUSTOMERS = 200
SLICE = 50_000
_SLICE_TABLES = ("flows", "living", "paces", "settlements", "starts", "positions")

Progress = Callable[[float], None]


class BankTooSmallError(ValueError):
    """Fewer customers were asked for than the cast and its indicators need."""

    code = "BANK_TOO_SMALL"

    def __init__(self, customers: int) -> None:
        super().__init__(f"{customers} customers; at least {FEWEST_CUSTOMERS} are needed")
        self.customers = customers


@dataclass(frozen=True, slots=True)
class Bank:
    """A built bank: where it lies, what it was made from, how many rows each table has, the cast's keys."""

    connection: duckdb.DuckDBPyConnection
    business_date: date
    seed: int
    counts: dict[str, int]
    cast_keys: dict[str, str]


def build(
    database: str | Path | duckdb.DuckDBPyConnection,
    *,
    business_date: date,
    customers: int = DEFAULT_CUSTOMERS,
    seed: int = DEFAULT_SEED,
    detail_percent: int = 100,
    progress: Progress | None = None,
) -> Bank:
    """Build the bank into `database` (a path or a connection), nine canonical tables in schema `main`.

    The same arguments give the same rows on every machine. `detail_percent` thins everyday
    transactions without changing the money they move: 100 gives about 57 transactions per customer, 6 gives
    20. `progress` is told the share done (0..1). The connection stays open in the result.
    Raises BankTooSmallError below 200 customers, and DuckDB's own error when the tables exist already.
    """
    if customers < FEWEST_CUSTOMERS:
        raise BankTooSmallError(customers)
    connection = (
        database if isinstance(database, duckdb.DuckDBPyConnection) else duckdb.connect(str(database))
    )
    tell = progress or (lambda share: None)
    for table in TABLES.values():
        connection.execute(create_statement(table))
    with _workshop(connection):
        create_draws(connection, seed=seed)
        create_checks(connection)
        create_words(connection)
        _create_frame(connection, customers=customers, seed=seed, business_date=business_date)
        for step in ("people", "files", "holdings", "events"):
            _run(connection, step)
        keys = insert_characters(connection, business_date)
        _run(connection, "canonical")
        tell(0.1)
        for low in range(1, customers + 1, SLICE):
            high = min(low + SLICE - 1, customers)
            _post(connection, low=low, high=high, detail_percent=detail_percent)
            tell(0.1 + 0.9 * high / customers)
    counts = {
        name: connection.execute(f"SELECT count(*) FROM main.{name}").fetchall()[0][0] for name in TABLES
    }
    return Bank(connection, business_date, seed, counts, keys)


def create_statement(table: Table) -> str:
    """CREATE TABLE of a canonical table, columns in the contract's order."""
    columns = ", ".join(
        f"{column.name} {column.type}{' NOT NULL' if column.required else ''}" for column in table.columns
    )
    return f"CREATE TABLE main.{table.name} ({columns})"


@contextmanager
def _workshop(connection: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """A schema for the working tables, first in the search path, gone afterwards."""
    ((path_before,),) = connection.execute("SELECT current_setting('search_path')").fetchall()
    connection.execute("CREATE SCHEMA made")
    connection.execute("SET search_path = 'made,main'")
    try:
        yield
    finally:
        for name in _SLICE_TABLES:
            connection.execute(f"DROP TABLE IF EXISTS temp.{name}")
        connection.execute(f"SET search_path = '{path_before}'")
        connection.execute("DROP SCHEMA made CASCADE")


def _create_frame(
    connection: duckdb.DuckDBPyConnection, *, customers: int, seed: int, business_date: date
) -> None:
    """The organisation and the constants every SQL file speaks of."""
    organisation = organise(customers=customers, seed=seed, business_date=business_date)
    fill(connection, "main.outlets", map(astuple, organisation.units))
    fill(connection, "main.staff", ((*astuple(employee), None) for employee in organisation.staff))
    make(
        connection,
        "outlets",
        "position BIGINT, outlet_code VARCHAR, region VARCHAR",
        [(number, unit.outlet_code, unit.region) for number, unit in enumerate(organisation.outlets)],
    )
    make(
        connection, "seats", "outlet BIGINT, seat BIGINT, staff_no VARCHAR", map(astuple, organisation.seats)
    )
    make(connection, "lifetimes", "from_mark BIGINT, years_lived BIGINT", shape.lifetimes())
    make(
        connection,
        "wealth_scale",
        "whose VARCHAR, from_rank BIGINT, to_rank BIGINT, from_cents BIGINT, to_cents BIGINT",
        shape.wealth_scale(),
    )
    months = shape.months(business_date)
    make(connection, "months", "position INT, month_on DATE, days INT, season INT", months)
    constants = {
        "business_on": f"DATE '{business_date}'",
        "window_on": f"DATE '{months[0][1]}'",
        "last_days": months[-1][2],
        "customer_count": customers,
        "first_generated": len(cast.CHARACTERS) + 1,
        "outlet_count": len(organisation.outlets),
        "seat_count": max(seat.seat for seat in organisation.seats),
    }
    for name, value in constants.items():
        connection.execute(f"CREATE MACRO {name}() AS {value}")


def _post(connection: duckdb.DuckDBPyConnection, *, low: int, high: int, detail_percent: int) -> None:
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE flows (i BIGINT, role INT, instance INT, booked_on DATE, ord INT, "
        "kind VARCHAR, amount_cents BIGINT, channel VARCHAR, purpose VARCHAR, counter_bank VARCHAR)"
    )
    for step in ("flows", "everyday", "settle"):
        _run(connection, step, low=low, high=high, detail=detail_percent)


def _run(connection: duckdb.DuckDBPyConnection, step: str, **parameters: int) -> None:
    """Run the statements of one SQL file, each with those parameters it names."""
    text = resources.files(__package__).joinpath("sql", f"{step}.sql").read_text(encoding="utf-8")
    for statement in duckdb.extract_statements(text):
        needed = {name: parameters[name] for name in statement.named_parameters}
        connection.execute(statement, needed)
