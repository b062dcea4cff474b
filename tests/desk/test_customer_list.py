"""The list: filters, orders, pages, and what stays out of scope whatever is asked."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client
from tests.cast import Bank
from tests.factories.files import filed
from tests.factories.holdings import contact, holding, published_run, standing

from zhike.core.access.acting import acting_as
from zhike.customers.models import Customer
from zhike.desk.queries.business_day import business_day
from zhike.desk.queries.customer_list import ListedCustomers, bands, customers_matching
from zhike.desk.queries.position import position
from zhike.facts.models import Holding
from zhike.loyalty.models import Standing
from zhike.staff.models import Staff

ClientOf = Callable[[Staff], Client]
WAN = 1_000_000


@pytest.fixture
def files(bank: Bank) -> Bank:
    """Five customers of one outlet that differ in everything the list filters by."""
    run, today = published_run(bank.wu), business_day()
    rows = {
        "甲": filed("6201", outlet=bank.donghu, manager=bank.chen, name="甲", customer_group="PRIVATE"),
        "乙": filed("6202", outlet=bank.donghu, manager=bank.chen, name="乙", opened_on=date(2024, 5, 1)),
        "丙": filed("6203", outlet=bank.donghu, manager=bank.lin, name="丙", business_type="MICRO"),
        "丁": filed("6204", outlet=bank.donghu, name="丁"),
        "戊": filed(
            "6205", outlet=bank.donghu, manager=bank.chen, name="戊", closed_on=today - timedelta(days=1)
        ),
    }
    holding(rows["甲"], 700 * WAN, before_cents=650 * WAN)
    holding(rows["乙"], 50 * WAN)
    holding(rows["丙"], 50 * WAN - 1, before_cents=100 * WAN)
    standing(rows["甲"], run, score=82.0, change=4.0, tier="HIGH", tier_before="MEDIUM")
    standing(rows["乙"], run, score=44.0, change=-6.0, tier="LOW", tier_before="MEDIUM")
    standing(rows["丙"], run, score=None, tier="UNRATED", tier_before="")
    contact(rows["甲"], today - timedelta(days=10))
    contact(rows["乙"], today - timedelta(days=100))
    return bank


def names(staff: Staff, sort: str = "name", **filters: Any) -> list[str]:
    with acting_as(staff.pk):
        rows = customers_matching(filters, staff=staff, day=business_day())
        return [row.name for row in ListedCustomers(rows, sort)[0:50]]


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        ({}, "甲乙丙丁"), ({"standing": "LEFT"}, "戊"), ({"standing": "ANY"}, "甲乙丙丁戊"), ({"q": "6202"}, "乙"),
        ({"customer_group": "PRIVATE"}, "甲"), ({"business_type": "MICRO"}, "丙"), ({"tier": "HIGH"}, "甲"),
        ({"manager": "0"}, "丁"), ({"change": "CHANGED"}, "甲乙"), ({"change": "TIER_FELL"}, "乙"),
        ({"change": "FELL"}, "乙"), ({"change": "ROSE"}, "甲"), ({"silence": "30"}, "乙丙丁"),
        ({"silence": "180"}, "丙丁"), ({"band": "5"}, "甲"), ({"band": "3"}, "乙"), ({"band": "2"}, "丙"),
        ({"opened_from": date(2024, 1, 1)}, "乙"), ({"opened_to": date(2023, 1, 1)}, "甲丙丁"),
    ],
)  # fmt: skip
def test_each_filter_finds_its_customers(files: Bank, filters: dict[str, Any], found: str) -> None:
    seen = set(names(files.liu, **filters)) - {"张伟", "李娜"}
    assert seen == set(found)


@pytest.mark.parametrize(
    ("sort", "order"),
    [
        ("-aum", "甲乙丙丁"), ("aum", "丙乙甲丁"), ("-score", "甲乙丙丁"), ("score", "乙甲丙丁"),
        ("change", "乙甲丙丁"), ("-opened", "乙甲丙丁"), ("name", "丙丁甲乙"), ("-name", "乙甲丁丙"),
    ],
)  # fmt: skip
def test_each_order_is_right_and_missing_values_come_last(files: Bank, sort: str, order: str) -> None:
    found = [name for name in names(files.liu, sort) if name in order]
    if sort.endswith(("score", "change")):
        assert found[:2] == list(order[:2])
        assert set(found[2:]) == set(order[2:])
    else:
        assert found == list(order)


def test_a_page_runs_from_rows_with_a_value_into_rows_without(files: Bank) -> None:
    with acting_as(files.liu.pk):
        rows = customers_matching({}, staff=files.liu, day=business_day())
        listed = ListedCustomers(rows, "-aum")
        whole = [row.pk for row in listed[0:50]]
        assert len(listed) == len(whole) == 6
        pieces = [row.pk for start in range(0, 6, 2) for row in listed[start : start + 2]]
        assert pieces == whole
        assert listed[5].pk == whole[5]


def test_a_band_is_of_the_daily_average_not_of_the_last_day(files: Bank) -> None:
    Holding.objects.filter(customer__name="丙").update(aum_cents=1, average_cents=200 * WAN)
    assert names(files.liu, band="4") == ["丙"]
    assert "丙" not in names(files.liu, band="0")
    with acting_as(files.liu.pk):
        listed = ListedCustomers(customers_matching({}, staff=files.liu, day=business_day()), "-aum")
        assert [row.name for row in listed[0:3]] == ["甲", "丙", "乙"]
        assert listed.average_cents() == (700 + 200 + 50) * WAN


def test_bands_are_left_closed(bank: Bank) -> None:
    limits = [(band.floor, band.ceiling) for band in bands(date(2026, 9, 30))]
    assert limits[0] == (None, 5 * WAN)
    assert limits[3] == (50 * WAN, 200 * WAN)
    assert limits[-1] == (1000 * WAN, None)


@pytest.mark.requirement("L-32")
@pytest.mark.parametrize(
    ("who", "count"),
    [("chen", 3), ("lin", 2), ("zhou", 5), ("liu", 6), ("sun", 6), ("zheng", 7), ("shen", 7), ("outsider", 0),
     ("liang", 0)],
)  # fmt: skip
def test_a_list_shows_the_scope_and_nothing_else(files: Bank, who: str, count: int) -> None:
    assert len(names(getattr(files, who))) == count


@pytest.mark.goal("G23")
@pytest.mark.parametrize("model", [Customer, Holding, Standing])
def test_without_the_filter_row_level_security_still_holds(files: Bank, model: Any) -> None:
    holding(files.western, 1)
    standing(files.western, Standing.objects.first().run, score=1.0)
    with acting_as(files.chen.pk):
        seen = set(model.objects.values_list("outlet_id", flat=True))
    assert seen == {files.donghu.pk}
    with acting_as(files.outsider.pk):
        assert not model.objects.exists()


@pytest.mark.parametrize(
    "query",
    [
        "sort=password", "sort=-manager__password", "sort=aum;drop", "sort=?", "tier=NONE", "outlet=x", "outlet=99999",
        "manager=-1", "band=99", "band=x", "silence=1e9", "opened_from=29.2.2025", "page=0", "page=-1", "page=x",
        "page=99999999999999999999", "size=1000000", "q=%00", "q=%27%3B--", "q=" + "x" * 5000, "q=%F0%9F%98%80",
        "change=X", "standing=X", "unknown=1",
    ],
)  # fmt: skip
def test_what_is_not_on_offer_never_reaches_the_database(
    files: Bank, client_of: ClientOf, query: str
) -> None:
    answer = client_of(files.liu).get(f"/customers/?{query}")
    assert answer.status_code == 200
    assert answer.context["list"].size == 20


@pytest.mark.parametrize(
    ("query", "label"),
    [
        ("opened_from=2026-02-30", "Customer since, from"), ("q=" + "x" * 61, "Customer"), ("outlet=99999", "Outlet"),
        ("manager=999", "Account manager"), ("tier=NOPE", "Loyalty"), ("silence=1", "Last contact"),
        ("band=99", "AUM, daily average of the month"),
    ],
)  # fmt: skip
def test_a_filter_nobody_understands_is_said_and_not_in_force(
    files: Bank, client_of: ClientOf, query: str, label: str
) -> None:
    answer = client_of(files.liu).get(f"/customers/?{query}")
    page = answer.content.decode()
    said = page.partition("Not understood, and left out:")[2].partition("</div>")[0]
    assert f"{label}: {query.partition('=')[2][:39]}" in said
    assert "zk-chip removable" not in page
    assert "zk-error" in page


def test_bad_input_is_shown_as_text(files: Bank, client_of: ClientOf) -> None:
    page = client_of(files.liu).get("/customers/", {"q": "<script>alert(1)</script>"}).content.decode()
    assert "<script>alert" not in page
    assert "No customer matches" in page


def test_the_list_has_chips_that_take_one_filter_off(files: Bank, client_of: ClientOf) -> None:
    page = client_of(files.liu).get("/customers/?tier=HIGH&business_type=RETAIL&sort=-score").content.decode()
    assert 'href="?tier=HIGH&amp;sort=-score"' in page
    assert 'href="?business_type=RETAIL&amp;sort=-score"' in page


@pytest.mark.parametrize("who", ["outsider", "liang"])
def test_without_the_right_there_is_no_list(files: Bank, client_of: ClientOf, who: str) -> None:
    assert client_of(getattr(files, who)).get("/customers/").status_code == 403


@pytest.mark.parametrize("rows", [1, 3])
def test_a_list_asks_the_same_number_of_questions_for_one_row_and_three(
    bank: Bank, client_of: ClientOf, django_assert_num_queries: Any, rows: int
) -> None:
    run = published_run(bank.wu)
    for number in range(rows):
        made = filed(f"63{number}", outlet=bank.donghu, manager=bank.chen, name="同")
        holding(made, 100)
        standing(made, run, score=50.0)
    caller = client_of(bank.chen)
    with django_assert_num_queries(24):
        assert caller.get("/customers/?q=同").status_code == 200


@pytest.mark.goal("G25")
def test_a_list_holds_no_personal_value_masked_or_not(bank: Bank, client_of: ClientOf) -> None:
    filed(
        "6101", outlet=bank.donghu, manager=bank.chen, name="沈若岚", phone="13812346027", id_no="330106198204091232",
        birth_on=date(1982, 4, 9), address="文三路1号", email="a@b.example",
    )  # fmt: skip
    page = client_of(bank.chen).get("/customers/").content.decode()
    found = [
        text
        for text in ("13812346027", "138****6027", "330106", "1982", "文三路", "a@b.example")
        if text in page
    ]
    assert found == []


def test_a_customer_knows_the_place_in_the_list(files: Bank, client_of: ClientOf) -> None:
    with acting_as(files.liu.pk):
        listed = ListedCustomers(customers_matching({}, staff=files.liu, day=business_day()), "-aum")
        second = listed[1]
        found = position(second, among=listed, place=2)
        assert (found.place, found.total, found.before.name, found.after.name) == (2, 6, "甲", "丙")
        assert position(listed[0], among=listed, place=1).before is None
        assert position(second, among=listed, place=5) is None
        assert position(second, among=listed, place=0) is None
    page = client_of(files.liu).get(f"/customers/{second.pk}/?list=sort%3D-aum&n=2").content.decode()
    assert "2 of 6" in page
    assert "data-next" in page
    for bad in ("list=%00&n=x", "list=sort%3Dpassword&n=1", "n=99999999999", "list=" + "a" * 5000 + "&n=1"):
        assert client_of(files.liu).get(f"/customers/{second.pk}/?{bad}").status_code == 200
