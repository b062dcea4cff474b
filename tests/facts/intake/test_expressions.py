"""Each expression of the mapping language on texts that fit and texts that do not."""

from __future__ import annotations

from datetime import date
from functools import cache

import duckdb
import pytest

from zhike.facts import checks
from zhike.facts.intake.expressions import Decision, compile_expression
from zhike.facts.intake.section import Section


class OneColumn:
    """A source with the columns x and y, a code list and a decision table."""

    codes = {"sex": {"男": "M", "女": "F"}}
    decisions = {"d": Decision(("x", "y"), (("A", "", "ONE"), ("A", "*", "TWO"), ("*", "B", "THREE")))}

    def column(self, section: Section, reference: str) -> str:
        return f'"{reference}"'


@cache
def shared() -> duckdb.DuckDBPyConnection:
    """One connection for the whole file: nothing is stored in it."""
    connection = duckdb.connect()
    checks.create_macros(connection)
    return connection


def evaluate(raw: object, x: str | None, y: str | None = None) -> tuple[object, list[str]]:
    """The value of the expression and the reasons of its faults."""
    compiled = compile_expression(Section("t.toml", "k", {}), raw, OneColumn())
    faults = ", ".join(f"CASE WHEN {one.when({})} THEN '{one.reason}' END" for one in compiled.faults)
    given = {"x": x, "y": y}
    [(value, *reasons)] = (
        shared()
        .execute(
            f"SELECT {compiled.sql}{', ' + faults if faults else ''} "
            "FROM (SELECT CAST($x AS VARCHAR) AS x, CAST($y AS VARCHAR) AS y)",
            given,
        )
        .fetchall()
    )
    return value, [reason for reason in reasons if reason]


@pytest.mark.parametrize(
    ("raw", "x", "wanted"),
    [
        ("x", "a", "a"),
        ({"const": True}, None, True),
        ({"const": date(2024, 1, 2)}, None, date(2024, 1, 2)),
        ({"code": "x", "codes": "sex"}, "男", "M"),
        ({"code": "x", "codes": {"0": "F"}}, "0", "F"),
        ({"code": "x", "codes": "sex"}, None, None),
        ({"date": "x", "format": "YYYY-MM-DD"}, "2024-02-29", date(2024, 2, 29)),
        ({"date": "x", "format": "YYYY-MM-DD"}, "２０２４－０２－２９", date(2024, 2, 29)),
        ({"date": "x", "format": "YYYYMMDD"}, "20240229", date(2024, 2, 29)),
        ({"date": "x", "format": "YYMMDD", "century": 1900}, "070101", date(1907, 1, 1)),
        ({"date": "x", "format": "YYMMDD hh:mm:ss", "century": 1900}, "931107 00:00:00", date(1993, 11, 7)),
        ({"date": "x", "format": "YYYY年M月D日"}, "2024年3月5日", date(2024, 3, 5)),
        ({"date": "x", "format": "DD.MM.YYYY"}, "05.03.2024", date(2024, 3, 5)),
        ({"date": "x", "formats": ["YYYY-MM-DD", "YYYY/M/D"]}, "2024/3/5", date(2024, 3, 5)),
        ({"month": {"date": "x", "format": "YYYY-MM-DD"}}, "2024-02-29", date(2024, 2, 1)),
        ({"cents": "x"}, "1234.5", 123450),
        ({"cents": "x"}, "-0.07", -7),
        ({"cents": "x"}, "１２．３０", 1230),
        ({"cents": "x", "group": ","}, "1,234,567.89", 123456789),
        ({"cents": "x", "group": ".", "point": ","}, "1.234,5", 123450),
        ({"cents": "x"}, "99999999999999.99", 9999999999999999),
        ({"ppm": "x", "unit": "percent"}, "1.30", 13000),
        ({"ppm": "x", "unit": "fraction"}, "0.000001", 1),
        ({"whole": "x"}, "0042", 42),
        ({"boolean": "x", "true": ["是", "Y"], "false": ["否"]}, "Y", True),
        ({"half_width": "x"}, "Ａ１－（２）", "A1-(2)"),
        ({"upper": "x"}, "ab", "AB"),
        ({"concat": [{"const": "A"}, "x"]}, "1", "A1"),
        ({"concat": [{"const": "A"}, "x"]}, None, None),
        ({"first": ["x", "y"]}, None, "y"),
        ({"when": {"x": ["a", ""]}, "then": {"const": 1}}, None, 1),
        ({"when": {"x": {"starts": "93"}}, "then": {"const": 1}, "otherwise": {"const": 2}}, "9401", 2),
        ({"when": {"x": {"not": ["a"]}}, "then": {"const": 1}, "otherwise": {"const": 2}}, None, 2),
        ({"when": {"x": {"present": False}}, "then": {"const": 1}}, None, 1),
        ({"czech_birth_date": "x"}, "706213", date(1970, 12, 13)),
        ({"czech_sex": "x"}, "706213", "F"),
        ({"czech_sex": "x"}, "450204", "M"),
        ({"resident_birth_date": "x"}, "130503670401001", date(1967, 4, 1)),
        ({"resident_sex": "x"}, "11010519491231002x", "F"),
        ({"add_months": {"date": "x", "format": "YYYYMMDD"}, "months": {"const": 1}}, "20240131", date(2024, 2, 29)),
        ({"add_months": {"const": date(2024, 1, 31)}, "months": "x"}, "12", date(2025, 1, 31)),
    ],
)  # fmt: skip
def test_an_expression_gives_the_value_of_a_text_that_fits(raw: object, x: str | None, wanted: object):
    assert evaluate(raw, x, "y") == (wanted, [])


@pytest.mark.parametrize(
    ("raw", "x", "reason"),
    [
        ({"code": "x", "codes": "sex"}, "？", "UNKNOWN_CODE"),
        ({"boolean": "x", "true": ["Y"], "false": ["N"]}, "y", "UNKNOWN_CODE"),
        ({"date": "x", "format": "YYYY-MM-DD"}, "2023-02-29", "NOT_A_DATE"),
        ({"date": "x", "format": "YYYY-MM-DD"}, "2024-2-9", "NOT_A_DATE"),
        ({"date": "x", "format": "YYYYMMDD"}, "2024022", "NOT_A_DATE"),
        ({"date": "x", "format": "YYYYMMDD"}, "202402290", "NOT_A_DATE"),
        ({"date": "x", "format": "YYMMDD", "century": 1900}, "991301", "NOT_A_DATE"),
        ({"cents": "x"}, "1.005", "NOT_AN_AMOUNT"),
        ({"cents": "x"}, "1,000", "NOT_AN_AMOUNT"),
        ({"cents": "x", "negative_when": {"y": "D"}}, "-1", "NOT_AN_AMOUNT"),
        ({"cents": "x"}, "1000000000000000000", "NOT_AN_AMOUNT"),
        ({"ppm": "x", "unit": "percent"}, "1.30001", "NOT_A_NUMBER"),
        ({"ppm": "x", "unit": "fraction"}, "9" * 15, "NOT_A_NUMBER"),
        ({"date": "x", "format": "YYYY-MM-DD"}, "0000-01-01", "NOT_A_DATE"),
        ({"whole": "x"}, "1.0", "NOT_A_NUMBER"),
        ({"whole": "x"}, "²", "NOT_A_NUMBER"),
        ({"czech_birth_date": "x"}, "451304", "NOT_A_DATE"),
        ({"czech_birth_date": "x"}, "456304", "NOT_A_DATE"),
        ({"czech_birth_date": "x"}, "4502041", "NOT_A_DATE"),
        ({"add_months": {"const": date(2024, 1, 31)}, "months": "x"}, "99999", "NOT_A_NUMBER"),
        ({"decide": "d"}, "C", "UNKNOWN_CODE"),
    ],
)
def test_an_expression_faults_a_text_that_does_not_fit(raw: object, x: str, reason: str):
    assert evaluate(raw, x, "y") == (None, [reason])


def test_a_debit_is_negative_by_its_condition():
    raw = {"cents": "x", "negative_when": {"y": ["VYDAJ", "VYBER"]}}
    assert evaluate(raw, "14.60", "VYBER") == (-1460, [])
    assert evaluate(raw, "14.60", "PRIJEM") == (1460, [])


def test_a_decision_table_takes_the_first_row_that_fits():
    found = [evaluate({"decide": "d"}, x, y)[0] for x, y in [("A", None), ("A", "B"), (None, "B")]]
    assert found == ["ONE", "TWO", "THREE"]


def test_a_branch_not_taken_has_no_faults():
    raw = {"when": {"y": "P"}, "then": {"whole": "x"}, "otherwise": {"const": 0}}
    assert evaluate(raw, "abc", "Q") == (0, [])
    assert evaluate(raw, "abc", "P") == (None, ["NOT_A_NUMBER"])
