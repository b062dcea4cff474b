"""The screens of segments: their stories, their refusals, what they ask of the database."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from tests.cast import Bank
from tests.factories.people import person
from tests.insight import steps
from tests.insight.steps import RETAIL

from zhike.core.models import Approval
from zhike.insight.models import Portrait, Segment
from zhike.staff.models import Staff

pytestmark = pytest.mark.django_db
ClientOf = Callable[[Staff], Client]
PART = {"r.part": ["0"], "r.0.kind": "PURCHASES_12M", "r.0.ask": "BETWEEN", "r.0.low": "2"}
NEW = {"name": "近年常购", "about": "维护", "scope": "PERSONAL", "unit": "", "measures": "电话关怀\n赠送沙龙"}


def text(answer: Any) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode()))


def test_a_segment_is_written_counted_and_brought_in_force(
    golden_bank: Bank, portrait: Portrait, client_of: ClientOf
) -> None:
    client = client_of(golden_bank.chen)
    assert "No segment yet" in text(client.get("/segments/"))
    empty = client.get("/segments/new/")
    assert "No condition yet: all customers" in text(empty)
    added = client.post("/segments/new/", {**NEW, "do": "add:r", "r.new": "PURCHASES_12M"})
    assert added.status_code == 200
    assert 'name="r.0.low"' in added.content.decode()
    assert 'value="近年常购"' in added.content.decode()
    counted = client.post("/segments/count/", {**NEW, **PART})
    assert "Purchases in 12 months ≥ 2" in text(counted)
    assert re.search(r" 2 of 4 customers, 50.0%", text(counted)), text(counted)
    saved = client.post("/segments/new/", {**NEW, **PART, "do": "save"}, follow=True)
    made = Segment.objects.get()
    assert (made.name, made.measures, made.owner) == ("近年常购", ["电话关怀", "赠送沙龙"], golden_bank.chen)
    assert "Bring in force" in text(saved)
    done = client.post(f"/segments/{made.pk}/submit/", follow=True)
    assert "In force. Who is in it is being recorded." in text(done)
    steps.recorded(made)
    page = text(client.get(f"/segments/{made.pk}/"))
    assert "Open as a list" in page
    assert "电话关怀" in page
    listed = client.get(f"/customers/?segment=S{made.pk:04d}").content.decode()
    assert "张伟" in listed
    assert "李娜" not in listed  # another manager's


def test_a_rule_is_grouped_negated_and_taken_apart_without_a_script(
    golden_bank: Bank, client_of: ClientOf
) -> None:
    client = client_of(golden_bank.chen)
    grouped = client.post("/segments/new/", {**NEW, **PART, "do": "group:r"}).content.decode()
    assert 'name="r.1.join"' in grouped
    nested = {**NEW, **PART, "r.part": ["0", "1"], "r.1.kind": "GROUP", "r.1.join": "ANY", "r.1.not": "on"}
    inside = client.post(
        "/segments/new/", {**nested, "do": "add:r.1", "r.1.new": "IS_SLEEPING"}
    ).content.decode()
    assert 'name="r.1.0.ask"' in inside
    whole = {**nested, "r.1.part": ["0"], "r.1.0.kind": "IS_SLEEPING", "r.1.0.ask": "YES"}
    said = text(client.post("/segments/count/", whole))
    assert "not" not in said or "portrait" in said
    taken = client.post("/segments/new/", {**whole, "do": "remove:r.0"}).content.decode()
    assert 'name="r.0.join"' in taken
    assert 'name="r.1.join"' not in taken


def test_what_is_wrong_stands_beside_its_condition_and_nothing_is_counted(
    golden_bank: Bank, portrait: Portrait, client_of: ClientOf
) -> None:
    client = client_of(golden_bank.chen)
    for low, high, said in (
        ("", "", "Enter at least one limit."), ("9", "3", "The lower limit is above the upper one."),
        ("many", "", "Enter a number."), ("1.5", "", "Enter a whole number."),
        ("9" * 23, "", "Enter a smaller number."),
        ("NaN", "", "Enter a number."), ("1e999999", "", "Enter a smaller number."),
    ):  # fmt: skip
        sent = {**NEW, **PART, "r.0.low": low, "r.0.high": high}
        assert said in text(client.post("/segments/new/", {**sent, "do": "count"})), low
        assert "One condition is not complete." in text(client.post("/segments/count/", sent))


def test_money_and_shares_are_typed_as_people_say_them(
    golden_bank: Bank, portrait: Portrait, client_of: ClientOf
) -> None:
    client = client_of(golden_bank.chen)
    sent = {
        "r.part": ["0", "1"], "r.0.kind": "BALANCE", "r.0.ask": "BETWEEN", "r.0.low": "500,000",
        "r.0.high": "1000000.5",
        "r.1.kind": "BALANCE_TREND", "r.1.ask": "BETWEEN", "r.1.high": "87.5%",
    }  # fmt: skip
    said = text(client.post("/segments/count/", sent))
    assert "Average balance 500,000 CNY – 1,000,000.50 CNY and Balance trend ≤ 87.5%" in said
    client.post("/segments/new/", {**NEW, **sent, "do": "save"})
    edited = client.get(f"/segments/{Segment.objects.get().pk}/edit/").content.decode()
    for typed in ('value="500000"', 'value="1000000.5"', 'value="87.5"'):
        assert typed in edited


@pytest.mark.requirement("M-29")
def test_one_of_the_whole_bank_is_approved_on_the_page_of_proposals(
    golden_bank: Bank, portrait: Portrait, client_of: ClientOf
) -> None:
    client = client_of(golden_bank.wu)
    client.post("/segments/new/", {**NEW, **PART, "scope": "BANK", "do": "save"})
    made = Segment.objects.get()
    refused = client.post(f"/segments/{made.pk}/submit/", {"reason": ""})
    assert refused.status_code == 422
    client.post(f"/segments/{made.pk}/submit/", {"reason": "试点"})
    waiting = Approval.objects.get()
    manager = client_of(golden_bank.zheng)
    page = text(manager.get(f"/approvals/{waiting.pk}/"))
    assert "Segment of the whole bank" in page
    assert "Purchases in 12 months ≥ 2" in page
    assert "A rule waits for approval." in text(manager.get(f"/segments/{made.pk}/"))
    manager.post(f"/approvals/{waiting.pk}/approve/", {"reason": "同意"})
    made.refresh_from_db()
    assert made.state == "IN_FORCE"


@pytest.mark.requirement("M-30")
def test_a_customers_page_says_in_which_segments_since_when(
    golden_bank: Bank, portrait: Portrait, client_of: ClientOf
) -> None:
    whole = steps.of_the_bank(golden_bank, name="全行常购")
    steps.recorded(whole)
    others = steps.bring(steps.draft(golden_bank.lin, RETAIL, name="林的客户"), golden_bank.lin)
    steps.recorded(others)
    page = text(client_of(golden_bank.chen).get(f"/customers/{golden_bank.zhang_wei.pk}/"))
    assert "全行常购" in page
    assert "since 31 Dec 2026, version 1 of the rule" in page
    assert "林的客户" not in page


def test_marketing_sees_numbers_without_the_smallest_and_no_names(
    golden_bank: Bank, portrait: Portrait, client_of: ClientOf
) -> None:
    made = steps.of_the_bank(golden_bank)
    steps.recorded(made)
    marketing = person("M001", "MARKETING", at=golden_bank.head_office, name="市场")
    page = text(client_of(marketing).get(f"/segments/{made.pk}/"))
    assert "not shown of 6 customers" in page
    assert "张伟" not in page
    assert "Open as a list" not in page
    assert client_of(marketing).get("/customers/?segment=S0001").status_code == 403


def test_counts_are_of_the_units_one_reaches(
    golden_bank: Bank, portrait: Portrait, client_of: ClientOf
) -> None:
    sent = {"r.part": ["0"], "r.0.kind": "KIND", "r.0.ask": "KNOWN"}
    for someone, said in (
        (golden_bank.zheng, "6 of 6"),
        (golden_bank.liu, "4 of 4"),
        (golden_bank.sun, "4 of 4"),
    ):
        found = text(client_of(someone).post("/segments/count/", sent))
        assert re.search(rf"{said} customers", found), found
    lobby = golden_bank.outsider
    assert client_of(lobby).post("/segments/count/", sent).status_code == 403


def test_what_one_may_not_see_is_not_there(golden_bank: Bank, client_of: ClientOf) -> None:
    own = steps.draft(golden_bank.lin)
    client = client_of(golden_bank.chen)
    for name in ("segment", "segment_edit"):
        assert client.get(reverse(f"insight:{name}", args=[own.pk])).status_code == 404
    for name in ("segment_submit", "segment_retire", "segment_restore", "segment_copy"):
        assert client.post(reverse(f"insight:{name}", args=[own.pk])).status_code == 404
    assert "近年常购" not in text(client.get("/segments/"))


def test_a_retirement_is_undone_from_its_message(golden_bank: Bank, client_of: ClientOf) -> None:
    made = steps.draft(golden_bank.chen)
    client = client_of(golden_bank.chen)
    page = client.post(f"/segments/{made.pk}/retire/", follow=True).content.decode()
    assert f'action="/segments/{made.pk}/restore/"' in page
    assert "is not retired any more" in text(client.post(f"/segments/{made.pk}/restore/", follow=True))


def test_a_segment_is_saved_over_nobody_elses_change(golden_bank: Bank, client_of: ClientOf) -> None:
    made = steps.draft(golden_bank.chen)
    client = client_of(golden_bank.chen)
    sent = {**NEW, **PART, "version": "0", "do": "save"}
    assert client.post(f"/segments/{made.pk}/edit/", sent).status_code == 302
    again = client.post(f"/segments/{made.pk}/edit/", sent)
    assert again.status_code == 422
    assert "Somebody else changed this segment meanwhile." in text(again)


@pytest.mark.requirement("L-10", "S-54")
def test_the_fields_say_what_they_mean_and_where_they_come_from(
    golden_bank: Bank, portrait: Portrait, client_of: ClientOf
) -> None:
    page = text(client_of(golden_bank.wu).get("/segments/fields/"))
    for said in (
        "Purchase behaviour",
        "Ways of contact",
        "Customer file",
        "Loyalty evaluation",
        portrait.sha256[:16],
    ):
        assert said in page
    assert "never delivered" in page


@pytest.mark.parametrize("sent", [
    {"r.part": ["0"], "r.0.kind": "NOTHING"}, {"r.part": ["x", "-1", "0"]}, {"do": "add:r.9"}, {"do": "remove:r"},
    {"r.part": ["0"] * 60, "r.0.kind": "GROUP"}, {"do": "group:" + "r" * 99},
    {"r.part": ["0"], "r.0.kind": "OPENED", "r.0.low": "2026-99-99", "r.0.ask": "BETWEEN"},
    {"r.part": ["0"], "r.0.kind": "TIER", "r.0.values": ["\0"]}, {"scope": "BRANCH", "unit": "9" * 30},
    {"version": "x", "do": "save"},
])  # fmt: skip
def test_odd_forms_are_answered(
    golden_bank: Bank, portrait: Portrait, client_of: ClientOf, sent: dict[str, Any]
) -> None:
    client = client_of(golden_bank.chen)
    for address in ("/segments/new/", "/segments/count/"):
        assert client.post(address, sent).status_code in {200, 422}


def test_the_pages_ask_the_database_a_few_times(
    golden_bank: Bank, portrait: Portrait, client_of: ClientOf, django_assert_max_num_queries: Any
) -> None:
    for number in range(12):
        made = steps.bring(steps.draft(golden_bank.chen, name=f"客群{number}"), golden_bank.chen)
        steps.recorded(made)
    client = client_of(golden_bank.chen)
    client.get("/segments/")
    with django_assert_max_num_queries(22):
        client.get("/segments/")
    with django_assert_max_num_queries(34):
        client.get(f"/segments/{made.pk}/")
    with django_assert_max_num_queries(26):
        client.post("/segments/count/", PART)
