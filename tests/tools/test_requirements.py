"""The register of requirements and the tests that prove them are compared in both directions."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from types import SimpleNamespace

import pytest

from tools import requirements

PROOF = "tests/core/test_a.py::test_b"
HEAD = "id,seed,kind,priority,room,line,state,note\n"


def register(folder: Path, *rows: str) -> Path:
    path = folder / "requirements.csv"
    path.write_text(HEAD + "".join(f"{row}\n" for row in rows), encoding="utf-8")
    return path


def test_the_register_holds_every_requirement_once_and_what_we_propose_beside() -> None:
    entries = requirements.read_register()
    by_seed = Counter((entry.seed, "x" in entry.id) for entry in entries)
    assert by_seed == {
        ("L", False): 55, ("T", False): 65, ("M", False): 81, ("N", False): 29, ("S", False): 141,
        ("L", True): 8, ("T", True): 3, ("M", True): 5, ("S", True): 6,
    }  # fmt: skip


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


def test_a_test_that_is_named_but_not_marked_or_not_passed_is_a_fault(tmp_path: Path) -> None:
    folder = tmp_path / "tests"
    folder.mkdir()
    (folder / "test_a.py").write_text(
        "import pytest\n"
        "pytestmark = pytest.mark.requirement('L-01')\n"
        "def test_b(): pass\n"
        "class TestC:\n"
        "    @pytest.mark.requirement('L-02')\n"
        "    def test_d(self): pass\n",
        encoding="utf-8",
    )
    nodes = requirements.nodes_in_tests(folder)
    assert nodes == {"tests/test_a.py::test_b": {"L-01"}, "tests/test_a.py::TestC::test_d": {"L-01", "L-02"}}
    named = "L-02,L,F,1,core,Text,done,tests/test_a.py::TestC::test_d tests/test_a.py::test_b"
    entries = requirements.read_register(register(tmp_path, named))
    assert list(requirements.unproven(entries, nodes)) == [
        "L-02: tests/test_a.py::test_b did not pass, or is no test marked with it"
    ]
    assert len(list(requirements.unproven(entries, {}))) == 2


def test_counts_are_by_source_and_in_all() -> None:
    lines = list(requirements.counts({"L-01": "done", "L-02": "later", "Sx-01": "done"}))
    assert [line.split() for line in lines[1:]] == [
        ["L", "1", "0", "1", "2"],
        ["Sx", "1", "0", "0", "1"],
        ["all", "2", "0", "1", "3"],
    ]


def test_a_sound_register_is_read_as_it_stands(tmp_path: Path) -> None:
    path = register(
        tmp_path,
        f"L-02,L,F,1,core,Text,done,{PROOF}",
        "L-10,L,D,2,core,Text,partly,There",
        "Lx-01,L,F,1,core,T,later,",
    )
    assert [entry.id for entry in requirements.read_register(path)] == ["L-02", "L-10", "Lx-01"]


@pytest.mark.parametrize(
    ("row", "fault"),
    [
        ("L-01,L,F,1,core,,done,", "no line"),
        ("L-01,L,F,1,core,Text,finished,", "unknown state"),
        ("L-01,L,F,1,core,Text,done,it is there", "names no test that carries it"),
        ("L-01,L,F,1,core,Text,partly,", "does not say what is there"),
        ("L-01,L,F,1,attic,Text,done,", "room"),
        ("L-01,L,Z,1,core,Text,done,", "kind"),
        ("L-01,S,F,1,core,Text,done,", "no ID of this source"),
        ("L-00,L,F,1,core,Text,later,", "repeated or out of order"),
        ("Lx-1a,L,F,1,core,Text,done,", "no ID"),
    ],
)
def test_a_bad_entry_is_refused_with_its_line_and_fault(tmp_path: Path, row: str, fault: str) -> None:
    path = register(tmp_path, f"L-00,L,F,1,core,Text,done,{PROOF}", row)
    with pytest.raises(ValueError, match=rf"line 3.*{fault}"):
        requirements.read_register(path)


def test_an_id_passes_by_a_passing_test_and_fails_by_any_failing_one() -> None:
    def heard(outcome: str, name: str, when: str = "call") -> SimpleNamespace:
        return SimpleNamespace(
            nodeid=name, when=when, failed=outcome == "failed", passed=outcome == "passed",
        )  # fmt: skip

    marked = {"a": "L-01", "b": "L-02", "c": "L-02", "d": "L-03", "e": "L-01", "unmarked": None}
    items = [
        SimpleNamespace(
            nodeid=name,
            iter_markers=lambda _kind, one=one: [SimpleNamespace(args=[one])] if one else [],
        )
        for name, one in marked.items()
    ]
    recorder = requirements.Recorder()
    recorder.pytest_collection_modifyitems(items)
    assert [item.nodeid for item in items] == ["a", "b", "c", "d", "e"], "others are not run"
    for outcome, name in [
        ("passed", "a"),
        ("passed", "b"),
        ("failed", "c"),
        ("skipped", "d"),
        ("skipped", "e"),
    ]:
        recorder.pytest_runtest_logreport(heard("passed", name, when="setup"))
        recorder.pytest_runtest_logreport(heard(outcome, name))
    assert recorder.ids == {"L-01"}
    assert recorder.nodes == {"a": {"L-01"}, "b": {"L-02"}}, "what passed, by test"
