"""Which counts must not be shown, so that nobody reads a small one or works it out by adding up.

Complementary cell suppression (Willenborg and de Waal, "Elements of Statistical Disclosure Control", 2001): a
count below the smallest cell is hidden, and wherever a sum of the page would then give a hidden one away, another
of its counts is hidden too.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Generic, TypeVar

Figure = TypeVar("Figure", bound=Hashable)
"""Names one count; the same count in two places of a page has one name."""


@dataclass(frozen=True, slots=True)
class Sum(Generic[Figure]):
    """A count and those that add up to it."""

    whole: Figure
    parts: tuple[Figure, ...]


def hidden(
    counts: Mapping[Figure, int],
    sums: Iterable[Sum[Figure]],
    *,
    least: int,
    known: AbstractSet[Figure] = frozenset(),
    unprinted: AbstractSet[Figure] = frozenset(),
) -> frozenset[Figure]:
    """The counts not to be shown: those from 1 to `least` - 1, and the fewest and smallest besides that keep each of
    `sums` from telling one.

    `known` ones stand elsewhere too and are never hidden; `unprinted` ones stand nowhere, but whoever subtracts
    finds them, so they are hidden before any that would be missed. Zero says that there is nobody, and is shown
    as long as there is another way. A sum whose counts do not add up tells nothing and is passed over.
    """
    found = {figure for figure, count in counts.items() if 0 < count < least and figure not in known}
    telling = [
        each for each in sums if each.parts and counts[each.whole] == sum(counts[part] for part in each.parts)
    ]
    is_settled = False
    while not is_settled:
        is_settled = True
        for each in telling:
            while gives_away(each, counts, found, least=least):
                further = _next(each, counts, found | known, unprinted)
                if further is None:
                    break
                found.add(further)
                is_settled = False
    return frozenset(found)


def gives_away(
    each: Sum[Figure], counts: Mapping[Figure, int], found: AbstractSet[Figure], *, least: int
) -> bool:
    """Whether a sum tells a hidden count: it is the only one, or those hidden come to less than the smallest cell."""
    parts = [part for part in each.parts if part in found]
    if each.whole in found:
        return not parts
    return len(parts) == 1 or 0 < sum(counts[part] for part in parts) < least


def _next(
    each: Sum[Figure],
    counts: Mapping[Figure, int],
    taken: AbstractSet[Figure],
    unprinted: AbstractSet[Figure],
) -> Figure | None:
    """What is missed least: a count that stands nowhere, then the smallest part, then the whole, then a zero."""
    free: Sequence[Figure] = [part for part in each.parts if part not in taken]
    filled = [part for part in free if counts[part]]
    if filled:
        return min(filled, key=lambda part: (part not in unprinted, counts[part]))
    if each.whole not in taken:
        return each.whole
    return free[0] if free else None
