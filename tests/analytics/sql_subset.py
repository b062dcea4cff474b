"""What may stand in the reviewed SQL so that DuckDB and Spark give the same bits, and what breaks it.

Each rule is a difference once measured between the two engines; see `zhike.analytics.dialect`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from sqlglot import exp, parse_one

from zhike.analytics import dialect

FUNCTIONS = (
    exp.Abs, exp.And, exp.Case, exp.Cast, exp.Coalesce, exp.Count, exp.Greatest, exp.If, exp.Least, exp.Max,
    exp.Min, exp.Nullif, exp.Or, exp.Sum,
)  # fmt: skip
TYPES = {"BIGINT", "DOUBLE", "TEXT", "DECIMAL(38, 0)"}
_PLAIN_DECIMAL = re.compile(r"\d\.\d+(?![\de])")
_LITERAL = re.compile(r"'(?:[^']|'')*'")
_QUOTED = re.compile(r'["`]')
_DATES = re.compile(r"(_on|_from|as_of)$")


def problems(sql: str) -> list[str]:
    """Return what in a text is outside the portable subset; [] when nothing is."""
    text = dialect.without_comments(sql)
    tree = parse_one(dialect.for_duckdb(text), read="duckdb")
    found = [*_of_text(text), *_of_functions(tree), *_of_numbers(tree), *_of_order(tree), *_of_dates(tree)]
    return list(dict.fromkeys(found))


def _of_text(text: str) -> Iterator[str]:
    if _PLAIN_DECIMAL.search(text):
        yield "a number with a point and no exponent is DECIMAL, not DOUBLE"
    if _QUOTED.search(text):
        yield "a quoted name is text on Spark"
    if any(re.search(r":[a-z]", literal) for literal in _LITERAL.findall(text)):
        yield "a :word inside a literal would be taken for a parameter"


def _of_functions(tree: exp.Expr) -> Iterator[str]:
    for function in tree.find_all(exp.Func):
        name = (function.name if isinstance(function, exp.Anonymous) else function.sql_name()).lower()
        if not isinstance(function, FUNCTIONS) and name not in dialect.SHIMS:
            yield f"the function {name} is not in the portable list"
    for cast in tree.find_all(exp.Cast):
        kind = cast.to.sql()
        if kind not in TYPES:
            yield f"a cast to {kind}"
        if kind == "BIGINT" and _is_double(cast.this):
            yield "a cast of a DOUBLE to BIGINT rounds on one engine and cuts on the other: use whole()"
    for joined in tree.find_all(exp.TryCast, exp.Interval, exp.Round, exp.Lateral):
        yield f"{type(joined).__name__} differs between the engines"


def _of_numbers(tree: exp.Expr) -> Iterator[str]:
    for division in tree.find_all(exp.Div):
        if not _is_double(division.expression):
            yield f"the divisor is not plainly DOUBLE: {division.sql()}"
    for total in tree.find_all(exp.Sum, exp.Avg):
        if _is_double(total.this):
            yield f"a sum of DOUBLE depends on the order of rows: {total.sql()}"


def _of_order(tree: exp.Expr) -> Iterator[str]:
    for ordered in tree.find_all(exp.Ordered):
        is_key = isinstance(ordered.this, exp.Column) and ordered.this.name in {"raw", "customer_id"}
        if not (is_key or isinstance(ordered.this, exp.Coalesce)):
            yield f"an order that may meet NULL: {ordered.sql()}"


def _of_dates(tree: exp.Expr) -> Iterator[str]:
    for sum_ in tree.find_all(exp.Sub, exp.Add):
        for side in (sum_.left, sum_.right):
            if isinstance(side, exp.Column | exp.Parameter | exp.Placeholder) and _DATES.search(side.sql()):
                yield f"arithmetic on dates: {sum_.sql()}"


def _is_double(node: exp.Expr) -> bool:
    """Whether a DOUBLE shows in an expression outside of whole(), comparisons and other calls that end it."""
    if isinstance(node, exp.Anonymous | exp.Predicate):
        return False
    if _is_double_literal(node) or _is_double_cast(node) or isinstance(node, exp.Div):
        return True
    return any(_is_double(child) for child in node.iter_expressions())


def _is_double_literal(node: exp.Expr) -> bool:
    return isinstance(node, exp.Literal) and not node.is_string and not node.this.isdigit()


def _is_double_cast(node: exp.Expr) -> bool:
    return isinstance(node, exp.Cast) and node.to.sql() == "DOUBLE"
