"""Whatever is sent to whatever address in whatever field, no page fails (G20)."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from tests.architecture.routes import Route, routes
from tests.cast import Bank
from tests.factories.people import person

import zhike
from zhike.core.access.permissions import ROLES
from zhike.core.models import WorkDay
from zhike.staff.models import Staff

pytestmark = [pytest.mark.django_db, pytest.mark.goal("G20")]
ClientOf = Callable[[Staff], Client]
FAULT = 500
READ_BY_NAME = re.compile(r"request\.(?:GET|POST)(?:\.get(?:list)?\(|\[)\"(\w+)\"")
FIELD = re.compile(r"^    (\w+) = (?:forms\.\w+|\w+Field)\(", re.MULTILINE)
ODD = {
    "superscript": "²",
    "full width": "１２",
    "beyond the database": "9" * 30,
    "beyond int": "9" * 5000,
    "negative": "-1",
    "fraction": "1.5",
    "first day": "0001-01-01",
    "last day": "9999-12-31",
    "broken address": "http://[::1",
    "NUL": "a\0b",
}


def names() -> set[str]:
    """Every field of a form, and every name that a view reads."""
    sources = [path.read_text("utf-8") for path in Path(zhike.__file__).parent.rglob("*.py")]
    found = {name for text in sources for name in READ_BY_NAME.findall(text)}
    found |= {name for text in sources if "forms." in text for name in FIELD.findall(text)}
    return found - {"confirm"}


def tried() -> list[Route]:
    leaving = {"staff:logout"}  # it would end the visit
    return [route for route in routes() if not route.is_api and route.name not in leaving]


def test_the_names_are_found() -> None:
    assert {"unit", "absent", "next", "valid_from", "form_id"} <= names()


def test_the_addresses_of_every_room_are_tried() -> None:
    rooms = {route.name.split(":")[0] for route in tried()}
    assert rooms >= {"core", "staff", "rest", "facts", "loyalty", "desk"}


@pytest.mark.parametrize("odd", ODD)
def test_an_odd_value_in_every_field_is_no_fault(bank: Bank, client_of: ClientOf, odd: str) -> None:
    client = client_of(person("M002", *ROLES, at=bank.head_office))
    client.raise_request_exception = False
    sent = dict.fromkeys(names(), ODD[odd])
    faulty = {
        f"{method.__name__} {route.name}"
        for route in tried()
        for method in (client.get, client.post)
        if method(route.path(), sent).status_code >= FAULT
    }
    assert faulty == set()


@pytest.mark.parametrize("odd", ODD)
@pytest.mark.parametrize(
    ("address", "name"),
    [("/tasks/ask/", "unit"), ("/tasks/ask/", "owner"), ("/staff/stand-ins/new/", "absent")],
)
def test_a_choice_that_no_row_can_be_is_not_one_of_the_choices(
    bank: Bank, client_of: ClientOf, address: str, name: str, odd: str
) -> None:
    client = client_of(person("M002", *ROLES, at=bank.head_office))
    assert client.get(address, {name: ODD[odd]}).status_code == 200
    assert client.post(address, {name: ODD[odd]}).status_code == 422


CALENDARS = {
    "carriage return": "2027-01-01,休,元旦\r2027-02-06",
    "carriage return within": "2027-01-01,休,元\r旦\n",
    "long field": "2027-01-01,休," + "x" * 140_000,
    "long name": "2027-01-01,休," + "旦" * 300,
    "NUL": "2027-01-01,休,元\0旦",
    "quote": '2027-01-01,休,"元旦\n2027-01-02,休,x',
    "far range": "0001-01-01～9999-12-31,休,x",
}


@pytest.mark.parametrize("kind", CALENDARS)
@pytest.mark.parametrize("is_file", [False, True])
def test_an_odd_calendar_is_refused_with_its_line(
    bank: Bank, client_of: ClientOf, kind: str, is_file: bool
) -> None:
    client = client_of(person("T001", "SYSTEM_ADMIN", at=bank.head_office))
    text = CALENDARS[kind]
    content = {"file": SimpleUploadedFile("2027.csv", text.encode())} if is_file else {"text": text}
    answer = client.post("/calendar/load/", {"year": 2027, "source": "国办", "confirm": "1", **content})
    assert answer.status_code == 422
    assert not WorkDay.objects.filter(day=date(2027, 1, 1)).exists()


@pytest.mark.parametrize("host", ["evil.example", "", "a b", "[::1", "localhost:x"])
@pytest.mark.parametrize("address", ["/", "/login/", "/customers/", "/api/v1/health"])
def test_a_foreign_host_is_a_request_that_cannot_be_read(visitor: Client, host: str, address: str) -> None:
    visitor.raise_request_exception = False
    assert visitor.get(address, HTTP_HOST=host).status_code == 400


@pytest.mark.parametrize(
    "current", ["http://[::1", "²", "javascript:alert(1)", "http://evil.example/x", "\x7f"]
)
def test_a_part_of_a_page_from_nowhere_leads_to_signing_in(visitor: Client, current: str) -> None:
    answer = visitor.get("/login/", headers={"HX-Request": "true", "HX-Current-URL": current})
    assert answer.status_code == 200
    assert answer["HX-Redirect"] == "/login/?next=/"
