"""How many are in a rule, counted while somebody writes it, as far as they may know (M-29).

One pass over the portrait gives the number and its split by outlet, group and tier. For those who plan by totals the
smallest counts are hidden, and what would give them away.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from zhike.analytics import members
from zhike.analytics.members import Asked, Cell
from zhike.analytics.rules import Group
from zhike.core.hiding import Sum, hidden
from zhike.facts import api as facts
from zhike.insight.models import Portrait
from zhike.insight.queries import portraits
from zhike.insight.queries.reach import Reach
from zhike.insight.queries.sources import fields
from zhike.staff.models import Unit

SPLITS = ("outlet_id", "customer_group", "tier")
Name = tuple[str, object]
_IN, _OUT = ("in", ""), ("out", "")


@dataclass(frozen=True, slots=True)
class Part:
    """Customers of one value of a split: how many are in, and how many of them there are. None is not shown."""

    code: object
    count: int | None
    of_count: int | None
    label: str = ""

    @property
    def share(self) -> float | None:
        """What part of them is in."""
        return None if self.count is None or not self.of_count else self.count / self.of_count


@dataclass(frozen=True, slots=True)
class Count:
    """Who is in a rule, in numbers, as of the day of the portrait. None is a number too small to be shown."""

    as_of: date
    count: int | None
    of_count: int
    splits: dict[str, list[Part]]

    @property
    def share(self) -> float | None:
        """What part of all is in."""
        return None if self.count is None or not self.of_count else self.count / self.of_count


def count(rule: Group, *, reach: Reach, outlets: frozenset[int] | None = None) -> Count | None:
    """Count a rule for somebody, within `outlets` where the segment is of a place. None without a portrait, or where
    the person reaches nobody. Raises RuleHasProblems."""
    portrait = portraits.current()
    if portrait is None or reach.is_nobody:
        return None
    cells = _cells(portrait, Asked(rule, fields(), portrait.as_of, reach.within(outlets)))
    figures: dict[Name, int] = {_IN: sum(cell.count for cell in cells)}
    whole = sum(cell.of_count for cell in cells)
    figures[_OUT] = whole - figures[_IN]
    of_figures: dict[Name, int] = {}
    for place, split in enumerate(SPLITS):
        for cell in cells:
            name = (split, cell.key[place])
            figures[name] = figures.get(name, 0) + cell.count
            of_figures[name] = of_figures.get(name, 0) + cell.of_count
    unseen = (
        hidden(figures, _sums(figures, whole), least=reach.least, unprinted=frozenset({_OUT}))
        if reach.least
        else frozenset()
    )
    return Count(
        as_of=portrait.as_of,
        count=None if _IN in unseen else figures[_IN],
        of_count=whole,
        splits={split: _parts(split, figures, of_figures, unseen, reach.least) for split in SPLITS},
    )


def _cells(portrait: Portrait, asked: Asked) -> list[Cell]:
    path: Path = facts.full_path(portrait.path)
    with facts.engine() as duck:
        duck.view(members.VIEW, [path])
        return members.split(duck, asked, SPLITS)


def _sums(figures: dict[Name, int], whole: int) -> Iterable[Sum[Name]]:
    figures["whole", ""] = whole
    yield Sum(("whole", ""), (_IN, _OUT))
    for split in SPLITS:
        yield Sum(_IN, tuple(name for name in figures if name[0] == split))


def _parts(
    split: str, figures: dict[Name, int], of_figures: dict[Name, int], unseen: frozenset[Name], least: int
) -> list[Part]:
    """Largest first; of outlets with their names. Those with nobody in are left out."""
    found = [
        Part(
            code,
            None if (split, code) in unseen else number,
            None if of_figures[split, code] < least else of_figures[split, code],
        )
        for (name, code), number in figures.items()
        if name == split and (number or (split, code) in unseen)
    ]
    found.sort(key=lambda part: (-(part.count or 0), str(part.code)))
    if split != "outlet_id":
        return found
    units = Unit.objects.filter(pk__in=[part.code for part in found if part.code])
    names: dict[object, str] = {unit.pk: unit.name for unit in units}
    return [Part(part.code, part.count, part.of_count, names.get(part.code, "")) for part in found]
