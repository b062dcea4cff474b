"""A paper as an Excel workbook: real numbers, text that stays text, one sheet a table, each ready for A4 paper.

Text stays text, whatever it begins with: every cell is written by its type, so nothing becomes a formula.
"""

from __future__ import annotations

from datetime import datetime
from io import BytesIO
from typing import Any
from unicodedata import east_asian_width

import xlsxwriter
from django.utils.translation import gettext as _

from zhike.core.papers.paper import Column, Kind, Paper, Table, Unshown, Value, in_words, readable, stated

TITLE_ROWS = 3
"""The title, who drew it up of whom and when, and the caption; the head of the table follows."""
NARROWEST, WIDEST = 10, 40
LONGEST_SHEET = 31
LONGEST_CELL = 32_000
"""Signs of a cell; Excel refuses a file whose cell has more than 32,767."""
FORBIDDEN_IN_SHEETS = "[]:*?/\\'"
A4 = 9
MADE_ON = datetime(2000, 1, 1)  # noqa: DTZ001 - the day within the file; the same paper gives the same bytes
NUMBERS = {
    Kind.COUNT: "#,##0",
    Kind.CHANGE: "+#,##0;-#,##0;0",
    Kind.SHARE: "0.0%",
    Kind.POINTS: "#,##0.0",
    Kind.INDEX: "0.000",
    Kind.AMOUNT: "#,##0.00",
    Kind.GAP: "0.#########",
}
SERIES = ("#8d99ad", "#1c2430")

AS_WRITTEN = {
    "in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False,
}  # fmt: skip
"""Options of a workbook in which a text stays the text it is, whatever it begins with."""


def workbook_of(paper: Paper) -> bytes:
    """The paper as .xlsx. The same paper gives the same bytes."""
    buffer = BytesIO()
    with xlsxwriter.Workbook(buffer, AS_WRITTEN) as book:
        book.set_properties(
            {"title": readable(paper.title), "company": readable(paper.bank), "created": MADE_ON}
        )
        formats = _formats(book)
        names = _Names()
        _front(book.add_worksheet(names.free(_("Report"))), paper, formats)
        for part in paper.parts:
            for table in part.tables:
                sheet = book.add_worksheet(names.free(table.caption))
                _sheet(book, sheet, table, paper, formats)
    return buffer.getvalue()


class _Names:
    """Names of sheets: short, free of what Excel refuses, each only once."""

    def __init__(self) -> None:
        self._taken: set[str] = set()

    def free(self, wanted: str) -> str:
        plain = (
            "".join(" " if sign in FORBIDDEN_IN_SHEETS else sign for sign in readable(wanted)).strip() or "-"
        )
        found, again = plain[:LONGEST_SHEET], 1
        while found.casefold() in self._taken:
            again += 1
            mark = f" {again}"
            found = plain[: LONGEST_SHEET - len(mark)] + mark
        self._taken.add(found.casefold())
        return found


def _formats(book: Any) -> dict[str, Any]:
    found = {
        "title": book.add_format({"bold": True, "font_size": 14}),
        "part": book.add_format({"bold": True, "top": 1}),
        "text": book.add_format({"num_format": "@", "valign": "top"}),
        "long": book.add_format({"num_format": "@", "text_wrap": True, "valign": "top"}),
        "quiet": book.add_format({"num_format": "@", "font_color": "#5F6A7B", "align": "right"}),
        "head": book.add_format({"bold": True, "bg_color": "#EEF1F5", "bottom": 1, "text_wrap": True}),
        "head-number": book.add_format(
            {"bold": True, "bg_color": "#EEF1F5", "bottom": 1, "text_wrap": True, "align": "right"}
        ),
        "total-text": book.add_format({"bold": True, "top": 1, "num_format": "@"}),
    }
    for kind, number in NUMBERS.items():
        found[kind] = book.add_format({"num_format": number})
        found[f"total-{kind}"] = book.add_format({"bold": True, "top": 1, "num_format": number})
    return found


def _front(sheet: Any, paper: Paper, formats: dict[str, Any]) -> None:
    """The title block, what was found in words, and who signs."""
    sheet.set_column(0, 0, 26)
    sheet.set_column(1, 1, 90)
    _heading(sheet, paper, formats)
    line = 2
    for label, text in (*paper.block, *((_("Note"), notice) for notice in paper.notices)):
        _text(sheet, line, 0, label, formats["text"])
        _text(sheet, line, 1, text, formats["long"])
        line += 1
    for place, part in enumerate(paper.parts, 1):
        _text(sheet, line, 0, f"{place}. {part.title}", formats["part"])
        sheet.write_blank(line, 1, None, formats["part"])
        line += 1
        for sentence in part.sentences:
            _text(sheet, line, 1, sentence, formats["long"])
            line += 1
    for signer in paper.signers:
        _text(sheet, line, 0, signer, formats["part"])
        sheet.write_blank(line, 1, None, formats["part"])
        line += 1
    _text(sheet, line, 0, _("Handling"), formats["text"])
    _text(sheet, line, 1, paper.handling, formats["long"])
    _page(sheet, paper)


def _heading(sheet: Any, paper: Paper, formats: dict[str, Any]) -> None:
    _text(sheet, 0, 0, paper.title, formats["title"])
    _text(sheet, 1, 0, _("; ").join((paper.drawn_by, paper.basis)), None)


def _sheet(book: Any, sheet: Any, table: Table, paper: Paper, formats: dict[str, Any]) -> None:
    _heading(sheet, paper, formats)
    _text(sheet, 2, 0, table.caption, None)
    for place, column in enumerate(table.columns):
        _text(sheet, TITLE_ROWS, place, column.label, formats["head-number" if column.is_number else "head"])
        sheet.set_column(place, place, _width(table, place))
    first = TITLE_ROWS + 1
    for line, row in enumerate(table.rows, first):
        _row(sheet, line, row, table.columns, formats)
    end = first + len(table.rows)
    if table.total is not None:
        _row(sheet, end, table.total, table.columns, _of_totals(formats))
        end += 1
    if table.note:
        _text(sheet, end + 1, 0, table.note, None)
    sheet.freeze_panes(first, 1)
    sheet.repeat_rows(TITLE_ROWS)
    if table.rows:
        sheet.autofilter(TITLE_ROWS, 0, first + len(table.rows) - 1, len(table.columns) - 1)
    if table.chart is not None and table.chart.spec["kind"] == "histogram" and table.rows:
        _chart(book, sheet, table)
    _page(sheet, paper)


def _row(
    sheet: Any, line: int, row: tuple[Value, ...], columns: tuple[Column, ...], forms: dict[str, Any]
) -> None:
    for place, (value, column) in enumerate(zip(row, columns, strict=True)):
        if isinstance(value, str):
            _text(sheet, line, place, value, forms["text"])
        elif isinstance(value, Unshown):
            _text(sheet, line, place, in_words(value, column.kind), forms["quiet"])
        elif value is not None:
            sheet.write_number(line, place, stated(value, column.kind), forms[column.kind])


def _of_totals(formats: dict[str, Any]) -> dict[str, Any]:
    """The same formats for the row at the foot of a table."""
    return formats | {
        name.removeprefix("total-"): form for name, form in formats.items() if name.startswith("total-")
    }


def _text(sheet: Any, line: int, place: int, text: str, form: Any) -> None:
    sheet.write_string(line, place, readable(text)[:LONGEST_CELL], form)


def _width(table: Table, place: int) -> int:
    cells = [table.columns[place].label]
    cells += [in_words(row[place], table.columns[place].kind) for row in table.rows]
    longest = max(sum(2 if east_asian_width(sign) in "WF" else 1 for sign in cell) for cell in cells)
    return min(max(longest + 2, NARROWEST), WIDEST)


def _chart(book: Any, sheet: Any, table: Table) -> None:
    """The distribution beside its table, drawn by Excel from the cells themselves."""
    first, last = TITLE_ROWS + 1, TITLE_ROWS + len(table.rows)
    chart = book.add_chart({"type": "column"})
    counted = [place for place, column in enumerate(table.columns) if column.kind == Kind.COUNT]
    for place, colour in zip(counted, SERIES, strict=False):
        chart.add_series({
            "name": [sheet.name, TITLE_ROWS, place],
            "categories": [sheet.name, first, 0, last, 0],
            "values": [sheet.name, first, place, last, place],
            "fill": {"color": colour},
            "gap": 30,
        })  # fmt: skip
    chart.set_title({"name": readable(table.caption)})
    chart.set_size({"width": 640, "height": 320})
    sheet.insert_chart(TITLE_ROWS, len(table.columns) + 1, chart)


def _page(sheet: Any, paper: Paper) -> None:
    sheet.set_landscape()
    sheet.set_paper(A4)
    sheet.fit_to_pages(1, 0)
    said = readable(f"{paper.number} {paper.drawn_by}").replace("&", "&&")[:200]
    sheet.set_footer(f"&L{said}&R&P/&N")
