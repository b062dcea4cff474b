"""Official papers: the same figures in each file, text that stays text, pages fit for signing."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from dataclasses import replace
from io import BytesIO

import pytest
from docx import Document
from hypothesis import given, settings
from hypothesis import strategies as st
from pypdf import PdfReader

from tests.core import papers
from zhike.core import figures
from zhike.core.papers.drawing import drawn
from zhike.core.papers.paper import (
    UNSHOWN,
    Column,
    Kind,
    Paper,
    Part,
    Table,
    file_name,
    in_words,
    readable,
    stated,
)
from zhike.core.papers.pdf import pdf_of
from zhike.core.papers.word import document_of
from zhike.core.papers.workbook import workbook_of

WRITERS = [pdf_of, document_of, workbook_of]
READERS: dict[Callable[[Paper], bytes], Callable[[bytes], str]] = {
    pdf_of: papers.text_of_pdf,
    document_of: papers.text_of_document,
    workbook_of: lambda content: str(papers.tables_of_workbook(content)),
}
COLUMNS = (
    Column("网点"),
    Column("客户", Kind.COUNT),
    Column("占比", Kind.SHARE),
    Column("均值", Kind.POINTS),
)
HOSTILE = (
    "=cmd|' /C calc'!A0",
    "@SUM(1+1)",
    "#set page(width: 1cm)",
    "]] #panic() $x$ \\ */",
    "\u202eطريق الحرير\u202c",
    "👩‍👩‍👧 支行",
    "\U00020bb7野家",
    "a\x00b\x0bc\ud800d\uffff",
    "長" * 300,
    "W" * 300,
    "<b>&amp;</b>",
)


def paper(*tables: Table, **changed: object) -> Paper:
    made = Paper(
        title="忠诚度评估报告", bank="示范银行", number="2026Q3-1-7", language="zh-hans", drawn_by="总行，梁志远 E001",
        basis="全行", facts=(("方案", "零售"),), notices=(), parts=(Part("等级", ("一句话。",), tables),),
        signers=("经办", "复核", "审批"), handling="内部资料",
    )  # fmt: skip
    return replace(made, **changed)


def table(name: str = "东湖网点", **changed: object) -> Table:
    rows = ((name, 1284, 0.21249, 57.25), ("城西", UNSHOWN, None, None))
    return replace(Table("按网点", COLUMNS, rows, ("合计", 1284, None, None)), **changed)


def test_every_file_states_the_same_figures() -> None:
    made = paper(table())
    sheet = papers.tables_of_workbook(workbook_of(made))["按网点"]
    assert sheet[1:] == [
        ["东湖网点", 1284.0, 0.212, 57.2],
        ["城西", "not shown", "", ""],
        ["合计", 1284.0, "", ""],
    ]
    words = papers.tables_of_document(document_of(made))["按网点"]
    assert words[1:] == [
        ["东湖网点", "1,284", "21.2%", "57.2"],
        ["城西", "not shown", "--", "--"],
        ["合计", "1,284", "--", "--"],
    ]
    assert "东湖网点 1,284 21.2% 57.2\n城西 not shown -- --\n合计 1,284 -- --" in papers.text_of_pdf(
        pdf_of(made)
    )


@given(st.floats(-1e9, 1e9), st.sampled_from([Kind.SHARE, Kind.POINTS, Kind.INDEX, Kind.AMOUNT]))
@settings(max_examples=100)
def test_a_cell_holds_the_very_number_that_is_read(value: float, kind: Kind) -> None:
    assert in_words(stated(value, kind), kind) == in_words(value, kind)


@pytest.mark.parametrize("write", WRITERS)
def test_the_same_paper_is_the_same_file(write: Callable[[Paper], bytes]) -> None:
    assert write(paper(table())) == write(paper(table()))


@pytest.mark.goal("G18")
@pytest.mark.parametrize("write", WRITERS)
def test_no_text_becomes_an_instruction_or_breaks_the_file(write: Callable[[Paper], bytes]) -> None:
    rows = tuple((name, 1, 0.5, 1.0) for name in HOSTILE)
    part = Part(HOSTILE[0], HOSTILE, (Table("=1+1 [a]:*?/\\ " + "x" * 60, COLUMNS, rows, note=HOSTILE[3]),))
    content = write(
        paper(
            title=HOSTILE[2],
            bank=HOSTILE[0],
            drawn_by=HOSTILE[9],
            notices=HOSTILE,
            parts=(part, part),
            facts=((HOSTILE[1], HOSTILE[4]),),
        )
    )
    text = "".join(READERS[write](content).split())
    for name in (
        "=cmd|'/Ccalc'!A0",
        "#setpage(width:1cm)",
        "]]#panic()$x$",
        "<b>&amp;</b>",
        "abcd",
        "長" * 300,
    ):
        assert name in text or name.replace("\\", "\\\\") in text or name.replace("'", "\\'") in text
    if write is workbook_of:
        with zipfile.ZipFile(BytesIO(content)) as archive:
            sheets = [archive.read(name).decode() for name in archive.namelist() if "sheets/sheet" in name]
        assert not [text for text in sheets if "<f>" in text or "<f " in text]


def test_a_pdf_is_upright_tagged_and_carries_its_fonts() -> None:
    found = PdfReader(BytesIO(pdf_of(paper(table()))))
    page = found.pages[0]
    assert [round(float(side)) for side in page.mediabox[2:]] == [595, 842]
    assert found.trailer["/Root"]["/MarkInfo"]["/Marked"]
    fonts = [font.get_object() for font in page["/Resources"]["/Font"].values()]
    inner = [font["/DescendantFonts"][0].get_object()["/FontDescriptor"].get_object() for font in fonts]
    assert inner
    assert all("/FontFile3" in each or "/FontFile2" in each for each in inner)
    text = page.extract_text()
    for said in ("2026Q3-1-7", "1/1", "示范银行", "经办", "复核", "审批"):
        assert said in text


def test_a_document_has_headings_repeated_heads_and_room_for_the_binding() -> None:
    book = Document(BytesIO(document_of(paper(table()))))
    section = book.sections[0]
    sides = (section.page_width, section.page_height, section.left_margin)
    assert [round(side.mm) for side in sides] == [210, 297, 25]
    assert "2026Q3-1-7" in section.header.paragraphs[0].text
    assert "NUMPAGES" in section.footer._element.xml
    styles = {each.text: each.style.name for each in book.paragraphs}
    assert (styles["忠诚度评估报告"], styles["1. 等级"], styles["按网点"]) == (
        "Title",
        "Heading 1",
        "Caption",
    )
    assert "w:tblHeader" in book.tables[1].rows[0]._tr.xml
    assert [cell.text for cell in book.tables[-1].rows[0].cells] == ["经办", "复核", "审批"]


def test_a_sheet_is_frozen_and_fits_a4_across() -> None:
    with zipfile.ZipFile(BytesIO(workbook_of(paper(table())))) as archive:
        sheet = archive.read("xl/worksheets/sheet2.xml").decode()
    for said in ('ySplit="4"', 'paperSize="9"', 'orientation="landscape"', 'fitToHeight="0"', "<autoFilter"):
        assert said in sheet


def test_sheets_of_one_caption_have_names_of_their_own() -> None:
    long = "字" * 40
    made = paper(table(caption=long), table(caption=long), table(caption="REPORT"))
    assert list(papers.tables_of_workbook(workbook_of(made))) == [
        "Report",
        "字" * 31,
        "字" * 29 + " 2",
        "REPORT 2",
    ]


@pytest.mark.parametrize("write", WRITERS)
def test_a_paper_of_nothing_is_still_a_file(write: Callable[[Paper], bytes]) -> None:
    assert write(paper(replace(table(), rows=(), total=None), facts=(), bank="", language="xx"))


def test_a_chart_is_drawn_with_its_limits_and_a_table_alone_where_paper_draws_none() -> None:
    chart = figures.histogram(
        label="分布", edges=[0, 50, 100], counts=[3, None], tiers=["LOW", "HIGH"], thresholds=[50], axis="<指数>",
        previous=[0, 9],
    )  # fmt: skip
    svg = drawn(chart)
    assert svg is not None
    assert "&lt;指数&gt;" in svg
    assert svg.count("<rect") == 2
    assert drawn(figures.bars(label="", values={}, heading="")) is None
    with zipfile.ZipFile(BytesIO(document_of(paper(table(chart=chart))))) as archive:
        assert [name for name in archive.namelist() if name.endswith(".png")] == ["word/media/image1.png"]
    assert "<指数>" in papers.text_of_pdf(pdf_of(paper(table(chart=chart))))


def test_a_name_of_a_file_is_one_that_every_system_takes() -> None:
    assert (
        file_name(["报告", 'a/b\\c:*?"<>|', "20261123", "..林\n知远."], "pdf")
        == "报告_a_b_c________20261123_林 知远.pdf"
    )
    assert len(file_name(["长" * 300, "部" * 300], "xlsx").encode()) < 500
    assert readable("a\x00b\nc\u202ed") == "ab cd"
