"""Reading two banks, well written and badly."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from tests.facts.intake import banks

from zhike.facts import contract
from zhike.facts.intake.limits import Limits
from zhike.facts.intake.refusals import ExtractRefused
from zhike.facts.intake.rejects import write_rejects


def rows(reading, sql):
    return reading.connection.execute(sql).fetchall()


@pytest.mark.requirement("T-26")
def test_reading_turns_the_czech_layout_into_canonical_tables(folder: Path, work: Path):
    reading = banks.read_in(work, banks.berka(), banks.write_czech(folder))
    assert reading.reject_count == 0
    assert rows(
        reading,
        "SELECT customer_no, sex, birth_on, customer_group, outlet_code, opened_on FROM customers ORDER BY 1",
    ) == [
        ("1", "F", date(1970, 12, 13), "GENERAL", "D1", date(1993, 1, 1)),
        ("2", "M", date(1945, 2, 4), "GENERAL", "D2", date(1993, 1, 15)),
        ("3", "F", date(1940, 10, 9), "CARD", "D2", date(1993, 1, 15)),
    ]
    assert rows(reading, "SELECT * FROM relations") == [("3", "2", "AUTHORISED_USER", None)]
    assert rows(
        reading,
        "SELECT account_no, customer_no, product_code, principal_cents, matures_on, closed_on "
        "FROM accounts ORDER BY 1",
    ) == [
        ("A1", "1", "CURRENT-MONTHLY", None, None, None),
        ("A2", "2", "CURRENT-WEEKLY", None, None, None),
        ("K5", "3", "CARD-GOLD", None, None, None),
        ("L7", "1", "LOAN", 9639600, date(1994, 7, 5), date(1994, 7, 5)),
        ("L8", "2", "LOAN", 16596000, date(1996, 7, 11), None),
    ]
    assert rows(
        reading,
        "SELECT txn_no, kind, amount_cents, channel, purpose, counter_bank FROM transactions ORDER BY 1",
    ) == [
        ("11", "CASH_IN", 100000, "COUNTER", None, None),
        ("12", "FEE", -1460, "BANK", "STATEMENT", None),
        ("13", "CASH_OUT", -9040, "COUNTER", None, None),
        ("14", "TRANSFER_OUT", -10000, "BANK", None, "AB"),
        ("15", "PENSION", 5000, "BANK", "PENSION", "CD"),
        ("90", "INTEREST", 500, "BANK", "INTEREST", None),
    ]
    assert reading.business_on == date(1993, 3, 5)


@pytest.mark.requirement("T-26")
@pytest.mark.parametrize("encoding", ["gb18030", "utf-8", "utf-8-sig", "utf-16"])
def test_reading_turns_the_chinese_layout_into_canonical_tables(folder: Path, work: Path, encoding: str):
    reading = banks.read_in(work, banks.chinese(), banks.write_chinese(folder, encoding=encoding))
    assert [banks.told(reject) for reject in reading.rejects] == []
    assert rows(
        reading,
        "SELECT customer_no, name, id_no, birth_on, sex, phone, opened_on FROM customers ORDER BY 1",
    ) == [
        ("C1", "𠮷野家", "11010519491231002X", date(1949, 12, 31), "F", "13800138000", date(2024, 3, 5)),
        ("C2", "㛃明", "440524198001010013", date(1980, 1, 1), "M", None, date(2024, 3, 6)),
        (
            "C3",
            "阿依古丽·买买提",
            "130503196704010016",
            date(1967, 4, 1),
            "M",
            "010-62345678",
            date(2024, 3, 7),
        ),
        ("E1", "天华㐂贸易有限公司", "91350100M000100Y43", None, None, None, date(2024, 3, 8)),
    ]
    assert rows(
        reading, "SELECT account_no, principal_cents, opened_on, opening FROM accounts ORDER BY 1"
    ) == [("A1", 1234567890, date(2024, 3, 5), "RENEWED"), ("A2", None, date(2024, 3, 8), "NEW")]
    assert rows(reading, "SELECT txn_no, amount_cents FROM transactions ORDER BY 1") == [
        ("T1", 10050),
        ("T2", -2000),
    ]


def test_reading_gives_exactly_the_columns_of_the_contract(folder: Path, work: Path):
    reading = banks.read_in(work, banks.berka(), banks.write_czech(folder))
    for table in contract.TABLES.values():
        described = rows(reading, f"DESCRIBE {table.name}")
        assert [(name, type_) for name, type_, *_ in described] == [
            (column.name, str(column.type)) for column in table.columns
        ]


@pytest.mark.requirement("T-23")
def test_reading_compares_with_the_control_file_the_bank_sends(folder: Path, work: Path):
    reading = banks.read_in(work, banks.chinese(), banks.write_chinese(folder))
    assert [(one.name, one.expected, one.found, one.blocks) for one in reading.statements] == [
        ("customers sent", 4, 4, False),
        ("principal loaded", 1234567890, 1234567890, False),
    ]


@pytest.mark.requirement("T-23")
def test_a_difference_from_the_control_file_blocks_unless_explained(folder: Path, work: Path):
    banks.write_chinese(folder, control="file,row_count,amount\n客户,5,\n")
    reading = banks.read_in(work, banks.chinese(), folder)
    assert [(one.name, one.expected, one.found) for one in reading.blocks] == [
        ("customers sent", 5, 4),
        ("principal loaded", None, 1234567890),
    ]
    explained = banks.CHINESE.replace(
        'name = "customers sent"', 'name = "customers sent"\nexplained = "one is late"'
    )
    again = banks.read_in(work, banks.parse_mapping(explained, file="made_up.toml"), folder)
    assert [one.name for one in again.blocks] == ["principal loaded"]


@pytest.mark.requirement("T-23")
def test_control_totals_count_what_was_offered_kept_and_rejected(folder: Path, work: Path):
    text = banks.CZECH_FILES["trans.asc"] + '16;2;930305;"PRIJEM";"VKLAD";1.005;50.00;"";;\r\n'
    reading = banks.read_in(work, banks.berka(), banks.write_czech(folder, trans=text))
    control = next(one for one in reading.controls if one.table == "transactions")
    assert (control.offered, control.kept, control.rejected) == (7, 6, 1)
    assert control.sums_cents["amount_cents"] == 100000 - 1460 - 9040 - 10000 + 5000 + 500


def test_rejected_rows_name_line_column_reason_and_text(folder: Path, work: Path):
    banks.write_czech(
        folder,
        client=(
            '"client_id";"birth_number";"district_id"\r\n1;"706213";1\r\n2;"451304";2\r\n3;"406009";9\r\n4;"406009";2\r\n'
        ),
        account=(
            '"account_id";"district_id";"frequency";"date"\r\n'
            '1;1;"POPLATEK MESICNE";930101\r\n2;2;"DENNE";930115\r\n3;2;"POPLATEK TYDNE";939915\r\n'
        ),
    )
    reading = banks.read_in(work, banks.berka(), folder)
    told = [banks.told(reject) for reject in reading.rejects]
    assert ("client.asc", 3, "birth_number", "NOT_A_DATE", "451304") in told
    assert ("client.asc", 4, "district_id", "NO_MATCH", "9") in told
    assert ("client.asc", 5, "client_id", "NO_MATCH", "4") in told
    assert ("account.asc", 3, "frequency", "UNKNOWN_CODE", "DENNE") in told
    assert ("account.asc", 4, "date", "NOT_A_DATE", "939915") in told
    kept = rows(reading, "SELECT account_no FROM accounts ORDER BY 1")
    assert kept == [("A1",), ("L7",)]  # what hangs on a rejected customer or account goes with it


def test_a_reference_to_a_rejected_row_is_rejected_too_and_one_loaded_before_is_not(folder: Path, work: Path):
    banks.write_chinese(
        folder,
        流水="流水号,账号,日期,交易类型,金额,借贷\nT1,OLD,20240901,存现,1,贷\nT2,NONE,20240901,存现,1,贷\n",
    )
    place = work / "known"
    place.mkdir()
    reading = banks.read(banks.chinese(), folder, place, today=banks.TODAY, known={"accounts": ["OLD"]})
    assert [banks.told(reject)[1:] for reject in reading.rejects] == [(3, "", "REFERS_TO_NOTHING", "NONE")]
    assert rows(reading, "SELECT txn_no FROM transactions") == [("T1",)]


def test_equal_rows_leave_one_and_different_rows_under_one_key_leave_none(folder: Path, work: Path):
    head = "流水号,账号,日期,交易类型,金额,借贷\n"
    banks.write_chinese(
        folder,
        流水=head
        + "T1,A1,20240901,存现,1,贷\nT1,A1,20240901,存现,1,贷\nT2,A1,20240901,存现,1,贷\nT2,A1,20240901,存现,2,贷\n",
    )
    reading = banks.read_in(work, banks.chinese(), folder)
    assert rows(reading, "SELECT txn_no FROM transactions") == [("T1",)]
    found = [(reject.line, reject.reason, reject.params["first_line"]) for reject in reading.rejects]
    assert found == [(3, "DUPLICATE_KEY", "2"), (4, "DUPLICATE_KEY", "4"), (5, "DUPLICATE_KEY", "4")]


@pytest.mark.requirement("L-28")
def test_one_identity_document_cannot_belong_to_two_customers(folder: Path, work: Path):
    text = banks.CHINESE_TEXTS["客户_20260930.csv"] + "C9,另一人,对私,110105 19491231 002x,,2024-03-09,001\n"
    reading = banks.read_in(work, banks.chinese(), banks.write_chinese(folder, 客户=text))
    [reject] = reading.rejects
    assert (reject.line, reject.reason, reject.params) == (6, "SAME_IDENTITY", {"customer_no": "C1"})


def test_what_lies_in_the_future_or_ends_before_it_starts_is_rejected(folder: Path, work: Path):
    banks.write_chinese(
        folder,
        流水="流水号,账号,日期,交易类型,金额,借贷\nT1,A1,20261124,存现,1,贷\nT2,A1,20261123,存现,1,贷\n",
    )
    reading = banks.read_in(work, banks.chinese(), folder)
    assert [banks.told(reject)[1:] for reject in reading.rejects] == [
        (2, "日期", "FUTURE_DATE", "2026-11-24")
    ]
    ends = banks.CHINESE.replace("opening = { when", "closed_on = { const = 2024-03-06 }\nopening = { when")
    again = banks.read_in(work, banks.parse_mapping(ends, file="made_up.toml"), folder)
    assert [(one.line, one.reason) for one in again.rejects if one.table == "accounts"] == [
        (3, "ENDS_BEFORE_START")
    ]


def test_ragged_rows_are_set_aside_with_line_and_column_and_the_rest_is_read(folder: Path, work: Path):
    text = (
        banks.CHINESE_TEXTS["流水_202409.csv"]
        + "T3,A1,20240903\nT4,A1,20240904,存现,1,贷,多余\nT5,A1,20240905,存现,1,贷\n"
    )
    reading = banks.read_in(work, banks.chinese(), banks.write_chinese(folder, 流水=text))
    assert [(one.line, one.reason, one.header, one.params) for one in reading.rejects] == [
        (4, "RAGGED_ROW", "交易类型", {"expected": "6", "found": "3"}),
        (5, "RAGGED_ROW", "7", {"expected": "6", "found": "7"}),
    ]
    assert rows(reading, "SELECT txn_no FROM transactions ORDER BY 1") == [("T1",), ("T2",), ("T5",)]


def test_line_numbers_stay_true_after_line_breaks_in_quotes_and_blank_lines(folder: Path, work: Path):
    text = (
        "客户号,客户名称,客户类型,证件号码,手机,开户日期,机构号\n"
        'C1,"𠮷野\n家",对私,11010519491231002X,,2024-03-05,001\n\n'
        "C2,㛃明,对私,440524198001010015,,2024-03-06,001\n"
    )
    reading = banks.read_in(work, banks.chinese(), banks.write_chinese(folder, 客户=text))
    found = [banks.told(one)[1:4] for one in reading.rejects if one.file.startswith("客户")]
    assert found == [(2, "客户名称", "UNREADABLE_CHARACTER"), (5, "证件号码", "ID_CHECK_CHARACTER")]


def test_every_fault_of_a_row_is_told_at_once(folder: Path, work: Path):
    text = (
        "客户号,客户名称,客户类型,证件号码,手机,开户日期,机构号\n"
        "C1,甲,对私,110105194912310021,12345,2024-02-30,009\n"
    )
    reading = banks.read_in(work, banks.chinese(), banks.write_chinese(folder, 客户=text))
    reasons = {one.reason for one in reading.rejects if one.table == "customers"}
    assert reasons == {"ID_CHECK_CHARACTER", "PHONE", "NOT_A_DATE"}


def test_rejects_are_written_with_a_reason_beside_each_and_no_formula(folder: Path, work: Path):
    text = banks.CHINESE_TEXTS["流水_202409.csv"] + "T3,A1,20240903,=1+1,1,贷\n"
    reading = banks.read_in(work, banks.chinese(), banks.write_chinese(folder, 流水=text))
    path = work / "rejects.csv"
    assert write_rejects(reading.connection, path) == 1
    assert path.read_text("utf-8-sig").splitlines()[1] == (
        '"流水_202409.csv","4","transactions","kind","交易类型","UNKNOWN_CODE","","\'=1+1"'
    )


def test_the_same_files_give_the_same_digests_and_tables(folder: Path, work: Path):
    banks.write_chinese(folder)
    one, two = (banks.read_in(work, banks.chinese(), folder) for _ in range(2))
    assert one.files == two.files
    for table in contract.TABLES:
        sql = f"SELECT * FROM {table} ORDER BY ALL"
        assert rows(one, sql) == rows(two, sql)


def test_several_monthly_files_are_one_source_and_lines_count_per_file(folder: Path, work: Path):
    banks.write_chinese(folder)
    late = "流水号,账号,日期,交易类型,金额,借贷\nT8,A1,20241001,存现,1,贷\nT9,A1,20241001,转账,1,贷\n"
    (folder / "流水_202410.csv").write_text(late, "utf-8")
    reading = banks.read_in(work, banks.chinese(), folder)
    assert [banks.told(one)[:2] for one in reading.rejects] == [("流水_202410.csv", 3)]
    assert rows(reading, "SELECT count(*) FROM transactions") == [(3,)]


_HEADER = "流水号,账号,日期,交易类型,金额,借贷\n"
_MONTH = "T{0}1,A1,2024{0}01,存现,1,贷\nT{0}2,A1,2024{0}02,取现,1,借\n"


@pytest.mark.parametrize(
    ("amiss", "kept", "rejects"),
    [
        (_HEADER.encode() + b"T101,A1,20241001,\xe5\xad\x98\xe7\x8e\xb0,1\n" + b"T102,A1,20241002,,1,\n", 4, [3, 2]),
        ("借贷,流水号,账号,日期,交易类型,金额\n贷,T101,A1,20241001,存现,1\n".encode(), 5, []),
        (_HEADER.encode(), 4, []),
        (_HEADER.encode() + '"T101","A1","20241001","存现","1","贷"\n\n'.encode(), 5, []),
        (_HEADER.encode("gb18030") + "T101,A1,20241001,存现,1,贷\n".encode("gb18030"), 5, []),
        (
            _HEADER.encode("gb18030") + "T101,A1,20241001,存现,1,贷\n".encode("gb18030")
            + "T102,A1,20241002,存现,1,\n".encode(), 5, [3],
        ),
    ],
    ids=["ragged", "another order", "only a header", "a blank line", "another encoding", "two encodings"],
)  # fmt: skip
@pytest.mark.parametrize("copies_bytes", [1, 1 << 30])
def test_one_file_of_several_that_is_amiss_is_read_by_itself(
    folder: Path, work: Path, amiss: bytes, kept: int, rejects: list[int], copies_bytes: int
):
    banks.write_chinese(folder, 流水=_HEADER + _MONTH.format("09"))
    (folder / "流水_202410.csv").write_bytes(amiss)
    (folder / "流水_202411.csv").write_text(
        _HEADER + _MONTH.format("11") + "T113,A9,20241103,存现,1,贷\n", "utf-8"
    )
    reading = banks.read_in(work, banks.chinese(), folder, limits=Limits(copies_bytes=copies_bytes))
    told = [banks.told(one)[:2] for one in reading.rejects]
    assert sorted(line for name, line in told if name == "流水_202410.csv") == sorted(rejects)
    assert [row for row in told if row[0] != "流水_202410.csv"] == [("流水_202411.csv", 4)]
    assert rows(reading, "SELECT count(*) FROM transactions") == [(kept,)]
    assert not list(work.rglob("*.utf-8"))


def test_a_view_of_the_mapping_reaches_no_other_file(folder: Path, work: Path, tmp_path: Path):
    secret = tmp_path / "secret.csv"
    secret.write_text("code,name\n1,x\n")
    view = f"""
[[views]]
name = "spy"
of = "org"
columns = ["code", "name"]
sql = "SELECT 0 AS _file, 2 AS _line, * FROM read_csv('{secret}')"
"""
    text = banks.CHINESE.replace("[codes.customer_type]", view + "\n[codes.customer_type]")
    banks.write_chinese(folder)
    with pytest.raises(ExtractRefused) as refusal:
        banks.read_in(work, banks.parse_mapping(text, file="made_up.toml"), folder)
    assert (refusal.value.code, refusal.value.column) == ("VIEW_FAILED", "spy")


def test_a_view_feeds_a_table_and_keeps_the_line(folder: Path, work: Path):
    view = """
[[views]]
name = "named"
of = "org"
columns = ["code", "label"]
sql = "SELECT _file, _line, code, name || '!' AS label FROM org"
"""
    text = banks.CHINESE.replace("[codes.customer_type]", view + "\n[codes.customer_type]")
    text = text.replace(
        'source = "org"\n[feeds.columns]\noutlet_code = "code"\nname = "name"',
        'source = "named"\n[feeds.columns]\noutlet_code = "code"\nname = "label"',
    )
    banks.write_chinese(folder, 机构="机构号,机构名称\n001,浦东支行\n,无号\n")
    reading = banks.read_in(work, banks.parse_mapping(text, file="made_up.toml"), folder)
    assert rows(reading, "SELECT name FROM outlets") == [("浦东支行!",)]
    assert [banks.told(one)[:4] for one in reading.rejects] == [("机构.csv", 3, "code", "REQUIRED")]
