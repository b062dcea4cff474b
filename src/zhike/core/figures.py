"""Charts as data: what to draw, the finding in one sentence, and the table that says the same.

A builder of `static/zk/charts.js` draws each kind. Labels arrive translated; numbers are plain.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

Number = int | float
UNSHOWN_WIDTH = 1
"""How many customers a flow is drawn for whose number is not shown: the same for each, so that it tells none."""


@dataclass(frozen=True, slots=True)
class Chart:
    """A figure. `label` states the finding for who cannot see it; `columns`, `rows` are its table."""

    label: str
    spec: Mapping[str, Any]
    columns: Sequence[str]
    rows: Sequence[Sequence[Any]]


@dataclass(frozen=True, slots=True)
class Move:
    """Customers who went from one tier to another; `direction` is up, down, same, lost or new. A count of None is
    too small to be shown, or would give such a one away."""

    before: str
    after: str
    count: int | None
    direction: str


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a waterfall; a total stands on the ground."""

    name: str
    value: Number
    is_total: bool = False


def lines(
    *, label: str, periods: Sequence[str], series: Mapping[str, Sequence[Number | None]], unit: str = "",
    stacked: bool = False,
) -> Chart:  # fmt: skip
    """Movement over time. Stack only the parts of one total, four at most."""
    spec = {
        "kind": "line",
        "periods": list(periods),
        "unit": unit,
        "stacked": stacked,
        "series": [{"name": name, "values": list(values)} for name, values in series.items()],
    }
    rows = [[period, *(values[n] for values in series.values())] for n, period in enumerate(periods)]
    return Chart(label, spec, [_("Period"), *series], rows)


def histogram(
    *,
    label: str,
    edges: Sequence[Number],
    counts: Sequence[int | None],
    tiers: Sequence[str],
    thresholds: Sequence[Number],
    axis: str,
    previous: Sequence[int | None] | None = None,
    sides: tuple[str, str] | None = None,
) -> Chart:
    """A distribution: one tier code per bar, limits as lines, the previous distribution as an outline. A count of
    None is said not to be shown, which is another thing than zero. `sides` name the outlined distribution and this
    one, the previous period and this one if nothing else is said."""
    before_name, now_name = sides or (_("Previous period"), _("This period"))
    spec = {
        "kind": "histogram",
        "edges": list(edges),
        "counts": list(counts),
        "tiers": list(tiers),
        "thresholds": list(thresholds),
        "previous": list(previous) if previous is not None else None,
        "names": {
            "now": now_name,
            "previous": before_name,
            "axis": axis,
            "unshown": _("not shown"),
        },
    }
    columns = [axis, now_name] + ([before_name] if previous is not None else [])
    rows = [
        [f"{edges[n]}–{edges[n + 1]}", _told(count)] + ([_told(previous[n])] if previous is not None else [])
        for n, count in enumerate(counts)
    ]
    return Chart(label, spec, columns, rows)


def flow(
    *, label: str, tiers: Mapping[str, str], before: Mapping[str, int | None], after: Mapping[str, int | None],
    moves: Sequence[Move], sides: tuple[str, str] | None = None,
) -> Chart:  # fmt: skip
    """Movement between tiers in two columns. `tiers` gives each code (HIGH, NEW …) its word, in order; `sides` name the
    columns, the previous period and this one if nothing else is said."""
    before_name, after_name = sides or (_("Previous period"), _("This period"))
    nodes = [
        {"id": f"{side}:{code}", "tier": code, "side": side, "text": f"{word} {_told(counts[code], ',')}"}
        for side, counts in enumerate((before, after))
        for code, word in tiers.items()
        if code in counts
    ]
    edges = [
        {
            "from": f"0:{move.before}",
            "to": f"1:{move.after}",
            "count": UNSHOWN_WIDTH if move.count is None else move.count,
            "direction": move.direction,
            "text": f"{tiers[move.before]} → {tiers[move.after]}",
            "note": _told(None) if move.count is None else "",
        }
        for move in moves
        if move.count != 0
    ]
    spec = {"kind": "flow", "nodes": nodes, "moves": edges, "sides": [before_name, after_name]}
    rows = [[tiers[move.before], tiers[move.after], _told(move.count)] for move in moves]
    return Chart(label, spec, [before_name, after_name, _("Customers")], rows)


def bars(
    *, label: str, values: Mapping[str, Number], heading: str, unit: str = "", mean: Number | None = None
) -> Chart:
    """One bar per name, largest first, the mean as a line."""
    ordered = dict(sorted(values.items(), key=lambda item: item[1], reverse=True))
    spec = {
        "kind": "bars",
        "names": list(ordered),
        "values": list(ordered.values()),
        "unit": unit,
        "mean": mean,
        "meanName": _("Mean"),
    }
    return Chart(label, spec, [heading, unit or _("Value")], [list(item) for item in ordered.items()])


def waterfall(*, label: str, steps: Sequence[Step], unit: str = "") -> Chart:
    """What made a total change, from the old figure to the new one."""
    spec = {
        "kind": "waterfall",
        "unit": unit,
        "steps": [{"name": step.name, "value": step.value, "total": step.is_total} for step in steps],
    }
    return Chart(label, spec, [_("Step"), unit or _("Value")], [[step.name, step.value] for step in steps])


def _told(count: int | None, grouping: str = "") -> Any:
    """A count, in words if it is not shown or is to be grouped."""
    if count is None:
        return _("not shown")
    return f"{count:{grouping}}" if grouping else count
