"""Loyalty plans from draft to close: five strategies, items with owner, day and figure, and every refusal."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from tests.cast import Bank
from tests.loyalty.golden import NOW

from zhike.core.models import Approval, ApprovalState, AuditEvent, Task, TaskState
from zhike.core.operations import approvals, tasks
from zhike.loyalty.enums import PlanFigure, PlanState, Strategy
from zhike.loyalty.models import LoyaltyPlan, PlanItem, Run
from zhike.loyalty.operations import plans
from zhike.loyalty.operations.plans import PlanMoved, PlanRefused
from zhike.loyalty.queries.plans import figures_of, missing_strategies, parts_of, visible_plans

pytestmark = pytest.mark.requirement("S-93", "S-94")
FIRST, LAST = date(2026, 10, 1), date(2027, 9, 30)
DUE = date(2027, 3, 31)

ClientOf = Callable[..., Client]


def drafted(bank: Bank, name: str = "2027年忠诚度提升计划", **changed: Any) -> LoyaltyPlan:
    head = {"name": name, "from_on": FIRST, "until_on": LAST, "basis": "《客户满意度提升方案》6.3", **changed}
    return plans.draft_plan(**head, by=bank.zheng, now=NOW)


def added(plan: LoyaltyPlan, bank: Bank, **changed: Any) -> PlanItem:
    item = {
        "strategy": Strategy.CARE, "aim": "生日当天问候", "steps": "按月导出名单，客户经理当天致电。",
        "owner": bank.chen, "due_on": DUE, "figure": PlanFigure.HIGH_SHARE, "figure_name": "", "base": None,
        "target": Decimal("40"), **changed,
    }  # fmt: skip
    return plans.add_item(plan_id=plan.pk, **item, by=bank.zheng, now=NOW)


def submitted(plan: LoyaltyPlan, bank: Bank) -> Approval:
    plan.refresh_from_db()
    plans.submit_plan(plan_id=plan.pk, version=plan.version, reason="年度计划", by=bank.zheng, now=NOW)
    return Approval.objects.get(kind=plans.KIND, subject_id=plan.pk, state=ApprovalState.PENDING)


def approved(plan: LoyaltyPlan, bank: Bank) -> LoyaltyPlan:
    approvals.approve(approval_id=submitted(plan, bank).pk, reason="同意", by=bank.liang, now=NOW)
    plan.refresh_from_db()
    return plan


def test_a_plan_says_which_of_the_five_strategies_it_lacks(bank: Bank) -> None:
    plan = drafted(bank)
    assert missing_strategies(plan.items.all()) == list(Strategy)
    for strategy in (Strategy.CARE, Strategy.PRODUCT, Strategy.CARE):
        added(plan, bank, strategy=strategy)
    assert missing_strategies(plan.items.all()) == [Strategy.SERVICE, Strategy.INCENTIVE, Strategy.BRAND]
    assert [part.strategy for part in parts_of(plan, bank.zheng, on=FIRST)] == list(Strategy)
    row = visible_plans(bank.zheng).get(pk=plan.pk)
    assert (row.item_count, row.strategy_count, row.done_count) == (3, 2, 0)


def test_an_approved_plan_gives_each_owner_a_task_until_the_day(bank: Bank) -> None:
    plan = drafted(bank)
    item = added(plan, bank)
    assert approved(plan, bank).state == PlanState.IN_FORCE
    item.refresh_from_db()
    task = item.task
    assert (task.owner, task.unit_id, task.due_on, task.state) == (
        bank.chen, bank.chen.unit_id, DUE, TaskState.OPEN,
    )  # fmt: skip
    assert "生日当天问候" in task.title_in_words
    assert "客户经理当天致电" in task.text_in_words


def test_who_had_a_hand_in_a_plan_does_not_approve_it(bank: Bank) -> None:
    plan = drafted(bank)
    added(plan, bank)
    plan.refresh_from_db()
    plan.makers = [*plan.makers, bank.liang.pk]
    plan.save()
    waiting = submitted(plan, bank)
    with pytest.raises(approvals.ApprovalRefused):
        approvals.approve(approval_id=waiting.pk, reason="同意", by=bank.liang, now=NOW)


def test_a_rejected_plan_is_a_draft_again(bank: Bank) -> None:
    plan = drafted(bank)
    added(plan, bank)
    waiting = submitted(plan, bank)
    with pytest.raises(PlanRefused, match="Only a draft"):
        added(plan, bank)
    approvals.reject(approval_id=waiting.pk, reason="缺少品牌建设", by=bank.liang, now=NOW)
    plan.refresh_from_db()
    assert plan.state == PlanState.DRAFT
    added(plan, bank, strategy=Strategy.BRAND)


def test_a_plan_that_is_no_plan_is_not_submitted(bank: Bank) -> None:
    plan = drafted(bank)
    with pytest.raises(PlanRefused, match="Add an item"):
        submitted(plan, bank)
    late = added(plan, bank, due_on=NOW.date())
    with pytest.raises(PlanMoved):
        plans.submit_plan(plan_id=plan.pk, version=0, reason="x", by=bank.zheng, now=NOW)
    plan.refresh_from_db()
    with pytest.raises(PlanRefused, match="has passed"):
        plans.submit_plan(
            plan_id=plan.pk, version=plan.version, reason="x", by=bank.zheng, now=NOW + timedelta(days=2)
        )
    plans.remove_item(item_id=late.pk, by=bank.zheng, now=NOW)
    added(plan, bank)
    bank.chen.is_active = False
    bank.chen.save(update_fields=["is_active"])
    with pytest.raises(PlanRefused, match="no longer works here"):
        submitted(plan, bank)


def test_a_proposal_whose_day_has_come_is_overtaken_and_the_plan_a_draft(bank: Bank) -> None:
    plan = drafted(bank)
    added(plan, bank, due_on=NOW.date())
    waiting = submitted(plan, bank)
    decided = approvals.approve(
        approval_id=waiting.pk, reason="同意", by=bank.liang, now=NOW + timedelta(days=2)
    )
    assert decided.state == ApprovalState.STALE
    assert not Task.objects.exists()


def test_one_plan_at_a_time_is_in_force(bank: Bank) -> None:
    first = drafted(bank)
    added(first, bank)
    approved(first, bank)
    second = drafted(bank, "另一份", from_on=LAST, until_on=date(2028, 1, 1))
    added(second, bank, due_on=LAST)
    with pytest.raises(PlanRefused, match="is in force until"):
        submitted(second, bank)


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"due_on": FIRST - timedelta(days=1)}, "due_on"),
        ({"due_on": LAST + timedelta(days=1)}, "due_on"),
        ({"figure": PlanFigure.OWN, "figure_name": "  "}, "figure_name"),
    ],
)
def test_an_item_outside_the_plan_or_without_a_measure_is_refused(
    bank: Bank, changed: dict[str, Any], field: str
) -> None:
    plan = drafted(bank)
    with pytest.raises(PlanRefused) as refused:
        added(plan, bank, **changed)
    assert refused.value.field == field
    assert not plan.items.exists()


def test_days_that_leave_an_item_outside_are_refused_with_its_name(bank: Bank) -> None:
    plan = drafted(bank)
    added(plan, bank)
    plan.refresh_from_db()
    head = {"plan_id": plan.pk, "name": plan.name, "from_on": FIRST, "basis": "x", "by": bank.wu, "now": NOW}
    with pytest.raises(PlanRefused, match="生日当天问候"):
        plans.change_plan(**head, version=plan.version, until_on=DUE - timedelta(days=1))
    changed = plans.change_plan(**head, version=plan.version, until_on=DUE)
    assert bank.wu.pk in changed.makers
    with pytest.raises(PlanMoved):
        plans.change_plan(**head, version=plan.version, until_on=DUE)
    with pytest.raises(PlanRefused, match="after the first"):
        plans.change_plan(**head, version=changed.version, until_on=FIRST)


def test_an_item_that_another_changed_is_not_overwritten(bank: Bank) -> None:
    plan = drafted(bank)
    item = added(plan, bank)
    entered = {
        "strategy": item.strategy, "aim": "另一个目标", "steps": "x", "owner": bank.lin, "due_on": DUE,
        "figure": PlanFigure.OWN, "figure_name": "等候时间，分钟", "base": Decimal(12), "target": Decimal(8),
    }  # fmt: skip
    plans.change_item(item_id=item.pk, version=item.version, **entered, by=bank.zheng, now=NOW)
    with pytest.raises(PlanMoved):
        plans.change_item(item_id=item.pk, version=item.version, **entered, by=bank.zheng, now=NOW)
    item.refresh_from_db()
    assert (item.aim, item.base, item.figure_label) == ("另一个目标", 12, "等候时间，分钟")


def test_the_owner_says_what_came_of_it_and_nobody_else(bank: Bank) -> None:
    plan = drafted(bank)
    item = added(
        plan, bank, figure=PlanFigure.OWN, figure_name="等候时间，分钟", base=Decimal(12), target=Decimal(8)
    )
    with pytest.raises(PlanRefused, match="not in force"):
        plans.record_result(item_id=item.pk, said="x", reached=Decimal(7), by=bank.chen, now=NOW)
    approved(plan, bank)
    with pytest.raises(PlanRefused, match="Only the owner"):
        plans.record_result(item_id=item.pk, said="x", reached=Decimal(7), by=bank.zheng, now=NOW)
    with pytest.raises(PlanRefused, match="State the figure"):
        plans.record_result(item_id=item.pk, said="x", by=bank.chen, now=NOW)
    with pytest.raises(PlanRefused, match="still open"):
        plans.close_plan(plan_id=plan.pk, outcome="完成", by=bank.zheng, now=NOW)
    done = plans.record_result(item_id=item.pk, said="平均7分钟", reached=Decimal(7), by=bank.chen, now=NOW)
    assert done.is_done
    assert done.is_met_by(done.reached)  # less than at the start is what was aimed at
    with pytest.raises(PlanRefused, match="recorded already"):
        plans.record_result(item_id=item.pk, said="x", reached=Decimal(7), by=bank.chen, now=NOW)
    with pytest.raises(PlanRefused, match="what came of the plan"):
        plans.close_plan(plan_id=plan.pk, outcome=" ", by=bank.zheng, now=NOW)
    closed = plans.close_plan(plan_id=plan.pk, outcome="完成", by=bank.zheng, now=NOW)
    assert closed.state == PlanState.CLOSED
    assert AuditEvent.objects.filter(action="plan.closed").count() == 1


def test_a_task_answered_in_the_task_list_still_takes_its_figure(bank: Bank) -> None:
    plan = drafted(bank)
    item = added(plan, bank, figure=PlanFigure.OWN, figure_name="次数", base=Decimal(1), target=Decimal(3))
    approved(plan, bank)
    item.refresh_from_db()
    tasks.close_task(task_id=item.task_id, result="办了三次", by=bank.chen, now=NOW)
    done = plans.record_result(item_id=item.pk, said="x", reached=Decimal(3), by=bank.chen, now=NOW)
    assert (done.reached, done.task.result) == (3, "办了三次")


def test_figures_of_the_evaluation_are_its_shares(golden_bank: Bank, published: Run) -> None:
    by_tier = published.summary["by_tier"]
    found = figures_of(published)
    total = published.summary["customer_count"]
    for figure, tier in ((PlanFigure.HIGH_SHARE, "HIGH"), (PlanFigure.LOW_SHARE, "LOW")):
        assert float(found[figure]) == pytest.approx(100 * by_tier[tier] / total, abs=0.05)
    assert PlanFigure.FELL_SHARE not in found  # a first evaluation has nothing to fall from
    plan = drafted(golden_bank)
    item = added(plan, golden_bank, figure=PlanFigure.LOW_SHARE, base=Decimal(99), target=Decimal(5))
    assert item.base == found[PlanFigure.LOW_SHARE]  # read, not as typed
    approved(plan, golden_bank)
    done = plans.record_result(item_id=item.pk, said="已做", by=golden_bank.chen, now=NOW)
    assert done.reached == found[PlanFigure.LOW_SHARE]


@pytest.mark.parametrize(
    ("figure", "base", "target", "reached", "is_met"),
    [
        (PlanFigure.HIGH_SHARE, 20, 40, 40, True),
        (PlanFigure.HIGH_SHARE, 50, 40, 39, False),
        (PlanFigure.LOW_SHARE, 1, 10, 2, True),  # a share of the disloyal is never to rise to its target
        (PlanFigure.FELL_SHARE, None, 5, 6, False),
        (PlanFigure.OWN, 12, 8, 7, True),
        (PlanFigure.OWN, 12, 8, 9, False),
        (PlanFigure.OWN, None, 8, 9, True),
    ],
)
def test_a_target_is_met_from_the_side_it_is_aimed_at(
    figure: str, base: int | None, target: int, reached: int, is_met: bool
) -> None:
    start = None if base is None else Decimal(base)
    item = PlanItem(figure=figure, base=start, target=Decimal(target))
    assert item.is_met_by(Decimal(reached)) == is_met


def test_a_plan_takes_over_the_items_of_an_earlier_one(bank: Bank) -> None:
    first = drafted(bank)
    item = added(first, bank, figure=PlanFigure.OWN, figure_name="次数", base=Decimal(1), target=Decimal(3))
    item.reached = Decimal(2)
    item.save()
    second = drafted(bank, "下一年", from_on=date(2027, 10, 1), until_on=date(2028, 9, 30), like=first)
    taken = second.items.get()
    assert taken.due_on - second.from_on == item.due_on - first.from_on
    assert (taken.aim, taken.base, taken.reached, taken.task) == (item.aim, 2, None, None)


def sent(page: Any, **changed: Any) -> dict[str, Any]:
    form = page.context["form"]
    return {
        name: field.value() for name in form.fields if (field := form[name]).value() is not None
    } | changed


def test_a_plan_is_written_approved_and_carried_out_on_its_pages(bank: Bank, client_of: ClientOf) -> None:
    client = client_of(bank.zheng)
    assert "No loyalty plan yet" in client.get("/loyalty/plans/").content.decode()
    head = {"name": "年度计划", "from_on": "2026-11-01", "until_on": "2099-10-31", "basis": "6.3"}
    page = client.get("/loyalty/plans/new/")
    assert client.post("/loyalty/plans/new/", {**head, "until_on": "2026-01-01"}).status_code == 422
    twice = [client.post("/loyalty/plans/new/", sent(page, **head)) for _ in range(2)]
    assert [each.status_code for each in twice] == [302, 302]
    plan = LoyaltyPlan.objects.get()
    address = f"/loyalty/plans/{plan.pk}/"
    assert "Strategies without an item" in client.get(address).content.decode()
    page = client.get(f"{address}items/new/?strategy=BRAND")
    assert page.context["form"]["strategy"].value() == "BRAND"
    item = {
        "aim": "品牌日",
        "steps": "每季一次",
        "owner": bank.chen.pk,
        "due_on": "2099-01-04",
        "figure": "HIGH_SHARE",
    }
    assert "between 0 and 100" in client.post(
        f"{address}items/new/", sent(page, **item, target="140")
    ).content.decode()  # fmt: skip
    assert client.post(f"{address}items/new/", sent(page, **item, target="40")).status_code == 302
    kept = plan.items.get()
    edit = client.get(f"/loyalty/plan-items/{kept.pk}/")
    assert client.post(f"/loyalty/plan-items/{kept.pk}/", sent(edit, target="45")).status_code == 302
    page = client.get(address)
    submit = page.context["submit"]
    assert (
        client.post(f"{address}submit/", {"version": submit["version"].value(), "reason": ""}).status_code
        == 422
    )
    order = {"version": submit["version"].value(), "reason": "年度"}
    assert client.post(f"{address}submit/", order).status_code == 302
    waiting = Approval.objects.get(kind=plans.KIND)
    shown = client_of(bank.liang).get(f"/approvals/{waiting.pk}/").content.decode()
    assert "品牌日" in shown
    assert "Customer care" in shown  # among the strategies without an item
    assert client_of(bank.chen).get(address).status_code == 404  # not approved yet
    approvals.approve(approval_id=waiting.pk, reason="同意", by=bank.liang, now=NOW)
    owner = client_of(bank.chen)
    assert "Say what came of it" in owner.get(address).content.decode()
    assert client.get(f"/loyalty/plan-items/{kept.pk}/result/").status_code == 404  # not the owner
    result = f"/loyalty/plan-items/{kept.pk}/result/"
    assert owner.post(result, {"said": " "}).status_code == 422
    assert owner.post(result, sent(owner.get(result), said="办了四次")).status_code == 302
    assert "办了四次" in client.get(address).content.decode()
    closing = {"outcome": "完成"}
    assert client.post(f"{address}close/", closing).status_code == 302
    plan.refresh_from_db()
    assert (plan.state, plan.items.get().target) == (PlanState.CLOSED, 45)


def test_a_draft_is_deleted_and_stays_on_record(bank: Bank, client_of: ClientOf) -> None:
    plan = drafted(bank)
    client = client_of(bank.zheng)
    item = added(plan, bank)
    assert client.post(f"/loyalty/plan-items/{item.pk}/remove/").status_code == 302
    assert client.post(f"/loyalty/plans/{plan.pk}/withdraw/").status_code == 302
    plan.refresh_from_db()
    assert plan.state == PlanState.WITHDRAWN
    assert client.get(f"/loyalty/plans/{plan.pk}/").status_code == 404


def test_what_somebody_else_did_a_moment_ago_is_said(
    bank: Bank, client_of: ClientOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = drafted(bank)
    item = added(plan, bank)
    client = client_of(bank.zheng)
    first = plans._item_of_draft

    def taken_out(item_id: int) -> Any:
        PlanItem.objects.filter(pk=item_id).delete()
        return first(item_id)

    monkeypatch.setattr(plans, "_item_of_draft", taken_out)
    answer = client.post(f"/loyalty/plan-items/{item.pk}/remove/", follow=True)
    assert "Somebody else changed this plan" in answer.content.decode()
    monkeypatch.undo()
    added(plan, bank)
    held = plans._draft

    def sent(plan_id: int) -> LoyaltyPlan:
        LoyaltyPlan.objects.filter(pk=plan_id).update(state=PlanState.PENDING)
        return held(plan_id)

    monkeypatch.setattr(plans, "_draft", sent)
    answer = client.post(f"/loyalty/plans/{plan.pk}/withdraw/", follow=True)
    assert "Only a draft can be changed" in answer.content.decode()
    plan.refresh_from_db()
    assert plan.state != PlanState.WITHDRAWN
