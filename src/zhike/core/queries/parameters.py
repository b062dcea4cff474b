"""The parameter register as people read it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from itertools import groupby

from zhike.core import labels, parameters
from zhike.core.models import Approval, ApprovalState, Parameter


@dataclass(frozen=True, slots=True)
class Line:
    """One parameter: the row in force, the row that will follow, and whether a proposal waits."""

    current: Parameter
    coming: Parameter | None
    is_proposed: bool

    @property
    def label(self) -> str:
        return labels.label(labels.Register.PARAMETER, self.current.code)

    @property
    def unit(self) -> str:
        return labels.label(labels.Register.UNIT, self.current.unit)


def register(*, on: date) -> list[Line]:
    """Every parameter with what is in force on a day, by code and scope."""
    waiting = set(
        Approval.objects.filter(
            subject_type=Parameter._meta.label_lower, state=ApprovalState.PENDING
        ).values_list("subject_id", flat=True)
    )
    rows = Parameter.objects.order_by("code", "scope", "valid_from", "id")
    grouped = groupby(rows, key=lambda row: (row.code, row.scope))
    return [line for _key, group in grouped if (line := _line(group, on=on, waiting=waiting))]


def history(code: str) -> list[Parameter]:
    """All rows of a code, newest first."""
    return list(Parameter.objects.filter(code=code).order_by("-valid_from", "-id"))


def is_in_force(row: Parameter, *, on: date) -> bool:
    """Whether a row counts on a day where no later one does: its day has come, its value is in range."""
    return row.valid_from <= on and parameters.is_in_range(row.code, row.value)


def _line(rows: Iterable[Parameter], *, on: date, waiting: set[int]) -> Line | None:
    every = list(rows)
    past = [row for row in every if is_in_force(row, on=on)]
    if not past:
        return None
    coming = next((row for row in every if row.valid_from > on), None)
    return Line(past[-1], coming, is_proposed=any(row.pk in waiting for row in every))
