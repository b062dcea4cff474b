"""Handing in files: what is refused at once, and that nothing is taken in twice or kept (T-22, F-2)."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from tests.facts import deliveries
from tests.facts.deliveries import bomb, delivery, file, hand_in
from zhike.core.models import AuditEvent, JobRun
from zhike.facts import jobs
from zhike.facts.models import ImportBatch, Upload
from zhike.facts.queries.uploads import limits_of_uploads

if TYPE_CHECKING:
    from django.test import Client

    from tests.cast import Bank
    from tests.conftest import WorkerAt
    from zhike.staff.models import Staff

pytestmark = [pytest.mark.django_db(databases=["default", "loader"]), pytest.mark.requirement("T-22")]


@pytest.fixture(autouse=True)
def home(tmp_path: Path, settings: Any) -> Path:
    settings.HOME, settings.LAKE, settings.MAPPINGS = tmp_path, str(tmp_path / "lake"), tmp_path / "mappings"
    deliveries.offer(settings.MAPPINGS)
    return tmp_path


@pytest.fixture
def analyst(bank: Bank, client_of: Callable[[Staff], Client]) -> Client:
    return client_of(bank.wu)


def kept(home: Path) -> list[str]:
    folder = home / "imports"
    return [path.name for path in folder.iterdir()] if folder.exists() else []


def test_files_are_taken_in_and_their_reading_is_queued(analyst: Client, home: Path) -> None:
    answer = hand_in(analyst, delivery())
    upload = Upload.objects.get()
    assert (answer.status_code, answer["Location"]) == (302, f"/imports/uploads/{upload.pk}/")
    assert [(one["name"], one["bytes"]) for one in upload.files] == [
        ("units.csv", len(deliveries.UNITS.encode())), ("people.csv", len(deliveries.PEOPLE.encode())),
    ]  # fmt: skip
    folder = home / "imports" / f"upload-{upload.folder}"
    assert sorted(path.name for path in folder.iterdir()) == ["people.csv", "units.csv"]
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o600}
    assert folder.stat().st_mode & 0o777 == 0o700
    assert (upload.job_run.job, upload.job_run.state) == ("facts.read_upload", "QUEUED")
    assert AuditEvent.objects.get(action="import.uploaded").actor == "C002 吴越"
    assert "wait for the worker" in analyst.get(answer["Location"]).content.decode()


SIGN = b"PK\x03\x04"
REFUSED: dict[str, tuple[Callable[[], list[Any]], str]] = {
    "a missing file": (lambda: [file("units.csv", deliveries.UNITS)], "its name would be like people*.csv"),
    "a file of another system": (lambda: [*delivery(), file("x.csv", "a")], "No file of this name belongs"),
    "two of a kind": (lambda: [*delivery(), file("people2.csv", "a")], "several files of a kind"),
    "the same name twice": (lambda: [*delivery(), file("PEOPLE.csv", "b")], "several files of a kind"),
    "an empty file": (lambda: delivery(b""), "The file is empty"),
    "a workbook named csv": (lambda: delivery(bomb(1)), "not what the name says"),
    "a PDF named csv": (lambda: delivery(b"%PDF-1.7 ..."), "not what the name says"),
    "a csv named xlsx": (lambda: [*delivery(), file("notes.xlsx", "number\n1\n")], "not what the name says"),
    "an old workbook": (lambda: [*delivery(), file("notes.xlsx", b"\xd0\xcf\x11\xe0" + b"x" * 99)], "password"),
    "30 MB of workbook": (lambda: [*delivery(), file("notes.xlsx", SIGN + b"x" * 30 * 2**20)], "than 20 MB"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_read_is_refused_at_once_by_name(analyst: Client, home: Path, name: str) -> None:
    files, words = REFUSED[name]
    answer = hand_in(analyst, files())
    assert answer.status_code == 422
    page = answer.content.decode()
    assert words in page
    assert "cannot be read as chosen" in page
    assert not Upload.objects.exists() and not JobRun.objects.exists() and not ImportBatch.objects.exists()
    assert kept(home) == []


def test_a_climbing_name_is_cut_to_its_last_part(analyst: Client, home: Path) -> None:
    hand_in(analyst, [file("../../units.csv", deliveries.UNITS), file("/etc/people.csv", deliveries.PEOPLE)])
    assert [one["name"] for one in Upload.objects.get().files] == ["units.csv", "people.csv"]
    assert not (home / "units.csv").exists()


def test_a_file_that_is_too_large_is_dropped_while_it_comes_in(
    analyst: Client, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from datetime import date

    small = limits_of_uploads(date(2026, 1, 1))
    small = type(small)(file_bytes=1000, workbook_bytes=1000)
    monkeypatch.setattr("zhike.facts.views.uploads.limits_of_uploads", lambda on: small)
    answer = hand_in(analyst, delivery("x" * 3000))
    assert answer.status_code == 422
    assert "larger than 1 KB" in answer.content.decode()
    assert kept(home) == []


def test_nothing_chosen_is_said_beside_the_field(analyst: Client, home: Path) -> None:
    answer = hand_in(analyst, [])
    assert answer.status_code == 422
    assert "Choose the files." in answer.content.decode()


def test_an_unknown_mapping_is_refused(analyst: Client, home: Path) -> None:
    assert hand_in(analyst, delivery(), mapping="../secret").status_code == 422
    assert kept(home) == []


@pytest.mark.goal("G15")
def test_a_double_click_hands_in_once(analyst: Client, home: Path) -> None:
    first, second = hand_in(analyst, delivery()), hand_in(analyst, delivery())
    assert first["Location"] == second["Location"]
    assert (Upload.objects.count(), JobRun.objects.count(), len(kept(home))) == (1, 1, 1)
    assert "nothing was done twice" in analyst.get(second["Location"]).content.decode()


def test_after_a_reading_that_failed_the_same_files_can_be_handed_in_again(
    analyst: Client, home: Path
) -> None:
    from django.utils import timezone

    hand_in(analyst, delivery())
    JobRun.objects.update(state="FAILED", finished_at=timezone.now(), error="a seeded bug")
    page = analyst.get(f"/imports/uploads/{Upload.objects.get().pk}/").content.decode()
    assert "The fault is ours" in page and "seeded" not in page
    assert hand_in(analyst, delivery()).status_code == 302
    upload = Upload.objects.get()
    assert upload.job_run.state == "QUEUED"
    assert f"upload-{upload.folder}" in kept(home)


def test_a_reading_whose_worker_died_can_be_handed_in_again(
    analyst: Client, home: Path, worker_at: WorkerAt
) -> None:
    hand_in(analyst, delivery())
    upload = Upload.objects.get()
    JobRun.objects.update(state="RUNNING")
    with worker_at(upload.job_run):
        assert "are being read" in analyst.get(f"/imports/uploads/{upload.pk}/").content.decode()
        hand_in(analyst, delivery())
        assert ProcrastinateJob.objects.filter(task_name="facts.read_upload").count() == 1
    assert "The fault is ours" in analyst.get(f"/imports/uploads/{upload.pk}/").content.decode()
    hand_in(analyst, delivery())
    assert ProcrastinateJob.objects.filter(task_name="facts.read_upload").count() == 2
    jobs.read_upload(run_id=upload.job_run_id, upload_id=upload.pk)
    upload.refresh_from_db()
    assert (Upload.objects.count(), upload.batch.state) == (1, "PREVIEW")


def test_an_expired_session_leads_to_signing_in_and_keeps_nothing(
    analyst: Client, home: Path, bank: Bank
) -> None:
    session = analyst.session
    session["seen_at"] = session["seen_at"] - 3600
    session.save()
    answer = hand_in(analyst, delivery())
    assert answer.status_code == 302
    assert answer["Location"].startswith("/login/?next=/imports/new/")
    assert kept(home) == [] and not Upload.objects.exists()


def test_who_may_not_load_leaves_no_file_behind(
    bank: Bank, client_of: Callable[[Staff], Client], home: Path
) -> None:
    for person in (bank.outsider, bank.chen, bank.shen):
        assert hand_in(client_of(person), delivery()).status_code == 403
    assert kept(home) == [] and not Upload.objects.exists()


def test_a_form_from_elsewhere_is_refused_and_leaves_no_file_behind(
    bank: Bank, client_of: Callable[[Staff], Client], home: Path
) -> None:
    client = client_of(bank.wu)
    client.handler.enforce_csrf_checks = True
    assert hand_in(client, delivery()).status_code == 403
    assert kept(home) == [] and not Upload.objects.exists()


def test_an_unusable_mapping_is_shown_with_its_reason(analyst: Client, home: Path) -> None:
    (home / "mappings" / "broken.toml").write_text("[mapping]\nname = 'x'", encoding="utf-8")
    page = analyst.get("/imports/new/").content.decode()
    assert "The mapping lacks “mapping.title”." in page or "The mapping lacks" in page
    assert "小型核心系统" in page


def test_files_of_another_system_are_told_by_its_name(analyst: Client, home: Path) -> None:
    other = deliveries.MAPPING.replace("小型核心系统", "网点系统").replace("people*.csv", "members*.csv")
    (home / "mappings" / "aa.toml").write_text(other.replace('"small"', '"aa"'), encoding="utf-8")
    answer = hand_in(analyst, delivery(), mapping="aa")
    assert answer.status_code == 422
    said = answer.content.decode()
    assert "These are the files of “小型核心系统”" in said and "people.csv" not in said
    assert kept(home) == [] and not Upload.objects.exists()


def test_the_system_that_loaded_last_is_offered_first(analyst: Client, home: Path) -> None:
    (home / "mappings" / "aa.toml").write_text(
        deliveries.MAPPING.replace('"small"', '"aa"'), encoding="utf-8"
    )

    def offered() -> list[str]:
        return [
            name for name, _title in analyst.get("/imports/new/").context["form"].fields["mapping"].choices
        ]

    assert offered() == ["aa", "small", "events"]
    ImportBatch.objects.create(
        mapping="small",
        digest="0" * 64,
        state="LOADED",
        asked_by="test",
        asked_at=timezone.now(),
        loaded_at=timezone.now(),
        load_no=1,
    )
    assert offered() == ["small", "aa", "events"]
