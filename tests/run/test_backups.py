"""A backup counts once it has been restored: whole it comes back to the bit, damaged in any way it is refused (G33)."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest
from tests.run.commands import zhike

from zhike.run import roles
from zhike.run.backups import manifest as manifests
from zhike.run.backups import restoring, taking
from zhike.run.backups.manifest import DUMP, MANIFEST, SIGNATURE, BackupUnusable, Manifest
from zhike.run.home import RESTORING, Home, HomeUnusable
from zhike.run.servers import EmbeddedServer, OtherServer

pytestmark = [pytest.mark.goal("G33"), pytest.mark.timeout(1200)]  # whole banks come and go
NEVER = datetime(2000, 1, 1, tzinfo=UTC)
WRITE = (
    "INSERT INTO core_auditevent (recorded_at, acted_at, actor, on_behalf_of, action, object_type, object_id,"
    " object_label, outcome, reason, request_id, address, detail)"
    " SELECT now(), now(), actor, on_behalf_of, 'test.written', '', '', '', 'DONE', '', NULL, NULL, '{}'"
    " FROM core_auditevent ORDER BY id LIMIT 1"
)


@dataclass
class Taken:
    """A backup, the bank it is of, and how to take another one."""

    folder: Path
    manifest: Manifest
    server: EmbeddedServer
    take: Callable[[datetime], tuple[Path, Manifest]]

    @property
    def keys(self) -> Path:
        return self.server.home.keys


@pytest.fixture(scope="module")
def place() -> Iterator[Path]:
    """A folder that the database's user may pass through."""
    folder = Path(tempfile.mkdtemp(prefix="zhike-backups-"))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def taken(furnished: EmbeddedServer, place: Path) -> Taken:
    """Taken while somebody writes between the reading of the figures and the dump."""
    home = furnished.home

    def take(now: datetime) -> tuple[Path, Manifest]:
        return taking.take_backup(
            place / "kept", home=home, address=furnished.url(roles.BACKUP), lake=home.lake, now=now,
            say=lambda _line: None,
        )  # fmt: skip

    dump = taking._dump

    def dump_after_a_write(target: Path, **rest: object) -> object:
        with psycopg.connect(furnished.url(roles.OWNER)) as connection:
            connection.execute(WRITE)
        return dump(target, **rest)  # type: ignore[arg-type]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(taking, "_dump", dump_after_a_write)
        folder, manifest = take(NEVER)
    return Taken(folder, manifest, furnished, take)


@pytest.fixture
def copy(taken: Taken, tmp_path: Path) -> Path:
    """A copy of the backup, to be damaged."""
    return Path(shutil.copytree(taken.folder, tmp_path / "copy"))


def verify(backup: Path, *, keys: Path) -> Manifest:
    manifest = manifests.read_manifest(backup, keys=keys)
    manifests.demand_files(backup, manifest)
    return manifest


def sign_anew(backup: Path, manifest: Manifest, *, keys: Path) -> None:
    """As somebody would who holds the keys, or a fault of ours."""
    for name in (MANIFEST, SIGNATURE):
        (backup / name).unlink()
    manifest.write(backup, keys=keys)


def flip(path: Path) -> None:
    """One bit in the middle."""
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])


def first_lake_file(backup: Path) -> Path:
    return sorted((backup / "lake").rglob("*.parquet"))[0]


def test_a_backup_of_a_bank_at_work_is_of_one_moment_and_holds_no_key(taken: Taken) -> None:
    with psycopg.connect(taken.server.url(roles.OWNER)) as connection:
        row = connection.execute("SELECT count(*) FROM core_auditevent").fetchone()
    assert row is not None
    assert taken.manifest.audit.events < row[0]
    kept = b"".join(path.read_bytes() for path in taken.folder.rglob("*") if path.is_file())
    secrets = [path for path in taken.keys.rglob("*") if path.is_file()]
    assert secrets
    for path in secrets:
        for secret in (
            path.read_bytes().splitlines() if path.suffix == ".jsonl" else [path.read_bytes().strip()]
        ):
            assert secret not in kept, path
    print(f"{taken.manifest.total_bytes:,} bytes in {len(taken.manifest.files)} files")


def test_it_comes_back_row_by_row_and_file_by_file_in_an_empty_place(taken: Taken, place: Path) -> None:
    home = Home(root=place / "again", keys=taken.keys)
    restoring.demand_empty(home, home.lake)
    begun = datetime.now(UTC)
    restoring.begin(home)
    with pytest.raises(HomeUnusable, match="has not ended"):
        home.prepare()
    server = EmbeddedServer(home)
    server.start()
    try:
        server.prepare()
        manifest = verify(taken.folder, keys=taken.keys)
        proofs = restoring.put_back(
            taken.folder, manifest, home=home, server=server, lake=home.lake, say=lambda _line: None
        )
        assert [(proof.code, proof.holds) for proof in proofs] == [
            ("LAKE", True),
            ("ROWS", True),
            ("STORAGE", True),
        ]
        assert not (home.root / RESTORING).exists()
        with psycopg.connect(server.url(roles.OWNER)) as connection:
            connection.execute("UPDATE customers_customer SET name = name || ' ' WHERE id = 1")
        assert not restoring.compare_rows(server.url(roles.OWNER), manifest).holds
        with pytest.raises(BackupUnusable, match="not empty"):
            restoring.put_back(
                taken.folder, manifest, home=home, server=server, lake=home.lake, say=lambda _line: None
            )
    finally:
        server.stop()
    print(f"restored in {(datetime.now(UTC) - begun).total_seconds():.1f} s")


def test_it_comes_back_on_a_server_of_the_banks_own_whose_owner_has_another_name(
    taken: Taken, tmp_path: Path, own_server: EmbeddedServer, as_superuser: Callable[[str], None]
) -> None:
    as_superuser("CREATE ROLE banks_owner LOGIN BYPASSRLS CREATEROLE PASSWORD 'theirs'")
    as_superuser("CREATE DATABASE banks OWNER banks_owner")
    as_superuser(f"GRANT {', '.join(roles.PROCESS_ROLES)} TO banks_owner WITH ADMIN OPTION")
    address = own_server.cluster.url("zhike_admin", database="banks")
    theirs = address.replace(address.split("//")[1].split("@")[0], "banks_owner:theirs")
    other = OtherServer(own_server.home, theirs)
    other.prepare()
    home = Home(root=tmp_path / "home", keys=taken.keys)
    restoring.begin(home)
    proofs = restoring.put_back(
        taken.folder, taken.manifest, home=home, server=other, lake=home.lake, say=lambda _line: None
    )
    assert [(proof.code, proof.holds) for proof in proofs] == [("LAKE", True), ("ROWS", True)]


DAMAGE: dict[str, tuple[str, Callable[[Path], object]]] = {
    "a flipped bit in the dump": ("FILE_DAMAGED", lambda backup: flip(backup / DUMP)),
    "a truncated dump": ("FILE_TRUNCATED", lambda backup: cut(backup / DUMP)),
    "no dump": ("FILE_MISSING", lambda backup: (backup / DUMP).unlink()),
    "a missing file of the lake": ("FILE_MISSING", lambda backup: first_lake_file(backup).unlink()),
    "a flipped bit in the lake": ("FILE_DAMAGED", lambda backup: flip(first_lake_file(backup))),
    "a flipped bit in the manifest": ("MANIFEST_DAMAGED", lambda backup: flip(backup / MANIFEST)),
    "a truncated manifest": ("MANIFEST_DAMAGED", lambda backup: cut(backup / MANIFEST)),
    "a changed figure": (
        "MANIFEST_DAMAGED",
        lambda backup: (backup / MANIFEST).write_bytes(
            (backup / MANIFEST).read_bytes().replace(b'"seals": ', b'"seals": 1')
        ),
    ),
    "no signature": ("NO_BACKUP", lambda backup: (backup / SIGNATURE).unlink()),
    "no manifest, as a killed run leaves": ("NO_BACKUP", lambda backup: (backup / MANIFEST).unlink()),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_backup_is_refused_before_anything_is_written(
    taken: Taken, copy: Path, damage: str
) -> None:
    verify(copy, keys=taken.keys)
    code, make = DAMAGE[damage]
    make(copy)
    with pytest.raises(BackupUnusable) as refusal:
        verify(copy, keys=taken.keys)
    assert refusal.value.code == code


@pytest.mark.parametrize("name", ["key-encryption.key", "blind-index.key", "audit-witness.key"])
@pytest.mark.parametrize("fault", ["foreign", "missing", "short"])
def test_other_keys_are_refused_and_the_file_is_named(
    taken: Taken, tmp_path: Path, name: str, fault: str
) -> None:
    keys = Path(shutil.copytree(taken.keys, tmp_path / "keys"))
    (keys / name).unlink()
    if fault != "missing":
        (keys / name).write_bytes(b"x" * (32 if fault == "foreign" else 31))
    with pytest.raises(BackupUnusable, match=name) as refusal:
        verify(taken.folder, keys=keys)
    assert refusal.value.code == "OTHER_KEYS"


def test_a_backup_of_a_newer_release_is_refused(taken: Taken, copy: Path) -> None:
    newer = replace(taken.manifest, migrations=(*taken.manifest.migrations, "core.9999_later"))
    sign_anew(copy, newer, keys=taken.keys)
    with pytest.raises(BackupUnusable, match="newer release") as refusal:
        verify(copy, keys=taken.keys)
    assert refusal.value.code == "NEWER_RELEASE"


def test_a_path_that_leads_out_of_the_backup_is_refused(taken: Taken, copy: Path) -> None:
    astray = replace(taken.manifest.files[0], path="../../elsewhere")
    sign_anew(copy, replace(taken.manifest, files=(astray,)), keys=taken.keys)
    with pytest.raises(BackupUnusable) as refusal:
        verify(copy, keys=taken.keys)
    assert refusal.value.code == "MANIFEST_DAMAGED"


def test_nothing_is_restored_over_other_data(taken: Taken, tmp_path: Path) -> None:
    done = zhike(Home(root=taken.server.home.root, keys=taken.keys), "restore", str(taken.folder), "--json")
    assert (done.returncode, json.loads(done.stdout)["code"]) == (1, "NOT_EMPTY")
    (tmp_path / "lake").mkdir()
    (tmp_path / "lake" / "theirs").touch()
    with pytest.raises(BackupUnusable, match="not empty"):
        restoring.demand_empty(Home(root=tmp_path / "new", keys=taken.keys), tmp_path / "lake")


def test_what_a_killed_backup_left_is_none_and_goes_with_the_next(taken: Taken) -> None:
    kept = taken.folder.parent
    left = kept / "zhike-20000101T000000Z.partial"
    left.mkdir()
    (left / DUMP).touch()
    assert manifests.newest_in(kept) == taken.folder
    with pytest.raises(BackupUnusable, match="killed"):
        manifests.read_manifest(left, keys=taken.keys)
    made, _manifest = taken.take(NEVER + timedelta(days=1))
    assert not left.exists()
    shutil.rmtree(made)


def test_a_backup_that_fails_leaves_nothing(taken: Taken, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = taken.folder.parent
    before = sorted(kept.iterdir())
    monkeypatch.setattr(taking, "ROOM_PERCENT", 10**12)
    with pytest.raises(taking.BackupFailed, match="has room for") as refusal:
        taken.take(NEVER + timedelta(days=2))
    assert refusal.value.code == "DISK_FULL"
    monkeypatch.undo()
    victim = sorted(taken.server.home.lake.rglob("*.parquet"))[0]
    content = victim.read_bytes()
    flip(victim)
    try:
        with pytest.raises(taking.BackupFailed, match="digest differs"):
            taken.take(NEVER + timedelta(days=2))
        victim.unlink()
        with pytest.raises(taking.BackupFailed, match="missing from the lake"):
            taken.take(NEVER + timedelta(days=2))
    finally:
        victim.write_bytes(content)
    assert sorted(kept.iterdir()) == before


@pytest.mark.parametrize("inside", ["root", "keys"])
def test_a_backup_does_not_lie_with_what_it_is_of(taken: Taken, inside: str) -> None:
    folder = getattr(taken.server.home, inside) / "backups"
    with pytest.raises(taking.BackupFailed, match="lies in"):
        taking.take_backup(
            folder, home=taken.server.home, address="", lake=taken.server.home.lake, now=NEVER,
            say=lambda _line: None,
        )  # fmt: skip
    assert not folder.exists()


def test_the_backups_role_reads_and_writes_nothing(taken: Taken) -> None:
    with psycopg.connect(taken.server.url(roles.BACKUP)) as connection:
        connection.execute("SELECT count(*) FROM customers_customer")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("UPDATE customers_customer SET name = ''")


# --- the whole drill, from the command --------------------------------------------------------------


@dataclass
class Drilled:
    """What a drill answered."""

    status: int
    answer: dict[str, object]

    @property
    def faults(self) -> list[object]:
        proofs: list[dict[str, object]] = self.answer.get("proofs", [])  # type: ignore[assignment]
        return [proof["code"] for proof in proofs if not proof["ok"]] or [self.answer.get("code")]


def drill(backup: Path, home: Home) -> Drilled:
    done = zhike(home, "backup", str(backup), "--drill", "--json")
    assert done.stdout, done.stderr
    found = Drilled(done.returncode, json.loads(done.stdout.splitlines()[-1]))
    print({name: found.answer.get(name) for name in ("rto_seconds", "rpo_seconds", "bytes")}, found.faults)
    assert not list(home.root.glob("drill-*"))
    return found


def test_a_backup_is_taken_drilled_and_both_are_known_to_the_doctor(taken: Taken, place: Path) -> None:
    home = taken.server.home
    folder = place / "by-command"
    made = zhike(home, "backup", str(folder), "--json")
    assert made.returncode == 0, made.stdout + made.stderr
    found = drill(folder, home)
    assert (found.status, found.answer["ok"]) == (0, True), found.answer
    proofs: list[dict[str, object]] = found.answer["proofs"]  # type: ignore[assignment]
    assert [proof["code"] for proof in proofs] == [
        "LAKE", "ROWS", "STORAGE", "RELEASE", "DOCTOR", "AUDIT", "LAST_RUN", "PAGES",
    ]  # fmt: skip
    said = json.loads(zhike(home, "doctor", "--json").stdout)["findings"]
    levels = {one["code"]: one["level"] for one in said if one["code"].startswith("backup_")}
    assert levels == {"backup_of_late": "OK", "backup_proven": "OK"}


@pytest.mark.night
def test_a_bank_restored_for_good_goes_on_and_tells_what_was_lost(taken: Taken, place: Path) -> None:
    """Events sealed after the backup are lost; the witness knows, and says so for ever without crying wolf."""
    home = taken.server.home
    folder = place / "for-good"
    assert zhike(home, "sealer", "--once").returncode == 0
    made = json.loads(zhike(home, "backup", str(folder), "--json").stdout)
    assert zhike(home, "audit", "verify").returncode == 0
    assert zhike(home, "sealer", "--once").returncode == 0  # later than the backup
    keys = Path(shutil.copytree(home.keys, place / "keys"))
    new = Home(root=place / "new", keys=keys)
    done = zhike(new, "restore", made["backup"], "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    server = EmbeddedServer(new)
    server.start()
    try:
        assert zhike(new, "sealer", "--once").returncode == 0
        verified = zhike(new, "audit", "verify")
        assert verified.returncode == 0, verified.stdout
        assert "later checkpoints are not in this chain" in verified.stdout
    finally:
        server.stop()


@pytest.mark.night
def test_each_damage_that_verification_cannot_see_turns_the_drill_red(taken: Taken, place: Path) -> None:
    """As somebody who holds the keys could make it: an older dump under newer figures, and a cut witness."""
    home = taken.server.home
    assert zhike(home, "sealer", "--once").returncode == 0
    with psycopg.connect(taken.server.url(roles.OWNER)) as connection:
        connection.execute(WRITE)
    assert zhike(home, "sealer", "--once").returncode == 0
    newer, manifest = taken.take(NEVER + timedelta(days=3))
    shutil.copy(taken.folder / DUMP, newer / DUMP)
    older = next(file for file in taken.manifest.files if file.path == DUMP)
    rest = tuple(file for file in manifest.files if file.path != DUMP)
    sign_anew(newer, replace(manifest, files=(older, *rest)), keys=taken.keys)
    found = drill(newer, home)
    assert (found.status, found.faults) == (1, ["ROWS"])
    only_audit = replace(manifest, files=(older, *rest), tables=taken.manifest.tables)
    sign_anew(newer, only_audit, keys=taken.keys)
    found = drill(newer, home)
    assert (found.status, found.faults) == (1, ["AUDIT"])
    shutil.rmtree(newer)
    witness = home.keys / "audit-witness.jsonl"
    lines = witness.read_text().splitlines()
    whole, _manifest = taken.take(NEVER + timedelta(days=4))
    witness.write_text("\n".join(lines[1:]) + "\n")
    try:
        found = drill(whole, home)
        assert (found.status, found.faults) == (1, ["AUDIT"])
    finally:
        witness.write_text("\n".join(lines) + "\n")
    found = drill(whole, home)
    assert (found.status, found.faults) == (0, [None])


@pytest.mark.night
@pytest.mark.parametrize(
    "damage", ["a flipped bit in the dump", "a truncated dump", "a missing file of the lake"]
)
def test_each_damage_turns_the_drill_red(taken: Taken, copy: Path, damage: str) -> None:
    code, make = DAMAGE[damage]
    make(copy)
    found = drill(copy, taken.server.home)
    assert (found.status, found.answer["code"]) == (1, code)
