"""A what-if on kept rows says what an evaluation under the tried scheme would say, to the last customer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.analytics.adverse_bank import AS_OF, AdverseBank
from tests.analytics.sql_subset import problems

from zhike.analytics import evaluate, what_if
from zhike.analytics.engine import DuckEngine
from zhike.analytics.indicators import Normaliser, Policy
from zhike.analytics.scheme import IndicatorUse, SchemeSpec
from zhike.analytics.scheme_problems import problems as problems_of
from zhike.analytics.what_if import KeptRun, Obstacle, Part, Reason


@dataclass
class Played:
    """A computed run of the adverse bank with the run before it, and the engine that still holds the facts."""

    engine: DuckEngine
    run: KeptRun
    folder: Path

    def evaluated(self, spec: SchemeSpec) -> list[dict]:
        """The rows an evaluation under a scheme would give, each with the tier of the kept run."""
        inputs = replace(self.run.inputs, spec=spec)
        inputs = replace(inputs, statistics=self.statistics(spec))
        tried = self.folder / "tried.parquet"
        evaluate.evaluate(self.engine, inputs, tried, previous="before")
        found = self.engine.connection.execute(
            f"SELECT t.*, k.tier AS tier_before, k.score AS score_before FROM '{tried}' t"
            f" JOIN '{self.run.path}' k USING (customer_id)"
        )
        names = [column[0] for column in found.description]
        return [dict(zip(names, row, strict=True)) for row in found.fetchall()]

    def statistics(self, spec: SchemeSpec) -> dict:
        return dict(evaluate.prepare(self.engine, spec, AS_OF).statistics)


@pytest.fixture(scope="module")
def played(
    bank: AdverseBank, bank_folder: Path, everything: SchemeSpec, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Played]:
    folder = tmp_path_factory.mktemp("what_if")
    with DuckEngine(threads=2, temp_directory=folder / "spill") as engine:
        bank.register(engine, bank_folder)
        before = replace(everything, high_from=55.0, medium_from=40.0)
        evaluate.evaluate(engine, evaluate.prepare(engine, before, AS_OF), folder / "before.parquet")
        engine.view("before", [folder / "before.parquet"])
        inputs = evaluate.prepare(engine, everything, AS_OF)
        path = folder / "run.parquet"
        summary = evaluate.evaluate(engine, inputs, path, previous="before")
        groups = tuple((kind, group) for kind, group, _ in summary.groups)
        yield Played(engine, KeptRun(path, inputs, summary.peers, groups), folder)


@pytest.fixture
def player(tmp_path: Path) -> Iterator[DuckEngine]:
    """An engine that knows no facts."""
    with DuckEngine(threads=2, temp_directory=tmp_path / "spill") as engine:
        yield engine


def other(spec: SchemeSpec, code: str, **changed: object) -> SchemeSpec:
    """The scheme with one indicator used otherwise."""
    uses = tuple(replace(use, **changed) if use.code == code else use for use in spec.indicators)
    return replace(spec, indicators=uses)


def assert_same(found: what_if.Figures, rows: list[dict]) -> None:
    assert found.customer_count == len(rows)
    assert Counter(found.by_tier) == Counter(row["tier"] for row in rows)
    assert Counter(found.by_score_tier) == Counter(row["score_tier"] for row in rows)
    assert Counter(found.moves) == Counter((row["tier_before"], row["tier"]) for row in rows)
    assert Counter(found.migration) == Counter((row["previous_tier"] or "NEW", row["tier"]) for row in rows)
    assert found.provisional_count == sum(row["is_provisional"] for row in rows)
    assert found.insufficient_count == sum(not row["is_sufficient"] for row in rows)
    assert found.unscored_count == sum(row["score"] is None for row in rows)
    bins = Counter(min(int(row["score"] // 5), 19) for row in rows if row["score"] is not None)
    assert Counter(dict(enumerate(found.bins))) == bins


@pytest.mark.requirement("L-42")
def test_the_scheme_of_the_run_changes_nothing(played: Played, player: DuckEngine) -> None:
    found = what_if.figures(player, played.run, played.run.inputs.spec)
    assert found.customer_count
    assert all(before == after for before, after in found.moves)
    assert_same(found, played.evaluated(played.run.inputs.spec))


@st.composite
def schemes(draw: st.DrawFn, base: SchemeSpec) -> SchemeSpec:
    """The scheme with other weights, thresholds, scalings and policies; no number that asks for the facts."""
    chosen = draw(st.sets(st.sampled_from([use.code for use in base.indicators]), min_size=4))
    uses = tuple(draw(scalings(use)) for use in base.indicators if use.code in chosen)
    codes = [use.code for use in uses]
    sets = []
    for weight_set in base.weight_sets:
        cuts = sorted(
            draw(st.lists(st.integers(0, 10_000), min_size=len(codes) - 1, max_size=len(codes) - 1))
        )
        parts = [after - before for before, after in zip([0, *cuts], [*cuts, 10_000], strict=True)]
        sets.append(replace(weight_set, weights=dict(zip(codes, parts, strict=True))))
    medium = draw(st.floats(5, 70).map(lambda x: round(x, 2)))
    high = draw(st.floats(medium + 1, 95).map(lambda x: round(x, 2)))
    return replace(
        base, indicators=uses, weight_sets=tuple(sets), medium_from=medium, high_from=high,
        hysteresis_points=draw(st.sampled_from([0.0, 3.0, 7.5])),
        downgrade_runs=draw(st.integers(1, 3)),
        new_customer_months=draw(st.integers(0, 24)),
        minimum_available=draw(st.sampled_from([0, 6_000, 9_000])),
    )  # fmt: skip


@st.composite
def scalings(draw: st.DrawFn, use: IndicatorUse) -> IndicatorUse:
    normaliser = draw(st.sampled_from(use.indicator.normalisers))
    is_zero = use.policy is Policy.ZERO
    policies = [each for each in use.indicator.policies if (each is Policy.ZERO) == is_zero]
    own = {name: use.number(name) for name in (each.name for each in use.indicator.parameters)}
    numbers = {
        Normaliser.FIXED: {
            "low": draw(st.sampled_from([-1.0, 0.0])),
            "high": draw(st.sampled_from([0.5, 4.0])),
        },
        Normaliser.RATIO: {"target": draw(st.sampled_from([0.5, 3.0, 12.0]))},
        Normaliser.PERCENTILE: {"floor": draw(st.sampled_from([0.0, 10.0])), "ceiling": 95.0},
        Normaliser.ZSCORE: {},
    }[normaliser]
    return replace(
        use, normaliser=normaliser, policy=draw(st.sampled_from(policies)), parameters={**own, **numbers},
        by_business_type={},
    )  # fmt: skip


@pytest.mark.requirement("L-38", "L-40", "L-42")
@settings(max_examples=12, deadline=None)
@given(data=st.data())
def test_a_what_if_is_the_evaluation_it_foresees(played: Played, data: st.DataObject) -> None:
    spec = data.draw(schemes(played.run.inputs.spec))
    if any(problem.is_blocking for problem in problems_of(spec)):
        return
    with DuckEngine(threads=2) as player:
        assert_same(what_if.figures(player, played.run, spec), played.evaluated(spec))


@pytest.mark.parametrize("part", list(Part))
def test_the_parts_are_the_whole(played: Played, player: DuckEngine, part: Part) -> None:
    spec = replace(played.run.inputs.spec, high_from=60.0)
    whole = what_if.figures(player, played.run, spec)
    split = what_if.by_part(player, played.run, spec, part)
    assert len(split) > 1
    assert what_if.together(spec, split.values()) == whole
    assert what_if.together(spec, []).customer_count == 0


def test_outlets_and_groups_are_those_of_the_customers(played: Played, player: DuckEngine) -> None:
    spec = replace(played.run.inputs.spec, high_from=60.0)
    rows = played.evaluated(spec)
    outlets = what_if.by_part(player, played.run, spec, Part.OUTLET)
    assert {key: each.customer_count for key, each in outlets.items()} == Counter(
        row["outlet_id"] for row in rows
    )
    groups = what_if.by_part(player, played.run, spec, Part.GROUP)
    expected = Counter(f"{row['business_type']}.{row['customer_group']}" for row in rows)
    assert {key: each.customer_count for key, each in groups.items()} == expected


def test_a_class_of_value_holds_about_a_fifth_of_its_peers(played: Played, player: DuckEngine) -> None:
    split = what_if.by_part(player, played.run, played.run.inputs.spec, Part.VALUE)
    assert set(split) <= {None, 0, 1, 2, 3, 4}
    means = [split[at].value_cents for at in range(what_if.VALUE_CLASSES) if at in split]
    sums = [sum((cents or {}).values()) for cents in means]
    assert sums == sorted(sums)


def test_movers_are_those_who_move_by_value(played: Played, player: DuckEngine) -> None:
    spec = replace(played.run.inputs.spec, high_from=60.0, hysteresis_points=0.0, downgrade_runs=1)
    rows = [row for row in played.evaluated(spec) if row["tier"] != row["tier_before"]]
    found = what_if.movers(player, played.run, spec, at_most=10_000)
    assert len(found) == len(rows) > 3
    by_key = {row["customer_id"]: row for row in rows}
    for each in found:
        row = by_key[each.customer_id]
        assert (each.tier_before, each.tier) == (row["tier_before"], row["tier"])
        assert (each.score_before, each.score) == (row["score_before"], row["score"])
        assert each.value == row["lifetime_value_raw"]
    values = [each.value if each.value is not None else float("-inf") for each in found]
    assert values == sorted(values, reverse=True)
    assert what_if.movers(player, played.run, spec, at_most=3) == found[:3]


def test_the_spread_of_values_is_that_of_the_customers_of_a_weight_set(
    played: Played, player: DuckEngine
) -> None:
    spec = played.run.inputs.spec
    rows = [row for row in played.evaluated(spec) if row["weight_set"] == spec.default_weight_set]
    found = what_if.value_spread(player, played.run, spec, weight_set=spec.default_weight_set)
    assert rows
    for code, spread in found.items():
        values = [row[f"{code.lower()}_value"] for row in rows if row[f"{code.lower()}_value"] is not None]
        assert sum(spread.values()) == len(values)
        total = sum(value * count for value, count in spread.items())
        assert total == pytest.approx(sum(values), abs=0.005 * len(values) + 1e-6)


def test_what_reads_the_facts_otherwise_is_named(played: Played, player: DuckEngine) -> None:
    run = played.run.inputs.spec
    complaint = run.use("COMPLAINT")
    changed = other(run, "COMPLAINT", parameters={**complaint.parameters, "cap": 2.0})
    changed = other(changed, "DIGITAL_ACTIVITY", policy=Policy.REDISTRIBUTE)
    changed = replace(changed, window_months=24)
    expected = {
        Obstacle(Reason.WINDOW, number="window_months"),
        Obstacle(Reason.NUMBER, "COMPLAINT", "cap"),
        Obstacle(Reason.MISSING_DATA, "DIGITAL_ACTIVITY"),
    }
    assert set(what_if.obstacles(run, changed)) == expected
    with pytest.raises(what_if.NeedsFacts) as refusal:
        what_if.figures(player, played.run, changed)
    assert set(refusal.value.obstacles) == expected


def test_an_indicator_that_was_not_computed_needs_the_facts(everything: SchemeSpec) -> None:
    fewer = replace(everything, indicators=everything.indicators[1:])
    added = everything.indicators[0].code
    assert what_if.obstacles(fewer, everything) == (Obstacle(Reason.INDICATOR, added),)
    assert what_if.obstacles(everything, fewer) == ()


def test_a_scheme_with_problems_is_refused(played: Played, player: DuckEngine) -> None:
    with pytest.raises(evaluate.SchemeNotUsable):
        what_if.figures(player, played.run, replace(played.run.inputs.spec, medium_from=90.0))


def test_a_split_by_value_needs_a_value(played: Played, player: DuckEngine) -> None:
    run = played.run.inputs.spec
    without = replace(run, indicators=tuple(use for use in run.indicators if use.code != "LIFETIME_VALUE"))
    assert not what_if.has_value(played.run.inputs, without)
    with pytest.raises(ValueError, match="no lifetime value"):
        what_if.by_part(player, played.run, without, Part.VALUE)


def test_scaling_numbers_of_a_business_type_count(played: Played, player: DuckEngine) -> None:
    run = played.run.inputs.spec
    special = other(run, "TENURE", by_business_type={"RETAIL": {"target": 1.0}})
    assert_same(what_if.figures(player, played.run, special), played.evaluated(special))


def test_every_text_of_a_what_if_is_portable(played: Played) -> None:
    class Listening(DuckEngine):
        said: list[str] = []

        def fetch(self, sql, parameters):  # type: ignore[no-untyped-def]
            self.said.append(sql)
            return super().fetch(sql, parameters)

    spec = replace(played.run.inputs.spec, high_from=60.0)
    with Listening(threads=2) as engine:
        for part in Part:
            what_if.by_part(engine, played.run, spec, part)
        what_if.figures(engine, played.run, spec)
        what_if.movers(engine, played.run, spec, at_most=3)
        what_if.value_spread(engine, played.run, spec, weight_set=spec.default_weight_set)
        assert [problems(text) for text in engine.said] == [[]] * 6
