"""A paper as a Word document: real headings, captions and header rows, A4 upright with room for the binding."""

from __future__ import annotations

from datetime import datetime
from io import BytesIO
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from docx import Document
from docx.enum.section import WD_ORIENT
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_TAB_ALIGNMENT
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt, RGBColor

from zhike.core.papers.drawing import drawn
from zhike.core.papers.paper import Column, Paper, Table, Value, in_words, readable
from zhike.core.papers.pdf import picture

PAPER = Mm(210), Mm(297)
BINDING, OTHER, TOP = Mm(25), Mm(16), Mm(18)
TEXT_WIDTH = PAPER[0] - BINDING - OTHER
SIGNING_HEIGHT = Mm(24)
INK, SHADE = RGBColor(0x1C, 0x24, 0x30), "EEF1F5"
FONTS = {
    "zh-hans": ("宋体", "黑体", "zh-CN"),
    "zh-hant": ("PMingLiU", "Microsoft JhengHei", "zh-HK"),
    "en": ("宋体", "黑体", "en-GB"),
}
"""Fonts every office has: of the text, of headings; and the language the spelling is checked in."""
MADE_ON = datetime(2000, 1, 1)  # noqa: DTZ001 - the day within the file; the same paper gives the same bytes
ZIPPED_ON = (1980, 1, 1, 0, 0, 0)


def document_of(paper: Paper) -> bytes:
    """The paper as .docx. The same paper gives the same bytes."""
    book = Document()
    _styles(book, paper)
    _page(book.sections[0], paper)
    book.core_properties.title = readable(paper.title)
    book.core_properties.author = readable(paper.bank)
    book.core_properties.created = book.core_properties.modified = MADE_ON
    _front(book, paper)
    for place, part in enumerate(paper.parts, 1):
        book.add_heading(f"{place}. {readable(part.title)}", 1)
        for sentence in part.sentences:
            book.add_paragraph(readable(sentence))
        for table in part.tables:
            _table(book, table)
    _signatures(book, paper)
    return _same_bytes(book)


def _styles(book: Any, paper: Paper) -> None:
    text, heading, language = FONTS.get(paper.language.lower(), FONTS["en"])
    for name, font, size in (
        ("Normal", text, 10.5), ("Title", heading, 20), ("Heading 1", heading, 13), ("Caption", heading, 9.5),
        ("Header", text, 8.5), ("Footer", text, 8.5),
    ):  # fmt: skip
        style = book.styles[name]
        style.font.name, style.font.size, style.font.color.rgb = "Times New Roman", Pt(size), INK
        fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
        for theme in ("asciiTheme", "hAnsiTheme", "eastAsiaTheme", "cstheme"):
            fonts.attrib.pop(qn(f"w:{theme}"), None)
        fonts.set(qn("w:eastAsia"), font)
    for name in ("Header", "Footer"):
        book.styles[name].paragraph_format.tab_stops.clear_all()
    for border in book.styles["Title"].element.pPr.findall(qn("w:pBdr")):
        book.styles["Title"].element.pPr.remove(border)
    book.styles["Title"].paragraph_format.alignment = WD_ALIGN_PARAGRAPH.CENTER
    book.styles["Normal"].paragraph_format.space_after = Pt(4)
    spoken = OxmlElement("w:lang")
    spoken.set(qn("w:val"), "en-GB")
    spoken.set(qn("w:eastAsia"), language)
    book.styles["Normal"].element.get_or_add_rPr().append(spoken)
    book.styles["Caption"].font.bold = False
    book.styles["Caption"].paragraph_format.keep_with_next = True


def _page(section: Any, paper: Paper) -> None:
    section.orientation = WD_ORIENT.PORTRAIT
    section.page_width, section.page_height = PAPER
    section.left_margin, section.right_margin = BINDING, OTHER
    section.top_margin = section.bottom_margin = TOP
    head = section.header.paragraphs[0]
    head.text = f"{readable(paper.bank)}\t{readable(paper.number)}"
    foot = section.footer.paragraphs[0]
    foot.text = f"{readable(paper.drawn_by)}\t"
    _field(foot, "PAGE")
    foot.add_run("/")
    _field(foot, "NUMPAGES")
    for line in (head, foot):
        line.paragraph_format.tab_stops.add_tab_stop(TEXT_WIDTH, WD_TAB_ALIGNMENT.RIGHT)


def _field(paragraph: Any, code: str) -> None:
    """A number that Word works out itself: PAGE, NUMPAGES."""
    run = paragraph.add_run()
    for kind, text in (("begin", ""), ("", code), ("separate", ""), ("text", "1"), ("end", "")):
        if kind == "text":
            run._r.append(_element("w:t", text))
        elif kind:
            mark = OxmlElement("w:fldChar")
            mark.set(qn("w:fldCharType"), kind)
            run._r.append(mark)
        else:
            run._r.append(_element("w:instrText", text))


def _element(name: str, text: str) -> Any:
    found = OxmlElement(name)
    found.text = text
    return found


def _front(book: Any, paper: Paper) -> None:
    book.add_heading(readable(paper.title), 0)
    for notice in paper.notices:
        line = book.add_paragraph()
        line.add_run(readable(notice)).bold = True
    grid = book.add_table(rows=0, cols=2)
    for label, text in paper.block:
        cells = grid.add_row().cells
        cells[0].text, cells[1].text = readable(label), readable(text)
    _widths(grid, (1, 4))


def _table(book: Any, table: Table) -> None:
    if table.chart is not None and (svg := drawn(table.chart)):
        book.add_picture(BytesIO(picture(svg)), width=TEXT_WIDTH)
        book.inline_shapes[-1]._inline.docPr.set("descr", readable(table.chart.label))
    book.add_paragraph(readable(table.caption), style="Caption")
    grid = book.add_table(rows=1, cols=len(table.columns), style="Table Grid")
    grid.alignment = WD_TABLE_ALIGNMENT.CENTER
    _fill(grid.rows[0], tuple(column.label for column in table.columns), table.columns, is_head=True)
    for row in table.rows:
        _fill(grid.add_row(), row, table.columns)
    if table.total is not None:
        _fill(grid.add_row(), table.total, table.columns, is_bold=True)
    _widths(grid, tuple(1 if column.is_number else 2 for column in table.columns))
    if table.note:
        note = book.add_paragraph(readable(table.note))
        note.runs[0].font.size = Pt(9)
    book.add_paragraph()


def _widths(grid: Any, shares: tuple[int, ...]) -> None:
    """Share out the width of the text; Word goes by the cells, other programs by the columns."""
    grid.autofit = False
    for column, share in zip(grid.columns, shares, strict=True):
        width = TEXT_WIDTH * share // sum(shares)
        column.width = width
        for cell in column.cells:
            cell.width = width


def _fill(
    row: Any,
    values: tuple[Value, ...],
    columns: tuple[Column, ...],
    *,
    is_head: bool = False,
    is_bold: bool = False,
) -> None:
    """Write one row; a head row stands again on each page, and no row is torn in two."""
    settings = row._tr.get_or_add_trPr()
    settings.append(OxmlElement("w:cantSplit"))
    if is_head:
        settings.append(OxmlElement("w:tblHeader"))
    for cell, value, column in zip(row.cells, values, columns, strict=True):
        line = cell.paragraphs[0]
        line.paragraph_format.space_after = Pt(0)
        if column.is_number:
            line.alignment = WD_ALIGN_PARAGRAPH.RIGHT
        run = line.add_run(readable(in_words(value, column.kind)))
        run.font.size, run.bold = Pt(9), is_head or is_bold
        if is_head:
            shade = OxmlElement("w:shd")
            shade.set(qn("w:val"), "clear")
            shade.set(qn("w:fill"), SHADE)
            cell._tc.get_or_add_tcPr().append(shade)


def _signatures(book: Any, paper: Paper) -> None:
    """One row with a space for each name, day and seal."""
    grid = book.add_table(rows=1, cols=len(paper.signers), style="Table Grid")
    row = grid.rows[0]
    row.height = SIGNING_HEIGHT
    row._tr.get_or_add_trPr().append(OxmlElement("w:cantSplit"))
    for cell, signer in zip(row.cells, paper.signers, strict=True):
        cell.text = readable(signer)
    book.add_paragraph(readable(paper.handling))


def _same_bytes(book: Any) -> bytes:
    """The file with one time on everything in it, so that equal papers are equal files."""
    written, again = BytesIO(), BytesIO()
    book.save(written)
    with ZipFile(written) as source, ZipFile(again, "w", ZIP_DEFLATED) as target:
        for each in source.infolist():
            entry = ZipInfo(each.filename, ZIPPED_ON)
            entry.compress_type = ZIP_DEFLATED
            target.writestr(entry, source.read(each.filename))
    return again.getvalue()
