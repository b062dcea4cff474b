"""Every text a run can send stays within the portable subset, and the check sees what leaves it."""

from __future__ import annotations

import pytest
from tests.analytics.adverse_bank import AS_OF
from tests.analytics.sql_subset import problems

from zhike.analytics import dialect, evaluate, plan, scheme
from zhike.analytics.engine import DuckEngine
from zhike.analytics.indicators import CATALOGUE, MEASURES, NORMALISER_PARAMETERS
from zhike.analytics.scheme import SchemeSpec

STANDALONE = (
    "feeds",
    "retention",
    "scope",
    "groups",
    "peers",
    "deviations",
    "distribution",
    "migration",
    "changed",
)


def texts(spec: SchemeSpec, duck: DuckEngine) -> dict[str, str]:
    inputs = evaluate.prepare(duck, spec, AS_OF)
    codes = [use.code for use in spec.indicators]
    return {
        **{name: plan.text(name) for name in STANDALONE},
        "measures": plan.measures(inputs),
        "raws": plan.raws(inputs),
        "spread": plan.spread(inputs),
        "results": plan.results(inputs),
        "check": plan.check(spec),
        "states": plan.states(spec),
        "observed": plan.observed(plan.present(spec, inputs.feeds)),
        "previous": plan.last_published("last"),
        "changes": plan.changes(codes[:-1], codes[1:]),
        "change_sums": plan.change_sums(codes),
    }


@pytest.mark.parametrize("name", ["full", "core_banking", "everything"])
def test_every_text_of_a_run_is_portable(name: str, everything: SchemeSpec, duck: DuckEngine) -> None:
    spec = everything if name == "everything" else scheme.preset(name)
    assert {key: problems(text) for key, text in texts(spec, duck).items() if problems(text)} == {}


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT ROUND(x, 2) FROM t",
        "SELECT EXP(x) FROM t",
        "SELECT upper(x) FROM t",
        "SELECT CAST(x * 1e2 AS BIGINT) FROM t",
        "SELECT CAST(x AS INTEGER) FROM t",
        "SELECT CAST(x AS DECIMAL(18, 2)) FROM t",
        "SELECT x / y FROM t",
        "SELECT x / 12 FROM t",
        "SELECT x * 0.2 FROM t",
        "SELECT SUM(CAST(x AS DOUBLE)) FROM t",
        "SELECT SUM(x / 2e0) FROM t",
        "SELECT AVG(x) FROM t",
        "SELECT SUM(n) OVER (ORDER BY amount) FROM t",
        "SELECT opened_on - closed_on FROM t",
        "SELECT :as_of - 3 FROM t",
        "SELECT opened_on + INTERVAL '1' DAY FROM t",
        'SELECT "x" FROM t',
        "SELECT 'a:b' FROM t",
        "SELECT TRY_CAST(x AS BIGINT) FROM t",
        "SELECT MEDIAN(x) FROM t",
    ],
)
def test_the_check_sees_what_the_engines_do_differently(sql: str) -> None:
    assert problems(sql)


def test_the_check_passes_what_both_engines_do_alike() -> None:
    sql = "SELECT CAST(SUM(whole(CAST(x AS DOUBLE) / 12e0)) AS BIGINT) AS n FROM t WHERE d <= :as_of"
    assert problems(sql) == []


def test_each_indicator_has_its_fragment_and_binds_only_its_own_numbers() -> None:
    shared = {"recent_months", "window_months", "as_of"}
    for indicator in CATALOGUE.values():
        fragment = dialect.without_comments(plan.text(f"indicators/{indicator.column}"))
        own = {f"{indicator.column}_{parameter.name}" for parameter in indicator.parameters}
        assert dialect.parameters_in(fragment) <= own | shared
        assert all(f"m.{measure}" in fragment or measure == "answer_days" for measure in indicator.measures)
        assert set(indicator.measures) <= set(MEASURES)


def test_parameter_defaults_lie_within_their_ranges() -> None:
    parameters = [each for indicator in CATALOGUE.values() for each in indicator.parameters]
    parameters += [each for listed in NORMALISER_PARAMETERS.values() for each in listed]
    assert all(each.minimum <= each.default <= each.maximum for each in parameters)


def test_the_hash_of_the_sql_covers_every_file() -> None:
    assert len(plan.sql_sha256()) == 64


def test_the_last_published_run_may_not_bear_the_name_of_the_runs_own_copy() -> None:
    with pytest.raises(ValueError, match="the run's own"):
        plan.last_published("previous")
