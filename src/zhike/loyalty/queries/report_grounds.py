"""What an evaluation rests on, as parts of its report: causes, weights, missing data, drift, following up, method."""

from __future__ import annotations

from collections.abc import Iterator

from django.db.models import Count, F
from django.utils.translation import gettext as _

from zhike.analytics.difference import Difference
from zhike.analytics.scheme import WHOLE_WEIGHT
from zhike.core import formats, parameters
from zhike.core.access.permissions import Permission
from zhike.core.papers.paper import UNSHOWN, Column, Kind, Part, Table, Value
from zhike.loyalty.models import Run
from zhike.loyalty.queries.changes import DIRECTIONS, Direction, changed_in
from zhike.loyalty.queries.drifting import drift_rows
from zhike.loyalty.queries.effects import FEWEST_PARAMETER, Effect, Group, effect
from zhike.loyalty.queries.run_rows import coverage_rows, statement_rows
from zhike.loyalty.queries.sentences import indicator_label, weight_set_label
from zhike.staff.models import Staff

SETS_ABREAST = 4
"""Weight sets side by side in one table: more do not fit on upright paper."""
MEASURES = {"ROWS": Kind.COUNT, "CENTS": Kind.AMOUNT, "POINTS": Kind.GAP}
"""What the units of a reconciliation are on paper."""


def parts(run: Run, staff: Staff, *, least: int) -> Iterator[Part]:
    """All of them for this reader, who sees no share that rests on fewer than `least` customers."""
    sees_results = staff.may(Permission.RESULT_READ)
    if run.previous is not None and sees_results:
        yield _causes(run, staff)
        yield _following(run, run.previous, staff)
    yield _weights(run)
    yield _coverage(run, least)
    if drift := run.summary.get("drift"):
        yield _drift(run, drift, least)
    yield _fairness(run)
    yield _reconciliation(run)


def _causes(run: Run, staff: Staff) -> Part:
    """Which indicator moved most for those who fell and for those who rose, among the customers a reader sees."""
    counted: dict[Direction, dict[str | None, int]] = {}
    for direction in (Direction.FELL, Direction.ROSE):
        rows = changed_in(run, staff).filter(DIRECTIONS[direction])
        grouped = rows.annotate(cause=F("causes__0")).values("cause").annotate(count=Count("customer_id"))
        counted[direction] = {row["cause"]: row["count"] for row in grouped.order_by()}
    fell, rose = counted[Direction.FELL], counted[Direction.ROSE]
    codes = sorted({*fell, *rose}, key=lambda code: (code is None, -(fell.get(code, 0)), str(code)))
    cells = tuple(
        (indicator_label(code) if code else _("Other causes"), fell.get(code, 0), rose.get(code, 0))
        for code in codes
    )
    columns = (Column(_("Main cause")), Column(_("Fell"), Kind.COUNT), Column(_("Rose"), Kind.COUNT))
    total = (_("Total"), sum(fell.values()), sum(rose.values()))
    note = _(
        "The indicator that moved a customer's index most. Counted among the customers within your reach."
    )
    table = Table(_("Changed customers by main cause"), columns, cells, total, note)
    return Part(_("Why customers changed"), (), (table,))


def _following(run: Run, before: Run, staff: Staff) -> Part:
    """Those who fell in the evaluation before, contacted and not, and where they stand in this one."""
    found = effect(staff, before=before, after=run)
    title = _("What following up did")
    if not found.contacted.count and not found.others.count:
        return Part(title, (_("Nobody fell in that evaluation"),))
    groups = (
        Column(_("Customers")), Column(_("Fell"), Kind.COUNT), Column(_("Mean fall, points"), Kind.POINTS),
        Column(_("Mean change since, points"), Kind.POINTS), Column(_("Reached the old score"), Kind.SHARE),
        Column(_("Left the bank"), Kind.COUNT),
    )  # fmt: skip
    rows = (_group(_("Contacted"), found.contacted), _group(_("Not contacted"), found.others))
    bounds = (
        Column(_("Compared")), Column(_("Difference"), Kind.POINTS), Column(_("Lower bound"), Kind.POINTS),
        Column(_("Upper bound"), Kind.POINTS),
    )  # fmt: skip
    compared = (
        _difference(_("all together"), found.difference),
        _difference(_("like with like: the same tier, as far a fall"), found.like_with_like),
    )
    caution = _(
        "Managers choose whom they call, so this is an observation and no proof. Scores that fell far tend to come "
        "back by themselves; that is why like is compared with like."
    )
    tables = (
        Table(_("Contacted and not contacted"), groups, rows),
        Table(_("Difference of the changes"), bounds, compared, note=caution),
    )
    return Part(title, (_verdict(run, found),), tables)


def _verdict(run: Run, found: Effect) -> str:
    fewest = int(parameters.value(FEWEST_PARAMETER, on=run.as_of))
    if found.is_thin(fewest):
        return _("Too few customers to tell: fewer than %(fewest)s in one of the groups.") % {
            "fewest": fewest
        }
    told = found.like_with_like
    if told is None or not told.is_told:
        return _("No difference beyond chance can be told.")
    points = {"points": formats.grouped(abs(told.value), 1)}
    if told.value > 0:
        return _("Contacted customers did better by %(points)s points, like with like.") % points
    return _("Contacted customers did worse by %(points)s points, like with like.") % points


def _group(label: str, group: Group) -> tuple[Value, ...]:
    return label, group.count, group.fall, group.change, group.recovered_share, group.lost_count


def _difference(label: str, found: Difference | None) -> tuple[Value, ...]:
    return (label, found.value, found.low, found.high) if found else (label, None, None, None)


def _weights(run: Run) -> Part:
    """The indicators with their weights, and where the tiers begin."""
    spec = run.scheme.definition
    tables = []
    for first in range(0, len(spec.weight_sets), SETS_ABREAST):
        sets = spec.weight_sets[first : first + SETS_ABREAST]
        columns = (
            Column(_("Indicator")),
            *(Column(weight_set_label(each.code), Kind.SHARE) for each in sets),
        )
        rows: tuple[tuple[Value, ...], ...] = tuple(
            (indicator_label(use.code), *(each.weights.get(use.code, 0) / WHOLE_WEIGHT for each in sets))
            for use in spec.indicators
        )
        total: tuple[Value, ...] = (_("Total"), *(sum(each.weights.values()) / WHOLE_WEIGHT for each in sets))
        tables.append(Table(_("Indicators and weights"), columns, rows, total))
    limits = _("High begins at %(high)s points of 100, medium at %(medium)s.") % {
        "high": formats.grouped(spec.high_from),
        "medium": formats.grouped(spec.medium_from),
    }
    return Part(_("Indicators and weights"), (limits,), tuple(tables))


def _coverage(run: Run, least: int) -> Part:
    """Who has data for each indicator, and which feeds were never loaded."""
    rows, absent = [], []
    for each in coverage_rows(run.coverage, least=least):
        rows.append((each["name"], UNSHOWN if each["count"] is None else each["count"], each["share"]))
        if each["absent"]:
            feeds = _(", ").join(each["absent"])
            absent.append(
                _("%(indicator)s: never loaded: %(feeds)s") % {"indicator": each["name"], "feeds": feeds}
            )
    columns = (Column(_("Indicator")), Column(_("Customers"), Kind.COUNT), Column(_("Share"), Kind.SHARE))
    said = _(
        "Where a customer has no data for an indicator, its weight goes to the others or a middle value is taken."
    )
    return Part(_("Data that were missing"), (said, *absent), (Table(_("Coverage"), columns, tuple(rows)),))


def _drift(run: Run, kept: list[dict[str, object]], least: int) -> Part:
    columns = (
        Column(_("Indicator")), Column(_("Mean before"), Kind.POINTS), Column(_("Mean now"), Kind.POINTS),
        Column(_("Without data before"), Kind.SHARE), Column(_("Without data now"), Kind.SHARE),
        Column(_("Stability index"), Kind.INDEX), Column(_("Judgement")),
    )  # fmt: skip
    rows = tuple(
        (
            row.label,
            row.mean_before,
            row.mean,
            row.missing_before,
            row.missing,
            row.index,
            str(row.level_label),
        )
        for row in drift_rows(kept, on=run.as_of, least=least)
    )
    note = _(
        "How far the customers lie from where they lay (population stability index). A drift may be the customers' "
        "doing, or a change of the data."
    )
    return Part(
        _("Drift of the indicators"), (), (Table(_("Drift of the indicators"), columns, rows, note=note),)
    )


def _fairness(run: Run) -> Part:
    """What the tiers must never be used for (K-10, PIPL art. 24)."""
    said = (
        _("The tier decides how the bank looks after a customer. It never makes a price worse for equal conditions, "
          "and a customer may ask for a review by a person."),
        _("A complaint that was withdrawn or not confirmed counts nothing."),
        _("No customer loses a tier within %(points)s points of its threshold, and a tier is lowered only after "
          "%(count)s evaluations below it, one step at a time.")
        % {"points": formats.grouped(run.scheme.definition.hysteresis_points),
           "count": run.scheme.definition.downgrade_runs},
    )  # fmt: skip
    return Part(_("Fairness"), said)


def _reconciliation(run: Run) -> Part:
    """What was read and computed against what was loaded and stored: one table for each measure."""
    rows = statement_rows(run.statements)
    tables = []
    for measure, kind in MEASURES.items():
        columns = (
            Column(_("What")), Column(_("Counted in")), Column(_("Expected"), kind), Column(_("Found"), kind),
            Column(_("Difference"), kind),
        )  # fmt: skip
        cells = tuple(
            (row["what"], row["unit"], *row["figures"]) for row in rows if row["measure"] == measure
        )
        if cells:
            tables.append(Table(_("Reconciliation"), columns, cells))
    return Part(_("Reconciliation"), (), tuple(tables))
