"""How customers stand, by what somebody may know of them: churn by kind, ties, asset bands, RFM cells, cohorts (E.8 to
E.11). Read from the rows a study keeps; for those who plan by totals without the smallest counts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext as _

from zhike.analytics import cohorts, keeping, rfm, value
from zhike.analytics.engine import DuckEngine
from zhike.analytics.habits import ALL
from zhike.analytics.keeping import GroupFigures, Ties
from zhike.analytics.plan import months_before
from zhike.core import formats
from zhike.core.figures import Chart, lines
from zhike.core.hiding import Sum, hidden
from zhike.customers.enums import CustomerGroup
from zhike.facts import api as facts
from zhike.insight.enums import RfmCell, Standing
from zhike.insight.models import ValueStudy
from zhike.insight.queries.reach import Reach
from zhike.insight.queries.value_models import type_label

Name = tuple[object, ...]
LOST = (Standing.PARTLY_LOST, Standing.ASSETS_LOST, Standing.SLEEPING, Standing.LEFT)
STATES = (Standing.KEPT, *LOST)
"""How a customer of the first day may stand, from best to worst."""
_CHURN_MONTHS = 24
_COHORT_YEARS = 15


@dataclass(frozen=True, slots=True)
class StandingRow:
    """A group of customers between the two days. None is not shown."""

    type_label: str
    group_label: str
    is_sum: bool
    starter_count: int | None
    new_count: int | None
    states: list[int | None]
    retention: float | None
    churn: float | None
    value_retention: float | None


@dataclass(frozen=True, slots=True)
class TieRow:
    """How closely a group is tied to the bank on the second day. `declared_count` says of whom assets elsewhere are
    known."""

    type_label: str
    stickiness: float | None
    cross_selling: float | None
    broad_share: float | None
    wallet_share: float | None
    declared_count: int | None


@dataclass(frozen=True, slots=True)
class BandRow:
    """Customers of a band of assets a year ago, by the band they are in now; the last cells are those gone."""

    label: str
    count: int | None
    cells: list[int | None]
    raised: float | None


@dataclass(frozen=True, slots=True)
class CellFigure:
    """One of the eight cells."""

    cell: RfmCell
    count: int | None
    share: float | None


@dataclass(frozen=True, slots=True)
class CohortRow:
    """Customers who came in a year; each cell is (share still here, depth of its colour), None where not shown or not
    passed."""

    year: int
    size: int | None
    cells: list[tuple[float, int] | None]


@contextmanager
def opened(study: ValueStudy, reach: Reach) -> Iterator[DuckEngine]:
    """An engine with the rows of a study, of the outlets somebody reaches."""
    with facts.engine() as duck:
        value.read(duck, facts.full_path(study.path), reach.outlets)
        yield duck


def rules_of(study: ValueStudy) -> keeping.Rules:
    """The rules a study was made by."""
    plain = study.rules["keeping"]
    return keeping.Rules(**{**plain, "bands_cents": tuple(plain["bands_cents"])})


def standings(found: Iterable[GroupFigures], least: int) -> list[StandingRow]:
    """Churn by kind, of the bank, of each business type and of the groups in it."""
    rows = {(each.business_type, each.customer_group): each.keeping for each in found}
    counts: dict[Name, int] = {}
    for key, kept in rows.items():
        counts["starters", *key] = kept.starter_count
        counts["new", *key] = kept.new_count
        for state in STATES:
            counts["state", *key, state] = kept.starters.get(state, 0)
    unseen = hidden(counts, _standing_sums(rows), least=least) if least else frozenset()

    def shown(*name: object) -> int | None:
        return None if name in unseen else counts[name]

    told = []
    for key in sorted(rows, key=lambda each: (each[0] != ALL, each[0], each[1] != ALL, each[1])):
        kept, starters, left = rows[key], shown("starters", *key), shown("state", *key, Standing.LEFT)
        is_open = starters is not None and left is not None
        told.append(
            StandingRow(
                type_label=type_label(key[0]), group_label=_group(key[1]), is_sum=key[1] == ALL,
                starter_count=starters, new_count=shown("new", *key),
                states=[shown("state", *key, state) for state in STATES],
                retention=kept.retention if is_open else None,
                churn=kept.churn if is_open else None,
                value_retention=kept.value_retention if starters is not None and kept.starter_count >= least else None,
            )
        )  # fmt: skip
    return told


def _standing_sums(rows: Mapping[tuple[str, str], object]) -> Iterator[Sum[Name]]:
    """What adds up on the page: kinds to all, groups to their type, types to the bank."""
    names: list[Name] = [("starters",), ("new",), *(("state", state) for state in STATES)]
    for key in rows:
        yield Sum(("starters", *key), tuple(("state", *key, state) for state in STATES))
    for name in names:
        head, tail = name[:1], name[1:]
        for business_type in {key[0] for key in rows} - {ALL}:
            parts = [key for key in rows if key[0] == business_type and key[1] != ALL]
            yield Sum((*head, business_type, ALL, *tail), tuple((*head, *key, *tail) for key in parts))
        types = [key for key in rows if key[1] == ALL and key[0] != ALL]
        if (ALL, ALL) in rows:
            yield Sum((*head, ALL, ALL, *tail), tuple((*head, *key, *tail) for key in types))


def _group(code: str) -> str:
    return _("All groups") if code == ALL else str(dict(CustomerGroup.choices).get(code, _("not known")))


def tie_rows(found: Iterable[GroupFigures], least: int) -> list[TieRow]:
    """Stickiness, cross-selling and share of wallet, of the bank and of each business type."""
    ties: dict[str, Ties] = {
        each.business_type: each.ties
        for each in sorted(found, key=lambda row: (row.business_type != ALL, row.business_type))
        if each.customer_group == ALL and each.ties.customer_count
    }
    declared = {name: each.declared_count for name, each in ties.items()}
    whole = Sum(ALL, tuple(name for name in ties if name != ALL))
    unseen = hidden(declared, [whole] if ALL in ties else [], least=least) if least else frozenset()
    told = []
    for name, each in ties.items():
        is_open = each.customer_count >= least
        told.append(
            TieRow(
                type_label=type_label(name),
                stickiness=each.stickiness if is_open else None,
                cross_selling=each.cross_selling if is_open else None,
                broad_share=each.broad_share if is_open else None,
                wallet_share=None if name in unseen else each.share_of_wallet,
                declared_count=None if name in unseen else each.declared_count,
            )
        )
    return told


def churn_chart(duck: DuckEngine, study: ValueStudy, least: int) -> Chart | None:
    """The share of customers who left in each whole month; for totals only where enough did."""
    first = study.as_of.replace(day=1)
    following = date.fromordinal(study.as_of.toordinal() + 1)
    last = following if following.day == 1 else first
    months = [months_before(last, back) for back in range(_CHURN_MONTHS, 0, -1)]
    sums: dict[date, list[int]] = {month: [0, 0] for month in months}
    for row in keeping.read_monthly(duck, months):
        sums[row.month_on][0] += row.starter_count
        sums[row.month_on][1] += row.left_count
    if not any(starters for starters, _left in sums.values()):
        return None
    shares = [
        None if not starters or 0 < left < least else round(left / starters * 100, 2)
        for starters, left in sums.values()
    ]
    told = [share for share in shares if share is not None]
    mean = sum(told) / len(told) if told else None
    return lines(
        label=_("Customers who left, month by month: %(share)s on average")
        % {"share": formats.share(mean / 100 if mean is not None else None)},
        periods=[f"{month:%Y-%m}" for month in months],
        series={_("Churn of the month, %"): shares},
    )


def band_label(bounds: tuple[int, ...], band: int) -> str:
    """A band of assets by its bounds, in ten thousands; it holds its lower one (E.10)."""
    unit = formats.amount_unit()
    low = formats.grouped(bounds[band - 1] // 1_000_000)
    if band == len(bounds):
        return _("%(low)s and more (%(unit)s)") % {"low": low, "unit": unit}
    return _("%(low)s to under %(high)s (%(unit)s)") % {
        "low": low, "high": formats.grouped(bounds[band] // 1_000_000), "unit": unit,
    }  # fmt: skip


def band_rows(duck: DuckEngine, bounds: tuple[int, ...], least: int) -> list[BandRow]:
    """Where the customers of each band went within the year; the last row are the new ones."""
    moves = keeping.read_moves(duck).get(ALL, {})
    moves = {pair: count for pair, count in moves.items() if pair != (None, None)}
    bands: list[int | None] = [*range(1, len(bounds) + 1), None]
    counts: dict[Name, int] = {("move", *pair): count for pair, count in moves.items()}
    sums: list[Sum[Name]] = []
    for side, at in (("start", 0), ("end", 1)):
        for band in bands:
            parts = tuple(("move", *pair) for pair in moves if pair[at] == band)
            counts[side, band] = sum(counts[part] for part in parts)
            sums.append(Sum((side, band), parts))
    unseen = hidden(counts, sums, least=least) if least else frozenset()
    raised = keeping.raised_shares(moves)
    told = []
    for start in bands:
        names: list[Name] = [("move", start, end) for end in bands]
        row = [None if name in unseen else counts.get(name, 0) for name in names]
        is_open = start is not None and None not in row and ("start", start) not in unseen
        told.append(
            BandRow(
                _("not here a year ago") if start is None else band_label(bounds, start),
                None if ("start", start) in unseen else counts["start", start],
                row,
                raised.get(start) if is_open and start is not None else None,
            )
        )
    return told


def cells(duck: DuckEngine, business_type: str, least: int) -> list[CellFigure]:
    """The eight cells of RFM, the important ones first."""
    found = rfm.read_cells(duck).get(business_type, {})
    counts: dict[Name, int] = {(str(cell),): count for cell, count in found.items()}
    whole = counts["whole",] = sum(counts.values())
    parts = tuple(name for name in counts if name != ("whole",))
    unseen = hidden(counts, [Sum(("whole",), parts)], least=least) if least else frozenset()
    told = []
    for cell in RfmCell:
        count = None if (cell.value,) in unseen else counts.get((cell.value,), 0)
        told.append(CellFigure(cell, count, count / whole if whole and count is not None else None))
    return told


def cohort_rows(duck: DuckEngine, study: ValueStudy, business_type: str, least: int) -> list[CohortRow]:
    """Customers by the year they came in, and the share still here after each whole year (N-03).

    For totals a cell stands only where enough have left since the last one shown, so that no step tells of a few.
    """
    epoch = date(study.as_of.year - _COHORT_YEARS + 1, 1, 1)
    told = []
    for each in cohorts.read_cohorts(duck, study.as_of, epoch=epoch):
        if each.business_type != business_type:
            continue
        row: list[tuple[float, int] | None] = []
        last = each.size
        for kept in each.kept[1:]:
            if each.size < max(least, 1) or 0 < last - kept < least:
                row.append(None)
                continue
            last = kept
            row.append((kept / each.size, _depth(kept / each.size)))
        told.append(CohortRow(each.from_on.year, each.size if each.size >= least else None, row))
    return told


def _depth(share: float) -> int:
    """One of five depths of colour: under half, then by eighths."""
    return max(1, min(5, 1 + int((share - 0.5) * 8 + 1e-9))) if share >= 0.5 else 1
