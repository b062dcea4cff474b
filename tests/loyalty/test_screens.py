"""The screens: who sees what, the story of each, its refusal, and what it costs."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob
from tests.cast import Bank
from tests.factories.people import person
from tests.loyalty import seeded, steps
from tests.loyalty.golden import Q3, Q4

from zhike.core.models import AuditEvent
from zhike.facts.models import LakeFile
from zhike.loyalty import jobs
from zhike.loyalty.enums import RunState, SchemeState
from zhike.loyalty.models import FollowUp, Run, Scheme, Standing
from zhike.loyalty.queries import sampling

ClientOf = Callable[..., Client]


@pytest.fixture
def world(bank: Bank, lake: Any, loader_here: None) -> seeded.World:
    return seeded.make(bank, lake)


def entered(scheme: Scheme, client: Client, **changes: Any) -> dict[str, Any]:
    """What the editor's form would send, with some fields other than shown."""
    form = client.get(reverse("loyalty:scheme", args=[scheme.pk])).context["form"]
    sent = {}
    for name in form.fields:
        value = form[name].value()
        if value not in (None, "", False):
            sent[name] = value.isoformat() if isinstance(value, date) else value
    return {**sent, **changes}


@pytest.mark.parametrize("at", range(17))
def test_every_screen_answers_its_reader(
    bank: Bank, world: seeded.World, client_of: ClientOf, at: int
) -> None:
    name, reader, path = seeded.pages(bank, world)[at]
    assert client_of(reader).get(path).status_code == 200, name


def test_saving_the_editor_untouched_changes_no_number(
    bank: Bank, world: seeded.World, client_of: ClientOf
) -> None:
    client = client_of(bank.zheng)
    before = world.next_scheme.definition.sha256
    answer = client.post(
        reverse("loyalty:scheme", args=[world.next_scheme.pk]), entered(world.next_scheme, client)
    )
    assert answer.status_code == 302
    world.next_scheme.refresh_from_db()
    assert Scheme.objects.get(pk=world.next_scheme.pk).definition.sha256 == before


@pytest.mark.requirement("L-38")
def test_95_percent_come_back_with_the_sum_and_everything_entered(
    bank: Bank, world: seeded.World, client_of: ClientOf
) -> None:
    client = client_of(bank.zheng)
    sent = entered(world.next_scheme, client, **{"w-RETAIL_GENERAL-SATISFACTION": "15", "reason": "市场变化"})
    answer = client.post(reverse("loyalty:scheme_submit", args=[world.next_scheme.pk]), sent)
    assert answer.status_code == 422
    page = answer.content.decode()
    assert "add up to 95%, not 100%" in page
    assert "市场变化" in page


def test_a_stale_editor_answers_409_with_both_versions(
    bank: Bank, world: seeded.World, client_of: ClientOf
) -> None:
    client = client_of(bank.zheng)
    first = entered(world.next_scheme, client, name="甲先保存")
    second = entered(world.next_scheme, client, name="乙后保存")
    address = reverse("loyalty:scheme", args=[world.next_scheme.pk])
    assert client.post(address, first).status_code == 302
    answer = client.post(address, second)
    assert answer.status_code == 409
    assert "甲先保存" in answer.content.decode()
    assert "乙后保存" in answer.content.decode()


@pytest.mark.requirement("L-38", "L-42")
def test_a_draft_is_tried_submitted_and_decided_on_its_pages(
    bank: Bank, world: seeded.World, client_of: ClientOf
) -> None:
    client = client_of(bank.zheng)
    tomorrow = timezone.localdate() + timedelta(days=1)
    sent = entered(world.next_scheme, client, reason="市场变化", valid_from=tomorrow.isoformat())
    client.post(reverse("loyalty:scheme_try", args=[world.next_scheme.pk]), sent)
    _work("loyalty.try_scheme")
    page = client.get(reverse("loyalty:scheme", args=[world.next_scheme.pk])).content.decode()
    assert "26 customers" in page
    made = Scheme.objects.get(pk=world.next_scheme.pk)
    client.post(
        reverse("loyalty:scheme_submit", args=[made.pk]), entered(made, client, version=str(made.version))
    )
    made.refresh_from_db()
    assert made.state == SchemeState.PENDING
    decided = client_of(bank.liang).get(reverse("loyalty:scheme", args=[made.pk])).content.decode()
    assert "/approvals/" in decided


@pytest.mark.requirement("L-39")
def test_a_run_goes_from_its_start_to_publication_on_its_pages(
    golden_bank: Bank, golden_scheme: Scheme, client_of: ClientOf
) -> None:
    analyst, manager = client_of(golden_bank.wu), client_of(golden_bank.zheng)
    asked = {"scheme": golden_scheme.pk, "as_of": Q3.isoformat(), "reason": ""}
    page = analyst.get(reverse("loyalty:run_start"), asked)
    assert "being counted" in page.content.decode()
    _work("loyalty.count_coverage")
    page = analyst.get(reverse("loyalty:run_start"), asked)
    assert "6 customers" in page.content.decode()
    answer = analyst.post(reverse("loyalty:run_start"), asked)
    assert answer.status_code == 302
    _work("loyalty.compute_run")
    run = Run.objects.get()
    for drawn in sampling.samples(run, staff=golden_bank.zheng, on=timezone.localdate()):
        manager.post(
            reverse("loyalty:run_sample", args=[run.pk]), {"customer": drawn.customer_id, "verdict": "RIGHT"}
        )
    manager.post(reverse("loyalty:run_review", args=[run.pk]), {"note": ""})
    assert "Publish for 6 customers" in manager.get(answer.url).content.decode()
    assert analyst.post(reverse("loyalty:run_publish", args=[run.pk])).status_code == 403
    manager.post(reverse("loyalty:run_publish", args=[run.pk]))
    _work("loyalty.publish_run")
    run.refresh_from_db()
    assert (run.state, run.published_by) == (RunState.PUBLISHED, golden_bank.zheng)
    again = analyst.post(reverse("loyalty:run_start"), asked)
    assert "already published" in again.content.decode()


def test_an_unpublished_run_is_for_those_who_work_on_it(
    bank: Bank, world: seeded.World, client_of: ClientOf
) -> None:
    address = reverse("loyalty:run", args=[world.third.pk])
    assert client_of(bank.zheng).get(address).status_code == 200
    assert client_of(bank.liu).get(address).status_code == 404
    assert client_of(bank.liang).get(address).status_code == 404


@pytest.mark.requirement("L-32")
def test_who_sees_counts_sees_no_names(bank: Bank, world: seeded.World, client_of: ClientOf) -> None:
    marketing = person("M001", "MARKETING", at=bank.crm, name="许晴")
    for reader in (marketing, bank.liang):
        client = client_of(reader)
        page = client.get(reverse("loyalty:run", args=[world.second.pk])).content.decode()
        assert not [each.name for each in world.customers if each.name in page]
        assert "Counts under 5 are not shown, nor others that would give them away" in page
        assert client.get(reverse("loyalty:changes")).status_code == 403
        assert client.get(reverse("loyalty:customer", args=[world.customers[1].pk])).status_code == 403
    lobby = client_of(bank.outsider)
    assert lobby.get(reverse("loyalty:customer", args=[world.customers[1].pk])).status_code == 403


def test_a_customer_of_another_outlet_is_not_there(
    bank: Bank, world: seeded.World, client_of: ClientOf
) -> None:
    address = reverse("loyalty:customer", args=[bank.western.pk])
    assert client_of(bank.chen).get(address).status_code == 404
    refused = client_of(bank.chen).post(
        reverse("loyalty:follow", args=[bank.western.pk]), {"kind": "CALL", "outcome": "WILLING"}
    )
    assert refused.status_code == 404


@pytest.mark.requirement("L-41")
def test_saving_a_record_opens_the_next_customer(
    bank: Bank, world: seeded.World, client_of: ClientOf
) -> None:
    client = client_of(bank.chen)
    first = client.get(reverse("loyalty:changes")).context
    opened = first["opened"]
    assert (
        'name="outcome" value="WILLING" checked'
        not in client.get(reverse("loyalty:changes")).content.decode()
    )
    answer = client.post(
        reverse("loyalty:follow", args=[opened]),
        {"kind": "CALL", "outcome": "CONSIDERING", "next": "3", "note": "下周再谈"},
        headers={"HX-Request": "true"},
    )
    assert answer.status_code == 200
    assert answer.context["opened"] not in (None, opened)
    made = FollowUp.objects.get()
    assert (made.outcome, made.note, made.next_on is not None) == ("CONSIDERING", "下周再谈", True)
    assert 'id="zk-toasts"' in answer.content.decode()
    client.post(reverse("loyalty:follow_up_withdraw", args=[made.pk]))
    made.refresh_from_db()
    assert made.withdrawn_by == bank.chen


@pytest.mark.requirement("L-41")
def test_the_next_contact_is_some_days_from_now_or_on_a_day_but_not_both(
    bank: Bank, world: seeded.World, client_of: ClientOf
) -> None:
    client, today = client_of(bank.chen), timezone.localdate()
    address = reverse("loyalty:follow", args=[client.get(reverse("loyalty:changes")).context["opened"]])
    entered = {"kind": "CALL", "outcome": "CONSIDERING", "next": "3"}
    refused = client.post(address, {**entered, "next_on": (today + timedelta(days=9)).isoformat()})
    assert refused.status_code == 422 and "Choose one next contact" in refused.content.decode()
    assert not FollowUp.objects.exists()
    assert 'name="next" value="3" checked' not in refused.content.decode(), (
        "without a script it stays for good"
    )
    client.post(address, entered)
    assert FollowUp.objects.get().next_on == today + timedelta(days=3)


def test_a_record_sent_twice_is_made_once_and_answered_alike(
    bank: Bank, world: seeded.World, client_of: ClientOf
) -> None:
    client = client_of(bank.chen)
    page = client.get(reverse("loyalty:changes"))
    number = page.context["blank"]["form_id"].value()
    assert f'name="form_id" value="{number}"' in page.content.decode()
    address = reverse("loyalty:follow", args=[page.context["opened"]])
    entered = {"form_id": number, "kind": "CALL", "outcome": "WILLING", "note": "同意续存"}
    first, second = (client.post(address, entered, headers={"HX-Request": "true"}) for _ in range(2))
    assert FollowUp.objects.count() == 1
    for answer in (first, second):
        assert answer.status_code == 200
        assert (
            reverse("loyalty:follow_up_withdraw", args=[FollowUp.objects.get().pk]) in answer.content.decode()
        )


def test_a_record_taken_back_is_made_again_only_when_saved_again(
    bank: Bank, world: seeded.World, client_of: ClientOf
) -> None:
    client = client_of(bank.chen)
    page = client.get(reverse("loyalty:changes"))
    address = reverse("loyalty:follow", args=[page.context["opened"]])
    number = page.context["blank"]["form_id"].value()
    entered = {"form_id": number, "kind": "CALL", "outcome": "WILLING", "note": "同意续存"}
    client.post(address, entered)
    client.post(reverse("loyalty:follow_up_withdraw", args=[FollowUp.objects.get().pk]))
    refused = client.post(address, entered)
    assert refused.status_code == 422
    assert "was taken back" in refused.content.decode()
    assert not FollowUp.objects.filter(withdrawn_at=None).exists()
    renewed = refused.context["refused"]["form_id"].value()
    assert renewed != number
    client.post(address, {**entered, "form_id": renewed})
    assert FollowUp.objects.filter(withdrawn_at=None).count() == 1


def test_a_record_without_outcome_comes_back_with_its_note(
    bank: Bank, world: seeded.World, client_of: ClientOf
) -> None:
    client = client_of(bank.chen)
    opened = client.get(reverse("loyalty:changes")).context["opened"]
    answer = client.post(reverse("loyalty:follow", args=[opened]), {"kind": "CALL", "note": "打了三次"})
    assert answer.status_code == 422
    assert "打了三次" in answer.content.decode()
    assert not FollowUp.objects.exists()


@pytest.mark.parametrize("search", ["' OR 1=1 --", "<script>alert(1)</script>", "𠮷", "=1+1", "x" * 41])
def test_a_hostile_search_finds_nothing_and_breaks_nothing(
    bank: Bank, world: seeded.World, client_of: ClientOf, search: str
) -> None:
    answer = client_of(bank.zheng).get(reverse("loyalty:run", args=[world.second.pk]), {"search": search})
    assert answer.status_code in {200, 404}
    assert "<script>alert" not in answer.content.decode()


def test_a_list_of_changed_customers_costs_no_more_for_twenty_than_for_one(
    bank: Bank, world: seeded.World, client_of: ClientOf
) -> None:
    client = client_of(bank.zheng)
    client.get(reverse("loyalty:changes"), {"direction": "ALL"})
    with CaptureQueriesContext(connection) as many:
        client.get(reverse("loyalty:changes"), {"direction": "ALL"})
    kept = Standing.objects.filter(is_changed=True).order_by("pk").values_list("pk", flat=True)[:1]
    Standing.objects.exclude(pk__in=list(kept)).update(is_changed=False)
    with CaptureQueriesContext(connection) as one:
        client.get(reverse("loyalty:changes"), {"direction": "ALL"})
    # One more for each different number of working days that a measure allows; two ask how old the figures are, one
    # how many proposals wait for this manager, who decides about segments.
    assert (len(one), len(many)) == (21, 22)


def test_the_page_of_a_run_shows_its_differences_when_it_is_blocked(
    golden_bank: Bank, golden_scheme: Scheme, client_of: ClientOf
) -> None:
    LakeFile.objects.filter(table="balances").update(sum_cents=1)
    run = steps.compute(golden_scheme, golden_bank, as_of=Q4)
    page = client_of(golden_bank.wu).get(reverse("loyalty:run", args=[run.pk])).content.decode()
    assert "Blocked." in page
    assert "Compute again" in page


def _work(task: str) -> None:
    """Do the queued job of a name, as the worker would."""
    job = ProcrastinateJob.objects.filter(task_name=task).latest("id")
    getattr(jobs, task.removeprefix("loyalty."))(**job.args)


@pytest.mark.requirement("L-36")
def test_a_make_up_is_a_part_of_the_file_and_its_opening_is_recorded(
    bank: Bank, world: seeded.World, client_of: ClientOf
) -> None:
    concerned = world.customers[1]
    address = reverse("loyalty:customer", args=[concerned.pk])
    for _time in range(2):
        assert client_of(bank.zheng).get(address).status_code == 200
    (event,) = AuditEvent.objects.filter(action="customer.opened", actor_id=bank.zheng.pk)
    assert (event.customer_id, event.detail) == (concerned.pk, {"part": "LOYALTY"})
    led = client_of(bank.shen).get(address)
    assert (led.status_code, led["Location"]) == (302, f"/customers/{concerned.pk}/loyalty/")
    assert not AuditEvent.objects.filter(action="customer.opened", actor_id=bank.shen.pk).exists()
