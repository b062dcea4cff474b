"""The draft of a scheme on its page: weight sets that fit, what is said of what is shown, and giving it up."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from importlib import import_module
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone, translation
from tests.cast import Bank
from tests.loyalty import golden, steps
from tests.loyalty.test_screens import entered

from zhike.analytics.scheme_problems import Code, Problem
from zhike.core.models import Approval, AuditEvent
from zhike.core.operations import approvals
from zhike.loyalty.enums import SchemeState
from zhike.loyalty.models import Scheme
from zhike.loyalty.operations import schemes, withdrawing
from zhike.loyalty.queries.scheme_versions import compared_with, listed
from zhike.loyalty.queries.sentences import problem_in_words, weight_set_label
from zhike.loyalty.queries.weight_sets import open_combinations

ClientOf = Callable[..., Client]


@pytest.fixture
def draft(golden_bank: Bank) -> Scheme:
    return steps.draft(golden.golden_spec(), golden_bank)


def test_only_customers_without_a_weight_set_are_offered_one(
    golden_bank: Bank, draft: Scheme, client_of: ClientOf
) -> None:
    offered = dict(open_combinations(draft.definition))
    assert not {"RETAIL/", "RETAIL/CARD", "RETAIL/WEALTH", "RETAIL/GENERAL", "MICRO/"} & set(offered)
    assert offered["MICRO/CARD"] == "Small and micro business, Mainly credit card"
    client = client_of(golden_bank.zheng)
    address = reverse("loyalty:weight_set_add", args=[draft.pk])
    for customers in offered:
        client.post(address, {"customers": customers})
    draft = Scheme.objects.get(pk=draft.pk)
    assert open_combinations(draft.definition) == []
    assert not [each for each in schemes.problems(draft.definition) if each.is_blocking]
    page = client.get(reverse("loyalty:scheme", args=[draft.pk])).content.decode()
    assert "Every business type and group has a weight set." in page
    assert "MICRO_CARD" not in weight_set_label("MICRO_CARD")


def test_a_weight_set_that_is_taken_is_refused_in_the_banks_words(
    golden_bank: Bank, draft: Scheme, client_of: ClientOf
) -> None:
    client = client_of(golden_bank.zheng)
    address = reverse("loyalty:weight_set_add", args=[draft.pk])
    page = client.post(address, {"customers": "RETAIL/"}, follow=True).content.decode()
    assert "There is already a weight set for: Retail, all groups." in page
    assert client.post(address, {"customers": "MOON/"}).status_code == 302
    problem = Problem(Code.AMBIGUOUS_WEIGHT_SET, "RETAIL/")
    with translation.override("zh-hans"):
        assert problem_in_words(problem) == "两个权重组对应相同的客户：零售，全部客群。"


@pytest.mark.requirement("L-42")
def test_a_draft_is_given_up_by_its_maker_and_leaves_every_list(
    golden_bank: Bank, golden_scheme: Scheme, client_of: ClientOf
) -> None:
    draft = schemes.draft_next_version(scheme_id=golden_scheme.pk, by=golden_bank.zheng, now=golden.NOW)
    address = reverse("loyalty:scheme", args=[draft.pk])
    client = client_of(golden_bank.zheng)
    assert "Delete the draft" in client.get(address).content.decode()
    page = client.post(reverse("loyalty:scheme_withdraw", args=[draft.pk]), follow=True)
    assert page.redirect_chain == [("/loyalty/schemes/", 302)]
    assert list(listed()) == [golden_scheme]
    shown = client.get(address).content.decode()
    assert "Draft deleted" in shown
    assert "in force from" not in shown
    assert reverse("loyalty:scheme_next", args=[draft.pk]) not in shown
    assert client.post(reverse("loyalty:scheme_next", args=[draft.pk])).status_code == 404
    assert AuditEvent.objects.filter(action="scheme.withdrawn", actor_id=golden_bank.zheng.pk).exists()
    after = schemes.draft_next_version(scheme_id=golden_scheme.pk, by=golden_bank.zheng, now=golden.NOW)
    assert (after.number, compared_with(after)) == (draft.number + 1, golden_scheme)


def test_only_a_draft_is_given_up_and_only_by_who_made_it(
    golden_bank: Bank, golden_scheme: Scheme, draft: Scheme
) -> None:
    for scheme, by, said in (
        (golden_scheme, golden_bank.zheng, "does not fit the state of the scheme: In force"),
        (draft, golden_bank.wu, "Only those who made"),
    ):
        with pytest.raises(schemes.SchemeRefused, match=said):
            withdrawing.withdraw_draft(scheme_id=scheme.pk, by=by, now=golden.NOW)
    withdrawing.withdraw_draft(scheme_id=draft.pk, by=golden_bank.zheng, now=golden.NOW)
    with pytest.raises(schemes.SchemeRefused):
        schemes.submit_scheme(scheme_id=draft.pk, version=1, by=golden_bank.zheng, now=golden.NOW)
    gone = Scheme.objects.get(pk=draft.pk)
    assert (gone.state, gone.retired_on, gone.spec_hash) == (SchemeState.WITHDRAWN, None, "")
    for entering in SchemeState:
        with pytest.raises(schemes.SchemeRefused, match="Draft deleted"):
            schemes.demand_next(gone, entering)


@pytest.mark.requirement("L-42")
def test_a_proposal_still_leads_to_the_draft_that_came_back_and_was_deleted(
    golden_bank: Bank, golden_scheme: Scheme, client_of: ClientOf
) -> None:
    made = steps.submitted(golden.golden_spec(), golden_bank, valid_from=steps.TOMORROW.date())
    proposal = Approval.objects.get(subject_id=made.pk, state="PENDING")
    approvals.reject(approval_id=proposal.pk, reason="重新试算", by=golden_bank.liang, now=golden.NOW)
    withdrawing.withdraw_draft(scheme_id=made.pk, by=golden_bank.zheng, now=golden.NOW)
    address = reverse("loyalty:scheme", args=[made.pk])
    for person in (golden_bank.liang, golden_bank.zheng):
        client = client_of(person)
        assert address in client.get(reverse("core:approval", args=[proposal.pk])).content.decode()
        page = client.get(address)
        assert (page.status_code, page.templates[0].name) == (200, "loyalty/scheme.html")
        assert "Draft deleted" in page.content.decode()
    assert address not in client.get(reverse("loyalty:schemes")).content.decode()


def test_the_upgrade_knows_a_deleted_draft_from_a_retired_scheme(
    golden_bank: Bank, golden_scheme: Scheme, draft: Scheme
) -> None:
    migration = import_module("zhike.loyalty.migrations.0009_deleted_drafts")
    ended = {"state": "RETIRED", "retired_on": steps.TODAY, "valid_from": None}
    Scheme.objects.filter(pk=draft.pk).update(**ended, spec_hash="0" * 64)
    Scheme.objects.filter(pk=golden_scheme.pk).update(**ended)
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE loyalty_scheme DROP CONSTRAINT scheme_frozen_from_submission")
        cursor.execute(migration.WITHDRAWN.sql)
    states = dict(Scheme.objects.values_list("pk", "state"))
    assert states == {draft.pk: "WITHDRAWN", golden_scheme.pk: "RETIRED"}


def test_a_given_up_draft_does_not_put_off_the_first_scheme(golden_bank: Bank, draft: Scheme) -> None:
    withdrawing.withdraw_draft(scheme_id=draft.pk, by=golden_bank.zheng, now=golden.NOW)
    assert schemes.earliest_day(today=steps.TODAY) == steps.TODAY


@pytest.mark.requirement("L-38")
def test_what_is_said_after_a_refusal_is_of_the_numbers_shown(
    golden_bank: Bank, golden_scheme: Scheme, client_of: ClientOf
) -> None:
    draft = schemes.draft_next_version(scheme_id=golden_scheme.pk, by=golden_bank.zheng, now=golden.NOW)
    client = client_of(golden_bank.zheng)
    version = {"version": str(draft.version)}
    wrong = entered(draft, client, **{"w-RETAIL_GENERAL-SATISFACTION": "35"}, **version)
    client.post(reverse("loyalty:scheme", args=[draft.pk]), wrong)
    page = client.get(reverse("loyalty:scheme", args=[draft.pk]))
    assert any("115%" in sentence for sentence in page.context["problems"])
    draft.refresh_from_db()
    right = entered(draft, client, **{"w-RETAIL_GENERAL-SATISFACTION": "20", "reason": ""})
    refused = client.post(reverse("loyalty:scheme_submit", args=[draft.pk]), right)
    assert refused.status_code == 422
    assert not any("115%" in sentence for sentence in refused.context["problems"])
    assert refused.context["differences"] == []
    unreadable = {**right, "high_from": "x", "version": refused.context["form"].data["version"]}
    refused = client.post(reverse("loyalty:scheme_submit", args=[draft.pk]), unreadable)
    assert (refused.status_code, refused.context["problems"]) == (422, [])


def test_a_first_day_that_has_come_stands_among_what_is_to_be_mended(
    golden_bank: Bank, draft: Scheme, client_of: ClientOf
) -> None:
    client = client_of(golden_bank.zheng)
    address = reverse("loyalty:scheme", args=[draft.pk])
    for day, is_early in (
        (date(2020, 1, 1), True), (timezone.localdate() + timedelta(days=900), False),
    ):  # fmt: skip
        client.post(address, entered(Scheme.objects.get(pk=draft.pk), client, valid_from=day.isoformat()))
        said: list[Any] = client.get(address).context["problems"]
        assert any("rules what is to come" in sentence for sentence in said) is is_early
