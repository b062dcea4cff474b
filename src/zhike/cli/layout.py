"""Text laid out for a terminal, where a Chinese character takes two columns."""

from __future__ import annotations

import re
from collections.abc import Sequence
from unicodedata import combining, east_asian_width

_CLOSING = "，。；：！？、）》”」』】"
_OPENING = "（《“「『【"
_PIECE = re.compile(rf"[{_OPENING}]*(?:[!-~]+|\S)[{_CLOSING}]*\s*")
"""What is not broken: a word of ASCII, or one character, with the marks that stand before and after it."""


def columns(text: str) -> int:
    """How many columns of a terminal the text takes."""
    return sum(0 if combining(sign) else 2 if east_asian_width(sign) in "WF" else 1 for sign in text)


def padded(text: str, width: int) -> str:
    """The text with spaces up to `width` columns."""
    return text + " " * (width - columns(text))


def aligned(rows: Sequence[tuple[str, ...]]) -> list[str]:
    """Each row as one line, its cells below those of the row before, two spaces apart."""
    widths = [max(map(columns, cells)) for cells in zip(*rows, strict=True)]
    return [
        "  ".join(padded(cell, width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]


def wrapped(text: str, width: int) -> list[str]:
    """One paragraph in lines of at most `width` columns; a longer word stands on a line of its own."""
    lines = [""]
    for piece in _PIECE.findall(text):
        if lines[-1] and columns(lines[-1] + piece.rstrip()) > width:
            lines.append("")
        lines[-1] += piece
    return [line.rstrip() for line in lines]
