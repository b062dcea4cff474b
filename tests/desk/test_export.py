"""A list as Excel: text stays text, a reason is compulsory, and everything is on the record."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from io import BytesIO
from typing import Any

import pytest
import python_calamine
from django.test import Client
from django.utils import timezone
from tests.cast import Bank
from tests.factories.files import filed
from tests.factories.holdings import holding, published_run, standing
from tests.factories.people import person

from zhike.core.access.acting import acting_as
from zhike.core.models import Approval, AuditEvent, Parameter
from zhike.core.queries.approvals import returned_to
from zhike.desk.models import ExportRequest, ExportState
from zhike.desk.operations.export_requests import ask_for_export
from zhike.desk.operations.exports import ExportRefused, export_customers
from zhike.desk.queries.business_day import business_day
from zhike.desk.queries.customer_list import ListedCustomers, customers_matching
from zhike.staff.models import Staff

ClientOf = Callable[[Staff], Client]
NOW = datetime(2026, 9, 29, 2, 0, tzinfo=UTC)
STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠", " =", "'=", '"=')
COMMANDS = ("1+1", "cmd|' /C calc'!A0", 'HYPERLINK("http://x.example","x")')
PAYLOADS = [start + command for start in STARTS for command in COMMANDS]

pytestmark = pytest.mark.requirement("L-33")


def listed(staff: Staff) -> ListedCustomers:
    return ListedCustomers(customers_matching({}, staff=staff, day=business_day()), "name")


def sheets(content: bytes) -> dict[str, str]:
    with zipfile.ZipFile(BytesIO(content)) as archive:
        return {name: archive.read(name).decode("utf-8", "replace") for name in archive.namelist()}


@pytest.mark.goal("G18")
def test_no_payload_becomes_a_formula(bank: Bank) -> None:
    assert len(PAYLOADS) >= 40
    for number, payload in enumerate(PAYLOADS):
        filed(f"=6{number:03}", outlet=bank.donghu, manager=bank.chen, name=payload)
    with acting_as(bank.zheng.pk):
        book = export_customers(
            listed=listed(bank.zheng), filters=[("q", "=1+1")], reason="=x", by=bank.zheng, now=NOW
        )
    parts = sheets(book.content)
    assert [name for name, text in parts.items() if "<f>" in text or "<f " in text] == []
    assert [name for name, text in parts.items() if "<hyperlink" in text] == []
    rows = python_calamine.load_workbook(BytesIO(book.content)).get_sheet_by_index(0).to_python()
    texts = {row[1] for row in rows}
    assert {payload.strip() for payload in PAYLOADS} <= {str(text).strip() for text in texts}


def test_the_workbook_says_what_it_is_and_sums_up(bank: Bank) -> None:
    holding(bank.zhang_wei, 123_456_789, before_cents=100)
    holding(bank.li_na, -11, before_cents=0)
    with acting_as(bank.zheng.pk):
        book = export_customers(
            listed=listed(bank.zheng), filters=[("Outlet", "东湖网点")], reason="回访", by=bank.zheng, now=NOW
        )
    workbook = python_calamine.load_workbook(BytesIO(book.content))
    rows = workbook.get_sheet_by_index(0).to_python()
    assert rows[0][0] == "Customer list"
    assert "客户关系管理部" in rows[1][0]
    assert "郑涛 C001" in rows[1][0]
    assert "Outlet 东湖网点" in rows[1][0]
    by_number = {row[0]: row for row in rows[3:]}
    assert isinstance(by_number["6001"][0], str)
    assert by_number["6001"][6] == 1_234_567.89
    assert by_number["6002"][6] == -0.11
    assert by_number["Total"][6] == pytest.approx(1_234_567.78)
    origin = workbook.get_sheet_by_index(1).to_python()
    assert ["Needed for", "回访"] in [row[:2] for row in origin]
    event = AuditEvent.objects.get(action="customer.exported")
    assert (event.reason, event.detail) == ("回访", {"rows": 3, "filters": ["Outlet"]})
    assert str(event.pk) in {row[1] for row in origin}
    assert book.name == "Customer list_客户关系管理部_29 Sep 2026_郑涛.xlsx"


def test_no_personal_value_leaves_by_a_list(bank: Bank) -> None:
    filed("6101", outlet=bank.donghu, name="沈若岚", phone="13812346027", id_no="330106198204091232")
    with acting_as(bank.zheng.pk):
        book = export_customers(listed=listed(bank.zheng), filters=[], reason="x", by=bank.zheng, now=NOW)
    for text in sheets(book.content).values():
        assert "13812346027" not in text
        assert "330106" not in text


def test_more_rows_than_one_may_take_alone_are_refused(bank: Bank) -> None:
    Parameter.objects.filter(code="export.approval_rows").update(value=2)
    with pytest.raises(ExportRefused, match="longer than one person may take"), acting_as(bank.zheng.pk):
        export_customers(listed=listed(bank.zheng), filters=[], reason="x", by=bank.zheng, now=NOW)
    assert not AuditEvent.objects.filter(action="customer.exported").exists()


def test_a_list_that_is_cut_never_leaves_as_a_whole(bank: Bank, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("zhike.desk.queries.customer_list.REACHABLE", 3)
    with acting_as(bank.zheng.pk):
        for operation in (export_customers, partial(ask_for_export, query="")):
            with pytest.raises(ExportRefused, match="Narrow the filters"):
                operation(listed=listed(bank.zheng), filters=[], reason="x", by=bank.zheng, now=NOW)


@pytest.fixture
def asked_for(bank: Bank, client_of: ClientOf) -> ExportRequest:
    """郑涛 has asked for a list of three rows where two may be taken alone."""
    Parameter.objects.filter(code="export.approval_rows").update(value=2)
    answer = client_of(bank.zheng).post("/customers/export/?sort=name", {"reason": "季度回访"})
    assert answer.url == "/customers/exports/"
    return ExportRequest.objects.get()


def decide(bank: Bank, client_of: ClientOf, verb: str) -> None:
    approval = Approval.objects.get(kind="desk.export")
    page = client_of(bank.shen).get(f"/approvals/{approval.pk}/").content.decode()
    assert "Customer list of 3 rows" in page
    assert "no phone and no ID number" in page
    assert "/customers/exports/" not in page  # whoever allows a list has none to fetch
    own = client_of(bank.zheng).get(f"/approvals/{approval.pk}/").content.decode()
    assert 'href="/customers/exports/"' in own
    client_of(bank.shen).post(f"/approvals/{approval.pk}/{verb}/", {"reason": "用途明确"})


@pytest.mark.goal("G28")
def test_a_longer_list_is_asked_for_allowed_and_fetched(
    bank: Bank, asked_for: ExportRequest, client_of: ClientOf
) -> None:
    caller, address = client_of(bank.zheng), f"/customers/exports/{asked_for.pk}/"
    assert caller.post(address).status_code == 422
    decide(bank, client_of, "approve")
    assert "Fetch" in caller.get("/customers/exports/").content.decode()
    answer: Any = caller.post(address)
    rows = python_calamine.load_workbook(BytesIO(answer.content)).get_sheet_by_index(0).to_python()
    assert {"6001", "6002"} <= {row[0] for row in rows}
    assert AuditEvent.objects.get(action="customer.exported").reason == "季度回访"
    actions = ["export.asked", "export.allowed", "customer.exported"]
    assert [AuditEvent.objects.filter(action=action).count() for action in actions] == [1, 1, 1]


def test_an_allowed_list_is_for_the_asker_until_its_day_and_no_longer_than_allowed(
    bank: Bank, asked_for: ExportRequest, client_of: ClientOf
) -> None:
    decide(bank, client_of, "approve")
    caller, address = client_of(bank.zheng), f"/customers/exports/{asked_for.pk}/"
    other = person("C009", "CRM_MANAGER", at=bank.crm, name="同事")
    assert client_of(other).post(address).status_code == 404
    filed("6200", outlet=bank.donghu, manager=bank.chen, name="新来")
    assert "now has 4 rows, and 3 were allowed" in caller.post(address).content.decode()
    ExportRequest.objects.update(row_count=4, until=timezone.localdate() - timedelta(days=1))
    assert "not any more" in caller.post(address).content.decode()


def test_a_rejected_list_is_not_fetched(bank: Bank, asked_for: ExportRequest, client_of: ClientOf) -> None:
    decide(bank, client_of, "reject")
    asked_for.refresh_from_db()
    assert asked_for.state == ExportState.REFUSED
    assert client_of(bank.zheng).post(f"/customers/exports/{asked_for.pk}/").status_code == 422


def test_a_rejected_list_waits_until_the_same_is_asked_for_again(
    bank: Bank, asked_for: ExportRequest, client_of: ClientOf
) -> None:
    decide(bank, client_of, "reject")
    rejected, caller = Approval.objects.get(), client_of(bank.zheng)
    caller.post("/customers/export/?sort=-name", {"reason": "别的名单"})
    assert ExportRequest.objects.count() == 2
    assert list(returned_to(bank.zheng)) == [rejected]
    caller.post("/customers/export/?sort=name", {"reason": "季度回访"})
    assert ExportRequest.objects.count() == 3
    assert list(returned_to(bank.zheng)) == []


def test_the_screen_gives_the_file_only_for_a_reason(bank: Bank, client_of: ClientOf) -> None:
    caller = client_of(bank.zheng)
    assert caller.post("/customers/export/", {"reason": " "}).status_code == 422
    answer: Any = caller.post("/customers/export/?opened_to=2021-01-01", {"reason": "回访"})
    assert answer.status_code == 200
    assert answer["Content-Disposition"].startswith("attachment")
    assert answer["Cache-Control"] == "no-store"
    assert len(python_calamine.load_workbook(BytesIO(answer.content)).get_sheet_by_index(0).to_python()) == 7


UNREAD = "opened_from=2026-02-30"


@pytest.mark.parametrize("alone", [2, 2_000])
def test_a_list_with_a_filter_nobody_understands_neither_leaves_nor_is_asked_for(
    bank: Bank, client_of: ClientOf, alone: int
) -> None:
    Parameter.objects.filter(code="export.approval_rows").update(value=alone)
    answer = client_of(bank.zheng).post(f"/customers/export/?{UNREAD}", {"reason": "回访"})
    assert answer.status_code == 422
    assert "Not understood: Customer since, from. Correct or take off" in answer.content.decode()
    assert not ExportRequest.objects.exists()
    assert not AuditEvent.objects.filter(action="customer.exported").exists()


def test_an_allowed_list_with_a_filter_nobody_understands_any_more_is_not_fetched(
    bank: Bank, asked_for: ExportRequest, client_of: ClientOf
) -> None:
    decide(bank, client_of, "approve")
    ExportRequest.objects.update(query=UNREAD)
    answer = client_of(bank.zheng).post(f"/customers/exports/{asked_for.pk}/")
    assert answer.status_code == 422
    assert "Not understood: Customer since, from" in answer.content.decode()


@pytest.mark.parametrize("who", ["chen", "liu", "wu", "shen", "outsider", "liang"])
def test_only_who_may_export_can(bank: Bank, client_of: ClientOf, who: str) -> None:
    assert client_of(getattr(bank, who)).post("/customers/export/", {"reason": "x"}).status_code == 403


def test_a_score_leaves_with_the_digits_of_the_screen(bank: Bank) -> None:
    standing(bank.zhang_wei, published_run(bank.wu), score=61.238_471)
    with acting_as(bank.zheng.pk):
        book = export_customers(listed=listed(bank.zheng), filters=[], reason="x", by=bank.zheng, now=NOW)
    rows = python_calamine.load_workbook(BytesIO(book.content)).get_sheet_by_index(0).to_python()
    assert {row[0]: row[5] for row in rows[3:]}["6001"] == 61.2


def test_the_dialog_closes_for_a_file_and_stays_for_a_request(bank: Bank, client_of: ClientOf) -> None:
    dialog = 'action="/customers/export/?" data-downloads'
    assert dialog in client_of(bank.zheng).get("/customers/").content.decode()
    Parameter.objects.filter(code="export.approval_rows").update(value=2)
    page = client_of(bank.zheng).get("/customers/").content.decode()
    assert 'action="/customers/export/?"' in page
    assert dialog not in page
