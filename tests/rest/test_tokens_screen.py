"""Tokens by pages: issued once, shown once, ended at once; and the description of the API."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.utils import timezone

from tests.rest.programs import Program, program_of
from zhike.core.models import AuditEvent
from zhike.rest.models import ApiToken

if TYPE_CHECKING:
    from django.test import Client

    from tests.cast import Bank
    from zhike.staff.models import Staff

ClientOf = Callable[["Staff"], "Client"]


@pytest.fixture
def issuer(bank: Bank, client_of: ClientOf) -> Client:
    return client_of(bank.wu)


def issue(client: Client, **changes: Any) -> Any:
    ends = timezone.localdate() + timedelta(days=30)
    return client.post(
        "/tokens/new/",
        {"name": "月末报表", "scopes": ["customer:read"], "expires_on": ends.isoformat(), **changes},
    )


def test_a_token_is_issued_shown_once_and_works(bank: Bank, issuer: Client) -> None:
    page = issue(issuer).content.decode()
    secret = re.search(r'value="(zhike_[\w-]{43})"', page)[1]  # type: ignore[index]
    assert Program(secret).get("customers").status_code == 200
    assert Program(secret).get("scores").status_code == 403
    listed = issuer.get("/tokens/").content.decode()
    assert "月末报表" in listed and secret not in listed and secret[:10] in listed
    token = ApiToken.objects.get()
    assert bytes(token.secret_hash) != secret.encode()
    event = AuditEvent.objects.get(action="token.issued")
    assert secret not in str(event.detail) and event.actor == "C002 吴越"


def test_an_ended_token_is_refused_at_once(bank: Bank, issuer: Client) -> None:
    program = program_of(bank.wu, "customer:read")
    assert program.get("customers").status_code == 200
    assert issuer.post(f"/tokens/{ApiToken.objects.get().pk}/revoke/").status_code == 302
    assert "has been ended" in issuer.get("/tokens/").content.decode()
    assert program.get("customers").status_code == 401
    issuer.post(f"/tokens/{ApiToken.objects.get().pk}/revoke/")
    assert AuditEvent.objects.filter(action="token.revoked").count() == 1


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"expires_on": "2020-01-01"}, "between tomorrow and 90 days"),
        ({"expires_on": "2999-01-01"}, "between tomorrow and 90 days"), ({"scopes": []}, "required"),
        ({"scopes": ["customer:reveal"]}, "not one of the available choices"), ({"name": ""}, "required"),
    ],
)  # fmt: skip
def test_a_token_beyond_the_rules_is_refused(
    bank: Bank, issuer: Client, changes: dict[str, Any], words: str
) -> None:
    answer = issue(issuer, **changes)
    assert answer.status_code == 422 and words in answer.content.decode()
    assert not ApiToken.objects.exists()


def test_a_second_token_of_one_name_is_refused_until_the_first_has_ended(bank: Bank, issuer: Client) -> None:
    issue(issuer)
    assert "already have a token" in issue(issuer).content.decode()
    issuer.post(f"/tokens/{ApiToken.objects.get().pk}/revoke/")
    assert issue(issuer).status_code == 200
    assert ApiToken.objects.count() == 2


@pytest.mark.goal("G23")
def test_nobody_ends_anothers_token_and_who_may_not_issue_sees_no_page(
    bank: Bank, issuer: Client, client_of: ClientOf
) -> None:
    program_of(bank.wu, "customer:read")
    token = ApiToken.objects.get()
    assert client_of(bank.zheng).post(f"/tokens/{token.pk}/revoke/").status_code == 404
    for person in (bank.chen, bank.outsider, bank.shen):
        assert client_of(person).get("/tokens/").status_code == 403
        assert issue(client_of(person)).status_code == 403
    token.refresh_from_db()
    assert token.revoked_at is None


@pytest.mark.parametrize("count", [1, 3])
def test_the_list_costs_the_same_for_one_token_and_for_three(
    bank: Bank, issuer: Client, django_assert_num_queries: Any, count: int
) -> None:
    for number in range(count):
        issue(issuer, name=f"n{number}")
    issuer.get("/tokens/")
    with django_assert_num_queries(COST):
        issuer.get("/tokens/")


COST = 14


@pytest.mark.parametrize("language", ["zh-hans", "zh-hant", "en"])
def test_the_description_is_drawn_whole_in_each_language(bank: Bank, issuer: Client, language: str) -> None:
    bank.wu.language = language
    bank.wu.save()
    page = issuer.get("/api/v1/docs").content.decode()
    document = issuer.get("/api/v1/openapi.json").json()
    for path, methods in document["paths"].items():
        for operation in methods.values():
            assert f'id="{operation["operationId"]}"' in page and path in page
            assert bool(re.search("[\u4e00-\u9fff]", operation["summary"])) == (language != "en")
    for schema in document["components"]["schemas"].values():
        for field in schema.get("properties", {}).values():
            if "description" in field and language != "en":
                assert re.search("[\u4e00-\u9fff]", field["description"]), field
    main = page.partition("<main")[2]
    assert "<script" not in main.partition("</main")[0] and " style=" not in main
