"""What an official paper says, whatever file it becomes: title block, parts with tables and charts, signatures.

Values are plain numbers; how many digits of them are shown follows from the kind of their column, so that every file
and the screen show the same figure. Texts arrive translated.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal
from enum import Enum, StrEnum
from typing import Final, Literal

from django.utils.translation import gettext as _

from zhike.core import formats
from zhike.core.figures import Chart


class Unshown(Enum):
    """A count that must not be shown; the screen says so in the same words."""

    UNSHOWN = "UNSHOWN"


UNSHOWN: Final = Unshown.UNSHOWN
Value = str | int | float | None | Literal[Unshown.UNSHOWN]
"""One cell. None is not there, which is neither zero nor hidden."""


class Kind(StrEnum):
    """What a column holds: text, a count, a difference of counts, a share of one, points of 100, an index, an
    amount in yuan, a gap that is not to be."""

    TEXT = "TEXT"
    COUNT = "COUNT"
    CHANGE = "CHANGE"
    SHARE = "SHARE"
    POINTS = "POINTS"
    INDEX = "INDEX"
    AMOUNT = "AMOUNT"
    GAP = "GAP"


DIGITS = {
    Kind.COUNT: 0, Kind.CHANGE: 0, Kind.SHARE: 3, Kind.POINTS: 1, Kind.INDEX: 3, Kind.AMOUNT: 2, Kind.GAP: 9,
}  # fmt: skip
"""Decimal places that are stated; a share has one more as percent."""
LONGEST_NAME = 60
"""Signs of one part of a file's name; some file systems end at 255 bytes, and a Chinese sign has three."""
FORBIDDEN_IN_NAMES = '\\/:*?"<>|'


@dataclass(frozen=True, slots=True)
class Column:
    """The head of a column and what it holds."""

    label: str
    kind: Kind = Kind.TEXT

    @property
    def is_number(self) -> bool:
        """Whether figures stand in it."""
        return self.kind != Kind.TEXT


@dataclass(frozen=True, slots=True)
class Table:
    """A table with its caption; `total` is the row at its foot. `chart` shows the same figures."""

    caption: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Value, ...], ...]
    total: tuple[Value, ...] | None = None
    note: str = ""
    chart: Chart | None = None


@dataclass(frozen=True, slots=True)
class Part:
    """A numbered part of the paper."""

    title: str
    sentences: tuple[str, ...] = ()
    tables: tuple[Table, ...] = ()


@dataclass(frozen=True, slots=True)
class Paper:
    """A paper, whole. `facts` are the lines of the title block; `notices` what must be known before it is read.

    `drawn_by` names unit, person and time; `basis` says of whom the figures are. `language` is the code of the
    language in which all of it is written.
    """

    title: str
    bank: str
    number: str
    language: str
    drawn_by: str
    basis: str
    facts: tuple[tuple[str, str], ...]
    notices: tuple[str, ...]
    parts: tuple[Part, ...]
    signers: tuple[str, ...]
    handling: str

    @property
    def block(self) -> tuple[tuple[str, str], ...]:
        """The lines of the title block: the bank, the paper's number, its facts. Who has named no bank has no line."""
        bank = ((_("Bank"), self.bank),) if self.bank else ()
        return (*bank, (_("Number of the paper"), self.number), *self.facts)


def stated(value: Value, kind: Kind) -> Value:
    """A value with no more digits than are stated: 0.21249 as a share is 0.212."""
    if kind == Kind.TEXT or isinstance(value, str | int | Unshown) or value is None:
        return value
    step = Decimal(1).scaleb(-DIGITS[kind])
    return float(Decimal(str(value)).quantize(step, rounding=ROUND_HALF_EVEN)) + 0.0


def in_words(value: Value, kind: Kind) -> str:
    """A value as it is read: '1,284', '21.2%', '--' for what is not there."""
    if value is None:
        return formats.NONE
    if isinstance(value, Unshown):
        return _("not shown")
    if isinstance(value, str):
        return value
    if kind == Kind.SHARE:
        return formats.share(value)
    if kind == Kind.CHANGE:
        return f"+{formats.grouped(value)}" if value > 0 else formats.grouped(value)
    return formats.grouped(value, DIGITS[kind] if value or kind != Kind.GAP else 0)


def readable(text: str) -> str:
    """Text on one line, without the signs that no file may hold or that would turn their neighbours round."""
    kept = (" " if sign.isspace() else sign for sign in text if sign.isspace() or _is_kept(sign))
    return "".join(kept)


def _is_kept(sign: str) -> bool:
    return unicodedata.category(sign) not in {"Cc", "Cf", "Cs"} and ord(sign) & 0xFFFE != 0xFFFE


def file_name(parts: Sequence[str], ending: str) -> str:
    """'忠诚度评估报告_滨江支行_20261123_林知远.xlsx', free of what file systems refuse."""
    kept = ("".join("_" if sign in FORBIDDEN_IN_NAMES else sign for sign in readable(part)) for part in parts)
    return "_".join(part.strip(" .")[:LONGEST_NAME] for part in kept) + f".{ending}"
