"""A form that is sent twice does its work once; a refused one may be sent again."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection, transaction
from django.http import QueryDict
from django.test import Client
from django.utils import timezone

from tests.cast import Bank, make_bank
from tests.factories.people import person
from zhike.core.errors import DomainError
from zhike.core.models import Approval, Task
from zhike.core.operations.submissions import once
from zhike.staff.models import Staff

SignIn = Callable[[Staff], Client]
NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)


def sent(**fields: str) -> QueryDict:
    found = QueryDict(mutable=True)
    found.update({"form_id": "7f", "csrfmiddlewaretoken": "x", **fields})
    return found


def test_the_same_form_does_its_work_once(bank: Bank) -> None:
    done: list[int] = []
    for token in ("a", "b"):
        once(
            lambda: done.append(1),
            sent=sent(csrfmiddlewaretoken=token),
            to="/tasks/ask/",
            by=bank.zheng,
            now=NOW,
        )
    assert done == [1]


@pytest.mark.parametrize("second", [{"title": "other"}, {"form_id": "80"}, {"form_id": ""}])
def test_another_content_or_another_form_is_another_submission(bank: Bank, second: dict[str, str]) -> None:
    done: list[int] = []
    for fields in ({}, second):
        once(lambda: done.append(1), sent=sent(**fields), to="/tasks/ask/", by=bank.zheng, now=NOW)
    assert done == [1, 1]


def test_the_same_form_at_another_address_is_another_submission(bank: Bank) -> None:
    done: list[int] = []
    for to in ("/loyalty/changes/1/follow/", "/loyalty/changes/2/follow/"):
        once(lambda: done.append(1), sent=sent(), to=to, by=bank.zheng, now=NOW)
    assert done == [1, 1]


def test_another_person_s_form_is_theirs(bank: Bank) -> None:
    done: list[int] = []
    for who in (bank.zheng, bank.wu):
        once(lambda: done.append(1), sent=sent(), to="/tasks/ask/", by=who, now=NOW)
    assert done == [1, 1]


def test_a_refused_form_may_be_sent_again(bank: Bank) -> None:
    def refuse() -> None:
        raise DomainError

    with pytest.raises(DomainError):
        once(refuse, sent=sent(), to="/tasks/ask/", by=bank.zheng, now=NOW)
    assert once(lambda: "done", sent=sent(), to="/tasks/ask/", by=bank.zheng, now=NOW) == "done"


@pytest.mark.django_db(transaction=True)
def test_four_at_once_do_it_once(committed: None) -> None:
    zheng, done, gate = make_bank().zheng, [], threading.Barrier(4)

    def work() -> None:
        done.append(1)

    def send() -> None:
        gate.wait()
        with transaction.atomic():
            once(work, sent=sent(), to="/tasks/ask/", by=zheng, now=NOW)
        connection.close()

    senders = [threading.Thread(target=send) for _ in range(4)]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join()
    assert done == [1]


def drawn(client: Client, address: str) -> str:
    page = client.get(address).content.decode()
    return page.split('name="form_id" value="')[1].split('"')[0]


def test_a_task_asked_by_a_double_click_is_one_task(bank: Bank, client_of: SignIn) -> None:
    client = client_of(bank.zheng)
    due = timezone.localdate() + timedelta(days=3)
    entered = {"title": "回访", "unit": bank.donghu.pk, "due_on": due.isoformat()}
    first, another = drawn(client, "/tasks/ask/"), drawn(client, "/tasks/ask/")
    answers = [client.post("/tasks/ask/", {**entered, "form_id": first}) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [302, 302]
    assert Task.objects.count() == 1
    client.post("/tasks/ask/", {**entered, "form_id": another})
    assert Task.objects.count() == 2


def test_a_stand_in_proposed_by_a_double_click_is_no_refusal(bank: Bank, client_of: SignIn) -> None:
    client = client_of(person("T001", "SYSTEM_ADMIN", at=bank.head_office))
    today = timezone.localdate()
    entered = {
        "absent": bank.chen.pk, "substitute": bank.lin.pk, "from_on": today.isoformat(),
        "until_on": today.isoformat(), "reason": "休假", "form_id": drawn(client, "/staff/stand-ins/new/"),
    }  # fmt: skip
    answers = [client.post("/staff/stand-ins/new/", entered) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [302, 302]
    assert Approval.objects.count() == 1
