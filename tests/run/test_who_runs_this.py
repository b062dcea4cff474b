"""In whose name a command's act is written down: the account of the machine, never a word from the environment."""

from __future__ import annotations

import pwd
from types import SimpleNamespace

import pytest

from zhike.cli import session
from zhike.run.words import counted

ACCOUNTS = {0: "root", 1000: "li.ming"}


@pytest.fixture(autouse=True)
def machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine with two accounts, on which root runs the command."""

    def by_number(number: int) -> SimpleNamespace:
        return SimpleNamespace(pw_name=ACCOUNTS[number])

    def by_name(name: str) -> SimpleNamespace:
        if name not in ACCOUNTS.values():
            raise KeyError(name)
        return SimpleNamespace(pw_name=name)

    monkeypatch.setattr(session.os, "getuid", lambda: 0)
    monkeypatch.setattr(pwd, "getpwuid", by_number)
    monkeypatch.setattr(pwd, "getpwnam", by_name)
    monkeypatch.delenv("SUDO_USER", raising=False)


def test_who_became_root_by_sudo_is_named_beside_root(monkeypatch: pytest.MonkeyPatch) -> None:
    assert session.who_runs_this() == "root"
    monkeypatch.setenv("SUDO_USER", "li.ming")
    assert session.who_runs_this() == "root (sudo by li.ming)"


def test_nobody_but_root_says_by_whom_he_was_called(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session.os, "getuid", lambda: 1000)
    monkeypatch.setenv("SUDO_USER", "root")
    assert session.who_runs_this() == "li.ming"


@pytest.mark.parametrize("word", ["nobody.here", "x" * 500, "ev\x1b[31mil\n%s {x} <b>", ""])
def test_a_word_that_is_no_account_is_not_written_down(word: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SUDO_USER", word)
    assert session.who_runs_this() == "root"


def test_an_account_with_a_name_that_cannot_be_written_down_is_left_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("a\x1b[2J", "x" * 65):
        monkeypatch.setitem(ACCOUNTS, 1001, name)
        monkeypatch.setenv("SUDO_USER", name)
        assert session.who_runs_this() == "root"


def test_a_process_without_an_account_is_named_by_its_number(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session.os, "getuid", lambda: 4711)
    assert session.who_runs_this() == "uid 4711"


@pytest.mark.parametrize(("number", "said"), [(1, "Ended 1 process that"), (2, "Ended 2 processes that")])
def test_one_process_is_told_as_one(number: int, said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZHIKE_LANG", "en")
    told = counted(
        "Ended %(count)s process that an earlier start had left.",
        "Ended %(count)s processes that an earlier start had left.",
        number,
    )
    assert told.startswith(said)
