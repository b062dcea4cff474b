"""Pushing events: judged one by one, kept once under their own key, within rights and scope, in three languages."""

from __future__ import annotations

import json
import re
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connections
from django.test import Client
from django.utils import timezone

from tests.cast import Bank
from tests.rest.programs import Program, program_of
from zhike.core.models import AuditEvent
from zhike.facts.contract import EVENT_RULES
from zhike.facts.models import Event, PushedEvent
from zhike.loyalty.models import Run

COMPLAINT = {
    "event_no": "TS-1", "customer_no": "6001", "kind": "COMPLAINT", "happened_on": "2026-10-05", "outcome": "FOUNDED",
    "severity": 2,
}  # fmt: skip


def push(program: Program, *events: Any, **headers: str) -> Any:
    return Client().post(
        "/api/v1/events", data=json.dumps({"events": events}), content_type="application/json",
        headers={**program.headers, **headers},
    )  # fmt: skip


def states(answer: Any) -> list[tuple[str, str | None, str | None]]:
    assert answer.status_code == 200, answer.content
    return [(one["state"], one["code"], one["field"]) for one in answer.json()["results"]]


@pytest.mark.requirement("N-21")
def test_a_pushed_event_is_kept_once_and_told_each_time(bank: Bank, analyst: Program) -> None:
    first = push(analyst, COMPLAINT)
    assert states(first) == [("ACCEPTED", None, None)]
    again = push(analyst, dict(reversed(COMPLAINT.items())), COMPLAINT)
    assert states(again) == [("DUPLICATE", None, None)] * 2
    assert (again.json()["accepted"], again.json()["duplicate"], again.json()["refused"]) == (0, 2, 0)
    row = PushedEvent.objects.get()
    assert (row.customer, row.outlet_id, row.kind, row.severity, row.happened_on, row.pushed_by) == (
        bank.zhang_wei, bank.donghu.pk, "COMPLAINT", 2, date(2026, 10, 5), bank.wu,
    )  # fmt: skip
    events = AuditEvent.objects.filter(action="event.pushed").order_by("pk")
    assert [event.detail["accepted"] for event in events] == [1, 0]
    assert events[0].detail["receipt"] == first.json()["receipt"] == str(row.receipt)
    assert events[0].actor == "C002 吴越" and "event:push" in events[0].detail["token"]


def test_a_correction_has_a_higher_revision_and_an_older_one_comes_too_late(
    bank: Bank, analyst: Program
) -> None:
    founded = {**COMPLAINT, "revision": 3}
    assert states(push(analyst, {**COMPLAINT, "outcome": "OPEN"}, COMPLAINT)) == [
        ("ACCEPTED", None, None), ("REFUSED", "KEY_REUSED", "event_no"),
    ]  # fmt: skip
    assert states(push(analyst, founded)) == [("ACCEPTED", None, None)]
    assert states(push(analyst, {**COMPLAINT, "revision": 2}, {**COMPLAINT, "outcome": "OPEN"}, founded)) == [
        ("REFUSED", "OUTDATED", "revision"), ("DUPLICATE", None, None), ("DUPLICATE", None, None),
    ]  # fmt: skip
    found = analyst.get("events/TS-1").json()
    assert (found["event"]["revision"], found["event"]["outcome"], found["is_loaded"]) == (
        3,
        "FOUNDED",
        False,
    )


def test_what_a_file_brought_is_known(bank: Bank, analyst: Program) -> None:
    Event.objects.create(
        event_no="TS-1", customer=bank.zhang_wei, outlet_id=bank.donghu.pk, kind="COMPLAINT",
        happened_on=date(2026, 10, 5), outcome="FOUNDED", severity=2,
    )  # fmt: skip
    assert states(push(analyst, COMPLAINT)) == [("DUPLICATE", None, None)]
    assert states(push(analyst, {**COMPLAINT, "outcome": "UNFOUNDED"})) == [("ACCEPTED", None, None)]


TOMORROW = (timezone.localdate() + timedelta(days=2)).isoformat()
ODD: list[tuple[Any, str, str | None]] = [
    ({"kind": "BIRTHDAY"}, "UNKNOWN_CODE", "kind"), ({"outcome": "SOLVED"}, "UNKNOWN_CODE", "outcome"),
    ({"outcome": "QUALIFIED"}, "NOT_OF_THIS_KIND", "outcome"),
    ({"happened_on": TOMORROW}, "FUTURE_DATE", "happened_on"),
    ({"severity": 4}, "OUT_OF_RANGE", "severity"), ({"severity": 0}, "OUT_OF_RANGE", "severity"),
    ({"severity": None}, "REQUIRED", "severity"), ({"satisfaction": 3}, "NOT_OF_THIS_KIND", "satisfaction"),
    ({"kind": "ANSWER", "outcome": "VALID", "severity": None, "intention": 11}, "OUT_OF_RANGE", "intention"),
    ({"kind": "HOLDINGS_ELSEWHERE", "outcome": "VALID", "severity": None, "amount_cents": -1}, "OUT_OF_RANGE",
     "amount_cents"),
    ({"customer_no": "9999"}, "REFERS_TO_NOTHING", "customer_no"),
    ({"staff_no": "Z1"}, "REFERS_TO_NOTHING", "staff_no"),
    ({"currency": "USD"}, "FOREIGN_CURRENCY", "currency"),
    ({"severity": 2.5}, "UNREADABLE", "severity"), ({"severity": True}, "UNREADABLE", "severity"),
    ({"severity": "2"}, "UNREADABLE", "severity"), ({"happened_on": 0}, "UNREADABLE", "happened_on"),
    ({"happened_on": "1790000000"}, "UNREADABLE", "happened_on"),
    ({"happened_on": "2026-02-30"}, "UNREADABLE", "happened_on"),
    ({"event_no": "a b"}, "UNREADABLE", "event_no"), ({"event_no": "x" * 61}, "UNREADABLE", "event_no"),
    ({"severity": [2]}, "UNREADABLE", "severity"),
    ({"event_no": None}, "UNREADABLE", "event_no"),
    ({"revision": 0}, "UNREADABLE", "revision"), ({"mood": 1}, "UNREADABLE", "mood"),
]  # fmt: skip


@pytest.mark.parametrize("language", ["en", "zh-hans", "zh-hant"])
def test_each_odd_event_is_refused_by_itself_with_a_reason_in_words(
    bank: Bank, analyst: Program, language: str
) -> None:
    odd = [{**COMPLAINT, **changes} for changes, _code, _field in ODD]
    answer = push(analyst, *odd, COMPLAINT, **{"Accept-Language": language})
    *found, good = states(answer)
    assert found == [("REFUSED", code, field) for _changes, code, field in ODD]
    assert good == ("ACCEPTED", None, None)
    for result in answer.json()["results"]:
        assert "%(" not in result["sentence"]
        assert bool(re.search("[\u4e00-\u9fff]", result["sentence"])) == (language != "en"), result
    assert PushedEvent.objects.count() == 1
    assert AuditEvent.objects.get(action="event.pushed").detail["refused"] == len(ODD)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b'{"events": []}', 422), (b'{"events": 5}', 422), (b"[]", 422), (b"{}", 422), (b'{"events": [', 400),
        (b'{"events": [NaN]}', 400), (b'{"events": [{}], "more": 1}', 422),
        (b'{"events": [{}, 5]}', 422),
        (json.dumps({"events": [{}] * 201}).encode(), 422), (b'{"events": ["' + b"x" * 66_000 + b'"]}', 413),
    ],
)  # fmt: skip
def test_a_call_fails_as_a_whole_only_where_it_cannot_be_read(
    bank: Bank, analyst: Program, body: bytes, status: int
) -> None:
    answer = analyst.post("events", None, raw=body)
    assert answer.status_code == status, answer.content
    assert not AuditEvent.objects.filter(action="event.pushed").exists()


@pytest.mark.goal("G23")
def test_only_a_token_for_pushing_pushes_and_only_for_customers_in_scope(bank: Bank) -> None:
    assert push(program_of(bank.wu, "customer:read"), COMPLAINT).status_code == 403
    only = program_of(bank.wu, "event:push")
    assert states(push(only, COMPLAINT)) == [("ACCEPTED", None, None)]
    assert only.get("customers").status_code == 403
    assert Client().post("/api/v1/events", data="{}", content_type="application/json").status_code == 401


def test_a_late_event_says_that_the_published_evaluation_stays(
    bank: Bank, analyst: Program, published: Run
) -> None:
    on_the_day = {**COMPLAINT, "happened_on": published.as_of.isoformat()}
    after = {**COMPLAINT, "event_no": "TS-2"}
    late, later = push(analyst, on_the_day, after).json()["results"]
    assert (late["state"], late["is_late"], later["is_late"]) == ("ACCEPTED", True, False)
    assert "stays as it is" in late["sentence"]


def test_the_register_of_kinds_is_told(bank: Bank, analyst: Program) -> None:
    items = analyst.get("event-kinds").json()["items"]
    assert [item["kind"] for item in items] == list(EVENT_RULES)
    assert items[0]["values"] == [{"name": "severity", "least": 1, "most": 3}]


def test_the_examples_for_integrators_are_accepted_as_they_stand(bank: Bank, analyst: Program) -> None:
    text = (Path(__file__).parents[2] / "docs" / "integrating.md").read_text("utf-8")
    bodies = re.findall(r"curl [^`]*?/api/v1/events [^`]*?-d '([^']+)'", text)
    found = [push(analyst, *json.loads(body)["events"]) for body in bodies]
    assert [state for answer in found for state, *_rest in states(answer)] == ["ACCEPTED"] * 3
    (address,) = re.findall(r"GET /api/v1/(events/[^`]+)`", text)
    assert analyst.get(address).json()["event"]["outcome"] == "FOUNDED"


def test_an_event_that_was_never_pushed_is_not_there(bank: Bank, analyst: Program) -> None:
    assert analyst.get("events/TS-9").status_code == 404


@pytest.mark.goal("G4")
@pytest.mark.django_db(transaction=True, databases=["default", "loader"])
def test_the_same_batch_from_four_threads_gives_each_event_once(committed: None) -> None:
    from tests.cast import make_bank

    bank = make_bank()
    program = program_of(bank.wu)
    events = [{**COMPLAINT, "event_no": f"TS-{number}"} for number in range(60)]

    def call(turn: int) -> Counter[str]:
        try:
            shuffled = events[turn * 15 :] + events[: turn * 15]
            return Counter(state for state, _code, _field in states(push(program, *shuffled)))
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as pool:
        total = sum(pool.map(call, range(4)), Counter())
    assert total == {"ACCEPTED": 60, "DUPLICATE": 180}
    assert PushedEvent.objects.count() == 60
