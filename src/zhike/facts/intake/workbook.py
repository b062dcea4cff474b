"""Excel extracts: a guard that looks before anything parses, then a reader in a process of its own.

The guard counts while it inflates, because the sizes written in an archive may lie. It refuses whatever
is no plain table of values: encrypted files, macros, external links, DTDs, and formulas, whose stored
result nobody can check.
"""

from __future__ import annotations

import csv
import hashlib
import json
import subprocess
import sys
import zipfile
import zlib
from pathlib import Path, PurePosixPath
from xml.parsers import expat

from zhike.facts.intake.limits import Limits
from zhike.facts.intake.mapping import Source
from zhike.facts.intake.refusals import ExtractFault, ExtractRefused
from zhike.facts.intake.rows import Rows, load_records
from zhike.facts.intake.workplace import Workplace

_ZIP, _OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
_CHUNK = 256 * 1024
_NESTED = (".zip", ".xlsx", ".xlsm", ".docx", ".jar", ".gz", ".7z", ".rar")


def load_workbook(place: Workplace, source: Source, path: Path, table: str, number: int) -> tuple[str, Rows]:
    """Load one sheet of file `number` into the temporary `table`; its sha256 and rows. Raises ExtractRefused."""
    guard_workbook(path, place.limits)
    cells = place.folder / f"{table}.cells"
    _convert(path, source.sheet, cells, place.limits)
    if cells.stat().st_size == 0:
        raise ExtractRefused(ExtractFault.EMPTY_FILE, file=path.name)
    with cells.open(encoding="utf-8", newline="") as lines:
        records = ((int(record[0]), record[1:]) for record in csv.reader(lines, strict=True))
        rows = load_records(place, source, path.name, records, table, number)
    cells.unlink()
    return hashlib.sha256(path.read_bytes()).hexdigest(), rows


def guard_workbook(path: Path, limits: Limits) -> None:
    """Raise ExtractRefused unless the file is an .xlsx workbook that may be parsed."""
    size = path.stat().st_size
    if size == 0:
        raise ExtractRefused(ExtractFault.EMPTY_FILE, file=path.name)
    if size > limits.workbook_bytes:
        raise ExtractRefused(ExtractFault.FILE_TOO_LARGE, file=path.name, limit=limits.workbook_bytes)
    with path.open("rb") as file:
        start = file.read(8)
    if start.startswith(_OLE):  # an encrypted workbook, or one of before 2007
        raise ExtractRefused(ExtractFault.ENCRYPTED, file=path.name)
    if not start.startswith(_ZIP):
        raise ExtractRefused(ExtractFault.NOT_THIS_LAYOUT, file=path.name, wanted="xlsx")
    try:
        with zipfile.ZipFile(path) as archive:
            _guard_parts(archive, path, limits)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, ValueError, OSError) as error:
        raise ExtractRefused(ExtractFault.BROKEN_WORKBOOK, file=path.name) from error


def _guard_parts(archive: zipfile.ZipFile, path: Path, limits: Limits) -> None:
    parts = archive.infolist()
    if len(parts) > limits.parts:
        raise ExtractRefused(
            ExtractFault.TOO_MANY_PARTS, file=path.name, found=len(parts), limit=limits.parts
        )
    names = [part.filename for part in parts]
    for part in parts:
        _guard_name(part, path)
    if len(set(names)) < len(names):
        raise ExtractRefused(ExtractFault.UNSAFE_PART, file=path.name, part="the same name twice")
    if "xl/workbook.xml" not in names:
        raise ExtractRefused(ExtractFault.NOT_THIS_LAYOUT, file=path.name, wanted="xlsx")
    allowed = min(limits.unpacked_bytes, max(path.stat().st_size, 1) * limits.ratio)
    for part in parts:
        allowed -= _inspect(archive, part, path, min(allowed, limits.part_bytes), limits)


def _guard_name(part: zipfile.ZipInfo, path: Path) -> None:
    name = part.filename.lower()
    if part.flag_bits & 0x1:
        raise ExtractRefused(ExtractFault.ENCRYPTED, file=path.name)
    if PurePosixPath(name).is_absolute() or ".." in PurePosixPath(name).parts or "\\" in name or ":" in name:
        raise ExtractRefused(ExtractFault.UNSAFE_PART, file=path.name, part=part.filename)
    if "vbaproject" in name or "macrosheets" in name or "activex" in name:
        raise ExtractRefused(ExtractFault.HAS_MACROS, file=path.name)
    if "externallinks" in name:
        raise ExtractRefused(ExtractFault.EXTERNAL_LINK, file=path.name)
    if name.endswith(_NESTED) or "/embeddings/" in name:
        raise ExtractRefused(ExtractFault.UNSAFE_PART, file=path.name, part=part.filename)


def _inspect(
    archive: zipfile.ZipFile, part: zipfile.ZipInfo, path: Path, allowed: int, limits: Limits
) -> int:
    """Inflate one part, counting and looking at its XML; the bytes it took."""
    is_xml = part.filename.lower().endswith((".xml", ".rels", ".vml"))
    look = _Look(path, part.filename, limits) if is_xml else None
    taken = 0
    with archive.open(part) as stream:
        while chunk := stream.read(_CHUNK):
            taken += len(chunk)
            if taken > allowed:
                raise ExtractRefused(ExtractFault.BOMB, file=path.name, part=part.filename, limit=allowed)
            if look:
                look.feed(chunk)
    if look:
        look.finish()
    return taken


class _Look:
    """Reads the XML of one part for what a table of values does not have."""

    def __init__(self, path: Path, part: str, limits: Limits) -> None:
        self._path, self._limits = path, limits
        self._is_sheet = part.startswith("xl/worksheets/")
        self._rows, self._cell = 0, ""
        self._parser = expat.ParserCreate()
        self._parser.StartDoctypeDeclHandler = self._doctype
        self._parser.StartElementHandler = self._element

    def feed(self, chunk: bytes) -> None:
        """Take the next bytes of the part."""
        self._parse(chunk, final=False)

    def finish(self) -> None:
        """The part has ended."""
        self._parse(b"", final=True)

    def _parse(self, chunk: bytes, *, final: bool) -> None:
        try:
            self._parser.Parse(chunk, final)
        except expat.ExpatError as error:
            raise ExtractRefused(
                ExtractFault.BROKEN_WORKBOOK, file=self._path.name, row=error.lineno
            ) from error

    def _doctype(self, *_: object) -> None:
        raise ExtractRefused(ExtractFault.DTD, file=self._path.name)

    def _element(self, name: str, attributes: dict[str, str]) -> None:
        if attributes.get("TargetMode") == "External" and "hyperlink" not in attributes.get("Type", ""):
            raise ExtractRefused(ExtractFault.EXTERNAL_LINK, file=self._path.name)
        if not self._is_sheet:
            return
        match name.rpartition(":")[2]:
            case "row":
                self._rows += 1
                if self._rows > self._limits.sheet_rows:
                    raise self._too_large()
            case "c":
                self._cell = attributes.get("r", "")
                if _column_number(self._cell) > self._limits.sheet_columns:
                    raise self._too_large()
            case "f":
                letters = self._cell.rstrip("0123456789")
                row = int(self._cell[len(letters) :] or self._rows)
                raise ExtractRefused(ExtractFault.FORMULA_CELL, file=self._path.name, row=row, column=letters)

    def _too_large(self) -> ExtractRefused:
        return ExtractRefused(
            ExtractFault.SHEET_TOO_LARGE,
            file=self._path.name,
            rows=self._limits.sheet_rows,
            columns=self._limits.sheet_columns,
        )


def _column_number(cell: str) -> int:
    number = 0
    for letter in cell.rstrip("0123456789"):
        number = number * 26 + ord(letter) - 64
    return number


def _convert(path: Path, sheet: str, cells: Path, limits: Limits) -> None:
    """Write the sheet's cells as CSV, in a process that may use only so much memory and time."""
    order = {
        "workbook": str(path), "sheet": sheet, "cells": str(cells),
        "memory": limits.sheet_memory_bytes, "seconds": limits.sheet_seconds,
    }  # fmt: skip
    try:
        done = subprocess.run(
            [sys.executable, "-m", "zhike.facts.intake.cells"],
            input=json.dumps(order), capture_output=True, text=True, encoding="utf-8", check=False,
            timeout=limits.sheet_seconds * 5,
        )  # fmt: skip
    except subprocess.TimeoutExpired as error:
        raise ExtractRefused(ExtractFault.SHEET_TOO_LARGE, file=path.name) from error
    if done.returncode == 0:
        return
    known = [line for line in done.stdout.splitlines() if line in ExtractFault.__members__]
    code = ExtractFault(known[0]) if known else ExtractFault.BROKEN_WORKBOOK
    raise ExtractRefused(code, file=path.name, sheet=sheet)
