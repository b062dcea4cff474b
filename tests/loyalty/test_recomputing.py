"""What the proof of a run says where it cannot be given."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from tests.cast import Bank

from zhike.analytics.indicators import CATALOGUE
from zhike.cli import evaluate
from zhike.loyalty.models import Run
from zhike.loyalty.operations import recomputing

pytestmark = pytest.mark.django_db


@pytest.fixture
def other_meaning(monkeypatch: pytest.MonkeyPatch) -> None:
    """The release after this one, in which a complaint weighs otherwise."""
    now = CATALOGUE["COMPLAINT"]
    monkeypatch.setitem(CATALOGUE, "COMPLAINT", replace(now, version=now.version + 1))


def verify(run_id: int, *words: str) -> Result:
    return CliRunner().invoke(evaluate.command, ["--verify", str(run_id), *words])


@pytest.fixture(autouse=True)
def entered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(evaluate, "enter_quietly", lambda *roles: None)


@pytest.mark.requirement("L-42")
def test_a_run_whose_indicators_meant_something_else_is_left_to_its_release(
    golden_bank: Bank, published: Run, lake: Path, other_meaning: None
) -> None:
    found = recomputing.recompute_run(run_id=published.pk)
    assert (found.is_equal, found.is_comparable, found.computed_hash) == (False, False, "")
    assert found.file_is_intact
    with (lake / published.result_path).open("ab") as file:
        file.write(b"!")
    assert not recomputing.recompute_run(run_id=published.pk).file_is_intact


@pytest.mark.requirement("L-42")
def test_the_command_names_the_release_that_can_verify(
    golden_bank: Bank, published: Run, other_meaning: None
) -> None:
    release = json.loads(published.inputs)["code_version"]
    told = verify(published.pk)
    assert told.exit_code == 3
    assert told.output == (
        f"{published}: computed by another release ({release}): verify it with that one.\n"
        f"stored   {published.result_hash}\n"
    )
    answered = json.loads(verify(published.pk, "--json").output)
    assert (answered["ok"], answered["computed"], answered["release"]) == (False, None, release)


def test_a_run_with_a_touched_scheme_is_refused_in_words(golden_bank: Bank, computed: Run) -> None:
    Run.objects.filter(pk=computed.pk).update(  # what is published the database does not let anybody touch
        inputs=computed.inputs.replace('"medium_from":45.0', '"medium_from":44.0')
    )
    told = verify(computed.pk)
    words = "The scheme kept with this run was changed after the run: it cannot be computed again.\n"
    assert (told.exit_code, told.output) == (1, words)


def test_a_number_without_a_computed_run_is_refused_in_words(golden_bank: Bank, published: Run) -> None:
    told = verify(published.pk + 1)
    assert (told.exit_code, told.output) == (1, "There is no computed evaluation with this number.\n")
