"""The mapping language: one TOML file that says how a bank's extracts become the canonical tables.

`docs/mappings.md` describes it. Loading checks every key, name and type, so that a mapping which loads
can only fail on data.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping as Table
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from zhike.facts import contract
from zhike.facts.contract import Type
from zhike.facts.intake import quoting
from zhike.facts.intake.conditions import condition
from zhike.facts.intake.expectations import Expectation, load_expectation
from zhike.facts.intake.expressions import Compiled, Decision, compile_expression, constant
from zhike.facts.intake.refusals import MappingFault, MappingRefused
from zhike.facts.intake.section import Section

_NAME = re.compile("[a-z][a-z0-9_]*")
_TAKEN = re.compile(rf"({'|'.join(contract.TABLES)}|rejects|faulty|doubled|dangling)|(raw|doubtful|known)_.*")
"""Names of the reading's own tables: a source or view so named would be read in their place."""
ENCODINGS = ("auto", "utf-8", "gb18030")


@dataclass(frozen=True, slots=True)
class Source:
    """Files of one kind. `columns` maps our name to the header."""

    name: str
    files: tuple[str, ...]
    layout: str
    several: bool
    optional: bool
    delimiter: str
    quote: str
    encoding: str
    sheet: str
    columns: Table[str, str]


@dataclass(frozen=True, slots=True)
class View:
    """A SELECT over sources, passing on `_file` and `_line` of the source it is of."""

    name: str
    of: str
    columns: tuple[str, ...]
    sql: str
    key: str


@dataclass(frozen=True, slots=True)
class Join:
    """One row of `source` where each named column of it equals the SQL given."""

    source: str
    alias: str
    on: Table[str, str]
    where: str
    optional: bool
    columns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Feed:
    """Rows of one canonical table from one source, or fixed rows of the mapping (`source` empty).

    `origins` names the source columns that each canonical column is made of.
    """

    table: contract.Table
    source: str
    where: str
    joins: tuple[Join, ...]
    columns: Table[str, Compiled]
    origins: Table[str, tuple[str, ...]]
    rows: tuple[Table[str, Compiled], ...] = ()
    assumed: bool = False
    note: str = ""


@dataclass(frozen=True, slots=True)
class RunningBalance:
    """How transactions that carry a running balance are ordered, and what may explain a gap."""

    first: tuple[str, ...]
    then: str
    rounding_cents: int
    last_day_complete: bool
    derive_balances: bool


@dataclass(frozen=True, slots=True)
class Mapping:
    """A checked mapping."""

    name: str
    title: str
    file: str
    nulls: tuple[str, ...]
    sources: Table[str, Source]
    views: tuple[View, ...]
    feeds: tuple[Feed, ...]
    running_balance: RunningBalance | None
    expectations: tuple[Expectation, ...]


@dataclass
class _Scope:
    """What the columns of one feed may refer to: reference as written to SQL."""

    codes: Table[str, Table[str, str]]
    decisions: Table[str, Decision]
    references: set[str]
    used: list[str] = field(default_factory=list)

    def column(self, section: Section, reference: str) -> str:
        if reference not in self.references:
            raise section.refusal(MappingFault.UNKNOWN_NAME, value=reference)
        if reference not in self.used:
            self.used.append(reference)
        return quoting.name(reference)


def load_mapping(path: Path) -> Mapping:
    """Read and check a mapping file. Raises MappingRefused with file, key and reason."""
    return parse_mapping(path.read_text("utf-8"), file=path.name)


def parse_mapping(text: str, *, file: str) -> Mapping:
    """Check the text of a mapping file. Raises MappingRefused with file, key and reason."""
    try:
        root = Section(file, "", tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise MappingRefused(MappingFault.NOT_TOML, file=file, key="", detail=str(error)) from error
    head = root.below("mapping", root.take_any("mapping"))
    name, title = head.take("name", str), head.take("title", str)
    nulls = head.take_texts("nulls", ())
    head.finish()
    if not _NAME.fullmatch(name):
        raise root.refusal(MappingFault.NOT_ALLOWED, "mapping.name", value=name)
    codes = {key: _codes(section) for key, section in root.take_named("codes").items()}
    decisions = {key: _decision(section) for key, section in root.take_named("decisions").items()}
    sources = {key: _source(key, section) for key, section in root.take_named("sources").items()}
    columns = {key: tuple(source.columns) for key, source in sources.items()}
    views = []
    for section in root.take_tables("views"):
        views.append(_view(section, columns, sources))
        columns[views[-1].name] = views[-1].columns
    feeds = [_feed(section, columns, codes, decisions) for section in root.take_tables("feeds")]
    feeds += [_fixed(section) for section in root.take_tables("fixed")]
    if not feeds:
        raise root.refusal(MappingFault.MISSING_KEY, "feeds")
    balance = root.take_any("running_balance", None)
    running = None if balance is None else _running_balance(root.below("running_balance", balance))
    if running and running.derive_balances and any(feed.table is contract.BALANCES for feed in feeds):
        raise root.refusal(MappingFault.DUPLICATE_NAME, "running_balance.derive_balances")
    expectations = tuple(load_expectation(section, columns) for section in root.take_tables("expect"))
    root.finish()
    return Mapping(
        name, title, file, nulls, sources, tuple(views), tuple(feeds), running, expectations,
    )  # fmt: skip


def _codes(section: Section) -> Table[str, str]:
    return {source: section.take(source, str) for source in section.left}


def _decision(section: Section) -> Decision:
    columns = section.take_texts("columns")
    rows = section.take("rows", list)
    section.finish()
    for number, row in enumerate(rows, 1):
        fits = isinstance(row, list) and len(row) == len(columns) + 1
        if not fits or not all(isinstance(cell, str) for cell in row):
            raise section.refusal(
                MappingFault.WRONG_KIND, f"rows[{number}]", wanted=f"list of {len(columns) + 1} texts"
            )
    return Decision(columns, tuple(tuple(row) for row in rows))


def _source(name: str, section: Section) -> Source:
    if not _NAME.fullmatch(name) or _TAKEN.fullmatch(name):
        raise section.refusal(MappingFault.NOT_ALLOWED, value=name)
    layout = section.take_choice("layout", ("csv", "xlsx"))
    delimiter, quote = section.take("delimiter", str, ","), section.take("quote", str, '"')
    if len(delimiter) != 1 or len(quote) > 1 or delimiter == quote or {delimiter, quote} & {"\r", "\n", "\0"}:
        raise section.refusal(MappingFault.NOT_ALLOWED, "delimiter", value=(delimiter, quote))
    source = Source(
        name=name,
        files=section.take_texts("files"),
        layout=layout,
        several=section.take("several", bool, False),
        optional=section.take("optional", bool, False),
        delimiter=delimiter,
        quote=quote,
        encoding=section.take_choice("encoding", ENCODINGS, "auto"),
        sheet=section.take("sheet", str, ""),
        columns=_headers(section),
    )
    section.finish()
    if not source.files or any("/" in pattern or "\\" in pattern for pattern in source.files):
        raise section.refusal(MappingFault.NOT_ALLOWED, "files", value=source.files)
    return source


def _headers(section: Section) -> Table[str, str]:
    given = section.take_any("columns")
    headers = {header: header for header in given} if isinstance(given, list) else given
    if not isinstance(headers, dict) or not headers:
        raise section.refusal(MappingFault.WRONG_KIND, "columns", wanted="list or table of headers")
    for name, header in headers.items():
        if not isinstance(header, str) or "." in name or name.startswith("_"):
            raise section.refusal(MappingFault.NOT_ALLOWED, "columns", value=name)
    if len({header.strip() for header in headers.values()}) < len(headers):
        raise section.refusal(MappingFault.DUPLICATE_NAME, "columns")
    return headers


def _view(section: Section, columns: Table[str, tuple[str, ...]], sources: Table[str, Source]) -> View:
    view = View(
        name=section.take("name", str),
        of=section.take("of", str),
        columns=section.take_texts("columns"),
        sql=section.take("sql", str).strip().rstrip(";"),
        key=section.key,
    )
    section.finish()
    if not _NAME.fullmatch(view.name) or _TAKEN.fullmatch(view.name) or view.name in columns:
        raise section.refusal(MappingFault.DUPLICATE_NAME, "name", value=view.name)
    if view.of not in sources:
        raise section.refusal(MappingFault.UNKNOWN_NAME, "of", value=view.of)
    try:
        statements = duckdb.extract_statements(view.sql)
    except duckdb.Error as error:
        raise section.refusal(MappingFault.BAD_SQL, "sql", detail=str(error)) from error
    if len(statements) != 1 or statements[0].type != duckdb.StatementType.SELECT:
        raise section.refusal(MappingFault.BAD_SQL, "sql", detail="one SELECT")
    return view


def _feed(
    section: Section,
    columns: Table[str, tuple[str, ...]],
    codes: Table[str, Table[str, str]],
    decisions: Table[str, Decision],
) -> Feed:
    table = contract.TABLES[section.take_choice("table", tuple(contract.TABLES))]
    source = section.take_choice("source", tuple(columns))
    scope = _Scope(codes, decisions, set(columns[source]))
    joins = []
    for join in section.take_tables("joins"):
        joins.append(_join(join, columns, scope))
        scope.references |= {f"{joins[-1].alias}.{name}" for name in joins[-1].columns}
    where = section.take_any("where", None)
    test = "true" if where is None else condition(section.below("where"), where, scope.column)
    compiled, origins = _columns(section.below("columns", section.take_any("columns")), table, scope)
    section.finish()
    return Feed(table, source, test, tuple(joins), compiled, origins)


def _join(section: Section, columns: Table[str, tuple[str, ...]], scope: _Scope) -> Join:
    source = section.take_choice("source", tuple(columns))
    alias = section.take("as", str, source)
    own = _Scope(scope.codes, scope.decisions, set(columns[source]))
    if not _NAME.fullmatch(alias) or any(reference.startswith(f"{alias}.") for reference in scope.references):
        raise section.refusal(MappingFault.DUPLICATE_NAME, "as", value=alias)
    on = section.take("on", dict)
    if not on:
        raise section.refusal(MappingFault.MISSING_KEY, "on")
    pairs = {
        own.column(section.below("on"), left): scope.column(section.below("on"), str(right))
        for left, right in on.items()
    }
    where = section.take_any("where", None)
    optional = section.take("optional", bool, False)
    section.finish()
    test = "true" if where is None else condition(section.below("where"), where, own.column)
    return Join(source, alias, pairs, test, optional, columns[source])


def _columns(
    section: Section, table: contract.Table, scope: _Scope
) -> tuple[Table[str, Compiled], Table[str, tuple[str, ...]]]:
    compiled, origins = {}, {}
    for name in section.left:
        column = table.by_name.get(name)
        if column is None:
            raise section.refusal(MappingFault.UNKNOWN_NAME, name, value=name, allowed=tuple(table.by_name))
        part = section.below(name)
        scope.used.clear()
        compiled[name] = compile_expression(part, section.take_any(name), scope)
        origins[name] = tuple(scope.used)
        _must_fit(part, compiled[name], column.type)
    for column in table.columns:
        if column.required and column.name not in compiled:
            raise section.refusal(MappingFault.MISSING_KEY, column.name)
    return compiled, origins


def _fixed(section: Section) -> Feed:
    table = contract.TABLES[section.take_choice("table", tuple(contract.TABLES))]
    rows = []
    for row in section.take_tables("rows"):
        compiled = {}
        for name in row.left:
            if name not in table.by_name:
                raise row.refusal(MappingFault.UNKNOWN_NAME, name, value=name, allowed=tuple(table.by_name))
            compiled[name] = constant(row.below(name), row.take_any(name))
            _must_fit(row.below(name), compiled[name], table.by_name[name].type)
        rows.append(compiled)
    if not rows:
        raise section.refusal(MappingFault.MISSING_KEY, "rows")
    feed = Feed(
        table, "", "true", (), {}, {}, tuple(rows),
        assumed=section.take("assumed", bool, False), note=section.take("note", str, ""),
    )  # fmt: skip
    section.finish()
    return feed


def _must_fit(section: Section, compiled: Compiled, wanted: Type) -> None:
    if compiled.type is not wanted:
        raise section.refusal(MappingFault.WRONG_TYPE, wanted=wanted.name, found=compiled.type.name)


def _running_balance(section: Section) -> RunningBalance:
    balance = RunningBalance(
        first=section.take_texts("first", ()),
        then=section.take_choice("then", ("txn_no", "file"), "file"),
        rounding_cents=section.take("rounding_cents", int, 0),
        last_day_complete=section.take("last_day_complete", bool, True),
        derive_balances=section.take("derive_balances", bool, False),
    )
    section.finish()
    for kind in balance.first:
        if kind not in contract.TRANSACTION_KINDS:
            raise section.refusal(MappingFault.NOT_ALLOWED, "first", value=kind)
    return balance
