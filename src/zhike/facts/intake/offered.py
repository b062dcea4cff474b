"""Files offered for a mapping, looked at before anything reads them: names, sizes, first bytes.

Cheap and early, so that a person hears at once; the reading checks everything again and thoroughly.
"""

from __future__ import annotations

import re
from collections.abc import Mapping as Table
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from unicodedata import category

from zhike.facts.intake.limits import Limits
from zhike.facts.intake.mapping import Mapping, Source
from zhike.facts.intake.refusals import ExtractFault, ExtractRefused

NAME_BYTES = 240
"""Of a file's name in UTF-8: a folder keeps 255, and a mark of our own may be added."""
SHOWN_LENGTH = 120
_UNSAFE = re.compile(r"[\x00-\x1f\x7f/\\:*?\"<>|]|^\.|\.$|^\s|\s$")
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
"""Kinds of characters nobody sees, some of which turn the text around them: `KHXX\u202efdp.csv` reads `KHXXvsc.pdf`."""
_ZIP, _OLE, _GZIP, _PDF = b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"\x1f\x8b", b"%PDF"


@dataclass(frozen=True, slots=True)
class Offered:
    """One file as it was handed in: its name, and where its bytes lie."""

    name: str
    path: Path
    size: int
    sha256: str


def faults_of(offered: list[Offered], mapping: Mapping, limits: Limits) -> list[ExtractRefused]:
    """Everything that can be said against these files at first sight; empty if they may be read."""
    found = [fault for file in offered if (fault := _fault_of(file, offered, mapping, limits))]
    for source in mapping.sources.values():
        fitting = [file for file in offered if takes(source, file.name)]
        if not fitting and not source.optional:
            found.append(
                ExtractRefused(ExtractFault.NO_SUCH_FILE, file=" | ".join(source.files), source=source.name)
            )
        elif len(fitting) > 1 and not source.several:
            names = tuple(file.name for file in fitting)
            found.append(
                ExtractRefused(ExtractFault.SEVERAL_FILES, file=names[1], source=source.name, found=names)
            )
    unique: Table[tuple[str, str], ExtractRefused] = {(str(one.code), one.file): one for one in found}
    return list(unique.values())


def takes(source: Source, name: str) -> bool:
    """Whether a file of this name belongs to the source; letter case is ignored."""
    return any(fnmatchcase(name.lower(), pattern.lower()) for pattern in source.files)


def _fault_of(
    file: Offered, offered: list[Offered], mapping: Mapping, limits: Limits
) -> ExtractRefused | None:
    if fault := _name_fault(file.name):
        return fault
    if sum(other.name.lower() == file.name.lower() for other in offered) > 1:
        return ExtractRefused(ExtractFault.SEVERAL_FILES, file=file.name, found=(file.name,))
    sources = [source for source in mapping.sources.values() if takes(source, file.name)]
    if not sources:
        return ExtractRefused(ExtractFault.NOT_ASKED_FOR, file=file.name)
    if not file.size:
        return ExtractRefused(ExtractFault.EMPTY_FILE, file=file.name)
    layout = sources[0].layout
    limit = limits.workbook_bytes if layout == "xlsx" else limits.file_bytes
    if file.size > limit:
        return ExtractRefused(ExtractFault.FILE_TOO_LARGE, file=file.name, limit=limit)
    return _first_bytes(file, layout)


def _name_fault(name: str) -> ExtractRefused | None:
    """Why a name cannot be that of a file here; what is said of it shows no character that nobody sees."""
    readable = "".join("�" if category(char) in _UNSEEN else char for char in name)
    if _UNSAFE.search(name) or not name or readable != name:
        return ExtractRefused(ExtractFault.BAD_NAME, file=readable[:SHOWN_LENGTH])
    if len(name.encode()) > NAME_BYTES:
        return ExtractRefused(ExtractFault.NAME_TOO_LONG, file=readable[:SHOWN_LENGTH], limit=NAME_BYTES // 3)
    return None


def _first_bytes(file: Offered, layout: str) -> ExtractRefused | None:
    with file.path.open("rb") as opened:
        start = opened.read(8)
    if layout == "xlsx" and start.startswith(_OLE):  # encrypted, or a workbook of before 2007
        return ExtractRefused(ExtractFault.ENCRYPTED, file=file.name)
    is_packed = file.name.lower().endswith(".gz")
    wanted = {"xlsx": start.startswith(_ZIP), "csv": start.startswith(_GZIP) == is_packed}
    foreign = layout == "csv" and start.startswith((_ZIP, _OLE, _PDF))
    if not wanted[layout] or foreign:
        return ExtractRefused(ExtractFault.NOT_THIS_LAYOUT, file=file.name, wanted=layout)
    return None
