"""Assigning and handing over on the screen."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client
from tests.cast import Bank
from tests.factories.files import filed

from zhike.customers.models import Customer, Portfolio
from zhike.staff.models import Staff

ClientOf = Callable[[Staff], Client]
URL = "/portfolios/hand-over/"


@pytest.fixture
def alone(bank: Bank) -> Customer:
    return filed("6400", outlet=bank.donghu, name="无主")


def test_an_outlet_head_assigns_a_customer_nobody_keeps(
    bank: Bank, alone: Customer, client_of: ClientOf
) -> None:
    caller = client_of(bank.liu)
    assert "无主" in caller.get("/portfolios/").content.decode()
    form = {"c": f"{alone.pk}:0", "manager": bank.lin.pk, "reason": "新客户"}
    answer = caller.post(URL, form)
    assert "1 customer to 林雅婷" in answer.content.decode()
    assert Customer.objects.get(pk=alone.pk).manager == bank.lin
    assert "无主" not in caller.get("/portfolios/").content.decode()
    assert "无主" in caller.get("/portfolios/changes/").content.decode()


def test_handing_over_needs_a_note_and_says_so_in_the_form(bank: Bank, client_of: ClientOf) -> None:
    customer = filed("6401", outlet=bank.donghu, manager=bank.chen, name="移交")
    caller = client_of(bank.liu)
    form = {"c": f"{customer.pk}:0", "manager": bank.lin.pk, "reason": "调岗", "note": " "}
    refused = caller.post(URL, form)
    assert refused.status_code == 422
    assert "This field is required" in refused.content.decode()
    assert "移交" in caller.post(URL, {**form, "note": "忌周末来电"}).content.decode()
    assert Portfolio.objects.get(customer=customer, to_on=None).handover_note == "忌周末来电"


def test_a_stale_version_keeps_the_customer_and_says_why(bank: Bank, client_of: ClientOf) -> None:
    customer = filed("6401", outlet=bank.donghu, manager=bank.chen, name="移交", version=3)
    form = {"c": f"{customer.pk}:2", "manager": bank.lin.pk, "reason": "调岗", "note": "x"}
    answer = client_of(bank.liu).post(URL, form)
    assert "Somebody else changed this customer meanwhile" in answer.content.decode()
    assert Customer.objects.get(pk=customer.pk).manager == bank.chen


def test_customers_out_of_scope_do_not_exist(bank: Bank, client_of: ClientOf) -> None:
    caller = client_of(bank.liu)
    assert caller.get(URL, {"c": bank.western.pk}).status_code == 404
    form = {"c": f"{bank.western.pk}:0", "manager": bank.lin.pk, "reason": "x", "note": "x"}
    assert caller.post(URL, form).status_code == 404
    assert Customer.objects.get(pk=bank.western.pk).manager_id != bank.lin.pk


def test_a_manager_out_of_reach_is_no_choice(bank: Bank, alone: Customer, client_of: ClientOf) -> None:
    wang = Staff.objects.get(staff_no="A003")
    answer = client_of(bank.liu).post(URL, {"c": f"{alone.pk}:0", "manager": wang.pk, "reason": "x"})
    assert answer.status_code == 422
    assert Customer.objects.get(pk=alone.pk).manager is None


@pytest.mark.parametrize("chosen", ["", "x", "1:x", "-1", "9" * 30, "1:99999999999"])
def test_bad_choices_are_refused(bank: Bank, client_of: ClientOf, chosen: str) -> None:
    assert client_of(bank.liu).get(URL, {"c": chosen}).status_code in (400, 404)


@pytest.mark.parametrize("who", ["chen", "zheng", "wu", "shen", "outsider", "liang"])
def test_only_who_assigns_portfolios_sees_the_screens(bank: Bank, client_of: ClientOf, who: str) -> None:
    caller = client_of(getattr(bank, who))
    for path in ("/portfolios/", "/portfolios/changes/", f"{URL}?c={bank.zhang_wei.pk}"):
        assert caller.get(path).status_code == 403
