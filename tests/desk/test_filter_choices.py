"""What the filters of the list offer, where a whole bank has more account managers than anybody looks through."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from tests.cast import Bank

from zhike.core.access.permissions import Permission
from zhike.desk.queries import choices
from zhike.desk.queries.business_day import business_day
from zhike.staff.models import Staff

ClientOf = Callable[[Staff], Client]
HINT = "Those of the outlet, once one is chosen."


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """The whole bank has three account managers; two are as many as a field offers."""
    monkeypatch.setattr(choices, "MANAGERS_OFFERED", 2)


def offered(staff: Staff, **asked: str) -> tuple[list[str], bool]:
    found = choices.managers(staff, Permission.CUSTOMER_READ, day=business_day(), **asked)
    return [person.name for person in found.people], found.by_outlet


def test_few_managers_are_all_offered(bank: Bank) -> None:
    assert offered(bank.zheng) == (["陈晓", "林雅婷", "王磊"], False)
    assert offered(bank.sun) == (["陈晓", "林雅婷"], False)


def test_of_many_managers_those_of_the_outlet_are_offered_and_the_chosen_one(bank: Bank, few: None) -> None:
    assert offered(bank.zheng) == ([], True)
    assert offered(bank.zheng, outlet=str(bank.donghu.pk)) == (["陈晓", "林雅婷"], True)
    assert offered(bank.zheng, outlet=str(bank.west.pk), chosen=str(bank.chen.pk)) == (["陈晓", "王磊"], True)
    assert offered(bank.sun) == (["陈晓", "林雅婷"], False)


@pytest.mark.requirement("L-32")
def test_an_address_offers_nobody_out_of_reach(
    bank: Bank, few: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(choices, "MANAGERS_OFFERED", 1)
    assert offered(bank.sun, outlet=str(bank.west.pk)) == ([], True)


@pytest.mark.parametrize("text", ["x", "-1", "9" * 40, "1 OR 1=1", "²"])
def test_an_address_that_names_no_outlet_offers_nobody(bank: Bank, few: None, text: str) -> None:
    assert offered(bank.zheng, outlet=text, chosen=text) == ([], True)


def test_a_chosen_outlet_brings_its_managers_into_the_field(
    bank: Bank, few: None, client_of: ClientOf
) -> None:
    caller = client_of(bank.zheng)
    page = caller.get("/customers/").content.decode()
    assert HINT in page and "陈晓 A001" not in page
    whole = caller.get("/customers/", {"outlet": bank.donghu.pk}).content.decode()
    assert "陈晓 A001" in whole
    part = caller.get(
        "/customers/", {"outlet": bank.donghu.pk}, headers={"HX-Request": "true"}
    ).content.decode()
    field = re.search('<select name="manager"[^>]*>', part)
    assert field and {'id="id_manager"', 'hx-swap-oob="true"', "data-apply"} <= set(
        field[0].strip("<>").split()
    )
    assert "陈晓 A001" in part and "王磊 A003" not in part


def test_a_part_of_the_page_brings_no_field_where_all_are_offered(bank: Bank, client_of: ClientOf) -> None:
    part = client_of(bank.sun).get("/customers/", headers={"HX-Request": "true"}).content.decode()
    assert '<select name="manager"' not in part


@pytest.mark.goal("G34")
@pytest.mark.parametrize(
    ("who", "path", "count"),
    [
        ("zheng", "/customers/?business_type=RETAIL&customer_group=GENERAL", 25),
        ("sun", "/customers/?business_type=RETAIL&customer_group=GENERAL", 28),
        ("chen", "/customers/?business_type=RETAIL&customer_group=GENERAL", 25),
        ("zheng", "/search/?q=张伟", 15),
        ("sun", "/search/?q=张伟", 17),
        ("chen", "/search/?q=张伟", 16),
    ],
)
def test_a_page_asks_so_many_questions_and_no_more(
    bank: Bank, client_of: ClientOf, django_assert_num_queries: Any, who: str, path: str, count: int
) -> None:
    caller = client_of(getattr(bank, who))
    headers = {"HX-Request": "true"} if path.startswith("/search") else {}
    with django_assert_num_queries(count):
        assert caller.get(path, headers=headers).status_code == 200
