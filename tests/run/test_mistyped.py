"""Words that no command knows: what was probably meant, as a sentence or as JSON, and in the terminal's language."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner
from tests.run.commands import zhike

from zhike.cli import main
from zhike.run.servers import EmbeddedServer


def test_a_mistyped_command_is_told_what_was_probably_meant() -> None:
    done = CliRunner().invoke(main, ["evalute"])
    assert (done.exit_code, "Did you mean" in done.stderr, "'evaluate'" in done.stderr) == (2, True, True)


@pytest.mark.parametrize(
    "words", [["evalute"], ["evaluate"], ["import", "berka"], ["evaluate", "--as-of", "x"]]
)
def test_a_program_reads_a_mistake_in_its_words_as_json(words: list[str]) -> None:
    done = CliRunner().invoke(main, [*words, "--json"])
    told = json.loads(done.stdout)
    assert (done.exit_code, done.stderr, told["ok"]) == (2, "", False)
    assert told["error"]


@pytest.mark.parametrize(
    ("locale", "said"), [("C.UTF-8", "No scheme NOPE is in force.\n"), ("zh_CN.UTF-8", "NOPE")]
)
def test_a_refusal_speaks_the_language_of_the_terminal(
    furnished: EmbeddedServer, locale: str, said: str
) -> None:
    words = ("evaluate", "--scheme", "NOPE", "--as-of", "2026-09-30")
    done = zhike(furnished.home, *words, LC_ALL=locale, PYTHONIOENCODING="utf-8")
    assert done.returncode == 1
    assert said in done.stderr and ("No scheme" in done.stderr) == (locale == "C.UTF-8")
