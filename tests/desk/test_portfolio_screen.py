"""Assigning and handing over on the screen."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client
from django.utils import translation
from tests.cast import Bank
from tests.factories.files import filed

from zhike.core.models import AuditEvent
from zhike.customers.models import Customer, Portfolio
from zhike.desk.views import portfolios
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


def test_a_whole_list_is_handed_over_beyond_its_page(bank: Bank, client_of: ClientOf) -> None:
    for number in range(25):
        filed(f"69{number:02}", outlet=bank.donghu, manager=bank.chen, name=f"管户{number}")
    filed("6999", outlet=bank.donghu, manager=bank.chen, name="别类", business_type="MICRO")
    caller = client_of(bank.liu)
    page = caller.get(f"/customers/?manager={bank.chen.pk}&business_type=RETAIL&page=2")
    assert "Hand over all 26 of this list" in page.content.decode()
    form = caller.get(page.context["all_url"])
    chosen = [f"{row.pk}:{version}" for row, version in form.context["customers"]]
    assert len(chosen) == 26
    assert "Hand over 26 customers" in form.content.decode()
    order = {"c": chosen, "manager": bank.lin.pk, "reason": "调岗", "note": "见档案"}
    result = caller.post("/portfolios/hand-over/", order).context["result"]
    assert (len(result.done), len(result.refused)) == (26, 0)
    assert [row.name for row in Customer.objects.filter(manager=bank.chen)] == ["别类"]


@pytest.mark.requirement("L-32")
def test_a_whole_list_is_that_of_the_own_scope_and_has_a_limit(
    bank: Bank, client_of: ClientOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    caller = client_of(bank.liu)
    form = caller.get("/portfolios/hand-over/", {"list": "standing=ANY"})
    assert sorted(row.name for row, _version in form.context["customers"]) == ["张伟", "李娜"]
    for misread in (f"manager={bank.western.manager_id}", "tier=NONE", "opened_from=2026-02-30"):
        refused = caller.get("/portfolios/hand-over/", {"list": misread})
        assert refused.status_code == 422
        assert "Correct or take off these filters first" in refused.content.decode()
    assert caller.get("/portfolios/hand-over/", {"list": "q=" + "x" * 2000}).status_code == 400
    assert "Choose customers first" in caller.get(URL, {"list": "q=nobody"}).content.decode()
    assert client_of(bank.chen).get("/portfolios/hand-over/", {"list": ""}).status_code == 403
    monkeypatch.setattr(portfolios, "MOST_HANDED_OVER", 1)
    refused = caller.get("/portfolios/hand-over/", {"list": ""})
    assert refused.status_code == 422
    assert "up to 1 customers" in refused.content.decode()


def test_somebody_who_changed_meanwhile_stays_with_the_reason(bank: Bank, client_of: ClientOf) -> None:
    caller = client_of(bank.liu)
    form = caller.get("/portfolios/hand-over/", {"list": f"manager={bank.chen.pk}"})
    chosen = [f"{row.pk}:{version}" for row, version in form.context["customers"]]
    Customer.objects.filter(pk=bank.zhang_wei.pk).update(version=9)
    order = {"c": chosen, "manager": bank.lin.pk, "reason": "调岗", "note": "见档案"}
    result = caller.post("/portfolios/hand-over/", order).context["result"]
    assert [row.customer.name for row in result.refused] == ["张伟"]


@pytest.mark.parametrize("method", ["get", "post"])
def test_without_a_choice_the_page_says_how_to_make_one_and_nothing_is_on_record(
    bank: Bank, client_of: ClientOf, method: str
) -> None:
    page = getattr(client_of(bank.liu), method)(URL)
    assert page.status_code == 200
    for words in ("Choose customers first", 'href="/customers/"', 'href="/portfolios/"'):
        assert words in page.content.decode()
    assert not AuditEvent.objects.filter(action__startswith="access.").exists()


def test_who_stays_with_the_same_manager_is_no_success_and_is_on_record(
    bank: Bank, client_of: ClientOf
) -> None:
    order = {"c": f"{bank.zhang_wei.pk}:0", "manager": bank.chen.pk, "reason": "调岗", "note": "见档案"}
    page = client_of(bank.liu).post(URL, order).content.decode()
    assert "Nobody was handed over." in page
    assert "0 customers" not in page
    assert "See the new portfolio" not in page
    event = AuditEvent.objects.get(action="portfolio.hand_over_refused")
    assert (event.outcome, event.customer_id) == ("REFUSED", bank.zhang_wei.pk)
    assert event.reason_in_words == "陈晓 looks after this customer already."
    with translation.override("zh-hans"):
        assert event.reason_in_words == "该客户已由陈晓管户。"


def test_a_change_of_manager_that_runs_on_is_not_told_as_ending_today(
    bank: Bank, alone: Customer, client_of: ClientOf
) -> None:
    caller = client_of(bank.liu)
    caller.post(URL, {"c": f"{alone.pk}:0", "manager": bank.lin.pk, "reason": "新客户"})
    page = caller.get("/portfolios/changes/").content.decode()
    assert '<td class="zk-nowrap">to this day</td>' in page


@pytest.mark.parametrize("path", ["/portfolios/", "/portfolios/changes/"])
def test_what_the_page_does_not_understand_is_said(bank: Bank, client_of: ClientOf, path: str) -> None:
    caller = client_of(bank.liu)
    said = caller.get(path, {"outlet": "7<b>", "sort": "shoe", "page": "1", "size": "50"}).content.decode()
    for words in ("Not understood, and left out:", "outlet: 7&lt;b&gt;", "sort: shoe"):
        assert words in said
    assert "Not understood" not in caller.get(path, {"page": "1", "size": "50"}).content.decode()
