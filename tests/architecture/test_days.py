"""A day is a day of Shanghai, wherever the machine stands and whatever hour it is (G36)."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime

import pytest
from django.utils import timezone
from tests.architecture.sources import PACKAGE, python_files, tree_of

pytestmark = pytest.mark.goal("G36")
MADE_UP = PACKAGE / "facts" / "demo"
"""Draws days of a bank that never was; no clock is read there."""


def days_of_utc(tree: ast.AST) -> Iterator[str]:
    """Where the day of a moment is taken without a time zone: `now.date()`, `date.today()`, `….now().date()`."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute) or node.args:
            continue
        owner = ast.unparse(node.func.value)
        if node.func.attr == "today" and owner in {"date", "datetime.date"}:
            yield f"{node.lineno}: {ast.unparse(node)}"
        if node.func.attr == "date" and (owner in {"now", "at"} or owner.endswith(("_at", "now()"))):
            yield f"{node.lineno}: {ast.unparse(node)}"


def test_no_day_is_taken_without_its_time_zone() -> None:
    found = [
        f"{path.relative_to(PACKAGE)}:{fault}"
        for path in python_files(PACKAGE)
        if MADE_UP not in path.parents
        for fault in days_of_utc(tree_of(path))
    ]
    assert found == []


def test_a_day_of_utc_is_found() -> None:
    source = "a = now.date()\nb = date.today()\nc = row.loaded_at.date()\nd = timezone.now().date()\ne = found.date()"
    assert len(list(days_of_utc(ast.parse(source)))) == 4


@pytest.mark.parametrize("zone", ["UTC", "America/New_York", "Asia/Shanghai"])
@pytest.mark.parametrize(
    ("moment", "day"),
    [
        (datetime(2026, 9, 30, 15, 59, 59, tzinfo=UTC), date(2026, 9, 30)),
        (datetime(2026, 9, 30, 16, 0, 0, tzinfo=UTC), date(2026, 10, 1)),
        (datetime(2028, 2, 28, 16, 0, 0, tzinfo=UTC), date(2028, 2, 29)),
        (datetime(1988, 6, 30, 15, 30, 0, tzinfo=UTC), date(1988, 7, 1)),  # summer time: one hour earlier
    ],
)
def test_a_moment_has_one_day_whatever_the_machines_zone(
    monkeypatch: pytest.MonkeyPatch, zone: str, moment: datetime, day: date
) -> None:
    monkeypatch.setenv("TZ", zone)
    assert timezone.localdate(moment) == day


def test_a_day_is_entered_by_one_kind_of_field() -> None:
    sources = [*python_files(PACKAGE), *PACKAGE.rglob("templates/**/*.html")]
    native = re.compile(r"""type["']?\s*[=:]\s*["']date["']""")
    found = {
        path.relative_to(PACKAGE).as_posix() for path in sources if native.search(path.read_text("utf-8"))
    }
    assert found == {"core/forms.py"}
