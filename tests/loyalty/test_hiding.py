"""No count too small to be shown is shown, nor found by adding up what is."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.cast import Bank
from tests.factories.people import person
from tests.loyalty import seeded

from zhike.core.hiding import Sum, hidden
from zhike.loyalty.models import Run, RunUnit
from zhike.loyalty.queries import run_figures
from zhike.loyalty.queries.run_figures import ALL, TIERS, RunFigures

LEAST = 5
MOVES = [*((was, now) for was in (*TIERS, "NEW") for now in TIERS), *((was, "GONE") for was in TIERS)]
few = st.one_of(st.integers(0, 12), st.integers(0, 400))


def told(each: Sum, counts: dict[Any, int], unseen: frozenset[Any]) -> bool:
    """Whether whoever knows the shown counts of one sum finds a hidden one, zero being shown wherever it can be."""
    members = [each.whole, *each.parts]
    lost = [name for name in members if name in unseen]
    if len(lost) == 1:
        return True
    if each.whole in unseen or not lost:
        return False
    left = counts[each.whole] - sum(counts[part] for part in each.parts if part not in unseen)
    return 0 < left <= len(lost)  # each has somebody in it, so each has one


@given(
    st.lists(st.lists(few, min_size=2, max_size=5), min_size=2, max_size=5).filter(
        lambda t: len({*map(len, t)}) == 1
    )
)
def test_no_cell_of_a_table_is_found_from_its_totals(table: list[list[int]]) -> None:
    counts: dict[Any, int] = {(r, c): n for r, row in enumerate(table) for c, n in enumerate(row)}
    rows, columns = range(len(table)), range(len(table[0]))
    counts |= {("row", r): sum(table[r]) for r in rows}
    counts |= {("column", c): sum(row[c] for row in table) for c in columns}
    counts["all"] = sum(map(sum, table))
    sums = [Sum(("row", r), tuple((r, c) for c in columns)) for r in rows]
    sums += [Sum(("column", c), tuple((r, c) for r in rows)) for c in columns]
    sums += [Sum("all", tuple(("row", r) for r in rows)), Sum("all", tuple(("column", c) for c in columns))]
    unseen = hidden(counts, sums, least=LEAST)
    assert {name for name, count in counts.items() if 0 < count < LEAST} <= unseen
    assert not [each for each in sums if told(each, counts, unseen)]


def test_what_nobody_could_find_out_is_shown() -> None:
    counts = {"all": 60, "a": 10, "b": 20, "c": 30}
    assert hidden(counts, [Sum("all", ("a", "b", "c"))], least=LEAST) == frozenset()
    assert hidden({**counts, "a": 3, "c": 37}, [Sum("all", ("a", "b", "c"))], least=LEAST) == {"a", "b"}


@st.composite
def runs(draw: st.DrawFn) -> tuple[Run, list[RunUnit]]:
    """A run of up to three outlets with every figure that its page shows."""
    cells, moved = [], dict.fromkeys(MOVES, 0)
    for outlet in range(1, draw(st.integers(1, 3)) + 1):
        for was, now in draw(st.lists(st.sampled_from(MOVES), unique=True, min_size=1, max_size=8)):
            count = draw(few)
            changed = draw(st.integers(0, count)) if was == now else 0 if now == "GONE" else count
            moved[was, now] += count
            cells.append(
                RunUnit(
                    outlet_id=outlet, tier_before=was, tier=now, customer_count=count, changed_count=changed
                )
            )
    by_tier = {tier: sum(n for (_was, now), n in moved.items() if now == tier) for tier in TIERS}
    before = {tier: sum(n for (was, _now), n in moved.items() if was == tier) for tier in TIERS}
    total = sum(by_tier.values())
    insufficient = draw(st.integers(0, total))
    summary = {
        "by_tier": by_tier, "by_score_tier": by_tier, "customer_count": total, "unscored_count": 0,
        "insufficient_count": insufficient, "bins": [],
        "migration": [[was, now, count] for (was, now), count in moved.items() if count],
    }  # fmt: skip
    previous = Run(summary={"by_tier": before, "by_score_tier": before, "bins": []})
    return Run(summary=summary, previous=previous), cells


@given(runs())
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_hidden_count_of_a_run_is_found_by_any_sum_of_its_page(
    monkeypatch: pytest.MonkeyPatch, made: tuple[Run, list[RunUnit]]
) -> None:
    run, cells = made
    monkeypatch.setattr(run_figures, "_cells", lambda _run: cells)
    monkeypatch.setattr(run_figures, "smallest_cell", lambda _staff, _run: LEAST)
    found = run_figures.run_figures(run, None)  # type: ignore[arg-type]
    small = {name for name, count in found.counts.items() if 0 < count < LEAST} - run_figures.KNOWN
    assert small <= found.hidden
    true = [
        each
        for each in found.sums
        if each.parts and found.counts[each.whole] == sum(found.counts[p] for p in each.parts)
    ]
    fixed = run_figures.KNOWN
    assert not [
        each
        for each in true
        if told(each, found.counts, found.hidden) and not {each.whole, *each.parts} & fixed
    ]
    for each in true:  # beside a total told elsewhere only a bank of a handful leaves no way out
        if (
            {each.whole, *each.parts} & fixed
            and found.counts[each.whole] >= 2 * LEAST
            and len(each.parts) > 1
        ):
            assert not told(each, found.counts, found.hidden), each


@pytest.fixture
def world(bank: Bank, lake: Any, loader_here: None) -> seeded.World:
    return seeded.make(bank, lake)


def test_the_page_of_a_run_says_of_no_hidden_count_that_it_is_zero(
    bank: Bank, world: seeded.World, client_of: Callable[..., Client]
) -> None:
    marketing = person("M001", "MARKETING", at=bank.crm, name="许晴")
    answer = client_of(marketing).get(reverse("loyalty:run", args=[world.second.pk]))
    found: RunFigures = run_figures.run_figures(world.second, marketing)
    moves = {(was, now): count for was, now, count in world.second.summary["migration"]}
    small = {pair for pair, count in moves.items() if 0 < count < LEAST}
    assert small
    rows = answer.context["movement"].rows
    assert len(rows) == len(moves)
    assert sum(row[2] == "not shown" for row in rows) == sum(
        found.shown("move", *pair) is None for pair in moves
    )
    bars = answer.context["distribution"].spec["counts"]
    for bar, count in zip(bars, world.second.summary["bins"], strict=True):
        assert bar in ({None} if 0 < count < LEAST else {None, count})
    assert "not shown" in json.dumps(answer.context["movement"].spec, ensure_ascii=False)
    page = answer.content.decode()
    assert f"{found.counts['lost', ALL]}</" not in page or found.shown("lost", ALL) is not None


def test_who_may_see_customers_sees_every_count(
    bank: Bank, world: seeded.World, client_of: Callable[..., Client]
) -> None:
    page = client_of(bank.zheng).get(reverse("loyalty:run", args=[world.second.pk])).content.decode()
    assert "not shown" not in page.replace("are not shown", "").replace('"unshown": "not shown"', "").replace(
        "&quot;unshown&quot;: &quot;not shown&quot;", ""
    )
