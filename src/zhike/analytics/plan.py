"""The text of a run, assembled from the reviewed files of `sql/` and from nothing else.

The only words put into a text are columns and codes of the closed catalogue; every number is a bound
parameter or a row of a small table.
"""

from __future__ import annotations

import calendar
import hashlib
from collections.abc import Collection, Iterable, Sequence
from datetime import date
from functools import cache
from importlib import resources

from zhike.analytics.engine import Value, identifier
from zhike.analytics.indicators import CATALOGUE, MEASURES, Direction, Normaliser, Policy, State
from zhike.analytics.inputs import RunInputs
from zhike.analytics.scheme import IndicatorUse, SchemeSpec

_JOINED = frozenset({"SATISFACTION", "LIFETIME_VALUE"})  # fragments that read a joined statistic
_PARTS = (
    ("raw", "DOUBLE"), ("state", "VARCHAR"), ("value", "DOUBLE"), ("weight", "DOUBLE"),
    ("contribution", "DOUBLE"),
)  # fmt: skip
_IDENTITY = ("customer_id", "business_type", "customer_group", "outlet_id", "months_known")


@cache
def text(name: str) -> str:
    """Return the reviewed file `sql/<name>.sql`."""
    return resources.files("zhike.analytics").joinpath(f"sql/{name}.sql").read_text("utf-8").strip()


def sql_sha256() -> str:
    """Return one hash over every reviewed file that a run's rows depend on, in hex."""
    folder = resources.files("zhike.analytics").joinpath("sql")
    digest = hashlib.sha256()
    names = [file.name for file in folder.iterdir() if file.name.endswith(".sql")]
    for part in ("indicators", "joins", "measures", "values"):
        names += [f"{part}/{file.name}" for file in folder.joinpath(part).iterdir()]
    for name in sorted(names):
        digest.update(name.encode() + b"\0" + folder.joinpath(name).read_bytes() + b"\0")
    return digest.hexdigest()


def months_before(day: date, months: int) -> date:
    """Return the day `months` earlier; the last day of a month answers to the last day of a month."""
    index = day.year * 12 + day.month - 1 - months
    year, month = divmod(index, 12)
    length = calendar.monthrange(year, month + 1)[1]
    is_last = day.day == calendar.monthrange(day.year, day.month)[1]
    return date(year, month + 1, length if is_last else min(day.day, length))


def parameters(spec: SchemeSpec, as_of: date) -> dict[str, Value]:
    """Return everything the texts may bind: dates of the windows, numbers of the scheme and indicators."""
    first = as_of.replace(day=1)
    bound: dict[str, Value] = {
        "as_of": as_of,
        "window_from": date.fromordinal(months_before(as_of, spec.window_months).toordinal() + 1),
        "balances_from": months_before(first, spec.window_months - 1),
        "recent_from": months_before(first, spec.recent_months - 1),
        "window_months": spec.window_months,
        "recent_months": spec.recent_months,
        "new_customer_months": spec.new_customer_months,
        "minimum_available": spec.minimum_available,
        "high_from": float(spec.high_from),
        "medium_from": float(spec.medium_from),
        "hysteresis_points": float(spec.hysteresis_points),
        "high_kept_from": float(spec.high_from) - float(spec.hysteresis_points),
        "medium_kept_from": float(spec.medium_from) - float(spec.hysteresis_points),
        "downgrade_runs": spec.downgrade_runs,
    }
    for indicator in CATALOGUE.values():
        for parameter in indicator.parameters:
            bound[f"{indicator.column}_{parameter.name}"] = parameter.default
    for use in spec.indicators:
        for parameter in use.indicator.parameters:
            bound[f"{use.indicator.column}_{parameter.name}"] = use.number(parameter.name)
    return bound


def present(spec: SchemeSpec, feeds: Iterable[str]) -> tuple[IndicatorUse, ...]:
    """Return the indicators in use whose feeds are loaded; the others are absent for everybody."""
    loaded = frozenset(feeds)
    return tuple(use for use in spec.indicators if loaded.issuperset(use.indicator.needs))


def absent(spec: SchemeSpec, feeds: Iterable[str]) -> tuple[IndicatorUse, ...]:
    """Return the indicators in use that lack a feed."""
    there = present(spec, feeds)
    return tuple(use for use in spec.indicators if use not in there)


def measures(inputs: RunInputs) -> str:
    """Return the query of measures: each fact table grouped by customer once, as far as it is needed."""
    wanted = dict.fromkeys(
        measure for use in present(inputs.spec, inputs.feeds) for measure in use.indicator.measures
    )
    loaded = {feed.partition(":")[0] for feed in inputs.feeds}
    tables = dict.fromkeys(MEASURES[measure] for measure in wanted if MEASURES[measure] in loaded)
    columns = [f"c.{column}" for column in _IDENTITY]
    for measure in wanted:
        table = MEASURES[measure]
        source = f"of_{table}.{measure}" if table in tables else "CAST(NULL AS BIGINT)"
        columns.append(f"{source} AS {measure}")
    joins = [
        f"LEFT JOIN ({text(f'measures/{table}')}\n) of_{table} ON of_{table}.customer_id = c.customer_id"
        for table in tables
    ]
    return _lines(f"SELECT {_list(columns)}", f"FROM ({text('scope')}\n) c", *joins)


def raws(inputs: RunInputs) -> str:
    """Return the query of raw indicators from the measures: one row a customer, one column an indicator."""
    columns = [f"m.{column}" for column in _IDENTITY]
    joins = []
    for use in present(inputs.spec, inputs.feeds):
        fragment = text(f"indicators/{use.indicator.column}")
        if use.policy is Policy.ZERO:
            fragment = f"COALESCE({fragment}\n, 0e0)"
        columns.append(f"({fragment}\n) + 0e0 AS {use.indicator.column}_raw")  # + 0e0: no negative zero
        if use.code in _JOINED:
            joins.append(text(f"joins/{use.indicator.column}"))
    return _lines(f"SELECT {_list(columns)}", "FROM measures m", *joins)


def spread(inputs: RunInputs) -> str:
    """Return the query of distinct values by peers, one branch an indicator."""
    branches = [
        text("spread_branch").format(code=use.code, c=use.indicator.column)
        for use in present(inputs.spec, inputs.feeds)
    ]
    return text("spread").format(branches="\nUNION ALL\n".join(branches) or text("spread_nothing"))


def group_columns(use: IndicatorUse) -> tuple[tuple[str, str], ...]:
    """Return the columns of `groups` that an indicator reads, with their types."""
    c = use.indicator.column
    return (
        (f"{c}_weight", "BIGINT"),
        (f"{c}_low", "DOUBLE"),
        (f"{c}_high", "DOUBLE"),
        (f"{c}_fill", "DOUBLE"),
        (f"{c}_count", "BIGINT"),
        (f"{c}_mean", "DOUBLE"),
        (f"{c}_deviation", "DOUBLE"),
    )


def results(inputs: RunInputs) -> str:
    """Return the query of the result: one wide row a customer."""
    there = present(inputs.spec, inputs.feeds)
    final = text("results").format(
        outputs=_list(_output(use, use in there) for use in inputs.spec.indicators),
        ranks="".join(f",\n       {_rank(use, use in there)}" for use in _ranked(inputs.spec)),
    )
    return _lines(scores(inputs, _ranked_now(there)), tiers("scored"), final)


def scores(inputs: RunInputs, ranked: str, *, kept: Collection[str] = (), besides: Sequence[str] = ()) -> str:
    """Return the common table expressions up to `scored`, over a query with the columns of `ranked.sql`.

    Indicators of the codes `kept` have their value among these columns and are not scaled anew. `besides` are further
    columns of `ranked` (r) or of the groups (g).
    """
    there = present(inputs.spec, inputs.feeds)
    columns = [use.indicator.column for use in there]
    weighed = [f"CASE WHEN v.{c}_value IS NULL THEN 0 ELSE v.{c}_weight END" for c in columns]
    points = [
        f"CASE WHEN v.{c}_value IS NULL THEN 0e0 ELSE CAST(v.{c}_weight AS DOUBLE) * v.{c}_value END"
        for c in columns
    ]
    fresh = [use for use in there if use.code not in kept]
    values = [f"g.{use.indicator.column}_weight" for use in there]
    values += [_value(use) for use in fresh]
    return text("scores").format(
        ranked=ranked,
        values=_list([*values, *besides]) or "0 AS nothing",
        joins="\n  ".join(join for use in fresh for join in _value_joins(use)),
        available=_sum(weighed) or "0",
        points=_sum(points) or "0e0",
    )


def tiers(scored: str) -> str:
    """Return the common table expressions from a table of scores, among those before, up to `tiered`."""
    return text("tiers").format(scored=identifier(scored))


def kept_rows(columns: Iterable[str]) -> str:
    """Return the query with the columns of `ranked.sql` over `kept`, the rows of a computed run."""
    chosen = [f"k.{identifier(column)}," for column in columns]
    return text("what_if/kept").format(columns="\n       ".join(chosen))


def result_columns(spec: SchemeSpec) -> tuple[tuple[str, str], ...]:
    """Return the columns of a result of this scheme with their types, in order."""
    return (
        ("customer_id", "BIGINT"),
        ("business_type", "VARCHAR"),
        ("customer_group", "VARCHAR"),
        ("outlet_id", "BIGINT"),
        ("months_known", "BIGINT"),
        ("weight_set", "VARCHAR"),
        *((f"{use.indicator.column}_{part}", kind) for use in spec.indicators for part, kind in _PARTS),
        ("score", "DOUBLE"),
        ("available_weight", "DOUBLE"),
        ("is_sufficient", "BOOLEAN"),
        ("is_new", "BOOLEAN"),
        ("score_tier", "VARCHAR"),
        ("tier", "VARCHAR"),
        ("is_provisional", "BOOLEAN"),
        ("movement", "VARCHAR"),
        ("below_count", "BIGINT"),
        ("previous_tier", "VARCHAR"),
        ("previous_score", "DOUBLE"),
        ("previous_below_count", "BIGINT"),
        *((f"{use.indicator.column}_rank", "BIGINT") for use in _ranked(spec)),
    )


def check(spec: SchemeSpec) -> str:
    """Return the reconciliation query over `results`."""
    columns = [use.indicator.column for use in spec.indicators]
    return text("check").format(
        contributions=_sum(f"{c}_contribution" for c in columns),
        weights=_sum(f"{c}_weight" for c in columns),
    )


def states(spec: SchemeSpec) -> str:
    """Return the query that counts customers by the state of each indicator, over `results`."""
    counts = [
        f"COUNT(CASE WHEN {use.indicator.column}_state = '{state}' THEN 1 END)"
        for use in spec.indicators
        for state in State
    ]
    return f"SELECT {_list(counts)} FROM results"


def observed(uses: Iterable[IndicatorUse]) -> str:
    """Return the query that counts customers, and those with each indicator, over `raws`."""
    return f"SELECT {_list(['COUNT(*)', *(f'COUNT({use.indicator.column}_raw)' for use in uses)])} FROM raws"


def last_published(view: str) -> str:
    """Return the query that names a view of the last published run as `previous`.

    Raises ValueError for a view of that very name, which would be dropped before it is read.
    """
    if view == "previous":
        raise ValueError("a view named previous is the run's own")
    return f"SELECT customer_id, score, tier, below_count FROM {identifier(view)}"


def changes(current: Iterable[str], previous: Iterable[str]) -> str:
    """Return the query of two runs side by side; the codes are those in each run's columns."""
    now, before = tuple(current), tuple(previous)
    parts = []
    for code in dict.fromkeys((*now, *before)):
        kind = "both" if code in now and code in before else "added" if code in now else "dropped"
        parts.append(text(f"change_{kind}").format(c=CATALOGUE[code].column))
    return text("changes").format(changes=_list(parts))


def change_sums(codes: Iterable[str]) -> str:
    """Return the query over `changes`: customers of both runs, and points by indicator in millionths."""
    sums = [f"CAST(SUM(whole({CATALOGUE[code].column}_change * 1e6 + 0.5e0)) AS BIGINT)" for code in codes]
    return f"SELECT {_list(['COUNT(score_change)', *sums])} FROM changes"


def _value(use: IndicatorUse) -> str:
    c = use.indicator.column
    name = "fixed" if use.normaliser is Normaliser.RATIO else use.normaliser.lower()
    value = text(f"values/{name}").format(c=c)
    if use.indicator.direction is Direction.DOWN:
        value = f"100e0 - ({value}\n)"
    return _lines(
        f"CASE WHEN r.{c}_raw IS NOT NULL THEN '{State.OBSERVED}'",
        f"     WHEN g.{c}_fill IS NOT NULL THEN '{State.IMPUTED}'",
        f"     ELSE '{State.NOT_APPLICABLE}' END AS {c}_state,",
        f"CASE WHEN r.{c}_raw IS NULL THEN g.{c}_fill ELSE ({value}\n) END AS {c}_value",
    )


def _value_joins(use: IndicatorUse) -> tuple[str, ...]:
    is_share = use.normaliser is Normaliser.ZSCORE
    return (text("joins/zscore").format(c=use.indicator.column),) if is_share else ()


def _ranked(spec: SchemeSpec) -> tuple[IndicatorUse, ...]:
    """The indicators whose places among the peers are kept, since a scheme may scale them by percentile."""
    return tuple(use for use in spec.indicators if Normaliser.PERCENTILE in use.indicator.normalisers)


def _ranked_now(there: Iterable[IndicatorUse]) -> str:
    """The query of raw values and places among the peers of a run being computed."""
    columns, joins = [], []
    for use in there:
        c = use.indicator.column
        columns.append(f"r.{c}_raw,")
        if Normaliser.PERCENTILE in use.indicator.normalisers:
            columns.append(f"2 * {c}_place.upto - {c}_place.customer_count AS {c}_rank,")
            joins.append(text("joins/rank").format(c=c, code=use.code))
    return text("ranked").format(raws="\n       ".join(columns), joins="\n".join(joins))


def _rank(use: IndicatorUse, is_present: bool) -> str:
    c = use.indicator.column
    return f"t.{c}_rank" if is_present else f"CAST(NULL AS BIGINT) AS {c}_rank"


def _output(use: IndicatorUse, is_present: bool) -> str:
    c = use.indicator.column
    name = "output" if is_present else "output_absent"
    return text(name).format(c=c)


def _list(parts: Iterable[str]) -> str:
    return ",\n       ".join(parts)


def _sum(parts: Iterable[str]) -> str:
    return "\n       + ".join(parts)


def _lines(*parts: str) -> str:
    return "\n".join(parts)
