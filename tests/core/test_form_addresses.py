"""Addresses only forms send to: opened, reloaded or pasted, they lead to the page they belong to."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from zhike.core.middleware import page_above
from zhike.run.logins import DEMO_BANK, FILE, bank_name

if TYPE_CHECKING:
    from django.test import Client

    from tests.cast import Bank
    from zhike.staff.models import Staff

ClientOf = Callable[["Staff"], "Client"]


@pytest.mark.parametrize(
    ("address", "page"),
    [
        ("/customers/export/", "/customers/"), ("/loyalty/runs/7/review/", "/loyalty/runs/7/"),
        ("/loyalty/follow-ups/7/withdraw/", "/loyalty/"), ("/approvals/7/approve/", "/approvals/7/"),
        ("/parameters/auth.idle_minutes/propose/", "/parameters/auth.idle_minutes/"), ("/logout/", "/"), ("/", ""),
    ],
)  # fmt: skip
def test_an_address_of_a_form_belongs_to_the_page_above(address: str, page: str) -> None:
    assert page_above(address) == page


def test_opening_an_address_of_a_form_leads_to_its_page(bank: Bank, client_of: ClientOf) -> None:
    answer = client_of(bank.zheng).get("/parameters/auth.idle_minutes/propose/")
    assert (answer.status_code, answer["Location"]) == (302, "/parameters/auth.idle_minutes/")


def test_who_lacks_the_right_is_refused_there_too(bank: Bank, client_of: ClientOf) -> None:
    assert client_of(bank.chen).get("/customers/export/").status_code == 403


def test_another_method_is_answered_in_words(bank: Bank, client_of: ClientOf) -> None:
    answer = client_of(bank.zheng).delete("/tasks/ask/")
    assert (answer.status_code, answer["Allow"]) == (405, "GET, POST")
    assert "This address cannot be used like that" in answer.content.decode()


def test_the_made_up_bank_is_named_unless_another_is(tmp_path: Path) -> None:
    assert bank_name(tmp_path, named="") == ""
    (tmp_path / FILE).touch()
    assert bank_name(tmp_path, named="") == DEMO_BANK
    assert bank_name(tmp_path, named="城西银行") == "城西银行"
