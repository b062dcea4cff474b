"""The 360° page: what it shows, to whom, and what it never lets out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date

import pytest
from django.test import Client
from django.utils import timezone
from tests.cast import Bank
from tests.factories.files import filed
from tests.factories.holdings import account, contact, holding, published_run, standing

from zhike.core.access.permissions import ROLES, Permission
from zhike.core.models import AuditEvent
from zhike.customers.models import Customer
from zhike.staff.models import Staff

ClientOf = Callable[[Staff], Client]
TABS = ("", "holdings/", "transactions/", "events/", "loyalty/", "portfolio/")
PHONE, ID_NO, ADDRESS, EMAIL = (
    "13812346027",
    "330106198204091232",
    "浙江省杭州市西湖区文三路1号",
    "ruolan@example.com",
)
ACCOUNT_NO = "6222021234566027"
CANARIES = (PHONE, ID_NO, ADDRESS, EMAIL, ACCOUNT_NO, "1982-04-09", "文三路")


@pytest.fixture
def shen_ruolan(bank: Bank) -> Customer:
    made = filed(
        "6101", outlet=bank.donghu, manager=bank.chen, name="沈若岚", phone=PHONE, id_no=ID_NO, address=ADDRESS,
        email=EMAIL, id_type="RESIDENT_ID", birth_on=date(1982, 4, 9), customer_group="WEALTH", sex="F",
        occupation="医师",
    )  # fmt: skip
    holding(
        made,
        286_400_000,
        before_cents=280_000_000,
        matures_on=timezone.localdate(),
        matures_cents=120_000_000,
    )
    account(made, ACCOUNT_NO, cents=120_000_000, matures_on=date(2027, 1, 1))
    contact(made, date(2026, 9, 1))
    standing(made, published_run(bank.wu), score=82.4, change=3.6, tier="HIGH")
    made.relations.create(other=bank.zhang_wei, outlet_id=bank.donghu.pk, kind="SPOUSE")
    made.relations.create(other=bank.western, outlet_id=bank.donghu.pk, kind="CONTROLLER")
    return made


@pytest.mark.requirement("T-25", "S-72", "S-73")
def test_the_page_shows_who_the_customer_is_and_what_he_holds(
    bank: Bank, shen_ruolan: Customer, client_of: ClientOf
) -> None:
    page = client_of(bank.chen).get(f"/customers/{shen_ruolan.pk}/").content.decode()
    for words in (
        "沈若岚",
        "Wealth",
        "Female",
        "医师",
        "138****6027",
        "330**************2",
        "浙江省杭州市西湖区***",
        "****6027",
        "大额存单",
    ):
        assert words in page
    assert "82.4" in page
    assert "张伟" in page
    assert "西城客户" not in page
    assert "A customer outside your reach" in page


@pytest.mark.goal("G25")
@pytest.mark.parametrize("tab", TABS)
def test_no_page_lets_a_personal_value_out(
    bank: Bank, shen_ruolan: Customer, client_of: ClientOf, tab: str
) -> None:
    answer = client_of(bank.chen).get(f"/customers/{shen_ruolan.pk}/{tab}")
    assert answer.status_code == 200
    page = answer.content.decode()
    assert [canary for canary in CANARIES if canary in page] == []
    assert answer["Cache-Control"] == "no-store"


@pytest.mark.parametrize("tab", TABS)
def test_a_customer_of_whom_nothing_is_known_has_a_page_too(
    bank: Bank, client_of: ClientOf, tab: str
) -> None:
    assert client_of(bank.chen).get(f"/customers/{bank.zhang_wei.pk}/{tab}").status_code == 200


@pytest.mark.requirement("L-32")
@pytest.mark.parametrize(
    ("who", "status"),
    [
        ("chen", 200), ("lin", 404), ("zhou", 200), ("liu", 200), ("sun", 200), ("zheng", 200), ("shen", 302),
        ("liang", 403), ("outsider", 403),
    ],
)  # fmt: skip
def test_out_of_scope_is_not_found_and_without_the_right_forbidden(
    bank: Bank, shen_ruolan: Customer, client_of: ClientOf, who: str, status: int
) -> None:
    caller = client_of(getattr(bank, who))
    for tab in TABS:
        assert caller.get(f"/customers/{shen_ruolan.pk}/{tab}").status_code == status
    outcome = AuditEvent.objects.filter(outcome="REFUSED").count()
    assert outcome == (0 if status < 400 else len(TABS))


@pytest.mark.requirement("L-36")
def test_a_value_shows_after_a_purpose_and_hides_itself_again(
    bank: Bank, shen_ruolan: Customer, client_of: ClientOf
) -> None:
    caller, url = client_of(bank.chen), f"/customers/{shen_ruolan.pk}/reveal/phone/"
    htmx = {"HX-Request": "true"}
    asked = caller.get(url, headers=htmx).content.decode()
    assert PHONE not in asked
    assert "To call the customer" in asked
    refused = caller.post(url, {"purpose": "because"}, headers=htmx)
    assert refused.status_code == 422
    assert PHONE not in refused.content.decode()
    shown = caller.post(url, {"purpose": "CALL"}, headers=htmx).content.decode()
    assert PHONE in shown
    assert "load delay:300s" in shown
    assert f"/customers/{shen_ruolan.pk}/masked/phone/" in shown
    event = AuditEvent.objects.get(action="customer.revealed")
    assert (event.actor_id, event.reason, event.detail) == (bank.chen.pk, "CALL", {"fields": ["phone"]})
    assert (
        PHONE not in caller.get(f"/customers/{shen_ruolan.pk}/masked/phone/", headers=htmx).content.decode()
    )


@pytest.mark.parametrize("who", ["lin", "liang", "outsider", "wu"])
def test_who_may_not_reveal_gets_nothing(
    bank: Bank, shen_ruolan: Customer, client_of: ClientOf, who: str
) -> None:
    for field in ("phone", "id_no", "birth_on"):
        answer = client_of(getattr(bank, who)).post(
            f"/customers/{shen_ruolan.pk}/reveal/{field}/", {"purpose": "CALL"}
        )
        assert answer.status_code in (403, 404)
    assert not AuditEvent.objects.filter(action="customer.revealed").exists()


def test_only_listed_fields_can_be_revealed(bank: Bank, shen_ruolan: Customer, client_of: ClientOf) -> None:
    for field in ("name", "id_no_index", "personal_digest", "pk"):
        url = f"/customers/{shen_ruolan.pk}/reveal/{field}/"
        assert client_of(bank.chen).post(url, {"purpose": "CALL"}).status_code == 404


@pytest.mark.parametrize("rows", [1, 3])
def test_the_page_asks_the_database_the_same_number_of_questions(
    bank: Bank, shen_ruolan: Customer, client_of: ClientOf, django_assert_num_queries: object, rows: int
) -> None:
    for number in range(rows - 1):
        account(shen_ruolan, f"62220212345660{number}", cents=1)
        contact(shen_ruolan, date(2026, 8, 1 + number))
        other = filed(f"619{number}", outlet=bank.donghu, manager=bank.chen, name="甲")
        shen_ruolan.relations.create(other=other, outlet_id=bank.donghu.pk, kind="CHILD")
    caller = client_of(bank.chen)
    with django_assert_num_queries(34):  # one of them the record of the opening
        assert caller.get(f"/customers/{shen_ruolan.pk}/").status_code == 200


@pytest.mark.requirement("L-32")
@pytest.mark.parametrize(
    ("lacking", "shown", "hidden"),
    [
        (set(), ["Holdings", "¥", "Make-up of the loyalty index"], []),
        ({Permission.HOLDING_READ}, ["Make-up of the loyalty index"], ["Holdings", "Transactions", "Balances over"]),
        ({Permission.RESULT_READ}, ["Holdings", "Balances over"], ["Make-up of the loyalty index", "Loyalty index"]),
    ],
)  # fmt: skip
def test_holdings_and_loyalty_show_by_their_own_rights(
    bank: Bank, client_of: ClientOf, monkeypatch: pytest.MonkeyPatch, lacking: set[Permission],
    shown: list[str], hidden: list[str],
) -> None:  # fmt: skip
    holding(bank.zhang_wei, 123_456_789)
    standing(bank.zhang_wei, published_run(bank.wu), score=61.2)
    role = ROLES["ACCOUNT_MANAGER"]
    monkeypatch.setitem(ROLES, "ACCOUNT_MANAGER", replace(role, permissions=role.permissions - lacking))
    answer = client_of(bank.chen).get(f"/customers/{bank.zhang_wei.pk}/")
    page = answer.content.decode().partition("<main")[2]
    assert answer.status_code == 200
    assert [text for text in shown if text not in page.replace("CNY", "¥")] == []
    assert [text for text in hidden if text in page] == []
