"""What the screens say: counts that add up, marks beside a tier, promises kept in view, what an approver sees."""

from __future__ import annotations

import re
from collections.abc import Callable
from copy import copy
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.template.loader import render_to_string
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from tests.cast import Bank
from tests.loyalty import seeded
from tests.loyalty.test_screens import entered

from zhike.analytics.scheme import preset, preset_names
from zhike.core.models import Approval
from zhike.loyalty.enums import Movement, Tier
from zhike.loyalty.forms.schemes import SchemeForm
from zhike.loyalty.models import FollowUp, Override, Result, Run, Standing
from zhike.loyalty.operations import overrides, runs
from zhike.loyalty.queries import changes, totals
from zhike.loyalty.queries.breakdown import Breakdown, breakdown
from zhike.loyalty.queries.changes import Direction
from zhike.loyalty.queries.contacts import contacts_due
from zhike.loyalty.queries.held import held
from zhike.loyalty.queries.periods import next_end
from zhike.loyalty.queries.run_states import state_label, waiting_runs
from zhike.loyalty.queries.sentences import weight_set_label

ClientOf = Callable[..., Client]
STEPS = ((Tier.HIGH, 3), (Tier.LOW, -5))


@pytest.fixture
def world(bank: Bank, lake: Any, loader_here: None) -> seeded.World:
    return seeded.make(bank, lake)


def test_every_changed_customer_goes_in_one_direction_and_the_columns_add_up(
    bank: Bank, world: seeded.World
) -> None:
    Standing.objects.filter(pk=world.customers[0].pk).update(
        is_changed=True, tier_before="UNRATED", tier="LOW", score_change=None
    )
    by_direction = {
        each: set(changes.changed(bank.zheng, world.second, direction=each).values_list("pk", flat=True))
        for each in Direction
    }
    everybody = by_direction.pop(Direction.ALL)
    assert everybody
    assert sum(map(len, by_direction.values())) == len(everybody)
    assert set.union(*by_direction.values()) == everybody
    for total in totals.followed_totals(world.second, bank.zheng):
        assert total.changed_count == total.fell_count + total.rose_count + total.new_count
    moves = totals.moves_at(totals.figures_for(world.second, bank.zheng))
    parts = (moves.upgraded_count, moves.downgraded_count, moves.within_count, moves.new_count)
    assert moves.changed_count == sum(part or 0 for part in parts)
    assert moves.changed_count == world.second.changed_count - totals.lost_count(world.second)


def test_a_tier_that_the_score_does_not_give_is_marked_with_its_reason() -> None:
    assert held(Result(movement=Movement.EARNED)) is None
    mark = held(Standing(movement=Movement.WARNED))
    assert mark is not None
    assert (mark.mark, mark.reason) == ("kept once more", str(Movement.WARNED.label))
    new = held(Standing(movement=Movement.EARNED, is_provisional=True))
    assert new is not None and new.mark == "provisional"
    by_hand = held(Standing(movement=Movement.EARNED, is_provisional=True, override_id=1))
    assert by_hand is not None
    assert by_hand.mark == "set by hand"


@pytest.mark.requirement("L-40")
def test_plain_words_say_that_a_new_customers_tier_is_provisional(bank: Bank, world: seeded.World) -> None:
    seen = breakdown(world.customers[0].pk, staff=bank.zheng, run_id=world.second.pk)
    assert seen is not None
    earned = "The score gives this tier."
    assert earned in replace(seen, result=_of(seen, movement=Movement.EARNED, is_provisional=False)).sentences
    provisional = replace(seen, result=_of(seen, movement=Movement.EARNED, is_provisional=True))
    assert earned not in provisional.sentences
    assert any("for the time being" in sentence for sentence in provisional.sentences)
    by_hand = replace(seen, override=Override(expires_on=date(2026, 12, 31)))
    assert earned not in by_hand.sentences
    assert any(sentence.startswith("Set by hand") for sentence in by_hand.sentences)


def _of(seen: Breakdown, **values: Any) -> Result:
    found = copy(seen.result)
    for name, value in values.items():
        setattr(found, name, value)
    return found


@pytest.mark.requirement("L-41")
def test_a_contact_agreed_for_today_is_due_until_a_later_record_settles_it(
    bank: Bank, world: seeded.World, client_of: ClientOf
) -> None:
    client = client_of(bank.chen)
    opened = client.get(reverse("loyalty:changes")).context["opened"]
    address = reverse("loyalty:follow", args=[opened])
    today = timezone.localdate()
    client.post(address, {"kind": "CALL", "outcome": "NOT_REACHED", "next_on": today.isoformat()})
    assert [each.customer_id for each in contacts_due(bank.chen, on=today)] == [opened]
    assert not contacts_due(bank.outsider, on=today).exists()
    assert "next contact" in client.get(reverse("loyalty:changes"), {"direction": "ALL"}).content.decode()
    client.post(address, {"kind": "CALL", "outcome": "WILLING"})
    assert FollowUp.objects.count() == 2
    assert not contacts_due(bank.chen, on=today).exists()


def test_a_reviewed_run_is_to_be_published_and_waits_for_another_than_its_starter(
    bank: Bank, world: seeded.World
) -> None:
    assert state_label(world.third) == "To be reviewed"
    assert list(waiting_runs(bank.zheng)) == [world.third]
    runs.waive_review(run_id=world.third.pk, reason="test", now=timezone.now())
    reviewed = Run.objects.get(pk=world.third.pk)
    assert state_label(reviewed) == "To be published"
    assert list(waiting_runs(bank.zheng)) == [reviewed]
    Run.objects.filter(pk=reviewed.pk).update(started_by=bank.zheng)
    assert not waiting_runs(bank.zheng).exists()
    assert not waiting_runs(bank.chen).exists()


@pytest.mark.requirement("L-38")
def test_an_executive_sees_weights_and_differences_before_deciding(
    bank: Bank, world: seeded.World, client_of: ClientOf
) -> None:
    approval = Approval.objects.get(kind="loyalty.scheme", subject_id=world.scheme.pk)
    page = client_of(bank.liang).get(reverse("core:approval", args=[approval.pk])).content.decode()
    for seen in ("Weights", "Repeat purchase rate", "30%", "Trial: tiers by the score alone", "version 1"):
        assert seen in page


def test_an_executive_sees_number_tiers_score_and_indicators_of_a_tier_to_be_set_but_no_name(
    bank: Bank, world: seeded.World, client_of: ClientOf
) -> None:
    concerned = world.customers[1]
    standing = Standing.objects.select_related("run").get(pk=concerned.pk)
    wanted = Tier.LOW if standing.tier != Tier.LOW else Tier.HIGH
    proposed = overrides.propose_override(
        customer_id=concerned.pk, tier=wanted, reason="已确认转出原因", expires_on=next_end(standing.run.period),
        by=bank.chen, now=datetime(2026, 10, 9, 2, tzinfo=UTC),
    )  # fmt: skip
    page = client_of(bank.liang).get(reverse("core:approval", args=[proposed.approval_id])).content.decode()
    title = f"Customer {concerned.customer_no}: {Tier(standing.tier).label} → {wanted.label}"
    for seen in (title, "已确认转出原因", "Complaint rate", "Contribution"):
        assert seen in page
    assert concerned.name not in page


def test_the_coverage_is_asked_for_without_a_token_in_the_address(
    bank: Bank, world: seeded.World, client_of: ClientOf
) -> None:
    sent = {"scheme": world.scheme.pk, "as_of": "2027-03-31", "reason": "", "check": "1"}
    answer = client_of(bank.wu).post(reverse("loyalty:run_start"), {**sent, "csrfmiddlewaretoken": "x" * 64})
    assert answer.status_code == 302
    assert answer.url.endswith(f"?scheme={world.scheme.pk}&as_of=2027-03-31&reason=")


def test_a_draft_says_every_error_at_its_field(bank: Bank, world: seeded.World, client_of: ClientOf) -> None:
    answer = client_of(bank.zheng).post(
        reverse("loyalty:scheme_draft"), {"preset": "full", "code": "2026-Q3", "name": ""}
    )
    assert answer.status_code == 422
    assert answer.context["form"].errors.keys() == {"code", "name"}


def test_a_refused_weight_is_named_and_explained_where_it_stands(
    bank: Bank, world: seeded.World, client_of: ClientOf
) -> None:
    client = client_of(bank.zheng)
    sent = entered(world.next_scheme, client, **{"w-RETAIL_GENERAL-REPEAT_PURCHASE": "-5"})
    answer = client.post(reverse("loyalty:scheme", args=[world.next_scheme.pk]), sent)
    page = answer.content.decode()
    assert "Retail, general: Repeat purchase rate" in page
    assert 'id="id_w-RETAIL_GENERAL-REPEAT_PURCHASE_error"' in page
    assert "Between 0 and 100, with two decimals at most." in page


def test_a_finished_trial_answers_with_its_own_part_and_leaves_the_page_alone(
    bank: Bank, world: seeded.World, client_of: ClientOf
) -> None:
    answer = client_of(bank.zheng).get(
        reverse("loyalty:scheme_trial", args=[world.scheme.pk]), headers={"HX-Request": "true"}
    )
    assert "HX-Refresh" not in answer
    assert answer.content.decode().lstrip().startswith('<div id="scheme-trial-part"')


def test_a_weight_says_what_the_share_beside_it_is(bank: Bank, world: seeded.World) -> None:
    spec = world.scheme.definition
    name = f"w-{spec.weight_sets[0].code}-SATISFACTION"
    weight = spec.weight_sets[0].weights["SATISFACTION"] // 100
    for typed, said in ((weight, f"in force: {weight}%"), (weight + 5, f"in force: {weight}%, +5")):
        form = SchemeForm({name: str(typed), "use-SATISFACTION": "on"}, spec=spec, ruling=spec)
        assert [row.note for row in form.weight_tables[0].rows] == [said]


def test_no_code_stands_for_a_weight_set_that_ships() -> None:
    shipped = [each.code for name in preset_names() for each in preset(name).weight_sets]
    assert [code for code in shipped if weight_set_label(code) == code] == []


def test_counts_of_a_tier_rise_and_fall_without_a_colour_that_judges() -> None:
    tiers = [{"tier": tier, "count": 27, "share": 0.1, "change": change} for tier, change in STEPS]
    page = render_to_string("loyalty/_run_figures.html", {"run": Run(summary={}), "tiers": tiers})
    assert re.findall(r'class="(zk-(?:up|down)[^"]*)"', page) == ["zk-up zk-unjudged", "zk-down zk-unjudged"]
