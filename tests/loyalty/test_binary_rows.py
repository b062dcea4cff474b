"""What goes into PostgreSQL in its binary form comes out as it was, to the bit."""

from __future__ import annotations

import math
import struct
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from zhike.analytics.slices import Column
from zhike.loyalty.operations import binary_rows as binary

WORDS = ("", "HIGH", "低", "a'b\\")
TABLE = """
CREATE TEMP TABLE taken (id bigint, few integer, x double precision, yes boolean, word varchar(10),
                         spelt varchar(3), numbers double precision[], words varchar(10)[]) ON COMMIT DROP
"""
integers = st.integers(-(2**63), 2**63 - 1)
doubles = st.floats(allow_nan=False)


def numbers(cells: Sequence[Any], dtype: str) -> Column:
    values = np.zeros(len(cells), dtype)
    for at, cell in enumerate(cells):
        values[at] = 0 if cell is None else cell
    return Column(values, np.array([cell is None for cell in cells], np.bool_))


def words(cells: Sequence[str | None]) -> Column:
    places = np.array([0 if cell is None else WORDS.index(cell) for cell in cells])
    return Column(places, np.array([cell is None for cell in cells], np.bool_), WORDS)


ROW = st.tuples(
    st.none() | integers, st.none() | st.integers(-(2**31), 2**31 - 1), st.none() | doubles,
    st.none() | st.booleans(), st.none() | st.sampled_from(WORDS), st.tuples(*[st.sampled_from("OIN")] * 3),
    st.tuples(*[st.none() | doubles] * 2), st.tuples(*[st.none() | st.sampled_from(WORDS)] * 3),
)  # fmt: skip


def records(rows: Sequence[tuple[Any, ...]]) -> bytes:
    ids, few, xs, flags, texts, spelt, lists, several = zip(*rows, strict=True)
    letters = [
        Column(
            np.array(["INO".index(cell) for cell in cells]), np.zeros(len(rows), np.bool_), ("I", "N", "O")
        )
        for cells in zip(*spelt, strict=True)
    ]
    causes = [words(cells) for cells in zip(*several, strict=True)]
    is_there = ~np.stack([each.is_null for each in causes], axis=1)
    return binary.rows([
        binary.number(numbers(ids, "i8"), binary.BIGINT), binary.number(numbers(few, "i8"), binary.INTEGER),
        binary.number(numbers(xs, "f8"), binary.DOUBLE), binary.number(numbers(flags, "?"), binary.BOOLEAN),
        binary.word(words(texts)), binary.letters(letters),
        binary.array([binary.number(numbers(cells, "f8"), binary.DOUBLE) for cells in zip(*lists, strict=True)],
                     binary.DOUBLE_OID),
        binary.short_array([binary.word(each) for each in causes], is_there, binary.VARCHAR_OID),
    ])  # fmt: skip


def bits(cell: Any) -> Any:
    return struct.pack("<d", cell) if isinstance(cell, float) else cell


class RoundTrip(TestCase):
    @given(st.lists(ROW, min_size=1, max_size=6))
    def test_rows_come_back_as_they_were_given(self, rows: list[tuple[Any, ...]]) -> None:
        with connection.cursor() as cursor:
            cursor.execute("DROP TABLE IF EXISTS taken")
            cursor.execute(TABLE)
            with cursor.copy("COPY taken FROM STDIN (FORMAT binary)") as copy:
                copy.write(binary.START + records(rows) + binary.END)
            cursor.execute("SELECT * FROM taken")
            found = cursor.fetchall()
        for given_row, row in zip(rows, found, strict=True):
            *single, spelt, doubles_given, words_given = given_row
            assert [bits(cell) for cell in row[:5]] == [bits(cell) for cell in single]
            assert row[5] == "".join(spelt)
            assert [bits(cell) for cell in row[6]] == [bits(cell) for cell in doubles_given]
            assert row[7] == [cell for cell in words_given if cell is not None]


@pytest.mark.parametrize("cell", [math.inf, -math.inf, 5e-324, -0.0])
def test_a_double_at_the_edge_keeps_its_bits(cell: float) -> None:
    field = binary.number(numbers([cell], "f8"), binary.DOUBLE)
    assert field.blocks[0].content.tobytes() == struct.pack(">id", 8, cell)
