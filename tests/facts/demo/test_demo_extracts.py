"""The bank's own files come back as the bank they were written from."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import duckdb
import pytest

from zhike.facts.contract import LAKE_COLUMNS, TABLES
from zhike.facts.demo.bank import Bank, build
from zhike.facts.demo.bank_codes import CODES
from zhike.facts.demo.cast import POSTS
from zhike.facts.demo.extracts import write_extracts
from zhike.facts.demo.lake import lake_form
from zhike.facts.intake.mapping import load_mapping
from zhike.facts.intake.reading import read

MAPPING = Path(__file__).parents[3] / "mappings" / "tianhua.toml"


@pytest.fixture(scope="module")
def extracts(bank: Bank, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("extracts")
    write_extracts(bank, folder)
    return folder


def test_reading_the_extracts_gives_back_the_bank(bank: Bank, extracts: Path, tmp_path: Path) -> None:
    reading = read(load_mapping(MAPPING), extracts, tmp_path, today=bank.business_date)
    database = reading.database
    reject_count, blocks, chain = reading.reject_count, reading.blocks, reading.chain
    reading.connection.close()
    assert (reject_count, blocks) == (0, ())
    assert chain is not None
    assert chain.unexplained == 0
    bank.connection.execute(f"ATTACH '{database}' AS came_back (READ_ONLY)")
    try:
        for name, table in TABLES.items():
            columns = ", ".join(column.name for column in table.columns)
            ours, theirs = (
                f"SELECT {columns} FROM main.{name}",
                f"SELECT {columns} FROM came_back.main.{name}",
            )
            differing = bank.connection.execute(
                f"(({ours}) EXCEPT ALL ({theirs})) UNION ALL (({theirs}) EXCEPT ALL ({ours})) LIMIT 3"
            ).fetchall()
            assert differing == [], name
    finally:
        bank.connection.execute("DETACH came_back")


def test_extracts_are_the_same_bytes_each_time(tmp_path: Path) -> None:
    with duckdb.connect() as connection:
        small = build(connection, customers=300, business_date=date(2026, 9, 30))
        folders = []
        for threads in (1, 2):
            connection.execute(f"SET threads = {threads}")
            paths = write_extracts(small, tmp_path / str(threads))
            folders.append({path.name: path.read_bytes() for path in paths})
    assert folders[0] == folders[1]


def test_extracts_are_written_as_a_chinese_core_system_writes_them(extracts: Path) -> None:
    raw = (extracts / "KHXX_20260930.csv").read_bytes()
    with pytest.raises(UnicodeDecodeError):
        raw.decode("utf-8")
    lines = raw.decode("gb18030").split("\r\n")
    assert lines[0].startswith("客户号,客户类型,客户名称")
    assert any("𠮷" in line or "㛃" in line for line in lines)
    journal = (extracts / "JYLS_202609.csv").read_bytes().decode("gb18030")
    assert any(digit in journal for digit in "０１２３")
    control = (extracts / "HZ_20260930.csv").read_bytes().decode("gb18030").split("\r\n")
    assert control[0] == "文件名,笔数,金额合计"
    assert control[2] == "KHXX,3000,"


def test_every_canonical_code_has_a_code_of_the_bank() -> None:
    names = {
        ("outlets", "kind"): "unit_kind", ("customers", "kind"): "customer_kind", ("customers", "sex"): "sex",
        ("customers", "id_type"): "id_type", ("customers", "business_type"): "business_type",
        ("customers", "customer_group"): "customer_group", ("relations", "kind"): "relation",
        ("products", "category"): "category", ("accounts", "opening"): "opening",
        ("transactions", "kind"): "transaction", ("transactions", "channel"): "channel",
        ("events", "kind"): "event", ("events", "outcome"): "outcome",
    }  # fmt: skip
    for (table, column), name in names.items():
        assert set(CODES[name]) == set(TABLES[table].by_name[column].codes)
    assert set(CODES["post"]) == set(POSTS)
    assert all(len(set(codes.values())) == len(codes) for codes in CODES.values())


def test_lake_form_has_the_lake_s_columns_and_all_rows(bank: Bank, tmp_path: Path) -> None:
    paths = lake_form(bank, tmp_path)
    assert len(paths["transactions"]) == 24
    for name, columns in LAKE_COLUMNS.items():
        described = bank.connection.execute(
            f"DESCRIBE SELECT * FROM read_parquet('{tmp_path}/{name}/*.parquet')"
        ).fetchall()
        assert [(row[0], row[1]) for row in described] == [(column, str(type_)) for column, type_ in columns]
        ((count,),) = bank.connection.execute(
            f"SELECT count(*) FROM read_parquet('{tmp_path}/{name}/*.parquet')"
        ).fetchall()
        assert count == bank.counts[name]


def test_lake_form_uses_the_ids_it_is_given(bank: Bank, tmp_path: Path) -> None:
    bank.connection.execute(
        "CREATE TEMP TABLE own_ids AS SELECT customer_no AS key, customer_no::BIGINT + 5 AS id FROM customers"
    )
    lake_form(bank, tmp_path, ids={"customers": "temp.own_ids"}, tables=("customers",))
    ((lowest,),) = bank.connection.execute(
        f"SELECT min(customer_id) FROM read_parquet('{tmp_path}/customers/*.parquet')"
    ).fetchall()
    bank.connection.execute("DROP TABLE temp.own_ids")
    assert lowest == int(bank.cast_keys["zhang_wei"]) + 5
