"""A full disk, too little memory, an unfit name or mapping: a sentence each, and nothing half done."""

from __future__ import annotations

import errno
import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import pytest
from click.testing import CliRunner

from tests.facts import deliveries
from tests.facts.deliveries import delivery, file, hand_in
from zhike.cli import imports as command_line
from zhike.facts.intake.limits import Limits
from zhike.facts.intake.mapping import load_mapping
from zhike.facts.intake.offered import Offered, faults_of
from zhike.facts.intake.refusals import ExtractFault
from zhike.facts.models import ImportBatch, Upload
from zhike.facts.operations import imports
from zhike.facts.views import quarantine
from zhike.facts.wording import FAULTS

if TYPE_CHECKING:
    from django.test import Client

    from tests.cast import Bank
    from zhike.staff.models import Staff

pytestmark = [pytest.mark.django_db(databases=["default", "loader"]), pytest.mark.goal("G20")]
FULL = OSError(errno.ENOSPC, "No space left on device")


@pytest.fixture(autouse=True)
def home(tmp_path: Path, settings: Any) -> Path:
    settings.HOME, settings.LAKE, settings.MAPPINGS = tmp_path, str(tmp_path / "lake"), tmp_path / "mappings"
    deliveries.offer(settings.MAPPINGS)
    return tmp_path


@pytest.fixture
def analyst(bank: Bank, client_of: Callable[[Staff], Client]) -> Client:
    return client_of(bank.wu)


@pytest.fixture
def folder(bank: Bank, tmp_path: Path) -> Path:
    """A delivery as the scheduler finds it."""
    made = tmp_path / "extracts"
    made.mkdir()
    (made / "units.csv").write_text(deliveries.UNITS, "utf-8")
    (made / "people.csv").write_text(deliveries.PEOPLE, "utf-8")
    return made


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """`zhike import` with these arguments, in this process."""
    monkeypatch.setattr(command_line, "enter_quietly", lambda *_roles: None)
    return lambda *given: CliRunner().invoke(command_line.command, [str(each) for each in given])


def kept(home: Path) -> list[str]:
    inside = home / "imports"
    return [path.name for path in inside.iterdir()] if inside.exists() else []


@pytest.mark.requirement("T-22")
def test_a_name_no_folder_keeps_is_refused_and_nothing_stays(analyst: Client, home: Path) -> None:
    answer = hand_in(
        analyst, [file("units.csv", deliveries.UNITS), file(f"people_{'汉' * 100}.csv", deliveries.PEOPLE)]
    )
    assert answer.status_code == 422
    assert "too long: about 80 Chinese characters" in answer.content.decode()
    assert (kept(home), Upload.objects.count()) == ([], 0)


@pytest.mark.parametrize(
    "name", ["people\u202evsc.csv", "people\u200b.csv", "people\u2028.csv", "people\ue000.csv"]
)
def test_a_name_that_reads_otherwise_than_it_is_is_refused(home: Path, name: str) -> None:
    mapping = load_mapping(home / "mappings" / "small.toml")
    (home / "x").write_text("a", "utf-8")
    offered = [Offered(name, home / "x", 1, ""), Offered("units.csv", home / "x", 1, "")]
    (fault,) = faults_of(offered, mapping, Limits())
    assert (fault.code, fault.file.isprintable()) == (ExtractFault.BAD_NAME, True)


def test_a_name_of_seventy_chinese_characters_is_taken_in(analyst: Client, home: Path) -> None:
    answer = hand_in(
        analyst, [file("units.csv", deliveries.UNITS), file(f"people{'汉' * 70}.csv", deliveries.PEOPLE)]
    )
    assert answer.status_code == 302


def test_nothing_stays_in_the_clear_when_the_page_itself_fails(
    analyst: Client, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(self: Path, target: Path) -> None:
        raise RuntimeError("a fault of ours")

    monkeypatch.setattr(Path, "rename", fails)
    analyst.raise_request_exception = False
    assert hand_in(analyst, delivery()).status_code == 500
    assert kept(home) == []


@pytest.mark.parametrize("act", ["open", "write", "close"])
def test_an_upload_on_a_full_disk_is_refused_in_words(
    analyst: Client, home: Path, monkeypatch: pytest.MonkeyPatch, act: str
) -> None:
    inside = Path.open

    class Full:
        def __init__(self, opened: Any) -> None:
            self.opened = opened

        def __getattr__(self, name: str) -> Any:
            if name == act:
                raise FULL
            return getattr(self.opened, name)

    def opens(self: Path, mode: str = "r", *rest: Any, **named: Any) -> Any:
        if "imports" not in self.parts or mode != "wb":
            return inside(self, mode, *rest, **named)
        if act == "open":
            raise FULL
        return Full(inside(self, mode, *rest, **named))

    monkeypatch.setattr(quarantine.Path, "open", opens)
    answer = hand_in(analyst, delivery())
    assert answer.status_code == 422
    assert "The disk of the server is full." in answer.content.decode()
    assert (kept(home), Upload.objects.count()) == ([], 0)


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (duckdb.OutOfMemoryException("could not allocate"), "OUT_OF_MEMORY"),
        (MemoryError(), "OUT_OF_MEMORY"),
        (FULL, "DISK_FULL"),
        (duckdb.IOException("Could not write file: No space left on device"), "DISK_FULL"),
    ],
)
def test_a_reading_without_room_is_a_refused_batch(
    folder: Path,
    home: Path,
    monkeypatch: pytest.MonkeyPatch,
    run: Callable[..., Any],
    error: Exception,
    code: str,
) -> None:
    def fails(*_values: Any, **_named: Any) -> None:
        raise error

    monkeypatch.setattr(imports, "read", fails)
    done = run("small", folder, "--json")
    batch = ImportBatch.objects.get()
    assert (done.exit_code, batch.state, batch.refusal["code"], kept(home)) == (1, "REFUSED", code, [])
    told = json.loads(done.stdout)
    assert (told["ok"], told["code"]) == (False, code)


def test_a_reading_that_fails_through_us_leaves_no_batch_behind_that_reads_for_ever(
    folder: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_values: Any, **_named: Any) -> None:
        raise RuntimeError("a fault of ours")

    monkeypatch.setattr(imports, "_preview", fails)
    with pytest.raises(RuntimeError):
        imports.read_extracts(
            mapping=home / "mappings" / "small.toml", folder=folder, by=None, now=deliveries_now()
        )
    batch = ImportBatch.objects.get()
    assert (batch.state, batch.refusal["code"], kept(home)) == ("REFUSED", "READING_FAILED", [])


@pytest.mark.parametrize(
    "text", ["not a mapping", deliveries.MAPPING + "\n[views.x]\nsql = \"ATTACH 'x'\"\n"]
)
@pytest.mark.parametrize("as_json", [True, False])
def test_an_unfit_mapping_is_refused_in_a_sentence(
    folder: Path, tmp_path: Path, run: Callable[..., Any], text: str, as_json: bool
) -> None:
    mapping = tmp_path / "unfit.toml"
    mapping.write_text(text, "utf-8")
    done = run(mapping, folder, *(["--json"] if as_json else []))
    assert done.exit_code == 1
    assert isinstance(done.exception, SystemExit)
    if as_json:
        assert json.loads(done.stdout)["ok"] is False
    else:
        assert done.stderr.startswith("unfit.toml: ") and "MappingFault" not in done.stderr
    assert not ImportBatch.objects.exists()


def test_every_fault_of_a_delivery_has_its_words() -> None:
    assert set(FAULTS) == set(ExtractFault)


def deliveries_now() -> Any:
    from django.utils import timezone

    return timezone.now()
