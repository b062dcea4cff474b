"""Two roles in one person, held or stood in for: each right reaches as far as its own role, on every page."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from io import BytesIO
from typing import Any

import pytest
import python_calamine
from django.test import Client
from django.utils import timezone
from tests.cast import Bank
from tests.factories.holdings import holding, published_run, standing
from tests.factories.people import person

from zhike.core.access.permissions import ROLES, Permission
from zhike.core.models import AuditEvent, Parameter
from zhike.customers.models import Customer
from zhike.staff.models import ActingFor, RoleAssignment, Staff

ClientOf = Callable[[Staff], Client]

pytestmark = pytest.mark.requirement("L-32")


@pytest.fixture
def analyst(bank: Bank) -> Staff:
    """吴越 sees the whole bank as an analyst, and leads the outlet besides."""
    run = published_run(bank.wu)
    for one in (bank.zhang_wei, bank.western):
        holding(one, 123_456_789)
        standing(one, run, score=61.2)
    RoleAssignment.objects.create(
        staff=bank.wu, role="OUTLET_HEAD", unit=bank.donghu, valid_from=date(2020, 1, 1)
    )
    return bank.wu


def page_of(caller: Client, address: str) -> str:
    answer = caller.get(address)
    assert answer.status_code == 200
    return answer.content.decode()


def test_a_stand_in_reveals_and_is_offered_what_the_absent_keeps_only(
    bank: Bank, client_of: ClientOf
) -> None:
    today = timezone.localdate()
    ActingFor.objects.create(
        absent=bank.chen, substitute=bank.wu, from_on=today, until_on=today + timedelta(days=3), reason="休假"
    )
    for one in (bank.zhang_wei, bank.li_na):
        Customer.objects.filter(pk=one.pk).update(birth_on=date(1982, 4, 9))
    caller = client_of(bank.wu)
    for one, status in ((bank.zhang_wei, 200), (bank.li_na, 404)):
        address = f"/customers/{one.pk}/reveal/birth_on/"
        assert (address in page_of(caller, f"/customers/{one.pk}/")) == (status == 200)
        masked = caller.get(f"/customers/{one.pk}/masked/birth_on/", headers={"HX-Request": "true"})
        assert (address in masked.content.decode()) == (status == 200)
        assert caller.post(address, {"purpose": "CALL"}).status_code == status
    assert AuditEvent.objects.filter(action="customer.revealed").count() == 1


def test_the_buttons_of_a_file_are_those_of_the_role_that_reaches_it(
    bank: Bank, analyst: Staff, client_of: ClientOf
) -> None:
    caller = client_of(analyst)
    for one, is_own in ((bank.zhang_wei, True), (bank.western, False)):
        hand_over, override = f"/portfolios/hand-over/?c={one.pk}:0", f"/loyalty/customers/{one.pk}/override/"
        assert (hand_over in page_of(caller, f"/customers/{one.pk}/")) == is_own
        assert caller.get(hand_over).status_code == (200 if is_own else 404)
        assert caller.get(f"/customers/{one.pk}/loyalty/").context["may_override"] == is_own
        assert caller.get(override).status_code == (200 if is_own else 404)


def test_a_tab_is_open_where_its_own_right_reaches(
    bank: Bank, analyst: Staff, client_of: ClientOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    seeing = ROLES["CRM_ANALYST"]
    lacking = seeing.permissions - {Permission.HOLDING_READ, Permission.RESULT_READ}
    monkeypatch.setitem(ROLES, "CRM_ANALYST", replace(seeing, permissions=lacking))
    caller = client_of(analyst)
    for one, is_own in ((bank.zhang_wei, True), (bank.western, False)):
        page = page_of(caller, f"/customers/{one.pk}/").partition("<main")[2]
        for tab, shown in (
            ("holdings", "AUM, daily average"),
            ("loyalty", "Make-up of the loyalty index"),
        ):
            assert (f"/customers/{one.pk}/{tab}/" in page, shown in page) == (is_own, is_own)
            assert caller.get(f"/customers/{one.pk}/{tab}/").status_code == (200 if is_own else 404)


def test_who_leads_one_outlet_and_sees_all_hands_over_the_outlet_only(
    bank: Bank, analyst: Staff, client_of: ClientOf
) -> None:
    caller = client_of(analyst)
    page = page_of(caller, "/customers/")
    ticked = {one.pk: f'name="c" value="{one.pk}:' in page for one in Customer.objects.all()}
    assert ticked == {bank.zhang_wei.pk: True, bank.li_na.pk: True, bank.western.pk: False}
    assert caller.get("/customers/").context["moving_count"] == 2
    form = caller.get("/portfolios/hand-over/", {"list": ""})
    assert sorted(row.name for row, _version in form.context["customers"]) == ["张伟", "李娜"]
    order = {"c": f"{bank.western.pk}:0", "manager": bank.lin.pk, "reason": "x", "note": "x"}
    assert caller.post("/portfolios/hand-over/", order).status_code == 404


def test_who_exports_for_a_branch_and_sees_all_takes_the_branch_only(bank: Bank, client_of: ClientOf) -> None:
    both = person("B009", "BRANCH_HEAD", "CRM_ANALYST", at=bank.east)
    Parameter.objects.filter(code="export.approval_rows").update(value=2)
    caller = client_of(both)
    page = page_of(caller, "/customers/?sort=name")
    assert "3 customers" in page
    assert "Your right to export reaches 2 of these customers" in page
    answer: Any = caller.post("/customers/export/?sort=name", {"reason": "回访"})
    rows = python_calamine.load_workbook(BytesIO(answer.content)).get_sheet_by_index(0).to_python()
    assert {row[0] for row in rows[3:]} == {"6001", "6002", "Total"}


@pytest.mark.parametrize(
    ("lacking", "gone", "kept", "filters"),
    [
        (Permission.HOLDING_READ, {"aum", "month"}, {"score", "change"}, {"band": "5"}),
        (Permission.RESULT_READ, {"score", "change"}, {"aum", "month"}, {"tier": "HIGH", "change": "FELL"}),
    ],
)
def test_a_list_neither_shows_nor_sorts_nor_filters_by_a_figure_one_may_not_see(
    bank: Bank, client_of: ClientOf, monkeypatch: pytest.MonkeyPatch, lacking: Permission, gone: set[str],
    kept: set[str], filters: dict[str, str],
) -> None:  # fmt: skip
    run = published_run(bank.wu)
    for one, wan in ((bank.zhang_wei, 900), (bank.li_na, 3)):
        holding(one, wan * 1_000_000, before_cents=1_000_000)
        standing(one, run, score=float(wan) / 10, change=-1.0, tier="HIGH" if wan > 10 else "LOW")
    role = ROLES["BRANCH_HEAD"]
    monkeypatch.setitem(ROLES, "BRANCH_HEAD", replace(role, permissions=role.permissions - {lacking}))
    caller = client_of(bank.sun)
    plain = caller.get("/customers/?sort=name")
    keys = {column.key for column in plain.context["list"].columns}
    assert (gone & keys, kept & keys) == (set(), kept)
    by_name = [row.customer.pk for row in plain.context["rows"]]
    for key in gone:
        for sort in (key, f"-{key}"):
            answer = caller.get(f"/customers/?sort={sort}")
            assert answer.context["list"].sort != sort
    if lacking is Permission.HOLDING_READ:
        assert [row.customer.pk for row in caller.get("/customers/?sort=-aum").context["rows"]] == by_name
        assert "Total of all rows" not in plain.content.decode()
    for name, wanted in filters.items():
        answer = caller.get("/customers/", {name: wanted})
        assert len(answer.context["rows"]) == len(by_name)
        assert "Not understood, and left out" in answer.content.decode()
    content: Any = caller.post("/customers/export/?sort=name", {"reason": "回访"}).content
    heads = python_calamine.load_workbook(BytesIO(content)).get_sheet_by_index(0).to_python()[2]
    assert ("AUM at month end (CNY)" in heads, "Loyalty index" in heads) == ("aum" in kept, "score" in kept)
