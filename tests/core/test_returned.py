"""A proposal that came back waits for its author, until it is mended, settled or given up (G28)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from importlib import import_module
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from tests.cast import Bank
from tests.factories.people import person
from tests.factories.proposals import returned_stand_in
from zhike.core.models import Approval, AuditEvent, Parameter
from zhike.core.operations import approvals
from zhike.core.operations.parameters import propose_parameter
from zhike.core.queries.approvals import returned_to
from zhike.core.sentences import Sentence

ClientOf = Callable[[Any], Client]
NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
CODE = "export.approval_rows"


def proposed(bank: Bank, value: int = 300) -> Approval:
    row = Parameter.objects.get(code=CODE)
    return propose_parameter(
        parameter_id=row.pk, value=value, valid_from=NOW.date(), reason="更严", by=bank.zheng, now=NOW
    )


@pytest.fixture
def returned(bank: Bank) -> Approval:
    return approvals.reject(approval_id=proposed(bank).pk, reason="缺少依据", by=bank.shen, now=NOW)


def test_what_came_back_waits_for_its_author_alone(bank: Bank, returned: Approval) -> None:
    waiting = proposed(bank, 250)
    approvals.withdraw(approval_id=waiting.pk, by=bank.zheng, now=NOW)
    assert list(returned_to(bank.zheng)) == []  # proposed anew, whatever became of it
    Approval.objects.filter(pk=waiting.pk).delete()
    assert list(returned_to(bank.zheng)) == [returned]
    assert list(returned_to(bank.shen)) == []


def test_what_was_overtaken_came_back_too(bank: Bank) -> None:
    waiting = proposed(bank)
    approvals.overtake(
        proposals=Approval.objects.all(), reason=Sentence("parameter.changed_meanwhile"), by=None, now=NOW
    )
    assert list(returned_to(bank.zheng)) == [waiting]
    assert returned_to(bank.zheng)[0].decided_by is None


def test_a_value_that_has_changed_since_leaves_nothing_to_mend(bank: Bank, returned: Approval) -> None:
    row = Parameter.objects.get(code=CODE)
    row.pk, row.value, row.valid_from, row.changed_at = None, 200, NOW.date(), NOW
    row.save()
    assert list(returned_to(bank.zheng)) == []


def test_what_is_settled_does_not_crowd_out_what_still_waits(
    bank: Bank, returned: Approval, client_of: ClientOf
) -> None:
    for _number in range(25):
        returned_stand_in(bank.chen, bank.lin, by=bank.shen, to=bank.zheng, last_in_days=-1)
    assert list(returned_to(bank.zheng)) == [returned]
    home: Any = client_of(bank.zheng).get("/")
    assert [row for row, _title, _mend in home.context["returned"]] == [returned]


def test_only_the_author_gives_up_what_came_back_and_the_decision_stays(
    bank: Bank, returned: Approval
) -> None:
    with pytest.raises(approvals.ApprovalRefused, match="Only the person who proposed"):
        approvals.give_up(approval_id=returned.pk, by=bank.shen, now=NOW)
    for _click in range(2):
        given_up = approvals.give_up(approval_id=returned.pk, by=bank.zheng, now=NOW)
    assert (given_up.state, given_up.decision, given_up.decided_by) == ("REJECTED", "缺少依据", bank.shen)
    assert given_up.payload == returned.payload
    assert list(returned_to(bank.zheng)) == []
    event = AuditEvent.objects.get(action="approval.given_up")
    assert event.detail["changes"] == {"given_up_at": [None, str(NOW)]}


def test_what_did_not_come_back_is_not_given_up(bank: Bank) -> None:
    with pytest.raises(approvals.ApprovalRefused, match="that came back"):
        approvals.give_up(approval_id=proposed(bank).pk, by=bank.zheng, now=NOW)


@pytest.mark.parametrize("state", ["PENDING", "WITHDRAWN"])
def test_the_database_refuses_giving_up_what_did_not_come_back(bank: Bank, state: str) -> None:
    waiting = proposed(bank)
    if state == "WITHDRAWN":
        approvals.withdraw(approval_id=waiting.pk, by=bank.zheng, now=NOW)
    with pytest.raises(IntegrityError, match="approval_given_up_came_back"), transaction.atomic():
        Approval.objects.filter(pk=waiting.pk).update(given_up_at=NOW)


def test_the_upgrade_takes_the_time_out_of_what_was_proposed(bank: Bank, returned: Approval) -> None:
    migration = import_module("zhike.core.migrations.0008_given_up_proposals")
    approvals.give_up(approval_id=returned.pk, by=bank.zheng, now=NOW)
    for sql, given_up_at in ((migration.MOVED.reverse_sql, None), (migration.MOVED.sql, NOW)):
        with connection.cursor() as cursor:
            cursor.execute(sql)
        if given_up_at is None:  # as it was kept before
            row = Approval.objects.get(pk=returned.pk)
            assert datetime.fromisoformat(row.payload["given_up_at"]) == NOW
            Approval.objects.filter(pk=returned.pk).update(given_up_at=None)
    upgraded = Approval.objects.get(pk=returned.pk)
    assert (upgraded.given_up_at, upgraded.payload) == (NOW, returned.payload)


@pytest.mark.parametrize("address", ["/", "/approvals/", "/approvals/mine/", "one"])
def test_a_page_asks_as_often_for_three_that_came_back_as_for_one(
    bank: Bank, client_of: ClientOf, address: str, django_assert_num_queries: Any
) -> None:
    def came_back(staff_no: str) -> Approval:
        absent = person(staff_no, "ACCOUNT_MANAGER", at=bank.donghu, name="请假人")
        return returned_stand_in(absent, bank.lin, by=bank.shen, to=bank.zheng)

    first, author = came_back("A101"), client_of(bank.zheng)
    page = reverse("core:approval", args=[first.pk]) if address == "one" else address
    author.get(page)
    with CaptureQueriesContext(connection) as asked:
        assert "请假人" in author.get(page).content.decode() or address == "/approvals/"
    came_back("A102"), came_back("A103")
    with django_assert_num_queries(len(asked)):
        author.get(page)
    assert returned_to(bank.zheng).count() == 3


def test_the_author_finds_it_on_the_workbench_with_the_reason_and_gives_it_up(
    bank: Bank, returned: Approval, client_of: ClientOf
) -> None:
    author = client_of(bank.zheng)
    home: Any = author.get("/")
    page = home.content.decode()
    assert [row for row, _title, _mend in home.context["returned"]] == [returned]
    assert "Returned to you" in page
    assert "缺少依据" in page
    assert f'class="btn btn-sm" href="{reverse("core:parameter", args=[CODE])}"' in page
    mine: Any = author.get(reverse("core:approvals_mine"))
    assert [tab["count"] for tab in mine.context["tabs"]] == [None, 1, None]
    detail = author.get(reverse("core:approval", args=[returned.pk])).content.decode()
    give_up = reverse("core:approval_give_up", args=[returned.pk])
    assert give_up in detail
    assert (
        give_up not in client_of(bank.shen).get(reverse("core:approval", args=[returned.pk])).content.decode()
    )
    assert client_of(bank.shen).post(give_up).status_code == 404
    assert author.post(give_up).status_code == 302
    assert "Returned to you" not in author.get("/").content.decode()
