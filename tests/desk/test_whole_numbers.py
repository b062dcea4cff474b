"""A whole phone or ID number that is looked for stands in no address, log line, audit row or request."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from tests.cast import Bank
from tests.factories.files import filed

from zhike.core.models import AuditEvent, Parameter
from zhike.customers.models import Customer
from zhike.desk.models import ExportRequest
from zhike.desk.queries.whole_numbers import holds_whole_number, opened, seal
from zhike.staff.models import Staff

ClientOf = Callable[[Staff], Client]
HTMX = {"HX-Request": "true"}
PHONE, ID = "13812346027", "330106198204091232"

pytestmark = pytest.mark.goal("G25")


@pytest.fixture
def ruolan(bank: Bank) -> Customer:
    return filed("6101", outlet=bank.donghu, manager=bank.chen, name="沈若岚", phone=PHONE, id_no=ID)


def headers_of(answer: Any) -> str:
    return " ".join(f"{name}: {value}" for name, value in answer.headers.items())


@pytest.mark.parametrize(
    "text",
    [
        PHONE, "138 1234 6027", "138-1234-6027", "+86 13812346027", "008613812346027", "１３８１２３４６０２７",
        "张伟13812346027", ID, "33010619820409123x", "330106820409123", "010-62345678", "(010) 62345678-801",
        "91330106MA27XB1C2D", "E12345678", "+852 2345 6789", "6222021234566027", "330106 19820409 1232",
    ],
)  # fmt: skip
def test_a_whole_number_is_known_in_every_shape(text: str) -> None:
    assert holds_whole_number(text)


@pytest.mark.parametrize(
    "text",
    ["", "6027", "8000000123", "沈若岚", "srl", "6100-1", "B0001", "2026-09-30", "😀", "A" * 18, "\x00"],
)
def test_names_tails_and_customer_numbers_are_none(text: str) -> None:
    assert not holds_whole_number(text)


@pytest.mark.parametrize(
    "typed", [PHONE, ID, "138 1234 6027", "+86 138-1234-6027", "３３０１０６198204091232"]
)
def test_a_number_sent_in_the_form_finds_and_is_nowhere_afterwards(
    bank: Bank, ruolan: Customer, client_of: ClientOf, caplog: pytest.LogCaptureFixture, typed: str
) -> None:
    caplog.set_level(logging.DEBUG)
    caller = client_of(bank.chen)
    sent = caller.post("/customers/", {"q": typed, "sort": "name", "tier": ""})
    assert sent.status_code == 302
    shown = caller.get(sent["Location"])
    assert [row.customer for row in shown.context["rows"]] == [ruolan]
    file = caller.get(shown.context["rows"][0].url)
    places = [sent["Location"], shown.context["rows"][0].url, shown.content.decode(), file.content.decode()]
    places += [headers_of(sent), headers_of(shown), headers_of(file), caplog.text]
    places += [str(event.detail) + event.reason for event in AuditEvent.objects.all()]
    assert [place for place in places for number in (PHONE, ID, typed) if number in place] == []
    assert "sort=name" in sent["Location"]
    assert "tier" not in sent["Location"]


def test_pages_orders_and_the_way_through_the_list_keep_the_number(bank: Bank, client_of: ClientOf) -> None:
    for number in range(21):
        filed(f"62{number:02}", outlet=bank.donghu, manager=bank.chen, name="同一电话", phone=PHONE)
    caller = client_of(bank.chen)
    first = caller.get(caller.post("/customers/", {"q": PHONE})["Location"])
    second = caller.get("/customers/" + first.context["list"].address(page=2))
    assert (len(first.context["rows"]), len(second.context["rows"])) == (20, 1)
    again = caller.get("/customers/" + first.context["list"].address(sort="name"))
    assert again.context["list"].total == 21
    place = caller.get(first.context["rows"][1].url).content.decode()
    assert "2 of 21" in place
    assert "138****6027" in first.content.decode()


def test_another_filter_keeps_the_number_and_another_text_takes_its_place(
    bank: Bank, ruolan: Customer, client_of: ClientOf
) -> None:
    caller = client_of(bank.chen)
    token = seal(PHONE, by=bank.chen)
    kept = caller.post("/customers/", {"q": "", "number": token, "business_type": "RETAIL"})["Location"]
    assert f"number={token}" in kept
    assert (
        caller.post("/customers/", {"q": "张伟", "number": token})["Location"]
        == "/customers/?q=%E5%BC%A0%E4%BC%9F"
    )
    part = caller.get("/customers/", {"number": token}, headers=HTMX).content.decode()
    assert 'hx-swap-oob="true"' in part
    assert PHONE not in part


def test_a_number_typed_into_the_address_is_sealed_before_anything_is_shown(
    bank: Bank, ruolan: Customer, client_of: ClientOf
) -> None:
    caller = client_of(bank.chen)
    for path in ("/customers/", "/search/"):
        answer = caller.get(path, {"q": PHONE})
        assert answer.status_code == 302
        assert PHONE not in answer["Location"]
        assert [row.customer for row in caller.get(answer["Location"]).context["rows"]] == [ruolan]


def test_a_sealed_address_opens_for_nobody_else(bank: Bank, ruolan: Customer, client_of: ClientOf) -> None:
    address = client_of(bank.chen).post("/customers/", {"q": PHONE})["Location"]
    for altered in (
        address,
        "/customers/?number=x",
        "/customers/?number=" + "A" * 200,
        "/customers/?number=%00",
    ):
        answer = client_of(bank.liu).get(altered)
        assert answer.context["rows"] == []
        assert "only the person who searched" in answer.content.decode()
    token = seal(PHONE, by=bank.chen)
    assert opened(token, by=bank.chen).text == PHONE
    assert opened(token, by=bank.liu).text == ""
    assert seal(PHONE, by=bank.chen) != token


def test_names_and_customer_numbers_keep_an_address_to_pass_on(bank: Bank, client_of: ClientOf) -> None:
    assert client_of(bank.chen).post("/customers/", {"q": "6001"})["Location"] == "/customers/?q=6001"
    assert client_of(bank.chen).post("/customers/", {"q": ""})["Location"] == "/customers/"


def test_the_palette_finds_a_number_sent_in_a_form(bank: Bank, ruolan: Customer, client_of: ClientOf) -> None:
    options = client_of(bank.chen).post("/search/", {"q": PHONE}, headers=HTMX).content.decode()
    assert "沈若岚" in options
    assert PHONE not in options


def test_a_request_for_a_list_holds_the_number_masked(
    bank: Bank, ruolan: Customer, client_of: ClientOf
) -> None:
    Parameter.objects.filter(code="export.approval_rows").update(value=0)
    caller = client_of(bank.sun)
    query = caller.post("/customers/", {"q": PHONE})["Location"].partition("?")[2]
    caller.post(f"/customers/export/?{query}", {"reason": "回访"})
    asked = ExportRequest.objects.get()
    assert PHONE not in asked.query + str(asked.filters)
    assert [text for _label, text in asked.filters] == ["138****6027"]
