"""Models of churn from training to use, the warnings that follow, and what people say to them (M-03, N-17)."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from tests.analytics import leavers
from tests.cast import Bank
from tests.factories.customers import customer
from tests.loyalty.golden import NOW, load

from zhike.core.errors import DomainError
from zhike.core.models import Approval, AuditEvent, Parameter, Task
from zhike.core.operations import approvals, tasks
from zhike.facts import api as facts
from zhike.insight.models import ChurnWarning, RegisteredModel, Scoring
from zhike.insight.operations import registering, scoring, warnings
from zhike.insight.operations.snapshots import follow_moves
from zhike.insight.queries import cards, model_words
from zhike.insight.queries import warnings as asked
from zhike.staff.models import Staff

pytestmark = pytest.mark.django_db
ClientOf = Callable[[Staff], Client]
IDS_FROM = 100_000
LEAVING = (9, 15, 21, 27, 33, 39, 45)
"""Some of those whose assets fall of late; the first six are of one manager, the last of nobody."""


def text(answer: Any) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode()))


@pytest.fixture
def leaving_bank(bank: Bank, lake: Path, loader_here: None) -> Bank:
    """The cast, with customers of whom some take their money away."""
    for number in LEAVING:
        manager = None if number == LEAVING[-1] else bank.chen
        customer(f"7{number:03d}", outlet=bank.donghu, manager=manager, pk=IDS_FROM + number)
    load(leavers.make(ids_from=IDS_FROM).rows, lake=lake, digest="leavers", business_on=leavers.AS_OF)
    return bank


@pytest.fixture
def trained(leaving_bank: Bank) -> RegisteredModel:
    asked_for = registering.ask_training(by=leaving_bank.wu, now=NOW)
    return registering.train_model(model_id=asked_for.pk, now=NOW)


@pytest.fixture
def in_use(trained: RegisteredModel, leaving_bank: Bank) -> RegisteredModel:
    Parameter.objects.filter(code="insight.churn_tasks").update(value=50)
    approve(trained, leaving_bank)
    return registering.use_model(model_id=trained.pk, by=leaving_bank.wu, now=NOW)


def approve(model: RegisteredModel, bank: Bank, reason: str = "") -> Approval:
    registering.propose_model(model_id=model.pk, reason="试点", by=bank.wu, now=NOW)
    waiting = Approval.objects.get(kind=registering.KIND, state="PENDING")
    return approvals.approve(approval_id=waiting.pk, reason=reason, by=bank.zheng, now=NOW)


def scored() -> Scoring:
    made = scoring.score_customers(now=NOW)
    assert made is not None
    return made


@pytest.mark.requirement("N-17")
def test_a_model_is_trained_with_its_card_and_approved_by_another_person(
    trained: RegisteredModel, leaving_bank: Bank
) -> None:
    assert (trained.state, trained.as_of) == ("TRAINED", leavers.AS_OF)
    assert trained.is_better
    assert trained.card["tried_on"] == {
        "as_of": "2026-03-31", "until": "2026-09-30", "customer_count": 300, "case_count": 60,
    }  # fmt: skip
    registering.propose_model(model_id=trained.pk, reason="试点", by=leaving_bank.zheng, now=NOW)
    waiting = Approval.objects.get(kind=registering.KIND)
    for maker in (leaving_bank.zheng, leaving_bank.wu):  # who proposed it, and who had it trained
        with pytest.raises(DomainError):
            approvals.approve(approval_id=waiting.pk, reason="同意", by=maker, now=NOW)
    approvals.withdraw(approval_id=waiting.pk, by=leaving_bank.zheng, now=NOW)
    trained.refresh_from_db()
    assert trained.state == "TRAINED"
    with pytest.raises(registering.ModelRefused):
        registering.use_model(model_id=trained.pk, by=leaving_bank.wu, now=NOW)


@pytest.mark.requirement("N-17")
def test_a_model_no_better_than_the_plain_rule_is_approved_only_with_a_reason(
    trained: RegisteredModel, leaving_bank: Bank, client_of: ClientOf
) -> None:
    card = trained.card | {"difference": {"value": 0.01, "low": -0.02, "high": 0.04}}
    RegisteredModel.objects.update(card=card)
    page = text(client_of(leaving_bank.wu).get(f"/models/{trained.pk}/"))
    assert "No better than the plain rule" in page
    with pytest.raises(registering.ModelRefused):
        approve(trained, leaving_bank)
    waiting = Approval.objects.get(kind=registering.KIND, state="PENDING")
    shown = text(client_of(leaving_bank.zheng).get(f"/approvals/{waiting.pk}/"))
    assert "no: it told no more than the plain rule" in shown
    approvals.approve(approval_id=waiting.pk, reason="仅作对照", by=leaving_bank.zheng, now=NOW)
    trained.refresh_from_db()
    assert (trained.state, trained.approved_by) == ("APPROVED", leaving_bank.zheng)


def test_the_model_in_use_before_retires_and_only_one_is_in_use(
    in_use: RegisteredModel, leaving_bank: Bank
) -> None:
    second = registering.ask_training(by=leaving_bank.wu, now=NOW)
    with pytest.raises(registering.ModelRefused):  # one at a time
        registering.ask_training(by=leaving_bank.wu, now=NOW)
    second = registering.train_model(model_id=second.pk, now=NOW)
    for each in (second, in_use):
        each.refresh_from_db()
    assert second.fitted == in_use.fitted  # the same facts give the same model
    approve(second, leaving_bank)
    registering.use_model(model_id=second.pk, by=leaving_bank.wu, now=NOW)
    in_use.refresh_from_db()
    assert (in_use.state, cards.in_use()) == ("RETIRED", second)
    with pytest.raises(IntegrityError), transaction.atomic():
        RegisteredModel.objects.filter(pk=in_use.pk).update(state="IN_USE")
    with pytest.raises(registering.ModelRefused):
        registering.retire_model(model_id=in_use.pk, by=leaving_bank.wu, now=NOW)


def test_facts_that_are_too_short_are_said_to_be(golden_bank: Bank, client_of: ClientOf) -> None:
    asked_for = registering.ask_training(by=golden_bank.wu, now=NOW)
    made = registering.train_model(model_id=asked_for.pk, now=NOW)
    assert (made.state, made.refusal) == ("REFUSED", "TOO_SHORT")
    assert "do not reach back far enough" in text(client_of(golden_bank.wu).get(f"/models/{made.pk}/"))
    assert scoring.score_customers(now=NOW) is None


@pytest.mark.requirement("M-03")
def test_a_warning_has_reasons_and_a_task_for_whoever_looks_after_the_customer(
    in_use: RegisteredModel, leaving_bank: Bank
) -> None:
    Parameter.objects.filter(code="insight.churn_tasks").update(value=4)
    made = scored()
    assert made.row_count == 240
    assert sum(made.counts) == 240
    found = list(ChurnWarning.objects.order_by("pk"))
    assert [each.customer.manager for each in found].count(leaving_bank.chen) == 4  # no more a night
    assert [each.customer.manager for each in found].count(None) == 1
    assert made.warned_count == len(found) == 5
    for each in found:
        assert each.risk >= 0.3
        assert {reason["code"] for reason in each.reasons} & {"ASSETS_CHANGE", "FROM_PEAK"}
        assert each.task is not None
        assert each.customer.customer_no in each.task.title_in_words
        assert "Change of the assets" in each.task.text_in_words
        assert (each.task.owner, each.task.unit_id) == (each.customer.manager, leaving_bank.donghu.pk)
    assert scored() == made  # the same day again warns of the two that were left, and of nobody twice
    assert ChurnWarning.objects.count() == 7
    assert Task.objects.filter(source_key__startswith="insight.churn:").count() == 7


@pytest.mark.requirement("M-03")
def test_the_threshold_is_a_parameter_of_the_bank(in_use: RegisteredModel) -> None:
    Parameter.objects.filter(code="insight.churn_threshold").update(value=99)
    assert scored().warned_count < len(LEAVING)
    assert all(each.risk >= 0.99 for each in ChurnWarning.objects.all())
    Parameter.objects.filter(code="insight.churn_threshold").update(value=1)
    scored()
    assert ChurnWarning.objects.count() == len(LEAVING)


@pytest.mark.requirement("M-03", "N-17")
def test_a_result_is_mandatory_and_answers_the_task(in_use: RegisteredModel, leaving_bank: Bank) -> None:
    scored()
    first, second, *_rest = ChurnWarning.objects.filter(customer__manager=leaving_bank.chen).order_by("pk")
    for wrong in (
        {"state": "RETAINED", "note": "  "},
        {"state": "OPEN", "note": "x"},
        {"state": "X", "note": "x"},
    ):
        with pytest.raises(DomainError):
            warnings.answer_warning(warning_id=first.pk, by=leaving_bank.chen, now=NOW, **wrong)
    with pytest.raises(DomainError, match="who was asked"):
        warnings.answer_warning(warning_id=first.pk, state="LOST", note="x", by=leaving_bank.liu, now=NOW)
    done = warnings.answer_warning(
        warning_id=first.pk, state="RETAINED", note="利率已谈妥", by=leaving_bank.chen, now=NOW
    )
    task = Task.objects.get(pk=done.task_id)
    assert (done.state, task.state) == ("RETAINED", "DONE")
    assert "利率已谈妥" in task.result
    with pytest.raises(DomainError):
        warnings.answer_warning(warning_id=first.pk, state="LOST", note="x", by=leaving_bank.chen, now=NOW)
    warnings.answer_warning(
        warning_id=second.pk, state="SET_ASIDE", note="只是买房", by=leaving_bank.chen, now=NOW
    )
    kept = AuditEvent.objects.get(action="churn_warning.set_aside", object_id=str(second.pk))
    assert kept.actor_id == leaving_bank.chen.pk
    count = ChurnWarning.objects.count()
    scored()
    assert ChurnWarning.objects.count() == count  # quiet for a while
    ChurnWarning.objects.filter(pk=second.pk).update(closed_at=NOW - timedelta(days=200))
    scored()
    assert ChurnWarning.objects.count() == count + 1
    with pytest.raises(IntegrityError), transaction.atomic():
        ChurnWarning.objects.filter(pk=first.pk).update(note="")


@pytest.mark.requirement("N-17")
def test_drift_far_from_the_training_raises_one_alarm(in_use: RegisteredModel, leaving_bank: Bank) -> None:
    Parameter.objects.filter(code="insight.drift_alarm").update(value=1000)
    scored()
    assert not Task.objects.filter(source_key__startswith="insight.model_drift").exists()
    Parameter.objects.filter(code="insight.drift_alarm").update(value=25)
    counts = [240, *[0] * (len(in_use.fitted["counts"]) - 1)]
    RegisteredModel.objects.filter(pk=in_use.pk).update(fitted=in_use.fitted | {"counts": counts})
    made = scored()
    assert made.drift["SCORE"] > 0.25
    assert "SCORE" in made.alarmed
    task = Task.objects.filter(source_key__startswith="insight.model_drift").latest("pk")
    assert Task.objects.filter(source_key__startswith="insight.model_drift").count() == 1
    assert "Chance to be lost" in task.title_in_words
    assert task.asked_by == leaving_bank.wu
    scored()
    assert Task.objects.filter(source_key__startswith="insight.model_drift").count() == 1


def test_the_file_of_scores_takes_the_place_of_the_one_before(in_use: RegisteredModel, lake: Path) -> None:
    first = scored().path
    second = scored().path
    assert first != second
    assert [file.name for file in (lake / "insight").glob("scores-*")] == [second.removeprefix("insight/")]
    assert facts.sha256_of(facts.full_path(second)) == Scoring.objects.get().sha256
    told = asked.outlook(IDS_FROM + LEAVING[0])
    assert told is not None
    assert (told.risk or 0) >= 0.3
    assert told.reasons
    assert told.warning is not None
    nobody = asked.outlook(1)
    assert nobody is not None
    assert nobody.risk is None


def test_a_warning_follows_its_customer_to_another_outlet(
    in_use: RegisteredModel, leaving_bank: Bank
) -> None:
    scored()
    moved = ChurnWarning.objects.earliest("pk")
    moved.customer.outlet = leaving_bank.west
    moved.customer.save()
    follow_moves(customer_ids=[moved.customer_id], using="default")
    moved.refresh_from_db()
    assert moved.outlet_id == leaving_bank.west.pk


def test_a_warning_whose_task_was_answered_elsewhere_is_still_for_who_was_asked(
    in_use: RegisteredModel, leaving_bank: Bank
) -> None:
    scored()
    first = ChurnWarning.objects.filter(customer__manager=leaving_bank.chen).earliest("pk")
    tasks.close_task(task_id=first.task_id, result="已联系", by=leaving_bank.chen, now=NOW)
    order = {"warning_id": first.pk, "state": "RETAINED", "note": "x", "now": NOW}
    with pytest.raises(DomainError, match="who was asked"):
        warnings.answer_warning(**order, by=leaving_bank.lin)
    assert warnings.answer_warning(**order, by=leaving_bank.chen).state == "RETAINED"


def test_who_reads_files_for_a_purpose_states_it_before_a_warning(
    in_use: RegisteredModel, leaving_bank: Bank, client_of: ClientOf
) -> None:
    scored()
    first = ChurnWarning.objects.filter(customer__manager=leaving_bank.chen).earliest("pk")
    answer = client_of(leaving_bank.shen).get(f"/churn/{first.pk}/")
    assert answer.headers["Location"] == f"/customers/{first.customer_id}/"
    opened = AuditEvent.objects.filter(action="customer.opened", customer_id=first.customer_id)
    assert not opened.exists()
    client_of(leaving_bank.chen).get(f"/churn/{first.pk}/")
    assert opened.count() == 1


@pytest.mark.requirement("M-03")
def test_managers_see_their_own_warnings_and_answer_them(
    in_use: RegisteredModel, leaving_bank: Bank, client_of: ClientOf
) -> None:
    scored()
    chen, lin = client_of(leaving_bank.chen), client_of(leaving_bank.lin)
    listed = text(chen.get("/churn/"))
    assert "7009" in listed
    assert "Assets against the months before" in listed
    first = ChurnWarning.objects.get(customer=IDS_FROM + LEAVING[0])
    assert "7009" not in text(lin.get("/churn/"))
    assert lin.get(f"/churn/{first.pk}/").status_code == 404
    assert client_of(leaving_bank.outsider).get("/churn/").status_code == 403
    page = chen.get(f"/churn/{first.pk}/")
    assert "They are no cause" in text(page)
    refused = chen.post(f"/churn/{first.pk}/", {"state": "RETAINED", "note": ""})
    assert refused.status_code == 422
    head = client_of(leaving_bank.liu)
    assert "陈晓 was asked" in text(head.get(f"/churn/{first.pk}/"))
    assert head.post(f"/churn/{first.pk}/", {"state": "LOST", "note": "x"}).status_code == 422
    chen.post(f"/churn/{first.pk}/", {"state": "SET_ASIDE", "note": "只是买房"}, follow=True)
    assert "7009" not in text(chen.get("/churn/"))
    assert "Warning set aside" in text(chen.get("/churn/?state=SET_ASIDE"))
    assert "只是买房" in text(chen.get(f"/churn/{first.pk}/"))


@pytest.mark.requirement("N-17")
def test_the_register_and_its_card_are_told_in_full(
    in_use: RegisteredModel, leaving_bank: Bank, client_of: ClientOf
) -> None:
    client = client_of(leaving_bank.wu)
    assert in_use.code in text(client.get("/models/"))
    page = text(client.get(f"/models/{in_use.pk}/"))
    for said in ("Ranking (AUC)", "Came true", "Plain rule", "Change of the assets", "more of it lowers the chance",
                 "Not scored yet", "It decides nothing about a customer"):  # fmt: skip
        assert said in page, said
    scored()
    assert "Stability index" in text(client.get(f"/models/{in_use.pk}/"))
    assert client_of(leaving_bank.chen).get("/models/").status_code == 403


def test_a_model_is_trained_proposed_used_and_retired_by_buttons(
    leaving_bank: Bank, client_of: ClientOf
) -> None:
    wu, zheng = client_of(leaving_bank.wu), client_of(leaving_bank.zheng)
    assert "No model yet" in text(wu.get("/models/"))
    assert "No model is in use" in text(wu.get("/churn/"))
    assert "Being trained" in text(wu.post("/models/train/", follow=True))
    assert "is being trained already" in text(wu.post("/models/train/", follow=True))
    model = RegisteredModel.objects.get()
    registering.train_model(model_id=model.pk, now=NOW)
    assert wu.post(f"/models/{model.pk}/propose/", {"reason": ""}).status_code == 422
    wu.post(f"/models/{model.pk}/propose/", {"reason": "试点"})
    waiting = Approval.objects.get(kind=registering.KIND)
    zheng.post(f"/approvals/{waiting.pk}/approve/", {"reason": "同意"})
    assert "Put in use" in text(wu.get(f"/models/{model.pk}/"))
    assert "Customers are being scored" in text(wu.post(f"/models/{model.pk}/use/", follow=True))
    assert "Retired. What it said stays on record." in text(
        wu.post(f"/models/{model.pk}/retire/", follow=True)
    )
    assert "does not fit the state" in text(wu.post(f"/models/{model.pk}/use/", follow=True))


def test_every_input_and_refusal_has_words() -> None:
    from zhike.analytics.foresight import INPUTS
    from zhike.analytics.logistic import Refusal

    assert set(INPUTS) < set(model_words.INPUT_LABELS)
    assert set(model_words.REFUSALS) == set(Refusal)
    for code in INPUTS:
        assert model_words.reason(code, 0.25) != code
