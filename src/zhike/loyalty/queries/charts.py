"""The charts of a run: distribution, movement between tiers, one customer's change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import accumulate

from django.utils.translation import gettext as _

from zhike.analytics.compare import GONE, NEW
from zhike.analytics.scheme import SchemeSpec
from zhike.core import figures, formats
from zhike.core.figures import Chart, Move, Step
from zhike.loyalty.enums import TIER_LEVEL, Tier
from zhike.loyalty.queries.breakdown import Breakdown
from zhike.loyalty.queries.cause_words import cause_name
from zhike.loyalty.queries.run_figures import ALL, TIERS, RunFigures, step_between

_CHART_CODES = {Tier.MEDIUM: "MIDDLE", GONE: "LOST"}
"""The charts' own codes for two of ours."""
SHOWN_STEPS = 6
LEAST_STEP = 0.005
"""Below which the causes not shown are a matter of rounding."""


def distribution(
    bins: Sequence[int | None],
    width: int,
    spec: SchemeSpec,
    *,
    previous: Sequence[int | None] | None = None,
    sides: tuple[str, str] | None = None,
) -> Chart:
    """Customers by score, coloured by tier; a count of None is not shown. `sides` name `previous` and what is drawn."""
    edges = [at * width for at in range(len(bins) + 1)]
    middle = [edge + width / 2 for edge in edges[:-1]]
    tiers = [
        "HIGH" if at >= spec.high_from else "MIDDLE" if at >= spec.medium_from else "LOW" for at in middle
    ]
    largest = max(range(len(bins)), key=lambda at: bins[at] or 0, default=0)
    label = _("Most customers score between %(low)s and %(high)s.") % {
        "low": edges[largest],
        "high": edges[largest + 1] if len(edges) > 1 else 0,
    }
    return figures.histogram(
        label=label, edges=edges, counts=bins, tiers=tiers, thresholds=[spec.medium_from, spec.high_from],
        axis=_("Loyalty index"), previous=previous or None, sides=sides,
    )  # fmt: skip


def movement(found: RunFigures) -> Chart:
    """Who went from which tier to which, with new and gone customers; what must not be seen is not shown."""
    moves = {(str(name[1]), str(name[2])): found.shown(*name) for name in found.counts if name[0] == "move"}
    before = {
        old: found.shown("new", ALL) if old == NEW else found.shown("before", old) for old, _new in moves
    }
    after = {
        new: found.shown("lost", ALL) if new == GONE else found.shown("tier", new) for _old, new in moves
    }
    ups, downs = found.shown("upgraded", ALL), found.shown("downgraded", ALL)
    label = _("Movement between tiers")
    if ups is not None and downs is not None:
        label = _("%(up)s customers rose a tier, %(down)s fell.") % {
            "up": formats.grouped(ups),
            "down": formats.grouped(downs),
        }
    return tier_flow(moves, before=before, after=after, label=label)


def tier_flow(
    moves: Mapping[tuple[str, str], int | None],
    *,
    before: Mapping[str, int | None],
    after: Mapping[str, int | None],
    label: str,
    sides: tuple[str, str] | None = None,
) -> Chart:
    """Customers who went from one tier to another, the higher tiers first; a count of None is not shown."""
    words = {_chart_code(tier): str(tier.label) for tier in TIERS} | {"NEW": _("New"), "LOST": _("Gone")}
    pairs = sorted(moves, key=lambda pair: _order(*pair))
    return figures.flow(
        label=label, tiers=words, sides=sides,
        before={_chart_code(old): before[old] for old, _new in pairs},
        after={_chart_code(new): after[new] for _old, new in pairs},
        moves=[Move(_chart_code(old), _chart_code(new), moves[old, new], step_between(old, new)) for old, new in pairs],
    )  # fmt: skip


def change(found: Breakdown) -> Chart | None:
    """From the score before to the score now, indicator by indicator; None without a score before."""
    result = found.result
    if result.score is None or result.score_before is None:
        return None
    shown = found.explained.shown[:SHOWN_STEPS]
    points = [cause.points for cause in shown]
    rest = result.score - result.score_before - sum(points)
    levels = [round(level, 2) for level in accumulate([result.score_before, *points, rest])]
    # A step is the difference of two rounded levels, so that a reader who adds up finds the total.
    steps = [Step(_("Last time"), levels[0], is_total=True)]
    for cause, before, after in zip(shown, levels, levels[1:], strict=False):
        steps.append(Step(cause_name(cause), round(after - before, 2)))
    if abs(rest) >= LEAST_STEP:
        steps.append(Step(_("Other causes"), round(levels[-1] - levels[-2], 2)))
    steps.append(Step(_("Now"), levels[-1], is_total=True))
    label = _("From %(before)s to %(now)s points.") % {
        "before": formats.grouped(result.score_before, 1),
        "now": formats.grouped(result.score, 1),
    }
    return figures.waterfall(label=label, steps=steps)


def over_time(points: Sequence[tuple[str, float | None, str]]) -> Chart | None:
    """The index over the published runs; None with fewer than two."""
    if len(points) < 2:
        return None
    series = {_("Loyalty index"): [None if score is None else round(score, 1) for _, score, _ in points]}
    return figures.lines(
        label=_("The index over %(count)s evaluations.") % {"count": len(points)},
        periods=[period for period, _score, _tier in points], series=series,
    )  # fmt: skip


def _chart_code(code: str) -> str:
    return _CHART_CODES.get(code, str(code))


def _order(old: str, new: str) -> tuple[int, int]:
    places: dict[str, int] = {**{str(tier): level for tier, level in TIER_LEVEL.items()}, NEW: -1, GONE: -2}
    return -places.get(old, 0), -places.get(new, 0)
