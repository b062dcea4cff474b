"""Writing names and texts into SQL, and the clean-up of text that all of reading shares."""

from __future__ import annotations

from collections.abc import Iterable

FULL_WIDTH = "".join(chr(code) for code in range(0xFF01, 0xFF5F)) + "\u3000"
HALF_WIDTH = "".join(chr(code) for code in range(0x21, 0x7F)) + " "
BLANKS = " \t\r\n\u00a0\u3000\ufeff\u200b"
"""Characters cut off around every value: spaces, also full-width and invisible ones."""

LOST_DIGITS = "#LOST DIGITS"
"""How a spreadsheet's number that has lost digits begins; no such text is ever loaded."""


def name(text: str) -> str:
    """A quoted SQL name."""
    return '"' + text.replace('"', '""') + '"'


def literal(text: str) -> str:
    """A quoted SQL text."""
    return "'" + text.replace("'", "''") + "'"


def literals(texts: Iterable[str]) -> str:
    """A comma-separated list of quoted SQL texts."""
    return ", ".join(literal(text) for text in texts)


def half_width(sql: str) -> str:
    """SQL of the text with full-width ASCII made half-width; pure ASCII passes untouched, which is fast."""
    wide = f"translate({sql}, {literal(FULL_WIDTH)}, {literal(HALF_WIDTH)})"
    return f"CASE WHEN strlen({sql}) = length({sql}) THEN {sql} ELSE {wide} END"


def tidy(column: str, nulls: Iterable[str]) -> str:
    """SQL of a raw column cut of blanks, with blank and `nulls` as null.

    Most values are ASCII without a blank, or have none at either end: seeing that is far cheaper than
    trimming them.
    """
    nulls = list(nulls)
    trimmed = f"trim({column}, {literal(BLANKS)})"
    plain = f"CASE WHEN {column} IN ({literals(nulls)}) THEN NULL ELSE {column} END" if nulls else column
    return (
        f"CASE WHEN strlen({column}) = length({column}) AND NOT contains({column}, ' ') "
        f"AND NOT contains({column}, '\t') AND {column} <> '' THEN {plain} "
        f"WHEN regexp_full_match({column}, '[^{BLANKS}]|[^{BLANKS}].*[^{BLANKS}]') THEN {plain} "
        f"WHEN {trimmed} IN ({literals(['', *nulls])}) THEN NULL ELSE {trimmed} END"
    )
