"""Run as a process of its own: the cells of one guarded worksheet, written as CSV of texts.

Reads one JSON object from standard input. Exits 0, or prints an `ExtractFault` and exits 1.
"""

from __future__ import annotations

import csv
import json
import resource
import sys
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path

import python_calamine

from zhike.facts.intake.quoting import LOST_DIGITS

EXACT = 10**15
"""A spreadsheet keeps 15 digits of a number. One with more has lost some, and is marked as such."""


def text_of(cell: object) -> str:
    """The cell as an extract in CSV would have it: dates ISO, numbers without exponent."""
    match cell:
        case bool():
            return "TRUE" if cell else "FALSE"
        case str():
            return cell
        case datetime():
            return cell.date().isoformat() if cell.time() == time() else cell.isoformat(" ", "seconds")
        case date() | time():
            return cell.isoformat()
        case timedelta():
            return str(cell)
        case int() | float():
            return _number(cell)
    return ""


def _number(number: int | float) -> str:
    if number != number or abs(number) >= EXACT:
        return f"{LOST_DIGITS} {number!r}"
    if number == int(number):
        return str(int(number))
    return f"{Decimal(repr(number)):f}"


def write_cells(workbook: Path, sheet: str, cells: Path) -> str:
    """Write line number and texts of every row that is not empty; an `ExtractFault` or nothing."""
    try:
        book = python_calamine.load_workbook(str(workbook))
        names = book.sheet_names
        if not names or (sheet and sheet not in names):
            return "NO_SUCH_SHEET"
        rows = book.get_sheet_by_name(sheet or names[0]).to_python(skip_empty_area=False)
    except (python_calamine.CalamineError, OSError, ValueError):
        return "BROKEN_WORKBOOK"
    with cells.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out, lineterminator="\n", quoting=csv.QUOTE_ALL)
        width = 0
        for line, row in enumerate(rows, 1):
            texts = [text_of(cell) for cell in row]
            if not any(texts):
                continue
            width = width or max(place for place, text in enumerate(texts, 1) if text)
            while len(texts) > width and not texts[-1]:
                texts.pop()
            writer.writerow([line, *texts, *[""] * (width - len(texts))])
    return ""


def main() -> int:
    """Read the order, bound this process, write the cells."""
    order = json.load(sys.stdin)
    resource.setrlimit(resource.RLIMIT_AS, (order["memory"], order["memory"]))
    resource.setrlimit(resource.RLIMIT_CPU, (order["seconds"], order["seconds"]))
    fault = write_cells(Path(order["workbook"]), order["sheet"], Path(order["cells"]))
    if fault:
        sys.stdout.write(fault)
    return 1 if fault else 0


if __name__ == "__main__":
    sys.exit(main())
