"""How much a foreign file may ask of the machine. Technical limits, not rules of the bank."""

from __future__ import annotations

from dataclasses import dataclass

MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of one reading. The upload screen passes smaller ones than the command line."""

    file_bytes: int = 64 * 1024 * MIB  # a CSV, also after unpacking
    copies_bytes: int = 1024 * MIB  # of files written anew as UTF-8 that lie beside each other
    line_bytes: int = 128 * 1024
    workbook_bytes: int = 20 * MIB
    parts: int = 200  # files inside a workbook
    part_bytes: int = 64 * MIB
    unpacked_bytes: int = 80 * MIB
    ratio: int = 200  # unpacked to packed
    sheet_rows: int = 1_048_576
    sheet_columns: int = 512
    sheet_seconds: int = 60  # processor time of the separate process that reads a workbook
    sheet_memory_bytes: int = 2048 * MIB
    text_length: int = 1000  # characters of one value
    memory: str = "1GB"  # of DuckDB; it spills to the work folder beyond
    threads: int = 2
