"""Every count of a run's page under one name, the sums between them, and which of them a person may see."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from zhike.analytics.compare import GONE, NEW
from zhike.core import parameters
from zhike.core.access.permissions import Scope
from zhike.core.hiding import Sum, hidden
from zhike.loyalty.enums import TIER_LEVEL, Tier
from zhike.loyalty.models import Run, RunUnit
from zhike.staff.models import Staff

TIERS = (Tier.HIGH, Tier.MEDIUM, Tier.LOW, Tier.UNRATED)
Name = tuple[object, ...]
WHOLE_BANK = frozenset({Scope.ALL, Scope.INDIVIDUALS, Scope.ENTERPRISES, Scope.NONE})
"""Scopes whose totals are of the whole bank; with NONE the smallest cells are hidden."""
ALL = 0
"""In the place of an outlet: the whole run."""
SEEN = -1
"""In the place of an outlet: those a person sees together, where they are not all."""
STEPS = ("customer", "changed", "upgraded", "downgraded", "within", "new", "lost")
CHANGED = STEPS[2:6]
"""What changed customers are made of; lost ones are counted apart."""
KNOWN: frozenset[Name] = frozenset({("customer", ALL), ("changed or lost",)})
"""Of the whole bank, and told elsewhere too: in the list of runs and to programs."""
UNPRINTED = frozenset({"sufficient", "unscored", "staying", "unchanged", "score before"})
"""Counts that stand nowhere, but that whoever subtracts finds."""


@dataclass(frozen=True)
class RunFigures:
    """The counts of a run by name. `sums` are the ways in which they add up, on the page and in a reader's head."""

    counts: dict[Name, int]
    sums: tuple[Sum[Name], ...]
    hidden: frozenset[Name]
    least: int

    def shown(self, *name: object) -> int | None:
        """A count, zero if there is none; None where it must not be shown."""
        return None if name in self.hidden else self.counts.get(name, 0)


def smallest_cell(staff: Staff, run: Run) -> int:
    """Below which count a total is hidden from this person: none for those who may see the customers."""
    if staff.scopes() - {Scope.NONE, Scope.GRANTED}:
        return 0
    return int(parameters.value("analytics.min_cell", on=run.as_of))


def run_figures(run: Run, staff: Staff, *, outlets: frozenset[int] | None = None) -> RunFigures:
    """All counts of a run, with those hidden that this person must not see. `outlets` are those the person sees;
    None stands for all of them."""
    counts = _of_outlets(run, outlets) | _of_tiers(run) | _of_scores(run)
    sums = (*_sums_of_outlets(counts), *_sums_of_tiers(counts), *_sums_of_scores(run, counts))
    least = smallest_cell(staff, run)
    if not least:
        return RunFigures(counts, sums, frozenset(), least)
    known = frozenset(name for name in counts if name in KNOWN)
    unprinted = frozenset(name for name in counts if name[0] in UNPRINTED)
    return RunFigures(
        counts, sums, hidden(counts, sums, least=least, known=known, unprinted=unprinted), least
    )


def step_between(before: str, after: str) -> str:
    """What became of a customer between two runs: up, down, same, new or lost; unrated is below every tier."""
    if after == GONE:
        return "lost"
    if before in {NEW, ""}:
        return "new"
    step = TIER_LEVEL[Tier(after)] - TIER_LEVEL[Tier(before)]
    return "up" if step > 0 else "down" if step < 0 else "same"


_NAMES = {"up": "upgraded", "down": "downgraded", "same": "within", "new": "new", "lost": "lost"}


def moves_in(cells: Iterable[RunUnit]) -> dict[str, int]:
    """Customers by what became of them, by the names of `STEPS`."""
    found = dict.fromkeys(STEPS, 0)
    for cell in cells:
        step = step_between(cell.tier_before, cell.tier)
        if step == "lost":
            found["lost"] += cell.customer_count
            continue
        found[_NAMES[step]] += cell.changed_count
        found["customer"] += cell.customer_count
        found["changed"] += cell.changed_count
    return found


def _cells(run: Run) -> list[RunUnit]:
    return list(RunUnit.objects.filter(run=run))


def _of_outlets(run: Run, outlets: frozenset[int] | None) -> dict[Name, int]:
    """What became of customers: in the whole run, in each outlet that is seen, and in those together."""
    rows = _cells(run)
    seen = [row for row in rows if outlets is None or row.outlet_id in outlets]
    places: dict[int, list[RunUnit]] = {ALL: rows} if outlets is None else {ALL: rows, SEEN: seen}
    for row in seen:
        places.setdefault(row.outlet_id, []).append(row)
    found: dict[Name, int] = {}
    for outlet, cells in places.items():
        moves = moves_in(cells)
        found |= {(name, outlet): count for name, count in moves.items()}
        found["unchanged", outlet] = moves["customer"] - moves["changed"]
    found["changed or lost",] = found["changed", ALL] + found["lost", ALL]
    return found


def _sums_of_outlets(counts: dict[Name, int]) -> Iterator[Sum[Name]]:
    places = [name[1] for name in counts if name[0] == "customer"]
    for place in places:
        yield Sum(("changed", place), tuple((name, place) for name in CHANGED))
        yield Sum(("customer", place), (("changed", place), ("unchanged", place)))
    yield Sum(("changed or lost",), (("changed", ALL), ("lost", ALL)))
    together = SEEN if SEEN in places else ALL
    single = [place for place in places if place not in {ALL, SEEN}]
    for name in STEPS:
        yield Sum((name, together), tuple((name, place) for place in single))


def _of_tiers(run: Run) -> dict[Name, int]:
    """Customers by tier now and in the run before, and from which to which they moved."""
    now = run.summary.get("by_tier", {})
    found: dict[Name, int] = {("tier", tier): now.get(tier, 0) for tier in TIERS}
    if run.previous is not None:
        before = run.previous.summary.get("by_tier", {})
        found |= {("before", tier): before.get(tier, 0) for tier in TIERS}
    found |= {("move", was, then): count for was, then, count in run.summary.get("migration", [])}
    found["staying",] = sum(
        count
        for name, count in found.items()
        if name[0] == "move" and step_between(*map(str, name[1:])) == "same"
    )
    return found


def _sums_of_tiers(counts: dict[Name, int]) -> Iterator[Sum[Name]]:
    yield Sum(("customer", ALL), tuple(("tier", tier) for tier in TIERS))
    moves = [name for name in counts if name[0] == "move"]
    if not moves:
        return
    for tier in TIERS:
        yield Sum(("tier", tier), tuple(name for name in moves if name[2] == tier))
        if ("before", tier) in counts:
            yield Sum(("before", tier), tuple(name for name in moves if name[1] == tier))
    for step, what in _NAMES.items():
        whole = ("staying",) if step == "same" else (what, ALL)
        yield Sum(whole, tuple(name for name in moves if step_between(str(name[1]), str(name[2])) == step))
    yield Sum(("staying",), (("within", ALL), ("unchanged", ALL)))


def _of_scores(run: Run) -> dict[Name, int]:
    """Customers by what the score alone gives, by score, and those whose data do not suffice."""
    summary = run.summary
    found: dict[Name, int] = {("bin", at): count for at, count in enumerate(summary.get("bins", []))}
    by_score = summary.get("by_score_tier", {})
    if by_score and by_score != summary.get("by_tier"):
        found |= {("score", tier): by_score.get(tier, 0) for tier in TIERS}
    all_count = summary.get("customer_count", 0)
    found["unscored",] = summary.get("unscored_count", 0)
    found["insufficient",] = summary.get("insufficient_count", 0)
    found["sufficient",] = all_count - found["insufficient",]
    if run.previous is not None:
        before = run.previous.summary
        found |= {("bin before", at): count for at, count in enumerate(before.get("bins", []))}
        found |= {("score before", tier): before.get("by_score_tier", {}).get(tier, 0) for tier in TIERS}
    return found


def _sums_of_scores(run: Run, counts: dict[Name, int]) -> Iterator[Sum[Name]]:
    bins = tuple(name for name in counts if name[0] == "bin")
    yield Sum(("customer", ALL), (("insufficient",), ("sufficient",)))
    tiers = "score" if ("score", Tier.HIGH) in counts else "tier"
    if tiers == "score":
        yield Sum(("customer", ALL), tuple(("score", tier) for tier in TIERS))
    if bins:
        yield Sum(("customer", ALL), (*bins, ("unscored",)))
        yield from _bins_of_tiers(run, "bin", tiers)
    if run.previous is not None and ("bin before", 0) in counts:
        same = run.previous.summary.get("by_score_tier") == run.previous.summary.get("by_tier")
        yield from _bins_of_tiers(run.previous, "bin before", "before" if same else "score before")


def _bins_of_tiers(run: Run, bins: str, tiers: str) -> Iterator[Sum[Name]]:
    """The bars of the distribution that make up each tier, where the limits of the tiers lie between bars."""
    spec, width = run.scheme.definition, run.summary["bin_points"]
    limits = ((Tier.HIGH, spec.high_from, None), (Tier.MEDIUM, spec.medium_from, spec.high_from),
              (Tier.LOW, 0, spec.medium_from))  # fmt: skip
    for tier, low, high in limits:
        inside = (
            at
            for at in range(len(run.summary["bins"]))
            if low <= at * width and (high is None or at * width < high)
        )
        yield Sum((tiers, tier), tuple((bins, at) for at in inside))
