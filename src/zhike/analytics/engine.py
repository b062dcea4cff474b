"""The engines that run the reviewed SQL: DuckDB inside this process, or a Spark session of the caller.

Both take the same text with `:name` parameters and give the same rows, bit for bit. An engine belongs to
one run: the views and kept tables it makes live in it and end with it.
"""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Protocol, Self

import duckdb
import numpy as np

from zhike.analytics import dialect

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

Value = int | float | str | date | bool | None
Parameters = Mapping[str, Value]
Columns = Sequence[tuple[str, str]]
Paths = Sequence[str | Path]
Arrays = dict[str, "np.ma.MaskedArray[Any, Any]"]

_NAME = re.compile(r"[a-z_][a-z0-9_]*")


class Engine(Protocol):
    """What the computation asks of a database."""

    def view(self, name: str, paths: Paths, columns: Columns | None = None) -> None:
        """Name Parquet files (or Parquet folders) as a view. No path needs `columns`: an empty view."""

    def table(self, name: str, columns: Columns, rows: Sequence[Sequence[Value]]) -> None:
        """Make a small table from rows: parameters, fitted numbers, joined statistics."""

    def keep(self, name: str, sql: str, parameters: Parameters) -> None:
        """Compute a query once and keep its rows under a name for the rest of the run."""

    def write(self, sql: str, parameters: Parameters, path: str | Path) -> None:
        """Write a query's rows to Parquet: one file (DuckDB) or one folder (Spark)."""

    def fetch(self, sql: str, parameters: Parameters) -> list[tuple[Any, ...]]:
        """Return all rows of a query; for small results."""

    def arrays(self, sql: str, parameters: Parameters) -> Arrays:
        """Return the rows of a query by column, in its order; for numbers, and for slices of large results."""

    def columns(self, name: str) -> tuple[str, ...]:
        """Return the column names of a view or kept table."""

    def kinds(self, name: str) -> dict[str, str]:
        """Return the columns of a view or kept table with their types, in DuckDB's words."""


def identifier(name: str) -> str:
    """Return `name` if it is a plain lower-case SQL name. Raises ValueError otherwise."""
    if not _NAME.fullmatch(name):
        raise ValueError(f"not a plain SQL name: {name!r}")
    return name


def _bound(sql: str, parameters: Parameters) -> dict[str, Value]:
    """Pick the parameters a text names; a missing one is a KeyError here, not a NULL later."""
    return {name: parameters[name] for name in sorted(dialect.parameters_in(sql))}


class DuckEngine:
    """DuckDB in this process. Work larger than `memory_limit` spills into `temp_directory`.

    `memory_limit` is DuckDB's own spelling ("512MB"). Without a temp directory one is made and removed.
    """

    def __init__(
        self,
        *,
        memory_limit: str | None = None,
        threads: int | None = None,
        temp_directory: str | Path | None = None,
    ) -> None:
        self._own_folder = None if temp_directory else tempfile.mkdtemp(prefix="zhike-")
        settings: dict[str, str | bool | int | float | list[str]] = {
            "temp_directory": str(temp_directory or self._own_folder),
            "preserve_insertion_order": False,  # lets large results stream instead of queueing in memory
        }
        if memory_limit:
            settings["memory_limit"] = memory_limit
        if threads:
            settings["threads"] = threads
        self.connection = duckdb.connect(":memory:", config=settings)
        self.connection.execute("SET enable_progress_bar = false")  # else long queries draw one into the log
        for statement in dialect.DUCKDB:
            self.connection.execute(statement)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection and remove the temp directory if it was ours."""
        self.connection.close()
        if self._own_folder:
            shutil.rmtree(self._own_folder, ignore_errors=True)

    def _execute(self, sql: str, parameters: Parameters) -> duckdb.DuckDBPyConnection:
        text = dialect.without_comments(sql)
        return self.connection.execute(dialect.for_duckdb(text), _bound(text, parameters))

    def view(self, name: str, paths: Paths, columns: Columns | None = None) -> None:
        """See `Engine.view`."""
        if not paths:
            self.table(name, columns or (), ())
            return
        files = ", ".join(_literal(_files(path)) for path in paths)
        chosen = ", ".join(identifier(column) for column, _ in columns) if columns else "*"
        self._forget(name)
        self.connection.execute(f"CREATE VIEW {name} AS SELECT {chosen} FROM read_parquet([{files}])")

    def relation(self, name: str, sql: str) -> None:
        """Name a query of the caller's own over this connection as a view (tests, attached databases)."""
        self._forget(name)
        self.connection.execute(f"CREATE VIEW {name} AS {sql}")

    def table(self, name: str, columns: Columns, rows: Sequence[Sequence[Value]]) -> None:
        """See `Engine.table`."""
        if not columns:
            raise ValueError(f"table {name} needs columns")
        self._forget(name)
        ddl = ", ".join(f"{identifier(column)} {_type(kind)}" for column, kind in columns)
        self.connection.execute(f"CREATE TABLE {name} ({ddl})")
        if rows:
            parts = ", ".join(f"unnest(${column}::{_type(kind)}[])" for column, kind in columns)
            lists = zip(*rows, strict=True)
            values = {column: list(cells) for (column, _), cells in zip(columns, lists, strict=True)}
            self.connection.execute(f"INSERT INTO {name} SELECT {parts}", values)

    def keep(self, name: str, sql: str, parameters: Parameters) -> None:
        """See `Engine.keep`."""
        self._forget(name)
        self._execute(f"CREATE TABLE {name} AS {sql}", parameters)

    def write(self, sql: str, parameters: Parameters, path: str | Path) -> None:
        """See `Engine.write`."""
        text = dialect.without_comments(sql)
        copy = f"COPY ({dialect.for_duckdb(text)}) TO {_literal(str(path))} (FORMAT parquet)"
        self.connection.execute(copy, _bound(text, parameters))

    def fetch(self, sql: str, parameters: Parameters) -> list[tuple[Any, ...]]:
        """See `Engine.fetch`."""
        return self._execute(sql, parameters).fetchall()

    def arrays(self, sql: str, parameters: Parameters) -> Arrays:
        """See `Engine.arrays`."""
        found = self._execute(sql, parameters).fetchnumpy()
        return {name: np.ma.asarray(cells) for name, cells in found.items()}

    def columns(self, name: str) -> tuple[str, ...]:
        """See `Engine.columns`."""
        return tuple(self.kinds(name))

    def kinds(self, name: str) -> dict[str, str]:
        """See `Engine.kinds`."""
        described = self.connection.execute(f"DESCRIBE {identifier(name)}").fetchall()
        return {row[0]: row[1] for row in described}

    def _forget(self, name: str) -> None:
        kinds = self.connection.execute(
            "SELECT table_type FROM information_schema.tables WHERE table_name = $name",
            {"name": identifier(name)},
        ).fetchall()
        for (kind,) in kinds:
            self.connection.execute(f"DROP {'VIEW' if kind == 'VIEW' else 'TABLE'} {name}")


class SparkEngine:
    """A Spark session (4.0 or later, ANSI mode) of the caller, who also ends it.

    Kept tables are Parquet folders below `work_folder`, which all executors must reach.
    """

    def __init__(self, session: SparkSession, *, work_folder: str | Path) -> None:
        self.session = session
        self.work_folder = str(work_folder)
        for statement in dialect.SPARK:
            session.sql(statement)

    def _frame(self, sql: str, parameters: Parameters) -> DataFrame:
        text = dialect.without_comments(sql)
        return self.session.sql(text, args=_bound(text, parameters))

    def view(self, name: str, paths: Paths, columns: Columns | None = None) -> None:
        """See `Engine.view`."""
        if not paths:
            self.table(name, columns or (), ())
            return
        frame = self.session.read.parquet(*(spark_address(path) for path in paths))
        if columns:
            frame = frame.select(*(identifier(column) for column, _ in columns))
        frame.createOrReplaceTempView(identifier(name))

    def table(self, name: str, columns: Columns, rows: Sequence[Sequence[Value]]) -> None:
        """See `Engine.table`."""
        if not columns:
            raise ValueError(f"table {name} needs columns")
        ddl = ", ".join(f"{identifier(c)} {_type(k).replace('VARCHAR', 'STRING')}" for c, k in columns)
        frame = self.session.createDataFrame([tuple(row) for row in rows], ddl)
        frame.createOrReplaceTempView(identifier(name))

    def keep(self, name: str, sql: str, parameters: Parameters) -> None:
        """See `Engine.keep`."""
        path = f"{self.work_folder}/{identifier(name)}"
        self.write(sql, parameters, path)
        self.view(name, [path])

    def write(self, sql: str, parameters: Parameters, path: str | Path) -> None:
        """See `Engine.write`."""
        self._frame(sql, parameters).write.mode("overwrite").parquet(spark_address(path))

    def fetch(self, sql: str, parameters: Parameters) -> list[tuple[Any, ...]]:
        """See `Engine.fetch`."""
        return [tuple(row) for row in self._frame(sql, parameters).collect()]

    def arrays(self, sql: str, parameters: Parameters) -> Arrays:
        """See `Engine.arrays`."""
        frame = self._frame(sql, parameters)
        rows = frame.collect()
        return {
            name: np.ma.MaskedArray(
                [cell or 0 for cell in cells], [cell is None for cell in cells], dtype=_ARRAYS[kind]
            )
            for (name, kind), cells in zip(frame.dtypes, _turned(rows, len(frame.columns)), strict=True)
        }

    def columns(self, name: str) -> tuple[str, ...]:
        """See `Engine.columns`."""
        return tuple(self.kinds(name))

    def kinds(self, name: str) -> dict[str, str]:
        """See `Engine.kinds`."""
        return {column: _SPARK_KINDS[kind] for column, kind in self.session.table(identifier(name)).dtypes}


_ARRAYS = {"bigint": "i8", "int": "i8", "double": "f8", "boolean": "?"}
_SPARK_KINDS = {
    "bigint": "BIGINT", "int": "INTEGER", "double": "DOUBLE", "boolean": "BOOLEAN", "date": "DATE",
    "string": "VARCHAR",
}  # fmt: skip


def spark_address(path: str | Path) -> str:
    """A path as Spark finds it whatever file system its cluster takes for the usual one."""
    text = str(path)
    return f"file://{text}" if text.startswith("/") else text


def _turned(rows: Sequence[Sequence[Any]], width: int) -> list[tuple[Any, ...]]:
    """Rows as columns, also where there is no row."""
    return list(zip(*rows, strict=True)) if rows else [()] * width


_TYPES = frozenset({"VARCHAR", "BIGINT", "DATE", "BOOLEAN", "DOUBLE"})


def _type(kind: str) -> str:
    if str(kind) not in _TYPES:
        raise ValueError(f"not a column type: {kind!r}")
    return str(kind)


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _files(path: str | Path) -> str:
    """A folder stands for the Parquet files in it, as Spark writes them."""
    local = Path(path)
    return f"{path}/*.parquet" if local.is_dir() else str(path)
