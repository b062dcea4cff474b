"""RFM(P) and its eight cells (T-27, formula E.11): how lately, how often, how much, and how many kinds of products.

Classes are equal parts of a business type; who has the same value is in the same class, the highest any of them
reaches. Needs `standing` kept in the engine, see `keeping`.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

from zhike.analytics import plan
from zhike.analytics.engine import Engine
from zhike.analytics.habits import ALL


class Cell(StrEnum):
    """M above the mean or not: important or general; R and F: value, develop (F low), keep (R low), win back."""

    IMPORTANT_VALUE = "IMPORTANT_VALUE"
    IMPORTANT_DEVELOP = "IMPORTANT_DEVELOP"
    IMPORTANT_KEEP = "IMPORTANT_KEEP"
    IMPORTANT_WIN_BACK = "IMPORTANT_WIN_BACK"
    GENERAL_VALUE = "GENERAL_VALUE"
    GENERAL_DEVELOP = "GENERAL_DEVELOP"
    GENERAL_KEEP = "GENERAL_KEEP"
    GENERAL_WIN_BACK = "GENERAL_WIN_BACK"


def code(r: int, f: int, m: int) -> int:
    """Return the code R·100 + F·10 + M of classes 1 to 9."""
    if not all(1 <= each <= 9 for each in (r, f, m)):
        raise ValueError("classes of a code lie from 1 to 9")
    return r * 100 + f * 10 + m


def cell_of(r: int, f: int, m: int, means: tuple[float, float, float]) -> Cell:
    """Return the cell of classes beside the mean classes of (R, F, M); at the mean counts as above."""
    is_late, is_often, is_much = (value >= mean for value, mean in zip((r, f, m), means, strict=True))
    kind = ("VALUE" if is_often else "DEVELOP") if is_late else ("KEEP" if is_often else "WIN_BACK")
    return Cell(f"{'IMPORTANT' if is_much else 'GENERAL'}_{kind}")


def classes_of(values: Sequence[float], classes: int = 5) -> list[int]:
    """Return the class of each value, 1 to `classes`, the highest for the highest values."""
    order = sorted(values)
    upto = {value: place for place, value in enumerate(order, start=1)}
    return [classes - classes * (len(order) - upto[value]) // len(order) for value in values]


def keep_rfm(engine: Engine, *, classes: int = 5) -> None:
    """Keep `rfm`, one row a customer there with r_class, f_class, m_class and p_class, and `celled`, with the cell."""
    engine.keep("rfm_spread", plan.text("keeping/rfm_spread"), {})
    engine.keep("rfm", plan.text("keeping/rfm"), {"classes": classes})
    engine.keep("celled", plan.text("keeping/celled"), {})


def read_cells(engine: Engine) -> dict[str, dict[Cell, int]]:
    """Return customers by business type and cell, and of ALL, from `celled`."""
    found: dict[str, dict[Cell, int]] = {}
    for business_type, cell, count in engine.fetch(plan.text("keeping/rfm_cells"), {}):
        for name in (business_type, ALL):
            cells = found.setdefault(name, dict.fromkeys(Cell, 0))
            cells[Cell(cell)] += count
    return dict(sorted(found.items()))
