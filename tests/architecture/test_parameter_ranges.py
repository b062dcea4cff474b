"""No number in the parameter register can stop the bank: each has a least and a most, and both work everywhere."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from tests.architecture.routes import routes
from tests.cast import Bank
from tests.factories.files import filed
from tests.factories.people import PASSWORD, person
from tests.rest.programs import program_of

from zhike.core import parameters
from zhike.core.access.permissions import ROLES
from zhike.core.models import Approval, Parameter
from zhike.core.operations import tasks
from zhike.core.operations.parameters import ParameterRefused, propose_parameter
from zhike.customers.operations.reveals import reveal
from zhike.desk.models import ExportRequest
from zhike.desk.operations.export_requests import allow_export
from zhike.facts.operations.sweeping import sweep
from zhike.staff.operations import accounts

FAULT = 500
PROGRAM_READS = ("me", "customers", "runs")
NUMBERS = [row for row in parameters.shipped() if parameters.numbers_in(row.value)]


@pytest.mark.parametrize("row", NUMBERS, ids=lambda row: row.code)
def test_every_number_has_a_least_and_a_most_about_what_is_shipped(row: parameters.Shipped) -> None:
    assert row.least >= 0
    assert all(row.least <= number <= row.most for number in parameters.numbers_in(row.value))
    assert row.most <= max(parameters.numbers_in(row.value)) * 100_000_000


@pytest.mark.parametrize("row", NUMBERS, ids=lambda row: row.code)
def test_no_number_beyond_its_range_can_be_proposed(bank: Bank, row: parameters.Shipped) -> None:
    current = Parameter.objects.get(code=row.code)
    for number in (row.least - 1, row.most + 1, 10**200):
        with pytest.raises(ParameterRefused, match="must be at"):
            propose_parameter(
                parameter_id=current.pk, value=[number] if isinstance(row.value, list) else number,
                valid_from=timezone.localdate(), reason="试", by=bank.zheng, now=timezone.now(),
            )  # fmt: skip


@pytest.fixture(params=["least", "most"])
def extreme(bank: Bank, request: pytest.FixtureRequest) -> str:
    """Every number of the register at the same end of its range, from today on."""
    for row in NUMBERS:
        number = getattr(row, request.param)
        Parameter.objects.create(
            code=row.code, scope=row.scope, valid_from=timezone.localdate(), changed_at=timezone.now(),
            value=[number] if isinstance(row.value, list) else number,
        )  # fmt: skip
        assert parameters.value(row.code, on=timezone.localdate(), scope=row.scope) in (number, [number])
    return str(request.param)


def test_signing_in_holds_at_the_ends_of_every_range(bank: Bank, extreme: str, visitor: Client) -> None:
    for _again in range(25):
        assert visitor.post("/login/", {"staff_no": "A001", "password": "wrong"}).status_code == 422
    bank.chen.refresh_from_db()
    assert bank.chen.locked_until > timezone.now()
    assert visitor.post("/login/", {"staff_no": "A002", "password": PASSWORD}).status_code == 302
    admin = person("T001", "SYSTEM_ADMIN", at=bank.head_office)
    first = accounts.reset_password(
        staff_id=bank.lin.pk, version=0, reason="忘记", by=admin, now=timezone.now()
    )
    assert visitor.post("/login/", {"staff_no": "A002", "password": first.password}).status_code == 302


def test_every_page_opens_at_the_ends_of_every_range(bank: Bank, extreme: str, client_of: object) -> None:
    client = client_of(person("M002", *ROLES, at=bank.head_office))  # type: ignore[operator]
    client.raise_request_exception = False
    pages = [route for route in routes() if not route.is_api]
    faulty = {
        route.name: status for route in pages if (status := client.get(route.path()).status_code) >= FAULT
    }
    assert faulty == {}


def test_operations_hold_at_the_ends_of_every_range(bank: Bank, extreme: str, static_files: None) -> None:
    now, today = timezone.now(), timezone.localdate()
    customer = filed("7001", outlet=bank.donghu, manager=bank.chen, phone="13977415520")
    shown = reveal(customer_id=customer.pk, field="phone", purpose="CALL", by=bank.chen, now=now)
    assert shown.until > now
    request = ExportRequest.objects.create(
        query="", filters=[], row_count=9, reason="试", asked_by=bank.wu, asked_at=now
    )
    allow_export(approval=Approval(kind="desk.export", subject_id=request.pk), by=bank.shen, now=now)
    tasks.ask_task(title="回访", unit_id=bank.donghu.pk, due_on=today, by=bank.zheng, now=now)
    tasks.escalate_tasks(on=today + timedelta(days=7), now=now)
    accounts.lock_dormant(now=now)
    sweep(now=now)
    if (
        extreme == "most"
    ):  # a token of the least life ends tomorrow; the program of the tests asks for a month
        program = program_of(bank.wu)
        assert {program.get(path).status_code for path in PROGRAM_READS} == {200}
