"""Malformed extracts: always a typed refusal or rejects with line and reason, never anything else."""

from __future__ import annotations

import random
import shutil
from collections import Counter
from pathlib import Path

import pytest
from tests.facts.intake import banks

from zhike.facts import contract
from zhike.facts.intake.refusals import ExtractFault, ExtractRefused

HEAD, *ROWS = banks.CHINESE_TEXTS["流水_202409.csv"].splitlines()


def refused(folder: Path, work: Path, text: str) -> tuple[ExtractFault, str, int | None, str | None]:
    with pytest.raises(ExtractRefused) as refusal:
        banks.read_in(work, banks.chinese(), banks.write_chinese(folder, 流水=text))
    found = refusal.value
    return found.code, found.file, found.row, found.column


FILE = "流水_202409.csv"


@pytest.mark.goal("G19")
@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("", (ExtractFault.EMPTY_FILE, FILE, None, None)),
        (f'{HEAD}\n"T1,A1,20240901,存现,1,贷\n{ROWS[1]}\n', (ExtractFault.UNCLOSED_QUOTE, FILE, 2, None)),
        (
            f'{HEAD}\n{ROWS[0]}\nT2,"A1,20240901,存现,1,贷\nT3,"A1",20240901,存现,1,贷\n',
            (ExtractFault.UNCLOSED_QUOTE, FILE, 3, None),
        ),
        (f'{HEAD}\n{ROWS[0]}\n"T2"x,A1,20240901,存现,1,贷\n', (ExtractFault.MALFORMED_QUOTE, FILE, 3, None)),
        (HEAD.replace("借贷", "金额") + "\n", (ExtractFault.DUPLICATE_HEADER, FILE, 1, "金额")),
        (HEAD.replace("借贷", "方向") + "\n", (ExtractFault.MISSING_COLUMN, FILE, 1, "借贷")),
        (HEAD.replace(",", ";") + "\n", (ExtractFault.MISSING_COLUMN, FILE, 1, "流水号")),
        (f"{HEAD}\nT1,A1,20240901,存现,{'9' * 200_000},贷\n", (ExtractFault.LINE_TOO_LONG, FILE, 2, None)),
        (f"{HEAD}\nT1,A1\0,20240901,存现,1,贷\n", (ExtractFault.NUL_BYTE, FILE, 2, None)),
    ],
)
def test_a_file_that_cannot_be_trusted_refuses_the_reading(
    folder: Path, work: Path, text: str, wanted: tuple
):
    assert refused(folder, work, text) == wanted


def test_missing_and_ambiguous_files_are_named(folder: Path, work: Path):
    banks.write_chinese(folder)
    shutil.copy(folder / "客户_20260930.csv", folder / "客户_20261031.csv")
    with pytest.raises(ExtractRefused) as several:
        banks.read_in(work, banks.chinese(), folder)
    assert (several.value.code, several.value.file) == (ExtractFault.SEVERAL_FILES, "客户_20261031.csv")
    for path in folder.glob("客户_*"):
        path.unlink()
    with pytest.raises(ExtractRefused) as none:
        banks.read_in(work, banks.chinese(), folder)
    assert (none.value.code, none.value.file) == (ExtractFault.NO_SUCH_FILE, "客户_*.csv")


def test_a_link_in_the_folder_is_not_followed(folder: Path, work: Path):
    banks.write_chinese(folder)
    real = (folder / "机构.csv").rename(work / "elsewhere.csv")
    (folder / "机构.csv").symlink_to(real)
    with pytest.raises(ExtractRefused) as refusal:
        banks.read_in(work, banks.chinese(), folder)
    assert refusal.value.code is ExtractFault.NO_SUCH_FILE


def test_a_header_without_rows_is_an_empty_table_not_a_refusal(folder: Path, work: Path):
    reading = banks.read_in(work, banks.chinese(), banks.write_chinese(folder, 流水=HEAD + "\n"))
    assert reading.connection.execute("SELECT count(*) FROM transactions").fetchall() == [(0,)]


@pytest.mark.parametrize(
    ("amount", "cents"),
    [
        *[("0", 0), ("0.01", 1), ("1.5000", 150), ("99999999999999.99", 9999999999999999)],
        *[
            (bad, None)
            for bad in ("1e3", "1_000", "-1", "+1", "0.001", "NaN", "²", "1,0", "", "1" + "0" * 15)
        ],
    ],
)
def test_an_amount_is_exact_or_rejected(folder: Path, work: Path, amount: str, cents: int | None):
    banks.write_chinese(folder, 流水=f'{HEAD}\nT1,A1,20240901,存现,"{amount}",贷\n')
    reading = banks.read_in(work, banks.chinese(), folder)
    kept = reading.connection.execute("SELECT amount_cents FROM transactions").fetchall()
    assert kept == ([] if cents is None else [(cents,)])
    assert len(kept) + reading.reject_count == 1


def garble(draw: random.Random, name: str, content: bytes) -> bytes:
    """One of many kinds of damage."""
    place = draw.randrange(len(content) + 1)
    lines = content.split(b"\n")
    line = draw.randrange(len(lines))
    return draw.choice(
        [
            lambda: content[:place],
            lambda: content[:place] + bytes([draw.randrange(256)]) + content[place:],
            lambda: content[:place] + bytes([draw.randrange(256)]) + content[place + 1 :],
            lambda: content[:place] + b'"' + content[place:],
            lambda: content[:place] + b"," + content[place:],
            lambda: content[:place] + b"\n" + content[place:],
            lambda: content[:place] + b"\r" + content[place:],
            lambda: content[:place] + b"\0" + content[place:],
            lambda: content[:place] + b"9" * 30 + content[place:],
            lambda: content[:place] + b"x" * 300_000 + content[place:],
            lambda: content[:place] + "张".encode() + content[place:],
            lambda: content[:place] + content[place + draw.randrange(20) :],
            lambda: b"\n".join(lines[:line] + lines[line:][::-1]),
            lambda: b"\n".join([*lines[:line], lines[line], *lines[line:]]),
            lambda: b"\n".join(lines[:line] + lines[line + 1 :]),
            lambda: content.replace(b",", b";"),
            lambda: content.replace(b"\n", b"\r\n"),
            lambda: content.replace(b"\n", b"\r"),
            lambda: (
                content.decode("gb18030", "replace").encode("utf-8")
                if name.endswith("csv")
                else content[::-1]
            ),
            lambda: (
                content.decode("gb18030", "replace").encode("utf-16") if name.endswith("csv") else content * 2
            ),
            lambda: content.upper(),
            lambda: b"",
            lambda: b"\n\n" + content,
            lambda: b"\xef\xbb\xbf" + content,
            lambda: b"PK\x03\x04" + content,
        ]
    )()


@pytest.mark.goal("G14", "G16")
def test_no_damage_to_a_file_leads_to_anything_but_a_refusal_or_rejects(folder: Path, tmp_path: Path):
    draw, outcomes = random.Random(14), Counter()
    banks.write_chinese(folder)
    names = set(banks.CANARIES.values())
    originals = {path.name: path.read_bytes() for path in folder.iterdir()}
    for number in range(100):
        name = draw.choice(sorted(originals))
        (folder / name).write_bytes(garble(draw, name, originals[name]))
        work = tmp_path / f"work-{number}"
        work.mkdir()
        try:
            reading = banks.read(banks.chinese(), folder, work, today=banks.TODAY)
        except ExtractRefused as refusal:
            assert refusal.file and refusal.code in ExtractFault
            outcomes["refused"] += 1
        else:
            rejects = list(reading.rejects)
            assert all(one.file and one.line > 0 and one.reason for one in rejects)
            outcomes["rejects" if rejects else "read"] += 1
            kept = reading.connection.execute("SELECT name FROM customers").fetchall()
            if not name.startswith("客户"):
                assert {row[0] for row in kept} <= names
            assert balanced(reading)
            reading.connection.close()
        (folder / name).write_bytes(originals[name])
        shutil.rmtree(work)
    assert min(outcomes["refused"], outcomes["rejects"], outcomes["read"]) >= 5, outcomes


def balanced(reading) -> bool:
    """Every row offered was kept or is among the rejects."""
    rejected = Counter(
        (one.table, one.file, one.line) for one in reading.rejects if one.table in contract.TABLES
    )
    by_table = Counter(table for table, _, _ in rejected)
    return all(one.offered - one.kept == by_table[one.table] for one in reading.controls)
