"""Numbers that people and programs hand in as text."""

from __future__ import annotations

import re

LARGEST = 2**63 - 1
"""What a column of the database holds."""
_DIGITS = re.compile(r"[0-9]{1,19}")


def whole_number(text: str) -> int | None:
    """The number a text of ASCII digits stands for, or None for anything else.

    `str.isdigit` is true for '²', which `int` refuses; and a number no column holds is none of ours.
    """
    if not _DIGITS.fullmatch(text):
        return None
    number = int(text)
    return number if number <= LARGEST else None
