"""What a what-if shows: tiers, charts, parts, customers it would move, kept ones side by side."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from zhike.analytics.scheme import SchemeSpec
from zhike.analytics.weighing import Priorities
from zhike.analytics.what_if import VALUE_CLASSES, Figures, Mover, Obstacle, Part, Reason
from zhike.core import formats
from zhike.core.figures import Chart
from zhike.customers.models import Customer
from zhike.loyalty.enums import PLAYABLE_RUNS, Tier
from zhike.loyalty.models import Run, WhatIf
from zhike.loyalty.queries import scheme_versions
from zhike.loyalty.queries.charts import tier_flow
from zhike.loyalty.queries.run_figures import TIERS, step_between
from zhike.loyalty.queries.run_states import viewable_runs
from zhike.loyalty.queries.sentences import PARAMETER_LABELS, indicator_label, weight_set_label
from zhike.loyalty.queries.weight_sets import customers_in_words
from zhike.staff.models import Staff, Unit

_VALUE_LABELS: dict[int, Promise] = {
    0: gettext_lazy("lowest fifth of their peers"),
    1: gettext_lazy("second fifth"),
    2: gettext_lazy("middle fifth"),
    3: gettext_lazy("fourth fifth"),
    4: gettext_lazy("highest fifth of their peers"),
}


@dataclass(frozen=True, slots=True)
class TierFigure:
    """Customers of one tier as they would be, with the difference to the evaluation as it is."""

    tier: Tier
    count: int
    share: float
    change: int


@dataclass(frozen=True, slots=True)
class Moved:
    """How many customers would go up and down a tier, and the lifetime value of both, in cents."""

    up_count: int
    down_count: int
    up_cents: int | None
    down_cents: int | None

    @property
    def count(self) -> int:
        """Customers of another tier."""
        return self.up_count + self.down_count


@dataclass(frozen=True, slots=True)
class PartRow:
    """One outlet, group or class of value."""

    label: str
    customer_count: int
    high_before: int
    high_count: int
    moved: Moved
    share: float


@dataclass(frozen=True, slots=True)
class MoverRow:
    """A customer who would be moved."""

    customer: Customer
    tier_before: Tier
    tier: Tier
    score_before: float | None
    score: float | None
    value_cents: int | None


@dataclass(frozen=True, slots=True)
class Column:
    """One of several what-ifs side by side: `lines` answer to the heads of the table, differing ones are marked."""

    title: str
    note: str
    cells: list[str]


def latest_playable(staff: Staff) -> Run | None:
    """The last evaluation on which other numbers can be tried."""
    return viewable_runs(staff).filter(state__in=PLAYABLE_RUNS).order_by("-as_of", "-number").first()


def tier_figures(found: Figures, run: Run) -> list[TierFigure]:
    """Tiers as they would be."""
    before = run.summary["by_tier"]
    total = found.customer_count or 1
    return [
        TierFigure(
            tier, found.by_tier[tier], found.by_tier[tier] / total, found.by_tier[tier] - before.get(tier, 0)
        )
        for tier in TIERS
        if found.by_tier[tier] or before.get(tier, 0)
    ]


def moved(found: Figures) -> Moved:
    """Who would go up and who down, against the evaluation as it is."""
    counts = _by_step(found.moves)
    if found.value_cents is None:
        return Moved(counts["up"], counts["down"], None, None)
    cents = _by_step(found.value_cents)
    return Moved(counts["up"], counts["down"], cents["up"], cents["down"])


def _by_step(cells: Mapping[tuple[str, str], int]) -> dict[str, int]:
    sums = {"up": 0, "down": 0, "same": 0}
    for (before, after), count in cells.items():
        sums[step_between(before, after)] += count
    return sums


def movement(found: Figures, run: Run) -> Chart:
    """From the tiers of the evaluation to those that would be."""
    before = Counter[str]()
    for (old, _new), count in found.moves.items():
        before[old] += count
    steps = moved(found)
    label = _("%(up)s customers would rise a tier, %(down)s would fall.") % {
        "up": formats.grouped(steps.up_count),
        "down": formats.grouped(steps.down_count),
    }
    return tier_flow(found.moves, before=before, after=found.by_tier, label=label, sides=sides(run))


def sides(run: Run) -> tuple[str, str]:
    """What stands left and right in the charts of a what-if."""
    return _("Evaluation %(period)s") % {"period": run.period}, _("What-if")


def part_rows(part: Part, split: Mapping[Any, Figures]) -> list[PartRow]:
    """The parts, those with the largest share of moved customers first."""
    names = _part_names(part, split)
    rows = []
    for key, found in split.items():
        steps = moved(found)
        rows.append(
            PartRow(
                label=names[key],
                customer_count=found.customer_count,
                high_before=sum(count for pair, count in found.moves.items() if pair[0] == Tier.HIGH),
                high_count=found.by_tier[Tier.HIGH],
                moved=steps,
                share=steps.count / (found.customer_count or 1),
            )
        )
    if part is Part.VALUE:
        return rows[::-1]
    return sorted(rows, key=lambda row: (-row.share, row.label))


def _part_names(part: Part, split: Mapping[Any, Figures]) -> dict[Any, str]:
    if part is Part.OUTLET:
        known = dict(Unit.objects.filter(pk__in=list(split)).values_list("pk", "name"))
        return {key: known.get(key, str(key)) for key in split}
    if part is Part.GROUP:
        return {key: customers_in_words(*key.split(".")) for key in split}
    return {key: str(_VALUE_LABELS[key]) if key in range(VALUE_CLASSES) else _("no value") for key in split}


def mover_rows(movers: Sequence[Mover], staff: Staff) -> list[MoverRow]:
    """The customers who would be moved, with their names; those out of reach are left out."""
    seen = (
        Customer.objects.visible_to(staff)
        .select_related("outlet")
        .in_bulk([each.customer_id for each in movers])
    )
    return [
        MoverRow(
            seen[each.customer_id], Tier(each.tier_before), Tier(each.tier), each.score_before, each.score,
            None if each.value is None else round(each.value * 100),
        )
        for each in movers
        if each.customer_id in seen
    ]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Weighed:
    """What a helper says of the weights of one set: a sentence, more of it, and the share of each indicator."""

    title: str
    note: str
    is_usable: bool
    rows: list[tuple[str, str]]


def compared(weight_set: str, found: Priorities) -> Weighed:
    """Comparisons in pairs: their weights with the consistency ratio, or the pair that contradicts the others most."""
    ratio = {"ratio": formats.grouped(found.consistency_ratio, 4), "set": weight_set_label(weight_set)}
    rows = [(indicator_label(code), formats.share(share)) for code, share in found.shares.items()]
    if found.is_consistent:
        title = (
            _("%(set)s: the comparisons are consistent (CR %(ratio)s); the sliders have their weights.")
            % ratio
        )
        return Weighed(title, "", True, rows)
    title = (
        _("%(set)s: the comparisons contradict one another (CR %(ratio)s, less than 0.1 is needed).") % ratio
    )
    first, second = found.contradiction or ("", "")
    words = {
        "first": indicator_label(first),
        "second": indicator_label(second),
        "times": formats.grouped(found.implied, 1),
    }
    note = _("Look at %(first)s against %(second)s first: the others say %(times)s times.") % words
    return Weighed(title, note, False, rows)


def told_apart(weight_set: str, shares: Mapping[str, float]) -> Weighed:
    """Entropy weights of a set: for comparison only, since what differs much need not matter much."""
    rows = [(indicator_label(code), formats.share(share)) for code, share in shares.items()]
    title = _("%(set)s: how much each indicator tells these customers apart (entropy weights).")
    note = _(
        "A check, not a proposal: what differs much between customers need not matter much. The sliders stay."
    )
    return Weighed(title % {"set": weight_set_label(weight_set)}, note, True, rows)


def obstacle_in_words(obstacle: Obstacle) -> str:
    """What cannot be tried on kept rows."""
    if obstacle.reason is Reason.WINDOW:
        return str(scheme_versions.NUMBERS[obstacle.number])
    name = indicator_label(obstacle.code)
    if obstacle.reason is Reason.NUMBER:
        label = PARAMETER_LABELS.get(obstacle.number, obstacle.number)
        return _("%(indicator)s, %(number)s") % {"indicator": name, "number": label}
    if obstacle.reason is Reason.MISSING_DATA:
        return _("%(indicator)s, missing data") % {"indicator": name}
    return name


def side_by_side(run: Run, kept: Iterable[WhatIf]) -> tuple[list[str], list[Column]]:
    """The evaluation as it is and kept what-ifs: the heads of the lines, and a column each.

    Lines of numbers of the scheme are only those in which the columns differ.
    """
    chosen = list(kept)
    ruling = run.scheme.definition
    specs = [ruling, *(each.definition for each in chosen)]
    heads = [str(tier.label) for tier in TIERS[:3]]
    unit = {"unit": formats.amount_unit()}
    heads += [_("Up a tier"), _("Down a tier")]
    heads += [_("Lifetime value going up, %(unit)s") % unit, _("Lifetime value going down, %(unit)s") % unit]
    numbers = differing(specs)
    columns = [
        Column(
            _("As evaluated"),
            _("version %(number)s") % {"number": run.scheme.number},
            [*_tier_cells(run.summary["by_tier"]), "", "", "", ""],
        )
    ]
    for each in chosen:
        found = figures_of(each)
        steps = moved(found)
        cents = [
            formats.amount_listed(value) if value is not None else ""
            for value in (steps.up_cents, steps.down_cents)
        ]
        cells = [
            *_tier_cells(found.by_tier),
            formats.grouped(steps.up_count),
            formats.grouped(steps.down_count),
            *cents,
        ]
        columns.append(Column(each.name, formats.moment(each.kept_at), cells))
    for label, values in numbers.items():
        heads.append(label)
        for column, value in zip(columns, values, strict=True):
            column.cells.append(value)
    return heads, columns


def differing(specs: Sequence[SchemeSpec]) -> dict[str, list[str]]:
    """The numbers in which schemes differ, by their label, with each scheme's own."""
    found: dict[str, list[str]] = {}
    base = specs[0]
    for at, spec in enumerate(specs[1:], start=1):
        for each in scheme_versions.differences(base, spec):
            found.setdefault(each.label, [each.before] * len(specs))[at] = each.after
    return found


def figures_of(kept: WhatIf) -> Figures:
    """The figures a kept what-if had."""
    plain = dict(kept.figures)
    for name in ("moves", "migration", "value_cents"):
        if plain[name] is not None:
            plain[name] = {(before, after): count for before, after, count in plain[name]}
    plain |= {name: tuple(plain[name]) for name in ("bins", "warnings")}
    return Figures(**plain)


def _tier_cells(by_tier: Mapping[str, int]) -> list[str]:
    return [formats.grouped(by_tier.get(tier, 0)) for tier in TIERS[:3]]
