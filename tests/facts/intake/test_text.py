"""Encodings: the right text or a named refusal, never mojibake."""

from __future__ import annotations

import gzip
import random
import re
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from tests.facts.intake import banks

from zhike.facts.intake.limits import Limits
from zhike.facts.intake.refusals import ExtractFault, ExtractRefused
from zhike.facts.intake.text import prepare_text

TEXT = banks.CHINESE_TEXTS["客户_20260930.csv"]


def prepare(folder: Path, work: Path, content: bytes, encoding: str = "auto", **limits: int):
    path = folder / "x.csv"
    path.write_bytes(content)
    return prepare_text(path, encoding, work, Limits(**limits))


def refused(folder: Path, work: Path, content: bytes, encoding: str = "auto", **limits: int):
    with pytest.raises(ExtractRefused) as refusal:
        prepare(folder, work, content, encoding, **limits)
    return refusal.value.code, refusal.value.row


@pytest.mark.goal("G16")
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16", "utf-16-le", "utf-16-be"])
def test_every_name_arrives_as_it_was_written(folder: Path, work: Path, encoding: str):
    mark = {"utf-16-le": b"\xff\xfe", "utf-16-be": b"\xfe\xff"}.get(encoding, b"")
    text = prepare(folder, work, mark + TEXT.encode(encoding))
    assert text.path.read_text("utf-8") == TEXT
    assert text.lines == 5


@pytest.mark.goal("G16")
def test_gbk_is_read_as_the_part_of_gb18030_that_it_is(folder: Path, work: Path):
    plain = "姓名\n张三丰\n欧阳修\n"
    assert prepare(folder, work, plain.encode("gbk")).path.read_text("utf-8") == plain


@pytest.mark.goal("G16")
def test_utf_16_without_its_mark_is_refused_for_its_nul_bytes(folder: Path, work: Path):
    assert refused(folder, work, "a,b\n1,2\n".encode("utf-16-le")) == (ExtractFault.NUL_BYTE, 1)


@pytest.mark.goal("G16")
@pytest.mark.parametrize("broken", [b"\xff\xff", b"\x81", b"\xe4\xb8", b"\x80\x80"])
def test_bytes_of_no_encoding_are_refused_with_their_row(folder: Path, work: Path, broken: bytes):
    content = "甲,乙\n一,二\n".encode() + broken + b",x\n"
    assert refused(folder, work, content) == (ExtractFault.WRONG_ENCODING, 3)


@pytest.mark.goal("G16")
def test_a_declared_encoding_is_not_second_guessed(folder: Path, work: Path):
    assert refused(folder, work, "名\n张三\n".encode("gb18030"), "utf-8") == (ExtractFault.WRONG_ENCODING, 1)
    assert refused(folder, work, TEXT.encode("utf-8-sig"), "gb18030") == (ExtractFault.WRONG_ENCODING, 1)


@pytest.mark.goal("G16")
@pytest.mark.parametrize("declared", ["auto", "gb18030"])
def test_a_utf_8_line_in_a_gb18030_file_is_doubted(folder: Path, work: Path, declared: str):
    content = "号,名\n1,欧阳\n".encode("gb18030") + "2,张三\n".encode() + "3,李四\n".encode("gb18030")
    assert prepare(folder, work, content, declared).doubtful == (3,)


@pytest.mark.goal("G16")
def test_a_utf_8_value_among_gb18030_values_is_doubted(folder: Path, work: Path):
    content = "号,名,类\n".encode("gb18030") + b"1," + "张三".encode() + ",对私\n".encode("gb18030")
    assert prepare(folder, work, content).doubtful == (2,)


@pytest.mark.goal("G16")
def test_doubted_lines_are_rejected_and_the_others_are_read(folder: Path, work: Path):
    banks.write_chinese(folder)
    with (folder / "机构.csv").open("ab") as file:
        file.write(b"002," + "张三".encode() + b"\n" + "003,浦西支行\n".encode("gb18030"))
    reading = banks.read_in(work, banks.chinese(), folder)
    assert [(one.file, one.line, one.reason) for one in reading.rejects] == [("机构.csv", 3, "TWO_ENCODINGS")]
    assert reading.connection.execute("SELECT name FROM outlets ORDER BY 1").fetchall() == [
        ("浦东支行",),
        ("浦西支行",),
    ]


@pytest.mark.goal("G16")
def test_no_name_is_ever_garbled_by_mixing_encodings(folder: Path, work: Path):
    draw, names = random.Random(16), [*banks.CANARIES.values(), "张三", "李四光", "司马相如"]
    outcomes = set()
    for _ in range(200):
        written = [(name, draw.choice(["utf-8", "gb18030"])) for name in draw.sample(names, 3)]
        content = b"".join(
            f"{number},".encode() + name.encode(how) + b"\n" for number, (name, how) in enumerate(written)
        )
        try:
            text = prepare(folder, work, content)
        except ExtractRefused as refusal:
            outcomes.add(refusal.code)
            continue
        outcomes.add("read")
        for line, row in enumerate(text.path.read_text("utf-8").splitlines(), 1):
            assert line in text.doubtful or row == f"{line - 1},{written[line - 1][0]}"
    assert outcomes == {"read", ExtractFault.WRONG_ENCODING}


def test_a_character_split_between_two_chunks_is_one_character(folder: Path, work: Path):
    plain = "a" * 63 + "\n"
    long = plain * (1024 * 1024 // 64) + "𠮷\n"
    shifted = long[:-66] + "𠮷" * 20 + "\n"
    for encoding in ("utf-8", "gb18030"):
        assert prepare(folder, work, shifted.encode(encoding)).path.read_text("utf-8") == shifted


@pytest.mark.goal("G19")
def test_a_line_beyond_the_limit_is_refused_with_its_row(folder: Path, work: Path):
    content = b"a,b\n1,2\n3," + b"x" * (10 * 1024 * 1024) + b"\n4,5\n"
    assert refused(folder, work, content) == (ExtractFault.LINE_TOO_LONG, 3)
    assert refused(folder, work, b"a\n" * 5 + b"x" * 20 + b"\n", line_bytes=19) == (
        ExtractFault.LINE_TOO_LONG,
        6,
    )
    assert prepare(folder, work, b"a\n" * 5 + b"x" * 20, line_bytes=20).lines == 6


def test_line_lengths_are_measured_across_chunks(folder: Path, work: Path):
    content = (b"y" * 1000 + b"\n") * 3000
    assert prepare(folder, work, content, line_bytes=1000).lines == 3000
    assert refused(folder, work, content + b"z" * 1001, line_bytes=1000) == (ExtractFault.LINE_TOO_LONG, 3001)


@pytest.mark.goal("G19")
def test_a_packed_extract_is_unpacked_within_bounds(folder: Path, work: Path):
    path = folder / "x.csv.gz"
    path.write_bytes(gzip.compress(TEXT.encode()))
    assert prepare_text(path, "auto", work, Limits()).path.read_text("utf-8") == TEXT
    path.write_bytes(gzip.compress(b"a,b\n" * 10_000_000))
    with pytest.raises(ExtractRefused) as bomb:
        prepare_text(path, "auto", work, Limits())
    assert bomb.value.code is ExtractFault.BOMB
    path.write_bytes(gzip.compress(TEXT.encode())[:-9])
    with pytest.raises(ExtractRefused) as cut:
        prepare_text(path, "auto", work, Limits())
    assert cut.value.code is ExtractFault.BROKEN_ARCHIVE


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", ExtractFault.EMPTY_FILE),
        (b"\xef\xbb\xbf", ExtractFault.EMPTY_FILE),
        (b"PK\x03\x04aaaa", ExtractFault.NOT_THIS_LAYOUT),
        (b"\xd0\xcf\x11\xe0aa", ExtractFault.NOT_THIS_LAYOUT),
        (b"%PDF-1.7", ExtractFault.NOT_THIS_LAYOUT),
        (b"a,b\n1,\x002\n", ExtractFault.NUL_BYTE),
    ],
)
def test_what_is_no_text_is_refused(folder: Path, work: Path, content: bytes, code: ExtractFault):
    assert refused(folder, work, content)[0] is code


MIXED = ("工商", "代发工资", "é", "₤", "𠮷", "鸨\ufffd", "a", ",", "\t", '"', "\n", "7")


@given(st.lists(st.tuples(st.sampled_from(MIXED), st.sampled_from(("utf-8", "gb18030"))), max_size=30))
def test_the_doubted_lines_are_those_with_a_value_that_is_utf_8(
    tmp_path_factory: pytest.TempPathFactory, pieces: list[tuple[str, str]]
):
    written = b"".join(sign.encode(how) for sign, how in pieces)
    assume(written.strip(b"\n"))
    folder = tmp_path_factory.mktemp("mixed")
    for declared, ends in (("auto", rb'[,;\t"]'), ("gb18030", rb"$^")):
        try:
            text = prepare(folder, folder, written + b"\xb9\xa4\n", declared)
        except ExtractRefused:
            continue
        lines = (written + b"\xb9\xa4").split(b"\n")
        wanted = [no for no, line in enumerate(lines, 1) if any(map(is_utf_8, re.split(ends, line)))]
        assert list(text.doubtful) == wanted


def is_utf_8(value: bytes) -> bool:
    try:
        return any(ord(sign) > 0x7FF for sign in value.decode())
    except UnicodeDecodeError:
        return False
