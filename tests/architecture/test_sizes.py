"""Ceilings of size (house style): near one, split by noun."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.architecture.sources import PACKAGE, ROOT, Function, functions_of, module_of, python_files, tree_of

FILE, TEST_FILE, TEMPLATE, FUNCTION, PARAMETERS, SETTINGS = 400, 500, 200, 60, 5, 350
LINE = 1200  # a template's line; htmx fragments are written without breaks
NOT_COUNTED = {"self", "cls", "request", "by", "now", "at"}
WIDER: dict[str, str] = {
    "zhike.analytics.likelihood.fitted": "what tells one model of repeat buying from another",
    "zhike.cli.demo.command": "one name for each option of `zhike demo`",
    "zhike.cli.evaluate.command": "one name for each option of `zhike evaluate`",
    "zhike.cli.staff.open_account": "one name for each option of `zhike staff open`",
    "zhike.core.audit._write": "one name for each column of an audit row",
    "zhike.core.figures.flow": "what is drawn, each part once",
    "zhike.core.figures.histogram": "one name for each thing a reader sees in the figure",
    "zhike.core.operations.tasks.ask_task": "one name for each field of the form",
    "zhike.desk.operations.exports._cell": "a cell: where, what, of which kind, in which format",
    "zhike.run.backups.restoring.put_back": "what is put back, whereto, and who is told",
    "zhike.facts.demo.bank.build": "one name for each choice of a made-up bank",
    "zhike.facts.intake.reading.read": "all that a reading needs of the world, so that it asks for nothing itself",
    "zhike.facts.intake.loading._load_alone": "as load_exactly, and whether that is known to be needed",
    "zhike.facts.intake.rows._load_quickly": "one name for each thing that DuckDB has to find as it was counted",
    "zhike.facts.intake.rows.load_exactly": "which file, of which source, into which table and as which number",
    "zhike.facts.intake.rows.load_records": "as load_exactly, with the records already parted",
    "zhike.facts.intake.text._pass": "the second pass repeats what the first has found",
    "zhike.facts.operations.lake._write": "one name for each part of a lake file",
    "zhike.loyalty.operations.following.change_policy": "one name for each field of the form",
    "zhike.loyalty.operations.plans.change_plan": "one name for each field of the form",
    "zhike.loyalty.operations.schemes.change_draft": "one name for each field of the form",
}
"""Functions that take more than five parameters, and why. Each reads better than a record made for it."""


def too_long(files: list[Path], ceiling: int) -> list[str]:
    found = [(path, len(path.read_text(encoding="utf-8").splitlines())) for path in files]
    return [f"{path}: {lines} lines" for path, lines in found if lines > ceiling]


def long_functions(tree: ast.AST) -> Iterator[str]:
    for function in functions_of(tree):
        lines = (function.end_lineno or 0) - function.lineno + 1
        if lines > FUNCTION:
            yield f"{function.name}: {lines} lines"


def wide_functions(tree: ast.AST) -> Iterator[str]:
    """Functions and methods with more than five parameters of their own, as `Class.name`."""
    for scope in [tree, *(node for node in ast.walk(tree) if isinstance(node, ast.ClassDef))]:
        prefix = f"{scope.name}." if isinstance(scope, ast.ClassDef) else ""
        for function in ast.iter_child_nodes(scope):
            if isinstance(function, Function) and len(_parameters(function)) > PARAMETERS:
                yield prefix + function.name


def _parameters(function: Function) -> list[str]:
    every = [*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs]
    return [parameter.arg for parameter in every if parameter.arg not in NOT_COUNTED]


def test_files_and_templates_stay_below_their_ceilings() -> None:
    tests = [*python_files(ROOT / "tests")]
    sources = [*python_files(PACKAGE), *python_files(ROOT / "tools"), *python_files(ROOT / "bench")]
    templates = [path for path in PACKAGE.rglob("templates/**/*.*") if path.is_file()]
    assert too_long(sources, FILE) + too_long(tests, TEST_FILE) + too_long(templates, TEMPLATE) == []
    assert too_long([PACKAGE / "config" / "settings.py"], SETTINGS) == []


def test_templates_do_not_hide_their_length_in_their_lines() -> None:
    templates = [path for path in PACKAGE.rglob("templates/**/*.*") if path.is_file()]
    wide = [
        f"{path.name}: {len(line)}"
        for path in templates
        for line in path.read_text(encoding="utf-8").splitlines()
        if len(line) > LINE
    ]
    assert wide == []


@pytest.mark.parametrize("folder", ["src/zhike", "tests", "tools", "bench"])
def test_functions_stay_below_their_ceiling(folder: str) -> None:
    found = [
        f"{path.relative_to(ROOT)}: {fault}"
        for path in python_files(ROOT / folder)
        for fault in long_functions(tree_of(path))
    ]
    assert found == []


def test_functions_with_many_parameters_are_listed_with_their_reason() -> None:
    wide = {
        f"{module_of(path)}.{name}"
        for path in python_files(PACKAGE)
        for name in wide_functions(tree_of(path))
    }
    assert wide - WIDER.keys() == set()
    assert WIDER.keys() - wide == set(), "listed, but narrow by now"


def test_what_is_too_long_or_too_wide_is_found(tmp_path: Path) -> None:
    file = tmp_path / "long.py"
    body = "".join(f"    x = {number}\n" for number in range(FUNCTION))
    file.write_text(
        f"def long():\n{body}class A:\n    def wide(self, a, b, c, d, e, *, f, by, now): ...\n",
        encoding="utf-8",
    )
    assert too_long([file], FUNCTION) == [f"{file}: {FUNCTION + 3} lines"]
    assert list(long_functions(tree_of(file))) == [f"long: {FUNCTION + 1} lines"]
    assert list(wide_functions(tree_of(file))) == ["A.wide"]
