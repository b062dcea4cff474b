"""Date formats of the mapping language as exact SQL: a text fits a format wholly, or it is no date."""

from __future__ import annotations

import re

from zhike.facts.intake import quoting
from zhike.facts.intake.refusals import MappingFault
from zhike.facts.intake.section import Section

_TOKENS = {
    "YYYY": ("[1-9][0-9]{3}", "%Y"),  # Python and PostgreSQL count no year 0
    "YY": ("[0-9]{2}", "%Y"),
    "MM": ("[0-9]{2}", "%m"),
    "M": ("[0-9]{1,2}", "%m"),
    "DD": ("[0-9]{2}", "%d"),
    "D": ("[0-9]{1,2}", "%d"),
    "hh": ("[0-9]{2}", "%H"),
    "mm": ("[0-9]{2}", "%M"),
    "ss": ("[0-9]{2}", "%S"),
}
_SPLIT = re.compile("(YYYY|YY|MM|M|DD|D|hh|mm|ss)")
_ONE_OF_EACH = ({"YYYY", "YY"}, {"MM", "M"}, {"DD", "D"})


def parse_sql(section: Section, text: str, format_: str, century: int) -> str:
    """SQL of the date in `text` (SQL), null where it does not fit. Raises MappingRefused.

    Two-digit years belong to `century` (1900, 2000); a text is never read by a pivot year.
    """
    pieces = [piece for piece in _SPLIT.split(format_) if piece]
    tokens = [piece for piece in pieces if piece in _TOKENS]
    if any(len([token for token in tokens if token in group]) != 1 for group in _ONE_OF_EACH):
        raise section.refusal(MappingFault.BAD_FORMAT, "format", value=format_)
    short = "YY" in tokens
    if short != bool(century) or (short and (pieces[0] != "YY" or century % 100)):
        raise section.refusal(MappingFault.BAD_FORMAT, "century", value=century, format=format_)
    pattern = "".join(_TOKENS[piece][0] if piece in _TOKENS else re.escape(piece) for piece in pieces)
    if format_ == "YYYY-MM-DD":
        parsed = f"TRY_CAST({text} AS DATE)"  # much faster than strptime, and the pattern makes it exact
    else:
        form = "".join(
            _TOKENS[piece][1] if piece in _TOKENS else piece.replace("%", "%%") for piece in pieces
        )
        whole = f"'{century // 100}' || {text}" if short else text
        parsed = f"CAST(try_strptime({whole}, {quoting.literal(form)}) AS DATE)"
    return f"CASE WHEN regexp_full_match({text}, {quoting.literal(pattern)}) THEN {parsed} END"
