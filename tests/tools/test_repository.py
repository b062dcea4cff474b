"""What the repository promises about itself."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tools import docs, leaks, locks


def test_lock_files_name_no_host_and_hash_every_package() -> None:
    for name in locks.LOCKS:
        text = (locks.ROOT / name).read_text(encoding="utf-8")
        assert "://" not in text
        for entry in re.split(r"\n(?=\S)", text.partition("\n")[2].strip()):
            assert "--hash=sha256:" in entry, entry


def test_a_changed_requirement_makes_its_lock_file_stale(monkeypatch: pytest.MonkeyPatch) -> None:
    assert locks.stale() == []
    monkeypatch.setitem(locks.LOCKS, "requirements.lock", ("main",))
    assert locks.stale() == ["requirements.lock"]


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ("-----BEGIN RSA PRIVATE" + " KEY-----", "a private key"),
        ("url = postgresql://app:" + "x" * 24 + "@db/crm", "a password in an address"),
        ("see /" + "work/main/x", "a path of one machine"),
        ("https://pypi" + ".org/simple", "a registry's host"),
    ],
)
def test_leaks_are_found(tmp_path: Path, line: str, what: str) -> None:
    file = tmp_path / "file.txt"
    file.write_text(f"harmless\n{line}\n", encoding="utf-8")
    assert list(leaks.finds_in(file)) == [f"line 2: {what}"]


def test_the_repository_and_its_history_hold_nothing_of_the_kind() -> None:
    assert list(leaks.in_files()) == []
    assert list(leaks.in_messages()) == []


def test_dead_links_missing_headings_files_and_unknown_commands_are_found(tmp_path: Path) -> None:
    (tmp_path / "other.md").write_text("# First steps\n", encoding="utf-8")
    page = tmp_path / "page.md"
    page.write_text(
        "[a](other.md#first-steps) [b](gone.md) [c](other.md#second) <!-- [d](not-yet.png) -->\n"
        "`make run` `make coffee` `zhike up` `zhike audit burn` `src/zhike/attic/` `tools/docs.py`\n"
        "make sure of this\n```\nmake tea\n.venv/bin/zhike audit verify\n```\n",
        encoding="utf-8",
    )
    assert list(docs.faults_of(page)) == [
        "gone.md leads nowhere",
        "other.md#second: no such heading",
        "make coffee does not exist",
        "zhike audit burn does not exist",
        "make tea does not exist",
        "src/zhike/attic/ does not exist",
    ]


def test_every_page_of_the_repository_holds_what_it_names() -> None:
    assert [fault for page in docs.pages() for fault in docs.faults_of(page)] == []


def test_every_target_of_the_makefile_explains_itself() -> None:
    makefile = (docs.ROOT / "Makefile").read_text(encoding="utf-8")
    explained = set(re.findall(r"^([a-z]+):.*## ", makefile, re.MULTILINE))
    assert explained == docs.targets() >= {"setup", "run", "test", "check", "bench", "night", "requirements"}
