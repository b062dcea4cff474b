"""Everything a person reads is there in three languages: catalogues, and the words of every code."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from tests.architecture.routes import routes
from tests.architecture.sources import PACKAGE, python_files, tree_of

from tools import messages
from zhike.core import labels

AUDIT_CALLS = {"audit.change": 1, "audit.record": 0, "audit.refused": 0}
"""Where the code of the act stands among the arguments."""


@pytest.mark.parametrize("room", messages.rooms(), ids=lambda room: room.name)
def test_the_catalogues_of_a_room_are_complete_in_three_languages(room: Path) -> None:
    assert list(messages.faults_of(room)) == []


def test_no_two_rooms_translate_the_same_message_differently() -> None:
    assert list(messages.disagreements_of(messages.rooms())) == []


def test_a_message_translated_differently_by_two_rooms_is_named() -> None:
    core, loyalty = Catalog(locale="zh_Hans"), Catalog(locale="zh_Hans")
    core.add("Correct", "更正")
    loyalty.add("Correct", "属实")
    (found,) = messages.disagreements({"core": core, "loyalty": loyalty}, "zh_Hans")
    assert "'Correct': core '更正'; loyalty '属实'" in found
    loyalty.add("Correct", "属实", context="sample")
    del loyalty["Correct"]
    assert list(messages.disagreements({"core": core, "loyalty": loyalty}, "zh_Hans")) == []


def acts(tree: ast.AST) -> Iterator[str]:
    """The codes that a module writes to the audit."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func) in AUDIT_CALLS:
            place = AUDIT_CALLS[ast.unparse(node.func)]
            if len(node.args) > place:
                constants = [
                    part.value for part in ast.walk(node.args[place]) if isinstance(part, ast.Constant)
                ]
                yield from (code for code in constants if isinstance(code, str) and "." in code)


def test_every_act_in_the_audit_has_words() -> None:
    assert routes(), "loading the addresses loads the words of every room"
    written = {code for path in python_files(PACKAGE) for code in acts(tree_of(path))}
    assert len(written) > 30
    assert written - labels.known(labels.Register.ACTION).keys() == set()


def test_an_act_without_words_is_found() -> None:
    source = (
        "audit.change(row, 'box.opened' if new else 'box.closed', by=by, at=now)\naudit.record('box.seen')"
    )
    assert set(acts(ast.parse(source))) == {"box.opened", "box.closed", "box.seen"}
