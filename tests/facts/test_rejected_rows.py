"""Rejected rows told on screens and terminals: no value that names a person, nothing that steers a terminal."""

from __future__ import annotations

import pytest

from zhike.facts.operations import rejects
from zhike.facts.operations.rejects import HIDDEN, LONGEST, RejectedRow
from zhike.facts.wording import reject_words


def line(text: str, *, column: str = "opened_on") -> dict[str, str]:
    return {"table": "customers", "column": column, "reason": "BAD_DATE", "text": text}


@pytest.mark.parametrize(
    "text",
    [
        "330106198001011234",
        "33010619800101123X",
        "330106800101123",
        "１３８００１３８０００",
        "证件6222021234567890123号",
        "+8613800138000",
        "8613800138000",
        "138-0013-8000",
        "138 0013 8000",
        "6222 0212 3456 7890 123",
        "330106 19800101 1234",
    ],
)
def test_a_number_of_a_person_is_hidden_in_whatever_column_it_stands(text: str) -> None:
    assert rejects._shown_text(line(text)) == HIDDEN


@pytest.mark.parametrize("text", ["20231341", "2023-02-30", "8000000001", "12345.67", "2023-02-30 10:15"])
def test_what_is_wrong_with_another_value_is_shown(text: str) -> None:
    assert rejects._shown_text(line(text)) == text


def test_a_value_is_shown_no_longer_than_it_is_read() -> None:
    assert rejects._shown_text(line("错" * 60_000)) == "错" * LONGEST + "…"


def test_no_value_of_a_file_steers_the_terminal() -> None:
    row = RejectedRow(
        file="KH\x1b[2J.csv", line="8", table="customers", column="opened_on", header="建档\x07日期", reason="BAD_DATE",
        params={}, text=rejects._shown_text(line("\x1b]52;c;aGk=\x07\u202e2023")),
    )  # fmt: skip
    assert reject_words(row).isprintable()
