"""Reading a folder of extracts by a mapping: the whole way from files to checked canonical tables.

The result is a DuckDB file with the nine tables of the contract and the rejects. SQL of the mapping runs
on a connection that reaches no file but the extracts and whose settings are locked.
"""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Mapping as Table
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb
import numpy as np

from zhike.facts import checks, contract
from zhike.facts.intake import quoting, rejects
from zhike.facts.intake.building import Builder
from zhike.facts.intake.figures import number, single_row
from zhike.facts.intake.files import find_files
from zhike.facts.intake.limits import Limits
from zhike.facts.intake.loading import ExtractFile, load_sources
from zhike.facts.intake.mapping import Mapping
from zhike.facts.intake.reconcile import Statement, reconcile
from zhike.facts.intake.refusals import ExtractFault, ExtractRefused
from zhike.facts.intake.running_balance import Chain, derive_balances, follow_chain
from zhike.facts.intake.workplace import Workplace

DATABASE = "reading.duckdb"


@dataclass(frozen=True, slots=True)
class Control:
    """Control totals of one canonical table: rows offered, kept and rejected, and each sum of cents."""

    table: str
    offered: int
    kept: int
    rejected: int
    sums_cents: Table[str, int]


@dataclass(frozen=True, slots=True)
class Reading:
    """What a folder of extracts holds. `connection` has the canonical tables and `rejects`.

    Close the connection before deleting `database`.
    """

    mapping: Mapping
    connection: duckdb.DuckDBPyConnection
    database: Path
    files: tuple[ExtractFile, ...]
    controls: tuple[Control, ...]
    statements: tuple[Statement, ...]
    chain: Chain | None
    reject_count: int
    business_on: date | None

    @property
    def rejects(self) -> Iterable[rejects.Reject]:
        """All rejects by file and line."""
        return rejects.list_rejects(self.connection)

    @property
    def blocks(self) -> tuple[Statement, ...]:
        """Statements that differ without an explanation: the load must not go on (T-23)."""
        return tuple(statement for statement in self.statements if statement.blocks)


def read(
    mapping: Mapping,
    folder: Path,
    work: Path,
    *,
    today: date,
    known: Table[str, Iterable[str]] | None = None,
    limits: Limits | None = None,
) -> Reading:
    """Read all extracts of `folder` into a new DuckDB file in the empty folder `work`.

    `today` is the last day a fact may have happened on; `known` the keys loaded before, by table, which
    references may also point at. Nothing outside `work` is written. Raises ExtractRefused.
    """
    limits = limits or Limits()
    found = {source.name: find_files(source, folder) for source in mapping.sources.values()}
    database = work / DATABASE
    with duckdb.connect(str(database), config=_config(work, limits)) as connection:
        _lock(connection, [path for paths in found.values() for path in paths], work)
        checks.create_macros(connection)
        connection.execute(rejects.CREATE)
        files = load_sources(Workplace(connection, work, limits), mapping, found)
        _settle(connection)
        _create_views(connection, mapping)
        numbered = {number: file.name for number, file in enumerate(files)}
        builder = Builder(
            connection, mapping, numbered, today, limits, known=_register(connection, known or {})
        )
        builder.build()
        chain = _follow(connection, mapping, builder)
        statements = reconcile(connection, mapping.expectations)
        builder.drop_lineage()
        controls = _controls(connection, builder.offered)
    opened = duckdb.connect(str(database), config=_config(work, limits))
    return Reading(
        mapping, opened, database, tuple(files), controls, statements, chain,
        reject_count=number(opened, "SELECT count(*) FROM rejects"),
        business_on=_business_date(opened),
    )  # fmt: skip


def _follow(connection: duckdb.DuckDBPyConnection, mapping: Mapping, builder: Builder) -> Chain | None:
    rules = mapping.running_balance
    if rules is None:
        return None
    chain = follow_chain(connection, rules)
    if rules.derive_balances:
        builder.offered["balances"] = derive_balances(connection, rules)
    return chain


def _config(work: Path, limits: Limits) -> dict[str, str | bool | int | float | list[str]]:
    return {
        "memory_limit": limits.memory,
        "threads": limits.threads,
        "temp_directory": str(work / "spill"),
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
        "allow_community_extensions": False,
    }


def _lock(connection: duckdb.DuckDBPyConnection, paths: list[Path], work: Path) -> None:
    allowed = ", ".join(quoting.literal(str(path)) for path in paths)
    connection.execute("SET force_compression = 'uncompressed'")  # the file is short-lived: time over space
    connection.execute(f"SET allowed_paths = [{allowed}]")
    connection.execute(f"SET allowed_directories = [{quoting.literal(str(work))}]")
    connection.execute("SET enable_external_access = false")


def _settle(connection: duckdb.DuckDBPyConnection) -> None:
    """From here on rows carry their file and line, and may be worked on in any order; no setting changes."""
    connection.execute("SET preserve_insertion_order = false")
    connection.execute("SET lock_configuration = true")


def _create_views(connection: duckdb.DuckDBPyConnection, mapping: Mapping) -> None:
    """The views of the mapping, as texts, each run once; what fails is the mapping's SQL on this data."""
    for view in mapping.views:
        columns = ", ".join(
            f"CAST({quoting.name(column)} AS VARCHAR) AS {quoting.name(column)}" for column in view.columns
        )
        try:
            connection.execute(
                f"CREATE TEMP TABLE {quoting.name(view.name)} AS "
                f"SELECT CAST(_file AS SMALLINT) AS _file, CAST(_line AS BIGINT) AS _line, {columns} "
                f"FROM ({view.sql})"
            )
        except duckdb.Error as error:
            raise ExtractRefused(
                ExtractFault.VIEW_FAILED, file=mapping.file, column=view.name, detail=str(error)
            ) from error


def _register(connection: duckdb.DuckDBPyConnection, known: Table[str, Iterable[str]]) -> dict[str, str]:
    """A table of the keys loaded before, for each canonical table that has some."""
    names = {}
    for table, keys in known.items():
        names[table] = f"known_{contract.TABLES[table].name}"
        connection.register("known_keys", {"key": np.array(list(keys), dtype=object)})
        connection.execute(
            f"CREATE TEMP TABLE {names[table]} AS SELECT CAST(key AS VARCHAR) AS key FROM known_keys"
        )
        connection.unregister("known_keys")
    return names


def _controls(connection: duckdb.DuckDBPyConnection, offered: Table[str, int]) -> tuple[Control, ...]:
    controls = []
    for table in contract.TABLES.values():
        money = [column.name for column in table.columns if column.name.endswith("_cents")]
        sums = "".join(f", coalesce(sum({name}), 0)" for name in money)
        kept, *totals = single_row(connection, f"SELECT count(*){sums} FROM {table.name}")
        controls.append(
            Control(
                table.name,
                offered[table.name],
                kept,
                offered[table.name] - kept,
                dict(zip(money, totals, strict=True)),
            )
        )
    return tuple(controls)


def _business_date(connection: duckdb.DuckDBPyConnection) -> date | None:
    """The last day on which something happened: a transaction or an event."""
    sql = """SELECT max(day) FROM (
        SELECT max(booked_on) AS day FROM transactions UNION ALL SELECT max(happened_on) FROM events)"""
    last: date | None = single_row(connection, sql)[0]
    return last
