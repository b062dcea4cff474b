"""Small things said on the loyalty screens and in the file: heads, changes of nothing, openings, names."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from tests.cast import Bank
from tests.factories.people import person
from tests.loyalty import golden, seeded

from zhike.core.models import AuditEvent
from zhike.customers.models import Customer
from zhike.facts.models import Event
from zhike.loyalty.models import FollowUp, Result, Run, Standing
from zhike.loyalty.operations import following
from zhike.loyalty.operations.following import FollowUpRefused
from zhike.loyalty.queries.breakdown import breakdown
from zhike.loyalty.queries.cause_words import Cause, CauseKind, cause_in_words
from zhike.loyalty.queries.run_rows import statement_rows

ClientOf = Callable[..., Client]


@pytest.fixture
def world(bank: Bank, lake: Any, loader_here: None) -> seeded.World:
    return seeded.make(bank, lake)


def page_of(client: Client, name: str, *args: Any, **query: Any) -> str:
    return client.get(reverse(name, args=args), query).content.decode()


def uncounted(run: Run, someone: Customer) -> None:
    """In this run satisfaction had no data, so its weight was with the others."""
    row = Result.objects.get(run=run, customer=someone)
    at = run.indicators.index("SATISFACTION")
    share = 1 - row.weights[at]
    row.values[at] = None
    row.weights = [0.0 if place == at else weight / share for place, weight in enumerate(row.weights)]
    row.contributions = [
        (value or 0.0) * weight for value, weight in zip(row.values, row.weights, strict=True)
    ]
    row.save(update_fields=["values", "weights", "contributions"])


def test_a_score_and_the_change_of_the_index_stand_under_heads_of_their_own(
    bank: Bank, world: seeded.World, client_of: ClientOf
) -> None:
    someone = world.customers[1]
    overview = page_of(client_of(bank.chen), "desk:customer", someone.pk)
    assert overview.index("Change of the index") < overview.index("Complaint rate")
    assert "Score: 100 is best." in overview
    uncounted(world.first, someone)
    found = breakdown(someone.pk, staff=bank.chen)
    assert found is not None
    assert found.reweighed == "The weights were shared out anew: Satisfaction, newly counted."
    for name in ("desk:customer", "loyalty:customer"):
        page = page_of(client_of(bank.chen), name, someone.pk)
        assert found.reweighed in page
        assert "Weights shared out anew</" in page


@pytest.mark.requirement("L-40")
def test_table_chart_and_words_say_the_same_of_each_indicator(
    bank: Bank, world: seeded.World, client_of: ClientOf
) -> None:
    someone = world.customers[1]
    uncounted(world.first, someone)
    found = breakdown(someone.pk, staff=bank.chen)
    assert found is not None
    told = {cause.code: cause.points for cause in found.explained.causes}
    assert {part.code: part.change for part in found.parts} == {
        part.code: told[part.code] for part in found.parts
    }
    assert [name for name, _points in found.other_changes] == ["Weights shared out anew"]
    contributions = Result.objects.filter(customer=someone).values_list("run", "contributions")
    sums = {run: sum(each) for run, each in contributions}
    everything = sum(part.change or 0 for part in found.parts) + sum(
        each for _name, each in found.other_changes
    )
    assert everything == pytest.approx(sums[world.second.pk] - sums[world.first.pk], abs=0.05)


@pytest.mark.requirement("L-40")
def test_an_indicator_that_lost_its_data_shows_what_that_changed(
    bank: Bank, world: seeded.World, client_of: ClientOf
) -> None:
    someone = world.customers[1]
    uncounted(world.second, someone)
    found = breakdown(someone.pk, staff=bank.chen)
    assert found is not None
    lost = next(part for part in found.parts if part.code == "SATISFACTION")
    assert lost.value is None and lost.change is not None and abs(lost.change) >= 0.1
    overview = page_of(client_of(bank.chen), "desk:customer", someone.pk)
    row = overview.partition("no data</span>")[2].partition("</div>")[0]
    assert f"{abs(lost.change):.1f}" in row


@pytest.mark.requirement("L-36")
def test_proposing_another_tier_opens_that_part_of_the_file(
    bank: Bank, world: seeded.World, client_of: ClientOf
) -> None:
    concerned = world.customers[1]
    assert client_of(bank.zheng).get(reverse("loyalty:override", args=[concerned.pk])).status_code == 200
    (event,) = AuditEvent.objects.filter(action="customer.opened", actor_id=bank.zheng.pk)
    assert (event.customer_id, event.detail) == (concerned.pk, {"part": "LOYALTY"})
    assert client_of(bank.chen).get(reverse("loyalty:override", args=[bank.western.pk])).status_code == 404


@pytest.mark.requirement("L-36")
def test_who_states_a_purpose_comes_to_the_evaluation_that_was_asked_for(
    bank: Bank, world: seeded.World, client_of: ClientOf
) -> None:
    concerned, earlier = world.customers[1], world.first
    client = client_of(bank.shen)
    asked = client.get(reverse("loyalty:customer", args=[concerned.pk]), {"run": earlier.pk}, follow=True)
    stated = client.post(asked.redirect_chain[-1][0], {"purpose": "COMPLAINT"}, follow=True)
    assert stated.redirect_chain[-1][0] == f"/customers/{concerned.pk}/loyalty/?run={earlier.pk}"
    assert stated.context["breakdown"].run == earlier
    hidden = client.get(reverse("desk:customer_loyalty", args=[concerned.pk]), {"run": world.third.pk})
    assert hidden.status_code == 404


def test_a_change_that_rounds_to_nothing_is_none(
    bank: Bank, world: seeded.World, client_of: ClientOf
) -> None:
    Standing.objects.filter(pk=world.customers[1].pk).update(
        score_change=-0.02, is_changed=True, tier_before="HIGH", tier="MEDIUM"
    )
    page = page_of(client_of(bank.zheng), "loyalty:changes", direction="FELL")
    assert ">0.0</span>" not in page
    assert "unchanged" in page


def test_new_customers_of_a_run_are_found_by_its_filter(
    bank: Bank, world: seeded.World, client_of: ClientOf
) -> None:
    Result.objects.filter(run=world.second, customer=world.customers[1]).update(
        tier_before="", is_changed=True
    )
    answer = client_of(bank.zheng).get(reverse("loyalty:run", args=[world.second.pk]), {"move": "new"})
    assert {row.customer.pk for row in answer.context["changes"]} >= {world.customers[1].pk}
    assert all(not row.result.tier_before for row in answer.context["changes"])


def test_a_gap_within_the_rounding_is_shown_as_a_figure_like_what_was_expected() -> None:
    gap = {"code": "WEIGHTS", "table": "results", "unit": "POINTS", "expected": 0, "found": 1e-12}
    (row,) = statement_rows([{**gap, "is_ok": True}])
    assert (row["expected"], row["found"], row["difference"]) == ("0", "0", "none")


@pytest.mark.requirement("L-41")
def test_the_next_contact_is_agreed_within_the_time_the_bank_allows(bank: Bank, world: seeded.World) -> None:
    concerned, today = world.customers[1].pk, golden.NOW.date()
    sent = {
        "customer_id": concerned,
        "kind": "CALL",
        "outcome": "WILLING",
        "by": bank.chen,
        "now": golden.NOW,
    }
    with pytest.raises(FollowUpRefused, match="may be agreed until 10 Apr 2027"):
        following.record_follow_up(next_on=today + timedelta(days=185), **sent)
    following.record_follow_up(next_on=today + timedelta(days=184), **sent)
    assert FollowUp.objects.count() == 1


def test_a_state_within_a_sentence_is_no_new_sentence() -> None:
    cause = Cause(CauseKind.VALUE, -1.0, code="SATISFACTION", state="O", state_before="I")
    assert cause_in_words(cause) == "Satisfaction: estimated from the group, now observed (-1.0)"


def test_an_event_names_the_colleague_it_was_with(
    bank: Bank, world: seeded.World, client_of: ClientOf
) -> None:
    colleague = person("T9999", "LOBBY_MANAGER", at=bank.donghu, name="何静")
    Event.objects.create(
        customer=world.customers[1], outlet_id=bank.donghu.pk, event_no="E-1", kind="CONTACT", outcome="DONE",
        staff_no=colleague.staff_no, happened_on=golden.Q3,
    )  # fmt: skip
    for name in ("desk:customer", "desk:customer_events"):
        page = page_of(client_of(bank.chen), name, world.customers[1].pk)
        assert "何静" in page
        assert "T9999" not in page
