"""Loyalty plans: drafted, approved by another person, carried out by the owners of their items, closed (S-93, S-94)."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from zhike.core import audit, formats
from zhike.core.errors import DomainError, Stale
from zhike.core.models import Approval, Task, TaskState
from zhike.core.operations import approvals, tasks
from zhike.core.sentences import Sentence
from zhike.loyalty.enums import NEXT_PLAN_STATE, PlanFigure, PlanState
from zhike.loyalty.models import LoyaltyPlan, PlanItem
from zhike.loyalty.queries.changes import published_run
from zhike.loyalty.queries.plans import figures_of

KIND = "loyalty.plan"
DAY_HAS_PASSED = Sentence("plan.day_has_passed")
CHANGED_MEANWHILE = Sentence("plan.changed_meanwhile")
ANOTHER_IN_FORCE = Sentence("plan.another_in_force")


class PlanRefused(DomainError):
    """What keeps a plan from going on; `field` is the entry it is about, if one is."""

    def __init__(self, said: str, *, field: str | None = None) -> None:
        super().__init__(said)
        self.field = field


class PlanMoved(Stale):
    def __init__(self) -> None:
        super().__init__(_("Somebody else changed this plan meanwhile. Nothing of yours was saved."))


@transaction.atomic
def draft_plan(
    *,
    name: str,
    from_on: date,
    until_on: date,
    basis: str,
    like: LoyaltyPlan | None = None,
    by: Any,
    now: datetime,
) -> LoyaltyPlan:
    """Draft a plan; `like` gives it the items of another, as many days after the first. Refuses days in disorder."""
    _demand_days(from_on, until_on)
    plan = LoyaltyPlan(
        name=name.strip(), from_on=from_on, until_on=until_on, basis=basis.strip(), drafted_by=by, drafted_at=now,
        makers=[by.pk],
    )  # fmt: skip
    with audit.change(plan, "plan.drafted", by=by, at=now):
        plan.save()
    if like is None:
        return plan
    for item in like.items.order_by("pk"):
        due_on = min(from_on + (item.due_on - like.from_on), until_on)
        PlanItem.objects.create(
            plan=plan, strategy=item.strategy, aim=item.aim, steps=item.steps, owner_id=item.owner_id, due_on=due_on,
            figure=item.figure, figure_name=item.figure_name, target=item.target,
            base=_base(item.figure, item.base if item.reached is None else item.reached),
        )  # fmt: skip
    return plan


@transaction.atomic
def change_plan(
    *,
    plan_id: int,
    version: int,
    name: str,
    from_on: date,
    until_on: date,
    basis: str,
    by: Any,
    now: datetime,
) -> LoyaltyPlan:
    """Change the head of a draft. Raises PlanMoved; refuses days in disorder, and days that leave an item outside."""
    plan = _draft(plan_id)
    if plan.version != version:
        raise PlanMoved
    _demand_days(from_on, until_on)
    outside = plan.items.exclude(due_on__range=(from_on, until_on)).order_by("due_on").first()
    if outside is not None:
        raise PlanRefused(
            _("“%(aim)s” is due on %(day)s, outside these days.")
            % {"aim": outside.aim, "day": formats.day(outside.due_on)},
            field="from_on" if outside.due_on < from_on else "until_on",
        )
    with audit.change(plan, "plan.changed", by=by, at=now):
        plan.name, plan.from_on, plan.until_on, plan.basis = name.strip(), from_on, until_on, basis.strip()
        _touch(plan, by)
    return plan


@transaction.atomic
def add_item(*, plan_id: int, by: Any, now: datetime, **entered: Any) -> PlanItem:
    """Add an item to a draft. Refuses a day outside the plan, and a figure of its own without a name."""
    plan = _draft(plan_id)
    item = PlanItem(plan=plan)
    return _save_item(item, entered, "plan.item_added", by=by, now=now)


@transaction.atomic
def change_item(*, item_id: int, version: int, by: Any, now: datetime, **entered: Any) -> PlanItem:
    """Change an item of a draft. Raises PlanMoved; refuses as `add_item` does."""
    item = _item_of_draft(item_id)
    if item.version != version:
        raise PlanMoved
    item.version += 1
    return _save_item(item, entered, "plan.item_changed", by=by, now=now)


@transaction.atomic
def remove_item(*, item_id: int, by: Any, now: datetime) -> None:
    """Take an item out of a draft; what it was stays in the audit."""
    item = _item_of_draft(item_id)
    plan = item.plan
    audit.record(
        "plan.item_removed", by=by, at=now, row=plan, detail={"aim": item.aim, "strategy": item.strategy}
    )
    item.delete()
    _touch(plan, by)


@transaction.atomic
def withdraw_plan(*, plan_id: int, by: Any, now: datetime) -> LoyaltyPlan:
    """Delete a draft; it stays on record."""
    return _move(_draft(plan_id), PlanState.WITHDRAWN, "plan.withdrawn", by=by, now=now)


@transaction.atomic
def submit_plan(*, plan_id: int, version: int, reason: str, by: Any, now: datetime) -> LoyaltyPlan:
    """Put a draft before an executive; from now on it stands still.

    Refuses a plan without items, an item whose day has passed or whose owner has left, and days on which another plan
    is in force. Raises PlanMoved. A strategy that is missing is a warning, which the approver sees (S-93).
    """
    plan = _draft(plan_id)
    if plan.version != version:
        raise PlanMoved
    items = list(plan.items.select_related("owner"))
    if not items:
        raise PlanRefused(_("Add an item first: a plan says what is done, by whom and until when."))
    today = timezone.localdate(now)
    for item in items:
        if item.due_on < today:
            raise PlanRefused(_("“%(aim)s” was due on a day that has passed.") % {"aim": item.aim})
        if not item.owner.is_active:
            raise PlanRefused(
                _("“%(aim)s”: %(name)s no longer works here; name another owner.")
                % {"aim": item.aim, "name": item.owner.name}
            )
    if other := _in_force_within(plan):
        raise PlanRefused(
            _("“%(name)s” is in force until %(day)s. Close it first, or choose later days.")
            % {"name": other.name, "day": formats.day(other.until_on)}
        )
    _move(plan, PlanState.PENDING, "plan.submitted", by=by, now=now)
    payload = {"version": plan.version}
    approvals.propose(
        kind=KIND, subject=plan, payload=payload, reason=reason, makers=plan.makers, by=by, now=now
    )
    return plan


@transaction.atomic
def plan_approved(*, approval: Approval, by: Any, now: datetime) -> LoyaltyPlan:
    """Bring an approved plan in force: each owner has the item as a task. Raises Stale where it has been overtaken."""
    plan = LoyaltyPlan.objects.select_for_update().get(pk=approval.subject_id)
    if plan.state != PlanState.PENDING or plan.version != approval.payload["version"]:
        raise Stale(CHANGED_MEANWHILE)
    if _in_force_within(plan):
        raise Stale(ANOTHER_IN_FORCE)
    items = list(plan.items.select_related("owner"))
    if any(item.due_on < timezone.localdate(now) for item in items):
        raise Stale(DAY_HAS_PASSED)
    for item in items:
        item.task = _task_of(item, plan, by=plan.drafted_by, now=now)
        item.save(update_fields=["task"])
    return _move(plan, PlanState.IN_FORCE, "plan.approved", by=by, now=now, reason=approval.decision)


@transaction.atomic
def plan_returned(*, approval: Approval, by: Any, now: datetime) -> LoyaltyPlan | None:
    """Give a rejected, withdrawn or overtaken plan back to its author as a draft. Hears of every kind of proposal."""
    if approval.kind != KIND:
        return None
    plan = LoyaltyPlan.objects.select_for_update().get(pk=approval.subject_id)
    if plan.state != PlanState.PENDING:
        return None
    return _move(plan, PlanState.DRAFT, "plan.returned", by=by, now=now, reason=approval.decision)


@transaction.atomic
def record_result(
    *, item_id: int, said: str, reached: Decimal | None = None, by: Any, now: datetime
) -> PlanItem:
    """Say what came of an item, which answers its task. A figure of the evaluations is that of the last published one,
    of another the number `reached` is asked. Refuses anybody but the owner, and an item that is not under way."""
    item = PlanItem.objects.select_related("plan", "task").select_for_update(of=("self",)).get(pk=item_id)
    if item.owner_id != by.pk:
        raise PlanRefused(_("Only the owner of an item says what came of it."))
    task = item.task
    if task is None or item.plan.state != PlanState.IN_FORCE:
        raise PlanRefused(_("This plan is not in force."))
    if item.figure == PlanFigure.OWN and reached is None:
        raise PlanRefused(_("State the figure that was reached."), field="reached")
    if task.state == TaskState.OPEN:
        tasks.close_task(task_id=task.pk, result=said, by=by, now=now)
    elif item.reached is not None:
        raise PlanRefused(_("What came of this item is recorded already."))
    with audit.change(item, "plan.item_done", by=by, at=now):
        item.reached = reached if item.figure == PlanFigure.OWN else _base(item.figure, None)
        item.version += 1
        item.save(update_fields=["reached", "version"])
    return PlanItem.objects.select_related("plan", "task").get(pk=item_id)


@transaction.atomic
def close_plan(*, plan_id: int, outcome: str, by: Any, now: datetime) -> LoyaltyPlan:
    """End a plan with what came of it. Refuses while owners have yet to answer, and empty words."""
    plan = LoyaltyPlan.objects.select_for_update().get(pk=plan_id)
    _demand_next(plan, PlanState.CLOSED)
    if not outcome.strip():
        raise PlanRefused(_("Say what came of the plan."), field="outcome")
    if count := plan.items.filter(task__state=TaskState.OPEN).count():
        raise PlanRefused(
            ngettext(
                "%(count)s item is still open: its owner says first what came of it.",
                "%(count)s items are still open: their owners say first what came of them.",
                count,
            )
            % {"count": count}
        )
    plan.outcome = outcome.strip()
    return _move(plan, PlanState.CLOSED, "plan.closed", by=by, now=now)


def _draft(plan_id: int) -> LoyaltyPlan:
    plan = LoyaltyPlan.objects.select_for_update().get(pk=plan_id)
    if plan.state != PlanState.DRAFT:
        raise PlanRefused(_("Only a draft can be changed."))
    return plan


def _item_of_draft(item_id: int) -> PlanItem:
    """An item with its draft, which is held. Raises PlanMoved where somebody else has taken the item out."""
    plan_id = PlanItem.objects.filter(pk=item_id).values_list("plan_id", flat=True).first()
    if plan_id is None:
        raise PlanMoved
    item = _draft(plan_id).items.filter(pk=item_id).first()
    if item is None:
        raise PlanMoved
    return item


def _demand_next(plan: LoyaltyPlan, state: PlanState) -> None:
    if state not in NEXT_PLAN_STATE[PlanState(plan.state)]:
        raise PlanRefused(
            _("This does not fit the state of the plan: %(state)s.") % {"state": plan.get_state_display()}
        )


def _move(
    plan: LoyaltyPlan, state: PlanState, action: str, *, by: Any, now: datetime, reason: str | Sentence = ""
) -> LoyaltyPlan:
    _demand_next(plan, state)
    with audit.change(plan, action, by=by, at=now, reason=reason):
        plan.state = state
        plan.version += 1
        if state == PlanState.PENDING:
            plan.add_maker(by)
        plan.save()
    return plan


def _touch(plan: LoyaltyPlan, by: Any) -> None:
    """Keep who had a hand in a draft, and that it is another one now."""
    plan.add_maker(by)
    plan.version += 1
    plan.save()


def _demand_days(from_on: date, until_on: date) -> None:
    if until_on <= from_on:
        raise PlanRefused(_("The last day must lie after the first."), field="until_on")


def _save_item(item: PlanItem, entered: dict[str, Any], action: str, *, by: Any, now: datetime) -> PlanItem:
    for name, value in entered.items():
        setattr(item, name, value)
    plan = item.plan
    if not plan.from_on <= item.due_on <= plan.until_on:
        raise PlanRefused(
            _("The day must lie within the plan, %(first)s to %(last)s.")
            % {"first": formats.day(plan.from_on), "last": formats.day(plan.until_on)},
            field="due_on",
        )
    if item.figure == PlanFigure.OWN:
        if not item.figure_name.strip():
            raise PlanRefused(_("Name the figure."), field="figure_name")
    else:
        item.figure_name, item.base = "", _base(item.figure, None)
    with audit.change(item, action, by=by, at=now):
        item.save()
    _touch(plan, by)
    return item


def _base(figure: str, own: Decimal | None) -> Decimal | None:
    """Where a figure stands now; an own one stands where it is said to."""
    if figure == PlanFigure.OWN:
        return own
    run = published_run()
    return figures_of(run).get(PlanFigure(figure)) if run else None


def _in_force_within(plan: LoyaltyPlan) -> LoyaltyPlan | None:
    """Another plan in force on some of the days of this one."""
    others = LoyaltyPlan.objects.filter(state=PlanState.IN_FORCE).exclude(pk=plan.pk)
    return others.filter(from_on__lte=plan.until_on, until_on__gte=plan.from_on).first()


def _task_of(item: PlanItem, plan: LoyaltyPlan, *, by: Any, now: datetime) -> Task:
    return tasks.ask_task(
        title=Sentence("plan.item", {"aim": item.aim, "plan": plan.name}),
        text=Sentence("plan.item_text", {"steps": item.steps}),
        unit_id=item.owner.unit_id, owner=item.owner, due_on=item.due_on, source_key=f"{KIND}:{item.pk}",
        by=by, now=now,
    )  # fmt: skip
