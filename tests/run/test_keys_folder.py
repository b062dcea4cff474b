"""A lost, damaged or foreign keys folder stops everything at the start, with a sentence, and is not added to."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.run.commands import zhike

from zhike.run.checks.findings import Level
from zhike.run.checks.keys import demand_own_keys
from zhike.run.doctor import examine
from zhike.run.environment import ADDRESS_VARIABLES
from zhike.run.home import Home, HomeUnusable
from zhike.run.servers import EmbeddedServer

pytestmark = [pytest.mark.goal("G32"), pytest.mark.requirement("L-31")]


def lose(folder: Path) -> None:
    (folder / "blind-index.key").unlink()


def damage(folder: Path) -> None:
    (folder / "blind-index.key").chmod(0o600)
    (folder / "blind-index.key").write_bytes(b"")


def exchange(folder: Path) -> None:
    (folder / "blind-index.key").chmod(0o600)
    (folder / "blind-index.key").write_bytes(os.urandom(32))


SPOILT = [(lose, "is missing"), (damage, "is damaged: 0 bytes"), (exchange, "belongs to another database")]
COMMANDS = [
    ("sealer", "--once"), ("worker",), ("web", "--port", "1"), ("audit", "verify", "--json"), ("migrate",),
    ("demo", "--json"),
]  # fmt: skip


@pytest.fixture
def copied(furnished: EmbeddedServer, tmp_path: Path) -> Home:
    """The evaluated bank with a copy of its keys folder, to be spoilt."""
    keys = tmp_path / "keys"
    shutil.copytree(furnished.home.keys, keys)
    return Home(root=furnished.home.root, keys=keys)


def test_the_copied_folder_is_as_good_as_the_original(furnished: EmbeddedServer, copied: Home) -> None:
    demand_own_keys(copied.keys, furnished.url("zhike_sealer"))
    assert zhike(copied, "sealer", "--once").returncode == 0


@pytest.mark.parametrize(("spoil", "fault"), SPOILT)
def test_doctor_names_the_key(
    furnished: EmbeddedServer, copied: Home, spoil: Callable[[Path], None], fault: str
) -> None:
    spoil(copied.keys)
    failing = [one for one in examine(copied, furnished, environ={}) if one.level is Level.FAILURE]
    assert [one.code for one in failing] == ["key_fits"]
    assert fault in failing[0].sentence()


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_no_process_starts_on_a_foreign_key(copied: Home, words: tuple[str, ...]) -> None:
    exchange(copied.keys)
    before = sorted(path.name for path in copied.keys.iterdir())
    done = zhike(copied, *words)
    assert done.returncode == 1
    assert "blind-index.key belongs to another database" in done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    assert sorted(path.name for path in copied.keys.iterdir()) == before, "nothing is made anew"


def test_a_server_elsewhere_meets_an_empty_folder_with_the_same_refusal(
    furnished: EmbeddedServer, tmp_path: Path
) -> None:
    empty = Home(root=tmp_path / "home", keys=tmp_path / "keys")
    addresses = {name: furnished.url(role) for role, name in ADDRESS_VARIABLES.items()}
    done = zhike(empty, "migrate", ZHIKE_DATABASE_URL=furnished.url("zhike_owner"), **addresses)
    assert done.returncode == 1
    assert "audit-witness.key is missing" in done.stderr
    assert not list(empty.keys.glob("*.key"))


def test_the_included_server_is_not_opened_with_another_folders_passwords(
    furnished: EmbeddedServer, tmp_path: Path
) -> None:
    other = Home(root=furnished.home.root, keys=tmp_path / "keys")
    try:
        done = zhike(other, "up", "--json", "--port", "8977")
    finally:
        furnished.start()  # `zhike up` has stopped it on its way out
    assert done.returncode == 1
    assert "do not open the database" in done.stdout
    assert "Traceback" not in done.stderr
    assert not list(other.keys.glob("*.key"))


def test_a_database_that_does_not_answer_is_left_to_the_process_itself(tmp_path: Path) -> None:
    demand_own_keys(tmp_path, "postgresql://nobody@127.0.0.1:1/none")


def test_a_database_before_its_first_migration_knows_no_keys(own_server: EmbeddedServer) -> None:
    demand_own_keys(own_server.home.keys, own_server.url("zhike_owner"))


def test_the_refusal_says_what_to_do(furnished: EmbeddedServer, copied: Home) -> None:
    lose(copied.keys)
    with pytest.raises(HomeUnusable, match="Put back the keys folder that belongs to this database"):
        demand_own_keys(copied.keys, furnished.url("zhike_owner"))
