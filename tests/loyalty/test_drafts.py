"""The draft of a scheme on its page: weight sets that fit, what is said of what is shown, and giving it up."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
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

from zhike.analytics import evaluate as evaluation
from zhike.analytics.scheme_problems import Code, Problem
from zhike.core import formats
from zhike.core.models import Approval, AuditEvent, Parameter
from zhike.core.operations import approvals
from zhike.core.queries.approvals import returned_to
from zhike.loyalty.enums import SchemeState
from zhike.loyalty.models import Run, Scheme
from zhike.loyalty.operations import overrides, schemes, withdrawing
from zhike.loyalty.queries.periods import next_end
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
        current = Scheme.objects.get(pk=draft.pk)
        client.post(address, entered(current, client, customers=customers))
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
    sent = entered(draft, client, customers="RETAIL/")
    page = client.post(address, sent, follow=True).content.decode()
    assert "There is already a weight set for: Retail, all groups." in page
    sent = entered(Scheme.objects.get(pk=draft.pk), client, customers="MOON/")
    assert client.post(address, sent).status_code == 302
    assert Scheme.objects.get(pk=draft.pk).definition.weight_sets == draft.definition.weight_sets
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


@pytest.mark.parametrize(
    ("ahead", "said"), [(-2000, "rules what is to come"), (366, ""), (367, "The first day can be")]
)
def test_a_first_day_that_has_come_or_is_far_off_stands_among_what_is_to_be_mended(
    golden_bank: Bank, draft: Scheme, client_of: ClientOf, ahead: int, said: str
) -> None:
    client = client_of(golden_bank.zheng)
    address = reverse("loyalty:scheme", args=[draft.pk])
    day = timezone.localdate() + timedelta(days=ahead)
    client.post(address, entered(draft, client, valid_from=day.isoformat()))
    found = [
        each for each in client.get(address).context["problems"] if "day" in each or "rules what" in each
    ]
    assert [said in each for each in found] == ([True] if said else [])


@pytest.mark.requirement("L-42")
def test_a_first_day_far_off_is_refused_at_its_field_by_the_limit_the_bank_set(
    golden_bank: Bank, draft: Scheme, client_of: ClientOf
) -> None:
    Parameter.objects.filter(code="loyalty.scheme_lead_days").update(value=30)
    client = client_of(golden_bank.zheng)
    schemes.try_scheme(scheme_id=draft.pk, as_of=golden.Q3, by=golden_bank.zheng, now=golden.NOW)
    latest = timezone.localdate() + timedelta(days=30)
    address = reverse("loyalty:scheme_submit", args=[draft.pk])
    refused = client.post(address, entered(draft, client, valid_from="2199-01-01"))
    assert refused.status_code == 422
    assert refused.context["form"].errors == {
        "valid_from": [f"The first day can be {formats.day(latest)} at the latest."]
    }
    assert Scheme.objects.get(pk=draft.pk).state == SchemeState.DRAFT
    current = Scheme.objects.get(pk=draft.pk)
    client.post(address, entered(current, client, valid_from=latest.isoformat()))
    assert Scheme.objects.get(pk=draft.pk).state == SchemeState.PENDING


@pytest.mark.requirement("L-42")
def test_a_new_scheme_does_not_become_the_next_version_of_another(
    golden_bank: Bank, golden_scheme: Scheme, client_of: ClientOf
) -> None:
    client, address = client_of(golden_bank.zheng), reverse("loyalty:scheme_draft")
    sent = {"preset": "core_banking", "code": golden_scheme.code, "name": "试用方案"}
    refused = client.post(address, sent)
    assert refused.status_code == 422
    code = golden_scheme.code
    said = f"The code {code} is that of “零售忠诚度”. Draft its next version with “New version” on its page."
    assert refused.context["form"].errors == {"code": [said]}
    assert list(Scheme.objects.all()) == [golden_scheme]
    assert client.post(address, {**sent, "code": "OTHER"}).status_code == 302
    made = Scheme.objects.get(code="OTHER")
    withdrawing.withdraw_draft(scheme_id=made.pk, by=golden_bank.zheng, now=golden.NOW)
    assert client.post(address, {**sent, "code": "OTHER"}).status_code == 302
    assert Scheme.objects.get(code="OTHER", state=SchemeState.DRAFT).number == 2


def test_a_new_scheme_sent_twice_is_drafted_once(golden_bank: Bank, client_of: ClientOf) -> None:
    client, address = client_of(golden_bank.zheng), reverse("loyalty:scheme_draft")
    form_id = str(client.get(address).context["form"]["form_id"].value())
    sent = {"preset": "full", "code": "ONCE", "name": "方案", "form_id": form_id}
    answers = [client.post(address, sent) for _click in range(2)]
    made = Scheme.objects.get()
    assert [each["Location"] for each in answers] == [
        reverse("loyalty:scheme", args=[made.pk]), reverse("loyalty:schemes"),
    ]  # fmt: skip


@pytest.mark.parametrize("button", ["add", "remove"])
def test_a_weight_set_comes_or_goes_without_losing_what_was_entered(
    golden_bank: Bank, draft: Scheme, client_of: ClientOf, button: str
) -> None:
    client = client_of(golden_bank.zheng)
    sets = [each.code for each in draft.definition.weight_sets]
    last = sets[-1]
    address = (
        reverse("loyalty:weight_set_add", args=[draft.pk])
        if button == "add"
        else reverse("loyalty:weight_set_remove", args=[draft.pk, last])
    )
    typed = {"w-RETAIL_GENERAL-REFERRAL": "10", "name": "新名称", "customers": "CORPORATE/CARD"}
    assert client.post(address, entered(draft, client, **typed)).status_code == 302
    saved = Scheme.objects.get(pk=draft.pk)
    weights = {each.code: each.weights["REFERRAL"] for each in saved.definition.weight_sets}
    assert saved.name == "新名称"
    assert weights["RETAIL_GENERAL"] == 1000
    assert list(weights) == ([*sets, "CORPORATE_CARD"] if button == "add" else sets[:-1])
    unreadable = entered(saved, client, **typed, **{"w-RETAIL_GENERAL-SATISFACTION": "x"})
    refused = client.post(address, unreadable)
    assert refused.status_code == 422
    assert refused.context["form"]["w-RETAIL_GENERAL-SATISFACTION"].value() == "x"
    assert refused.context["form"]["name"].value() == "新名称"


def test_a_deleted_draft_is_not_carried_on_by_any_address(
    golden_bank: Bank, draft: Scheme, client_of: ClientOf
) -> None:
    client = client_of(golden_bank.zheng)
    sent = entered(draft, client, customers="CORPORATE/CARD")
    withdrawing.withdraw_draft(scheme_id=draft.pk, by=golden_bank.zheng, now=golden.NOW)
    for name in ("scheme_try", "scheme_submit", "scheme_retire", "scheme_next", "weight_set_add"):
        assert client.post(reverse(f"loyalty:{name}", args=[draft.pk]), sent).status_code == 404, name
    remove = reverse("loyalty:weight_set_remove", args=[draft.pk, "MICRO"])
    assert client.post(remove, sent).status_code == 404
    assert client.get(reverse("loyalty:scheme_trial", args=[draft.pk])).status_code == 404
    assert Scheme.objects.count() == 1


def test_a_trial_that_ends_after_its_draft_was_deleted_writes_nothing(
    golden_bank: Bank, draft: Scheme, monkeypatch: pytest.MonkeyPatch
) -> None:
    evaluate = evaluation.evaluate

    def meanwhile(*given: Any) -> Any:
        withdrawing.withdraw_draft(scheme_id=draft.pk, by=golden_bank.zheng, now=golden.NOW)
        return evaluate(*given)

    monkeypatch.setattr(evaluation, "evaluate", meanwhile)
    schemes.try_scheme(scheme_id=draft.pk, as_of=golden.Q3, by=golden_bank.zheng, now=golden.NOW)
    gone = Scheme.objects.get(pk=draft.pk)
    assert (gone.state, gone.trial) == (SchemeState.WITHDRAWN, {})
    schemes.try_scheme(scheme_id=draft.pk, as_of=golden.Q3, by=golden_bank.zheng, now=golden.NOW)
    assert not AuditEvent.objects.filter(action="scheme.tried").exists()


def test_a_second_click_on_deleting_a_draft_ends_on_the_list_too(
    golden_bank: Bank, draft: Scheme, client_of: ClientOf
) -> None:
    client, address = client_of(golden_bank.zheng), reverse("loyalty:scheme_withdraw", args=[draft.pk])
    answers = [client.post(address, follow=True) for _click in range(2)]
    assert [each.redirect_chain for each in answers] == [[("/loyalty/schemes/", 302)]] * 2
    assert AuditEvent.objects.filter(action="scheme.withdrawn").count() == 1


@pytest.mark.requirement("L-42")
def test_a_returned_scheme_waits_for_its_author_until_it_is_submitted_again_or_deleted(
    golden_bank: Bank, golden_scheme: Scheme, client_of: ClientOf
) -> None:
    made = steps.submitted(golden.golden_spec(), golden_bank, valid_from=steps.TOMORROW.date())
    waiting = Approval.objects.get(subject_id=made.pk, state="PENDING")
    approvals.reject(approval_id=waiting.pk, reason="先看覆盖率", by=golden_bank.liang, now=golden.NOW)
    page = client_of(golden_bank.zheng).get("/").content.decode()
    assert "先看覆盖率" in page
    assert f'class="btn btn-sm" href="{reverse("loyalty:scheme", args=[made.pk])}"' in page
    made.refresh_from_db()
    again = schemes.submit_scheme(
        scheme_id=made.pk, version=made.version, by=golden_bank.zheng, now=golden.NOW
    )
    assert list(returned_to(golden_bank.zheng)) == []
    second = Approval.objects.get(subject_id=made.pk, state="PENDING")
    approvals.reject(approval_id=second.pk, reason="再议", by=golden_bank.liang, now=golden.NOW)
    assert list(returned_to(golden_bank.zheng)) == [second]
    withdrawing.withdraw_draft(scheme_id=again.pk, by=golden_bank.zheng, now=golden.NOW)
    assert list(returned_to(golden_bank.zheng)) == []


@pytest.mark.requirement("L-40")
def test_a_returned_tier_is_mended_on_its_customers_form(
    golden_bank: Bank, published: Run, client_of: ClientOf
) -> None:
    def returned(tier: str) -> Approval:
        asked = overrides.propose_override(
            customer_id=golden_bank.zhang_wei.pk, tier=tier, reason="长期客户", by=golden_bank.chen,
            expires_on=next_end(published.period), now=golden.NOW,
        )  # fmt: skip
        assert asked.approval is not None
        return approvals.reject(
            approval_id=asked.approval.pk, reason="请附材料", by=golden_bank.liang, now=golden.NOW
        )

    first = returned("HIGH")
    assert list(returned_to(golden_bank.chen)) == [first]
    mend = reverse("loyalty:override", args=[golden_bank.zhang_wei.pk])
    assert f'class="btn btn-sm" href="{mend}"' in client_of(golden_bank.chen).get("/").content.decode()
    second = returned("LOW")
    assert list(returned_to(golden_bank.chen)) == [second]
