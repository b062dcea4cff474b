"""Large results by column: every row once, in order; and the fingerprint that rests on it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from zhike.analytics.engine import DuckEngine
from zhike.analytics.evaluate import fingerprint
from zhike.analytics.slices import Column, slices

COLUMNS = (("customer_id", "BIGINT"), ("x", "DOUBLE"), ("tier", "VARCHAR"), ("yes", "BOOLEAN"))
ROWS = [
    (7, 0.1, "LOW", True), (3, None, None, False), (5, -0.0, "HIGH", None), (1, 1e-300, "it's", True),
    (9, 2.5, "LOW", False),
]  # fmt: skip


def read_back(column: Column) -> list[Any]:
    cells = [column.words[cell] for cell in column.values] if column.words else column.values.tolist()
    return [None if gap else cell for cell, gap in zip(cells, column.is_null, strict=True)]


@pytest.mark.parametrize("rows", [1, 2, 4, 5, 6])
def test_slices_give_every_row_once_in_the_order_of_the_key(rows: int) -> None:
    with DuckEngine() as engine:
        engine.table("small", COLUMNS, ROWS)
        parts = list(slices(engine, "small", key="customer_id", rows=rows))
    assert len(parts) == -(-len(ROWS) // rows)
    found = [row for part in parts for row in zip(*map(read_back, part.values()), strict=True)]
    assert found == sorted(ROWS)


def test_slices_of_nothing_are_none_and_a_text_without_words_is_all_gaps() -> None:
    with DuckEngine() as engine:
        engine.table("small", COLUMNS, ())
        assert list(slices(engine, "small", key="customer_id")) == []
        engine.table("small", COLUMNS, [(1, 2.0, None, True)])
        (part,) = slices(engine, "small", key="customer_id")
    assert (part["tier"].words, part["tier"].is_null.tolist()) == ((), [True])


def test_slices_keep_equal_keys_together() -> None:
    with DuckEngine() as engine:
        engine.table("small", COLUMNS[:1], [(1,), (2,), (2,), (2,), (3,)])
        parts = slices(engine, "small", key="customer_id", rows=2)
        assert [part["customer_id"].values.tolist() for part in parts] == [[1], [2, 2, 2], [3]]


def printed(folder: Path, rows: list[tuple[Any, ...]]) -> str:
    with DuckEngine() as engine:
        engine.table("small", COLUMNS, rows)
        engine.write("SELECT * FROM small", {}, folder / "small.parquet")
        return fingerprint(engine, folder / "small.parquet")


@pytest.mark.requirement("L-42")
def test_fingerprint_knows_rows_whatever_their_order(tmp_path: Path) -> None:
    assert printed(tmp_path, ROWS) == printed(tmp_path, ROWS[::-1])


@pytest.mark.requirement("L-42")
@pytest.mark.parametrize(
    "row",
    [
        (7, 0.10000000000000002, "LOW", True), (7, None, "LOW", True), (7, 0.1, "HIGH", True),
        (7, 0.1, "LOWER", True), (7, 0.1, None, True), (7, 0.1, "LOW", False), (8, 0.1, "LOW", True),
    ],
)  # fmt: skip
def test_fingerprint_changes_with_any_cell(tmp_path: Path, row: tuple[Any, ...]) -> None:
    assert printed(tmp_path, [row, *ROWS[1:]]) != printed(tmp_path, ROWS)


@pytest.mark.requirement("L-42")
@pytest.mark.parametrize(
    ("one", "other"),
    [
        ((5, -0.0, "HIGH", None), (5, 0.0, "HIGH", None)),  # the sign of nought
        ((3, None, None, False), (3, 0.0, None, False)),  # a gap is not nought
        ((5, -0.0, "HIGH", None), (5, -0.0, "HIGH", False)),
    ],
)
def test_fingerprint_tells_what_is_equal_but_not_the_same(
    tmp_path: Path, one: tuple[Any, ...], other: tuple[Any, ...]
) -> None:
    rest = [row for row in ROWS if row[0] != one[0]]
    assert printed(tmp_path, [one, *rest]) != printed(tmp_path, [other, *rest])
