"""`zhike import` of a bad delivery: the words of the page, JSON as JSON, and no mark left by a mere check."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from django.utils import timezone, translation

from tests.cast import Bank
from tests.facts import deliveries
from zhike.cli import imports as command_line
from zhike.core.models import AuditEvent
from zhike.facts.models import ImportBatch
from zhike.facts.operations.loading import AlreadySettled
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


@pytest.mark.parametrize("option", [(), ("--check",)])
def test_a_folder_that_is_no_such_delivery_keeps_no_evaluation_waiting(
    folder: Path, run: Callable[..., Any], option: tuple[str, ...]
) -> None:
    (folder / "people.csv").unlink()
    done = run("small", folder, *option)
    batch = ImportBatch.objects.get()
    assert (done.exit_code, batch.state, evaluation_waits()) == (1, "DISCARDED", [])
    assert "A file is missing" in done.stderr and "Nothing was loaded." in done.stderr
    assert f"Import {batch.pk} is on record as discarded" in done.stderr
    assert AuditEvent.objects.filter(action="import.refused", object_id=str(batch.pk)).exists()


def test_a_refusal_says_that_it_keeps_evaluations_waiting_and_where_to_discard_it(
    folder: Path, run: Callable[..., Any]
) -> None:
    run("small", folder)
    done = run("small", folder)
    later, first = evaluation_waits()
    assert "Nothing was loaded." in done.stderr
    assert f"Imports {later.pk}, {first.pk} keep evaluations from starting" in done.stderr
    assert f"/imports/{later.pk}/ /imports/{first.pk}/" in done.stderr
    told = json.loads(run("small", folder, "--json").stdout)
    assert told["keep_waiting"] == [told["batch"], later.pk, first.pk]
    assert (told["ok"], told["state"], told["code"]) == (False, "REFUSED", "WRONG_ENCODING")


def test_a_check_leaves_nothing_to_decide(folder: Path, run: Callable[..., Any], tmp_path: Path) -> None:
    (folder / "people.csv").write_text(deliveries.PEOPLE.replace("13800000003", "12345"), "utf-8")
    file = tmp_path / "rejects.csv"
    done = run("small", folder, "--check", "--rejects", file)
    batch = ImportBatch.objects.get()
    assert (done.exit_code, batch.state, bytes(batch.rejects)) == (0, "DISCARDED", b""), done.output
    assert not (tmp_path / "imports" / f"batch-{batch.pk:06d}").exists()
    assert f"1 row was rejected; it stands in {file}" in done.stdout and "--rejects" not in done.stdout
    assert "12345" in file.read_text("utf-8-sig")
    assert "None" not in done.stdout


@pytest.mark.parametrize(("option", "state"), [(("--check",), "DISCARDED"), ((), "PREVIEW")])
def test_control_totals_that_differ_are_refused_with_both_figures(
    folder: Path, run: Callable[..., Any], option: tuple[str, ...], state: str
) -> None:
    (folder / "people.csv").write_text(deliveries.PEOPLE, "utf-8")
    (folder / "units.csv").write_text(deliveries.UNITS + "102,西湖网点\n", "utf-8")
    done = run("small", folder, *option)
    batch = ImportBatch.objects.get()
    assert (done.exit_code, batch.state, evaluation_waits()) == (1, state, [])
    assert "Control totals differ: 网点数 (stated 1, counted 2)." in done.stderr
    assert "Nothing was loaded." in done.stderr and f"Import {batch.pk} " in done.stderr
    told = json.loads(run("small", folder, *option, "--json").stdout)
    assert (told["ok"], told["code"], told["state"]) == (False, "NOT_LOADABLE", state)
    assert told["statements"][0]["blocks"] is True


def test_the_first_rejected_rows_are_told_with_place_masked_value_and_reason(
    folder: Path, run: Callable[..., Any]
) -> None:
    (folder / "people.csv").write_text(deliveries.FAULTY, "utf-8")
    done = run("small", folder, "--check")
    assert "2 rows were rejected; --rejects FILE writes them" in done.output
    assert "people.csv, row 4, column 手机: *** – This is no telephone number." in done.output
    assert "people.csv, row 8, column 6: *** – The row has 6 values; the heading has 5." in done.output
    assert "12345" not in done.output and "客户07" not in done.output


def test_a_batch_that_was_settled_meanwhile_is_a_refusal_with_a_code(
    folder: Path, run: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def discarded(**_given: Any) -> None:
        raise AlreadySettled("somebody discarded it")

    monkeypatch.setattr("zhike.facts.api.load_batch", discarded)
    (folder / "people.csv").write_text(deliveries.PEOPLE, "utf-8")
    told = run("small", folder, "--json")
    assert (told.exit_code, json.loads(told.stdout)["code"]) == (1, "REFUSED")


def test_an_import_under_way_is_not_told_as_one_to_be_discarded(
    folder: Path, run: Callable[..., Any]
) -> None:
    under_way = ImportBatch.objects.create(
        mapping="other", digest="1" * 64, state="LOADING", asked_by="test", asked_at=timezone.now()
    )
    done = run("small", folder)
    assert "keeps evaluations from starting" in done.stderr
    assert f"/imports/{under_way.pk}/" not in done.stderr
    assert under_way.pk in json.loads(run("small", folder, "--json").stdout)["keep_waiting"]
