"""Rejected rows as anybody who may see an import may see them: place and reason, personal values masked."""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from io import StringIO
from typing import Any
from unicodedata import category, normalize

from zhike.facts import contract
from zhike.facts.contract import Privacy
from zhike.facts.models import ImportBatch
from zhike.facts.operations.imports import rejects_file

SHOWN = 50
HIDDEN = "***"
_OF_THE_ROW = frozenset({"customer_no", "start"})
"""What reasons tell of a row's own values; the others speak of the file or of the rule."""
_OF_A_PERSON = re.compile(r"(?<!\d)(?:(?:86|0086)?1[3-9]\d{9}|\d{14,18}[\dXx])(?!\d)")
"""What looks like the number of a phone, an ID document or a card, in whatever column it stands."""
_BETWEEN_DIGITS = re.compile("[\\s\u200b()\\-\N{EN DASH}]")
"""What people write between the digits of such numbers; not the point, for amounts have one."""
LONGEST = 60
_WHOLE_ROWS = frozenset({"RAGGED_ROW", "TWO_ENCODINGS"})


@dataclass(frozen=True, slots=True)
class RejectedRow:
    """One fault of a rejected row as it may be shown."""

    file: str
    line: str
    table: str
    column: str
    header: str
    reason: str
    params: dict[str, str]
    text: str


def first_rejects(batch: ImportBatch, *, values: bool, limit: int = SHOWN) -> list[RejectedRow]:
    """The first rejects. Personal texts are masked; without `values` every text and number of a row is."""
    if not batch.rejects:
        return []
    lines = csv.DictReader(StringIO(rejects_file(batch).decode("utf-8-sig")))
    return [_reject(line, values=values) for line, _number in zip(lines, range(limit), strict=False)]


def params_of(text: str) -> dict[str, str]:
    """What a line of the file tells of the reason."""
    return dict(part.split("=", 1) for part in text.split("; ") if "=" in part)


def _reject(line: dict[str, Any], *, values: bool) -> RejectedRow:
    params = params_of(line["params"])
    if not values:
        params |= dict.fromkeys(_OF_THE_ROW & params.keys(), HIDDEN)
    return RejectedRow(
        file=line["file"], line=line["line"], table=line["table"], column=line["column"], header=line["header"],
        reason=line["reason"], params=params,
        text=_shown_text(line) if values else HIDDEN if line["text"] else "",
    )  # fmt: skip


def _shown_text(line: dict[str, Any]) -> str:
    """The offending text, as much as says what is wrong: hidden where it is personal, or may hold anything."""
    table = contract.TABLES.get(line["table"])
    columns = [table.by_name[name] for name in line["column"].split(" + ") if table and name in table.by_name]
    personal = any(column.privacy is Privacy.PERSONAL or column.name == "account_no" for column in columns)
    is_whole = line["reason"] in _WHOLE_ROWS or not columns
    if line["text"] and (personal or is_whole or _names_a_person(line["text"])):
        return HIDDEN
    text = printable(line["text"][: LONGEST + 1])
    return text if len(text) <= LONGEST else text[:LONGEST] + "…"


def _names_a_person(text: str) -> bool:
    return _OF_A_PERSON.search(_BETWEEN_DIGITS.sub("", normalize("NFKC", text))) is not None


def printable(text: str) -> str:
    """What a file says without what steers a terminal."""
    return "".join(
        " " if category(sign) == "Zs" else sign if sign.isprintable() else "\N{REPLACEMENT CHARACTER}"
        for sign in text
    )
