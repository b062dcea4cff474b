"""Whose customer it is × every address of one customer: own, others', ended, stood in for, opened (G21, L-32).

The account managers of one outlet lie in the same reach of row-level security, so what keeps them apart here
is the application's own filter; the outlet elsewhere is kept apart by both.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from tests.architecture.routes import Route, routes
from tests.cast import Bank
from tests.factories.files import filed

from zhike.core.middleware import page_above
from zhike.core.models import AccessGrant
from zhike.customers.models import Customer
from zhike.customers.operations.portfolios import hand_over
from zhike.staff.models import ActingFor, RoleAssignment, Staff

pytestmark = [pytest.mark.django_db, pytest.mark.goal("G21"), pytest.mark.requirement("L-32")]
ClientOf = Callable[[Staff], Client]
CANARY = ("金丝雀稀客", "CANARY-7741", "13977415520", "5520-7741")
IN_SCOPE = ("own", "handed to me", "stood in for", "opened for me")
OUT_OF_SCOPE = (
    "a colleague's", "another outlet's", "nobody's", "handed on", "role ended", "standing in ended",
    "standing in not begun", "opened until yesterday",
)  # fmt: skip


def about_one() -> list[Route]:
    """Addresses that name a customer, whatever they ask for."""
    found = [route for route in routes() if not route.is_api and "customers/<int:pk>/" in route.pattern]
    return [*found, *(route for route in routes() if route.name == "loyalty:follow")]


def canary(bank: Bank, manager: Staff | None, **fields: Any) -> Customer:
    return filed(
        CANARY[1], outlet=fields.get("outlet", bank.donghu), manager=manager, name=CANARY[0], phone=CANARY[2],
        address=CANARY[3], birth_on=date(1977, 4, 1),
    )  # fmt: skip


def given(bank: Bank, relation: str) -> Customer:
    """A customer who stands in this relation to 陈晓, account manager."""
    today = timezone.localdate()
    day = timedelta(days=1)
    match relation:
        case "own":
            return canary(bank, bank.chen)
        case "a colleague's":
            return canary(bank, bank.lin)
        case "nobody's":
            return canary(bank, None)
        case "another outlet's":
            return canary(bank, bank.western.manager, outlet=bank.west)
        case "handed on" | "handed to me":
            before, after = (bank.chen, bank.lin) if relation == "handed on" else (bank.lin, bank.chen)
            found = canary(bank, before)
            hand_over(
                customer_id=found.pk, version=found.version, manager_id=after.pk, reason="调岗", note="无",
                by=bank.liu, now=timezone.now(),
            )  # fmt: skip
            return found
        case "role ended":
            RoleAssignment.objects.filter(staff=bank.chen).update(valid_to=today - day)
            return canary(bank, bank.chen)
        case "opened for me" | "opened until yesterday":
            found = canary(bank, bank.western.manager, outlet=bank.west)
            until = timezone.now() + (day if relation == "opened for me" else -day)
            AccessGrant.objects.create(staff=bank.chen, customer_id=found.pk, cause="case:1", until=until)
            return found
        case _:
            first = {
                "stood in for": today,
                "standing in ended": today - 9 * day,
                "standing in not begun": today + day,
            }
            begins = first[relation]
            last = begins + (day if relation == "standing in ended" else 9 * day)
            ActingFor.objects.create(
                absent=bank.lin, substitute=bank.chen, from_on=begins, until_on=last, reason="休假"
            )
            return canary(bank, bank.lin)


def told(answer: Any) -> bool:
    body = b"".join(answer) if answer.streaming else answer.content
    return any(word in body.decode(errors="replace") for word in CANARY)


@pytest.mark.parametrize("relation", IN_SCOPE)
def test_a_customer_in_scope_is_opened(bank: Bank, client_of: ClientOf, relation: str) -> None:
    customer = given(bank, relation)
    client = client_of(bank.chen)
    answers = {route.name: client.get(route.path(customer.pk)).status_code for route in about_one()}
    assert {
        answers[name] for name in ("desk:customer", "desk:customer_holdings", "desk:customer_events")
    } == {200}
    assert set(answers.values()) <= {200, 302, 404, 405}
    assert told(client.get(f"/customers/{customer.pk}/"))


@pytest.mark.parametrize("relation", OUT_OF_SCOPE)
def test_a_customer_out_of_scope_is_not_there_for_any_method(
    bank: Bank, client_of: ClientOf, relation: str
) -> None:
    customer = given(bank, relation)
    client = client_of(bank.chen)
    client.raise_request_exception = False
    refused = {403} if relation == "role ended" else {404, 405}
    for route in about_one():
        for method in ("GET", "POST"):
            answer = client.generic(method, route.path(customer.pk))
            # A right that is lacking comes first; the rest of an account manager's rights do not matter here.
            # What only a form sends to leads to the page above it, whoever asks and whoever is asked about.
            leads_above = method == "GET" and answer.headers.get("Location") == page_above(
                answer.request["PATH_INFO"]
            )
            assert leads_above or answer.status_code in refused | {403}, f"{method} {route.name}"
            assert not told(answer), f"{method} {route.name}"
    for address in ("/customers/?q=金丝", "/search/?search=金丝", "/portfolios/", "/loyalty/changes/"):
        assert not told(client.get(address)), address


def test_the_addresses_of_one_customer_are_all_tried() -> None:
    assert len(about_one()) > 8


def test_a_filter_that_forgets_the_portfolio_is_found(
    bank: Bank, client_of: ClientOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Row-level security alone shows a manager the whole outlet: the finer scope is the filter's work."""
    customer = given(bank, "a colleague's")
    monkeypatch.setattr(type(Customer.objects.all()), "visible_to", lambda rows, _staff, *_rights: rows)
    assert told(client_of(bank.chen).get(f"/customers/{customer.pk}/"))
