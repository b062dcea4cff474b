"""What runs in one process when two run the tests."""

from __future__ import annotations

from tests.spread import groups_of


def test_installations_run_together_and_files_stay_whole() -> None:
    tests = [
        "tests/run/test_doctor.py::test_a[x]", "tests/journeys/test_b.py::test_b", "tests/core/test_c.py::test_c",
        "tests/core/test_c.py::test_d", "tests/run/test_release.py::test_e",
    ]  # fmt: skip
    groups = list(groups_of(tests).values())
    assert groups[0] == groups[1] == "installations"
    assert groups[2] == groups[3] != groups[4] != "installations"


def test_what_commits_stays_behind_what_rolls_back_though_it_stands_in_one_file() -> None:
    tests = [
        "tests/core/test_c.py::test_c",
        "tests/core/test_d.py::test_d",
        "tests/core/test_c.py::test_commits",
    ]
    assert len(set(groups_of(tests).values())) == 3
