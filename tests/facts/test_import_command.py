"""`zhike import` of a bad delivery: the words of the page, JSON as JSON, and no mark left by a mere check."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from django.utils import translation

from tests.cast import Bank
from tests.facts import deliveries
from zhike.cli import imports as command_line
from zhike.facts.models import ImportBatch
from zhike.facts.queries.uploads import evaluation_waits

pytestmark = pytest.mark.django_db(databases=["default", "loader"])


@pytest.fixture
def folder(bank: Bank, tmp_path: Path, settings: Any) -> Path:
    """A delivery whose people cannot be read: the characters are neither UTF-8 nor GB18030."""
    settings.HOME, settings.LAKE, settings.MAPPINGS = tmp_path, str(tmp_path / "lake"), tmp_path / "mappings"
    deliveries.offer(settings.MAPPINGS)
    made = tmp_path / "extracts"
    made.mkdir()
    (made / "units.csv").write_text(deliveries.UNITS, "utf-8")
    (made / "people.csv").write_bytes(deliveries.PEOPLE.encode() + b"\xff\xff\n")
    return made


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """`zhike import` with these arguments, in this process."""
    monkeypatch.setattr(command_line, "enter_quietly", lambda *_roles: None)
    return lambda *given: CliRunner().invoke(command_line.command, [str(each) for each in given])


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", "people.csv, row 32: The characters cannot be read, neither"),
        ("zh-hans", "people.csv，第 32 行："),
        ("zh-hant", "people.csv，第 32 行：字元無法識別"),
    ],
)
def test_a_refusal_is_told_in_the_words_of_the_page(
    folder: Path, run: Callable[..., Any], language: str, said: str
) -> None:
    with translation.override(language):
        done = run("small", folder)
    assert (done.exit_code, done.stdout.count("Refused")) == (1, 0)
    assert done.stderr.startswith(said)
    assert not any(raw in done.stderr for raw in ("WRONG_ENCODING", "None", "{"))


def test_a_refusal_is_json_down_to_its_parameters(folder: Path, run: Callable[..., Any]) -> None:
    told = json.loads(run("small", folder, "--json").stdout)
    assert (told["ok"], told["code"], told["file"]) == (False, "WRONG_ENCODING", "people.csv")
    assert told["params"]["tried"] and isinstance(told["params"]["tried"], list)


def test_a_check_of_bad_files_keeps_no_evaluation_waiting(folder: Path, run: Callable[..., Any]) -> None:
    assert run("small", folder, "--check").exit_code == 1
    assert (ImportBatch.objects.get().state, evaluation_waits()) == ("DISCARDED", [])
    assert run("small", folder).exit_code == 1
    assert [batch.state for batch in evaluation_waits()] == ["REFUSED"]


def test_a_check_of_missing_files_keeps_no_evaluation_waiting(folder: Path, run: Callable[..., Any]) -> None:
    (folder / "people.csv").unlink()
    assert run("small", folder, "--check").exit_code == 1
    assert (ImportBatch.objects.get().state, evaluation_waits()) == ("DISCARDED", [])


def test_the_first_rejected_rows_are_told_with_place_masked_value_and_reason(
    folder: Path, run: Callable[..., Any]
) -> None:
    (folder / "people.csv").write_text(deliveries.FAULTY, "utf-8")
    done = run("small", folder, "--check")
    assert done.exit_code == 0, done.output
    assert "2 rows were rejected" in done.output
    assert "people.csv, row 4, column 手机: *** – This is no telephone number." in done.output
    assert "people.csv, row 8, column 6: *** – The row has 6 values; the heading has 5." in done.output
    assert "12345" not in done.output and "客户07" not in done.output
