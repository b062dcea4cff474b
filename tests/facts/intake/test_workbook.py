"""Excel extracts: what the guard refuses before anything parses, and how cells become texts."""

from __future__ import annotations

import io
import struct
import zipfile
from datetime import date
from pathlib import Path

import pytest
import xlsxwriter
from tests.facts.intake import banks

from zhike.facts.intake.limits import Limits
from zhike.facts.intake.refusals import ExtractFault, ExtractRefused
from zhike.facts.intake.workbook import guard_workbook

SHEET = "xl/worksheets/sheet1.xml"


@pytest.fixture
def book(folder: Path) -> Path:
    return banks.write_sheet(folder / "账户.xlsx", banks.CHINESE_ACCOUNTS)


def rewritten(path: Path, changes: dict[str, bytes], **new: bytes) -> Path:
    """The workbook with parts replaced or added."""
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    parts |= changes | new
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return path


def part(path: Path, name: str) -> bytes:
    with zipfile.ZipFile(path) as archive:
        return archive.read(name)


def refusal(path: Path, limits: Limits | None = None) -> ExtractRefused:
    with pytest.raises(ExtractRefused) as raised:
        guard_workbook(path, limits or Limits())
    return raised.value


def test_a_plain_workbook_passes_the_guard(book: Path):
    guard_workbook(book, Limits())


@pytest.mark.goal("G19")
def test_a_part_that_inflates_to_more_than_allowed_is_refused(book: Path):
    assert refusal(rewritten(book, {SHEET: b" " * (70 * 1024 * 1024)})).code is ExtractFault.BOMB
    many = {f"xl/media/{number}.bin": b"\0" * (30 * 1024 * 1024) for number in range(3)}
    assert refusal(rewritten(book, many)).code is ExtractFault.BOMB


@pytest.mark.goal("G19")
def test_the_guard_counts_while_it_inflates_because_headers_lie(book: Path):
    rewritten(book, {SHEET: b" " * (70 * 1024 * 1024)})
    content = bytearray(book.read_bytes())
    for signature, offset in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        place = -1
        while (place := content.find(signature, place + 1)) >= 0:
            struct.pack_into("<I", content, place + offset, 100)
    book.write_bytes(content)
    assert refusal(book).code in (ExtractFault.BOMB, ExtractFault.BROKEN_WORKBOOK)


@pytest.mark.goal("G19")
@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("xl/vbaProject.bin", ExtractFault.HAS_MACROS),
        ("xl/externalLinks/externalLink1.xml", ExtractFault.EXTERNAL_LINK),
        ("../../etc/passwd", ExtractFault.UNSAFE_PART),
        ("/etc/passwd", ExtractFault.UNSAFE_PART),
        ("xl/inner.zip", ExtractFault.UNSAFE_PART),
        ("xl/embeddings/oleObject1.bin", ExtractFault.UNSAFE_PART),
    ],
)
def test_parts_that_no_table_needs_are_refused(book: Path, name: str, code: ExtractFault):
    assert refusal(rewritten(book, {name: b"x"})).code is code


@pytest.mark.goal("G19")
def test_thousands_of_parts_are_refused(book: Path):
    extra = {f"xl/media/{number}": b"" for number in range(1000)}
    assert refusal(rewritten(book, extra)).code is ExtractFault.TOO_MANY_PARTS


@pytest.mark.goal("G19")
def test_a_document_type_is_refused_before_an_entity_can_grow(book: Path):
    bomb = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>'
    sheet = part(book, SHEET)
    body = sheet[sheet.index(b"<worksheet") :]
    assert refusal(rewritten(book, {SHEET: bomb + body})).code is ExtractFault.DTD
    strings = part(book, "xl/sharedStrings.xml")
    body = strings[strings.index(b"<sst") :]
    assert refusal(rewritten(book, {"xl/sharedStrings.xml": bomb + body})).code is ExtractFault.DTD


@pytest.mark.goal("G19")
def test_a_sheet_of_more_rows_or_columns_than_allowed_is_refused(book: Path):
    assert refusal(book, Limits(sheet_rows=2)).code is ExtractFault.SHEET_TOO_LARGE
    wide = part(book, SHEET).replace(b'r="F1"', b'r="XFD1"')
    assert refusal(rewritten(book, {SHEET: wide})).code is ExtractFault.SHEET_TOO_LARGE


@pytest.mark.goal("G19")
def test_an_encrypted_or_old_workbook_is_refused(folder: Path):
    path = folder / "x.xlsx"
    path.write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 512)
    assert refusal(path).code is ExtractFault.ENCRYPTED
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("xl/workbook.xml", b"<workbook/>")
    content = bytearray(out.getvalue())
    content[6] |= 1
    content[content.index(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(content)
    assert refusal(path).code is ExtractFault.ENCRYPTED


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", ExtractFault.EMPTY_FILE),
        (b"a,b\n1,2\n", ExtractFault.NOT_THIS_LAYOUT),
        (b"PK\x03\x04 and nothing of a zip", ExtractFault.BROKEN_WORKBOOK),
    ],
)
def test_what_is_no_workbook_is_refused(folder: Path, content: bytes, code: ExtractFault):
    path = folder / "x.xlsx"
    path.write_bytes(content)
    assert refusal(path).code is code


def test_a_workbook_beyond_the_size_limit_is_refused_unread(book: Path):
    assert refusal(book, Limits(workbook_bytes=100)).code is ExtractFault.FILE_TOO_LARGE


def test_a_formula_cell_is_refused_with_its_place(folder: Path):
    path = banks.write_sheet(folder / "x.xlsx", [["a", "b"], [1, 2], [3, "=1+1"]])
    raised = refusal(path)
    assert (raised.code, raised.row, raised.column) == (ExtractFault.FORMULA_CELL, 3, "B")


def test_a_sheet_that_is_not_there_is_refused(folder: Path, work: Path):
    banks.write_chinese(folder)
    banks.write_sheet(folder / "账户.xlsx", banks.CHINESE_ACCOUNTS, sheet="别的")
    with pytest.raises(ExtractRefused) as raised:
        banks.read_in(work, banks.chinese(), folder)
    assert raised.value.code is ExtractFault.NO_SUCH_SHEET


def test_cells_become_the_texts_a_csv_would_hold(folder: Path, work: Path):
    banks.write_chinese(folder)
    header = banks.CHINESE_ACCOUNTS[0]
    banks.write_sheet(
        folder / "账户.xlsx",
        [
            header,
            [100200, "C1", "活期", date(2024, 3, 5), 0.125, "是"],
            [],
            [6222020200001234567, "C1", "活期", date(2024, 3, 5), 1, "是"],
            ["A4", "C1", "活期", "2024-03-05", "1,000.50", "否"],
        ],
    )
    reading = banks.read_in(work, banks.chinese(), folder)
    assert reading.connection.execute(
        "SELECT account_no, principal_cents FROM accounts ORDER BY 1"
    ).fetchall() == [("A4", 100050)]
    found = [banks.told(one)[1:4] for one in reading.rejects if one.table == "accounts"]
    assert found == [
        (2, "本金", "NOT_AN_AMOUNT"),
        (4, "账号", "LOST_DIGITS"),  # a spreadsheet keeps 15 digits of a number
    ]


def test_a_date_cell_is_a_date_whatever_its_format(folder: Path, work: Path):
    banks.write_chinese(folder)
    book = xlsxwriter.Workbook(str(folder / "账户.xlsx"))
    page = book.add_worksheet("账户")
    page.write_row(0, 0, banks.CHINESE_ACCOUNTS[0])
    page.write_row(1, 0, ["A1", "C1", "活期"])
    page.write_datetime(1, 3, date(2024, 2, 29), book.add_format({"num_format": "yyyy年m月d日"}))
    page.write_row(1, 4, [1, "否"])
    book.close()
    reading = banks.read_in(work, banks.chinese(), folder)
    assert reading.connection.execute("SELECT opened_on FROM accounts").fetchall() == [(date(2024, 2, 29),)]
