"""From a delivery to loaded facts by pages alone, and every way out of it (T-22, T-23, F-2)."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from tests.factories.people import person
from tests.facts import deliveries
from tests.facts.deliveries import FAULTY, PEOPLE, bomb, delivery, file, hand_in
from zhike.core.models import AuditEvent, JobRun
from zhike.customers.models import Customer
from zhike.facts import jobs
from zhike.facts.models import ImportBatch, Upload
from zhike.facts.operations import imports
from zhike.facts.queries.uploads import evaluation_waits
from zhike.facts.wording import waiting_words

if TYPE_CHECKING:
    from django.test import Client

    from tests.cast import Bank
    from tests.conftest import WorkerAt
    from zhike.staff.models import Staff

pytestmark = [pytest.mark.django_db(databases=["default", "loader"]), pytest.mark.requirement("T-22", "T-23")]


@pytest.fixture(autouse=True)
def home(tmp_path: Path, settings: Any) -> Path:
    settings.HOME, settings.LAKE, settings.MAPPINGS = tmp_path, str(tmp_path / "lake"), tmp_path / "mappings"
    deliveries.offer(settings.MAPPINGS)
    return tmp_path


@pytest.fixture
def analyst(bank: Bank, client_of: Callable[[Staff], Client]) -> Client:
    return client_of(bank.wu)


def read(client: Client, files: list[Any]) -> tuple[ImportBatch, str]:
    """Hand files in, let the worker read them; the import and its page."""
    address = hand_in(client, files)["Location"]
    upload = Upload.objects.order_by("-id")[0]
    jobs.read_upload(run_id=upload.job_run_id, upload_id=upload.pk)
    answer = client.get(address, follow=True)
    return ImportBatch.objects.order_by("-id")[0], answer.content.decode()


def test_a_reading_shows_what_it_would_bring(analyst: Client, home: Path) -> None:
    batch, page = read(analyst, delivery())
    assert batch.state == "PREVIEW"
    for words in (
        "Waiting for confirmation",
        "网点数",
        "equal",
        "First rows",
        "9001",
        "138****0001",
    ):
        assert words in page, words
    assert "客户01" not in page and "13800000001" not in page
    assert [path.name for path in (home / "imports").iterdir()] == [f"batch-{batch.pk:06d}"]


def test_the_first_rows_are_headed_and_told_in_words(analyst: Client) -> None:
    _batch, page = read(analyst, delivery())
    for words in ("Customer number", "Postal address", "Individual", "1 Mar 2024"):
        assert words in page, words
    for raw in ("customer_no", "opened_on", "INDIVIDUAL", "2024-03-01"):
        assert raw not in page, raw


def test_a_workbook_that_two_sources_read_is_one_file(analyst: Client) -> None:
    batch, _page = read(analyst, delivery())
    batch.files = [*batch.files, {**batch.files[0], "source": "another", "rows": 7}]
    batch.save()
    page = analyst.get(f"/imports/{batch.pk}/").content.decode()
    assert "2 files" in page and "3 files" not in page


def test_rejects_are_shown_with_place_and_reason_and_without_the_value(analyst: Client) -> None:
    people = PEOPLE.replace("13800000003", "12345").replace("9005,", "9004,")
    batch, page = read(
        analyst, delivery(people + "".join(f"91{n:02},甲,,101,2024-03-01\n" for n in range(60)))
    )
    assert batch.reject_count == 3
    for words in (
        "people.csv",
        "手机",
        "This is no telephone number.",
        "The same key stands in people.csv, line 5.",
    ):
        assert words in page, words
    assert "12345" not in page


@pytest.mark.requirement("L-36")
def test_the_file_of_rejects_is_given_for_a_purpose_and_recorded(
    bank: Bank, analyst: Client, client_of: Callable[[Staff], Client]
) -> None:
    batch, _page = read(analyst, delivery(FAULTY))
    manager = client_of(bank.zheng)
    address = f"/imports/{batch.pk}/rejects/"
    assert address in manager.get(f"/imports/{batch.pk}/").content.decode()
    assert "What do you need them for?" in manager.get(address).content.decode()
    for entered in ({}, {"purpose": "CURIOSITY"}):
        answer = manager.post(address, entered)
        assert answer.status_code == 422 and "12345" not in answer.content.decode()
    assert not AuditEvent.objects.filter(action="import.rejects_taken").exists()
    answer = manager.post(address, {"purpose": "REPAIR"})
    text = answer.content.decode("utf-8-sig")
    assert answer["Content-Disposition"] == f'attachment; filename="rejects-small-{batch.pk}.csv"'
    assert '"12345","This is no telephone number."' in text
    assert '"The row has 6 values; the heading has 5."' in text
    event = AuditEvent.objects.get(action="import.rejects_taken")
    assert (event.actor_id, event.reason, event.detail) == (bank.zheng.pk, "REPAIR", {"rows": 2})


@pytest.mark.requirement("L-36")
def test_who_loads_but_shows_nothing_in_the_clear_gets_no_file_of_rejects(analyst: Client) -> None:
    batch, page = read(analyst, delivery(FAULTY))
    address = f"/imports/{batch.pk}/rejects/"
    assert address not in page and "The file has them all." not in page
    assert "This is no telephone number." in page and "12345" not in page
    refused = analyst.get(address).content.decode()
    assert "which your role does not show" in refused and "<select" not in refused.partition("<main")[2]
    assert analyst.post(address, {"purpose": "REPAIR"}).status_code == 403
    assert not AuditEvent.objects.filter(action="import.rejects_taken").exists()


@pytest.mark.requirement("L-36")
def test_no_row_is_shown_to_who_does_not_load(
    bank: Bank, analyst: Client, client_of: Callable[[Staff], Client]
) -> None:
    mistaken = PEOPLE.replace(
        "9005,客户05,13800000005,101,2024-03-01", "9005,客户05,13800000005,101,2099-09-09"
    )
    mistaken += "".join(f"91{number:02},甲,,101,2024-03-01\n" for number in range(20))
    batch, page = read(analyst, delivery(mistaken))
    assert "First rows" in page and "9001" in page and "2099-09-09" in page
    admin = person("T901", "SYSTEM_ADMIN", at=bank.head_office, name="系统管理员")
    for looker in (admin, bank.shen):
        page = client_of(looker).get(f"/imports/{batch.pk}/").content.decode()
        assert "The date lies in the future." in page and "***" in page
        for shown in ("First rows", "9001", "2099-09-09", "138****"):
            assert shown not in page, (looker, shown)


def test_too_many_rejects_block_the_load(analyst: Client) -> None:
    batch, page = read(analyst, delivery(FAULTY))
    assert "This import cannot be loaded." in page
    assert "more than 5 % of all rows" in page
    answer = analyst.post(f"/imports/{batch.pk}/confirm/")
    assert answer.status_code == 422
    assert not JobRun.objects.filter(job="facts.load_batch").exists()


def test_a_control_total_that_differs_blocks_the_load(analyst: Client) -> None:
    _batch, page = read(analyst, delivery(PEOPLE, deliveries.UNITS + "102,西湖网点\n"))
    assert "Control totals differ: 网点数 (stated 1, counted 2)." in page and "differs" in page


BAD: dict[str, tuple[list[Any], tuple[str, ...]]] = {
    "GBK read as UTF-8": (
        delivery(PEOPLE.encode("gbk").decode("latin-1").encode()),
        ("A column is missing.", "people.csv", "column 客户号", "The layout has changed"),
    ),
    "bytes of no encoding": (
        delivery(PEOPLE.encode() + b"\xff\xff\xff\n"), ("neither as UTF-8 nor as GB18030", "row 32"),
    ),
    "NUL": (delivery(PEOPLE + "9099,\x00,,101,2024-01-01\n"), ("NUL characters", "row 32")),
    "an unclosed quotation mark": (delivery(PEOPLE + '9099,"甲,,101,2024-01-01\n'), ("never closed", "row 32")),
    "a bomb": ([*delivery(), file("notes.xlsx", bomb(90))], ("unpacks to far more", "can be an attack", "notes.xlsx")),
    "a broken workbook": ([*delivery(), file("notes.xlsx", b"PK\x03\x04broken")], ("The workbook is damaged",)),
}  # fmt: skip


@pytest.mark.goal("G14")
@pytest.mark.parametrize("name", BAD)
def test_a_bad_delivery_is_refused_with_place_reason_and_advice(
    analyst: Client, home: Path, name: str
) -> None:
    files, words = BAD[name]
    for one in files:
        one.seek(0)
    batch, page = read(analyst, files)
    assert batch.state == "REFUSED"
    for word in (*words, "Why it was refused", "Nothing of this delivery was loaded."):
        assert word in page, word
    assert JobRun.objects.get().state == "DONE", "a refusal is an outcome, not a fault of ours"
    assert list((home / "imports").iterdir()) == []


def test_a_refused_delivery_is_shown_as_what_keeps_evaluations_waiting(analyst: Client) -> None:
    batch, page = read(analyst, delivery(PEOPLE + "9099,\x00,,101,2024-01-01\n"))
    assert "As long as this stands, no evaluation can start." in page
    listed = analyst.get("/imports/").content.decode()
    assert f"Import {batch.pk} (小型核心系统): Refused" in listed


def test_every_refused_delivery_is_named_until_the_next_is_loaded(analyst: Client) -> None:
    """Not one after the other: each must be settled before an evaluation can start."""
    numbers = [
        read(analyst, delivery(PEOPLE + f"909{each},\x00,,101,2024-01-01\n"))[0].pk for each in range(2)
    ]
    listed = analyst.get("/imports/").content.decode()
    assert all(f"Import {number} (小型核心系统): Refused" in listed for number in numbers)
    assert [batch.pk for batch in evaluation_waits()] == numbers[::-1]
    assert f"Imports {numbers[1]} (小型核心系统), {numbers[0]} (小型核心系统) were refused." in waiting_words(
        evaluation_waits()
    )
    batch, _page = read(analyst, delivery())
    ImportBatch.objects.filter(pk=batch.pk).update(state="LOADED", loaded_at=timezone.now(), load_no=1)
    assert evaluation_waits() == []


def test_a_load_under_way_keeps_evaluations_waiting_though_a_later_delivery_was_loaded(
    analyst: Client,
) -> None:
    first, later = (read(analyst, delivery(PEOPLE.replace("客户07", f"客户7{n}")))[0] for n in range(2))
    ImportBatch.objects.filter(pk=first.pk).update(state="LOADING")
    ImportBatch.objects.filter(pk=later.pk).update(state="LOADED", loaded_at=timezone.now(), load_no=1)
    assert [batch.pk for batch in evaluation_waits()] == [first.pk]


def test_a_refused_delivery_can_be_discarded_and_blocks_no_more(analyst: Client) -> None:
    batch, page = read(analyst, delivery(PEOPLE + "9099,\x00,,101,2024-01-01\n"))
    assert "Discard this import?" in page
    assert analyst.post(f"/imports/{batch.pk}/discard/").status_code == 302
    assert "No evaluation can start" not in analyst.get("/imports/").content.decode()


def test_an_import_that_is_being_loaded_cannot_be_discarded(analyst: Client, home: Path) -> None:
    batch, _page = read(analyst, delivery())
    analyst.post(f"/imports/{batch.pk}/confirm/")
    answer = analyst.post(f"/imports/{batch.pk}/discard/")
    assert answer.status_code == 422 and "is being loaded" in answer.content.decode()
    assert (home / "imports" / f"batch-{batch.pk:06d}").exists()


def test_a_waiting_import_can_be_discarded_once(analyst: Client, home: Path) -> None:
    batch, _page = read(analyst, delivery())
    assert analyst.post(f"/imports/{batch.pk}/discard/").status_code == 302
    assert list((home / "imports").iterdir()) == []
    assert "was discarded" in analyst.get("/imports/").content.decode()
    again = analyst.post(f"/imports/{batch.pk}/discard/")
    assert again.status_code == 422 and "can be discarded" in again.content.decode()
    assert analyst.post(f"/imports/{batch.pk}/confirm/").status_code == 422


def test_confirming_twice_queues_once(analyst: Client) -> None:
    batch, _page = read(analyst, delivery())
    for _click in range(2):
        assert analyst.post(f"/imports/{batch.pk}/confirm/").status_code == 302
    assert JobRun.objects.filter(job="facts.load_batch").count() == 1
    assert "The load waits for the worker" in analyst.get(f"/imports/{batch.pk}/").content.decode()


def test_who_only_looks_sees_imports_and_changes_nothing(
    bank: Bank, analyst: Client, client_of: Callable[[Staff], Client]
) -> None:
    batch, _page = read(analyst, delivery(FAULTY))
    auditor = client_of(bank.shen)
    assert auditor.get("/imports/").status_code == 200
    page = auditor.get(f"/imports/{batch.pk}/").content.decode()
    assert "data-opens" not in page.partition("<main")[2].partition("</main")[0]
    for path in ("confirm", "discard"):
        assert auditor.post(f"/imports/{batch.pk}/{path}/").status_code == 403
    assert auditor.get(f"/imports/{batch.pk}/rejects/").status_code == 403
    assert client_of(bank.outsider).get(f"/imports/{batch.pk}/").status_code == 403


@pytest.mark.goal("G15")
def test_an_import_whose_load_died_can_be_loaded_or_discarded(
    analyst: Client, home: Path, worker_at: WorkerAt
) -> None:
    batch, _page = read(analyst, delivery())
    analyst.post(f"/imports/{batch.pk}/confirm/")
    run = JobRun.objects.get(job="facts.load_batch")
    JobRun.objects.filter(pk=run.pk).update(state="RUNNING", started_at=timezone.now())
    ImportBatch.objects.update(state="LOADING")
    with worker_at(run):
        page = analyst.get(f"/imports/{batch.pk}/").content.decode()
        assert "The import is being loaded." in page and 'data-opens="confirm"' not in page
        assert analyst.post(f"/imports/{batch.pk}/discard/").status_code == 422
        assert analyst.post(f"/imports/{batch.pk}/confirm/").status_code == 302
        assert ProcrastinateJob.objects.filter(task_name="facts.load_batch").count() == 1
    page = analyst.get(f"/imports/{batch.pk}/").content.decode()
    assert "The load has failed." in page and 'data-opens="confirm"' in page
    analyst.post(f"/imports/{batch.pk}/confirm/")
    assert ProcrastinateJob.objects.filter(task_name="facts.load_batch").count() == 2
    assert analyst.post(f"/imports/{batch.pk}/discard/").status_code == 302
    batch.refresh_from_db()
    assert batch.state == "DISCARDED" and list((home / "imports").iterdir()) == []


@pytest.mark.parametrize("count", [1, 3])
def test_the_list_costs_the_same_for_one_row_and_for_three(
    bank: Bank, analyst: Client, django_assert_num_queries: Any, count: int
) -> None:
    for number in range(count):
        read(analyst, delivery(PEOPLE + f"99{number:02},甲,,101,2024-03-01\n"))
    analyst.get("/imports/")
    with django_assert_num_queries(COST):
        analyst.get("/imports/")


COST = 16


@pytest.mark.django_db(transaction=True, databases=["default", "loader"])
@pytest.mark.goal("G15")
def test_a_load_that_died_is_begun_anew_by_its_own_job(
    committed: None, static_files: None, client_of: Callable[[Staff], Client], home: Path
) -> None:
    from tests.cast import make_bank

    wu = make_bank().wu
    analyst = client_of(wu)
    batch, _page = read(analyst, delivery())
    analyst.post(f"/imports/{batch.pk}/confirm/")
    run = JobRun.objects.get(job="facts.load_batch")
    JobRun.objects.filter(pk=run.pk).update(state="RUNNING", started_at=timezone.now())
    ImportBatch.objects.update(state="LOADING")
    for _worker in range(2):  # the second was killed after the commit and before it could say so
        JobRun.objects.filter(pk=run.pk).update(state="RUNNING", finished_at=None)
        jobs.load_batch(run_id=run.pk, batch_id=batch.pk, by_id=wu.pk)
        run.refresh_from_db()
        batch.refresh_from_db()
        assert (run.state, batch.state, batch.load_no) == ("DONE", "LOADED", 1)
    assert list((home / "imports").iterdir()) == []


@pytest.mark.django_db(transaction=True, databases=["default", "loader"])
@pytest.mark.goal("G15")
def test_a_load_that_fails_leaves_the_import_waiting(
    committed: None, static_files: None, client_of: Callable[[Staff], Client], monkeypatch: pytest.MonkeyPatch
) -> None:
    from tests.cast import make_bank
    from zhike.facts.operations import loading

    wu = make_bank().wu
    batch, _page = read(client_of(wu), delivery())

    def fail(_duck: object) -> None:
        seen.append(ImportBatch.objects.get(pk=batch.pk).state)
        raise RuntimeError("a seeded bug")

    seen: list[str] = []
    monkeypatch.setattr(loading, "seal_people", fail)
    with pytest.raises(RuntimeError):
        imports.load_batch(batch_id=batch.pk, by=wu, now=timezone.now())
    batch.refresh_from_db()
    assert (seen, batch.state, Customer.objects.filter(customer_no="9001").exists()) == (
        ["LOADING"], "PREVIEW", False,
    )  # fmt: skip


@pytest.mark.django_db(transaction=True, databases=["default", "loader"])
@pytest.mark.requirement("T-26")
def test_a_delivery_is_handed_in_read_confirmed_and_loaded(
    committed: None, static_files: None, client_of: Callable[[Staff], Client], home: Path
) -> None:
    from tests.cast import make_bank

    analyst = client_of(make_bank().wu)
    batch, _page = read(analyst, delivery())
    analyst.post(f"/imports/{batch.pk}/confirm/")
    run = JobRun.objects.get(job="facts.load_batch")
    jobs.load_batch(
        run_id=run.pk, batch_id=batch.pk, by_id=AuditEvent.objects.get(action="import.confirmed").actor_id
    )
    page = analyst.get(f"/imports/{batch.pk}/").content.decode()
    assert "From now on everybody sees these facts." in page
    assert Customer.objects.filter(customer_no__startswith="90").count() == 30
    again, page = read(analyst, delivery())
    assert again.pk == batch.pk and "The same files again change nothing." in page
    assert ImportBatch.objects.count() == 1
    assert list((home / "imports").iterdir()) == []


def test_a_load_that_no_person_asked_for_says_so_in_the_readers_language(analyst: Client, home: Path) -> None:
    batch = ImportBatch.objects.create(
        mapping="small", digest="0" * 64, state="REFUSED", asked_by="system", asked_at=timezone.now()
    )
    for address, said in (
        ("/imports/", "<small>系统</small>"),
        (f"/imports/{batch.pk}/", "<span>系统</span>"),
    ):
        page = analyst.get(address, headers={"Accept-Language": "zh-Hans"}).content.decode()
        assert said in page
