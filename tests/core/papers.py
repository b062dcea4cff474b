"""Reading papers back from their files, as whoever receives one would."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import python_calamine
from docx import Document
from docx.table import Table as WordTable
from docx.text.paragraph import Paragraph
from pypdf import PdfReader

Rows = list[list[Any]]
TITLE_ROWS = 3


def tables_of_workbook(content: bytes) -> dict[str, Rows]:
    """The sheets by name, the title rows left out; cells as they are stored."""
    book = python_calamine.CalamineWorkbook.from_filelike(BytesIO(content))
    found = {name: book.get_sheet_by_name(name).to_python() for name in book.sheet_names}
    return {name: rows[TITLE_ROWS:] if at else rows for at, (name, rows) in enumerate(found.items())}


def tables_of_document(content: bytes) -> dict[str, Rows]:
    """The tables of a Word document by the paragraph before each; a caption said twice is numbered."""
    book, caption = Document(BytesIO(content)), ""
    found: dict[str, Rows] = {}
    for each in book.iter_inner_content():
        if isinstance(each, Paragraph):
            caption = each.text or caption
        elif isinstance(each, WordTable):
            again = sum(name.startswith(caption) for name in found) + 1
            name = caption if again == 1 else f"{caption} {again}"
            found[name] = [[cell.text for cell in row.cells] for row in each.rows]
    return found


def text_of_document(content: bytes) -> str:
    """All paragraphs and cells, one a line."""
    book = Document(BytesIO(content))
    cells = (cell.text for table in book.tables for row in table.rows for cell in row.cells)
    return "\n".join([*(each.text for each in book.paragraphs), *cells])


def text_of_pdf(content: bytes) -> str:
    """The text as a reader may copy it."""
    return "\n".join(page.extract_text() for page in PdfReader(BytesIO(content)).pages)
