"""The sheet for a customer who asks why, and the review a customer may ask for (K-10, F-2)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest
from django.test import Client
from tests.cast import Bank
from tests.loyalty.golden import NOW

from zhike.core.models import AuditEvent, Task
from zhike.core.operations import tasks
from zhike.loyalty.models import Run
from zhike.loyalty.operations import reviews
from zhike.loyalty.operations.reviews import ReviewRefused
from zhike.loyalty.queries.breakdown import breakdown
from zhike.loyalty.queries.reviews import SOURCE, open_review
from zhike.loyalty.queries.sheets import sheet_of
from zhike.staff.models import RoleAssignment

ClientOf = Callable[..., Client]


def test_the_sheet_tells_indicators_weights_and_values(golden_bank: Bank, published: Run) -> None:
    found = breakdown(golden_bank.zhang_wei.pk, staff=golden_bank.chen)
    assert found is not None
    sheet = sheet_of(found)
    assert sum(row.weight for row in sheet.rows) == pytest.approx(1)
    assert sum(row.weight * row.value for row in sheet.rows) == pytest.approx(found.result.score)
    assert all(row.seen and row.source and row.effect for row in sheet.rows)
    assert (sheet.window_until, sheet.window_from < published.as_of) == (published.as_of, True)


def test_a_customer_without_an_answer_is_told_what_was_left_out(golden_bank: Bank, published: Run) -> None:
    found = breakdown(golden_bank.li_na.pk, staff=golden_bank.zheng)
    assert found is not None
    sheet = sheet_of(found)
    names = {part.name for part in found.parts}
    assert {row.name for row in sheet.rows} | set(sheet.left_out) == names


def test_a_review_is_a_task_of_the_department_in_the_customers_words(
    golden_bank: Bank, published: Run
) -> None:
    task = reviews.ask_review(
        customer_id=golden_bank.zhang_wei.pk,
        run_id=published.pk,
        words="我从未投诉过",
        by=golden_bank.chen,
        now=NOW,
    )
    assert task.unit_id == published.published_by.unit_id
    assert "我从未投诉过" in task.text_in_words
    assert golden_bank.zhang_wei.customer_no in task.title_in_words
    assert AuditEvent.objects.filter(action="review.asked", customer_id=golden_bank.zhang_wei.pk).exists()
    with pytest.raises(ReviewRefused, match="asked already"):
        reviews.ask_review(
            customer_id=golden_bank.zhang_wei.pk,
            run_id=published.pk,
            words="再看",
            by=golden_bank.chen,
            now=NOW,
        )
    tasks.close_task(task_id=task.pk, result="已复核", by=golden_bank.zheng, now=NOW)
    assert open_review(golden_bank.zhang_wei.pk) is None


def test_a_review_needs_the_customers_words(golden_bank: Bank, published: Run) -> None:
    with pytest.raises(ReviewRefused, match="Write down"):
        reviews.ask_review(
            customer_id=golden_bank.zhang_wei.pk,
            run_id=published.pk,
            words="  ",
            by=golden_bank.chen,
            now=NOW,
        )


def test_the_sheet_is_printed_and_a_review_asked_on_its_page(
    golden_bank: Bank, published: Run, client_of: ClientOf
) -> None:
    client = client_of(golden_bank.chen)
    address = f"/loyalty/customers/{golden_bank.zhang_wei.pk}/sheet/"
    page = client.get(address)
    assert page.status_code == 200
    assert "data-prints" in page.content.decode()
    sent = {"words": "请复核", "form_id": page.context["form"]["form_id"].value()}
    assert client.post(address, sent).status_code == 302
    assert client.post(address, sent).status_code == 302  # a double click asks once
    assert Task.objects.filter(source_key__startswith=SOURCE).count() == 1
    assert client.get(address).context["waiting"]
    assert client.post(address, {"words": ""}).status_code == 422


def test_the_sheet_of_a_customer_out_of_reach_is_no_page(
    golden_bank: Bank, published: Run, client_of: ClientOf
) -> None:
    address = f"/loyalty/customers/{golden_bank.western.pk}/sheet/"
    assert client_of(golden_bank.chen).get(address).status_code in {403, 404}


@pytest.mark.requirement("L-32")
def test_a_review_is_asked_where_the_role_reaches_that_may_ask(
    golden_bank: Bank, published: Run, client_of: ClientOf
) -> None:
    RoleAssignment.objects.create(
        staff=golden_bank.wu, role="OUTLET_HEAD", unit=golden_bank.donghu, valid_from=date(2020, 1, 1)
    )
    client = client_of(golden_bank.wu)
    for one, is_own in ((golden_bank.zhang_wei, True), (golden_bank.western, False)):
        address = f"/loyalty/customers/{one.pk}/sheet/"
        assert client.get(address).context["may_ask"] == is_own
        assert client.post(address, {"words": ""}).status_code == (422 if is_own else 404)
