"""What following up did: contacted customers beside the others, like with like, in the reader's reach."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from tests.cast import Bank
from tests.loyalty import golden, steps
from tests.loyalty.golden import NOW, Q3, Q4

from zhike.analytics.difference import Difference
from zhike.loyalty.models import FollowUp, Result, Run
from zhike.loyalty.queries.effects import Effect, Group, effect
from zhike.loyalty.views import effects

pytestmark = pytest.mark.requirement("L-11", "L-41")
Later = dict[int, float | None]


@pytest.fixture
def quarters(golden_bank: Bank) -> tuple[Run, Run]:
    scheme = steps.in_force(golden.golden_spec(), golden_bank)
    first = steps.publish(steps.compute(scheme, golden_bank, as_of=Q3), golden_bank)
    return first, steps.publish(steps.compute(scheme, golden_bank, as_of=Q4), golden_bank)


@pytest.fixture
def fell(quarters: tuple[Run, Run], monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Let a customer have fallen in the first quarter, and have a score or none in the second."""

    def let(customer: Any, *, score: float, by: float, later: float | None, contacted: bool) -> None:
        before, after = quarters
        Result.objects.filter(run=before, customer=customer).update(
            is_changed=True,
            tier="MEDIUM",
            tier_before="MEDIUM",
            score=score,
            score_before=score + by,
            score_change=-by,
        )
        Result.objects.filter(run=after, customer=customer).update(score=later)
        if contacted:
            FollowUp.objects.create(
                customer=customer, outlet_id=customer.outlet_id, run=before, period=before.period, kind="CALL",
                outcome="STAYS", made_by=customer.manager, made_at=NOW,
            )  # fmt: skip

    return let


def test_contacted_and_others_are_counted_with_what_became_of_them(
    golden_bank: Bank, quarters: tuple[Run, Run], fell: Callable[..., None]
) -> None:
    fell(golden_bank.zhang_wei, score=50, by=10, later=62, contacted=True)
    fell(golden_bank.li_na, score=48, by=6, later=47, contacted=False)
    before, after = quarters
    found = effect(golden_bank.zheng, before=before, after=after)
    assert (found.contacted.count, found.contacted.recovered_count) == (1, 1)
    assert (found.contacted.fall, found.contacted.change) == (-10, 12)
    assert (found.others.count, found.others.recovered_share) == (1, 0)
    assert found.difference is None  # of one customer no spread is known


def test_who_left_has_no_later_score(
    golden_bank: Bank, quarters: tuple[Run, Run], fell: Callable[..., None]
) -> None:
    fell(golden_bank.zhang_wei, score=50, by=10, later=None, contacted=True)
    before, after = quarters
    found = effect(golden_bank.zheng, before=before, after=after)
    assert (found.contacted.lost_count, found.contacted.recovered_share) == (1, None)


def test_only_customers_in_reach_count(
    golden_bank: Bank, quarters: tuple[Run, Run], fell: Callable[..., None]
) -> None:
    fell(golden_bank.zhang_wei, score=50, by=10, later=62, contacted=True)
    before, after = quarters
    assert effect(golden_bank.outsider, before=before, after=after).contacted.count == 0


def test_the_page_says_what_it_needs_and_what_it_found(
    golden_bank: Bank, client_of: Callable[..., Client]
) -> None:
    page = client_of(golden_bank.zheng).get("/loyalty/effect/")
    assert "Two published evaluations are needed" in page.content.decode()


def test_few_customers_say_nothing(
    golden_bank: Bank, quarters: tuple[Run, Run], fell: Callable[..., None], client_of: Callable[..., Client]
) -> None:
    fell(golden_bank.zhang_wei, score=50, by=10, later=62, contacted=True)
    fell(golden_bank.li_na, score=48, by=6, later=47, contacted=False)
    page = client_of(golden_bank.zheng).get("/loyalty/effect/")
    assert page.context["is_thin"]
    assert page.context["effect"].contacted.count == 1


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (Difference(2.0, 1.0, 3.0), "did better by 2.0 points"),
        (Difference(-2.0, -3.0, -1.0), "did worse by 2.0 points"),
        (Difference(0.5, -1.0, 2.0), "No difference beyond chance"),
    ],
)
def test_the_page_says_what_the_difference_means(
    golden_bank: Bank, quarters: tuple[Run, Run], client_of: Callable[..., Client],
    monkeypatch: pytest.MonkeyPatch, found: Difference, said: str,
) -> None:  # fmt: skip
    many = Group(count=200, lost_count=2, recovered_count=60, fall=-8.0, change=3.0)
    monkeypatch.setattr(effects, "effect", lambda *args, **more: Effect(many, many, found, found))
    assert said in client_of(golden_bank.zheng).get("/loyalty/effect/").content.decode()
