"""The first page of the day for each kind of work, and the search of every page."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from tests.cast import Bank
from tests.factories.files import filed
from tests.factories.holdings import holding, published_run, standing
from tests.factories.people import person
from tests.factories.proposals import returned_override, returned_stand_in

from zhike.core.access.permissions import ROLES
from zhike.core.models import Task
from zhike.core.operations.tasks import ask_task
from zhike.customers.models import Customer
from zhike.desk.queries.business_day import business_day
from zhike.staff.models import RoleAssignment, Staff

ClientOf = Callable[[Staff], Client]
WAN = 1_000_000
HTMX = {"HX-Request": "true"}


@pytest.fixture
def busy(bank: Bank) -> Bank:
    """A portfolio with money falling due, an outflow and somebody who fell; one customer of a colleague."""
    today = business_day()
    due = filed("6501", outlet=bank.donghu, manager=bank.chen, name="到期客户")
    left = filed("6502", outlet=bank.donghu, manager=bank.chen, name="流出客户")
    later = filed("6503", outlet=bank.donghu, manager=bank.chen, name="以后客户")
    other = filed("6504", outlet=bank.donghu, manager=bank.lin, name="同事客户")
    holding(due, 30 * WAN, matures_on=today + timedelta(days=7), matures_cents=20 * WAN)
    holding(left, 10 * WAN, before_cents=40 * WAN)
    holding(later, 30 * WAN, before_cents=31 * WAN, matures_on=today + timedelta(days=8), matures_cents=WAN)
    holding(other, WAN, before_cents=90 * WAN, matures_on=today, matures_cents=WAN)
    return bank


def test_an_account_manager_sees_what_is_due_and_what_leaves(busy: Bank, client_of: ClientOf) -> None:
    answer: Any = client_of(busy.chen).get("/")
    assert [row.customer.name for row in answer.context["maturing"]] == ["到期客户"]
    assert [row.customer.name for row in answer.context["outflows"]] == ["流出客户"]
    figures = answer.context["figures"]
    assert (figures.customer_count, figures.aum_cents, figures.aum_before_cents) == (4, 70 * WAN, 101 * WAN)
    assert "同事客户" not in answer.content.decode()


@pytest.mark.requirement("L-40")
def test_who_fell_in_the_evaluation_comes_first(busy: Bank, client_of: ClientOf) -> None:
    run = published_run(busy.wu)
    standing(busy.zhang_wei, run, score=40.0, change=-9.0, tier="LOW")
    standing(busy.li_na, run, score=40.0, change=-20.0, tier="LOW")
    answer: Any = client_of(busy.chen).get("/")
    assert [row.customer.name for row in answer.context["rows"]] == ["张伟"]
    assert answer.context["figures"].changed_count == 1


def test_a_leader_sees_totals_by_outlet_that_lead_to_the_list(busy: Bank, client_of: ClientOf) -> None:
    run = published_run(busy.wu)
    standing(busy.zhang_wei, run, score=40.0, change=-9.0, tier="LOW")
    standing(busy.western, run, score=40.0, change=5.0)
    caller = client_of(busy.zheng)
    answer: Any = caller.get("/")
    totals = {name: (url, counts) for name, url, counts in answer.context["totals"]}
    assert sorted(totals) == ["东湖网点", "城西支行"]
    url, counts = totals["东湖网点"]
    assert counts == [1, 1, 0, 0, 0, 1]
    assert [row.customer.name for row in caller.get(url).context["rows"]] == ["张伟"]


@pytest.mark.requirement("L-41")
def test_the_head_of_one_outlet_sees_whose_customers_wait(busy: Bank, client_of: ClientOf) -> None:
    run = published_run(busy.wu)
    standing(busy.zhang_wei, run, score=40.0, change=-9.0, tier="LOW")
    standing(Customer.objects.get(customer_no="6504"), run, score=40.0, change=-9.0, tier="LOW")
    standing(filed("6505", outlet=busy.donghu, name="无人客户"), run, score=50.0, change=6.0)
    RoleAssignment.objects.filter(staff=busy.lin).update(valid_to=timezone.localdate() - timedelta(days=1))
    caller = client_of(busy.liu)
    answer: Any = caller.get("/")
    assert answer.context["totals_title"] == "Changed customers by account manager"
    totals = {name: (url, counts) for name, url, counts in answer.context["totals"]}
    assert {name: counts[:3] for name, (_url, counts) in totals.items()} == {
        busy.chen.name: [1, 1, 0],
        busy.lin.name: [1, 1, 0],
        "No account manager": [1, 0, 1],
    }
    assert answer.context["total_sums"] == [3, 2, 1, 0, 0, 3]
    listed = {
        name: [row.customer.name for row in caller.get(url).context["rows"]]
        for name, (url, _) in totals.items()
    }
    assert listed == {
        busy.chen.name: ["张伟"],
        busy.lin.name: ["同事客户"],  # who may keep customers no longer still has them
        "No account manager": ["无人客户"],
    }


@pytest.mark.parametrize("who", ["sun", "zheng"])
def test_whoever_leads_several_outlets_sees_them_though_one_alone_has_changes(
    busy: Bank, client_of: ClientOf, who: str
) -> None:
    standing(busy.zhang_wei, published_run(busy.wu), score=40.0, change=-9.0, tier="LOW")
    answer: Any = client_of(getattr(busy, who)).get("/")
    assert answer.context["totals_title"] == "Changed customers by outlet"
    assert [name for name, _url, _counts in answer.context["totals"]] == ["东湖网点"]


@pytest.mark.parametrize("role", sorted(ROLES))
def test_every_role_has_a_first_page_without_names_beyond_its_scope(
    busy: Bank, client_of: ClientOf, role: str
) -> None:
    published_run(busy.wu)
    one = person("Z001", role, at=busy.west)
    answer = client_of(one).get("/")
    assert answer.status_code == 200
    page = answer.content.decode()
    if role not in {"CRM_MANAGER", "CRM_ANALYST", "COMPLIANCE", "INTERNAL_AUDIT", "RETAIL"}:
        assert "到期客户" not in page
        assert "流出客户" not in page


def test_the_palette_offers_customers_in_scope(busy: Bank, client_of: ClientOf) -> None:
    options = client_of(busy.chen).get("/search/", {"q": "dqkh"}, headers=HTMX).content.decode()
    assert 'role="option"' in options
    assert "到期客户" in options
    assert "到期客户" not in client_of(busy.lin).get("/search/", {"q": "dqkh"}, headers=HTMX).content.decode()
    assert (
        "到期客户"
        not in client_of(busy.outsider).get("/search/", {"q": "dqkh"}, headers=HTMX).content.decode()
    )


def test_the_palette_without_scripts_is_the_list(busy: Bank, client_of: ClientOf) -> None:
    answer = client_of(busy.chen).get("/search/", {"q": "到期"})
    assert (answer.status_code, answer["Location"]) == (302, "/customers/?q=%E5%88%B0%E6%9C%9F")


@pytest.mark.parametrize("text", ["", "'; --", "<b>", "x" * 10_000, "😀", "\x00"])
def test_the_palette_stands_any_text(busy: Bank, client_of: ClientOf, text: str) -> None:
    answer = client_of(busy.chen).get("/search/", {"q": text}, headers=HTMX)
    assert answer.status_code == 200
    assert 'role="option"' not in answer.content.decode()


@pytest.mark.parametrize("rows", [1, 3])
def test_the_first_page_asks_the_same_number_of_questions(
    bank: Bank, client_of: ClientOf, django_assert_num_queries: Any, rows: int
) -> None:
    run = published_run(bank.wu)
    for number in range(rows):
        made = filed(f"66{number}", outlet=bank.donghu, manager=bank.chen, name="同")
        holding(made, 10 * WAN, before_cents=90 * WAN, matures_on=business_day(), matures_cents=5)
        standing(made, run, score=50.0, change=-6.0)
        returned_override(made, run, by=bank.liang, to=bank.chen)
        absent = person(f"A10{number}", "ACCOUNT_MANAGER", at=bank.donghu)
        returned_stand_in(absent, bank.lin, by=bank.liang, to=bank.chen)
    caller = client_of(bank.chen)
    with django_assert_num_queries(39):
        answer: Any = caller.get("/")
    assert len(answer.context["returned"]) == 2 * rows


def test_what_fell_due_since_the_load_comes_last_and_says_so(
    bank: Bank, client_of: ClientOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    today = timezone.localdate()
    monkeypatch.setattr("zhike.desk.views.home.business_day", lambda: today - timedelta(days=20))
    for number, (name, days) in enumerate({"早过": -8, "刚过": -2, "今天": 0, "将到": 7, "以后": 8}.items()):
        made = filed(f"67{number}", outlet=bank.donghu, manager=bank.chen, name=name)
        holding(made, WAN, matures_on=today + timedelta(days=days), matures_cents=WAN)
    answer: Any = client_of(bank.chen).get("/")
    assert [row.customer.name for row in answer.context["maturing"]] == ["今天", "将到", "刚过"]
    assert [row.is_past for row in answer.context["maturing"]] == [False, False, True]
    assert answer.content.decode().count("Fell due") == 1


@pytest.mark.parametrize("role", ["TELLER", "LOBBY_MANAGER", "CALL_CENTRE"])
def test_a_post_without_customers_opens_on_what_is_asked_of_it(
    bank: Bank, client_of: ClientOf, role: str
) -> None:
    someone, today = person("T001", role, at=bank.donghu), timezone.localdate()
    order = {"due_on": today, "by": bank.zheng, "now": timezone.now()}
    for title, days in (("协助沙龙签到", 1), ("补充回执", -1), ("引导长者", 0)):
        made = ask_task(title=title, unit_id=bank.donghu.pk, **order)
        Task.objects.filter(pk=made.pk).update(due_on=today + timedelta(days=days))
    ask_task(title="别家的事", unit_id=bank.west.pk, **order)
    answer: Any = client_of(someone).get("/")
    page = answer.content.decode()
    assert [task.title for task in answer.context["asked"]] == ["补充回执", "引导长者", "协助沙龙签到"]
    assert [text in page for text in ("Overdue", "due today", "别家的事")] == [True, True, False]
    assert str(ROLES[role].about) in page
    assert "Your post opens no customer files here" in page
    assert "Search customers" not in page
    assert 'href="/staff/rights/"' in page
