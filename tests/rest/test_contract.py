"""The API keeps to its description, whoever calls and whatever is sent: no fault, no schema broken, no status that
is not listed (G20). A few examples here; by night a hundred of each kind for every operation and role."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any
from urllib.parse import unquote_to_bytes

import pytest
from django.test import Client

from tests.cast import Bank
from tests.rest.contract import Figures, described, hammer, walk
from tests.rest.programs import Program, program_of
from zhike.facts.models import Account
from zhike.loyalty.models import Run
from zhike.rest.enums import SCOPES
from zhike.rest.views import problems
from zhike.rest.views.description import document
from zhike.rest.views.problems import problem_body

pytestmark = pytest.mark.goal("G20")
ROLES = ("CRM_ANALYST", "CRM_MANAGER", "A SINGLE RIGHT")
FEW, MANY = 6, 100


@pytest.fixture(autouse=True)
def _as_often_as_it_likes(monkeypatch: pytest.MonkeyPatch) -> None:
    from zhike.core import parameters

    value = parameters.value
    monkeypatch.setattr(
        parameters, "value",
        lambda code, **values: 10**9 if code == "token.calls_per_minute" else value(code, **values),
    )  # fmt: skip


def program(bank: Bank, role: str) -> Program:
    if role == "A SINGLE RIGHT":
        return program_of(bank.wu, str(next(iter(SCOPES))))
    return program_of({"CRM_ANALYST": bank.wu, "CRM_MANAGER": bank.zheng}[role])


def test_every_operation_answers_as_described(bank: Bank, published: Run, holdings: Account) -> None:
    caller = program(bank, "CRM_ANALYST")
    with described(caller) as schema:
        figures = hammer(schema, examples=FEW)
    print(figures)
    assert len(figures.operations) == schema.statistic.operations.total


def test_links_lead_from_answer_to_request(bank: Bank, published: Run, holdings: Account) -> None:
    caller = program(bank, "CRM_ANALYST")
    with described(caller) as schema:
        print(walk(schema, examples=5, steps=6))


HOSTILE = (
    "%00", "a%00b", "%ED%A0%80", "%ED%BF%BF", "%FF%FE", "%C0%AF", "NaN", "-Infinity", "1e999", "9" * 400, "%5B" * 999,
    "%F0%9F%92%A9", "%E2%80%AE", "..%2F..%2F", "%27%3B--", "%0d%0aX:1", "", "true", "null", "2026-02-30",
)  # fmt: skip
"""NUL, halves of surrogate pairs, bytes that are no UTF-8, no numbers, depth, and what breaks lines or paths."""


def test_a_hostile_value_in_any_place_is_answered_as_listed(
    bank: Bank, published: Run, holdings: Account
) -> None:
    caller, figures = program(bank, "CRM_ANALYST"), Figures()
    for path, methods in document()["paths"].items():
        for method, operation in methods.items():
            for one in operation["parameters"]:
                for value in HOSTILE:
                    address = path.replace("{" + one["name"] + "}", value or "%20")
                    query = f"?{one['name']}={value}" if one["in"] == "query" else ""
                    key = unquote_to_bytes(value).decode("latin-1") if one["in"] == "header" else "key"
                    headers = caller.headers | {"Idempotency-Key": key}
                    answer = Client().generic(
                        method.upper(), address + query, b"{" * 99, "application/json", headers=headers
                    )
                    figures.note(f"{method} {path}", answer.status_code)
                    listed = operation["responses"].keys() | {404, 405}  # an address that is none of these
                    assert answer.status_code in set(map(int, listed)), (address, query, answer.content)
                    assert answer.status_code < 500, (address, query)
                    body = answer.json()
                    assert answer.status_code < 400 or body["status"] == answer.status_code
    print(figures)


@pytest.mark.night
@pytest.mark.timeout(1500)
@pytest.mark.parametrize("role", ROLES)
def test_every_operation_answers_every_role_as_described(
    bank: Bank, published: Run, holdings: Account, role: str
) -> None:
    caller = program(bank, role)
    with described(caller) as schema:
        print(role, hammer(schema, examples=MANY))
        print(role, "by links:", walk(schema, examples=MANY // 2, steps=10))


def _fault(*_values: Any, **_more: Any) -> Any:
    raise RuntimeError("seeded")


def _without_title(*values: Any, **more: Any) -> dict[str, Any]:
    body = problem_body(*values, **more)
    del body["title"]
    return body


MUTANTS: dict[str, Callable[[pytest.MonkeyPatch], None]] = {
    "an event without a result": lambda patch: patch.setattr(
        "zhike.rest.views.events._told", lambda *_: None
    ),
    "a fault of ours": lambda patch: patch.setattr("zhike.rest.views.customers.page_of", _fault),
    "a problem without a title": lambda patch: patch.setattr(problems, "problem_body", _without_title),
    "a status that is not listed": lambda patch: patch.setitem(
        problems.KINDS, "invalid", replace(problems.KINDS["invalid"], status=418)
    ),
}


@pytest.mark.parametrize("mutant", MUTANTS)
def test_a_seeded_fault_is_found(
    bank: Bank, published: Run, holdings: Account, monkeypatch: pytest.MonkeyPatch, mutant: str
) -> None:
    caller = program(bank, "CRM_ANALYST")
    MUTANTS[mutant](monkeypatch)
    with described(caller) as schema, pytest.raises(BaseExceptionGroup, match="not as described") as found:
        hammer(schema, examples=FEW)
    print(mutant, found.value)
