"""The folders of an installation, the addresses in it, and what each process is told."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from zhike.run import roles
from zhike.run.addresses import AddressError, database, databases
from zhike.run.environment import environment_for
from zhike.run.home import Home, HomeUnusable, find_home, home_mode
from zhike.run.logins import DemoLogin, read_demo_logins, write_demo_logins
from zhike.run.progress import waiting
from zhike.run.servers import EmbeddedServer, OtherServer, find_server


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = Home(root=tmp_path / "home", keys=tmp_path / "keys")
    home.prepare()
    return home


def modes(home: Home) -> set[int]:
    folders = [home.lake, home.logs, home.keys, home.passwords]
    return {stat.S_IMODE(folder.stat().st_mode) for folder in folders}


def test_prepare_makes_folders_closed_to_others_and_may_be_repeated(home: Home) -> None:
    home.prepare()
    assert modes(home) == {0o700}
    assert stat.S_IMODE(home.root.stat().st_mode) == home_mode()


@pytest.mark.parametrize("keys", ["home", "home/keys", "home/a/b"])
def test_keys_inside_the_data_folder_are_refused(tmp_path: Path, keys: str) -> None:
    with pytest.raises(HomeUnusable, match="one backup would hold both"):
        Home(root=tmp_path / "home", keys=tmp_path / keys).prepare()
    assert not (tmp_path / "home").exists()


def test_a_folder_with_other_files_is_refused_and_left_as_it_was(tmp_path: Path) -> None:
    root = tmp_path / "photos"
    root.mkdir(mode=0o755)
    (root / "holiday.jpg").touch()
    with pytest.raises(HomeUnusable, match="already holds other files"):
        Home(root=root, keys=tmp_path / "keys").prepare()
    assert [path.name for path in root.iterdir()] == ["holiday.jpg"]
    assert stat.S_IMODE(root.stat().st_mode) == 0o755


def test_a_file_in_place_of_the_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "home").touch()
    with pytest.raises(HomeUnusable, match="is a file, not a folder"):
        Home(root=tmp_path / "home", keys=tmp_path / "keys").prepare()


def test_a_place_that_cannot_be_made_is_refused_with_the_reason(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(HomeUnusable, match=r"cannot be created: "):
        Home(root=tmp_path / "file" / "home", keys=tmp_path / "keys").prepare()


def test_data_of_another_layout_are_refused(home: Home) -> None:
    (home.root / "zhike-home").write_text("2\n")
    with pytest.raises(HomeUnusable, match="has layout 2, this release reads layout 1"):
        home.prepare()


def test_places_come_from_the_environment_or_from_custom(monkeypatch: pytest.MonkeyPatch) -> None:
    named = find_home({"ZHIKE_HOME": "/srv/crm", "ZHIKE_KEYS": "/mnt/keys"})
    assert named == Home(root=Path("/srv/crm"), keys=Path("/mnt/keys"))
    monkeypatch.setattr("zhike.run.home.is_root", lambda: False)
    person = find_home({"HOME": "/people/lin"})
    assert person == Home(Path("/people/lin/.local/share/zhike"), Path("/people/lin/.config/zhike-keys"))
    monkeypatch.setattr("zhike.run.home.is_root", lambda: True)
    assert find_home({"HOME": "/somewhere"}) == Home(root=Path("/var/lib/zhike"), keys=Path("/etc/zhike"))


def test_addresses_carry_sockets_special_characters_and_options() -> None:
    socket = database("postgresql://zhike_app:p%40ss%2Fword@/crm?host=%2FRun%2Fzk&port=5433")
    assert (socket["USER"], socket["PASSWORD"], socket["NAME"]) == ("zhike_app", "p@ss/word", "crm")
    assert (socket["HOST"], socket["PORT"], socket["OPTIONS"]) == ("/Run/zk", "5433", {})
    host = database("postgres://app@db.bank:6432/crm?sslmode=verify-full")
    assert (host["HOST"], host["PORT"], host["OPTIONS"]) == ("db.bank", "6432", {"sslmode": "verify-full"})


@pytest.mark.parametrize(
    ("url", "why"), [("mysql://a@b/c", "postgresql://"), ("postgresql://a@b", "names no")]
)
def test_an_address_we_cannot_use_is_refused_with_the_form_to_write(url: str, why: str) -> None:
    with pytest.raises(AddressError, match=why):
        database(url)


def test_each_process_gets_only_the_addresses_it_needs(home: Home) -> None:
    server = EmbeddedServer(home)
    given = {"PATH": "/bin", "ZHIKE_DATABASE_URL": "postgresql://owner@db/crm", "ZHIKE_DB_OWNER": "secret"}
    web = environment_for(roles.APP, home=home, server=server, environ=given)
    assert [name for name in sorted(web) if name.startswith("ZHIKE_D")] == ["ZHIKE_DB_APP"]
    assert databases(web).keys() == {"default"}
    worker = environment_for(roles.WORKER, roles.LOADER, home=home, server=server, environ=given)
    assert databases(worker)["default"]["USER"] == roles.WORKER
    assert databases(worker)["loader"]["USER"] == roles.LOADER
    assert web["ZHIKE_SECRET_KEY"] == worker["ZHIKE_SECRET_KEY"]


def test_an_address_that_a_bank_hands_over_is_used_as_it_is(home: Home) -> None:
    given = {"ZHIKE_DB_APP": "postgresql://theirs@db/crm", "ZHIKE_SECRET_KEY": "theirs"}
    result = environment_for(roles.APP, home=home, server=EmbeddedServer(home), environ=given)
    assert (result["ZHIKE_DB_APP"], result["ZHIKE_SECRET_KEY"]) == (given["ZHIKE_DB_APP"], "theirs")


def test_another_server_keeps_host_and_options_for_every_role(home: Home) -> None:
    server = find_server(home, {"ZHIKE_DATABASE_URL": "postgresql://own:pw@db:5433/crm?sslmode=require"})
    assert isinstance(server, OtherServer)
    assert server.url(roles.OWNER) == "postgresql://own:pw@db:5433/crm?sslmode=require"
    assert server.url(roles.APP).startswith("postgresql://zhike_app:")
    assert server.url(roles.APP).endswith("@db:5433/crm?sslmode=require")


def test_demo_logins_are_kept_closed_and_read_back(home: Home) -> None:
    assert read_demo_logins(home) == []
    logins = [DemoLogin(role="客户经理", name="林晓", login="10023", password="made-up")]
    write_demo_logins(home, logins)
    assert read_demo_logins(home) == logins
    assert stat.S_IMODE((home.keys / "demo-logins.json").stat().st_mode) == 0o600


def test_waiting_is_silent_when_quick_and_talks_when_slow(monkeypatch: pytest.MonkeyPatch) -> None:
    lines: list[str] = []
    with waiting("Quick", say=lines.append):
        pass
    assert lines == []
    monkeypatch.setattr("zhike.run.progress.FIRST_LINE_AFTER_S", 0.05)
    monkeypatch.setattr("zhike.run.progress.NEXT_LINE_EVERY_S", 0.05)
    with waiting("Slow", say=lines.append):
        while len(lines) < 3:
            pass
    assert [line.split(" ")[0:2] for line in lines[:3]] == [["Slow", "…"]] * 3
    assert lines[-1].startswith("Slow: done in")
