"""Every address asks for a right or says that it needs none; the permission table keeps duties apart."""

from __future__ import annotations

import pytest
from django.http import HttpRequest, HttpResponse
from django.urls import path
from tests.architecture.routes import Route, routes

from zhike.core.access.decisions import DECIDED_WITH
from zhike.core.access.guard import open_to_all, requires
from zhike.core.access.permissions import ROLES, Permission, Role, Scope

P = Permission
OPEN = {
    "staff:login": "who signs in is nobody yet",
    "staff:emergency": "the same with a password, for administrators while the bank's sign-in service fails",
    "staff:provider": "leads to the bank's sign-in service",
    "staff:provider_back": "takes that service's answer",
    "staff:second_factor": "the second step of signing in",
    "staff:new_password": "the last step of signing in, where a password is due",
    "staff:logout": "ends whatever session there is",
    "staff:appearance": "language and large print, also for who is not signed in",
}
"""Addresses that need no right, and why."""
OPEN_API = {
    "rest:v1:api-root": "answers every address the API does not have",
    "rest:v1:health": "tells a load balancer that the process answers",
}
SEES_CUSTOMERS = {P.CUSTOMER_READ, P.CUSTOMER_REVEAL, P.CUSTOMER_EXPORT, P.HOLDING_READ, P.RESULT_READ}
APART = [
    (P.SCHEME_DRAFT, P.SCHEME_APPROVE),
    (P.LOYALTY_PLAN_DRAFT, P.LOYALTY_PLAN_APPROVE),
    (P.OVERRIDE_PROPOSE, P.OVERRIDE_APPROVE),
    (P.STAFF_CHANGE, P.ROLE_APPROVE),
    (P.ACCOUNT_CHANGE, P.ACCOUNT_APPROVE),
    (P.PARAMETER_PROPOSE, P.PARAMETER_APPROVE),
    (P.AUDIT_READ, P.RUN_PUBLISH),
]
"""Rights that no role holds together: who proposes does not decide, who acts does not audit (C.4)."""


def unguarded(found: list[Route]) -> list[str]:
    return [route.name for route in found if route.permissions is None]


def test_every_address_is_guarded() -> None:
    assert unguarded(routes()) == []


def test_the_addresses_open_to_all_are_the_listed_ones() -> None:
    open_now = {route.name for route in routes() if route.permissions == ()}
    assert open_now == OPEN.keys() | OPEN_API.keys()


def test_what_everybody_may_do_opens_no_page_of_a_customer() -> None:
    everybody = frozenset.intersection(*(role.permissions for role in ROLES.values()))
    about_one = [route for route in routes() if "customers/<int:pk>/" in route.pattern]
    assert len(about_one) > 5
    assert [route.name for route in about_one if everybody & set(route.permissions or ())] == []


def _bare(request: HttpRequest) -> HttpResponse:
    return HttpResponse()


urlpatterns = [
    path("bare/", _bare, name="bare"),
    path("guarded/", requires(P.WORK_OPEN)(_bare), name="guarded"),
    path("open/<int:pk>/", open_to_all(_bare), name="open"),
]


def test_a_bare_view_is_found() -> None:
    found = routes(__name__)
    assert unguarded(found) == ["bare"]
    assert [route.path(7) for route in found] == ["/bare/", "/guarded/", "/open/7/"]


def test_every_right_that_an_address_asks_for_is_held_by_some_role() -> None:
    held = frozenset().union(*(role.permissions for role in ROLES.values()))
    asked = {right for route in routes() for right in route.permissions or ()}
    assert asked <= held


def test_roles_that_decide_need_the_second_factor() -> None:
    deciding = {*DECIDED_WITH.values(), P.RUN_PUBLISH}
    assert [code for code, role in ROLES.items() if role.permissions & deciding and not role.approves] == []


def test_the_three_administrators_exclude_each_other_and_see_no_customer() -> None:
    administrators = {code for code in ROLES if code.endswith("_ADMIN")}
    assert administrators == {"SYSTEM_ADMIN", "SECURITY_ADMIN", "AUDIT_ADMIN"}
    for code in administrators:
        role = ROLES[code]
        assert role.excludes == administrators - {code}
        assert role.scope is Scope.NONE
        assert not role.permissions & SEES_CUSTOMERS


def sees_without_scope(roles: dict[str, Role]) -> list[str]:
    """Roles that may read customers, but none of them."""
    return [
        code for code, role in roles.items() if role.permissions & SEES_CUSTOMERS and role.scope is Scope.NONE
    ]


def holds_both(roles: dict[str, Role]) -> list[tuple[str, Permission, Permission]]:
    """Roles with two rights that must stay apart."""
    return [
        (code, one, other)
        for code, role in roles.items()
        for one, other in APART
        if {one, other} <= role.permissions
    ]


def test_reading_customers_goes_with_a_scope() -> None:
    assert sees_without_scope(ROLES) == []


def test_no_role_holds_rights_that_must_stay_apart() -> None:
    assert holds_both(ROLES) == []


def test_a_role_that_proposes_and_decides_is_found() -> None:
    everything = Role(ROLES["TELLER"].label, ROLES["TELLER"].about, Scope.NONE, frozenset(Permission))
    assert sees_without_scope({"BOTH": everything}) == ["BOTH"]
    assert len(holds_both({"BOTH": everything})) == len(APART)


@pytest.mark.parametrize("permission", list(Permission))
def test_every_right_is_held_by_a_role(permission: Permission) -> None:
    assert [code for code, role in ROLES.items() if permission in role.permissions]
