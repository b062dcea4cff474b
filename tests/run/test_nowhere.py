"""Commands where no product runs: one sentence, status 1, and nothing made."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result
from tests.run.commands import zhike

from zhike.cli import main
from zhike.run import roles
from zhike.run.environment import ADDRESS_VARIABLES
from zhike.run.home import Home
from zhike.run.servers import EmbeddedServer

ARGUMENTS = {
    ("import",): ("berka", "."),
    ("evaluate",): ("--verify", "1"),
    ("backup",): ("backups",),
    **{
        ("staff", name): ("B001", "--reason", "忘记密码")
        for name in ("open", "unlock", "reset-password", "reset-second-factor")
    },
}
ANSWERED_WITHOUT = {("up",), ("down",), ("doctor",), ("restore",)}
"""What begins an installation, ends it, or looks whether there is one; a restore begins one."""


def leaves(command: click.Command, words: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], bool]]:
    """Every command by its words, and whether it answers with JSON."""
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            one = command.get_command(context, name)
            assert one is not None
            yield from leaves(one, (*words, name))
    elif words not in ANSWERED_WITHOUT:
        yield words, any(one.name == "as_json" for one in command.params)


COMMANDS = list(leaves(main))


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Home]:
    """A place where nothing is, named to the commands, in this process and with its umask put back."""
    home = Home(root=tmp_path / "home", keys=tmp_path / "keys")
    for name in ("ZHIKE_DATABASE_URL", *ADDRESS_VARIABLES.values()):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("ZHIKE_HOME", str(home.root))
    monkeypatch.setenv("ZHIKE_KEYS", str(home.keys))
    monkeypatch.setenv("ZHIKE_LOG", "ERROR")
    umask = os.umask(0o077)
    yield home
    os.umask(umask)


def told(result: Result, *, as_json: bool) -> str:
    assert result.exit_code == 1, result.output
    if not as_json:
        assert (result.stdout, result.stderr.count("\n")) == ("", 1)
        return result.stderr
    answer = json.loads(result.stdout)
    assert (answer["ok"], result.stderr) == (False, "")
    return str(answer["error"])


def files(folder: Path) -> list[Path]:
    return sorted(folder.rglob("*"))


@pytest.mark.parametrize(("words", "speaks_json"), COMMANDS, ids=[" ".join(words) for words, _ in COMMANDS])
def test_every_command_says_that_no_installation_is_there_and_makes_none(
    home: Home, words: tuple[str, ...], speaks_json: bool
) -> None:
    for form in ((), ("--json",))[: 1 + speaks_json]:
        result = CliRunner().invoke(main, [*words, *ARGUMENTS.get(words, ()), *form])
        said = told(result, as_json=bool(form))
        assert f"There is no installation in {home.root}" in said and "zhike up" in said
    assert files(home.root.parent) == []


@pytest.mark.parametrize(("words", "speaks_json"), COMMANDS, ids=[" ".join(words) for words, _ in COMMANDS])
def test_every_command_says_that_the_database_is_stopped(
    home: Home, words: tuple[str, ...], speaks_json: bool
) -> None:
    home.prepare()
    for role in (roles.OWNER, *roles.PROCESS_ROLES):
        EmbeddedServer(home).url(role)
    (home.keys / "secret-key").write_text("made-up\n")
    (home.keys / "secret-key").chmod(0o600)
    before = files(home.root.parent)
    for form in ((), ("--json",))[: 1 + speaks_json]:
        result = CliRunner().invoke(main, [*words, *ARGUMENTS.get(words, ()), *form])
        assert "The database is not running. Start it with zhike up." in told(result, as_json=bool(form))
    assert files(home.root.parent) == before


def test_a_command_repeats_no_address_that_it_cannot_use(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    home.prepare()
    monkeypatch.setenv("ZHIKE_DB_AUDITOR", "mysql://auditor:geheim@db/crm")
    said = told(CliRunner().invoke(main, ["audit", "verify"]), as_json=False)
    assert "The address in ZHIKE_DB_AUDITOR cannot be read." in said and "geheim" not in said


def test_a_command_says_that_the_database_is_empty(own_server: EmbeddedServer) -> None:
    done = zhike(own_server.home, "audit", "verify")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "The database is empty. Fill it with zhike migrate; zhike up does that too.\n"


def test_doctor_names_a_wrong_keys_folder_and_makes_nothing_in_it(home: Home) -> None:
    home.prepare()
    home.passwords.rmdir()
    result = CliRunner().invoke(main, ["doctor", "--json"])
    failed = {one["code"] for one in json.loads(result.stdout)["findings"] if one["level"] == "FAILURE"}
    assert (result.exit_code, failed) == (1, {"passwords_there"})
    assert files(home.keys) == []
