"""The requirement IDs: how many are done, and whether the tests that say so exist and pass.

    python tools/requirements.py check    from the sources alone: IDs known, states sound, tests there
    python tools/requirements.py run      run those tests too, and count by source document

docs/requirements.csv has one row for each ID, in the order of its source document; a state is done, partly
or later. Partly says in its note what is there; done names there the tests that carry it, and each of them
must run and pass. An x in an ID (Lx-01) marks what we propose where a source breaks off. A test names what
it proves with @pytest.mark.requirement("L-37").
"""

from __future__ import annotations

import ast
import csv
import re
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
REGISTER = ROOT / "docs" / "requirements.csv"
TESTS = ROOT / "tests"
STATES = ("done", "partly", "later")
# Function, data, calculation, security, report, goal, organisation: what a requirement asks for.
KINDS = frozenset("FDCSRGO")
PRIORITIES = frozenset("123")
SOURCES = "LTMNS"
ROOMS = frozenset(
    {
        "core", "staff", "customers", "messages", "facts", "insight", "loyalty", "rewards", "engagement",
        "surveys", "cases", "campaigns", "quality", "compliance", "desk", "cockpit",
    }
)  # fmt: skip
ID = re.compile(r"([LTMNS])(x?)-(\d+)")
NODE = re.compile(r"tests/[\w/]+\.py::[\w:]+")


@dataclass(frozen=True)
class Entry:
    """One row: `room` is where it is or will be built, `line` says it in our words."""

    id: str
    seed: str
    kind: str
    priority: str
    room: str
    line: str
    state: str
    note: str

    @property
    def place(self) -> tuple[int, bool, int]:
        """Where the row stands in the register."""
        seed, own, number = ID.fullmatch(self.id).groups()  # type: ignore[union-attr]
        return SOURCES.index(seed), bool(own), int(number)

    @property
    def proofs(self) -> list[str]:
        """The tests that carry what is said to be done."""
        return NODE.findall(self.note) if self.state == "done" else []

    @property
    def fault(self) -> str:
        """What is wrong with the row by itself; empty if nothing."""
        match = ID.fullmatch(self.id)
        if not match or match[1] != self.seed:
            return "is no ID of this source"
        if self.kind not in KINDS or self.priority not in PRIORITIES or self.room not in ROOMS:
            return "has an unknown kind, priority or room"
        if self.state not in STATES or not self.line.strip():
            return "has no line or an unknown state"
        if self.state == "done" and not self.proofs:
            return "names no test that carries it"
        return "does not say what is there" if self.state == "partly" and not self.note.strip() else ""


def read_register(path: Path = REGISTER) -> list[Entry]:
    """Every row. Raises ValueError naming the first bad one."""
    with path.open(encoding="utf-8", newline="") as file:
        entries = [Entry(**row) for row in csv.DictReader(file)]
    for number, entry in enumerate(entries, start=2):
        before = entries[number - 3] if number > 2 else None
        fault = entry.fault or (
            "is repeated or out of order" if before and before.place >= entry.place else ""
        )
        if fault:
            raise ValueError(f"{path.name}, line {number}: {entry.id} {fault}")
    return entries


def ids_in_tests(folder: Path = TESTS) -> set[str]:
    """Every ID that some test marks, read from the source."""
    return {
        requirement
        for path in sorted(folder.rglob("test_*.py"))
        for requirement in _marked(ast.parse(path.read_text(encoding="utf-8")))
    }


def nodes_in_tests(folder: Path = TESTS) -> dict[str, set[str]]:
    """Test → the IDs it marks, by itself, its class or its module, read from the source."""
    found: dict[str, set[str]] = {}
    for path in sorted(folder.rglob("test_*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        name = f"{folder.name}/{path.relative_to(folder).as_posix()}"
        _collect(
            tree,
            name,
            {one for node in tree.body if isinstance(node, ast.Assign) for one in _marked(node)},
            found,
        )
    return found


def unproven(entries: list[Entry], nodes: dict[str, set[str]]) -> Iterator[str]:
    """Tests that an entry names, but that do not mark it (or, where only passing ones are given, did not pass)."""
    for entry in entries:
        for node in entry.proofs:
            if entry.id not in nodes.get(node, set()):
                yield f"{entry.id}: {node} did not pass, or is no test marked with it"


def faults(states: dict[str, str], proven: set[str]) -> Iterator[str]:
    """What the register and the tests say differently."""
    for requirement in sorted(proven - states.keys()):
        yield f"{requirement}: proven by a test, but not in {REGISTER.name}"
    for requirement, state in states.items():
        if state == "done" and requirement not in proven:
            yield f"{requirement}: said to be done, but no passing test proves it"


def counts(states: dict[str, str]) -> Iterator[str]:
    """A line for each source document, and for what we propose where it breaks off."""
    by_source = Counter((_source(requirement), state) for requirement, state in states.items())
    yield f"{'source':8}" + "".join(f"{state:>8}" for state in STATES) + f"{'all':>8}"
    sources = sorted({source for source, _ in by_source})
    for source in sources:
        yield _line(source, [by_source[source, state] for state in STATES])
    yield _line("all", [sum(by_source[source, state] for source in sources) for state in STATES])


def run_tests() -> Recorder:
    """Run the marked tests. A skipped test proves nothing."""
    import pytest

    recorder = Recorder()
    pytest.main(["-q", "-m", "not night", "--no-header", str(TESTS)], plugins=[recorder])
    return recorder


class Recorder:
    """A pytest plugin that notes what became of each ID's tests."""

    def __init__(self) -> None:
        self.passed: set[str] = set()
        self.failed: set[str] = set()
        self.nodes: dict[str, set[str]] = {}
        self._ids: dict[str, set[str]] = {}

    def pytest_collection_modifyitems(self, items: list) -> None:  # type: ignore[type-arg]
        for item in items:
            found = {one for mark in item.iter_markers("requirement") for one in mark.args}
            if found:
                self._ids[item.nodeid] = found
        items[:] = [item for item in items if item.nodeid in self._ids]

    def pytest_runtest_logreport(self, report) -> None:  # type: ignore[no-untyped-def]
        ids = self._ids.get(report.nodeid, set())
        if report.failed:
            self.failed |= ids
        elif report.passed and report.when == "call":
            self.passed |= ids
            self.nodes[report.nodeid.partition("[")[0]] = ids

    @property
    def ids(self) -> set[str]:
        """IDs of which a test passed and none failed."""
        return self.passed - self.failed


def _collect(scope: ast.AST, name: str, above: set[str], found: dict[str, set[str]]) -> None:
    for node in ast.iter_child_nodes(scope):
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            own = above | {one for decorator in node.decorator_list for one in _marked(decorator)}
            if isinstance(node, ast.ClassDef):
                _collect(node, f"{name}::{node.name}", own, found)
            elif node.name.startswith("test_"):
                found[f"{name}::{node.name}"] = own


def _marked(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("mark.requirement"):
            yield from (part.value for part in node.args if isinstance(part, ast.Constant))


def _source(requirement: str) -> str:
    return requirement.partition("-")[0]


def _line(name: str, numbers: list[int]) -> str:
    return f"{name:8}" + "".join(f"{number:8}" for number in [*numbers, sum(numbers)])


def main(arguments: list[str]) -> int:
    if arguments not in (["check"], ["run"]):
        print(__doc__)
        return 2
    entries = read_register()
    states = {entry.id: entry.state for entry in entries}
    if arguments == ["check"]:
        proven, nodes = ids_in_tests(), nodes_in_tests()
    else:
        recorder = run_tests()
        proven, nodes = recorder.ids, recorder.nodes
    wrong = [*faults(states, proven), *unproven(entries, nodes)]
    for line in (*(counts(states) if arguments == ["run"] else ()), *wrong):
        print(line)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
