"""What each endpoint tells, and to whom."""

from __future__ import annotations

import json
from datetime import date, timedelta
from typing import Any

import pytest
from django.utils import timezone, translation
from django.utils.translation import gettext

from tests.cast import Bank
from tests.factories.customers import customer
from tests.rest.programs import PERSONAL, Program, program_of
from zhike.core.access.permissions import Permission
from zhike.core.models import AuditEvent
from zhike.desk import tables
from zhike.facts.models import Account
from zhike.loyalty.models import Run
from zhike.rest.models import ApiToken
from zhike.rest.views.schemas import HoldingTotals
from zhike.staff.models import RoleAssignment

READS = (
    "me",
    "customers",
    "customers/6001",
    "customers/6001/holdings",
    "customers/6001/score",
    "scores",
    "runs",
)


@pytest.mark.requirement("L-33")
def test_customers_are_listed_in_scope_with_masked_names(bank: Bank, analyst: Program) -> None:
    answer = analyst.get("customers")
    assert answer.status_code == 200
    assert [(row["customer_no"], row["name"]) for row in answer.json()["items"]] == [
        ("6001", "*伟"), ("6002", "*娜"), ("6003", "西城客户"),
    ]  # fmt: skip
    assert answer.json()["next"] is None


def test_pages_follow_each_other_without_gap_or_repeat(bank: Bank, analyst: Program) -> None:
    for number in range(7):
        customer(f"7{number}", outlet=bank.donghu)
    seen, after = [], ""
    while after is not None:
        page = analyst.get(f"customers?size=4{after and '&after=' + after}").json()
        seen += [row["customer_no"] for row in page["items"]]
        after = page["next"]
    assert sorted(seen) == ["6001", "6002", "6003", *(f"7{number}" for number in range(7))]
    assert len(seen) == len(set(seen))


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("outlet=101", ["6001", "6002"]), ("manager=A001", ["6001"]), ("kind=ENTERPRISE", ["6003"]),
        ("business_type=CORPORATE", ["6003"]), ("customer_group=PRIVATE", []), ("outlet=101&manager=A002", ["6002"]),
    ],
)  # fmt: skip
def test_filters_narrow_the_list(bank: Bank, analyst: Program, query: str, found: list[str]) -> None:
    assert [row["customer_no"] for row in analyst.get(f"customers?{query}").json()["items"]] == found


def test_customers_who_left_appear_only_when_asked_for(bank: Bank, analyst: Program) -> None:
    bank.li_na.closed_on = date(2026, 1, 1)
    bank.li_na.save()
    assert len(analyst.get("customers").json()["items"]) == 2
    assert len(analyst.get("customers?with_closed=true").json()["items"]) == 3


@pytest.mark.requirement("L-31", "L-36")
def test_one_customer_shows_masked_values_only(bank: Bank, analyst: Program, holdings: Account) -> None:
    found = analyst.get("customers/6001").json()
    assert {name: found[name] for name in PERSONAL} == {
        "id_no": "330**************2", "phone": "138****6027", "email": "r***@example.com",
        "address": "浙江省杭州市西湖区***",
    }  # fmt: skip
    assert "birth_on" not in found and found["age"] >= 44


@pytest.mark.requirement("L-31")
def test_no_answer_holds_a_personal_value_in_the_clear(
    bank: Bank, analyst: Program, holdings: Account, published: Run
) -> None:
    canaries = [*PERSONAL.values(), "1982-04-09", "张伟", "6222021234566027"]
    for path in READS:
        answer = analyst.get(path)
        assert answer.status_code == 200, path
        text = answer.content.decode()
        assert [canary for canary in canaries if canary in text] == [], path


def test_holdings_give_totals_and_accounts(bank: Bank, analyst: Program, holdings: Account) -> None:
    found = analyst.get("customers/6001/holdings").json()
    assert found["totals"]["aum_cents"] == 5_000_000
    assert [account["account_no"] for account in found["accounts"]] == ["****6027"]
    assert found["account_count"] == 1
    assert analyst.get("customers/6002/holdings").json()["totals"] is None


@pytest.mark.requirement("L-37")
def test_score_gives_the_standing_with_its_make_up(bank: Bank, analyst: Program, published: Run) -> None:
    found = analyst.get("customers/6001/score").json()
    assert (found["tier"], found["tier_before"], found["score"], found["period"]) == (
        "MEDIUM",
        "HIGH",
        61.5,
        "2026Q3",
    )
    assert found["indicators"] == [
        {"indicator": "TENURE", "raw": 6.7, "state": "O", "value": 61.5, "weight": 1.0, "contribution": 61.5,
         "peer_median": 50.0}
    ]  # fmt: skip


def test_scores_are_listed_by_tier_and_change(bank: Bank, analyst: Program, published: Run) -> None:
    def numbers(query: str) -> list[str]:
        return [row["customer_no"] for row in analyst.get(f"scores?{query}").json()["items"]]

    assert numbers("tier=MEDIUM") == ["6001", "6002", "6003"]
    assert numbers("changed=true") == ["6001"]
    assert numbers("changed=false&outlet=101") == ["6002"]
    assert numbers("tier=HIGH") == []


def test_an_unrated_customer_has_no_score(bank: Bank, analyst: Program) -> None:
    assert analyst.get("customers/6001/score").status_code == 404


def test_runs_are_listed_and_read(bank: Bank, analyst: Program, published: Run) -> None:
    assert [row["period"] for row in analyst.get("runs?state=PUBLISHED&scheme=CORE").json()["items"]] == [
        "2026Q3"
    ]
    found = analyst.get(f"runs/{published.pk}").json()
    assert (found["scheme_version"], found["indicators"], found["result_hash"]) == (2, ["TENURE"], "ab" * 32)
    assert analyst.get("runs/999999").status_code == 404


def test_who_may_not_start_runs_sees_published_ones_only(bank: Bank, published: Run) -> None:
    Run.objects.create(
        scheme=published.scheme, scheme_code="CORE", period="2026Q4", as_of=date(2026, 10, 8), number=1,
        started_by=bank.wu, started_at=published.started_at,
    )  # fmt: skip
    assert len(program_of(bank.zheng, "result:count").get("runs").json()["items"]) == 1
    assert len(program_of(bank.zheng, "result:count", "run:start").get("runs").json()["items"]) == 2


@pytest.mark.requirement("L-32")
def test_small_counts_of_a_run_are_told_only_to_who_may_see_customers(
    bank: Bank, analyst: Program, published: Run
) -> None:
    Run.objects.filter(pk=published.pk).update(customer_count=120, changed_count=3)
    executive = program_of(bank.liang, "result:count")
    for program, told in ((analyst, 3), (executive, None)):
        (listed,), read = program.get("runs").json()["items"], program.get(f"runs/{published.pk}").json()
        assert {listed["customer_count"], read["customer_count"]} == {120}
        assert {listed["changed_count"], read["changed_count"]} == {told}
    Run.objects.filter(pk=published.pk).update(changed_count=5)
    assert executive.get(f"runs/{published.pk}").json()["changed_count"] == 5


def test_me_tells_what_the_token_can_do_today(bank: Bank) -> None:
    found = program_of(bank.wu, "customer:read", "run:start").get("me").json()
    assert (found["staff_no"], found["rights"], found["reaches"]) == (
        "C002",
        ["customer:read", "run:start"],
        ["ALL"],
    )


def test_health_needs_no_token(db: None, client: Any) -> None:
    assert client.get("/api/v1/health").json()["status"] == "ok"


# --- who reaches what -------------------------------------------------------------------------
NEEDS = {
    "customers": {"customer:read"}, "customers/6001": {"customer:read"}, "customers/6001/holdings": {"holding:read"},
    "customers/6001/score": {"result:read"}, "scores": {"result:read"}, "runs": {"result:count", "run:start"},
}  # fmt: skip


@pytest.mark.goal("G23")
@pytest.mark.parametrize(
    "scope", ["customer:read", "holding:read", "result:read", "result:count", "run:start"]
)
def test_each_scope_opens_its_endpoints_and_no_other(
    bank: Bank, holdings: Account, published: Run, scope: str
) -> None:
    program = program_of(bank.wu, scope)
    for path, scopes in NEEDS.items():
        assert program.get(path).status_code == (200 if scope in scopes else 403), path
    wanted = 409 if scope == "run:start" else 403
    assert program.post("runs", {"scheme": "NONE", "as_of": "2026-09-30"}).status_code == wanted


@pytest.mark.goal("G22")
def test_a_refusal_is_recorded_under_the_persons_name(bank: Bank) -> None:
    assert program_of(bank.wu, "run:start").get("customers").status_code == 403
    refused = AuditEvent.objects.get(action="access.refused")
    assert (refused.actor, refused.object_label, refused.outcome) == (
        "C002 吴越",
        "/api/v1/customers",
        "REFUSED",
    )


@pytest.mark.goal("G22")
def test_a_customer_out_of_scope_is_not_found_and_recorded(bank: Bank, published: Run) -> None:
    token = _token_in_the_books(bank.chen, "customer:read", "holding:read", "result:read")
    for path in ("customers/6003", "customers/6003/holdings", "customers/6003/score"):
        missing, absent = token.get(path), token.get(path.replace("6003", "9999"))
        assert (missing.status_code, absent.status_code) == (404, 404)
        assert missing.json()["title"] == absent.json()["title"]
    assert [row["customer_no"] for row in token.get("customers").json()["items"]] == ["6001"]
    assert [row["customer_no"] for row in token.get("scores").json()["items"]] == ["6001"]
    assert AuditEvent.objects.filter(action="access.not_found").count() == 6


@pytest.mark.goal("G21")
def test_the_outsider_sees_nothing(bank: Bank, holdings: Account, published: Run) -> None:
    token = _token_in_the_books(bank.outsider, "customer:read", "holding:read", "result:read", "result:count")
    for path in READS:
        assert token.get(path).status_code == 403, path


@pytest.mark.goal("G27")
def test_a_lost_role_is_lost_to_the_token_with_the_next_call(bank: Bank, analyst: Program) -> None:
    assert analyst.get("customers").status_code == 200
    RoleAssignment.objects.filter(staff=bank.wu).update(valid_to=timezone.localdate() - timedelta(days=1))
    assert analyst.get("customers").status_code == 403


@pytest.mark.goal("G27")
@pytest.mark.parametrize("ending", ["closed", "revoked", "expired"])
def test_an_ended_token_is_refused_with_the_next_call(bank: Bank, analyst: Program, ending: str) -> None:
    match ending:
        case "closed":
            bank.wu.is_active = False
            bank.wu.save()
        case "revoked":
            ApiToken.objects.update(revoked_at=timezone.now(), revoked_by=bank.wu)
        case "expired":
            ApiToken.objects.update(expires_on=timezone.localdate() - timedelta(days=1))
    answer = analyst.get("customers")
    assert (answer.status_code, answer["WWW-Authenticate"]) == (401, 'Bearer realm="zhike"')
    assert answer["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize(
    "header", ["", "Bearer", "Bearer x", "Basic abc", "Bearer zhike_" + "a" * 43, "Bearer \x00"]
)
def test_a_stranger_is_refused(bank: Bank, client: Any, header: str) -> None:
    answer = client.get("/api/v1/customers", headers={"Authorization": header})
    assert answer.status_code == 401


def test_a_session_alone_opens_nothing(bank: Bank, client: Any) -> None:
    client.force_login(bank.wu)
    assert client.get("/api/v1/customers").status_code == 401


def test_more_calls_than_allowed_wait(bank: Bank, analyst: Program) -> None:
    ApiToken.objects.update(minute_at=timezone.now().replace(second=0, microsecond=0), minute_count=300)
    answer = analyst.get("me")
    if answer.status_code == 200:  # the minute turned over between the two lines
        ApiToken.objects.update(minute_count=300)
        answer = analyst.get("me")
    assert answer.status_code == 429
    assert 0 < int(answer["Retry-After"]) <= 60


@pytest.mark.parametrize(("path", "rows"), [("customers", 1), ("customers", 3), ("scores", 1), ("scores", 3)])
def test_lists_cost_the_same_for_one_row_and_for_three(
    bank: Bank, analyst: Program, published: Run, django_assert_num_queries: Any, path: str, rows: int
) -> None:
    analyst.get(path)
    with django_assert_num_queries(COST[path]):
        assert len(analyst.get(f"{path}?size={rows}").json()["items"]) == rows


COST = {"customers": 11, "scores": 11}  # one of them the record of the look


def _token_in_the_books(person: Any, *scopes: str) -> Program:
    """A token that no screen would have issued: the rights below it must hold all the same."""
    import hashlib

    secret = "zhike_" + "A" * 43
    ApiToken.objects.create(
        staff=person, name="old", scopes=list(scopes), secret_hash=hashlib.sha256(secret.encode()).digest(),
        prefix="zhike_AAAA", issued_at=timezone.now(), expires_on=timezone.localdate() + timedelta(days=9),
    )  # fmt: skip
    return Program(secret)


def test_titles_are_in_the_callers_language(bank: Bank, analyst: Program) -> None:
    title = json.loads(analyst.get("customers/9999", **{"Accept-Language": "en"}).content)["title"]
    assert title == "There is nothing here for this token"


# --- what a program is told, and what the bank knows of it ------------------------------------
@pytest.mark.goal("G22")
def test_the_right_is_asked_before_anything_that_was_sent(bank: Bank, published: Run) -> None:
    program = program_of(bank.wu, "customer:read")
    assert program.get("scores?size=0&nonsense=1").status_code == 403
    assert program.post("runs", None, raw=b"{", key=None).status_code == 403
    assert program_of(bank.wu, "run:start").post("runs", {}, key=None).status_code == 428


@pytest.mark.parametrize("path", ["customers", "customers/6001", "scores", "runs", "me"])
def test_a_query_the_endpoint_does_not_know_is_refused(bank: Bank, analyst: Program, path: str) -> None:
    answer = analyst.get(f"{path}?oulet=101")
    assert answer.status_code == 422
    assert answer.json()["errors"] == [
        {"place": "query.oulet", "code": "extra_forbidden", "reason": "This API does not know it here."}
    ]


@pytest.mark.parametrize(
    ("language", "words"),
    [("zh-Hans", "须不大于 100。"), ("zh-Hant", "不得大於 100。"), ("en", "It must be 100 or less.")],
)
def test_reasons_are_in_the_callers_language(bank: Bank, analyst: Program, language: str, words: str) -> None:
    answer = analyst.get("customers?size=101", **{"Accept-Language": language})
    assert [error["reason"] for error in answer.json()["errors"]] == [words]


@pytest.mark.goal("G22")
@pytest.mark.requirement("L-36")
def test_what_a_program_reads_of_a_customer_is_recorded_with_its_token(
    bank: Bank, holdings: Account, published: Run
) -> None:
    program = program_of(bank.wu, "customer:read", "holding:read", "result:read")
    token = ApiToken.objects.get()
    for path in ("customers/6001", "customers/6001/holdings", "customers/6001/score"):
        assert program.get(path).status_code == 200
    events = AuditEvent.objects.filter(action="customer.read_by_program").order_by("id")
    named = f"{token.name} ({token.prefix}…)"
    assert [(event.actor, event.customer_id, event.detail) for event in events] == [
        ("C002 吴越", bank.zhang_wei.pk, {"read": what, "token": named})
        for what in ("file", "holdings", "score")
    ]
    listed = program.get("customers?size=2").json()["items"]
    event = AuditEvent.objects.get(action="customer.listed_by_program")
    assert event.detail == {
        "read": "customers", "asked": {"size": "2"}, "token": named,
        "customers": [row["customer_no"] for row in listed],
    }  # fmt: skip


def test_a_program_reads_the_description_with_its_token(bank: Bank, client: Any) -> None:
    address = "/api/v1/openapi.json"
    described = client.get(address, headers=program_of(bank.wu).headers)
    assert (described.status_code, described.json()["openapi"][:3]) == (200, "3.1")
    for headers in ({"Accept": "*/*"}, {"Authorization": "Bearer zhike_wrong"}):
        refused = client.get(address, headers=headers)
        assert (refused.status_code, refused["Content-Type"]) == (401, "application/problem+json")
    assert client.get(address, headers={"Accept": "text/html"})["Location"].startswith("/login/")


@pytest.mark.parametrize("language", ["en", "zh-hans", "zh-hant"])
def test_the_interface_names_assets_as_the_pages_do(language: str) -> None:
    fields = HoldingTotals.model_fields
    with translation.override(language):
        for name, on_pages in (
            ("aum_cents", "AUM at month end"),
            ("average_cents", "AUM, daily average of the month"),
        ):
            assert gettext(fields[name].description).startswith(gettext(on_pages))
        heads = {column.key: str(column.label) for column in tables.customers({Permission.HOLDING_READ})}
        assert heads["month"].startswith("Month-end" if language == "en" else "月末")
