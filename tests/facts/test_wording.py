"""Nothing a reading can say stays a code: every fault and every reason has words in three languages."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
from django.utils import translation

from zhike.facts import checks, contract
from zhike.facts.intake import refusals
from zhike.facts.views.columns import HEADS
from zhike.facts.wording import CHAIN, FAULTS, MAPPING_FAULTS, REASONS, TABLES, fault_words, reason_words

ROOM = Path(refusals.__file__).parents[1]
PARAMETERS = {
    "file": "people.csv", "limit": "20971520", "found": ("a", "b"), "wanted": "csv", "rows": "9", "columns": "9",
    "sheet": "机构", "part": "x", "expected": "5", "format": "YYYYMMDD", "start": "2026-01-01", "source": "s",
    "first_file": "a.csv", "first_line": "3", "customer_no": "9001", "table": "outlets",
}  # fmt: skip


def reasons_in_sources() -> set[str]:
    """Every reason that the reading writes beside a row, from its own sources."""
    found = {str(reason) for reason in checks.Reason}
    for path in sorted((ROOM / "intake").glob("*.py")):
        text = path.read_text("utf-8")
        found |= set(re.findall(r"\"'([A-Z_]{4,})'\"", text))
        found |= set(re.findall(r"\\?'(RAGGED_ROW|TWO_ENCODINGS)\\?'", text))
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in {"_parsed", "Fault"}:
                found |= {
                    one.value
                    for one in node.args
                    if isinstance(one, ast.Constant) and isinstance(one.value, str)
                }
    return found


def test_every_reason_of_the_sources_has_words() -> None:
    assert reasons_in_sources() == set(REASONS)


def test_every_fault_every_table_and_every_figure_has_words() -> None:
    assert set(FAULTS) == set(refusals.ExtractFault)
    assert set(MAPPING_FAULTS) == set(refusals.MappingFault)
    assert set(TABLES) == set(contract.TABLES)
    assert set(CHAIN) <= set(contract_of_chain())


def contract_of_chain() -> list[str]:
    from dataclasses import fields

    from zhike.facts.intake.running_balance import Chain

    return [field.name for field in fields(Chain)]


@pytest.mark.parametrize("language", ["zh-hans", "zh-hant", "en"])
def test_words_are_whole_sentences_in_each_language(language: str) -> None:
    with translation.override(language):
        said = [fault_words(code, PARAMETERS) for code in FAULTS]
        sentences = [text for words in said for text in (words.happened, words.advice)]
        sentences += [reason_words(code, PARAMETERS) for code in REASONS]
    for text in sentences:
        assert "%(" not in text and "--" not in text, text
        assert text.endswith("." if language == "en" else "。"), text
        assert bool(re.search("[\u4e00-\u9fff]", text)) == (language != "en") or "机构" in text, text


def test_a_parameter_that_is_missing_breaks_no_sentence() -> None:
    assert fault_words("MISSING_COLUMN", {}).happened == "A column is missing."
    assert "--" in reason_words("RAGGED_ROW", {})
    assert reason_words("SOMETHING_NEW", {}) == "SOMETHING_NEW"


def test_sizes_are_said_as_sizes_and_row_limits_as_numbers() -> None:
    assert "20 MB" in fault_words("FILE_TOO_LARGE", PARAMETERS).happened
    assert "9 rows" in fault_words("SHEET_TOO_LARGE", PARAMETERS).happened


def test_every_canonical_column_has_a_heading() -> None:
    assert {column.name for table in contract.TABLES.values() for column in table.columns} == set(HEADS)
