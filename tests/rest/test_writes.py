"""Starting a run: once per key, refused as pages refuse, recorded under the person's name."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from typing import Any

import pytest
from django.db import connections
from django.test import Client
from django.urls import reverse
from django.utils import translation
from django.utils.html import escape

from tests.cast import Bank
from tests.rest.programs import Program, program_of
from zhike.core.models import AuditEvent, Idempotency, JobRun
from zhike.loyalty.models import Run, Scheme
from zhike.loyalty.operations.runs import start_refusal

ORDER = {"scheme": "CORE", "as_of": "2026-06-30", "reason": ""}


@pytest.fixture
def scheme(published: Run) -> Scheme:
    return published.scheme


@pytest.mark.requirement("L-39")
def test_a_run_is_started_once_and_queued(bank: Bank, analyst: Program, scheme: Scheme) -> None:
    answer = analyst.post("runs", ORDER)
    assert answer.status_code == 201, answer.content
    run = Run.objects.get(pk=answer.json()["id"])
    assert (run.state, run.period, run.as_of, run.started_by) == (
        "QUEUED",
        "2026Q2",
        date(2026, 6, 30),
        bank.wu,
    )
    assert JobRun.objects.filter(job="loyalty.compute").count() == 1
    assert AuditEvent.objects.get(action="run.started").actor == "C002 吴越"


@pytest.mark.goal("G4")
def test_the_same_key_and_body_give_the_same_answer_for_ever(
    bank: Bank, analyst: Program, scheme: Scheme
) -> None:
    first = analyst.post("runs", ORDER)
    Run.objects.filter(pk=first.json()["id"]).update(state="REVIEW")
    again = analyst.post("runs", None, raw=b'{ "as_of":"2026-06-30", "reason":"",\n"scheme":"CORE" }')
    assert (again.status_code, again.json()) == (first.status_code, first.json())
    assert again["Idempotency-Repeated"] == "true" and "Idempotency-Repeated" not in first
    assert Run.objects.filter(period="2026Q2").count() == 1


def test_the_same_key_with_another_body_is_refused(bank: Bank, analyst: Program, scheme: Scheme) -> None:
    analyst.post("runs", ORDER)
    answer = analyst.post("runs", {**ORDER, "as_of": "2026-03-31"})
    assert (answer.status_code, answer.json()["type"]) == (422, "/api/v1/docs#key-reused")


def test_another_persons_same_key_is_another_key(bank: Bank, analyst: Program, scheme: Scheme) -> None:
    analyst.post("runs", ORDER)
    answer = program_of(bank.zheng).post("runs", ORDER)
    assert (answer.status_code, answer.json()["type"]) == (409, "/api/v1/docs#refused")


def test_a_write_without_a_key_is_refused_before_anything_happens(
    bank: Bank, analyst: Program, scheme: Scheme
) -> None:
    answer = analyst.post("runs", ORDER, key=None)
    assert (answer.status_code, answer.json()["type"]) == (428, "/api/v1/docs#key-missing")
    assert Run.objects.count() == 1


@pytest.mark.parametrize("key", ["x" * 81, "with space", "ключ"])
def test_a_key_that_is_none_is_refused(bank: Bank, analyst: Program, scheme: Scheme, key: str) -> None:
    assert analyst.post("runs", ORDER, key=key).status_code == 422
    assert Run.objects.count() == 1


@pytest.mark.parametrize(
    ("order", "reason"),
    [
        ({"scheme": "NONE"}, "No scheme of this code"), ({"as_of": "2999-03-31"}, "2999Q1 is not over"),
        ({"as_of": "2026-09-30"}, "already published"),
    ],
)  # fmt: skip
def test_a_refusal_says_why_and_is_kept(
    bank: Bank, analyst: Program, scheme: Scheme, order: dict[str, str], reason: str
) -> None:
    first = analyst.post("runs", {**ORDER, **order})
    assert first.status_code == 409
    assert reason in first.json()["detail"]
    assert first["Content-Type"] == "application/problem+json"
    Scheme.objects.filter(code="CORE").update(state="RETIRED", retired_on=date(2026, 11, 1))
    assert analyst.post("runs", {**ORDER, **order}).json() == first.json()
    assert Run.objects.count() == 1


@pytest.mark.parametrize("day", ["0001-01-01", "1990-02-01", "2026-12-31", "9999-12-31"])
@pytest.mark.parametrize("language", ["en", "zh-hans", "zh-hant"])
def test_an_odd_date_is_refused_in_the_words_of_the_page(
    bank: Bank, analyst: Program, scheme: Scheme, client_of: Callable[[Any], Client], day: str, language: str
) -> None:
    headers = {**analyst.headers, "Idempotency-Key": "odd", "Accept-Language": language}
    order = {**ORDER, "as_of": day}
    refused = Client().post("/api/v1/runs", order, content_type="application/json", headers=headers)
    assert refused.status_code == 409
    with translation.override(language):
        why = start_refusal(scheme, as_of=date.fromisoformat(day))
    assert why and refused.json()["detail"] == why
    page = client_of(bank.wu).get(
        reverse("loyalty:run_start"),
        {"scheme": scheme.pk, "as_of": day},
        headers={"accept-language": language},
    )
    assert escape(why) in page.content.decode()


def test_a_fault_leaves_no_answer_behind(
    bank: Bank, analyst: Program, scheme: Scheme, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(**_values: Any) -> None:
        raise RuntimeError("a seeded bug")

    with monkeypatch.context() as patched:
        patched.setattr("zhike.rest.operations.runs.loyalty.start_run", broken)
        answer = analyst.post("runs", ORDER)
    assert (answer.status_code, answer.json()["type"]) == (500, "/api/v1/docs#fault")
    assert "seeded" not in answer.content.decode()
    assert not Idempotency.objects.exists()
    assert analyst.post("runs", ORDER).status_code == 201


@pytest.fixture
def really_committed(committed: None) -> Iterator[None]:
    """Parts of results are tables of their own; the next test must not find them."""
    yield
    with connections["default"].cursor() as cursor:
        cursor.execute(
            "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'loyalty_result'::regclass"
        )
        for (table,) in cursor.fetchall():
            cursor.execute(f"DROP TABLE {table}")


@pytest.mark.goal("G4")
@pytest.mark.django_db(transaction=True, databases=["default", "loader"])
def test_twenty_calls_at_once_start_one_run(really_committed: None) -> None:
    from tests.cast import make_bank
    from tests.rest.programs import publish

    bank = make_bank()
    publish(bank)
    program = program_of(bank.wu)

    def call(_number: int) -> tuple[int, str]:
        try:
            answer = program.post("runs", ORDER)
            return answer.status_code, json.dumps(answer.json(), sort_keys=True)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(call, range(20)))
    assert {status for status, _body in answers} == {201}
    assert len({body for _status, body in answers}) == 1
    assert Run.objects.filter(period="2026Q2").count() == 1
    assert Idempotency.objects.count() == 1
