"""Draws: the same in SQL and Python, even, and independent of one another."""

from __future__ import annotations

from typing import TYPE_CHECKING

import duckdb
import pytest

from zhike.facts.demo import draws

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        draws.create_draws(connection, seed=11)
        yield connection


@pytest.mark.parametrize(("a", "b"), [(0, 0), (1, 0), (7, 3), (4_294_967_295, 9), (123_456_789, 1_000_000)])
def test_draw_in_sql_is_the_draw_in_python(connection: duckdb.DuckDBPyConnection, a: int, b: int) -> None:
    ((drawn, small),) = connection.execute(
        "SELECT draw('what', $a, $b), below(draw('what', $a, $b), 1000)", {"a": a, "b": b}
    ).fetchall()
    assert drawn == draws.draw(11, "what", a, b)
    assert small == draws.below(drawn, 1_000)


def test_draws_are_even_and_do_not_follow_one_another(connection: duckdb.DuckDBPyConnection) -> None:
    ((mean, spread, by_name, by_next, by_place),) = connection.execute(
        """SELECT avg(x), stddev(x), corr(x, other), corr(x, following), corr(x, second) FROM (
               SELECT below(draw('x', i, 0), 1000000) AS x, below(draw('y', i, 0), 1000000) AS other,
                   below(draw('x', i + 1, 0), 1000000) AS following, below(draw('x', i, 1), 1000000) AS second
               FROM range(200000) AS numbers(i))"""
    ).fetchall()
    assert mean == pytest.approx(500_000, abs=3_000)
    assert spread == pytest.approx(288_675, abs=2_000)
    assert max(map(abs, (by_name, by_next, by_place))) < 0.01
