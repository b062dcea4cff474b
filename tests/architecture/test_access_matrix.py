"""Every address × every role × nobody: what is answered follows from the permission table (G21, L-32).

What opens an address is read from routes.toml, not from the view under test.

A right that is lacking is 403, whatever the row; with the right an absent row is 404 and nothing is a fault.
A customer out of scope leaves no trace in any answer.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import Resolver404, path, resolve
from tests.architecture.routes import Route, rights_by_hand, routes
from tests.cast import Bank
from tests.factories.files import filed
from tests.factories.people import person

from zhike.core.access.guard import requires
from zhike.core.access.permissions import ROLES, Permission, Scope
from zhike.core.models import AuditEvent
from zhike.customers.models import Customer
from zhike.staff.models import Staff

pytestmark = [pytest.mark.django_db, pytest.mark.goal("G21"), pytest.mark.requirement("L-32")]
ClientOf = Callable[[Staff], Client]

WITH_RIGHT = {200, 302, 400, 404, 405, 409, 422}
"""What somebody with the right may be answered where nothing particular is asked for."""
CANARY = ("金丝雀稀客", "CANARY-7741", "13977415520", "5520-7741")
QUERY = "?q=金丝&search=金丝"
EVERYWHERE = {Scope.ALL, Scope.INDIVIDUALS}
OPENS = rights_by_hand()
LINK = re.compile(r'<a [^>]*href="(/[^"?#]*)')


def pages() -> list[Route]:
    """Addresses that people open; programs' are tried with tokens, in tests/rest."""
    return [route for route in routes() if not route.is_api]


@pytest.fixture
def canary(bank: Bank) -> Customer:
    """A customer of the eastern sub-branch whose every value would be noticed."""
    return filed(
        CANARY[1], outlet=bank.donghu, manager=bank.chen, name=CANARY[0], phone=CANARY[2], address=CANARY[3],
        birth_on=date(1977, 4, 1),
    )  # fmt: skip


def is_open(route: Route, rights: frozenset[str]) -> bool:
    return not OPENS[route.name] or not rights.isdisjoint(OPENS[route.name])


def faults(
    found: list[Route], client: Client, customer: Customer, rights: frozenset[Permission], *, sees: bool
) -> Iterator[str]:
    """Where an answer differs from what the table says, or tells of a customer who must not be seen.

    What is closed is tried with a form sent as well; sending what is open would change something.
    """
    client.raise_request_exception = False
    for route in found:
        address = route.path(customer.pk) + QUERY
        answer = client.get(address)
        if answer.status_code not in (WITH_RIGHT if is_open(route, rights) else {403}):
            yield f"{route.name}: {answer.status_code}"
        if not is_open(route, rights) and (sent := client.post(address)).status_code != 403:
            yield f"POST {route.name}: {sent.status_code}"
        if not sees and leaves_trace(answer):
            yield f"{route.name}: trace"
        yield from (f"{route.name}: link to {name}" for name in closed_links(answer, rights))


def closed_links(answer: Any, rights: frozenset[Permission]) -> set[str]:
    """The addresses that a page links to and that would answer 403."""
    if answer.status_code != 200 or answer.streaming:
        return set()
    found = set()
    for link in LINK.findall(answer.content.decode(errors="replace")):
        with suppress(Resolver404):
            name = resolve(link).view_name
            if OPENS.get(name) and rights.isdisjoint(OPENS[name]):
                found.add(name)
    return found


def leaves_trace(answer: Any) -> bool:
    body = b"".join(answer) if answer.streaming else answer.content
    return any(word in body.decode(errors="replace") for word in CANARY)


def test_whose_customer_it_is_reads_of_them(bank: Bank, canary: Customer, client_of: ClientOf) -> None:
    client = client_of(bank.chen)
    seen = {route.name for route in pages() if leaves_trace(client.get(route.path(canary.pk) + QUERY))}
    assert {"desk:customer", "desk:customers"} <= seen
    assert leaves_trace(client.get("/search/" + QUERY, headers={"HX-Request": "true"}))


def differing(found: list[Route], opens: dict[str, tuple[str, ...]]) -> dict[str, tuple[Any, Any]]:
    """Address → the rights it asks for and the rights written down, where they are not the same."""
    asked = {route.name: route.permissions for route in found}
    return {
        name: (asked.get(name), opens.get(name))
        for name in asked.keys() | opens.keys()
        if name not in asked
        or name not in opens
        or set(asked[name] or ("bare",)) != set(opens[name] or ("bare",))
    }


def test_every_address_asks_for_the_right_that_is_written_down() -> None:
    assert differing(routes(), OPENS) == {}
    assert {right for rights in OPENS.values() for right in rights} <= set(Permission)


def test_an_address_that_asks_for_another_right_is_found() -> None:
    loosened = [
        replace(route, view=_unfiltered) if route.name == "loyalty:run_publish" else route
        for route in routes()
    ]
    assert differing(loosened, OPENS) == {"loyalty:run_publish": (("work:open",), ("run:publish",))}
    assert differing(routes(), {**OPENS, "gone": ("work:open",)}).keys() == {"gone"}
    assert differing(routes()[1:], OPENS).keys() == {routes()[0].name}


@pytest.mark.parametrize("role", ROLES)
def test_each_role_opens_what_its_rights_open_and_sees_its_own_customers_only(
    bank: Bank, canary: Customer, client_of: ClientOf, role: str
) -> None:
    client = client_of(person("M001", role, at=bank.west))
    definition = ROLES[role]
    found = faults(pages(), client, canary, definition.permissions, sees=definition.scope in EVERYWHERE)
    assert list(found) == []


def test_nothing_breaks_for_somebody_with_every_right(bank: Bank, client_of: ClientOf) -> None:
    client = client_of(person("M002", *ROLES, at=bank.head_office))
    client.raise_request_exception = False
    odd = {
        f"{method} {route.name}: {answer.status_code}"
        for route in pages()
        for method in ("GET", "POST")
        for number in (None, 0)
        if (answer := client.generic(method, route.path(number))).status_code not in WITH_RIGHT
    }
    assert odd == set()


def test_a_right_that_is_lacking_refuses_every_method_and_leaves_no_trace_in_parts_of_pages(
    bank: Bank, canary: Customer, client_of: ClientOf
) -> None:
    client = client_of(bank.outsider)
    for route in pages():
        address = route.path(canary.pk) + QUERY
        assert not leaves_trace(client.get(address, headers={"HX-Request": "true"})), route.name
        if not is_open(route, bank.outsider.permissions):
            for method in ("POST", "PUT", "DELETE"):
                assert client.generic(method, address).status_code == 403, f"{method} {route.name}"


def test_nobody_is_sent_to_sign_in_whatever_the_address(bank: Bank, visitor: Client) -> None:
    for route in pages():
        for method in ("GET", "POST"):
            answer = visitor.generic(method, route.path())
            if OPENS[route.name]:
                assert answer.status_code == 302, route.name
                assert answer["Location"].startswith("/login/?next="), route.name
            else:
                assert answer.status_code in WITH_RIGHT, route.name


def test_a_session_does_not_open_the_addresses_of_programs(bank: Bank, client_of: ClientOf) -> None:
    client = client_of(bank.zheng)
    guarded = [route for route in routes() if route.is_api and OPENS[route.name]]
    assert {client.get(route.path()).status_code for route in guarded} <= {401, 405}


def test_a_refusal_is_recorded_for_a_right_and_for_a_row(bank: Bank, client_of: ClientOf) -> None:
    client_of(bank.outsider).get("/audit/")
    client_of(bank.shen).get("/audit/999999999/")
    refusals = AuditEvent.objects.filter(outcome="REFUSED").order_by("id")
    assert list(refusals.values_list("action", "object_label")) == [
        ("access.refused", "/audit/"),
        ("access.not_found", "/audit/999999999/"),
    ]


@requires(Permission.WORK_OPEN)
def _unfiltered(request: HttpRequest) -> HttpResponse:
    """Forgets its filter; row-level security keeps the customer."""
    return HttpResponse(Customer.objects.values_list("name"))


def _careless(request: HttpRequest, pk: int) -> HttpResponse:
    """Says that it asks for a right, and does not; outside a transaction of the person it sees everybody."""
    return HttpResponse(Customer.objects.values_list("name"))


_careless.permissions = (Permission.AUDIT_READ,)  # type: ignore[attr-defined]
urlpatterns = [
    path("careless/<int:pk>/", _careless, name="careless"),
    path("list/", _unfiltered, name="list"),
]


@pytest.mark.urls(__name__)
def test_a_view_that_forgets_right_and_scope_is_found(
    bank: Bank, canary: Customer, client_of: ClientOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(OPENS, "careless", ("audit:read",))
    monkeypatch.setitem(OPENS, "list", ("work:open",))
    rights = ROLES["LOBBY_MANAGER"].permissions
    found = faults(routes(__name__), client_of(bank.outsider), canary, rights, sees=False)
    assert list(found) == ["careless: 200", "POST careless: 200", "careless: trace"]
