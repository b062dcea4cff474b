"""Whatever is sent, the answer is a described one: no fault, no other status than the document lists (G20, F16)."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

import pytest
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.cast import Bank
from tests.rest.programs import Program, program_of
from zhike.loyalty.models import Run
from zhike.rest.views.description import document
from zhike.rest.views.parsing import Unreadable, read_json

pytestmark = pytest.mark.goal("G20")
BODIES: dict[str, bytes] = {
    "empty": b"", "not JSON": b"{", "not UTF-8": b'{"scheme":"\xff\xfe"}', "GBK": '{"scheme":"方案"}'.encode("gbk"),
    "NUL": b'{"scheme":"A\\u0000","as_of":"2026-09-30"}', "raw NUL": b'{"scheme":"A\x00"}',
    "surrogate": b'{"scheme":"\\ud800","as_of":"2026-09-30"}', "surrogate name": b'{"\\udfff":1}',
    "NaN": b'{"scheme":NaN}', "infinity": b'{"scheme":-Infinity}', "overflow": b'{"scheme":1e999}',
    "long number": b'{"scheme":' + b"9" * 5000 + b"}", "deep": b"[" * 100_000 + b"]" * 100_000,
    "deep, unclosed": b'{"a":' * 50_000, "33 deep": b"[" * 33 + b"]" * 33,
    "twice": b'{"scheme":"A","scheme":"B","as_of":"2026-09-30"}', "a list": b"[]", "a text": b'"x"', "null": b"null",
    "large": b'{"reason":"' + b"x" * 70_000 + b'"}', "very large": b"x" * (3 * 2**20),
    "unknown field": b'{"scheme":"A","as_of":"2026-09-30","extra":1}', "wrong kinds": b'{"scheme":[],"as_of":{}}',
    "no such day": b'{"scheme":"A","as_of":"2026-02-30"}', "year 0": b'{"scheme":"A","as_of":"0000-01-01"}',
    "year 10000": b'{"scheme":"A","as_of":"10000-01-01"}', "epoch": b'{"scheme":"A","as_of":-99999999999999}',
    "long text": b'{"scheme":"' + b"A" * 400 + b'","as_of":"2026-09-30"}', "BOM": b"\xef\xbb\xbf{}",
}  # fmt: skip


@pytest.mark.parametrize("name", BODIES)
def test_a_hostile_body_is_a_described_problem(
    bank: Bank, analyst: Program, published: Run, name: str
) -> None:
    answer = analyst.post("runs", None, raw=BODIES[name], key=f"k{len(name)}")
    assert answer.status_code in {400, 413, 422}, answer.content
    problem = answer.json()
    assert answer["Content-Type"] == "application/problem+json"
    assert set(problem) == {"type", "title", "status", "detail", "instance", "errors"}
    assert (problem["status"], problem["instance"]) == (
        answer.status_code, f"urn:uuid:{answer['X-Request-Number']}",
    )  # fmt: skip


def test_a_validation_problem_names_each_field(bank: Bank, analyst: Program) -> None:
    errors = analyst.post("runs", {"as_of": "tomorrow", "more": 1}).json()["errors"]
    assert {error["place"] for error in errors} == {
        "body.order.scheme",
        "body.order.as_of",
        "body.order.more",
    }


ADDRESSES = [
    "customers?size=0", "customers?size=101", "customers?size=-1", "customers?size=1e3", "customers?size=" + "9" * 5000,
    "customers?size=NaN", "customers?after=", "customers?after=x", "customers?after=%00",
    "customers?after=" + "A" * 9999,
    "customers?after=YWZ0ZXI6OTk5OTk5OTk5OTk5OTk5OTk5OTk", "customers?kind=%F0%9F%92%A9", "customers?outlet=%00",
    "customers?with_closed=perhaps", "customers/%00",
    "customers/" + "x" * 400, "customers/%ED%A0%80", "customers/..%2f..", "customers/6001%0a", "runs/0", "runs/-1",
    "runs/" + "9" * 30, "runs/1.5", "runs/NaN", "runs?state=DROP", "scores?tier=%27%3B--", "scores?changed=2",
    "nothing", "customers/6001/nothing", "", "customers//holdings",
]  # fmt: skip


@pytest.mark.parametrize("address", ADDRESSES)
def test_a_hostile_address_is_a_described_problem(bank: Bank, analyst: Program, address: str) -> None:
    answer = analyst.get(address)
    assert answer.status_code in {400, 404, 422}, answer.content
    assert answer["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize(
    ("method", "path"), [("POST", "customers"), ("DELETE", "runs"), ("PATCH", "me"), ("PUT", "health")]
)
def test_a_method_that_is_not_taken_is_a_problem(
    bank: Bank, analyst: Program, method: str, path: str
) -> None:
    answer = Client().generic(
        method, f"/api/v1/{path}", headers={"Authorization": f"Bearer {analyst.secret}"}
    )
    assert (answer.status_code, answer["Content-Type"]) == (405, "application/problem+json")
    assert "GET" in answer["Allow"]


NAMES = {
    "customers": (
        "size",
        "after",
        "outlet",
        "manager",
        "kind",
        "business_type",
        "customer_group",
        "with_closed",
    ),
    "scores": ("size", "after", "tier", "changed", "outlet"),
    "runs": ("size", "after", "state", "scheme"),
}
PARAMETERS = [(path, name) for path, names in NAMES.items() for name in names]


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    target=st.sampled_from(PARAMETERS),
    value=st.one_of(
        st.text(max_size=60), st.integers().map(str), st.floats().map(str), st.binary(max_size=30),
    ),
)  # fmt: skip
def test_any_query_is_answered_as_described(
    bank: Bank, fuzzed: Program, target: tuple[str, str], value: Any
) -> None:
    path, name = target
    text = value.encode("utf-8", "surrogatepass") if isinstance(value, str) else value
    answer = fuzzed.get(f"{path}?{name}={quote(text)}")
    assert answer.status_code in {200, 400, 422}
    json.loads(answer.content)


@pytest.fixture
def fuzzed(bank: Bank, monkeypatch: pytest.MonkeyPatch) -> Program:
    """A program that may call as often as it likes."""
    from zhike.core import parameters

    value = parameters.value
    monkeypatch.setattr(
        parameters, "value",
        lambda code, **values: 10**9 if code == "token.calls_per_minute" else value(code, **values),
    )  # fmt: skip
    return program_of(bank.wu)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**18), 10**18) | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=20),
    lambda below: st.lists(below, max_size=4) | st.dictionaries(
        st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=8), below, max_size=4
    ),
    max_leaves=20,
)  # fmt: skip


@given(value=_JSON)
def test_reading_json_gives_back_what_was_written(value: Any) -> None:
    assert read_json(json.dumps(value, ensure_ascii=False).encode()) == value


@given(body=st.binary(max_size=200))
def test_reading_any_bytes_gives_a_value_or_a_refusal(body: bytes) -> None:
    try:
        read_json(body)
    except Unreadable as refused:
        assert refused.words()


BRINGS_ITS_KEYS = {"events_push": "each event has its own number"}
"""Writes without an Idempotency-Key, and why."""


# --- the document -----------------------------------------------------------------------------
def test_the_document_names_every_schema_and_every_error(db: None) -> None:
    found = document()
    assert found["openapi"].startswith("3.1")
    schemas = found["components"]["schemas"]
    for path, methods in found["paths"].items():
        for method, operation in methods.items():
            statuses = set(operation["responses"])
            wanted = {500, 503} | ({401, 403, 429} if path != "/api/v1/health" else set())
            assert wanted <= statuses, (path, method)
            is_keyed = any(one["name"] == "Idempotency-Key" for one in operation["parameters"])
            assert is_keyed == (method != "get" and operation["operationId"] not in BRINGS_ITS_KEYS), path
            assert {409, 428} <= statuses or not is_keyed, (path, method)
            for response in operation["responses"].values():
                (content,) = response["content"].values()
                assert content["schema"]["$ref"].rpartition("/")[2] in schemas
    assert "Problem" in schemas


def test_every_reference_of_the_document_leads_somewhere(db: None) -> None:
    found = document()

    def references(part: Any) -> list[str]:
        below = list(part.values()) if isinstance(part, dict) else part if isinstance(part, list) else []
        here = [part["$ref"]] if isinstance(part, dict) and "$ref" in part else []
        return here + [reference for one in below for reference in references(one)]

    for reference in references(found):
        name = reference.removeprefix("#/components/schemas/")
        assert name in found["components"]["schemas"], reference
    ids = [operation["operationId"] for methods in found["paths"].values() for operation in methods.values()]
    assert len(ids) == len(set(ids))
