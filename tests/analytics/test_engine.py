"""The engine on DuckDB: names, parameters, small tables, empty views, and what it cleans up."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.analytics.oracle import add_months, whole_months

from zhike.analytics import dialect, plan
from zhike.analytics.engine import DuckEngine, identifier

COLUMNS = (("n", "BIGINT"), ("x", "DOUBLE"), ("word", "VARCHAR"), ("day", "DATE"), ("yes", "BOOLEAN"))
days = st.dates(date(1990, 1, 1), date(2040, 12, 31))


def test_table_keeps_values_and_nulls() -> None:
    rows = [(1, 0.1, "a'b", date(2026, 2, 28), True), (None, None, None, None, None)]
    with DuckEngine() as engine:
        engine.table("small", COLUMNS, rows)
        assert engine.fetch("SELECT * FROM small", {}) == rows
        assert engine.columns("small") == ("n", "x", "word", "day", "yes")


def test_view_without_a_path_is_empty_and_needs_columns() -> None:
    with DuckEngine() as engine:
        engine.view("nothing", [], COLUMNS)
        assert engine.fetch("SELECT COUNT(*) FROM nothing", {}) == [(0,)]
        with pytest.raises(ValueError, match="needs columns"):
            engine.view("nothing", [])


def test_a_name_may_be_given_again_to_another_kind_of_thing(tmp_path: Path) -> None:
    with DuckEngine() as engine:
        engine.table("thing", (("n", "BIGINT"),), [(1,)])
        engine.write("SELECT n + :more AS n FROM thing", {"more": 4}, tmp_path / "it's.parquet")
        engine.view("thing", [tmp_path / "it's.parquet"])
        engine.keep("thing_again", "SELECT n FROM thing", {})
        engine.keep("thing_again", "SELECT n + 1 AS n FROM thing", {})
        assert engine.fetch("SELECT n FROM thing_again", {}) == [(6,)]


def test_a_missing_parameter_is_an_error_and_a_spare_one_is_not() -> None:
    with DuckEngine() as engine:
        assert engine.fetch("SELECT :a + 1 AS n -- :comment", {"a": 1, "spare": 2}) == [(2,)]
        with pytest.raises(KeyError):
            engine.fetch("SELECT :a AS n", {})


@pytest.mark.parametrize("name", ["", "a b", 'a"', "Upper", "1a", "a;drop"])
def test_identifier_refuses_what_is_not_a_plain_name(name: str) -> None:
    with pytest.raises(ValueError, match="plain SQL name"):
        identifier(name)


def test_arrays_hold_the_rows_by_column_with_their_gaps() -> None:
    with DuckEngine() as engine:
        engine.table("small", COLUMNS[:2], [(2, None), (None, 0.5), (1, -1.5)])
        found = engine.arrays("SELECT n, x FROM small WHERE n IS NULL OR n < :most ORDER BY x", {"most": 9})
        assert {name: cells.tolist() for name, cells in found.items()} == {
            "n": [1, None, 2],
            "x": [-1.5, 0.5, None],
        }
        assert engine.kinds("small") == {"n": "BIGINT", "x": "DOUBLE"}


def test_close_removes_the_spill_folder_it_made() -> None:
    with DuckEngine() as engine:
        folder = Path(engine.fetch("SELECT current_setting('temp_directory')", {})[0][0])
        assert folder.is_dir()
    assert not folder.exists()


def test_parameters_are_found_outside_casts_and_comments() -> None:
    sql = "SELECT :a, x::bigint -- :c\nFROM t WHERE y >= :b_2"
    assert dialect.parameters_in(dialect.without_comments(sql)) == {"a", "b_2"}
    assert dialect.for_duckdb(":a + ::b") == "$a + ::b"


def test_whole_months_counts_completed_months_one_by_one() -> None:
    with DuckEngine(threads=1) as engine:

        @given(first=days, last=days)
        def counts_alike(first: date, last: date) -> None:
            sql = "SELECT whole_months(:a, :b), days_between(:a, :b)"
            assert engine.fetch(sql, {"a": first, "b": last}) == [
                (whole_months(first, last), (last - first).days)
            ]

        counts_alike()


@given(day=days, months=st.integers(0, 60))
def test_months_before_keeps_the_last_day_of_a_month_the_last(day: date, months: int) -> None:
    earlier = plan.months_before(day, months)
    is_last = add_months(day.replace(day=1), 1).toordinal() - 1 == day.toordinal()
    assert earlier == (
        date.fromordinal(add_months(day.replace(day=1), 1 - months).toordinal() - 1)
        if is_last
        else add_months(day, -months)
    )
