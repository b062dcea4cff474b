"""Large results by column: slices of whole rows as NumPy arrays, in the order of a key, the same on either engine.

Words arrive as their places in the sorted words of their column, so that no text is made row by row.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from zhike.analytics.engine import Engine, Value, identifier

ROWS = 122_880
"""Rows of a slice: one row group as DuckDB writes them, so that a slice of a sorted file reads no more."""

_DTYPES = {"f": "<f8", "i": "<i8", "u": "<i8", "b": "?"}


@dataclass(frozen=True, slots=True)
class Column:
    """Cells of one column: 64-bit numbers or booleans, nought where `is_null`. Of a text column `values` are
    places in `words`."""

    values: NDArray[np.generic]
    is_null: NDArray[np.bool_]
    words: tuple[str, ...] = ()


def slices(engine: Engine, view: str, *, key: str, rows: int = ROWS) -> Iterator[dict[str, Column]]:
    """Yield all rows of a view by slices of about `rows`, each by column and in the order of `key`.

    `key` is a column of whole numbers without gaps of NULL; equal keys share a slice. Text columns must hold
    few different words: codes, not names.
    """
    kinds = engine.kinds(view)
    words = _words(engine, view, [name for name, kind in kinds.items() if kind == "VARCHAR"])
    bound: dict[str, Value] = {}
    columns = [_place(name, words[name], bound) if name in words else identifier(name) for name in kinds]
    query = f"SELECT {', '.join(columns)} FROM {identifier(view)} WHERE {identifier(key)} >= :key_from"
    starts = engine.fetch(
        f"SELECT DISTINCT {key} FROM (SELECT {key}, ROW_NUMBER() OVER (ORDER BY {key}) AS place FROM {view}) placed"
        f" WHERE (place - 1) % {rows} = 0 ORDER BY {key}",
        {},
    )
    for start, end in pairwise([*(row[0] for row in starts), None]):
        until = "" if end is None else f" AND {key} < :key_until"
        limits = {"key_from": start} if end is None else {"key_from": start, "key_until": end}
        found = engine.arrays(f"{query}{until} ORDER BY {key}", {**bound, **limits})
        yield {name: _column(cells, words.get(name, ())) for name, cells in found.items()}


def _words(engine: Engine, view: str, names: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """The different words of each text column, sorted, in one reading."""
    if not names:
        return {}
    chosen = ", ".join(map(identifier, names))
    sets = ", ".join(f"({name})" for name in names)
    rows = engine.fetch(f"SELECT {chosen} FROM {view} GROUP BY GROUPING SETS ({sets})", {})
    found = zip(*rows, strict=True) if rows else ((),) * len(names)
    return {
        name: tuple(sorted({cell for cell in cells if cell is not None}))
        for name, cells in zip(names, found, strict=True)
    }


def _place(name: str, words: Sequence[str], bound: dict[str, Value]) -> str:
    """The place of a column's word as an expression; the words go in as parameters."""
    if not words:
        return f"CAST(NULL AS BIGINT) AS {name}"
    cases = []
    for place, word in enumerate(words):
        bound[f"{name}_word_{place}"] = word
        cases.append(f"WHEN :{name}_word_{place} THEN {place}")
    return f"CAST(CASE {name} {' '.join(cases)} END AS BIGINT) AS {name}"


def _column(cells: np.ma.MaskedArray[tuple[int], np.dtype[np.generic]], words: tuple[str, ...]) -> Column:
    dtype = _DTYPES[cells.dtype.kind]
    return Column(cells.filled(0).astype(dtype, copy=False), np.ma.getmaskarray(cells), words)
