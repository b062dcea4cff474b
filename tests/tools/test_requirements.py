"""The register of requirements and the tests that prove them are compared in both directions."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools import requirements


def test_ids_are_read_from_marks_on_tests_classes_and_modules(tmp_path: Path) -> None:
    (tmp_path / "test_a.py").write_text(
        "import pytest\n"
        "pytestmark = pytest.mark.requirement('L-01')\n"
        "@pytest.mark.requirement('L-37', 'S-92')\n"
        "def test_b(): pass\n"
        "@pytest.mark.goal('G7')\n"
        "def test_c(): pass\n",
        encoding="utf-8",
    )
    assert requirements.ids_in_tests(tmp_path) == {"L-01", "L-37", "S-92"}


def test_done_without_a_test_and_a_test_without_an_entry_are_faults() -> None:
    states = {"L-01": "done", "L-02": "partly", "L-03": "later", "L-04": "done"}
    assert list(requirements.faults(states, {"L-04", "L-99"})) == [
        "L-99: proven by a test, but not in requirements.csv",
        "L-01: said to be done, but no passing test proves it",
    ]


def test_counts_are_by_source_and_in_all() -> None:
    lines = list(requirements.counts({"L-01": "done", "L-02": "later", "S-01": "done"}))
    assert [line.split() for line in lines[1:]] == [
        ["L", "1", "0", "1", "2"],
        ["S", "1", "0", "0", "1"],
        ["all", "2", "0", "1", "3"],
    ]


@pytest.mark.parametrize("row", ["L-01,,done", "L-01,Text,finished", "L-00,Text,done"])
def test_an_incomplete_or_repeated_entry_is_refused_with_its_line(tmp_path: Path, row: str) -> None:
    register = tmp_path / "requirements.csv"
    register.write_text(f"id,requirement,state\nL-00,Text,done\n{row}\n", encoding="utf-8")
    with pytest.raises(ValueError, match="line 3"):
        requirements.read_register(register)
