"""The few functions that DuckDB and Spark spell differently, under one name on both.

The reviewed SQL uses these and the portable subset only: no ROUND, no cast from DOUBLE to an integer
except through `whole`, sums over integers only, doubles written with an exponent, both sides of a
division DOUBLE, no ordering that meets a NULL. Parameters are written `:name`.
"""

from __future__ import annotations

import re

DUCKDB = (
    "CREATE OR REPLACE MACRO days_between(a, b) AS CAST(date_diff('day', a, b) AS BIGINT)",
    "CREATE OR REPLACE MACRO whole(x) AS CAST(floor(x) AS BIGINT)",
    "CREATE OR REPLACE MACRO round6(x) AS floor(x * 1e6 + 0.5e0) / 1e6",
    """CREATE OR REPLACE MACRO whole_months(a, b) AS CAST(
        (year(b) - year(a)) * 12 + month(b) - month(a)
        - CASE WHEN day(b) < LEAST(day(a), day(last_day(b))) THEN 1 ELSE 0 END AS BIGINT)""",
)
SPARK = (
    """CREATE OR REPLACE TEMPORARY FUNCTION days_between(a DATE, b DATE) RETURNS BIGINT
        RETURN CAST(datediff(b, a) AS BIGINT)""",
    """CREATE OR REPLACE TEMPORARY FUNCTION whole(x DOUBLE) RETURNS BIGINT
        RETURN CAST(floor(x) AS BIGINT)""",
    """CREATE OR REPLACE TEMPORARY FUNCTION round6(x DOUBLE) RETURNS DOUBLE
        RETURN CAST(floor(x * 1e6 + 0.5e0) AS DOUBLE) / 1e6""",
    """CREATE OR REPLACE TEMPORARY FUNCTION whole_months(a DATE, b DATE) RETURNS BIGINT
        RETURN CAST((year(b) - year(a)) * 12 + month(b) - month(a)
        - CASE WHEN day(b) < LEAST(day(a), day(last_day(b))) THEN 1 ELSE 0 END AS BIGINT)""",
)
SHIMS = ("days_between", "whole", "round6", "whole_months")
"""`days_between(a, b)`: days from a to b. `whole(x)`: floor as BIGINT. `round6(x)`: half up at the sixth
decimal. `whole_months(a, b)`: completed months from a to b, where the last day of a month completes it."""

KNOWN: tuple[tuple[str, int | float], ...] = (
    ("days_between(DATE '2024-02-28', DATE '2024-03-01')", 2),
    ("whole_months(DATE '2024-01-31', DATE '2024-02-29')", 1),
    ("whole(-2.5e0)", -3),
    ("round6(1e0 / 3e0)", 0.333333),
    ("round6(0.1234565e0)", 0.123457),
    ("0.1e0 + 0.2e0", 0.30000000000000004),
    ("CAST(9007199254740993 AS DOUBLE)", 9007199254740992.0),
)
"""Expressions and what they give on every engine, to the last bit; tried on a Spark before it is trusted."""

_PARAMETER = re.compile(r"(?<!:):([a-z_][a-z0-9_]*)")
_COMMENT = re.compile(r"--[^\n]*")


def without_comments(sql: str) -> str:
    """Return the text without its `--` comments. The reviewed SQL holds no `--` inside a literal."""
    return _COMMENT.sub("", sql)


def parameters_in(sql: str) -> frozenset[str]:
    """Return the names of the `:name` parameters in a text without comments."""
    return frozenset(_PARAMETER.findall(sql))


def for_duckdb(sql: str) -> str:
    """Rewrite `:name` to DuckDB's `$name`."""
    return _PARAMETER.sub(r"$\1", sql)
