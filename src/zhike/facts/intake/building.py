"""The canonical tables, built table by table in load order; what fails a check goes to the rejects."""

from __future__ import annotations

from collections.abc import Mapping as Table
from dataclasses import dataclass, field
from datetime import date

import duckdb

from zhike.facts import contract
from zhike.facts.intake import quoting
from zhike.facts.intake.figures import number
from zhike.facts.intake.limits import Limits
from zhike.facts.intake.mapping import Feed, Mapping
from zhike.facts.intake.staging import RowCheck, Stage, stage

_LINEAGE = "_feed, _file, _line"


@dataclass
class Builder:
    """Builds into `connection`, where the sources and views of the mapping stand ready.

    `files` maps file numbers to names; `known` are keys that were loaded before.
    """

    connection: duckdb.DuckDBPyConnection
    mapping: Mapping
    files: Table[int, str]
    today: date
    limits: Limits
    known: Table[str, str] = field(default_factory=dict)
    offered: dict[str, int] = field(default_factory=dict)

    def build(self) -> None:
        """Build all nine tables. They keep `_feed`, `_file` and `_line` until `drop_lineage`."""
        for table in contract.TABLES.values():
            self._build_table(table)

    def drop_lineage(self) -> None:
        """Leave the tables with the columns of the contract only."""
        for table in contract.TABLES:
            for column in ("_feed", "_file", "_line", "_fault"):
                self.connection.execute(f"ALTER TABLE {table} DROP COLUMN {column}")

    def _build_table(self, table: contract.Table) -> None:
        columns = ", ".join(f"{quoting.name(column.name)} {column.type}" for column in table.columns)
        self.connection.execute(
            f"CREATE TABLE {table.name} "
            f"({columns}, _feed SMALLINT, _file SMALLINT, _line BIGINT, _fault SMALLINT)"
        )
        feeds = [feed for feed in self.mapping.feeds if feed.table is table]
        for place, feed in enumerate(feeds):
            self._insert(place, feed, stage(feed, self.today, self.limits))
        self.offered[table.name] = number(self.connection, f"SELECT count(*) FROM {table.name}")
        self._reject_faulty(table, feeds)
        self._reject_duplicates(table)
        if table.name == "customers":
            self._reject_same_identity()
        self._reject_dangling(table)

    def _insert(self, place: int, feed: Feed, staged: Stage) -> None:
        values = ", ".join(quoting.name(f"={column.name}") for column in feed.table.columns)
        faults = " ".join(f"WHEN {check.when} THEN {place}" for place, check in enumerate(staged.checks))
        fault = f"CASE {faults} END" if faults else "NULL"
        self.connection.execute(
            f"INSERT INTO {feed.table.name} "
            f"SELECT {values}, {place}, _file, _line, {fault} FROM ({staged.values})"
        )

    def _reject_faulty(self, table: contract.Table, feeds: list[Feed]) -> None:
        """Find all faults of the rows that have one, then take the rows out."""
        for place, feed in enumerate(feeds):
            faulty = f"SELECT _file, _line FROM {table.name} WHERE _feed = {place} AND _fault IS NOT NULL"
            if not number(self.connection, f"SELECT count(*) FROM ({faulty})"):
                continue
            staged = stage(feed, self.today, self.limits)
            self.connection.execute(
                f"CREATE TEMP TABLE faulty AS "
                f"SELECT * FROM ({staged.values}) SEMI JOIN ({faulty}) USING (_file, _line)"
            )
            for check in staged.checks:
                self._reject("faulty", feed, check)
            self.connection.execute("DROP TABLE faulty")
        self.connection.execute(f"DELETE FROM {table.name} WHERE _fault IS NOT NULL")

    def _reject(self, relation: str, feed: Feed, check: RowCheck) -> None:
        headers = " + ".join(self._header(feed, reference) for reference in check.origins)
        self._record(relation, feed.table, check, headers)

    def _record(self, relation: str, table: contract.Table, check: RowCheck, headers: str = "") -> None:
        params = ", ".join(f"{quoting.literal(key)}, {sql}" for key, sql in check.params)
        self.connection.execute(
            f"INSERT INTO rejects SELECT {quoting.literal(table.name)}, {self._file_name()}, _line, "
            f"{quoting.literal(check.column)}, {quoting.literal(headers)}, {check.reason}, "
            f"CAST(json_object({params}) AS VARCHAR), left(CAST({check.text} AS VARCHAR), 1000) "
            f"FROM {relation} WHERE {check.when}"
        )

    def _file_name(self) -> str:
        names = " ".join(f"WHEN {number} THEN {quoting.literal(name)}" for number, name in self.files.items())
        return f"CASE _file {names} ELSE {quoting.literal(self.mapping.file)} END"

    def _header(self, feed: Feed, reference: str) -> str:
        alias, _, name = reference.rpartition(".")
        joined = {join.alias: join.source for join in feed.joins}
        source = self.mapping.sources.get(joined[alias] if alias else feed.source)
        return source.columns[name] if source else reference

    def _reject_duplicates(self, table: contract.Table) -> None:
        """Of equal rows the first stays; rows that differ under one key all go."""
        key = ", ".join(map(quoting.name, table.key))
        columns = ", ".join(quoting.name(column.name) for column in table.columns)
        distinct = f"SELECT count(*) FROM (SELECT DISTINCT {key} FROM {table.name})"
        if number(self.connection, f"SELECT count(*) - ({distinct}) FROM {table.name}") == 0:
            return  # the windows below cost many times as much
        self.connection.execute(
            f"CREATE TEMP TABLE doubled AS SELECT * FROM (SELECT *, "
            f"row_number() OVER w AS _place, "
            f"count(DISTINCT hash({columns})) OVER (PARTITION BY {key}) AS _kinds, "
            f"first_value(_line) OVER w AS _first_line, first_value(_file) OVER w AS _first_file "
            f"FROM {table.name} SEMI JOIN (SELECT {key} FROM {table.name} GROUP BY ALL HAVING count(*) > 1) "
            f"USING ({key}) WINDOW w AS (PARTITION BY {key} ORDER BY {_LINEAGE})) "
            f"WHERE _place > 1 OR _kinds > 1"
        )
        text = (
            f"concat_ws(' | ', {', '.join(f'CAST({quoting.name(part)} AS VARCHAR)' for part in table.key)})"
        )
        first = self._file_name().replace("_file", "_first_file", 1)
        params = (("first_file", first), ("first_line", "CAST(_first_line AS VARCHAR)"))
        check = RowCheck(" + ".join(table.key), "true", "'DUPLICATE_KEY'", text, params)
        self._remove("doubled", table, check)

    def _reject_same_identity(self) -> None:
        """One identity document cannot belong to two customers: the first stays (L-28)."""
        customers = contract.CUSTOMERS
        self.connection.execute(
            "CREATE TEMP TABLE doubled AS SELECT * FROM (SELECT *, "
            "first_value(customer_no) OVER w AS _first, row_number() OVER w AS _place FROM customers "
            "WHERE id_type IN ('RESIDENT_ID', 'USCC', 'PASSPORT') AND id_no IS NOT NULL "
            f"WINDOW w AS (PARTITION BY id_type, id_no ORDER BY {_LINEAGE})) WHERE _place > 1"
        )
        check = RowCheck("id_no", "true", "'SAME_IDENTITY'", "id_no", (("customer_no", "_first"),))
        self._remove("doubled", customers, check)

    def _reject_dangling(self, table: contract.Table) -> None:
        """References must exist. A row taken out may leave others dangling, so repeat until none does."""
        referring = [column for column in table.columns if column.refers]
        found = bool(referring)
        while found:
            found = False
            for column in referring:
                target = contract.TABLES[str(column.refers)]
                value, key = quoting.name(column.name), quoting.name(target.key[0])
                known = (
                    f" UNION ALL SELECT key FROM {self.known[target.name]}"
                    if target.name in self.known
                    else ""
                )
                self.connection.execute(
                    f"CREATE TEMP TABLE dangling AS SELECT * FROM {table.name} "
                    f"WHERE {value} IS NOT NULL AND {value} NOT IN (SELECT {key} FROM {target.name}{known})"
                )
                check = RowCheck(
                    column.name,
                    "true",
                    "'REFERS_TO_NOTHING'",
                    value,
                    (("table", quoting.literal(target.name)),),
                )
                removed = self._remove("dangling", table, check)
                found = found or (removed > 0 and target is table)

    def _remove(self, relation: str, table: contract.Table, check: RowCheck) -> int:
        """Record the rows of a temporary table as rejects, take them out of `table`, drop the former."""
        count = number(self.connection, f"SELECT count(*) FROM {relation}")
        if count:
            self._record(relation, table, check)
            self.connection.execute(
                f"DELETE FROM {table.name} WHERE ({_LINEAGE}) IN (SELECT ({_LINEAGE}) FROM {relation})"
            )
        self.connection.execute(f"DROP TABLE {relation}")
        return count
