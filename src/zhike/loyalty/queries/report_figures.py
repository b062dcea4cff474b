"""The counts of an evaluation as parts of its report: tiers, distribution, movement, outlets (L-11, L-39).

Every count comes from the `RunFigures` of the reader, as on the run's page, so what is hidden there is hidden here.
"""

from __future__ import annotations

from collections.abc import Callable

from django.utils.translation import gettext as _

from zhike.analytics.compare import GONE, NEW
from zhike.core import formats
from zhike.core.papers.paper import UNSHOWN, Column, Kind, Part, Table, Value
from zhike.loyalty.enums import Tier
from zhike.loyalty.models import Run
from zhike.loyalty.queries import charts, totals
from zhike.loyalty.queries.run_figures import ALL, TIERS, RunFigures
from zhike.loyalty.queries.totals import Moves


def told(count: int | None) -> Value:
    """A count of the page as a cell of the paper."""
    return UNSHOWN if count is None else count


def tiers(run: Run, figures: RunFigures) -> Part:
    """Customers by tier, beside the period before; what the score alone gives, where that is something else."""
    rows, has_before = totals.tier_counts(figures), run.previous is not None
    columns = [Column(_("Tier")), Column(_("Customers"), Kind.COUNT), Column(_("Share"), Kind.SHARE)]
    if has_before:
        columns += [Column(_("Previous period"), Kind.COUNT), Column(_("Against last period"), Kind.CHANGE)]
    cells = [
        (str(row.tier.label), told(row.count), row.share, told(row.before), row.change)[: len(columns)]
        for row in rows
    ]
    before = _sum([row.before for row in rows])
    now = told(figures.shown("customer", ALL))
    change = now - before if isinstance(now, int) and isinstance(before, int) else None
    total = (_("Total"), now, None, before, change)[: len(columns)]
    found = [Table(_("Customers by tier"), tuple(columns), tuple(cells), total)]
    if by_score := totals.score_tier_counts(figures):
        found.append(
            Table(
                _("By the score alone"),
                (Column(_("Tier")), Column(_("Customers"), Kind.COUNT)),
                tuple((str(row.tier.label), told(row.count)) for row in by_score),
                note=_(
                    "Tiers kept within the tolerance, lowered step by step or set by hand make the difference to "
                    "the counts above."
                ),
            )
        )
    return Part(_("Tiers"), (), tuple(found))


def distribution(run: Run, figures: RunFigures) -> Part | None:
    """How the scores are distributed, beside the period before."""
    bins, width = _bars(figures, "bin"), run.summary.get("bin_points")
    if not bins or not width:
        return None
    before = _bars(figures, "bin before")
    chart = charts.distribution(bins, width, run.scheme.definition, previous=before)
    names = chart.columns
    columns = (Column(names[0]), *(Column(name, Kind.COUNT) for name in names[1:]))
    sides = [bins, before] if len(names) > 2 else [bins]
    rows = tuple((str(row[0]), *(told(side[at]) for side in sides)) for at, row in enumerate(chart.rows))
    total = (_("Total"), *(_sum(side) for side in sides))
    unscored = figures.shown("unscored")
    note = (
        _("%(count)s customers have no score and stand in no band.") % {"count": formats.grouped(unscored)}
        if unscored
        else ""
    )
    table = Table(_("Customers by score"), columns, rows, total, note, chart)
    return Part(_("Distribution"), (chart.label,), (table,))


def movement(run: Run, figures: RunFigures) -> Part:
    """From which tier to which, with new and lost customers: the matrix and its chart."""
    if not run.summary.get("migration") or run.previous is None:
        said = _("This is the first evaluation; movement shows from the second on.")
        return Part(_("Movement between tiers"), (said,))
    befores, afters = (*TIERS, NEW), (*TIERS, GONE)
    words: dict[str, str] = {**{tier: str(tier.label) for tier in Tier}, NEW: _("New"), GONE: _("Lost")}
    columns = (
        Column(_("Previous period")), *(Column(words[after], Kind.COUNT) for after in afters),
        Column(_("Total"), Kind.COUNT),
    )  # fmt: skip
    rows = tuple(
        (words[before], *(_moved(figures, before, after) for after in afters), _came_from(figures, before))
        for before in befores
    )
    total = (
        _("This period"),
        *(
            told(figures.shown("lost", ALL) if after == GONE else figures.shown("tier", after))
            for after in afters
        ),
        None,
    )
    chart = charts.movement(figures)
    table = Table(_("From tier to tier"), columns, rows, total, chart=chart)
    return Part(_("Movement between tiers"), (chart.label,), (table,))


def _moved(figures: RunFigures, before: str, after: str) -> Value:
    """Nobody is new and lost at once."""
    return None if (before, after) == (NEW, GONE) else told(figures.shown("move", before, after))


def _came_from(figures: RunFigures, before: str) -> Value:
    return told(figures.shown("new", ALL) if before == NEW else figures.shown("before", before))


def outlets(run: Run, figures: RunFigures) -> Part:
    """What became of the customers of each outlet the reader may see, with their total."""
    columns = (
        Column(_("Outlet")), Column(_("Customers"), Kind.COUNT), Column(_("Changed"), Kind.COUNT),
        Column(_("Up a tier"), Kind.COUNT), Column(_("Down a tier"), Kind.COUNT),
        Column(_("Within the tier"), Kind.COUNT), Column(_("New"), Kind.COUNT), Column(_("Lost"), Kind.COUNT),
    )  # fmt: skip
    rows = tuple((each.outlet.name, *_moves(each.moves)) for each in totals.outlets_of(figures))
    total = (_("Total"), *_moves(totals.moves_seen(figures)))
    note = _("Changed = up + down + within the tier + new. Lost customers are counted apart.")
    if figures.least:
        note += " " + _("Counts under %(least)s are not shown, nor others that would give them away.") % {
            "least": figures.least
        }
    return Part(_("By outlet"), (), (Table(_("By outlet"), columns, rows, total if rows else None, note),))


def _moves(moves: Moves) -> tuple[Value, ...]:
    return tuple(
        told(count)
        for count in (
            moves.customer_count, moves.changed_count, moves.upgraded_count, moves.downgraded_count,
            moves.within_count, moves.new_count, moves.lost_count,
        )
    )  # fmt: skip


def _bars(figures: RunFigures, name: str) -> list[int | None]:
    return [figures.shown(*each) for each in figures.counts if each[0] == name]


def _sum(counts: list[int | None]) -> Value:
    """The total of a column; a column with a hidden count has none, for it would give that one away."""
    return UNSHOWN if None in counts else sum(count or 0 for count in counts)


PARTS: tuple[Callable[[Run, RunFigures], Part | None], ...] = (tiers, distribution, movement, outlets)
